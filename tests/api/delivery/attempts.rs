//! A parcel that is not delivered at once, moved by hand: tried again, or sent back.

use serde_json::{Value, json};

use super::{parcels::carry, rest::in_part};
use crate::{
    order::walk::{desk, manual, parcel, parcel_at},
    support::{TestShop, client::Client, each},
};

/// An order on the van, and its buyer.
async fn at_the_door(shop: &TestShop) -> (Client, Value) {
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    let order = buyer.buy(&shop.variant("teapot").await, 2).await;
    admin.post(&desk(&order, "process"), json!(null)).await.is(200);
    admin.post(&desk(&order, "ship"), json!(null)).await.is(200);
    admin.post(&parcel(&order), json!({ "status": "out_for_delivery" })).await.is(200);
    (buyer, order)
}

async fn say(admin: &Client, order: &Value, station: &str) -> Value {
    admin.post(&parcel(order), json!({ "status": station })).await.is(200)
}

/// Where the parcel is, as who says that it is at `station` is told.
async fn refused(admin: &Client, order: &Value, station: &str) -> Value {
    let answer = admin.post(&parcel(order), json!({ "status": station })).await;
    answer.refused(409, "invalid_transition")["state"].clone()
}

#[actix_rt::test]
async fn a_failed_attempt_is_tried_again_and_arrives() {
    let shop = manual().await;
    let (buyer, order) = at_the_door(&shop).await;
    let admin = shop.admin().await;

    assert_eq!(say(&admin, &order, "failed").await["attempts"], 1);
    assert_eq!(buyer.order(&order).await["status"], "shipped");
    for station in ["failed", "delivered", "in_transit", "packed", "pending"] {
        assert_eq!(refused(&admin, &order, station).await, "failed", "{station}");
    }
    assert_eq!(say(&admin, &order, "out_for_delivery").await["status"], "out_for_delivery");
    assert_eq!(say(&admin, &order, "delivered").await["attempts"], 1);

    assert_eq!(buyer.order(&order).await["status"], "delivered");
    let timeline = buyer.timeline(&order).await;
    let last: Vec<&Value> = each(&timeline, "type").into_iter().skip(9).collect();
    assert_eq!(
        last,
        [
            "delivery.out_for_delivery",
            "delivery.failed",
            "delivery.out_for_delivery",
            "delivery.delivered",
            "order.delivered",
        ]
    );
    shop.audit();
}

#[actix_rt::test]
async fn a_parcel_that_failed_is_sent_back_and_goes_nowhere_from_there() {
    let shop = manual().await;
    let (buyer, order) = at_the_door(&shop).await;
    let admin = shop.admin().await;
    say(&admin, &order, "failed").await;
    say(&admin, &order, "out_for_delivery").await;
    assert_eq!(say(&admin, &order, "failed").await["attempts"], 2);

    let back = say(&admin, &order, "returned").await;

    assert_eq!((&back["status"], &back["attempts"]), (&json!("returned"), &json!(2)));
    for station in ["out_for_delivery", "failed", "delivered", "returned"] {
        assert_eq!(refused(&admin, &order, station).await, "returned", "{station}");
    }
    assert_eq!(buyer.order(&order).await["status"], "shipped");
    let off = admin.post(&desk(&order, "cancel"), json!({ "reason": "nobody is there" })).await;
    let off = off.is(200);
    assert_eq!((&off["status"], &off["payment"]["refunded"]), (&json!("cancelled"), &off["total"]));
    assert_eq!(shop.available(&shop.variant("teapot").await).await, 100);
    shop.audit();
}

#[actix_rt::test]
async fn what_never_left_or_was_called_off_is_not_tried_again() {
    let shop = manual().await;
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    let order = buyer.buy(&shop.variant("teapot").await, 1).await;
    say(&admin, &order, "failed").await;
    for station in ["out_for_delivery", "returned"] {
        assert_eq!(refused(&admin, &order, station).await, "failed");
    }
    let (_, lost) = at_the_door(&shop).await;
    say(&admin, &lost, "failed").await;
    admin.post(&desk(&lost, "cancel"), json!({ "reason": "it is lost" })).await.is(200);
    for station in ["out_for_delivery", "returned"] {
        assert_eq!(refused(&admin, &lost, station).await, "failed");
    }
    shop.audit();
}

#[actix_rt::test]
async fn an_attempt_at_one_parcel_holds_up_no_other_of_its_order() {
    let shop = manual().await;
    let (buyer, order) = in_part(&shop).await;
    let admin = shop.admin().await;
    let station = parcel_at(&order, 1);
    for status in ["out_for_delivery", "failed"] {
        admin.post(&station, json!({ "status": status })).await.is(200);
    }

    let whole = admin.post(&desk(&order, "ship"), json!(null)).await.is(200);
    carry(&admin, &whole, 0).await;
    assert_eq!(buyer.order(&order).await["status"], "shipped");
    carry(&admin, &whole, 1).await;

    assert_eq!(buyer.order(&order).await["status"], "delivered");
    shop.audit();
}
