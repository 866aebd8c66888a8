//! An order in several parcels: packed by several hands at once, handed over one by one.

use std::collections::BTreeSet;

use futures_util::future::{join, join_all};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    order::walk::{desk, manual, parcel_at, units},
    support::{
        TestShop,
        client::Client,
        each, gapless, key,
        purchase::{path, topic},
    },
};

/// An order in work of `quantity` teapots and a mug, and its buyer.
pub async fn picked(shop: &TestShop, quantity: i64) -> (Client, Value) {
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    buyer.add(&shop.variant("mug").await, 1).await;
    let order = buyer.buy(&shop.variant("teapot").await, quantity).await;
    (buyer, admin.post(&desk(&order, "process"), json!(null)).await.is(200))
}

/// Where the order's line of teapots is.
pub fn teapots(order: &Value) -> usize {
    let lines = order["items"].as_array().unwrap();
    lines.iter().position(|it| it["sku"].as_str().unwrap().starts_with("TEAPOT")).unwrap()
}

/// So many teapots, as a body.
pub fn some(order: &Value, quantity: i64) -> Value {
    json!({ "items": [units(order, teapots(order), quantity)] })
}

/// How many units are in each of its parcels.
pub fn sizes(order: &Value) -> Vec<i64> {
    let of = |parcel: &Value| {
        let items = parcel["items"].as_array().unwrap().iter();
        items.map(|it| it["quantity"].as_i64().unwrap()).sum()
    };
    order["deliveries"].as_array().unwrap().iter().map(of).collect()
}

pub fn stations(order: &Value) -> Vec<&str> {
    let parcels = order["deliveries"].as_array().unwrap().iter();
    parcels.map(|it| it["status"].as_str().unwrap()).collect()
}

/// Carries the parcel at `at` from the carrier to the door.
pub async fn carry(admin: &Client, order: &Value, at: usize) {
    for station in ["out_for_delivery", "delivered"] {
        admin.post(&parcel_at(order, at), json!({ "status": station })).await.is(200);
    }
}

#[actix_rt::test]
async fn an_order_goes_out_in_parcels_and_is_shipped_and_delivered_with_the_last() {
    let shop = manual().await;
    let (buyer, order) = picked(&shop, 3).await;
    let (admin, ship) = (shop.admin().await, desk(&order, "ship"));

    let packed = admin.post(&desk(&order, "pack"), some(&order, 1)).await.is(200);
    assert_eq!((sizes(&packed), stations(&packed)), (vec![3, 1], vec!["pending", "packed"]));
    let sent =
        json!({ "items": some(&order, 1)["items"], "carrier": "Post", "tracking_number": "P-1" });
    let part = admin.post(&ship, sent).await.is(200);
    assert_eq!((sizes(&part), stations(&part)), (vec![3, 1], vec!["pending", "in_transit"]));
    assert_eq!(
        (&part["status"], &part["items"][teapots(&part)]["shipped"]),
        (&json!("processing"), &json!(1))
    );
    assert_eq!(part["deliveries"][1]["tracking_number"], "P-1");
    carry(&admin, &part, 1).await;
    assert_eq!(buyer.order(&order).await["status"], "processing");
    let one = json!({ "items": [units(&order, teapots(&order), 1)], "reason": "so" });
    let early = buyer.post(&format!("{}/returns", path(&order)), one).await;
    assert_eq!(early.refused(409, "invalid_transition")["state"], "processing");
    let second = admin.post(&ship, some(&order, 2)).await.is(200);
    assert_eq!((sizes(&second), &second["status"]), (vec![1, 1, 2], &json!("processing")));
    let whole = admin.post(&ship, json!({})).await.is(200);
    assert_eq!((sizes(&whole), &whole["status"]), (vec![1, 1, 2], &json!("shipped")));
    carry(&admin, &whole, 0).await;
    assert_eq!(buyer.order(&order).await["status"], "shipped");
    carry(&admin, &whole, 2).await;

    let after = buyer.order(&order).await;
    assert_eq!((&after["status"], stations(&after)), (&json!("delivered"), vec!["delivered"; 3]));
    let timeline = buyer.timeline(&order).await;
    assert_eq!(each(&timeline, "sequence"), gapless(timeline.len()));
    let told: Vec<&str> = timeline[6..].iter().map(|it| it["type"].as_str().unwrap()).collect();
    assert_eq!(
        told,
        [
            "delivery.created",
            "delivery.packed",
            "delivery.in_transit",
            "delivery.out_for_delivery",
            "delivery.delivered",
            "delivery.created",
            "delivery.packed",
            "delivery.in_transit",
            "delivery.packed",
            "order.shipped",
            "delivery.in_transit",
            "delivery.out_for_delivery",
            "delivery.delivered",
            "delivery.out_for_delivery",
            "delivery.delivered",
            "order.delivered",
        ]
    );
    let made = &timeline[6]["data"];
    assert_eq!(
        (&made["delivery_id"], &made["from_delivery_id"]),
        (&after["deliveries"][1]["id"], &after["deliveries"][0]["id"])
    );
    assert_eq!(made["items"], after["deliveries"][1]["items"]);
    shop.audit();
}

