//! The shop's own couriers: what is theirs to bring, what is said at the door, and where they are.

use serde_json::{Value, json};
use uuid::Uuid;

mod code;
mod position;

use crate::{
    order::walk::{desk, manual, parcel},
    support::{
        PASSWORD, TestShop,
        client::{Answer, Client},
        each, key,
        purchase::topic,
    },
};

/// Gives `user` a role, and lets them in again: what they might before has ended.
async fn give(shop: &TestShop, user: &Client, role: &str) -> Client {
    let path = format!("/admin/users/{}/role", user.user_id());
    shop.admin().await.put(&path, json!({ "role": role })).await.is(200);
    let login = json!({ "email": user.session["user"]["email"], "password": PASSWORD });
    let session = shop.stranger().post("/auth/login", login).await.is(200);
    shop.stranger().signed_in(session)
}

/// Somebody who brings parcels.
pub async fn courier(shop: &TestShop) -> Client {
    give(shop, &shop.sign_up().await, "courier").await
}

/// The id of an order's first parcel.
fn first(order: &Value) -> &str {
    order["deliveries"][0]["id"].as_str().unwrap()
}

/// Where an admin says whose a parcel is.
fn seat(delivery: &str) -> String {
    format!("/admin/deliveries/{delivery}/courier")
}

/// Gives the first parcel of an order to a courier.
async fn assign(shop: &TestShop, order: &Value, courier: &Client) -> Answer {
    let body = json!({ "user_id": courier.user_id() });
    shop.admin().await.put(&seat(first(order)), body).await
}

/// What a courier says of a parcel.
async fn say(courier: &Client, delivery: &str, said: Value) -> Answer {
    courier.post(&format!("/courier/deliveries/{delivery}/events"), said).await
}

/// An order with a packed parcel that is a courier's; its buyer, the courier, and the order.
async fn packed(shop: &TestShop) -> (Client, Client, Value) {
    let (buyer, courier, admin) = (shop.sign_up().await, courier(shop).await, shop.admin().await);
    let order = buyer.buy(&shop.variant("teapot").await, 1).await;
    assign(shop, &order, &courier).await.is(200);
    admin.post(&desk(&order, "process"), Value::Null).await.is(200);
    admin.post(&desk(&order, "pack"), Value::Null).await.is(200);
    (buyer, courier, order)
}

/// The same where it is out for delivery.
async fn out(shop: &TestShop) -> (Client, Client, Value) {
    let (buyer, courier, order) = packed(shop).await;
    for status in ["in_transit", "out_for_delivery"] {
        say(&courier, first(&order), json!({ "status": status })).await.is(200);
    }
    (buyer, courier, order)
}

/// What the buyer has to say at the door.
async fn code_of(buyer: &Client, order: &Value) -> String {
    let shown = buyer.order(order).await["deliveries"][0]["handover_code"].clone();
    shown.as_str().expect("a code").to_owned()
}

#[actix_rt::test]
async fn a_courier_brings_a_parcel_from_the_warehouse_to_the_door() {
    let shop = manual().await;
    let (buyer, courier, order) = packed(&shop).await;
    let id = first(&order);

    let taken = say(&courier, id, json!({ "status": "in_transit" })).await.is(200);
    assert_eq!((&taken["id"], &taken["status"]), (&json!(id), &json!("in_transit")));
    assert_eq!(buyer.order(&order).await["status"], "shipped");
    let eta = "2026-12-24T12:00:00Z";
    let late = json!({ "status": "in_transit", "eta": eta });
    assert_eq!(say(&courier, id, late).await.is(200)["eta"], eta);
    let loaded = say(&courier, id, json!({ "status": "out_for_delivery" })).await.is(200);
    assert_eq!(loaded["code_tries_left"], 5);
    let failed = json!({ "status": "failed", "reason": "nobody opened" });
    let failed = say(&courier, id, failed).await.is(200);
    assert_eq!((&failed["attempts"], &failed["is_over"]), (&json!(1), &json!(false)));
    say(&courier, id, json!({ "status": "out_for_delivery" })).await.is(200);
    let code = code_of(&buyer, &order).await;
    let done = say(&courier, id, json!({ "status": "delivered", "code": code })).await.is(200);

    assert_eq!((&done["status"], &done["is_over"]), (&json!("delivered"), &json!(true)));
    let after = buyer.order(&order).await;
    assert_eq!(after["status"], "delivered");
    assert_eq!(after["deliveries"][0].get("handover_code"), None);
    let timeline = buyer.timeline(&order).await;
    let told: Vec<&Value> = each(&timeline, "type").into_iter().skip(5).collect();
    assert_eq!(
        told,
        [
            "delivery.assigned",
            "order.processing",
            "delivery.packed",
            "order.shipped",
            "delivery.in_transit",
            "delivery.in_transit",
            "delivery.out_for_delivery",
            "delivery.failed",
            "delivery.out_for_delivery",
            "delivery.delivered",
            "order.delivered",
        ]
    );
    assert_eq!(timeline[12]["data"]["note"], "nobody opened");
    shop.audit();
}

