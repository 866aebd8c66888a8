//! The ledger of the stock: append-only, and its sum is what is on hand.

use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{path, variant_path};
use crate::support::{
    TestShop,
    client::Client,
    purchase::{self, Variant, euros},
};

/// All of a ledger, the newest first, read in pages of this size.
async fn ledger(admin: &Client, variant: &str, limit: usize) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = admin.get(&format!("{variant}/stock?limit={limit}{cursor}")).await.is(200);
        all.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next_cursor"].as_str() else { return all };
        cursor = format!("&cursor={next}");
    }
}

/// What is on hand, which the ledger must come to.
async fn counted(admin: &Client, variant: &str) -> i64 {
    let stock = admin.get(&format!("{variant}/stock")).await.is(200);
    let moves = ledger(admin, variant, 7).await;
    let sum: i64 = moves.iter().map(|it| it["units"].as_i64().unwrap()).sum();
    assert_eq!(stock["on_hand"], sum);
    let reserved = stock["reserved"].as_i64().unwrap();
    assert_eq!(stock["available"], sum - reserved);
    sum
}

#[actix_rt::test]
async fn a_ledger_says_why_units_came_and_went() {
    let shop = TestShop::start().await;
    let (admin, buyer) = (shop.admin().await, shop.sign_up().await);
    let kettle = admin.kettle().await;
    let here = variant_path(&kettle, 0);
    let order = buyer.buy(&shop.variant("kettle").await, 3).await;
    let stolen = json!({ "adjust": -2, "reason": "stolen" });
    admin.post(&format!("{here}/stock"), stolen).await.is(200);

    let moves = ledger(&admin, &here, 1).await;

    let units: Vec<i64> = moves.iter().map(|it| it["units"].as_i64().unwrap()).collect();
    assert_eq!(units, [-2, -3, 10]);
    assert_eq!(
        (&moves[0]["reason"], &moves[2]["reason"]),
        (&json!("stolen"), &json!("initial stock"))
    );
    assert_eq!(moves[1]["order_id"], order["id"]);
    assert_eq!(counted(&admin, &here).await, 5);
    let nothing = format!("/admin/variants/{}/stock", Uuid::now_v7());
    admin.get(&nothing).await.refused(404, "not_found");
    admin.get(&format!("{here}/stock?cursor=x")).await.refused(400, "invalid_cursor");
}

#[actix_rt::test]
async fn whatever_happens_the_ledger_comes_to_what_is_on_hand() {
    let shop = TestShop::start().await;
    let (admin, buyer) = (shop.admin().await, shop.sign_up().await);
    let variants = [("S", 20), ("M", 0), ("L", 7)].map(|(size, on_hand)| {
        json!({
            "sku": format!("COAT-{size}"), "price": euros(4_000), "options": { "Size": size },
            "on_hand": on_hand,
        })
    });
    let coat = json!({ "name": "Coat", "status": "published", "variants": variants });
    let coat = admin.product(coat).await;
    let mut dice = StdRng::seed_from_u64(4);

    for _ in 0..40 {
        let at = dice.random_range(0..3);
        let here = variant_path(&coat, at);
        let one = json!({ "id": coat["id"], "variants": [coat["variants"][at]] });
        match dice.random_range(0..6) {
            0 => {
                let set = json!({ "set": dice.random_range(0..30), "reason": "counted" });
                admin.post(&format!("{here}/stock"), set).await.is(200);
            }
            1 => {
                let units = dice.random_range(-9..10);
                let adjust = json!({ "adjust": units, "reason": "moved" });
                let answer = admin.post(&format!("{here}/stock"), adjust).await;
                assert!(answer.status == 200 || answer.status == 409, "{}", answer.text);
            }
            2 => {
                let answer = admin.delete(&here).await;
                assert!(answer.status == 204 || answer.status == 409, "{}", answer.text);
            }
            3 => {
                admin.post(&format!("{here}/restore"), Value::Null).await.is(200);
            }
            _ => buy(&buyer, &Variant::of(&one), dice.random_range(0..3)).await,
        }
    }

    for at in 0..3 {
        counted(&admin, &variant_path(&coat, at)).await;
    }
    let now = admin.get(&path(&coat)).await.is(200);
    let reserved = |it: &Value| it["stock"]["reserved"].as_i64().unwrap();
    assert!(now["variants"].as_array().unwrap().iter().all(|it| reserved(it) >= 0));
}

/// Orders two units, if they are there, and pays, walks away, or does neither.
async fn buy(buyer: &Client, variant: &Variant, end: u32) {
    let body = json!({ "variant_id": variant.id, "quantity": 2 });
    if buyer.post("/cart/items", body).await.status != 200 {
        return;
    }
    let answer = buyer.check_out().await;
    if answer.status != 201 {
        buyer.delete("/cart").await.is(200);
        return;
    }
    let order = answer.is(201)["order"].clone();
    match end {
        0 => {
            buyer.pay(&order, "tok_success").await.is(200);
        }
        1 => {
            buyer.post(&format!("{}/cancel", purchase::path(&order)), Value::Null).await.is(200);
        }
        _ => {}
    }
}
