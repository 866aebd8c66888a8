//! Reviews: who may say something, how often, what others read of it, and what it comes to.

use futures_util::future::{join, join_all};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{PASSWORD, TestShop, client::Client, each, purchase::Variant};

mod moderation;

/// Two days pass in a third of a second.
const QUICK: (&str, &str) = ("RIALTO_COURIER_SPEED", "500000");

const OF_TEAPOT: &str = "/products/teapot/reviews";
const MINE: &str = "/products/teapot/reviews/mine";

fn stars(rating: i64) -> Value {
    json!({ "rating": rating })
}

/// Somebody to whom a teapot has come.
async fn owner(shop: &TestShop) -> Client {
    let buyer = shop.sign_up().await;
    buyer.receive(&shop.variant("teapot").await).await;
    buyer
}

/// All that everybody reads of a product, page by page.
async fn read(shop: &TestShop, product: &str) -> Vec<Value> {
    let (stranger, path) = (shop.stranger(), format!("/products/{product}/reviews?limit=7"));
    let (mut all, mut next) = (Vec::new(), path.clone());
    loop {
        let page = stranger.get(&next).await.is(200);
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(cursor) => next = format!("{path}&cursor={cursor}"),
            None => return all,
        }
    }
}

/// How the product says that it is rated.
async fn rating(shop: &TestShop, product: &str) -> Value {
    shop.stranger().get(&format!("/products/{product}")).await.is(200)["rating"].clone()
}

/// What `reviews` come to, counted by hand.
fn recount(reviews: &[Value]) -> Value {
    let given: Vec<i64> = reviews.iter().map(|it| it["rating"].as_i64().unwrap()).collect();
    let histogram = [1, 2, 3, 4, 5].map(|stars| given.iter().filter(|it| **it == stars).count());
    let (sum, count) = (given.iter().sum::<i64>(), i64::try_from(given.len()).unwrap());
    let hundredths = if count == 0 { 0 } else { (sum * 100 + count / 2) / count };
    let average: f64 = format!("{}.{:02}", hundredths / 100, hundredths % 100).parse().unwrap();
    json!({ "average": average, "count": count, "histogram": histogram })
}

#[actix_rt::test]
async fn whoever_got_it_says_it_once_and_what_they_say_anew_stands_instead() {
    let shop = TestShop::with(&[QUICK]).await;
    let ada = owner(&shop).await;
    let teapot = shop.variant("teapot").await;
    let text = "<script>alert(1)</script>\r\nIt pours.";
    let said = json!({ "rating": 2, "title": " Drips ", "body": text });

    let first = ada.post(OF_TEAPOT, said).await.is(201);

    assert_eq!((&first["rating"], &first["title"]), (&json!(2), &json!("Drips")));
    assert_eq!(first["body"], "<script>alert(1)</script>\nIt pours.");
    assert_eq!((&first["author"], &first["verified_purchase"]), (&json!("Ada B."), &json!(true)));
    assert_eq!((&first["status"], &first["user_id"]), (&json!("published"), &json!(ada.user_id())));
    let told = read(&shop, "teapot").await;
    let names: Vec<&String> = told[0].as_object().unwrap().keys().collect();
    let due = [
        "author",
        "body",
        "created_at",
        "id",
        "rating",
        "title",
        "updated_at",
        "verified_purchase",
    ];
    assert_eq!(names, due);
    assert_eq!(rating(&shop, "teapot").await, recount(&told));

    let by_id = format!("/products/{}/reviews", teapot.product);
    let second = ada.post(&by_id, stars(5)).await.is(200);

    assert_eq!((&second["id"], &second["created_at"]), (&first["id"], &first["created_at"]));
    assert!(second["updated_at"].as_str() >= first["updated_at"].as_str());
    assert_eq!((&second["title"], &second["body"]), (&Value::Null, &Value::Null));
    let told = read(&shop, &teapot.product).await;
    assert_eq!(each(&told, "rating"), [5]);
    let due = json!({ "average": 5.0, "count": 1, "histogram": [0, 0, 0, 0, 1] });
    assert_eq!(rating(&shop, "teapot").await, due);
    assert_eq!(ada.get(MINE).await.is(200), second);
    assert!(!Value::from(told).to_string().contains(ada.user_id()));
}

