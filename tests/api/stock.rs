//! Stock: never sold twice, never below zero, and only an admin sets it.

use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{TestShop, client::Client};

#[actix_rt::test]
async fn two_hundred_buyers_at_once_of_a_hundred_units_get_exactly_a_hundred() {
    let shop = TestShop::start().await;
    let teapot = shop.variant("teapot").await;
    let guests: Vec<Client> = join_all((0..200).map(|_| shop.guest())).await;
    join_all(guests.iter().map(|guest| guest.add(&teapot, 1))).await;

    let answers = join_all(guests.iter().map(Client::check_out_as_guest)).await;

    let sold = answers.iter().filter(|it| it.status == 201).count();
    for refused in answers.iter().filter(|it| it.status != 201) {
        assert_eq!(refused.refused(409, "out_of_stock")["available"], 0);
    }
    assert_eq!((sold, shop.available(&teapot).await), (100, 0));
    let product = shop.stranger().get("/products/teapot").await.is(200);
    assert_eq!(product["variants"][0]["stock"]["status"], "out_of_stock");
    shop.audit();
}

#[actix_rt::test]
async fn buyers_of_two_things_in_either_order_never_wait_for_each_other_for_ever() {
    let shop = TestShop::start().await;
    let (teapot, shirt) = (shop.variant("teapot").await, shop.variant("shirt").await);
    let guests: Vec<Client> = join_all((0..60).map(|_| shop.guest())).await;
    join_all(guests.iter().enumerate().map(|(at, guest)| {
        let (first, second) = if at % 2 == 0 { (&teapot, &shirt) } else { (&shirt, &teapot) };
        async move {
            guest.add(first, 1).await;
            guest.add(second, 1).await;
        }
    }))
    .await;

    let answers = join_all(guests.iter().map(Client::check_out_as_guest)).await;

    assert_eq!(answers.iter().filter(|it| it.status == 201).count(), 30);
    assert_eq!(answers.iter().filter(|it| it.status == 409).count(), 30);
    assert_eq!((shop.available(&teapot).await, shop.available(&shirt).await), (70, 0));
}

#[actix_rt::test]
async fn an_admin_sets_the_stock_and_adds_to_it() {
    let shop = TestShop::start().await;
    let (admin, buyer) = (shop.admin().await, shop.sign_up().await);
    let lamp = shop.variant("lamp").await;
    let path = format!("/admin/variants/{}/stock", lamp.id);
    let mut feed = admin.follow("admin:feed").await;

    admin.post(&path, json!({ "set": 7, "reason": "counted" })).await.is(200);
    assert_eq!(shop.available(&lamp).await, 7);
    buyer.place(&lamp, 2).await;
    admin.post(&path, json!({ "adjust": -4, "reason": "broken" })).await.is(200);
    assert_eq!(shop.available(&lamp).await, 1);
    admin.post(&path, json!({ "set": 0, "reason": "counted" })).await.is(200);
    assert_eq!(shop.available(&lamp).await, 0);

    buyer.add(&lamp, 1).await;
    buyer.check_out().await.refused(409, "out_of_stock");
    feed.until("stock.changed").await;
}

#[actix_rt::test]
async fn a_change_of_stock_that_breaks_a_rule_changes_nothing() {
    let shop = TestShop::start().await;
    let (admin, buyer) = (shop.admin().await, shop.sign_up().await);
    let mug = shop.variant("mug").await;
    let path = format!("/admin/variants/{}/stock", mug.id);
    let reason = "counted";
    let wrong = [
        (json!({ "set": -1, "reason": reason }), "set"),
        (json!({ "set": 1_000_000_001, "reason": reason }), "set"),
        (json!({ "set": 1.5, "reason": reason }), "set"),
        (json!({ "set": "7", "reason": reason }), "set"),
        (json!({ "adjust": i64::MIN, "reason": reason }), "adjust"),
        (json!({ "set": 1, "adjust": 1, "reason": reason }), "adjust"),
        (json!({ "reason": reason }), "set"),
        (json!({ "set": 1 }), "reason"),
        (json!({ "set": 1, "reason": "" }), "reason"),
        (json!({ "set": 1, "reason": reason, "by": "me" }), "by"),
    ];

    for (body, field) in wrong {
        admin.post(&path, body).await.invalid(&[field]);
    }
    let good = json!({ "set": 1, "reason": reason });
    buyer.post(&path, good.clone()).await.refused(403, "forbidden");
    shop.stranger().post(&path, good.clone()).await.refused(401, "unauthenticated");
    let unknown = format!("/admin/variants/{}/stock", Uuid::now_v7());
    admin.post(&unknown, good).await.refused(404, "not_found");
    let too_much = json!({ "adjust": -41, "reason": reason });
    assert_eq!(admin.post(&path, too_much).await.status, 409);

    assert_eq!(shop.available(&mug).await, 40);
}

#[actix_rt::test]
async fn what_is_promised_to_somebody_cannot_be_counted_away() {
    let shop = TestShop::start().await;
    let (admin, buyer) = (shop.admin().await, shop.sign_up().await);
    let piano = shop.variant("piano").await;
    let order = buyer.place(&piano, 2).await;
    let path = format!("/admin/variants/{}/stock", piano.id);

    let away = json!({ "adjust": -2, "reason": "stolen" });
    admin.post(&path, away).await.refused(409, "stock_reserved");

    assert_eq!(shop.available(&piano).await, 1);
    assert_eq!(buyer.pay(&order, "tok_success").await.is(200)["status"], "captured");
    assert_ne!(order, Value::Null);
}
