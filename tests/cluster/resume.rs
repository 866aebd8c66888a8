//! Coming back at another node, as the one that was left is dead.

use std::cell::RefCell;

use tokio::sync::Mutex;

use crate::{
    SHARED,
    support::{TestShop, roaming::Crowd},
};

#[actix_rt::test]
async fn devices_hear_each_event_once_though_one_of_two_nodes_dies() {
    let settings = [SHARED[0], ("RIALTO_COURIER", "manual")];
    let one = Mutex::new(TestShop::on_postgres(&settings).await);
    let other = RefCell::new(one.lock().await.beside().await);
    let (address, crowd) = (
        other.borrow().address(),
        Crowd { buyers: 10, devices_each: 5, orders_each: 20, admins: 5, seed: 7 },
    );
    crowd.roam(&one, &[address], async |_| other.borrow_mut().kill()).await;
}
