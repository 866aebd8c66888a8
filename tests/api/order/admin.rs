//! All orders, for those who run the shop: found, and carried by hand from the payment to the door.

use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use super::walk::{desk, manual, parcel, refund, units};
use crate::support::{
    TestShop, each, gapless, key,
    purchase::{guest_checkout, path, topic},
};

#[actix_rt::test]
async fn an_order_is_carried_by_hand_from_the_payment_to_the_door() {
    let shop = manual().await;
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    let order = buyer.buy(&shop.variant("teapot").await, 2).await;
    let (process, ship, station) = (desk(&order, "process"), desk(&order, "ship"), parcel(&order));
    let is = |status: &str| json!({ "status": status });
    let state = |answer: &crate::support::client::Answer| {
        answer.refused(409, "invalid_transition")["state"].as_str().unwrap().to_owned()
    };

    assert_eq!(state(&admin.post(&ship, json!({})).await), "paid");
    assert_eq!(state(&admin.post(&station, is("packed")).await), "paid");
    assert_eq!(state(&admin.post(&station, is("in_transit")).await), "pending");
    assert_eq!(admin.post(&process, json!(null)).await.is(200)["status"], "processing");
    assert_eq!(state(&admin.post(&process, json!(null)).await), "processing");
    assert_eq!(admin.post(&station, is("packed")).await.is(200)["status"], "packed");
    assert_eq!(state(&admin.post(&station, is("packed")).await), "packed");
    let more = json!({ "items": [units(&order, 0, 3)] });
    admin.post(&ship, more).await.refused(409, "shipment_too_large");
    let whole = json!({
        "items": [units(&order, 0, 2)], "carrier": "Post", "tracking_number": "POST-7"
    });
    let shipped = admin.post(&ship, whole).await.is(200);
    let sent = &shipped["deliveries"][0];
    assert_eq!((&shipped["status"], &sent["status"]), (&json!("shipped"), &json!("in_transit")));
    assert_eq!((&sent["carrier"], &sent["tracking_number"]), (&json!("Post"), &json!("POST-7")));
    assert_eq!(state(&admin.post(&ship, json!({})).await), "shipped");
    assert_eq!(
        state(&admin.post(&desk(&order, "cancel"), json!({ "reason": "late" })).await),
        "shipped"
    );
    let eta = "2026-12-24T12:00:00Z";
    let more = json!({ "status": "in_transit", "eta": eta, "location": { "city": "Kassel" }, "note": "snow" });
    assert_eq!(admin.post(&station, more).await.is(200)["eta"], eta);
    assert_eq!(state(&admin.post(&station, is("in_transit")).await), "in_transit");
    assert_eq!(state(&admin.post(&station, is("delivered")).await), "in_transit");
    admin.post(&station, is("out_for_delivery")).await.is(200);
    assert_eq!(admin.post(&station, is("delivered")).await.is(200)["status"], "delivered");
    assert_eq!(state(&admin.post(&station, is("returned")).await), "delivered");

    let timeline = buyer.timeline(&order).await;
    assert_eq!(buyer.order(&order).await["status"], "delivered");
    assert_eq!(each(&timeline, "sequence"), gapless(timeline.len()));
    let told: Vec<&str> = timeline[5..].iter().map(|it| it["type"].as_str().unwrap()).collect();
    assert_eq!(
        told,
        [
            "order.processing",
            "delivery.packed",
            "order.shipped",
            "delivery.in_transit",
            "delivery.in_transit",
            "delivery.out_for_delivery",
            "delivery.delivered",
            "order.delivered",
        ]
    );
    let said = &timeline[9]["data"];
    assert_eq!((&said["location"], &said["note"]), (&json!({ "city": "Kassel" }), &json!("snow")));
}