#[actix_rt::test]
async fn many_hands_at_once_pack_and_ship_each_unit_of_a_line_once() {
    let shop = manual().await;
    let (buyer, order) = picked(&shop, 7).await;
    let admin = shop.admin().await;

    for what in ["pack", "ship"] {
        let (at, one) = (desk(&order, what), some(&order, 1));
        let answers = join_all((0..20).map(|_| admin.post(&at, one.clone()))).await;
        let done = answers.iter().filter(|it| it.status == 200).count();
        assert_eq!(done, 7, "{what}");
        for it in answers.iter().filter(|it| it.status != 200) {
            assert_eq!(it.refused(409, "shipment_too_large")["shippable_quantity"], 0);
        }
    }

    let after = buyer.order(&order).await;
    assert_eq!(sizes(&after), [1; 8]);
    assert_eq!(stations(&after).iter().filter(|it| **it == "in_transit").count(), 7);
    let ids: BTreeSet<&str> = after["deliveries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["id"].as_str().unwrap())
        .collect();
    assert_eq!((ids.len(), &after["status"]), (8, &json!("processing")));
    shop.audit();
}

#[actix_rt::test]
async fn a_repeat_under_a_key_packs_and_ships_nothing_more_also_after_a_crash() {
    let mut shop = manual().await;
    let (buyer, order) = picked(&shop, 5).await;
    let admin = shop.admin().await;
    for what in ["pack", "ship"] {
        let (at, once) = (desk(&order, what), admin.once(&key()));
        let first = join(once.post(&at, some(&order, 2)), once.post(&at, some(&order, 2))).await;
        assert_eq!((first.0.status, &first.0.text), (200, &first.1.text));
        shop.kill();
        shop.start_again().await;
        let again = once.post(&at, some(&order, 2)).await;
        assert_eq!((again.is_replayed(), &again.text), (true, &first.0.text));
        once.post(&at, some(&order, 1)).await.refused(422, "idempotency_key_reused");
        once.post(&at, json!({ "items": [] })).await.refused(422, "idempotency_key_reused");
    }

    assert_eq!(sizes(&buyer.order(&order).await), [4, 2]);
    let (ship, once) = (desk(&order, "ship"), admin.once(&key()));
    let too_many = once.post(&ship, some(&order, 4)).await;
    assert_eq!(too_many.refused(409, "shipment_too_large")["shippable_quantity"], 3);
    assert!(once.post(&ship, some(&order, 4)).await.is_replayed());
    shop.audit();
}

#[actix_rt::test]
async fn a_power_cut_while_a_part_is_shipped_ships_it_once_or_not_at_all() {
    let mut shop = manual().await;
    let (buyer, order) = picked(&shop, 20).await;
    let (admin, ship) = (shop.admin().await, desk(&order, "ship"));
    for round in 1..=5 {
        let once = admin.once(&key());
        let body = some(&order, 1).to_string();
        let body = Some(("application/json", body.as_bytes()));
        let asked = once.attempt(awc::http::Method::POST, &ship, body);
        let cut = async {
            for _ in 0..round {
                shop.stranger().get("/healthz").await;
            }
        };
        let (heard, ()) = join(asked, cut).await;
        shop.kill();
        shop.start_again().await;

        let again = once.post(&ship, some(&order, 1)).await;

        assert_eq!(again.status, 200);
        if let Ok(heard) = heard {
            assert_eq!(heard.text, again.text);
        }
        assert_eq!(buyer.order(&order).await["items"][teapots(&order)]["shipped"], round);
        shop.audit();
    }
}

#[actix_rt::test]
async fn what_cannot_be_packed_or_shipped_changes_nothing() {
    let shop = manual().await;
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    let teapot = shop.variant("teapot").await;
    let paid = buyer.buy(&teapot, 2).await;
    let state = |answer: &crate::support::client::Answer| {
        answer.refused(409, "invalid_transition")["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(state(&admin.post(&desk(&paid, "pack"), some(&paid, 1)).await), "paid");
    assert_eq!(buyer.order(&paid).await, paid);
    let (_, order) = picked(&shop, 3).await;
    let other = &paid["items"][0]["id"];
    for what in ["pack", "ship"] {
        let at = desk(&order, what);
        admin.post(&at, json!({ "items": [] })).await.invalid(&["items"]);
        admin
            .post(&at, json!({ "items": [units(&order, 0, 0)] }))
            .await
            .invalid(&["items[0].quantity"]);
        for unknown in [json!(Uuid::now_v7()), other.clone()] {
            let items = json!({ "items": [{ "id": unknown, "quantity": 1 }] });
            admin.post(&at, items).await.refused(404, "not_found");
        }
        let twice = json!({ "items": [units(&order, teapots(&order), 2), units(&order, teapots(&order), 2)] });
        let refused = admin.post(&at, twice).await;
        let refused = refused.refused(409, "shipment_too_large");
        assert_eq!(
            (&refused["shippable_quantity"], &refused["item_id"]),
            (&json!(3), &order["items"][teapots(&order)]["id"])
        );
        buyer.post(&at, json!(null)).await.refused(403, "forbidden");
    }
    assert_eq!(admin.order(&order).await, order);

    admin.post(&desk(&order, "pack"), some(&order, 1)).await.is(200);
    let numbered = json!({ "tracking_number": "ONE" });
    admin.post(&desk(&order, "ship"), numbered).await.refused(409, "several_parcels");
    admin.post(&desk(&order, "pack"), json!(null)).await.is(200);
    assert_eq!(state(&admin.post(&desk(&order, "pack"), json!(null)).await), "packed");
    let done = admin.post(&desk(&order, "ship"), json!(null)).await.is(200);
    assert_eq!((&done["status"], stations(&done)), (&json!("shipped"), vec!["in_transit"; 2]));
    for what in ["pack", "ship"] {
        assert_eq!(state(&admin.post(&desk(&order, what), json!(null)).await), "shipped");
    }
    shop.audit();
}

#[actix_rt::test]
async fn an_order_goes_out_in_a_hundred_parcels_at_most() {
    let shop = manual().await;
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    let order = buyer.buy(&shop.variant("candle").await, 150).await;
    admin.post(&desk(&order, "process"), json!(null)).await.is(200);
    let (at, one) = (desk(&order, "pack"), json!({ "items": [units(&order, 0, 1)] }));

    for _ in 0..99 {
        admin.post(&at, one.clone()).await.is(200);
    }
    admin.post(&at, one).await.refused(409, "too_many_parcels");

    let whole = admin.post(&desk(&order, "ship"), json!(null)).await.is(200);
    assert_eq!((stations(&whole).len(), &whole["status"]), (100, &json!("shipped")));
    shop.audit();
}

#[actix_rt::test]
async fn whoever_follows_a_parcel_hears_of_what_is_taken_out_of_it() {
    let shop = manual().await;
    let (buyer, order) = picked(&shop, 3).await;
    let (admin, rest) = (shop.admin().await, &order["deliveries"][0]["id"]);
    let mut live = buyer.follow(&topic(&order)).await;
    let mut socket = buyer.socket().await;
    let topic = format!("delivery:{}", rest.as_str().unwrap());
    socket.ask("subscribe", json!({ "topic": topic })).await;

    let after = admin.post(&desk(&order, "pack"), some(&order, 2)).await.is(200);

    let push = socket.next().await;
    assert_eq!((&push["topic"], &push["data"]), (&json!(topic), &after["deliveries"][0]));
    assert_eq!(
        live.until("delivery.packed").await.last().unwrap()["data"]["delivery_id"],
        after["deliveries"][1]["id"]
    );
}

#[actix_rt::test]
async fn the_courier_carries_each_parcel_of_an_order_to_the_door() {
    let mut shop = manual().await;
    let (buyer, order) = picked(&shop, 3).await;
    let admin = shop.admin().await;
    admin.post(&desk(&order, "ship"), some(&order, 1)).await.is(200);
    shop.kill();
    shop.sql("UPDATE deliveries SET due_at = '2026-01-01 00:00:00'").unwrap();
    shop.set("RIALTO_COURIER", "simulated");
    shop.set("RIALTO_COURIER_SPEED", "200000");
    shop.start_again().await;

    buyer.follow(&topic(&order)).await.until("order.delivered").await;

    let after = buyer.order(&order).await;
    assert_eq!((sizes(&after), stations(&after)), (vec![3, 1], vec!["delivered"; 2]));
    shop.audit();
}