#[actix_rt::test]
async fn only_those_say_something_to_whom_it_was_delivered() {
    let shop = TestShop::start().await;
    let (stranger, waits) = (shop.stranger(), shop.sign_up().await);
    let order = waits.buy(&shop.variant("teapot").await, 1).await;
    assert_eq!(order["status"], "paid");

    stranger.post(OF_TEAPOT, stars(1)).await.refused(401, "unauthenticated");
    shop.sign_up().await.post(OF_TEAPOT, stars(1)).await.refused(403, "not_bought");
    waits.post(OF_TEAPOT, stars(1)).await.refused(403, "not_bought");
    shop.admin().await.post(OF_TEAPOT, stars(1)).await.refused(403, "not_bought");
    waits.post("/products/kettle/reviews", stars(1)).await.refused(404, "not_found");
    waits.get(MINE).await.refused(404, "not_found");
    waits.delete(MINE).await.refused(404, "not_found");
    waits.delete("/products/kettle/reviews/mine").await.refused(404, "not_found");
    stranger.get("/products/kettle/reviews").await.refused(404, "not_found");
    stranger.get("/products/%00/reviews").await.refused(404, "not_found");

    assert_eq!(read(&shop, "teapot").await, Vec::<Value>::new());
    assert_eq!(rating(&shop, "teapot").await, recount(&[]));
}

#[actix_rt::test]
async fn what_came_to_somebody_is_no_word_about_something_else() {
    let shop = TestShop::with(&[QUICK]).await;
    let ada = owner(&shop).await;

    ada.post("/products/mug/reviews", stars(5)).await.refused(403, "not_bought");
    ada.post(OF_TEAPOT, stars(5)).await.is(201);
}

#[actix_rt::test]
async fn what_breaks_a_rule_is_refused_and_changes_nothing() {
    let shop = TestShop::with(&[QUICK]).await;
    let ada = owner(&shop).await;
    let said = ada.post(OF_TEAPOT, stars(3)).await.is(201);
    let with = |name: &str, value: Value| {
        let mut body = stars(3);
        body[name] = value;
        body
    };

    for wrong in [json!(0), json!(6), json!(-1), json!(4.5), json!("5"), Value::Null] {
        ada.post(OF_TEAPOT, json!({ "rating": wrong })).await.invalid(&["rating"]);
    }
    ada.post(OF_TEAPOT, json!({})).await.invalid(&["rating"]);
    ada.post(OF_TEAPOT, with("stars", json!(5))).await.invalid(&["stars"]);
    ada.post(OF_TEAPOT, with("title", json!("x".repeat(121)))).await.invalid(&["title"]);
    ada.post(OF_TEAPOT, with("title", json!("two\nlines"))).await.invalid(&["title"]);
    ada.post(OF_TEAPOT, with("body", json!("x".repeat(4_001)))).await.invalid(&["body"]);
    ada.post(OF_TEAPOT, with("body", json!("a bell\u{7}"))).await.invalid(&["body"]);
    ada.get(&format!("{OF_TEAPOT}?limit=101")).await.invalid(&["limit"]);
    ada.get(&format!("{OF_TEAPOT}?cursor=x")).await.refused(400, "invalid_cursor");

    assert_eq!(ada.get(MINE).await.is(200), said);
}

#[actix_rt::test]
async fn whoever_takes_theirs_back_has_said_nothing_and_may_say_it_again() {
    let shop = TestShop::with(&[QUICK]).await;
    let (ada, eve) = join(owner(&shop), owner(&shop)).await;
    let first = ada.post(OF_TEAPOT, stars(1)).await.is(201);
    eve.post(OF_TEAPOT, stars(4)).await.is(201);

    ada.delete(MINE).await.is(204);

    ada.delete(MINE).await.refused(404, "not_found");
    ada.get(MINE).await.refused(404, "not_found");
    let told = read(&shop, "teapot").await;
    assert_eq!(each(&told, "rating"), [4]);
    assert_eq!(rating(&shop, "teapot").await, recount(&told));
    let again = ada.post(OF_TEAPOT, stars(2)).await.is(201);
    assert_ne!(again["id"], first["id"]);
    let told = read(&shop, "teapot").await;
    assert_eq!(each(&told, "rating"), [2, 4]);
    assert_eq!(rating(&shop, "teapot").await, recount(&told));
}

#[actix_rt::test]
async fn pages_are_the_newest_first_and_skip_nothing_while_others_write() {
    let shop = TestShop::with(&[QUICK]).await;
    let owners = join_all((0..5).map(|_| owner(&shop))).await;
    for (at, owner) in (1..).zip(&owners[..4]) {
        owner.post(OF_TEAPOT, stars(at)).await.is(201);
    }
    let stranger = shop.stranger();
    let page = stranger.get(&format!("{OF_TEAPOT}?limit=2")).await.is(200);
    assert_eq!(each(page["items"].as_array().unwrap(), "rating"), [4, 3]);

    owners[4].post(OF_TEAPOT, stars(5)).await.is(201);
    owners[0].post(OF_TEAPOT, stars(2)).await.is(200);

    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = stranger.get(&format!("{OF_TEAPOT}?limit=2&cursor={cursor}")).await.is(200);
    assert_eq!(each(rest["items"].as_array().unwrap(), "rating"), [2, 2]);
    assert!(rest["next_cursor"].is_null());
    assert_eq!(each(&read(&shop, "teapot").await, "rating"), [5, 4, 3, 2, 2]);
}

