//! Attributes: what a category lets its products say, of which kind, and what they have to.

use serde_json::{Value, json};

use super::{category_path, path};
use crate::support::{TestShop, purchase::euros};

/// Attributes of each kind, of which the first is required.
fn definitions() -> Value {
    json!([
        { "name": "Material", "kind": "text", "required": true },
        { "name": "Volume", "kind": "number", "unit": "l" },
        { "name": "Pieces", "kind": "number" },
        { "name": "Heat", "kind": "enumeration", "choices": ["Gas", "Induction"] },
        { "name": "Dishwasher", "kind": "boolean" },
    ])
}

#[actix_rt::test]
async fn a_product_says_what_its_category_and_those_above_it_define() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    let above = admin.category(json!({ "name": "Pots", "attributes": definitions() })).await;
    let own = json!([{ "name": "Spout", "kind": "text" }]);
    let below = json!({ "name": "Teapots", "parent_id": above["id"], "attributes": own });
    let below = admin.category(below).await;
    let variant = json!({ "sku": "POT", "price": euros(900), "on_hand": 1 });

    let said = json!({
        "Material": "Clay", "Volume": 1.5, "Pieces": 2, "Heat": "Gas", "Dishwasher": false,
        "Spout": "Long",
    });
    let made = json!({
        "name": "Pot", "category_id": below["id"], "attributes": said, "variants": [variant],
        "status": "published",
    });
    let pot = admin.product(made).await;

    let shown = shop.stranger().get("/products/pot").await.is(200)["attributes"].clone();
    assert_eq!(shown, pot["attributes"]);
    assert_eq!(
        shown,
        json!({
            "Material": "Clay", "Volume": { "value": 1.5, "unit": "l" }, "Pieces": 2,
            "Heat": "Gas", "Dishwasher": false, "Spout": "Long",
        })
    );
    let fewer = json!({ "attributes": { "Heat": null, "Volume": { "value": 2, "unit": "l" } } });
    let fewer = admin.patch(&path(&pot), fewer).await.is(200);
    assert!(fewer["attributes"]["Heat"].is_null());
    assert_eq!(fewer["attributes"]["Volume"], json!({ "value": 2, "unit": "l" }));
    assert_eq!(fewer["attributes"]["Material"], "Clay");
}

#[actix_rt::test]
async fn a_value_of_another_kind_is_refused_and_named() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    let pots = admin.category(json!({ "name": "Pots", "attributes": definitions() })).await;
    let pot = admin.product(json!({ "name": "Pot", "category_id": pots["id"] })).await;

    for (name, value) in [
        ("Material", json!(7)),
        ("Material", json!("")),
        ("Volume", json!("1.5")),
        ("Volume", json!({ "value": 1, "unit": "ml" })),
        ("Volume", json!(1.2345)),
        ("Pieces", json!({ "value": 1, "unit": "l" })),
        ("Heat", json!("Coal")),
        ("Heat", json!(["Gas"])),
        ("Dishwasher", json!("yes")),
        ("Colour", json!("Red")),
    ] {
        let said = json!({ "attributes": { name: value } });
        admin.patch(&path(&pot), said).await.invalid(&[&format!("attributes.{name}")]);
    }

    assert_eq!(admin.get(&path(&pot)).await.is(200), pot);
}

#[actix_rt::test]
async fn what_is_required_is_there_before_a_product_is_published_and_while_it_is() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    let pots = admin.category(json!({ "name": "Pots", "attributes": definitions() })).await;
    let pot = admin.product(json!({ "name": "Pot", "category_id": pots["id"] })).await;
    let (here, publish) = (path(&pot), format!("{}/publish", path(&pot)));

    admin.post(&publish, Value::Null).await.invalid(&["attributes.Material", "variants"]);
    let variant = json!({ "sku": "POT", "price": euros(900) });
    admin.post(&format!("{here}/variants"), variant).await.is(201);
    admin.post(&publish, Value::Null).await.invalid(&["attributes.Material"]);
    let said = json!({ "attributes": { "Material": "Clay" }, "status": "published" });
    admin.patch(&here, said).await.is(200);

    let unsaid = json!({ "attributes": { "Material": null } });
    admin.patch(&here, unsaid).await.invalid(&["attributes.Material"]);
    assert_eq!(shop.stranger().get("/products/pot").await.status, 200);
}

