//! Merging a guest's cart into a user's: all of it once, and word of what did not fit.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{PASSWORD, TestShop, client::Client, each, limit::login};

async fn merge(user: &Client, guest: &Client) -> Value {
    user.post("/cart/merge", json!({ "token": guest.cart_token() })).await.is(200)
}

fn nothing() -> Value {
    json!({ "added": [], "capped": [], "dropped": [] })
}

#[actix_rt::test]
async fn a_guests_cart_comes_into_mine_once() {
    let shop = TestShop::start().await;
    let (user, guest) = (shop.sign_up().await, shop.guest().await);
    let (teapot, mug) = (shop.variant("teapot").await, shop.variant("mug").await);
    user.add(&teapot, 2).await;
    guest.add(&mug, 4).await;
    guest.add(&teapot, 3).await;

    let merged = merge(&user, &guest).await;

    let added = |variant: &str, quantity| json!({ "variant_id": variant, "quantity": quantity });
    let report = json!({
        "added": [added(&mug.id, 4), added(&teapot.id, 3)],
        "capped": [],
        "dropped": [],
    });
    assert_eq!((&merged["merge"], &merged["version"]), (&report, &json!(2)));
    let cart = user.cart().await;
    let lines = cart["items"].as_array().unwrap();
    let units = lines.iter().map(|it| (it["variant_id"].clone(), it["quantity"].clone()));
    let mut units: Vec<_> = units.collect();
    units.sort_by_key(|(_, quantity)| quantity.as_i64());
    assert_eq!(units, [(json!(mug.id), json!(4)), (json!(teapot.id), json!(5))]);
    assert_eq!((&merged["items"], &merged["total"]), (&cart["items"], &cart["total"]));
    let left = guest.cart().await;
    assert_eq!((&left["items"], &left["version"]), (&json!([]), &json!(3)));

    let again = merge(&user, &guest).await;
    assert_eq!((&again["merge"], &again["version"]), (&nothing(), &cart["version"]));
    assert_eq!((user.cart().await, guest.cart().await), (cart, left));
    assert_eq!(guest.add(&mug, 1).await["items"][0]["quantity"], 1);
    assert_eq!(merge(&user, &guest).await["version"], 3);
}

#[actix_rt::test]
async fn a_token_that_opens_no_cart_merges_nothing() {
    let shop = TestShop::start().await;
    let (user, guest) = (shop.sign_up().await, shop.guest().await);
    guest.add(&shop.variant("mug").await, 1).await;
    let forged = format!("{}.{}", guest.cart().await["id"].as_str().unwrap(), "A".repeat(43));

    for token in ["", "x", forged.as_str()] {
        let body = json!({ "token": token });
        user.post("/cart/merge", body).await.refused(401, "invalid_cart_token");
    }
    user.post("/cart/merge", json!({})).await.invalid(&["token"]);
    user.post("/cart/merge", json!({ "token": 1 })).await.invalid(&["token"]);
    let own = json!({ "token": guest.cart_token() });
    guest.post("/cart/merge", own).await.refused(401, "unauthenticated");

    assert_eq!(user.cart().await["version"], 0);
    assert_eq!(guest.cart().await["version"], 1);
}

#[actix_rt::test]
async fn who_logs_in_or_registers_with_a_cart_brings_it_along() {
    let shop = TestShop::start().await;
    let (user, mug) = (shop.sign_up().await, shop.variant("mug").await);
    let email = user.session["user"]["email"].as_str().unwrap();
    let report = json!({
        "added": [{ "variant_id": mug.id, "quantity": 2 }],
        "capped": [],
        "dropped": [],
    });

    let guest = shop.guest().await;
    guest.add(&mug, 2).await;
    let session = guest.post("/auth/login", login(email, PASSWORD)).await.is(200);
    assert_eq!(session["cart_merge"], report);
    assert_eq!(user.cart().await["items"][0]["quantity"], 2);
    assert_eq!(guest.cart().await["items"], json!([]));

    let guest = shop.guest().await;
    guest.add(&mug, 2).await;
    let body = json!({ "email": "ada@example.com", "password": PASSWORD, "name": "Ada Byron" });
    let session = guest.post("/auth/register", body).await.is(201);
    assert_eq!(session["cart_merge"], report);
    let ada = shop.stranger().signed_in(session);
    assert_eq!(ada.cart().await["items"][0]["quantity"], 2);

    let bare = shop.stranger().post("/auth/login", login(email, PASSWORD)).await.is(200);
    assert_eq!(bare.get("cart_merge"), None);
    let forger = shop.stranger().with("X-Cart-Token", "x.y");
    let bare = forger.post("/auth/login", login(email, PASSWORD)).await.is(200);
    assert_eq!(bare.get("cart_merge"), None);
    let guest = shop.guest().await;
    guest.add(&mug, 1).await;
    guest
        .post("/auth/login", login(email, "wrong password"))
        .await
        .refused(401, "invalid_credentials");
    assert_eq!(guest.cart().await["items"][0]["quantity"], 1, "nobody has signed in");
}

