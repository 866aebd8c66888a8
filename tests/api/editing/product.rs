//! Products: made, changed, published, archived; of two admins at once nobody loses a word.

use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{path, tag, variant_path};
use crate::support::{
    TestShop, each,
    purchase::{self, Variant, euros},
};

#[actix_rt::test]
async fn a_product_is_a_draft_until_it_is_published_and_gone_when_it_is_archived() {
    let shop = TestShop::start().await;
    let (admin, stranger) = (shop.admin().await, shop.stranger());
    let variant = json!({ "sku": "KETTLE", "price": euros(2_500), "on_hand": 10 });
    let made = json!({ "name": "Copper Kettle", "brand": "Rialto", "variants": [variant] });
    let kettle = admin.product(made).await;
    let here = path(&kettle);

    assert_eq!((&kettle["status"], &kettle["slug"]), (&json!("draft"), &json!("copper-kettle")));
    assert_eq!(kettle["variants"][0]["stock"]["on_hand"], 10);
    assert_eq!((&kettle["version"], &kettle["variants"][0]["name"]), (&json!(1), &json!("")));
    stranger.get("/products/copper-kettle").await.refused(404, "not_found");
    admin.post(&format!("{here}/unpublish"), Value::Null).await.refused(409, "invalid_transition");

    let published = admin.post(&format!("{here}/publish"), Value::Null).await;
    assert_eq!(published.header("etag"), Some("\"2\""));
    assert_eq!(published.is(200)["status"], "published");
    let shown = stranger.get("/products/copper-kettle").await.is(200);
    assert_eq!((&shown["id"], &shown["price_from"]), (&kettle["id"], &euros(2_500)));
    admin.post(&format!("{here}/publish"), Value::Null).await.refused(409, "invalid_transition");

    admin.post(&format!("{here}/archive"), Value::Null).await.is(200);
    stranger.get("/products/copper-kettle").await.refused(404, "not_found");
    let back = admin.patch(&here, json!({ "status": "published" })).await.is(200);
    assert_eq!(stranger.get("/products/copper-kettle").await.is(200)["version"], back["version"]);
    let draft = admin.patch(&here, json!({ "status": "draft" })).await.is(200);
    assert_eq!(admin.get(&here).await.is(200), draft);
}

#[actix_rt::test]
async fn a_change_is_seen_by_whoever_made_it_at_once() {
    let shop = TestShop::start().await;
    let (admin, stranger) = (shop.admin().await, shop.stranger());
    let kettle = admin.kettle().await;
    let mut feed = admin.follow("admin:feed").await;

    for price in [3_000, 2_000, 4_500] {
        let variants = json!([{ "id": kettle["variants"][0]["id"], "price": euros(price) }]);
        let name = format!("Kettle for {price}");
        let change = json!({ "name": name, "description": "It boils.", "variants": variants });
        let changed = admin.patch(&path(&kettle), change).await.is(200);
        let shown = stranger.get("/products/kettle").await.is(200);
        assert_eq!((&shown["name"], &shown["price_from"]), (&json!(name), &euros(price)));
        assert_eq!(shown["version"], changed["version"]);
    }
    let own = json!([kettle["id"]]);
    while feed.until("catalogue.changed").await.last().unwrap()["data"]["products"] != own {}
}

#[actix_rt::test]
async fn of_two_admins_who_have_seen_the_same_one_wins_and_the_other_is_told() {
    let shop = TestShop::start().await;
    let (one, other) = (shop.log_in_admin().await, shop.log_in_admin().await);
    let kettle = one.kettle().await;
    let here = path(&kettle);

    for round in 0..5 {
        let seen = one.get(&here).await;
        let seen = seen.header("etag").unwrap();
        let (one, other) = (one.with("If-Match", seen), other.with("If-Match", seen));
        let changes = [&one, &other].map(|admin| {
            let name = json!({ "name": format!("Kettle {round}"), "brand": admin.user_id() });
            admin.patch(&here, name)
        });
        let mut answers = join_all(changes).await;
        answers.sort_by_key(|it| it.status);
        let lost = answers.pop().unwrap();
        let now = answers.pop().unwrap().is(200);
        assert_eq!(lost.refused(412, "stale_version")["version"], now["version"]);
    }
    assert_eq!(one.get(&here).await.is(200)["version"], 6);
}