#[actix_rt::test]
async fn a_definition_is_not_changed_under_the_values_that_there_are() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    let pots = admin.category(json!({ "name": "Pots", "attributes": definitions() })).await;
    let deep = json!({ "name": "Teapots", "parent_id": pots["id"] });
    let deep = admin.category(deep).await;
    let said = json!({ "Material": "Clay", "Heat": "Gas" });
    let variant = json!({ "sku": "POT", "price": euros(900) });
    let pot = json!({
        "name": "Pot", "category_id": deep["id"], "attributes": said, "variants": [variant],
        "status": "published",
    });
    let pot = admin.product(pot).await;
    let here = category_path(&pots);
    let define = |all: Value| json!({ "attributes": all });
    let heat = |choices: Value| {
        json!([
            { "name": "Material", "kind": "text", "required": true },
            { "name": "Heat", "kind": "enumeration", "choices": choices },
        ])
    };

    for (all, in_the_way) in [
        (json!([{ "name": "Material", "kind": "number" }]), "Material"),
        (heat(json!(["Induction"])), "Heat"),
        (json!([{ "name": "Weight", "kind": "number", "required": true }]), "Weight"),
    ] {
        let refused = admin.patch(&here, define(all)).await;
        let refused = refused.refused(409, "products_in_the_way");
        assert_eq!(refused["attribute"], in_the_way);
        assert_eq!(refused["products"], json!([pot["id"]]));
    }
    admin.patch(&here, define(heat(json!(["Gas", "Coal"])))).await.is(200);
    admin.patch(&here, define(json!([]))).await.is(200);
    let kept = admin.get(&path(&pot)).await.is(200);
    assert_eq!(kept["attributes"], pot["attributes"]);
    let anew = json!({ "attributes": { "Heat": "Coal" } });
    admin.patch(&path(&pot), anew).await.invalid(&["attributes.Heat"]);
}

#[actix_rt::test]
async fn attributes_of_one_name_do_not_meet_however_they_come_together() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    let text = |name: &str| json!([{ "name": name, "kind": "text" }]);
    let pots = admin.category(json!({ "name": "Pots", "attributes": text("Heat") })).await;
    let below = json!({ "name": "Teapots", "parent_id": pots["id"], "attributes": text("heat") });

    let clash = admin.post("/admin/categories", below).await;
    assert_eq!(clash.refused(409, "attribute_clash")["attribute"], "heat");
    let other = admin.category(json!({ "name": "Teapots", "attributes": text("HEAT") })).await;
    let moved = json!({ "parent_id": pots["id"] });
    admin.patch(&category_path(&other), moved).await.refused(409, "attribute_clash");
}

#[actix_rt::test]
async fn a_subtree_whose_products_would_be_wrong_does_not_move() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    let pots = admin.category(json!({ "name": "Pots" })).await;
    let variant = json!({ "sku": "POT", "price": euros(900) });
    let body = json!({
        "name": "Pot", "category_id": pots["id"], "variants": [variant], "status": "published",
    });
    let pot = admin.product(body).await;
    let strict = admin.category(json!({ "name": "Strict", "attributes": definitions() })).await;

    let moved = admin.patch(&category_path(&pots), json!({ "parent_id": strict["id"] })).await;
    let refused = moved.refused(409, "products_in_the_way");
    assert_eq!((&refused["attribute"], &refused["products"][0]), (&json!("Material"), &pot["id"]));
    let there = json!({ "category_id": strict["id"] });
    admin.patch(&path(&pot), there).await.invalid(&["attributes.Material"]);
    let with_it = json!({ "category_id": strict["id"], "attributes": { "Material": "Clay" } });
    admin.patch(&path(&pot), with_it).await.is(200);
    admin.patch(&category_path(&pots), json!({ "parent_id": strict["id"] })).await.is(200);
}