#[actix_rt::test]
async fn what_does_not_fit_is_capped_or_dropped_and_said() {
    let shop = TestShop::start().await;
    let (user, guest) = (shop.sign_up().await, shop.guest().await);
    let (piano, lamp, teapot) =
        (shop.variant("piano").await, shop.variant("lamp").await, shop.variant("teapot").await);
    user.add(&piano, 2).await;
    guest.add(&piano, 2).await;
    guest.add(&lamp, 1).await;
    guest.add(&teapot, 1).await;
    let gone = format!("/admin/products/{}/archive", teapot.product);
    shop.admin().await.post(&gone, Value::Null).await.is(200);

    let merged = merge(&user, &guest).await;

    let report = json!({
        "added": [{ "variant_id": piano.id, "quantity": 1 }],
        "capped": [{ "variant_id": piano.id, "requested": 4, "quantity": 3 }],
        "dropped": [
            { "variant_id": lamp.id, "quantity": 1, "code": "out_of_stock" },
            { "variant_id": teapot.id, "quantity": 1, "code": "unavailable" },
        ],
    });
    assert_eq!(merged["merge"], report);
    assert_eq!(each(merged["items"].as_array().unwrap(), "quantity"), [3]);
    assert_eq!(merged["problems"], json!([]));
}

#[actix_rt::test]
async fn both_holds_end_and_what_they_held_can_be_taken_over() {
    let shop = TestShop::start().await;
    let (user, guest) = (shop.sign_up().await, shop.guest().await);
    let piano = shop.variant("piano").await;
    for code in ["MINE", "THEIRS"] {
        shop.promotion(code, ("percentage", 10), &[]);
    }
    user.add(&piano, 1).await;
    user.coupon("MINE").await.is(200);
    guest.add(&piano, 2).await;
    guest.coupon("THEIRS").await.is(200);
    user.hold().await;
    guest.hold().await;
    assert_eq!(shop.available(&piano).await, 0);

    let merged = merge(&user, &guest).await;

    assert_eq!((&merged["items"][0]["quantity"], &merged["hold"]), (&json!(3), &Value::Null));
    assert_eq!(merged["merge"]["capped"], json!([]));
    assert_eq!((shop.reserved(&piano).await, shop.available(&piano).await), (0, 3));
    assert_eq!(each(merged["promotions"].as_array().unwrap(), "code"), ["MINE", "THEIRS"]);
    let left = guest.cart().await;
    assert_eq!((&left["hold"], &left["promotions"]), (&Value::Null, &json!([])));
    guest.post("/cart/hold", Value::Null).await.refused(409, "cart_empty");
    user.hold().await;
}

#[actix_rt::test]
async fn many_logins_with_the_same_cart_at_once_bring_it_along_once() {
    // Several hashes at once take long on a machine that is busy.
    let shop = TestShop::with(&[("RIALTO_PASSWORD_HASH", "argon2id:m=1024,t=1,p=1")]).await;
    let (user, guest) = (shop.sign_up().await, shop.guest().await);
    let mug = shop.variant("mug").await;
    let email = user.session["user"]["email"].as_str().unwrap();
    user.add(&mug, 1).await;
    guest.add(&mug, 5).await;

    let logins = (0..4).map(|_| guest.post("/auth/login", login(email, PASSWORD)));
    let sessions = join_all(logins).await.into_iter().map(|it| it.is(200)).collect::<Vec<_>>();

    let brought = sessions.iter().filter(|it| it["cart_merge"] != nothing()).count();
    assert_eq!(brought, 1, "{sessions:?}");
    let cart = user.cart().await;
    assert_eq!((&cart["items"][0]["quantity"], &cart["version"]), (&json!(6), &json!(2)));
}

#[actix_rt::test]
async fn a_cart_that_two_sign_in_with_at_once_goes_to_one_of_them() {
    let shop = TestShop::start().await;
    let mug = shop.variant("mug").await;
    for _ in 0..5 {
        let (one, other, guest) = (shop.sign_up().await, shop.sign_up().await, shop.guest().await);
        guest.add(&mug, 3).await;

        let edit = guest.on_another_device();
        futures_util::future::join3(merge(&one, &guest), merge(&other, &guest), edit.add(&mug, 1))
            .await;

        let carts = join_all([&one, &other, &guest].map(Client::cart)).await;
        let lines = carts.iter().flat_map(|it| it["items"].as_array().unwrap());
        let units: i64 = lines.map(|it| it["quantity"].as_i64().unwrap()).sum();
        assert_eq!(units, 4, "{carts:?}");
    }
}

#[actix_rt::test]
async fn a_merge_is_told_to_those_who_follow_either_cart() {
    let shop = TestShop::start().await;
    let (user, guest) = (shop.sign_up().await, shop.guest().await);
    guest.add(&shop.variant("mug").await, 1).await;
    let (mut mine, mut theirs) = (user.socket().await, shop.stranger().socket().await);
    theirs.ask("auth", json!({ "cart_token": guest.cart_token() })).await;
    for socket in [&mut mine, &mut theirs] {
        let answer = socket.ask("subscribe", json!({ "topic": "cart" })).await;
        assert_eq!(answer["ok"], true);
    }

    merge(&user, &guest).await;

    assert_eq!(mine.next().await["data"], user.cart().await);
    assert_eq!(theirs.next().await["data"]["items"], json!([]));
}