#[actix_rt::test]
async fn a_page_that_has_not_changed_is_not_sent_again() {
    let shop = TestShop::with(&[QUICK]).await;
    let ada = owner(&shop).await;
    let before = shop.stranger().get(OF_TEAPOT).await;
    let tag = before.header("etag").unwrap().to_owned();
    let again = shop.stranger().with("If-None-Match", &tag);

    assert_eq!(again.get(OF_TEAPOT).await.status, 304);
    ada.post(OF_TEAPOT, stars(5)).await.is(201);
    assert_eq!(again.get(OF_TEAPOT).await.status, 200);
}

#[actix_rt::test]
async fn what_somebody_said_who_is_forgotten_stays_and_names_nobody() {
    let shop = TestShop::with(&[QUICK]).await;
    let ada = owner(&shop).await;
    ada.post(OF_TEAPOT, stars(4)).await.is(201);

    ada.patch("/me", json!({ "name": "Countess Lovelace" })).await.is(200);
    assert_eq!(each(&read(&shop, "teapot").await, "author"), ["Countess L."]);
    ada.delete("/me").await.is(204);

    let told = read(&shop, "teapot").await;
    assert_eq!(each(&told, "author"), ["A former customer"]);
    assert_eq!(rating(&shop, "teapot").await, recount(&told));
    let all = shop.admin().await.get("/admin/reviews").await.is(200);
    assert_eq!(all["items"][0]["author"], "A former customer");
}

/// Everybody says something about both things, again and again and without waiting.
#[actix_rt::test]
async fn after_a_thousand_words_of_fifty_at_once_the_ratings_are_what_a_recount_comes_to() {
    const OWNERS: usize = 50;
    const WORDS: usize = 10;
    let shop = TestShop::with(&[QUICK]).await;
    let (teapot, candle) = (shop.variant("teapot").await, shop.variant("candle").await);
    let mut owners = Vec::new();
    for _ in 0..OWNERS {
        owners.push(shop.sign_up().await);
    }
    join_all(owners.iter().map(|owner| async {
        owner.add(&candle, 1).await;
        owner.receive(&teapot).await;
    }))
    .await;
    let say = async |owner: &Client, seed: usize, of: &Variant| {
        let rating = i64::try_from(seed * 7 % 5).unwrap() + 1;
        let path = format!("/products/{}/reviews", of.product);
        let answer = owner.post(&path, stars(rating)).await;
        assert!(matches!(answer.status, 200 | 201), "{}", answer.text);
    };

    join_all(owners.iter().enumerate().flat_map(|(at, owner)| {
        let (teapot, candle) = (&teapot, &candle);
        (0..WORDS).map(move |word| async move {
            let seed = at * 3 + word;
            let (first, second) =
                if seed.is_multiple_of(2) { (teapot, candle) } else { (candle, teapot) };
            join(say(owner, seed, first), say(owner, seed + 1, second)).await;
        })
    }))
    .await;

    for product in ["teapot", "candle"] {
        let told = read(&shop, product).await;
        assert_eq!(told.len(), OWNERS);
        assert_eq!(rating(&shop, product).await, recount(&told), "{product}");
    }
}

#[actix_rt::test]
async fn the_first_words_of_one_buyer_on_many_devices_at_once_are_one_review() {
    let shop = TestShop::with(&[QUICK]).await;
    let ada = owner(&shop).await;
    let devices: Vec<Client> = (0..20).map(|_| ada.on_another_device()).collect();

    let answers = join_all(devices.iter().map(|it| it.post(OF_TEAPOT, stars(4)))).await;

    assert_eq!(answers.iter().filter(|it| it.status == 201).count(), 1);
    assert_eq!(answers.iter().filter(|it| it.status == 200).count(), 19);
    assert_eq!(each(&read(&shop, "teapot").await, "rating"), [4]);
    assert_eq!(rating(&shop, "teapot").await["count"], 1);
}

#[actix_rt::test]
async fn a_review_that_is_nowhere_is_hidden_by_nobody() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    let path = format!("/admin/reviews/{}", Uuid::now_v7());

    let hide = admin.post(&format!("{path}/hide"), json!({ "reason": "spam" })).await;
    hide.refused(404, "not_found");
    admin.post(&format!("{path}/unhide"), Value::Null).await.refused(404, "not_found");
}

/// Who looks after reviews and nothing else.
async fn moderator(shop: &TestShop) -> Client {
    let user = shop.sign_up().await;
    let path = format!("/admin/users/{}/role", user.user_id());
    shop.admin().await.put(&path, json!({ "role": "moderator" })).await.is(200);
    let login = json!({ "email": user.session["user"]["email"], "password": PASSWORD });
    let session = shop.stranger().post("/auth/login", login).await.is(200);
    shop.stranger().signed_in(session)
}
