//! Coming back: whoever was away hears what was missed, once and in order.

use crate::support::{TestShop, roaming::Crowd};

#[actix_rt::test]
async fn two_hundred_devices_that_come_and_go_hear_each_event_of_two_thousand_orders_once() {
    let shop = TestShop::with(&[("RIALTO_COURIER", "manual")]).await;
    let crowd = Crowd { buyers: 40, devices_each: 5, orders_each: 50, seed: 6 };
    crowd.roam(&shop, &[], async || {}).await;
}
