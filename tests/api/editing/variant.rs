//! Variants: their prices, their options, and how they come and go.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{path, tag, variant_path};
use crate::support::{
    TestShop, each,
    purchase::{Variant, euros},
};

fn sized(sku: &str, size: &str) -> Value {
    json!({ "sku": sku, "price": euros(4_000), "options": { "Size": size } })
}

#[actix_rt::test]
async fn a_variant_is_added_changed_taken_out_and_put_back() {
    let shop = TestShop::start().await;
    let (admin, stranger) = (shop.admin().await, shop.stranger());
    let body = json!({ "name": "Coat", "variants": [sized("COAT-S", "S")] });
    let coat = admin.product(body).await;
    let more = format!("{}/variants", path(&coat));

    let added = json!({
        "sku": "COAT-M", "price": euros(4_100), "options": { "Size": "M" }, "on_hand": 3,
        "weight_grams": 900, "low_threshold": 4, "position": 0,
    });
    let added = admin.with("If-Match", &tag(&coat)).post(&more, added).await.is(201);
    assert_eq!((&added["version"], added["variants"].as_array().unwrap().len()), (&json!(2), 2));
    admin.post(&format!("{}/publish", path(&coat)), Value::Null).await.is(200);
    let shown = stranger.get("/products/coat").await.is(200);
    assert_eq!(each(shown["variants"].as_array().unwrap(), "sku"), ["COAT-S", "COAT-M"]);
    assert_eq!(shown["variants"][1]["stock"], json!({ "available": 3, "status": "low" }));
    assert_eq!(shown["variants"][1]["name"], "M");

    let medium = variant_path(&added, 1);
    let change = json!({ "options": { "Size": "Medium" }, "low_threshold": 2 });
    let changed = admin.patch(&medium, change).await.is(200)["variants"][1].clone();
    assert_eq!((&changed["name"], &changed["price"]), (&json!("Medium"), &euros(4_100)));
    assert_eq!(changed["stock"]["status"], "in_stock");

    assert_eq!(admin.delete(&medium).await.status, 204);
    let shown = stranger.get("/products/coat").await.is(200);
    assert_eq!(
        (&shown["price_from"], shown["variants"].as_array().unwrap().len()),
        (&euros(4_000), 1)
    );
    let kept = admin.get(&path(&coat)).await.is(200)["variants"][1].clone();
    assert!(kept["removed_at"].is_string() && kept["stock"]["on_hand"] == 3);
    admin.post(&more, sized("COAT-M", "L")).await.refused(409, "sku_taken");
    let back = admin.post(&format!("{medium}/restore"), Value::Null).await.is(200);
    assert!(back["variants"][1]["removed_at"].is_null());
    assert_eq!(stranger.get("/products/coat").await.is(200)["variants"][1]["sku"], "COAT-M");
}

#[actix_rt::test]
async fn a_variant_that_breaks_a_rule_is_not_kept() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    let body = json!({ "name": "Coat", "variants": [sized("COAT-S", "S"), sized("COAT-M", "M")] });
    let coat = admin.product(body).await;
    let (more, small) = (format!("{}/variants", path(&coat)), variant_path(&coat, 0));

    for (body, fields) in [
        (json!({}), vec!["sku", "price", "options"]),
        (sized("COAT-L", "S"), vec!["options"]),
        (sized("", "L"), vec!["sku"]),
        (json!({ "sku": "L", "price": euros(1), "options": { "Fit": "L" } }), vec!["options"]),
        (json!({ "sku": "L", "price": euros(1), "options": { "Size": "" } }), vec!["options.Size"]),
        (json!({ "id": coat["variants"][0]["id"] }), vec!["id"]),
    ] {
        admin.post(&more, body).await.invalid(&fields);
    }
    for (body, field) in [
        (json!({ "price": euros(-1) }), "price.amount"),
        (json!({ "price": { "amount": 1, "currency": "USD" } }), "price.currency"),
        (json!({ "price": 4_000 }), "price"),
        (json!({ "price": { "amount": 1.5, "currency": "EUR" } }), "price.amount"),
        (json!({ "compare_at_price": euros(4_000) }), "compare_at_price"),
        (json!({ "weight_grams": -1 }), "weight_grams"),
        (json!({ "low_threshold": -1 }), "low_threshold"),
        (json!({ "position": -1 }), "position"),
        (json!({ "on_hand": 7 }), "on_hand"),
        (json!({ "options": { "Size": "M" } }), "options"),
        (json!({ "sku": "a".repeat(101) }), "sku"),
        (json!({ "colour": "red" }), "colour"),
    ] {
        admin.patch(&small, body).await.invalid(&[field]);
    }
    for taken in ["COAT-M", "TEAPOT"] {
        let refused = admin.patch(&small, json!({ "sku": taken })).await;
        assert_eq!(refused.refused(409, "sku_taken")["sku"], taken);
    }

    assert_eq!(admin.get(&path(&coat)).await.is(200), coat);
}