#[actix_rt::test]
async fn changes_of_different_fields_at_once_are_all_kept() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    let kettle = admin.kettle().await;
    let here = path(&kettle);
    let variant = &kettle["variants"][0]["id"];

    let changes = [
        json!({ "name": "Iron Kettle" }),
        json!({ "brand": "Smiths" }),
        json!({ "description": "Heavy." }),
        json!({ "slug": "iron-kettle" }),
        json!({ "variants": [{ "id": variant, "price": euros(7_000) }] }),
    ];
    let answers = join_all(changes.into_iter().map(|it| admin.patch(&here, it))).await;

    assert!(answers.iter().all(|it| it.status == 200));
    let now = admin.get(&here).await.is(200);
    assert_eq!(
        [&now["name"], &now["brand"], &now["description"], &now["slug"]],
        ["Iron Kettle", "Smiths", "Heavy.", "iron-kettle"]
    );
    assert_eq!((&now["variants"][0]["price"], &now["version"]), (&euros(7_000), &json!(6)));
}

#[actix_rt::test]
async fn an_if_match_names_the_version_or_is_refused() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    let kettle = admin.kettle().await;
    let here = path(&kettle);
    let brand = |text: &str| json!({ "brand": text });

    admin.with("If-Match", &tag(&kettle)).patch(&here, brand("A")).await.is(200);
    admin.with("If-Match", "*").patch(&here, brand("B")).await.is(200);
    admin.with("If-Match", "\"1\", \"3\"").patch(&here, brand("C")).await.is(200);
    admin.with("If-Match", "W/\"4\"").patch(&here, brand("D")).await.is(200);
    let wrong = admin.with("If-Match", "5").patch(&here, brand("E")).await;
    wrong.invalid(&["If-Match"]);
    for stale in ["\"1\"", "\"6\"", "\"\"", "\"x\""] {
        let late = admin.with("If-Match", stale).patch(&here, brand("E")).await;
        assert_eq!(late.refused(412, "stale_version")["version"], 5);
    }
    let missing = format!("/admin/products/{}", Uuid::now_v7());
    let missing = admin.with("If-Match", "\"1\"").patch(&missing, brand("E")).await;
    missing.refused(404, "not_found");
}

#[actix_rt::test]
async fn a_product_that_breaks_a_rule_is_not_kept() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    let kettle = admin.kettle().await;
    let category = &kettle["category"]["id"];

    for (body, fields) in [
        (json!({}), vec!["name", "category_id"]),
        (json!({ "name": "A" }), vec!["category_id"]),
        (json!({ "name": "A", "category_id": Uuid::now_v7() }), vec!["category_id"]),
        (json!({ "name": "A", "category_id": category, "colour": 1 }), vec!["colour"]),
        (json!({ "name": "A", "category_id": category, "status": "sold" }), vec!["status"]),
        (json!({ "name": "A", "category_id": category, "status": "published" }), vec!["variants"]),
        (
            json!({ "name": "A", "category_id": category, "variants": [{ "sku": "" }] }),
            vec!["variants[0].sku", "variants[0].price"],
        ),
        (
            json!({ "name": "A", "category_id": category, "variants": [{ "price": 5 }] }),
            vec!["variants[0].price"],
        ),
    ] {
        admin.post("/admin/products", body).await.invalid(&fields);
    }
    for (body, field) in [
        (json!({ "name": null }), "name"),
        (json!({ "slug": "Kettle!" }), "slug"),
        (json!({ "name": "a".repeat(201) }), "name"),
        (json!({ "description": "a".repeat(20_001) }), "description"),
        (json!({ "images": [{ "key": "no-such-image" }] }), "images[0].key"),
        (json!({ "variants": [{ "id": Uuid::now_v7() }] }), "variants[0].id"),
    ] {
        admin.patch(&path(&kettle), body).await.invalid(&[field]);
    }
    admin.patch(&path(&kettle), json!({ "slug": "teapot" })).await.refused(409, "slug_taken");
    let twin = json!({ "name": "Kettle", "category_id": category });
    admin.post("/admin/products", twin).await.refused(409, "slug_taken");

    assert_eq!(admin.get(&path(&kettle)).await.is(200), kettle);
}