#[actix_rt::test]
async fn a_parcel_that_does_not_arrive_ends_where_it_is() {
    let shop = manual().await;
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    let teapot = shop.variant("teapot").await;
    for end in ["failed", "returned"] {
        let order = buyer.buy(&teapot, 1).await;
        admin.post(&desk(&order, "process"), json!(null)).await.is(200);
        admin.post(&desk(&order, "ship"), json!(null)).await.is(200);

        let ended = admin.post(&parcel(&order), json!({ "status": end })).await.is(200);

        assert_eq!(ended["status"], end);
        let after = buyer.order(&order).await;
        assert_eq!(after["status"], "shipped");
        let timeline = buyer.timeline(&order).await;
        assert_eq!(timeline.last().unwrap()["type"], format!("delivery.{end}"));
        let late = admin.post(&parcel(&order), json!({ "status": "delivered" })).await;
        assert_eq!(late.refused(409, "invalid_transition")["state"], end);
        let rest = refund(&admin, &order, json!({ "reason": "it is lost" })).await.is(200);
        assert_eq!(rest["status"], "refunded");
    }
}

#[actix_rt::test]
async fn the_courier_and_an_admin_take_no_step_twice() {
    let shop = TestShop::with(&[("RIALTO_COURIER_SPEED", "100000")]).await;
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    let candle = shop.variant("candle").await;

    for _ in 0..5 {
        let order = buyer.buy(&candle, 1).await;
        let mut live = buyer.follow(&topic(&order)).await;
        let hands = async {
            admin.post(&desk(&order, "process"), json!(null)).await;
            admin.post(&desk(&order, "ship"), json!(null)).await;
            admin.post(&parcel(&order), json!({ "status": "out_for_delivery" })).await;
        };
        let (told, ()) = futures_util::future::join(live.until("order.delivered"), hands).await;

        let types: Vec<&str> = told.iter().map(|it| it["type"].as_str().unwrap()).collect();
        let mut steps = types[5..].to_vec();
        steps.dedup();
        assert_eq!(
            steps,
            [
                "order.processing",
                "delivery.packed",
                "order.shipped",
                "delivery.in_transit",
                "delivery.out_for_delivery",
                "delivery.delivered",
                "order.delivered",
            ]
        );
        assert_eq!(each(&told, "sequence"), gapless(told.len()));
    }
}

#[actix_rt::test]
async fn twenty_admins_at_once_ship_an_order_once() {
    let shop = manual().await;
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    let order = buyer.buy(&shop.variant("teapot").await, 1).await;
    for what in ["process", "ship"] {
        let at = desk(&order, what);
        let answers = join_all((0..20).map(|_| admin.post(&at, json!(null)))).await;
        assert_eq!(answers.iter().filter(|it| it.status == 200).count(), 1, "{what}");
        for it in answers.iter().filter(|it| it.status != 200) {
            it.refused(409, "invalid_transition");
        }
    }
    assert_eq!(buyer.timeline(&order).await.len(), 9);
}

#[actix_rt::test]
async fn what_is_asked_wrongly_moves_nothing() {
    let shop = manual().await;
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    let order = buyer.buy(&shop.variant("teapot").await, 1).await;
    let (ship, station) = (desk(&order, "ship"), parcel(&order));
    let station_of = |body: Value| {
        let mut all = json!({ "status": "packed" });
        all.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        all
    };

    admin.post(&ship, json!({ "carrier": "" })).await.invalid(&["carrier"]);
    let long = json!({ "carrier": "x".repeat(101), "tracking_number": "\n" });
    admin.post(&ship, long).await.invalid(&["carrier", "tracking_number"]);
    admin.post(&ship, json!({ "items": [] })).await.invalid(&["items"]);
    admin.post(&desk(&order, "cancel"), json!({})).await.invalid(&["reason"]);
    admin.post(&desk(&order, "cancel"), json!({ "reason": " " })).await.invalid(&["reason"]);
    admin.post(&station, json!({ "status": "lost" })).await.invalid(&["status"]);
    admin.post(&station, station_of(json!({ "note": "" }))).await.invalid(&["note"]);
    admin.post(&station, station_of(json!({ "location": 7 }))).await.invalid(&["location"]);
    let far = station_of(json!({ "location": "x".repeat(600) }));
    admin.post(&station, far).await.invalid(&["location"]);
    admin.post(&station, station_of(json!({ "eta": "soon" }))).await.invalid(&["eta"]);
    let nowhere = format!("/admin/deliveries/{}/events", Uuid::now_v7());
    admin.post(&nowhere, json!({ "status": "packed" })).await.refused(404, "not_found");
    for (path, body) in [
        (desk(&order, "process"), json!({})),
        (ship, json!({})),
        (desk(&order, "cancel"), json!({ "reason": "mine" })),
        (station, json!({ "status": "packed" })),
    ] {
        buyer.post(&path, body).await.refused(403, "forbidden");
    }

    assert_eq!(buyer.order(&order).await, order);
}

