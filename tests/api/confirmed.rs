//! Where the shop sells to confirmed addresses alone, nobody else checks out.

use serde_json::{Value, json};

use crate::support::{
    TestShop, key,
    mail::token,
    purchase::{checkout, guest_checkout},
};

const CONFIRMED: (&str, &str) = ("RIALTO_REQUIRE_CONFIRMED_EMAIL", "on");

#[actix_rt::test]
async fn who_confirms_the_address_goes_on_with_the_checkout_that_was_refused() {
    let shop = TestShop::with(&[CONFIRMED]).await;
    let ada = shop.sign_up_as("ada@example.com", "Ada").await;
    let teapot = shop.variant("teapot").await;
    let cart = ada.add(&teapot, 2).await;
    let once = ada.once(&key());

    for _ in 0..2 {
        let refused = once.post("/checkout", checkout()).await;
        refused.refused(403, "email_not_confirmed");
        assert!(!refused.is_replayed());
    }
    assert_eq!((ada.cart().await, ada.orders().await), (cart, Vec::<Value>::new()));
    assert_eq!(shop.available(&teapot).await, 100);
    let token = token(&shop.folder().join("mail"), "ada@example.com", "confirm").await;
    shop.stranger().post("/auth/email/confirm", json!({ "token": token })).await.is(204);
    let placed = once.post("/checkout", checkout()).await;

    assert!(!placed.is_replayed());
    placed.is(201);
    assert_eq!(shop.available(&teapot).await, 98);
    assert!(once.post("/checkout", checkout()).await.is_replayed());
}

#[actix_rt::test]
async fn a_guest_has_no_address_that_could_be_confirmed() {
    let shop = TestShop::with(&[CONFIRMED]).await;
    let guest = shop.guest().await;
    let teapot = shop.variant("teapot").await;
    let cart = guest.add(&teapot, 1).await;

    guest.check_out_as_guest().await.refused(403, "email_not_confirmed");

    assert_eq!(guest.cart().await, cart);
    assert_eq!(shop.available(&teapot).await, 100);
}

#[actix_rt::test]
async fn what_was_placed_before_the_shop_grew_strict_is_answered_again() {
    let mut shop = TestShop::start().await;
    let guest = shop.guest().await;
    guest.add(&shop.variant("teapot").await, 1).await;
    let once = guest.once(&key());
    let placed = once.post("/checkout", guest_checkout()).await;
    shop.set(CONFIRMED.0, CONFIRMED.1);
    shop.kill();
    shop.start_again().await;

    let again = once.post("/checkout", guest_checkout()).await;

    assert_eq!((again.status, again.is_replayed(), &again.text), (201, true, &placed.text));
    let mut other = guest_checkout();
    other["delivery_method"] = json!("express");
    once.post("/checkout", other).await.refused(422, "idempotency_key_reused");
}