#[actix_rt::test]
async fn of_products_made_at_once_with_one_slug_one_is_kept() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    let category = admin.category(json!({ "name": "Pots" })).await["id"].clone();

    let body = json!({ "name": "Pot", "category_id": category });
    let made = (0..8).map(|_| admin.post("/admin/products", body.clone()));
    let answers = join_all(made).await;

    assert_eq!(answers.iter().filter(|it| it.status == 201).count(), 1);
    for refused in answers.iter().filter(|it| it.status != 201) {
        refused.refused(409, "slug_taken");
    }
}

#[actix_rt::test]
async fn an_archived_product_is_still_what_was_ordered_and_is_not_sold() {
    let shop = TestShop::start().await;
    let (admin, buyer) = (shop.admin().await, shop.sign_up().await);
    let kettle = admin.kettle().await;
    let variant = Variant::of(&kettle_as_shown(&shop).await);
    let order = buyer.buy(&variant, 2).await;
    buyer.add(&variant, 1).await;

    admin.post(&format!("{}/archive", path(&kettle)), Value::Null).await.is(200);

    let kept = buyer.get(&purchase::path(&order)).await.is(200);
    assert_eq!(kept["items"][0]["name"], "Kettle");
    assert_eq!((&kept["items"][0]["sku"], &kept["total"]), (&json!("KETTLE"), &order["total"]));
    shop.stranger().get("/products/kettle").await.refused(404, "not_found");
    let cart = buyer.cart().await;
    assert_eq!(cart["problems"][0]["code"], "unavailable");
    assert_eq!(buyer.check_out().await.status, 409);
    let body = json!({ "variant_id": variant.id, "quantity": 1 });
    shop.sign_up().await.post("/cart/items", body).await.refused(404, "not_found");
    assert_eq!(admin.get(&path(&kettle)).await.is(200)["variants"][0]["stock"]["on_hand"], 8);
}

async fn kettle_as_shown(shop: &TestShop) -> Value {
    shop.stranger().get("/products/kettle").await.is(200)
}

#[actix_rt::test]
async fn images_are_in_the_order_that_they_are_given_in() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    let kettle = admin.kettle().await;
    for (key, width) in [("aa", 640), ("bb", 320)] {
        shop.sql(&format!(
            "INSERT INTO images (key, content_type, width, height, bytes) \
             VALUES ('{key}', 'image/png', {width}, 240, '')"
        ))
        .unwrap();
    }

    let both = json!({ "images": [{ "key": "bb", "alt": "Side" }, { "key": "aa" }] });
    let changed = admin.patch(&path(&kettle), both).await.is(200);
    let shown = kettle_as_shown(&shop).await;
    assert_eq!(
        shown["images"][0],
        json!({ "url": "/api/v1/images/bb", "alt": "Side", "width": 320, "height": 240 })
    );
    assert_eq!(each(changed["images"].as_array().unwrap(), "key"), ["bb", "aa"]);
    let other = json!({ "images": [{ "key": "aa", "alt": "Front" }] });
    admin.patch(&path(&kettle), other).await.is(200);
    assert_eq!(kettle_as_shown(&shop).await["images"].as_array().unwrap().len(), 1);
    let twice = json!({ "images": [{ "key": "aa" }, { "key": "aa" }] });
    admin.patch(&path(&kettle), twice).await.invalid(&["images[1].key"]);
}