#[actix_rt::test]
async fn options_are_renamed_on_all_variants_at_once() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    let body = json!({ "name": "Coat", "variants": [sized("COAT-S", "S"), sized("COAT-M", "M")] });
    let coat = admin.product(body).await;
    let renamed = |colour: &str| {
        let of = |at: usize, size: &str| {
            let options = json!({ "Size": size, "Colour": colour });
            json!({ "id": coat["variants"][at]["id"], "options": options })
        };
        json!({ "variants": [of(0, "S"), of(1, "M")] })
    };

    let changed = admin.patch(&path(&coat), renamed("Blue")).await.is(200);

    let options = each(changed["variants"].as_array().unwrap(), "options");
    assert_eq!(options[1], &json!({ "Size": "M", "Colour": "Blue" }));
    assert_eq!(changed["variants"][0]["name"], "Blue / S");
}

#[actix_rt::test]
async fn what_was_asked_for_a_variant_is_on_record() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    let kettle = admin.kettle().await;
    let here = variant_path(&kettle, 0);

    admin.patch(&here, json!({ "price": euros(2_000) })).await.is(200);
    admin.patch(&here, json!({ "weight_grams": 5 })).await.is(200);
    admin.patch(&here, json!({ "compare_at_price": euros(2_500) })).await.is(200);
    admin.patch(&here, json!({ "compare_at_price": null, "price": euros(2_600) })).await.is(200);

    let first = admin.get(&format!("{here}/prices?limit=3")).await.is(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let last = admin.get(&format!("{here}/prices?limit=3&cursor={cursor}")).await.is(200);
    let mut all = first["items"].as_array().unwrap().clone();
    all.extend(last["items"].as_array().unwrap().clone());
    let asked: Vec<(i64, i64)> = all
        .iter()
        .map(|it| {
            let compared = it["compare_at_price"]["amount"].as_i64().unwrap_or(0);
            (it["price"]["amount"].as_i64().unwrap(), compared)
        })
        .collect();
    assert_eq!(asked, [(2_600, 0), (2_000, 2_500), (2_000, 0), (2_500, 0)]);
    assert!(last["next_cursor"].is_null());
}

#[actix_rt::test]
async fn the_shop_asks_the_new_price_and_the_cart_says_so() {
    let shop = TestShop::start().await;
    let (admin, buyer) = (shop.admin().await, shop.sign_up().await);
    let kettle = admin.kettle().await;
    buyer.add(&shop.variant("kettle").await, 1).await;

    admin.patch(&variant_path(&kettle, 0), json!({ "price": euros(3_000) })).await.is(200);

    let cart = buyer.cart().await;
    assert_eq!(
        (&cart["subtotal"], &cart["problems"][0]["code"]),
        (&euros(3_000), &json!("price_changed"))
    );
}

#[actix_rt::test]
async fn a_variant_that_somebody_has_ordered_is_not_taken_out_before_it_is_paid() {
    let shop = TestShop::start().await;
    let (admin, buyer) = (shop.admin().await, shop.sign_up().await);
    let body = json!({
        "name": "Coat", "status": "published",
        "variants": [
            { "sku": "COAT-S", "price": euros(4_000), "options": { "Size": "S" }, "on_hand": 5 },
            { "sku": "COAT-M", "price": euros(4_000), "options": { "Size": "M" }, "on_hand": 5 },
        ],
    });
    let coat = admin.product(body).await;
    let small = Variant::of(&coat);
    let order = buyer.place(&small, 2).await;
    let here = variant_path(&coat, 0);

    let refused = admin.delete(&here).await;
    assert_eq!(refused.refused(409, "stock_reserved")["reserved"], 2);
    buyer.pay(&order, "tok_success").await.is(200);
    buyer.add(&small, 1).await;
    assert_eq!(admin.delete(&here).await.status, 204);

    assert_eq!(buyer.cart().await["problems"][0]["code"], "unavailable");
    assert_eq!(buyer.check_out().await.status, 409);
    assert_eq!(buyer.order(&order).await["items"][0]["sku"], "COAT-S");
    let last = admin.delete(&variant_path(&coat, 1)).await;
    last.refused(409, "last_variant");
}

/// Whichever comes first: a variant is never gone with units that somebody has reserved.
#[actix_rt::test]
async fn buyers_and_the_end_of_a_variant_come_in_some_order() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    let body = json!({
        "name": "Coat", "status": "published",
        "variants": [
            { "sku": "COAT-S", "price": euros(4_000), "options": { "Size": "S" }, "on_hand": 90 },
            { "sku": "COAT-M", "price": euros(4_000), "options": { "Size": "M" }, "on_hand": 5 },
        ],
    });
    let coat = admin.product(body).await;
    let (small, here) = (Variant::of(&coat), variant_path(&coat, 0));
    let guests = join_all((0..12).map(|_| shop.guest())).await;
    join_all(guests.iter().map(|guest| guest.add(&small, 1))).await;

    let buying = join_all(guests.iter().map(|guest| guest.check_out_as_guest()));
    let (bought, removed) = futures_util::future::join(buying, admin.delete(&here)).await;

    let sold = bought.iter().filter(|it| it.status == 201).count();
    let variant = admin.get(&path(&coat)).await.is(200)["variants"][0].clone();
    assert_eq!(variant["stock"]["reserved"], json!(sold));
    match removed.status {
        204 => assert_eq!((sold, variant["removed_at"].is_string()), (0, true)),
        _ => {
            removed.refused(409, "stock_reserved");
            assert!(variant["removed_at"].is_null());
        }
    }
}
