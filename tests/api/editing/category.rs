//! The tree of categories: moved, never into a circle, and nothing of it lost.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{category_path, tag};
use crate::support::{TestShop, client::Client, each};

/// All categories, which fit a page.
async fn all(admin: &Client) -> Vec<Value> {
    let page = admin.get("/admin/categories?limit=100").await.is(200);
    assert!(page["next_cursor"].is_null(), "they do not fit a page");
    page["items"].as_array().unwrap().clone()
}

/// The slugs of the tree that shoppers see, from its roots down.
fn slugs(branches: &[Value]) -> Vec<String> {
    let of = |it: &Value| {
        let mut own = vec![it["slug"].as_str().unwrap().to_owned()];
        own.extend(slugs(it["children"].as_array().unwrap()));
        own
    };
    branches.iter().flat_map(of).collect()
}

#[actix_rt::test]
async fn a_category_is_made_found_changed_and_taken_away() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;

    let made = admin.post("/admin/categories", json!({ "name": "Tea & Coffee" })).await;
    assert_eq!(made.header("etag"), Some("\"1\""));
    let tea = made.is(201);
    assert_eq!((&tea["slug"], &tea["parent_id"]), (&json!("tea-coffee"), &Value::Null));
    assert_eq!((&tea["version"], &tea["attributes"]), (&json!(1), &json!([])));
    let path = category_path(&tea);
    let parent = json!({ "parent_id": tea["id"], "name": "Teapots", "slug": "pots" });
    let pots = admin.category(parent).await;

    let changed = json!({ "name": "Tea", "position": 7 });
    let changed = admin.patch(&path, changed).await.is(200);
    assert_eq!((&changed["name"], &changed["slug"]), (&json!("Tea"), &json!("tea-coffee")));
    assert_eq!((&changed["position"], &changed["version"]), (&json!(7), &json!(2)));
    assert_eq!(admin.get(&path).await.is(200), changed);
    assert_eq!(admin.patch(&path, json!({ "name": "Tea" })).await.is(200), changed);
    let tree = shop.stranger().get("/categories").await.is(200);
    let root = tree["items"].as_array().unwrap().iter().find(|it| it["id"] == tea["id"]);
    assert_eq!(root.unwrap()["children"][0]["id"], pots["id"]);

    let full = admin.delete(&path).await;
    assert_eq!(full.refused(409, "category_not_empty")["categories"], 1);
    assert_eq!(admin.delete(&category_path(&pots)).await.status, 204);
    assert_eq!(admin.delete(&path).await.status, 204);
    admin.get(&path).await.refused(404, "not_found");
    admin.delete(&path).await.refused(404, "not_found");
}

#[actix_rt::test]
async fn a_category_that_breaks_a_rule_is_not_kept() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    let before = all(&admin).await;
    let kitchen = before.iter().find(|it| it["slug"] == "kitchen").unwrap();

    for (body, fields) in [
        (json!({}), vec!["name"]),
        (json!({ "name": " " }), vec!["name"]),
        (json!({ "name": "A", "slug": "A B" }), vec!["slug"]),
        (json!({ "name": "A", "slug": Uuid::now_v7() }), vec!["slug"]),
        (json!({ "name": "!" }), vec!["slug"]),
        (json!({ "name": "a".repeat(101) }), vec!["name"]),
        (json!({ "name": "A", "position": -1 }), vec!["position"]),
        (json!({ "name": "A", "parent_id": Uuid::now_v7() }), vec!["parent_id"]),
        (json!({ "name": "A", "parent_id": "tea" }), vec!["parent_id"]),
        (json!({ "name": "A", "colour": "red" }), vec!["colour"]),
        (json!({ "name": "A", "attributes": [{ "kind": "text" }] }), vec!["attributes[0].name"]),
        (
            json!({ "name": "A", "attributes": [{ "name": "N", "kind": "date" }] }),
            vec!["attributes[0].kind"],
        ),
        (
            json!({ "name": "", "attributes": [{ "name": "N", "kind": "text", "unit": "l" }] }),
            vec!["name", "attributes[0].unit"],
        ),
    ] {
        admin.post("/admin/categories", body).await.invalid(&fields);
    }
    let twin = json!({ "name": "Cooking", "slug": "kitchen" });
    admin.post("/admin/categories", twin).await.refused(409, "slug_taken");
    let full = admin.delete(&category_path(kitchen)).await;
    assert!(full.refused(409, "category_not_empty")["products"].as_i64() > Some(0));

    assert_eq!(all(&admin).await, before);
}

