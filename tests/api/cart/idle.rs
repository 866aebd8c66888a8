//! Carts that nobody touches for too long.

use serde_json::json;

use crate::support::{TestShop, soon};

#[actix_rt::test]
async fn a_cart_that_nobody_touches_is_emptied_and_its_version_never_falls() {
    let mut shop = TestShop::start().await;
    let (idle, other) = (shop.sign_up().await, shop.sign_up().await);
    let piano = shop.variant("piano").await;
    shop.promotion("SPRING", ("percentage", 10), &[]);
    idle.add(&piano, 1).await;
    idle.coupon("SPRING").await.is(200);
    idle.hold().await;
    let kept = other.add(&piano, 1).await;
    shop.kill();
    let past = "UPDATE carts SET expires_at = '2026-01-01 00:00:00' WHERE id =";
    shop.sql(&format!("{past} '{}'", idle.user_id())).unwrap();

    shop.start_again().await;

    let emptied = soon("the sweep", async {
        loop {
            let cart = idle.cart().await;
            if cart["items"] == json!([]) {
                return cart;
            }
        }
    })
    .await;
    assert_eq!((&emptied["version"], &emptied["promotions"]), (&json!(4), &json!([])));
    assert_eq!((shop.reserved(&piano).await, other.cart().await), (0, kept));
    let again = idle.add(&piano, 1).await;
    assert_eq!(again["version"], 5);
    assert!(again["expires_at"].as_str() > emptied["expires_at"].as_str());
}

#[actix_rt::test]
async fn a_touch_puts_the_end_of_a_cart_off() {
    let shop = TestShop::with(&[("RIALTO_CART_TTL", "7d")]).await;
    let (buyer, mug) = (shop.sign_up().await, shop.variant("mug").await);
    let seconds = |cart: &serde_json::Value| {
        let at: chrono::DateTime<chrono::Utc> =
            cart["expires_at"].as_str().unwrap().parse().unwrap();
        let now: chrono::DateTime<chrono::Utc> = std::time::SystemTime::now().into();
        (at - now).num_seconds()
    };

    let first = buyer.add(&mug, 1).await;
    let later = buyer.add(&mug, 1).await;

    assert!((604_700..=604_800).contains(&seconds(&first)), "{first}");
    assert!(later["expires_at"].as_str() > first["expires_at"].as_str());
}
