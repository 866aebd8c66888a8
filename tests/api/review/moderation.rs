//! Hiding: out of the shop and out of the rating, seen by its author, and left in the log.

use serde_json::{Value, json};

use super::{MINE, OF_TEAPOT, QUICK, moderator, owner, rating, read, recount, stars};
use crate::support::{TestShop, client::Client, each};

fn path(review: &Value, step: &str) -> String {
    format!("/admin/reviews/{}/{step}", review["id"].as_str().unwrap())
}

async fn hide(client: &Client, review: &Value) -> Value {
    client.post(&path(review, "hide"), json!({ "reason": "insults" })).await.is(200)
}

#[actix_rt::test]
async fn what_is_hidden_counts_nothing_until_it_is_shown_again() {
    let shop = TestShop::with(&[QUICK]).await;
    let (ada, eve, admin) = (owner(&shop).await, owner(&shop).await, shop.admin().await);
    let said = json!({ "rating": 1, "title": "Bah" });
    let bad = ada.post(OF_TEAPOT, said).await.is(201);
    eve.post(OF_TEAPOT, stars(4)).await.is(201);

    let hidden = hide(&admin, &bad).await;

    assert_eq!(
        (&hidden["status"], &hidden["hidden_reason"]),
        (&json!("hidden"), &json!("insults"))
    );
    assert_eq!((&hidden["title"], &hidden["updated_at"]), (&bad["title"], &bad["updated_at"]));
    let told = read(&shop, "teapot").await;
    assert_eq!(each(&told, "rating"), [4]);
    assert_eq!(rating(&shop, "teapot").await, recount(&told));
    assert_eq!(ada.get(MINE).await.is(200), hidden);
    let again = admin.post(&path(&bad, "hide"), json!({ "reason": "twice" })).await;
    assert_eq!(again.refused(409, "invalid_transition")["state"], "hidden");

    let shown = admin.post(&path(&bad, "unhide"), Value::Null).await.is(200);

    assert_eq!(shown, bad);
    let told = read(&shop, "teapot").await;
    assert_eq!(each(&told, "rating"), [4, 1]);
    assert_eq!(rating(&shop, "teapot").await, recount(&told));
    let again = admin.post(&path(&bad, "unhide"), Value::Null).await;
    again.refused(409, "invalid_transition");
}

#[actix_rt::test]
async fn nobody_gets_around_whoever_hid_what_they_said() {
    let shop = TestShop::with(&[QUICK]).await;
    let (ada, admin) = (owner(&shop).await, shop.admin().await);
    let bad = ada.post(OF_TEAPOT, stars(1)).await.is(201);
    hide(&admin, &bad).await;

    let anew = ada.post(OF_TEAPOT, stars(5)).await.is(200);
    ada.delete(MINE).await.refused(409, "review_hidden");

    assert_eq!((&anew["id"], &anew["status"]), (&bad["id"], &json!("hidden")));
    assert_eq!(read(&shop, "teapot").await, Vec::<Value>::new());
    assert_eq!(rating(&shop, "teapot").await["count"], 0);
    admin.post(&path(&bad, "unhide"), Value::Null).await.is(200);
    assert_eq!(rating(&shop, "teapot").await["histogram"], json!([0, 0, 0, 0, 1]));
}

#[actix_rt::test]
async fn a_moderator_looks_after_reviews_and_nothing_else() {
    let shop = TestShop::with(&[QUICK]).await;
    let (ada, moderator) = (owner(&shop).await, moderator(&shop).await);
    let bad = ada.post(OF_TEAPOT, stars(1)).await.is(201);

    assert_eq!(hide(&moderator, &bad).await["status"], "hidden");

    moderator.post(&path(&bad, "unhide"), Value::Null).await.is(200);
    moderator.get("/admin/reviews").await.is(200);
    moderator.get("/admin/users").await.refused(403, "forbidden");
    let reason = json!({ "reason": "mine" });
    ada.post(&path(&bad, "hide"), reason).await.refused(403, "forbidden");
    ada.get("/admin/reviews").await.refused(403, "forbidden");
}