#[actix_rt::test]
async fn a_subtree_moves_with_its_products_and_never_below_itself() {
    let shop = TestShop::start().await;
    let (admin, stranger) = (shop.admin().await, shop.stranger());
    let categories = all(&admin).await;
    let of = |slug: &str| categories.iter().find(|it| it["slug"] == slug).unwrap();
    let (kitchen, living) = (of("kitchen"), of("living"));
    let attic = json!({ "name": "Attic", "parent_id": kitchen["id"] });
    let attic = admin.category(attic).await;
    let total = async |slug: &str| {
        let found = stranger.get(&format!("/products?category={slug}")).await.is(200);
        found["total"].as_i64().unwrap()
    };
    let (cooking, all_of_it) = (total("kitchen").await, total("living").await);

    let below = json!({ "parent_id": attic["id"] });
    admin.patch(&category_path(kitchen), below).await.refused(409, "category_cycle");
    let itself = json!({ "parent_id": kitchen["id"] });
    admin.patch(&category_path(kitchen), itself).await.refused(409, "category_cycle");
    let moved = json!({ "parent_id": living["id"] });
    admin.patch(&category_path(kitchen), moved).await.is(200);
    assert_eq!(total("living").await, all_of_it + cooking);
    let root = json!({ "parent_id": null });
    let root = admin.patch(&category_path(kitchen), root).await.is(200);

    assert_eq!((&root["parent_id"], total("living").await), (&Value::Null, all_of_it));
    assert_eq!(admin.get(&category_path(&attic)).await.is(200)["parent_id"], kitchen["id"]);
}

#[actix_rt::test]
async fn moves_at_once_never_make_a_circle_or_lose_a_category() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    let mut ids = Vec::new();
    for number in 0..6 {
        ids.push(admin.category(json!({ "name": format!("Shelf {number}") })).await);
    }
    let before: BTreeSet<String> =
        all(&admin).await.iter().map(|it| it["slug"].as_str().unwrap().to_owned()).collect();

    for round in 1..6 {
        let moves = ids.iter().enumerate().map(|(at, it)| {
            let onto = &ids[(at + round) % ids.len()]["id"];
            let (path, body) = (category_path(it), json!({ "parent_id": onto }));
            let admin = &admin;
            async move { admin.patch(&path, body).await }
        });
        for answer in join_all(moves).await {
            if answer.status != 200 {
                answer.refused(409, "category_cycle");
            }
        }
        let tree = shop.stranger().get("/categories").await.is(200);
        let seen = slugs(tree["items"].as_array().unwrap());
        assert_eq!(seen.len(), before.len(), "round {round}: one hangs on a circle");
        assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), before);
    }
}

#[actix_rt::test]
async fn whoever_has_seen_an_older_version_of_a_category_is_told_so() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    let tea = admin.category(json!({ "name": "Tea" })).await;
    let path = category_path(&tea);
    let seen = admin.with("If-Match", &tag(&tea));

    seen.patch(&path, json!({ "name": "Green tea" })).await.is(200);
    let late = seen.patch(&path, json!({ "name": "Black tea" })).await;

    assert_eq!(late.refused(412, "stale_version")["version"], 2);
    seen.delete(&path).await.refused(412, "stale_version");
    assert_eq!(admin.get(&path).await.is(200)["name"], "Green tea");
}

#[actix_rt::test]
async fn pages_of_categories_follow_each_other() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    admin.category(json!({ "name": "One more" })).await;
    let (mut seen, mut path) = (Vec::new(), "/admin/categories?limit=3".to_owned());

    loop {
        let page = admin.get(&path).await.is(200);
        let items = page["items"].as_array().unwrap();
        seen.extend(each(items, "slug").into_iter().cloned());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/admin/categories?limit=3&cursor={cursor}");
    }

    assert_eq!(seen.len(), 4);
    assert_eq!(seen.last().unwrap(), "one-more");
}
