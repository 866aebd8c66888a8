//! What becomes of an order of which a part has left: called off, paid back, sent back, lost.

use serde_json::{Value, json};

use super::parcels::{carry, picked, sizes, some, stations, teapots};
use crate::{
    order::walk::{desk, ledger, manual, moved, parcel_at, refund, units},
    support::{
        TestShop,
        client::Client,
        each,
        purchase::{euros, path},
    },
};

/// Three teapots and a mug, of which a teapot has left.
pub async fn in_part(shop: &TestShop) -> (Client, Value) {
    let (buyer, order) = picked(shop, 3).await;
    let ship = desk(&order, "ship");
    (buyer, shop.admin().await.post(&ship, some(&order, 1)).await.is(200))
}

/// What was paid for so many teapots and mugs.
fn price(order: &Value, of_teapots: i64, of_mugs: i64) -> i64 {
    let unit = |at: usize| order["items"][at]["unit_price"]["amount"].as_i64().unwrap();
    let at = teapots(order);
    of_teapots * unit(at) + of_mugs * unit(1 - at)
}

#[actix_rt::test]
async fn its_buyer_cannot_call_it_off_and_an_admin_calls_off_what_has_not_left() {
    let shop = manual().await;
    let (teapot, mug) = (shop.variant("teapot").await, shop.variant("mug").await);
    let before = (shop.available(&teapot).await, shop.available(&mug).await);
    let (buyer, order) = in_part(&shop).await;
    let admin = shop.admin().await;
    let own = buyer.post(&format!("{}/cancel", path(&order)), json!({})).await;
    assert_eq!(own.refused(409, "invalid_transition")["state"], "partially_shipped");
    assert_eq!(buyer.order(&order).await, order);

    let why = json!({ "reason": "sold out" });
    let after = admin.post(&desk(&order, "cancel"), why.clone()).await.is(200);

    assert_eq!(
        (&after["status"], stations(&after)),
        (&json!("partially_refunded"), vec!["failed", "in_transit"])
    );
    assert_eq!(after["payment"]["refunded"], euros(price(&order, 2, 1)));
    assert_eq!(shop.available(&teapot).await, before.0 - 1);
    assert_eq!(shop.available(&mug).await, before.1);
    shop.audit();
    let again = admin.post(&desk(&order, "cancel"), why).await;
    assert_eq!(again.refused(409, "invalid_transition")["state"], "shipped");
    carry(&admin, &after, 1).await;
    let timeline = buyer.timeline(&order).await;
    let last: Vec<&Value> = each(&timeline, "type").into_iter().rev().take(7).collect();
    assert_eq!(
        last.into_iter().rev().collect::<Vec<_>>(),
        [
            "delivery.failed",
            "order.shipped",
            "payment.refunded",
            "order.partially_refunded",
            "delivery.out_for_delivery",
            "delivery.delivered",
            "order.delivered",
        ]
    );

    let line = units(&order, teapots(&order), 1);
    let returns = format!("{}/returns", path(&order));
    let more = json!({ "items": [units(&order, teapots(&order), 2)], "reason": "so" });
    assert_eq!(
        buyer.post(&returns, more).await.refused(409, "return_too_large")["returnable_quantity"],
        1
    );
    let asked = buyer.post(&returns, json!({ "items": [line], "reason": "so" })).await.is(201);
    let receive = format!("/admin/returns/{}/receive", asked["id"].as_str().unwrap());
    let mut back = line;
    back["restock"] = json!(true);
    admin.post(&receive, json!({ "items": [back] })).await.is(200);
    let end = buyer.order(&order).await;
    assert_eq!((&end["status"], &end["payment"]["refunded"]), (&json!("returned"), &end["total"]));
    assert_eq!(shop.available(&teapot).await, before.0);
    shop.audit();
}

