//! What stands between a cart and its checkout, each as a word that programs can read.

use serde_json::{Value, json};

use crate::support::{TestShop, each, key, purchase::euros};

#[actix_rt::test]
async fn a_price_that_has_changed_is_pointed_out_and_is_the_one_that_counts() {
    let shop = TestShop::start().await;
    let (buyer, teapot) = (shop.sign_up().await, shop.variant("teapot").await);
    buyer.add(&teapot, 2).await;

    let price = json!({ "price": euros(1300) });
    shop.admin().await.patch(&format!("/admin/variants/{}", teapot.id), price).await.is(200);

    let cart = buyer.cart().await;
    let problem = json!([{
        "code": "price_changed",
        "item_id": cart["items"][0]["id"],
        "available": 100,
    }]);
    assert_eq!((&cart["problems"], &cart["total"]), (&problem, &euros(2600)));
    assert_eq!(cart["items"][0]["problem"], "price_changed");
    assert_eq!(buyer.add(&teapot, 1).await["problems"], problem, "the price of the first time");
}

#[actix_rt::test]
async fn what_is_sold_no_more_is_unavailable_and_can_only_be_taken_out() {
    let shop = TestShop::start().await;
    let (buyer, teapot) = (shop.sign_up().await, shop.variant("teapot").await);
    let cart = buyer.add(&teapot, 2).await;
    let gone = format!("/admin/products/{}/archive", teapot.product);
    shop.admin().await.post(&gone, Value::Null).await.is(200);

    let cart_now = buyer.cart().await;
    assert_eq!(each(cart_now["problems"].as_array().unwrap(), "code"), ["unavailable"]);
    buyer.check_out().await.refused(409, "unavailable");
    let line = format!("/cart/items/{}", cart["items"][0]["id"].as_str().unwrap());
    buyer.patch(&line, json!({ "quantity": 1 })).await.refused(404, "not_found");
    assert_eq!(buyer.delete(&line).await.is(200)["problems"], json!([]));
}

#[actix_rt::test]
async fn the_worst_problem_of_a_line_is_the_one_that_it_has() {
    let shop = TestShop::start().await;
    let (buyer, piano) = (shop.sign_up().await, shop.variant("piano").await);
    buyer.add(&piano, 3).await;
    let price = json!({ "price": euros(piano.price + 100) });
    shop.admin().await.patch(&format!("/admin/variants/{}", piano.id), price).await.is(200);

    for (units, code, available) in
        [(3, "price_changed", 3), (2, "insufficient_stock", 2), (0, "out_of_stock", 0)]
    {
        shop.stock(&piano, units).await;
        let problems = buyer.cart().await["problems"].as_array().unwrap().clone();
        assert_eq!(each(&problems, "code"), [code]);
        assert_eq!(each(&problems, "available"), [available]);
    }
}

#[actix_rt::test]
async fn the_hundred_and_first_line_is_refused() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let admin = shop.admin().await;
    let category = admin.post("/admin/categories", json!({ "name": "Beads" })).await.is(201);
    let variants: Vec<Value> = (0..100)
        .map(|at| {
            json!({
                "sku": format!("BEAD-{at}"),
                "options": { "Number": at.to_string() },
                "price": euros(100),
                "on_hand": 5,
            })
        })
        .collect();
    let beads = json!({
        "name": "Bead",
        "category_id": category["id"],
        "status": "published",
        "variants": variants,
    });
    let beads = admin.post("/admin/products", beads).await.is(201);
    let add = |at: usize| json!({ "variant_id": beads["variants"][at]["id"], "quantity": 1 });
    for at in 0..100 {
        buyer.post("/cart/items", add(at)).await.is(200);
    }

    let teapot = json!({ "variant_id": shop.variant("teapot").await.id, "quantity": 1 });
    let once = buyer.once(&key());
    once.post("/cart/items", teapot.clone()).await.refused(409, "cart_full");

    let cart = buyer.cart().await;
    assert_eq!((cart["items"].as_array().unwrap().len(), &cart["version"]), (100, &json!(100)));
    assert_eq!(cart["currency"], "EUR");
    assert_eq!(buyer.post("/cart/items", add(0)).await.is(200)["items"][0]["quantity"], 2);
    // What was refused under a key stays refused, though there is room now.
    let line = format!("/cart/items/{}", cart["items"][0]["id"].as_str().unwrap());
    buyer.delete(&line).await.is(200);
    let again = once.post("/cart/items", teapot.clone()).await;
    assert!(again.is_replayed());
    again.refused(409, "cart_full");
    buyer.post("/cart/items", teapot).await.is(200);
}
