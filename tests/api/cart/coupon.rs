//! Coupons in a cart: what they give, why they give nothing, and which are refused.

use serde_json::{Value, json};

use crate::support::{
    TestShop, each, key,
    purchase::{euros, guest_checkout},
};

const TENTH: (&str, i64) = ("percentage", 10);

#[actix_rt::test]
async fn a_coupon_makes_the_cart_cheaper_until_it_is_taken_out() {
    let shop = TestShop::start().await;
    let id = shop.promotion("SPRING", TENTH, &[]);
    let buyer = shop.sign_up().await;
    let bare = buyer.add(&shop.variant("teapot").await, 2).await;

    let cart = buyer.coupon(" spring ").await.is(200);
    let applied = json!([{
        "id": id,
        "code": "SPRING",
        "kind": "percentage",
        "discount": euros(250),
        "problem": null,
    }]);
    assert_eq!((&cart["promotions"], &cart["version"]), (&applied, &json!(2)));
    assert_eq!((&cart["discount"], &cart["total"]), (&euros(250), &euros(2250)));
    assert_eq!(buyer.coupon("SPRING").await.is(200), cart, "twice is once");
    assert_eq!(buyer.cart().await, cart);

    let again = buyer.delete("/cart/promotions/spring").await.is(200);
    assert_eq!((&again["promotions"], &again["total"]), (&json!([]), &bare["total"]));
    for none in ["spring", "OTHER", "%20"] {
        buyer.delete(&format!("/cart/promotions/{none}")).await.refused(404, "not_found");
    }
    assert_eq!(buyer.cart().await, again);
}

#[actix_rt::test]
async fn an_address_has_a_coupon_once_with_whatever_carts() {
    let shop = TestShop::start().await;
    let teapot = shop.variant("teapot").await;
    shop.promotion("ONCE", TENTH, &[("per_customer_limit", "1")]);
    let check_out = async |email: &str| {
        let guest = shop.guest().await;
        guest.add(&teapot, 1).await;
        guest.coupon("ONCE").await.is(200);
        let mut body = guest_checkout();
        body["email"] = json!(email);
        guest.once(&key()).post("/checkout", body).await
    };

    check_out("guest@example.com").await.is(201);

    check_out("GUEST@example.com").await.refused(409, "promotion_exhausted");
    check_out("other@example.com").await.is(201);
}

#[actix_rt::test]
async fn a_coupon_that_does_not_count_now_is_refused_and_changes_nothing() {
    let shop = TestShop::start().await;
    shop.promotion("OVER", TENTH, &[("ends_at", "'2026-01-02 00:00:00'")]);
    shop.promotion("LATER", TENTH, &[("starts_at", "'2999-01-01 00:00:00'")]);
    shop.promotion("OFF", TENTH, &[("is_active", "FALSE")]);
    shop.promotion("USED", TENTH, &[("usage_limit", "3"), ("used", "3")]);
    let (buyer, guest) = (shop.sign_up().await, shop.guest().await);
    let cart = buyer.add(&shop.variant("teapot").await, 1).await;

    for who in [&buyer, &guest] {
        let mut told = Vec::new();
        for code in ["NONE", "OVER", "LATER", "OFF", "USED"] {
            let mut refused = who.coupon(code).await;
            refused.refused(404, "not_found");
            refused.body.as_object_mut().unwrap().remove("request_id");
            told.push(refused.body);
        }
        assert!(told.iter().all(|it| *it == told[0]), "it tells which coupons there are: {told:?}");
        for wrong in ["", "a b", "ä", &"A".repeat(41)] {
            who.coupon(wrong).await.invalid(&["code"]);
        }
        who.post("/cart/promotions", json!({})).await.invalid(&["code"]);
        let unknown = json!({ "code": "OFF", "x": 1 });
        who.post("/cart/promotions", unknown).await.invalid(&["x"]);
    }

    assert_eq!(buyer.cart().await, cart);
    assert_eq!(guest.cart().await["version"], 0);
}

