//! Orders that have left and do not arrive: given up by those who run the shop.

use serde_json::{Value, json};

use super::walk::{desk, ledger, manual, moved, parcel, refund};
use crate::support::purchase::path;

#[actix_rt::test]
async fn an_order_whose_parcel_does_not_arrive_is_called_off_and_its_units_come_back_or_are_lost() {
    let shop = manual().await;
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    let teapot = shop.variant("teapot").await;
    let off = |more: Value| {
        let mut why = json!({ "reason": "it did not arrive" });
        why.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        why
    };
    let cases = [
        ("failed", json!({}), [0, 2, -2], 98),
        ("returned", json!({}), [0, 2, 0], 98),
        ("failed", json!({ "restock": true }), [0, 2, 0], 98),
        ("returned", json!({ "restock": false }), [0, 2, -2], 96),
    ];
    for (end, more, moves, available) in cases {
        let before = ledger(&shop, &teapot).await;
        let order = buyer.buy(&teapot, 2).await;
        let (cancel, buyers) = (desk(&order, "cancel"), format!("{}/cancel", path(&order)));
        admin.post(&desk(&order, "process"), json!(null)).await.is(200);
        admin.post(&desk(&order, "ship"), json!(null)).await.is(200);
        let early = admin.post(&cancel, off(more.clone())).await;
        assert_eq!(early.refused(409, "invalid_transition")["state"], "shipped");
        admin.post(&parcel(&order), json!({ "status": end })).await.is(200);
        let own = buyer.post(&buyers, json!({})).await;
        assert_eq!(own.refused(409, "invalid_transition")["state"], "shipped");

        let after = admin.post(&cancel, off(more.clone())).await.is(200);

        assert_eq!(
            json!([after["status"], after["payment"]["status"]]),
            json!(["cancelled", "refunded"])
        );
        assert_eq!(after["payment"]["refunded"], order["total"]);
        assert_eq!(after["deliveries"][0]["status"], end);
        let counted = ledger(&shop, &teapot).await;
        let moved = ["cancelled", "returned", "written off"]
            .map(|reason| moved(&counted, reason) - moved(&before, reason));
        assert_eq!(moved, moves, "{end} {more}");
        assert_eq!(shop.available(&teapot).await, available);
        let told = buyer.timeline(&order).await;
        let last: Vec<&str> =
            told.iter().rev().take(2).map(|it| it["type"].as_str().unwrap()).collect();
        assert_eq!(last, ["payment.refunded", "order.cancelled"]);
        let again = admin.post(&cancel, off(more)).await;
        assert_eq!(again.refused(409, "invalid_transition")["state"], "cancelled");
    }
}

#[actix_rt::test]
async fn what_was_paid_back_before_is_called_off_without_another_refund() {
    let shop = manual().await;
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    let teapot = shop.variant("teapot").await;
    let order = buyer.buy(&teapot, 1).await;
    admin.post(&desk(&order, "process"), json!(null)).await.is(200);
    admin.post(&desk(&order, "ship"), json!(null)).await.is(200);
    admin.post(&parcel(&order), json!({ "status": "returned" })).await.is(200);
    refund(&admin, &order, json!({ "reason": "it came back" })).await.is(200);

    let why = json!({ "reason": "it came back" });
    let after = admin.post(&desk(&order, "cancel"), why).await.is(200);

    assert_eq!(
        (&after["status"], &after["payment"]["refunded"]),
        (&json!("cancelled"), &order["total"])
    );
    assert_eq!(after["refunds"].as_array().unwrap().len(), 1);
    assert_eq!(shop.available(&teapot).await, 100);
}