#[actix_rt::test]
async fn reviews_are_found_by_what_they_are_of_and_how_they_stand() {
    let shop = TestShop::with(&[QUICK]).await;
    let (ada, eve, admin) = (owner(&shop).await, owner(&shop).await, shop.admin().await);
    let mug = shop.variant("mug").await;
    eve.receive(&mug).await;
    let bad = ada.post(OF_TEAPOT, stars(1)).await.is(201);
    eve.post(OF_TEAPOT, stars(4)).await.is(201);
    eve.post("/products/mug/reviews", stars(1)).await.is(201);
    hide(&admin, &bad).await;
    let found = async |query: &str| {
        let page = admin.get(&format!("/admin/reviews?{query}")).await.is(200);
        assert!(page["next_cursor"].is_null());
        each(page["items"].as_array().unwrap(), "rating").into_iter().cloned().collect::<Vec<_>>()
    };

    assert_eq!(found("").await, [1, 4, 1]);
    assert_eq!(found("status=hidden").await, [1]);
    assert_eq!(found("status=published").await, [1, 4]);
    assert_eq!(found(&format!("product={}", mug.product)).await, [1]);
    assert_eq!(found("rating=4").await, [4]);
    assert_eq!(found("rating=4&status=hidden").await, Vec::<Value>::new());
    let page = admin.get("/admin/reviews?limit=1").await.is(200);
    let next = format!("/admin/reviews?limit=2&cursor={}", page["next_cursor"].as_str().unwrap());
    let rest = admin.get(&next).await.is(200);
    assert_eq!(each(rest["items"].as_array().unwrap(), "rating"), [4, 1]);
    for (wrong, field) in
        [("status=gone", "status"), ("product=7", "product"), ("rating=6", "rating"), ("x=1", "x")]
    {
        admin.get(&format!("/admin/reviews?{wrong}")).await.invalid(&[field]);
    }
    for wrong in [json!({ "reason": " " }), json!({ "reason": "x".repeat(201) }), json!({})] {
        admin.post(&path(&bad, "hide"), wrong).await.invalid(&["reason"]);
    }
}

#[actix_rt::test]
async fn what_happens_to_a_review_is_told_and_logged_without_its_words() {
    let shop = TestShop::with(&[QUICK]).await;
    let (ada, admin) = (owner(&shop).await, shop.admin().await);
    let mut feed = admin.follow("admin:feed").await;
    let said = json!({ "rating": 2, "title": "Rubicon", "body": "Crossed" });

    let review = ada.post(OF_TEAPOT, said).await.is(201);
    hide(&admin, &review).await;
    admin.post(&path(&review, "unhide"), Value::Null).await.is(200);
    ada.delete(MINE).await.is(204);

    let heard = feed.until("review.deleted").await;
    let told: Vec<&Value> =
        heard.iter().filter(|it| it["type"].as_str().unwrap().starts_with("review.")).collect();
    let kinds: Vec<&Value> = told.iter().map(|it| &it["type"]).collect();
    assert_eq!(kinds, ["review.saved", "review.hidden", "review.unhidden", "review.deleted"]);
    let (id, product) = (&review["id"], &review["product_id"]);
    for it in &told {
        let due = json!({ "review_id": id, "product_id": product, "rating": 2 });
        assert_eq!(it["data"], due);
    }
    let object = format!("/admin/audit?object=review:{}", id.as_str().unwrap());
    let log = admin.get(&object).await.is(200)["items"].as_array().unwrap().clone();
    let actions = ["review.deleted", "review.unhidden", "review.hidden", "review.saved"];
    assert_eq!(each(&log, "action"), actions);
    let actors = [ada.user_id(), admin.user_id(), admin.user_id(), ada.user_id()];
    assert_eq!(each(&log, "actor"), actors);
    let left = |status: &str| json!({ "product_id": product, "rating": 2, "status": status });
    assert_eq!((&log[3]["before"], &log[3]["after"]), (&Value::Null, &left("published")));
    assert_eq!(log[2]["after"]["hidden_reason"], "insults");
    assert_eq!((&log[0]["before"], &log[0]["after"]), (&left("published"), &Value::Null));
    let all = format!("{}{}", Value::from(heard), Value::from(log));
    assert!(!all.contains("Rubicon") && !all.contains("Crossed"), "{all}");
}