#[actix_rt::test]
async fn a_parcel_that_cannot_be_sent_is_paid_back_and_the_others_go_on() {
    let shop = manual().await;
    let teapot = shop.variant("teapot").await;
    let (buyer, order) = picked(&shop, 3).await;
    let admin = shop.admin().await;
    let packed = admin.post(&desk(&order, "pack"), some(&order, 2)).await.is(200);

    let broken = json!({ "status": "failed", "note": "broken in the warehouse" });
    admin.post(&parcel_at(&packed, 1), broken.clone()).await.is(200);

    // Its payment is settled by the sweeper, which nobody waits for.
    shop.settle().await;
    let after = buyer.order(&order).await;
    assert_eq!(
        (&after["status"], stations(&after)),
        (&json!("partially_refunded"), vec!["pending", "failed"])
    );
    assert_eq!(after["payment"]["refunded"], euros(price(&order, 2, 0)));
    assert_eq!(after["refunds"][0]["reason"], "broken in the warehouse");
    assert_eq!(shop.available(&teapot).await, 99);
    assert_eq!(
        admin.post(&parcel_at(&packed, 1), broken).await.refused(409, "invalid_transition")["state"],
        "failed"
    );
    shop.audit();

    // Nothing has left yet: all the rest of it can be called off.
    let off = buyer.post(&format!("{}/cancel", path(&order)), json!({})).await.is(200);
    assert_eq!((&off["status"], &off["payment"]["refunded"]), (&json!("cancelled"), &off["total"]));
    assert_eq!(shop.available(&teapot).await, 100);
    let counted = ledger(&shop, &teapot).await;
    assert_eq!((moved(&counted, "sold"), moved(&counted, "returned")), (-3, 3));
    shop.audit();
}

#[actix_rt::test]
async fn a_part_that_is_lost_is_called_off_and_the_order_is_delivered_without_it() {
    let shop = manual().await;
    let teapot = shop.variant("teapot").await;
    for (end, restock, available) in
        [("returned", json!(null), 99), ("failed", json!(null), 96), ("returned", json!(false), 93)]
    {
        let (buyer, order) = in_part(&shop).await;
        let admin = shop.admin().await;
        let whole = admin.post(&desk(&order, "ship"), json!(null)).await.is(200);
        carry(&admin, &whole, 1).await;
        admin.post(&parcel_at(&whole, 0), json!({ "status": end })).await.is(200);
        assert_eq!(buyer.order(&order).await["status"], "shipped");

        let why = json!({ "reason": "it is lost", "restock": restock });
        let after = admin.post(&desk(&order, "cancel"), why).await.is(200);

        assert_eq!(
            (&after["status"], stations(&after)),
            (&json!("partially_refunded"), vec![end, "delivered"])
        );
        assert_eq!(after["payment"]["refunded"], euros(price(&order, 2, 1)));
        let timeline = buyer.timeline(&order).await;
        assert!(each(&timeline, "type").contains(&&json!("order.delivered")));
        assert_eq!(shop.available(&teapot).await, available, "{end} {restock}");
        let late = admin.post(&parcel_at(&whole, 0), json!({ "status": "returned" })).await;
        assert_eq!(late.refused(409, "invalid_transition")["state"], end);
        shop.audit();
    }
}

#[actix_rt::test]
async fn where_all_that_has_left_is_lost_the_order_is_cancelled_with_the_rest() {
    let shop = manual().await;
    let teapot = shop.variant("teapot").await;
    let (_, order) = in_part(&shop).await;
    let admin = shop.admin().await;
    admin.post(&parcel_at(&order, 1), json!({ "status": "returned" })).await.is(200);

    let after =
        admin.post(&desk(&order, "cancel"), json!({ "reason": "it is lost" })).await.is(200);

    assert_eq!(
        (&after["status"], stations(&after)),
        (&json!("cancelled"), vec!["failed", "returned"])
    );
    assert_eq!((&after["payment"]["refunded"], sizes(&after)), (&after["total"], vec![3, 1]));
    assert_eq!(shop.available(&teapot).await, 100);
    shop.audit();
}

#[actix_rt::test]
async fn what_is_paid_back_whole_while_a_part_is_on_its_way_keeps_the_rest_on_the_shelf() {
    let shop = manual().await;
    let teapot = shop.variant("teapot").await;
    let (buyer, order) = in_part(&shop).await;
    let admin = shop.admin().await;

    let after = refund(&admin, &order, json!({ "reason": "we are sorry" })).await.is(200);

    assert_eq!(
        (&after["status"], stations(&after)),
        (&json!("refunded"), vec!["failed", "in_transit"])
    );
    assert_eq!(after["payment"]["refunded"], after["total"]);
    assert_eq!(after["refunds"].as_array().unwrap().len(), 1);
    assert_eq!(shop.available(&teapot).await, 99);
    admin.post(&desk(&order, "ship"), json!({})).await.refused(409, "invalid_transition");
    carry(&admin, &after, 1).await;
    assert_eq!(
        each(&buyer.timeline(&order).await, "type").last(),
        Some(&&json!("order.delivered"))
    );
    shop.audit();
}