#[actix_rt::test]
async fn a_courier_sees_what_is_needed_to_bring_it_and_no_more() {
    let shop = manual().await;
    let (buyer, courier, order) = out(&shop).await;
    let mine = |id: &str| format!("/courier/deliveries/{id}");

    let seen = courier.get(&mine(first(&order))).await.is(200);

    let content = json!([{
        "name": order["items"][0]["name"],
        "sku": order["items"][0]["sku"],
        "options": order["items"][0]["options"],
        "quantity": 1,
    }]);
    let due = json!({
        "id": first(&order),
        "order_number": order["number"],
        "status": "out_for_delivery",
        "method": "standard",
        "tracking_number": seen["tracking_number"],
        "eta": seen["eta"],
        "attempts": 0,
        "is_over": false,
        "address": order["address"],
        "items": content,
        "code_tries_left": 5,
    });
    assert_eq!(seen, due);
    let listed = courier.get("/courier/deliveries").await.is(200);
    assert_eq!(listed, json!({ "items": [due], "next_cursor": null }));

    let orders = format!("/orders/{}", order["id"].as_str().unwrap());
    courier.get(&orders).await.refused(404, "not_found");
    let mut socket = courier.socket().await;
    for topic in [topic(&order), format!("delivery:{}", first(&order))] {
        assert_eq!(socket.refused("subscribe", json!({ "topic": topic })).await, "not_found");
    }
    for path in ["/admin/orders", "/admin/users", "/admin/audit", "/admin/webhooks"] {
        courier.get(path).await.refused(403, "forbidden");
    }
    say(&shop.sign_up().await, first(&order), json!({})).await.refused(403, "forbidden");

    let code = code_of(&buyer, &order).await;
    say(&courier, first(&order), json!({ "status": "delivered", "code": code })).await.is(200);
    let over = courier.get(&mine(first(&order))).await.is(200);
    assert_eq!((&over["address"], &over["is_over"]), (&Value::Null, &json!(true)));
}

#[actix_rt::test]
async fn another_couriers_parcel_is_none_to_a_courier() {
    let shop = manual().await;
    let (_, _, order) = out(&shop).await;
    let other = courier(&shop).await;
    let path = format!("/courier/deliveries/{}", first(&order));

    other.get(&path).await.refused(404, "not_found");
    let failed = json!({ "status": "failed", "reason": "so" });
    say(&other, first(&order), failed.clone()).await.refused(404, "not_found");
    say(&other, &Uuid::now_v7().to_string(), failed.clone()).await.refused(404, "not_found");
    assert_eq!(other.get("/courier/deliveries").await.is(200)["items"], json!([]));
    let unassigned = shop.sign_up().await.buy(&shop.variant("mug").await, 1).await;
    say(&other, first(&unassigned), failed).await.refused(404, "not_found");
}

#[actix_rt::test]
async fn a_parcel_is_given_taken_back_and_given_to_another() {
    let shop = manual().await;
    let (_, one, order) = out(&shop).await;
    let (admin, other) = (shop.admin().await, courier(&shop).await);
    let path = seat(first(&order));

    let again = assign(&shop, &order, &one).await.is(200);
    assert_eq!(again["courier_id"], one.user_id());
    let given = assign(&shop, &order, &other).await.is(200);
    assert_eq!(given["courier_id"], other.user_id());
    let failed = json!({ "status": "failed", "reason": "so" });
    say(&one, first(&order), failed.clone()).await.refused(404, "not_found");
    say(&other, first(&order), failed.clone()).await.is(200);
    let shown = admin.get(desk(&order, "").trim_end_matches('/')).await.is(200);
    let seated = json!([{
        "delivery_id": first(&order), "courier_id": other.user_id(), "wrong_codes": 0,
    }]);
    assert_eq!(shown["couriers"], seated);

    assert_eq!(admin.delete(&path).await.is(200)["courier_id"], Value::Null);
    assert_eq!(admin.delete(&path).await.is(200)["courier_id"], Value::Null);
    say(&other, first(&order), failed).await.refused(404, "not_found");
    let asked = format!("/admin/audit?object=order:{}", order["id"].as_str().unwrap());
    let log = admin.get(&format!("{asked}&action=delivery.assigned")).await.is(200);
    let log = log["items"].as_array().unwrap();
    let whose = |it: &Value| it["couriers"][0]["courier_id"].clone();
    let moves: Vec<_> = log.iter().map(|it| (whose(&it["before"]), whose(&it["after"]))).collect();
    let (one, other) = (json!(one.user_id()), json!(other.user_id()));
    let due = [(other.clone(), Value::Null), (one.clone(), other), (Value::Null, one)];
    assert_eq!(moves, due);
    assert!(log.iter().all(|it| it["actor"] == admin.user_id()));
}

