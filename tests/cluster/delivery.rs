//! Parcels at two nodes: each step is driven once, and no unit is packed twice.

use futures_util::future::{join, join_all};
use serde_json::{Value, json};

use super::{
    SHARED,
    support::{PASSWORD, TestShop, convoy::PARCELS, each, gapless},
};

#[actix_rt::test]
async fn of_two_nodes_no_two_drive_the_same_step_of_a_parcel() {
    let manual = [SHARED[0], ("RIALTO_COURIER", "manual")];
    let mut one = TestShop::on_postgres(&manual).await;
    let convoy = one.convoy().await;
    let mut runs = Vec::new();
    for nodes in 1..=2 {
        one.kill();
        convoy.send_off(&one);
        let before = convoy.events(&one);
        one.set("RIALTO_COURIER", "simulated");
        one.set("RIALTO_COURIER_SPEED", "200000");
        one.set("RIALTO_COURIER_SEED", "3");
        one.start_again().await;
        if nodes == 2 {
            let mut other = one.beside().await;
            // One of them dies on the way.
            convoy.until(&one, before + PARCELS * 3).await;
            other.kill();
        }
        runs.push(convoy.ways(&one, before).await);
        one.audit();
    }

    assert_eq!(runs[0].len(), PARCELS);
    assert_eq!(runs[0], runs[1]);
}

#[actix_rt::test]
async fn hands_at_two_nodes_at_once_ship_each_unit_once() {
    let manual = [SHARED[0], ("RIALTO_COURIER", "manual")];
    let one = TestShop::on_postgres(&manual).await;
    let other = one.beside().await;
    let (buyer, here) = (one.sign_up().await, one.admin().await);
    let there = here.at(&other.address());
    let order = buyer.buy(&one.variant("candle").await, 12).await;
    let desk = |what: &str| format!("/admin/orders/{}/{what}", order["id"].as_str().unwrap());
    here.post(&desk("process"), json!(null)).await.is(200);
    let part = json!({ "items": [{ "id": order["items"][0]["id"], "quantity": 5 }] });

    let (pack, ship) = (desk("pack"), desk("ship"));
    let hands =
        (0..4).map(|_| join(here.post(&pack, part.clone()), there.post(&ship, part.clone())));
    let answers: Vec<_> = join_all(hands).await.into_iter().flat_map(|(a, b)| [a, b]).collect();

    // A parcel that one has packed another may ship.
    let packed = answers.iter().step_by(2).filter(|it| it.status == 200).count();
    let shipped = answers.iter().skip(1).step_by(2).filter(|it| it.status == 200).count();
    assert!(packed <= 2 && shipped <= 2 && packed + shipped >= 2, "{packed} {shipped}");
    for it in answers.iter().filter(|it| it.status != 200) {
        it.refused(409, "shipment_too_large");
    }
    let after = there.order(&order).await;
    let parcels = after["deliveries"].as_array().unwrap();
    let sizes: Vec<&Value> = parcels.iter().map(|it| &it["items"][0]["quantity"]).collect();
    assert_eq!(sizes, [2, 5, 5]);
    let timeline = buyer.timeline(&order).await;
    assert_eq!(each(&timeline, "sequence"), gapless(timeline.len()));
    one.audit();
}

#[actix_rt::test]
async fn where_a_courier_is_at_one_node_is_told_at_the_other() {
    let manual = [SHARED[0], ("RIALTO_COURIER", "manual")];
    let one = TestShop::on_postgres(&manual).await;
    let other = one.beside().await;
    let (buyer, admin, user) = (one.sign_up().await, one.admin().await, one.sign_up().await);
    let role = format!("/admin/users/{}/role", user.user_id());
    admin.put(&role, json!({ "role": "courier" })).await.is(200);
    let login = json!({ "email": user.session["user"]["email"], "password": PASSWORD });
    let courier = one.stranger().post("/auth/login", login).await.is(200);
    let courier = one.stranger().signed_in(courier);
    let order = buyer.buy(&one.variant("candle").await, 1).await;
    let parcel = order["deliveries"][0]["id"].as_str().unwrap();
    let seat = json!({ "user_id": courier.user_id() });
    admin.put(&format!("/admin/deliveries/{parcel}/courier"), seat).await.is(200);
    for step in ["process", "ship"] {
        let desk = format!("/admin/orders/{}/{step}", order["id"].as_str().unwrap());
        admin.post(&desk, json!(null)).await.is(200);
    }
    let loaded = json!({ "status": "out_for_delivery" });
    courier.post(&format!("/courier/deliveries/{parcel}/events"), loaded).await.is(200);

    let mut socket = buyer.at(&other.address()).socket().await;
    let ask = json!({ "topic": format!("delivery:{parcel}") });
    assert_eq!(socket.ask("subscribe", ask).await["ok"], true);
    for lat in [1.0, 2.0] {
        let here = json!({ "lat": lat, "lon": 13.4 });
        courier.post("/courier/position", here).await.is(204);
        while socket.next().await["data"]["position"]["lat"] != lat {}
    }
}
