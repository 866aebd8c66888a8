//! Checking out: all of the cart becomes an order, or nothing changes and there is a reason.

use serde_json::{Value, json};

use crate::support::{
    TestShop,
    client::{Answer, Client},
    key,
    purchase::{Variant, checkout, euros},
};

/// The body of a checkout with one member more, or another one.
fn with(name: &str, value: Value) -> Value {
    let mut body = checkout();
    body[name] = value;
    body
}

/// The same with one member of its address more, or another one.
fn with_address(name: &str, value: Value) -> Value {
    let mut body = checkout();
    body["address"][name] = value;
    body
}

fn without(name: &str) -> Value {
    let mut body = checkout();
    body.as_object_mut().unwrap().remove(name);
    body
}

async fn try_with(buyer: &Client, body: Value) -> Answer {
    buyer.once(&key()).post("/checkout", body).await
}

/// A buyer with two teapots in the cart.
struct Till {
    shop: TestShop,
    buyer: Client,
    teapot: Variant,
    cart: Value,
}

impl Till {
    async fn open() -> Self {
        let shop = TestShop::start().await;
        let (buyer, teapot) = (shop.sign_up().await, shop.variant("teapot").await);
        let cart = buyer.add(&teapot, 2).await;
        Till { shop, buyer, teapot, cart }
    }

    /// Whatever was tried has left no trace, and a good checkout still goes through.
    async fn is_as_it_was(&self) {
        assert_eq!(self.buyer.cart().await, self.cart);
        assert_eq!(self.buyer.orders().await, Vec::<Value>::new());
        assert_eq!(self.shop.available(&self.teapot).await, 100);
        self.buyer.check_out().await.is(201);
        assert_eq!(self.shop.available(&self.teapot).await, 98);
    }
}

#[actix_rt::test]
async fn a_checkout_without_a_good_key_changes_nothing() {
    let till = Till::open().await;
    let buyer = &till.buyer;

    buyer.post("/checkout", checkout()).await.refused(400, "idempotency_key_required");
    for wrong in ["", &"k".repeat(256), "two words"] {
        let answer = buyer.once(wrong).post("/checkout", checkout()).await;
        answer.refused(400, "invalid_idempotency_key");
    }

    till.is_as_it_was().await;
}

#[actix_rt::test]
async fn a_checkout_by_nobody_changes_nothing() {
    let till = Till::open().await;
    let stranger = till.shop.stranger();

    try_with(&stranger, checkout()).await.refused(401, "unauthenticated");
    let forged = stranger.with("Authorization", "Bearer a.b.c");
    try_with(&forged, checkout()).await.refused(401, "invalid_token");
    let cart = till.cart["id"].as_str().unwrap();
    let stolen = stranger.with("X-Cart-Token", &format!("{cart}.{}", "A".repeat(43)));
    assert_eq!(try_with(&stolen, checkout()).await.status, 401);

    till.is_as_it_was().await;
}

#[actix_rt::test]
async fn a_body_that_breaks_a_rule_changes_nothing_and_names_the_field() {
    let till = Till::open().await;
    let cash = json!({ "method": "cash" });
    let wrong = [
        (without("address"), "address"),
        (without("delivery_method"), "delivery_method"),
        (without("payment"), "payment"),
        (with("address", json!("Berlin")), "address"),
        (with("delivery_method", json!("drone")), "delivery_method"),
        (with("delivery_method", json!(1)), "delivery_method"),
        (with("payment", json!({})), "payment.method"),
        (with("payment", cash), "payment.method"),
        (with("expected_total", json!(2990)), "expected_total"),
        (
            with("expected_total", json!({ "amount": 1.5, "currency": "EUR" })),
            "expected_total.amount",
        ),
        (with("discount", euros(100)), "discount"),
        (with_address("country", json!("Germany")), "address.country"),
        (with_address("country", json!("de")), "address.country"),
        (with_address("name", json!(" ")), "address.name"),
        (with_address("line1", json!("x".repeat(201))), "address.line1"),
        (with_address("city", json!("a\u{0}b")), "address.city"),
        (with_address("postal_code", json!(10969)), "address.postal_code"),
        (with_address("planet", json!("Mars")), "address.planet"),
        (json!([]), ""),
    ];

    for (body, field) in wrong {
        try_with(&till.buyer, body).await.invalid(&[field]);
    }
    let mut twice = with_address("name", json!(""));
    twice["address"]["country"] = json!("");
    try_with(&till.buyer, twice).await.invalid(&["address.name", "address.country"]);

    till.is_as_it_was().await;
}

#[actix_rt::test]
async fn a_total_that_is_another_one_is_refused_with_the_new_one() {
    let till = Till::open().await;

    let answer = try_with(&till.buyer, with("expected_total", euros(2500))).await;
    assert_eq!(answer.refused(409, "price_changed")["total"], euros(2990));
    let dollars = json!({ "amount": 2990, "currency": "USD" });
    try_with(&till.buyer, with("expected_total", dollars)).await.refused(409, "price_changed");

    till.is_as_it_was().await;
}

#[actix_rt::test]
async fn an_empty_cart_is_not_an_order() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;

    buyer.check_out().await.refused(409, "cart_empty");
    buyer.place(&shop.variant("mug").await, 1).await;
    buyer.check_out().await.refused(409, "cart_empty");

    assert_eq!(buyer.orders().await.len(), 1);
}

#[actix_rt::test]
async fn what_is_not_there_is_not_sold_and_the_rest_of_the_cart_neither() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let (teapot, piano) = (shop.variant("teapot").await, shop.variant("piano").await);
    buyer.add(&teapot, 1).await;
    let cart = buyer.add(&piano, 4).await;

    let refused = buyer.check_out().await;

    let told = refused.refused(409, "out_of_stock");
    assert_eq!((&told["variant_id"], &told["available"]), (&json!(piano.id), &json!(3)));
    assert_eq!(told["item_id"], cart["items"][1]["id"]);
    assert_eq!(buyer.cart().await, cart);
    assert_eq!(buyer.orders().await, Vec::<Value>::new());
    assert_eq!(shop.available(&teapot).await, 100);
    assert_eq!(shop.available(&piano).await, 3);
}

#[actix_rt::test]
async fn an_admin_hears_of_a_checkout_that_was_refused() {
    let shop = TestShop::start().await;
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    buyer.add(&shop.variant("lamp").await, 1).await;
    let mut feed = admin.follow("admin:feed").await;

    buyer.check_out().await.refused(409, "out_of_stock");

    let heard = feed.until("checkout.refused").await;
    assert!(heard.iter().all(|it| !it.to_string().contains("@")), "{heard:?}");
}
