//! The simulated courier: by which places a parcel goes, when, and what goes wrong.

use serde_json::{Value, json};

use crate::support::{
    TestShop,
    convoy::{PARCELS, Way},
    each, gapless,
    purchase::topic,
    time,
};

/// With it all that can go wrong does to some of the parcels of a convoy, and not to others.
const SEED: &str = "3";

/// The stations of a way, without where they are.
fn stations(way: &Way) -> Vec<&str> {
    way.iter().map(|(station, _, _)| station.as_str()).collect()
}

#[actix_rt::test]
async fn a_parcel_goes_by_sorting_centres_and_a_depot_to_the_door_when_it_is_said_to() {
    let shop = TestShop::with(&[("RIALTO_COURIER_SPEED", "40000")]).await;
    let buyer = shop.sign_up().await;
    let placed = buyer.place(&shop.variant("teapot").await, 1).await;
    let mut live = buyer.follow(&topic(&placed)).await;
    buyer.pay(&placed, "tok_success").await.is(200);

    let told = live.until("order.delivered").await;

    assert_eq!(each(&told, "sequence"), gapless(15));
    let moved: Vec<&Value> =
        told.iter().filter(|it| it["data"]["delivery_id"].is_string()).collect();
    let places: Vec<Value> =
        moved[1..].iter().map(|it| it["data"]["location"]["kind"].clone()).collect();
    let houses =
        ["warehouse", "warehouse", "sorting_centre", "sorting_centre", "depot", "van", "door"];
    assert_eq!(places, houses);
    let cities: Vec<&str> =
        moved[2..6].iter().map(|it| it["data"]["location"]["city"].as_str().unwrap()).collect();
    assert_eq!(cities, ["Leipzig", "Leipzig", "Berlin", "Berlin"]);
    let ends = time(&moved.last().unwrap()["at"]);
    for it in &moved[..moved.len() - 1] {
        let (at, eta) = (time(&it["at"]), time(&it["data"]["eta"]));
        assert!(at < eta && eta <= ends, "{it} of what ended at {ends}");
    }
    let parcel = &buyer.order(&placed).await["deliveries"][0];
    assert_eq!((&parcel["location"], &parcel["attempts"]), (&json!({ "kind": "door" }), &json!(0)));
}

#[actix_rt::test]
async fn the_same_parcels_go_the_same_ways_under_the_same_seed_also_through_power_cuts() {
    let mut shop = TestShop::with(&[("RIALTO_COURIER", "manual")]).await;
    let convoy = shop.convoy().await;
    shop.set("RIALTO_COURIER", "simulated");
    shop.set("RIALTO_COURIER_SPEED", "200000");
    let mut runs = Vec::new();
    for (seed, cuts) in [(SEED, 0), (SEED, 4), ("8", 0)] {
        shop.kill();
        convoy.send_off(&shop);
        let before = convoy.events(&shop);
        shop.set("RIALTO_COURIER_SEED", seed);
        shop.start_again().await;
        for cut in 1..=cuts {
            // Each goes by seven stations at least.
            convoy.until(&shop, before + cut * PARCELS * 3 / 2 - 5).await;
            shop.kill();
            shop.start_again().await;
        }
        runs.push(convoy.ways(&shop, before).await);
        shop.audit();
    }

    assert_eq!(runs[0].len(), PARCELS);
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
    let plain =
        ["packed", "in_transit", "in_transit", "in_transit", "in_transit", "out_for_delivery"];
    let mut seen = [0, 0, 0];
    for way in runs[0].values() {
        let attempts = way.last().unwrap().2;
        let more: &[&str] = match attempts {
            0 => &["delivered"],
            1 => &["failed", "out_for_delivery", "delivered"],
            _ => &["failed", "out_for_delivery", "failed", "returned"],
        };
        assert_eq!(stations(way), [&plain[..], more].concat());
        seen[usize::try_from(attempts).unwrap()] += 1;
    }
    assert!(seen.iter().all(|it| *it > 0), "{seen:?}");
    let after = convoy.buyer.order(&convoy.order).await;
    let ended = after["deliveries"].as_array().unwrap();
    assert!(ended.iter().all(|it| it["status"] == "delivered" || it["status"] == "returned"));
}