#[actix_rt::test]
async fn what_is_over_goes_to_nobody_and_nothing_goes_to_who_is_no_courier() {
    let shop = manual().await;
    let (_, brings, order) = out(&shop).await;
    let admin = shop.admin().await;
    let give = async |user: &str| admin.put(&seat(first(&order)), json!({ "user_id": user })).await;

    let customer = shop.sign_up().await;
    give(customer.user_id()).await.refused(409, "not_a_courier");
    give(admin.user_id()).await.refused(409, "not_a_courier");
    let suspended = courier(&shop).await;
    let path = format!("/admin/users/{}/suspend", suspended.user_id());
    admin.post(&path, Value::Null).await.is(200);
    give(suspended.user_id()).await.refused(409, "not_a_courier");
    give(&Uuid::now_v7().to_string()).await.refused(404, "not_found");
    give("nobody").await.refused(404, "not_found");
    admin.put(&seat(first(&order)), json!({})).await.invalid(&["user_id"]);
    let unknown = seat(&Uuid::now_v7().to_string());
    let body = json!({ "user_id": brings.user_id() });
    admin.put(&unknown, body.clone()).await.refused(404, "not_found");
    admin.delete(&unknown).await.refused(404, "not_found");

    admin.post(&parcel(&order), json!({ "status": "delivered" })).await.is(200);
    let late = admin.put(&seat(first(&order)), body).await;
    assert_eq!(late.refused(409, "invalid_transition")["state"], "delivered");
    admin.delete(&seat(first(&order))).await.refused(409, "invalid_transition");
}

#[actix_rt::test]
async fn a_step_that_is_not_the_next_is_refused_and_so_is_what_makes_no_sense() {
    let shop = manual().await;
    let (_, courier, order) = packed(&shop).await;
    let id = first(&order);
    let refused = async |said: Value| {
        let answer = say(&courier, id, said).await;
        answer.refused(409, "invalid_transition")["state"].as_str().unwrap().to_owned()
    };

    assert_eq!(refused(json!({ "status": "out_for_delivery" })).await, "packed");
    assert_eq!(refused(json!({ "status": "delivered", "code": "123456" })).await, "packed");
    // To give up what has not left is the shop's.
    assert_eq!(refused(json!({ "status": "failed", "reason": "so" })).await, "packed");
    say(&courier, id, json!({ "status": "in_transit" })).await.is(200);
    assert_eq!(refused(json!({ "status": "in_transit" })).await, "in_transit");
    assert_eq!(refused(json!({ "status": "delivered", "code": "123456" })).await, "in_transit");

    for (field, said) in [
        ("status", json!({})),
        ("status", json!({ "status": "packed" })),
        ("status", json!({ "status": "returned" })),
        ("status", json!({ "status": "lost" })),
        ("code", json!({ "status": "delivered" })),
        ("code", json!({ "status": "delivered", "code": "12345" })),
        ("code", json!({ "status": "delivered", "code": "12345x" })),
        ("code", json!({ "status": "delivered", "code": 123456 })),
        ("code", json!({ "status": "out_for_delivery", "code": "123456" })),
        ("reason", json!({ "status": "failed" })),
        ("reason", json!({ "status": "failed", "reason": " " })),
        ("reason", json!({ "status": "failed", "reason": "x".repeat(201) })),
        ("reason", json!({ "status": "in_transit", "reason": "so" })),
        ("eta", json!({ "status": "delivered", "code": "123456", "eta": "2026-12-24T12:00:00Z" })),
        ("location", json!({ "status": "in_transit", "location": "here" })),
    ] {
        say(&courier, id, said).await.invalid(&[field]);
    }
}

#[actix_rt::test]
async fn a_step_is_done_once_under_a_key() {
    let shop = manual().await;
    let (buyer, courier, order) = out(&shop).await;
    let code = code_of(&buyer, &order).await;
    let keyed = courier.once(&key());
    let said = json!({ "status": "delivered", "code": code });

    let done = say(&keyed, first(&order), said.clone()).await;
    let again = say(&keyed, first(&order), said.clone()).await;

    assert!(!done.is_replayed() && again.is_replayed());
    assert_eq!(done.is(200), again.is(200));
    let other = json!({ "status": "failed", "reason": "so" });
    say(&keyed, first(&order), other).await.refused(422, "idempotency_key_reused");
    say(&courier, first(&order), said).await.refused(409, "invalid_transition");
}