#[actix_rt::test]
async fn a_cart_takes_five_coupons() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    for code in ["A", "B", "C", "D", "E", "F"] {
        shop.promotion(code, TENTH, &[]);
    }
    for code in ["A", "B", "C", "D", "E"] {
        buyer.coupon(code).await.is(200);
    }

    buyer.coupon("F").await.refused(409, "promotion_limit");

    let cart = buyer.cart().await;
    assert_eq!(each(cart["promotions"].as_array().unwrap(), "code"), ["A", "B", "C", "D", "E"]);
}

#[actix_rt::test]
async fn a_coupon_that_lacks_something_says_what_until_the_cart_has_it() {
    let shop = TestShop::start().await;
    let (buyer, teapot) = (shop.sign_up().await, shop.variant("teapot").await);
    shop.promotion("BIG", ("amount", 500), &[("min_total", "2500")]);
    let mugs = format!("'[\"{}\"]'", shop.variant("mug").await.product);
    shop.promotion("MUGS", TENTH, &[("products", &mugs)]);
    let problems = |cart: &Value| cart["promotions"].as_array().unwrap().clone();

    buyer.add(&teapot, 1).await;
    buyer.coupon("BIG").await.is(200);
    let cart = buyer.coupon("MUGS").await.is(200);
    assert_eq!(each(&problems(&cart), "problem"), ["min_total", "not_applicable"]);
    assert_eq!(cart["discount"], euros(0));

    let cart = buyer.add(&teapot, 1).await;
    assert_eq!(each(&problems(&cart), "problem"), [&Value::Null, &json!("not_applicable")]);
    assert_eq!((&cart["discount"], &cart["total"]), (&euros(500), &euros(2000)));
}

#[actix_rt::test]
async fn who_has_had_a_coupon_as_often_as_they_may_is_told_in_the_cart_and_at_the_checkout() {
    let shop = TestShop::start().await;
    let (buyer, teapot) = (shop.sign_up().await, shop.variant("teapot").await);
    let id = shop.promotion("ONCE", TENTH, &[("per_customer_limit", "1")]);
    buyer.add(&teapot, 1).await;
    let cart = buyer.coupon("ONCE").await.is(200);
    assert_eq!(cart["promotions"][0]["problem"], Value::Null);

    // As by an order of theirs that is placed elsewhere in the meantime.
    shop.sql(&format!(
        "INSERT INTO redemptions (promotion_id, order_id, customer, at)
         VALUES ('{id}', 'another', 'user:{}', '2026-01-01 00:00:00')",
        buyer.user_id()
    ))
    .unwrap();

    let cart = buyer.cart().await;
    assert_eq!(cart["promotions"][0]["problem"], "exhausted");
    assert_eq!(cart["total"], euros(1250));
    buyer.check_out().await.refused(409, "promotion_exhausted");
    buyer.delete("/cart/promotions/ONCE").await.is(200);
    buyer.coupon("ONCE").await.refused(409, "promotion_exhausted");
    shop.sign_up().await.coupon("ONCE").await.is(200);
}

#[actix_rt::test]
async fn an_order_has_what_the_cart_has_shown_and_the_cart_is_empty_of_coupons_then() {
    let shop = TestShop::start().await;
    let (buyer, teapot) = (shop.sign_up().await, shop.variant("teapot").await);
    shop.promotion("ONCE", TENTH, &[("per_customer_limit", "1")]);
    buyer.add(&teapot, 2).await;
    let cart = buyer.coupon("ONCE").await.is(200);

    let order = buyer.check_out().await.is(201)["order"].clone();

    assert_eq!(order["discount"], cart["discount"]);
    assert_eq!(buyer.cart().await["promotions"], json!([]));
    buyer.add(&teapot, 2).await;
    buyer.coupon("ONCE").await.refused(409, "promotion_exhausted");
}