#[actix_rt::test]
async fn an_admin_calls_an_order_off_and_says_why() {
    let shop = manual().await;
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    let teapot = shop.variant("teapot").await;
    let order = buyer.buy(&teapot, 4).await;
    admin.post(&desk(&order, "process"), json!(null)).await.is(200);

    let off = admin.post(&desk(&order, "cancel"), json!({ "reason": "sold out" })).await.is(200);

    assert_eq!(
        (&off["status"], &off["payment"]["status"]),
        (&json!("cancelled"), &json!("refunded"))
    );
    assert_eq!(shop.available(&teapot).await, 100);
    let timeline = buyer.timeline(&order).await;
    let cancelled = timeline.iter().find(|it| it["type"] == "order.cancelled").unwrap();
    assert_eq!(cancelled["data"]["reason"], "sold out");
    let again = admin.post(&desk(&order, "cancel"), json!({ "reason": "again" })).await;
    assert_eq!(again.refused(409, "invalid_transition")["state"], "cancelled");
}

#[actix_rt::test]
async fn what_admins_do_to_orders_is_in_the_audit_log() {
    let shop = manual().await;
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    let order = super::walk::delivered(&shop, &buyer, &shop.variant("teapot").await, 1).await;
    let one = json!({ "items": [units(&order, 0, 1)], "reason": "too small" });
    let asked = buyer.post(&format!("{}/returns", path(&order)), one).await.is(201);
    let small = json!({ "amount": { "amount": 100, "currency": "EUR" }, "reason": "a scratch" });
    refund(&admin, &order, small).await.is(200);
    let all =
        json!({ "items": [{ "id": order["items"][0]["id"], "quantity": 1, "restock": true }] });
    let receive = format!("/admin/returns/{}/receive", asked["id"].as_str().unwrap());
    admin.post(&receive, all).await.is(200);

    let of_order = format!("/admin/audit?limit=100&object=order:{}", order["id"].as_str().unwrap());
    let page = admin.get(&of_order).await.is(200);
    let log: Vec<&Value> = page["items"].as_array().unwrap().iter().rev().collect();
    let by_admin: Vec<&&Value> = log.iter().filter(|it| it["actor"] == admin.user_id()).collect();
    let actions: Vec<&str> = by_admin.iter().map(|it| it["action"].as_str().unwrap()).collect();
    assert_eq!(
        actions,
        [
            "order.processed",
            "order.shipped",
            "delivery.moved",
            "delivery.moved",
            "payment.refund_asked",
            "payment.refunded",
            "order.return_received",
            "payment.refunded",
            "payment.refunded",
        ]
    );
    for it in &by_admin {
        let version = |at: &str| it[at]["version"].as_i64().unwrap();
        assert_eq!(version("after"), version("before") + 1);
    }
    assert_eq!(
        (&by_admin[0]["before"]["status"], &by_admin[0]["after"]["status"]),
        (&json!("paid"), &json!("processing"))
    );
    assert_eq!(by_admin[3]["after"]["deliveries"], json!(["delivered"]));
    assert_eq!(
        (&by_admin[4]["before"]["refunds"], &by_admin[4]["after"]["refunds"]),
        (&Value::Null, &json!(100))
    );
    assert_eq!(by_admin[6]["after"]["returned"], 1);
    let asked = log.iter().find(|it| it["action"] == "order.return_requested").unwrap();
    assert_eq!(asked["actor"], buyer.user_id());
}