#[actix_rt::test]
async fn what_is_open_comes_first_page_by_page() {
    let shop = manual().await;
    let (buyer, courier, admin) = (shop.sign_up().await, courier(&shop).await, shop.admin().await);
    let (mug, mut orders) = (shop.variant("mug").await, Vec::new());
    for _ in 0..5 {
        let order = buyer.buy(&mug, 1).await;
        assign(&shop, &order, &courier).await.is(200);
        orders.push(order);
    }
    // One will not leave, one is there, and one can be tried again.
    admin.post(&parcel(&orders[0]), json!({ "status": "failed" })).await.is(200);
    for (at, stations) in [(3, &["out_for_delivery", "delivered"][..]), (2, &["failed"])] {
        for step in ["process", "ship"] {
            admin.post(&desk(&orders[at], step), Value::Null).await.is(200);
        }
        for station in stations {
            admin.post(&parcel(&orders[at]), json!({ "status": station })).await.is(200);
        }
    }

    let (mut seen, mut path) = (Vec::new(), "/courier/deliveries?limit=2".to_owned());
    loop {
        let page = courier.get(&path).await.is(200);
        seen.extend(page["items"].as_array().unwrap().iter().map(|it| it["id"].clone()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/courier/deliveries?limit=2&cursor={cursor}");
    }

    let due: Vec<Value> = [1, 2, 4, 3, 0].map(|at| json!(first(&orders[at]))).to_vec();
    assert_eq!(seen, due);
    courier.get("/courier/deliveries?limit=0").await.invalid(&["limit"]);
    courier.get("/courier/deliveries?cursor=x").await.refused(400, "invalid_cursor");
}

#[actix_rt::test]
async fn whoever_brings_no_parcels_any_more_is_out_at_once() {
    let shop = manual().await;
    for lost in ["role", "suspend"] {
        let (_, courier, order) = out(&shop).await;
        let admin = shop.admin().await;
        let path = format!("/admin/users/{}/{lost}", courier.user_id());
        let place = json!({ "lat": 52.5, "lon": 13.4 });

        match lost {
            "role" => admin.put(&path, json!({ "role": "customer" })).await.is(200),
            _ => admin.post(&path, Value::Null).await.is(200),
        };

        courier.get("/courier/deliveries").await.refused(401, "session_revoked");
        let failed = json!({ "status": "failed", "reason": "so" });
        say(&courier, first(&order), failed.clone()).await.refused(401, "session_revoked");
        courier.post("/courier/position", place).await.refused(401, "session_revoked");
        if lost == "role" {
            let back = give(&shop, &courier, "customer").await;
            back.get("/courier/deliveries").await.refused(403, "forbidden");
            say(&back, first(&order), failed).await.refused(403, "forbidden");
        }
        // It is still theirs on paper, and the shop's to give to another.
        let other = self::courier(&shop).await;
        assert_eq!(assign(&shop, &order, &other).await.is(200)["courier_id"], other.user_id());
    }
}

#[actix_rt::test]
async fn the_simulated_courier_leaves_alone_what_is_a_couriers_and_goes_on_when_it_is_not() {
    let mut shop = TestShop::start().await;
    let (buyer, courier, admin) = (shop.sign_up().await, courier(&shop).await, shop.admin().await);
    let order = buyer.buy(&shop.variant("mug").await, 1).await;
    let when = format!(
        "SELECT COALESCE(CAST(due_at AS TEXT), 'never') AS found FROM deliveries WHERE id = '{}'",
        first(&order)
    );
    assert_ne!(shop.found(&when), ["never"]);

    assign(&shop, &order, &courier).await.is(200);
    assert_eq!(shop.found(&when), ["never"]);
    admin.post(&desk(&order, "process"), Value::Null).await.is(200);
    admin.post(&desk(&order, "pack"), Value::Null).await.is(200);
    for status in ["in_transit", "out_for_delivery"] {
        say(&courier, first(&order), json!({ "status": status })).await.is(200);
        assert_eq!(shop.found(&when), ["never"]);
    }

    admin.delete(&seat(first(&order))).await.is(200);
    assert_ne!(shop.found(&when), ["never"]);
    shop.kill();
    shop.sql("UPDATE deliveries SET due_at = '2026-01-01 00:00:00'").unwrap();
    shop.start_again().await;
    buyer.follow(&topic(&order)).await.until("order.delivered").await;
    shop.audit();
}