#[actix_rt::test]
async fn only_a_draft_that_never_had_a_variant_is_deleted() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    let (kettle, draft) = (admin.kettle().await, admin.product(json!({ "name": "Pot" })).await);

    admin.delete(&path(&kettle)).await.refused(409, "product_in_use");
    admin.with("If-Match", "\"9\"").delete(&path(&draft)).await.refused(412, "stale_version");
    assert_eq!(admin.delete(&path(&draft)).await.status, 204);
    admin.get(&path(&draft)).await.refused(404, "not_found");
    let again = json!({ "name": "Pot", "category_id": draft["category"]["id"] });
    admin.post("/admin/products", again).await.is(201);
}

#[actix_rt::test]
async fn products_are_found_by_status_category_name_and_sku() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    let kettle = admin.kettle().await;
    let draft = json!({ "name": "100% Wool_Rug", "category_id": kettle["category"]["id"] });
    admin.product(draft).await;
    let slugs = async |query: &str| -> Vec<String> {
        let page = admin.get(&format!("/admin/products?{query}")).await.is(200);
        let items = page["items"].as_array().unwrap();
        items.iter().map(|it| it["slug"].as_str().unwrap().to_owned()).collect()
    };

    assert_eq!(slugs("status=draft").await, ["100-wool-rug"]);
    assert_eq!(slugs("category=for-kettle").await, ["100-wool-rug", "kettle"]);
    assert_eq!(slugs("q=kETt").await, ["kettle"]);
    assert_eq!(slugs("q=mug-b").await, ["mug"]);
    assert_eq!(slugs("q=100%25").await, ["100-wool-rug"]);
    assert_eq!(slugs("q=%25").await, [""; 0]);
    assert_eq!(slugs("category=nowhere").await, [""; 0]);
    assert_eq!(slugs("limit=2").await.len(), 2);
    let (mut seen, mut path) = (Vec::new(), "/admin/products?limit=3".to_owned());
    loop {
        let page = admin.get(&path).await.is(200);
        seen.extend(page["items"].as_array().unwrap().iter().map(|it| it["id"].to_string()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/admin/products?limit=3&cursor={cursor}");
    }
    assert_eq!(seen.len(), 8);
    assert!(seen.is_sorted_by(|one, next| one > next));
    for (query, field) in [("status=sold", "status"), ("limit=0", "limit"), ("x=1", "x")] {
        admin.get(&format!("/admin/products?{query}")).await.invalid(&[field]);
    }
}

#[actix_rt::test]
async fn a_change_is_in_the_audit_log_with_its_figures_and_without_its_texts() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    let kettle = admin.kettle().await;
    let here = path(&kettle);
    let change = json!({
        "name": "Secretly renamed",
        "variants": [{ "id": kettle["variants"][0]["id"], "price": euros(3_000) }],
    });
    admin.patch(&here, change).await.is(200);
    admin.patch(&here, json!({ "name": "Secretly renamed" })).await.is(200);

    let of = format!("/admin/audit?object=product:{}", kettle["id"].as_str().unwrap());
    let log = admin.get(&of).await.is(200);

    let entries = log["items"].as_array().unwrap();
    assert_eq!(each(entries, "action"), ["product.changed", "product.created"]);
    let (before, after) = (&entries[0]["before"], &entries[0]["after"]);
    assert_eq!((&before["version"], &after["version"]), (&json!(1), &json!(2)));
    assert_eq!(after["changed"], json!(["name", "variants"]));
    assert_eq!(before["variants"]["KETTLE"]["price"], 2_500);
    assert_eq!(after["variants"]["KETTLE"]["price"], 3_000);
    assert!(!log.to_string().contains("Secretly"));
    assert_eq!(entries[0]["actor"], admin.user_id());
}

#[actix_rt::test]
async fn a_customer_changes_nothing() {
    let shop = TestShop::start().await;
    let (admin, customer) = (shop.admin().await, shop.sign_up().await);
    let kettle = admin.kettle().await;

    customer.patch(&path(&kettle), json!({ "name": "Mine" })).await.refused(403, "forbidden");
    customer.delete(&variant_path(&kettle, 0)).await.refused(403, "forbidden");
    customer.get(&path(&kettle)).await.refused(403, "forbidden");

    assert_eq!(admin.get(&path(&kettle)).await.is(200), kettle);
}