#[actix_rt::test]
async fn orders_are_found_by_what_is_known_of_them() {
    let shop = manual().await;
    let admin = shop.admin().await;
    let (ada, bob) = (shop.sign_up_as("ada@tests.example", "Ada").await, shop.sign_up().await);
    let candle = shop.variant("candle").await;
    let first = ada.place(&candle, 1).await;
    let second = ada.buy(&candle, 2).await;
    let third = bob.buy(&candle, 3).await;
    let guest = shop.guest().await;
    guest.add(&candle, 4).await;
    let fourth =
        guest.once(&key()).post("/checkout", guest_checkout()).await.is(201)["order"].clone();
    let small = json!({ "amount": { "amount": 1, "currency": "EUR" }, "reason": "a scratch" });
    refund(&admin, &third, small).await.is(200);
    let found = async |query: &str| -> Vec<String> {
        let page = admin.get(&format!("/admin/orders?{query}")).await.is(200);
        let items = page["items"].as_array().unwrap();
        items.iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect()
    };
    let ids = |orders: &[&Value]| -> Vec<String> {
        orders.iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect()
    };

    assert_eq!(found("").await, ids(&[&fourth, &third, &second, &first]));
    assert_eq!(found("status=pending_payment").await, ids(&[&fourth, &first]));
    assert_eq!(found("status=partially_refunded").await, ids(&[&third]));
    assert_eq!(found("payment_status=captured").await, ids(&[&second]));
    assert_eq!(found("payment_status=requires_confirmation&status=paid").await, ids(&[]));
    assert_eq!(found(&format!("user={}", ada.user_id())).await, ids(&[&second, &first]));
    let number = third["number"].as_str().unwrap();
    assert_eq!(found(&format!("number={number}")).await, ids(&[&third]));
    assert_eq!(found(&format!("q={}", number.to_lowercase())).await, ids(&[&third]));
    assert_eq!(found("q=Ada%40tests.example").await, ids(&[&second, &first]));
    assert_eq!(found("q=guest%40example.com").await, ids(&[&fourth]));
    assert_eq!(found("q=nobody%40example.com").await, ids(&[]));
    let (from, to) = (second["placed_at"].as_str().unwrap(), third["placed_at"].as_str().unwrap());
    let placed = |order: &Value| {
        chrono::DateTime::parse_from_rfc3339(order["placed_at"].as_str().unwrap()).unwrap()
    };
    assert!(placed(&first) < placed(&second) && placed(&second) < placed(&third));
    assert_eq!(found(&format!("from={from}&to={to}")).await, ids(&[&second]));
    assert!(!shop.log().contains("tests.example"), "an address is in the log");

    let (mut seen, mut next) = (Vec::new(), "/admin/orders?limit=1".to_owned());
    loop {
        let page = admin.get(&next).await.is(200);
        seen.extend(page["items"].as_array().unwrap().iter().cloned());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        next = format!("/admin/orders?limit=1&cursor={cursor}");
    }
    assert_eq!(each(&seen, "id"), each(&[fourth.clone(), third, second, first], "id"));
    assert_eq!(
        (&seen[0]["user_id"], &seen[0]["email"]),
        (&Value::Null, &json!("guest@example.com"))
    );
    assert_eq!((&seen[1]["user_id"], &seen[1]["email"]), (&json!(bob.user_id()), &Value::Null));
    let one = admin.get(&format!("/admin{}", path(&fourth))).await.is(200);
    assert_eq!(one, seen[0]);
}

#[actix_rt::test]
async fn orders_that_are_asked_for_wrongly_are_refused() {
    let shop = manual().await;
    let admin = shop.admin().await;
    let wrong = [
        ("status=lost", "status"),
        ("payment_status=paid", "payment_status"),
        ("user=ada", "user"),
        ("q=a%40b", "q"),
        ("q=R-1&number=R-1", "q"),
        ("from=yesterday", "from"),
        ("limit=101", "limit"),
        ("sort=price", "sort"),
    ];
    for (query, field) in wrong {
        admin.get(&format!("/admin/orders?{query}")).await.invalid(&[field]);
    }
    let cursor = admin.get("/admin/orders?cursor=e30").await;
    cursor.refused(400, "invalid_cursor");
}
