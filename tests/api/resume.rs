//! Coming back: whoever was away hears what was missed, once and in order.

use tokio::sync::Mutex;

use crate::support::{TestShop, roaming::Crowd};

#[actix_rt::test]
async fn devices_hear_each_event_of_two_thousand_orders_once_though_the_node_dies_meanwhile() {
    let shop = Mutex::new(TestShop::with(&[("RIALTO_COURIER", "manual")]).await);
    let crowd = Crowd { buyers: 40, devices_each: 5, orders_each: 50, admins: 10, seed: 6 };
    crowd
        .roam(&shop, &[], async |open| {
            let _calm = open.write().await;
            let mut shop = shop.lock().await;
            shop.kill();
            shop.start_again().await;
        })
        .await;
}
