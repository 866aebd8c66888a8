//! Products after edits, and the refusals.

use chrono::DateTime;
use serde_json::{Value as Json, json};

use super::*;
use crate::domain::money::Money;

fn edit(json: Json) -> Edit {
    serde_json::from_value(json).unwrap()
}

fn around(definitions: Json, fresh: usize) -> Around {
    Around {
        category: None,
        definitions: serde_json::from_value(definitions).unwrap(),
        images: BTreeMap::from([("aa".to_owned(), (640, 480)), ("bb".to_owned(), (10, 10))]),
        fresh: (0..fresh).map(|_| VariantId::new()).collect(),
        now: DateTime::UNIX_EPOCH,
    }
}

fn blank() -> Record {
    let category = CategoryRef { id: CategoryId::new(), slug: "tea".into(), name: "Tea".into() };
    Record::blank(ProductId::new(), category, DateTime::UNIX_EPOCH)
}

fn shirt(status: &str) -> Record {
    let variant = |sku: &str, size: &str| json!({ "sku": sku, "options": { "Size": size }, "price": euros(4_990), "on_hand": 3 });
    let variants = [variant("S", "Small"), variant("M", "Medium")];
    let made = edit(json!({ "name": "Shirt", "status": status, "variants": variants }));
    blank().after(&made, &around(json!([]), 2)).unwrap()
}

fn euros(amount: i64) -> Json {
    json!({ "amount": amount, "currency": "EUR" })
}

/// The fields that are refused, with their codes.
fn refused(product: &Record, json: Json, around: &Around) -> Vec<(String, &'static str)> {
    match product.after(&edit(json), around) {
        Err(Error::Invalid(wrong)) => {
            wrong.into_iter().map(|it| (it.field.into_owned(), it.code)).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn one(field: &str, code: &'static str) -> Vec<(String, &'static str)> {
    vec![(field.to_owned(), code)]
}

#[test]
fn what_is_left_out_stays_and_null_empties() {
    let before = shirt("draft");
    let changed = json!({ "brand": "Weavers", "description": "Of linen.\nIt lasts." });

    let after = before.after(&edit(changed), &around(json!([]), 0)).unwrap();
    let emptied = after.after(&edit(json!({ "brand": null })), &around(json!([]), 0)).unwrap();

    assert_eq!((after.name.as_str(), after.slug.as_str()), ("Shirt", "shirt"));
    assert_eq!((after.brand.as_deref(), emptied.brand), (Some("Weavers"), None));
    assert_eq!((after.variants.len(), emptied.description.as_str()), (2, "Of linen.\nIt lasts."));
    assert_eq!(before.after(&Edit::default(), &around(json!([]), 0)).unwrap(), before);
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let wrong = json!({
        "name": " ", "slug": "A b", "brand": "a\nb", "description": "\u{0}",
        "images": [{ "key": "cc" }, { "key": "aa" }, { "key": "aa" }],
        "attributes": { "Colour": "Red" },
    });

    let fields: Vec<String> =
        refused(&shirt("draft"), wrong, &around(json!([]), 0)).into_iter().map(|it| it.0).collect();

    assert_eq!(
        fields,
        [
            "name",
            "slug",
            "brand",
            "description",
            "attributes.Colour",
            "images[0].key",
            "images[2].key"
        ]
    );
}

#[test]
fn what_a_category_requires_is_there_when_a_product_is_published() {
    let material = json!([{ "name": "Material", "kind": "text", "required": true }]);
    let (around, draft) = (around(material, 0), shirt("draft"));

    assert_eq!(
        refused(&draft, json!({ "status": "published" }), &around),
        one("attributes.Material", "required")
    );
    let said = json!({ "status": "published", "attributes": { "Material": "Linen" } });
    let published = draft.after(&edit(said), &around).unwrap();
    assert_eq!(published.status, Status::Published);
    let taken = json!({ "attributes": { "Material": null } });
    assert_eq!(refused(&published, taken.clone(), &around), one("attributes.Material", "required"));
    assert!(draft.after(&edit(taken), &around).is_ok());
}

#[test]
fn a_product_without_a_variant_is_not_published_and_keeps_its_last_one() {
    let published = json!({ "status": "published" });
    let empty = blank().after(&edit(json!({ "name": "Shirt" })), &around(json!([]), 0)).unwrap();
    assert_eq!(refused(&empty, published, &around(json!([]), 0)), one("variants", "required"));
    assert!(empty.may_be_discarded().is_ok());

    let shirt = shirt("published");
    let remove = |ids: &[VariantId]| Edit { removed: ids.to_vec(), ..Edit::default() };
    let (small, medium) = (shirt.variants[0].id, shirt.variants[1].id);
    let one_left = shirt.after(&remove(&[small]), &around(json!([]), 0)).unwrap();
    assert_eq!(one_left.standing().count(), 1);
    let none_left = one_left.after(&remove(&[medium]), &around(json!([]), 0)).unwrap_err();
    assert_eq!(none_left.code(), "last_variant");
    assert_eq!(shirt.may_be_discarded().unwrap_err().code(), "product_in_use");
}

#[test]
fn what_unpaid_orders_have_reserved_is_not_taken_out() {
    let mut shirt = shirt("published");
    shirt.variants[0].stock.reserved = 1;
    let removed = Edit { removed: vec![shirt.variants[0].id], ..Edit::default() };

    let refused = shirt.after(&removed, &around(json!([]), 0)).unwrap_err();

    assert_eq!(refused.code(), "stock_reserved");
}

#[test]
fn no_two_variants_are_alike_and_all_have_the_same_options() {
    let shirt = shirt("draft");
    let add = |options: Json| json!({ "variants": [{ "sku": "X", "price": euros(1), "options": options }] });
    let refused = |json| refused(&shirt, json, &around(json!([]), 1));

    let place = "variants[0].options";
    assert_eq!(refused(add(json!({ "Size": "Small" }))), one(place, "options_taken"));
    assert_eq!(refused(add(json!({ "Colour": "Red" }))), one(place, "options_differ"));
    assert_eq!(refused(add(json!({}))), one(place, "options_differ"));
    assert_eq!(
        refused(add(json!({ "Size": " " }))),
        [("variants[0].options.Size".to_owned(), "missing")]
    );
    let large = shirt.after(&edit(add(json!({ "Size": "Large" }))), &around(json!([]), 1)).unwrap();
    assert_eq!((large.variants.len(), large.variants[2].name.as_str()), (3, "Large"));

    let both: Vec<Json> = shirt
        .variants
        .iter()
        .map(|it| json!({ "id": it.id, "options": { "Fit": it.options["Size"] } }))
        .collect();
    let renamed = shirt.after(&edit(json!({ "variants": both })), &around(json!([]), 0)).unwrap();
    assert!(renamed.variants.iter().all(|it| it.options.contains_key("Fit")));
}

#[test]
fn a_variant_that_was_taken_out_comes_back_unless_its_place_is_taken() {
    let shirt = shirt("draft");
    let small = shirt.variants[0].id;
    let removed = Edit { removed: vec![small], ..Edit::default() };
    let restored = Edit { restored: vec![small], ..Edit::default() };
    let without = shirt.after(&removed, &around(json!([]), 0)).unwrap();

    assert_eq!(without.after(&restored, &around(json!([]), 0)).unwrap(), shirt);
    let twin = json!({ "sku": "T", "price": euros(1), "options": { "Size": "Small" } });
    let taken = without.after(&edit(json!({ "variants": [twin] })), &around(json!([]), 1)).unwrap();
    let refused = taken.after(&restored, &around(json!([]), 0)).unwrap_err();
    assert_eq!(refused.code(), "options_taken");
}

#[test]
fn a_price_is_of_the_shop_and_was_higher_before() {
    let shirt = shirt("draft");
    let change = |json: Json| {
        let mut variant = json;
        variant["id"] = json!(shirt.variants[0].id);
        json!({ "variants": [variant] })
    };
    let refused = |json| refused(&shirt, change(json), &around(json!([]), 0));

    let dollars = json!({ "price": { "amount": 1, "currency": "USD" } });
    assert_eq!(refused(dollars), one("variants[0].price.currency", "other_currency"));
    let negative = json!({ "price": euros(-1) });
    assert_eq!(refused(negative), one("variants[0].price.amount", "out_of_range"));
    let compared = "variants[0].compare_at_price";
    assert_eq!(
        refused(json!({ "compare_at_price": euros(4_990) })),
        one(compared, "not_above_price")
    );
    let on_hand = json!({ "on_hand": 4 });
    assert_eq!(refused(on_hand), one("variants[0].on_hand", "not_here"));
    let other = json!({ "variants": [{ "id": VariantId::new(), "price": euros(1) }] });
    assert!(matches!(shirt.after(&edit(other), &around(json!([]), 0)), Err(Error::Invalid(_))));

    let reduced = change(json!({ "price": euros(3_990), "compare_at_price": euros(4_990) }));
    let reduced = shirt.after(&edit(reduced), &around(json!([]), 0)).unwrap();
    assert_eq!(reduced.variants[0].price, Money::euros(3_990));
    let raised = json!({ "variants": [{ "id": shirt.variants[0].id, "price": euros(5_000) }] });
    assert!(matches!(reduced.after(&edit(raised), &around(json!([]), 0)), Err(Error::Invalid(_))));
}

#[test]
fn a_value_that_no_category_defines_may_stay_or_go_but_is_not_said_anew() {
    let mut shirt = shirt("published");
    shirt.attributes.insert("Style".to_owned(), Value::text("Modern"));
    let around = around(json!([]), 0);
    let say = |value: Json| json!({ "attributes": { "Style": value } });

    assert_eq!(shirt.after(&edit(say(json!("Modern"))), &around).unwrap(), shirt);
    assert_eq!(
        refused(&shirt, say(json!("Rustic")), &around),
        one("attributes.Style", "unknown_attribute")
    );
    assert!(shirt.after(&edit(say(Json::Null)), &around).unwrap().attributes.is_empty());
}

#[test]
fn what_a_product_has_fits_the_category_that_it_comes_to() {
    let mut shirt = shirt("draft");
    shirt.attributes.insert("Material".to_owned(), Value::text("Linen"));
    let other = CategoryRef { id: CategoryId::new(), slug: "x".into(), name: "X".into() };
    let moved = |definition: Json| Around {
        category: Some(other.clone()),
        ..around(json!([definition]), 0)
    };
    let to = json!({ "category_id": other.id });

    let choices = json!({ "name": "Material", "kind": "enumeration", "choices": ["Oak"] });
    assert_eq!(
        refused(&shirt, to.clone(), &moved(choices)),
        one("attributes.Material", "not_a_choice")
    );
    let text = json!({ "name": "Material", "kind": "text" });
    assert_eq!(shirt.after(&edit(to.clone()), &moved(text)).unwrap().category, other);
    let unknown = refused(&shirt, to, &around(json!([]), 0));
    assert_eq!(unknown, one("category_id", "unknown_category"));
}

#[test]
fn a_product_has_so_many_variants_and_no_more() {
    let variants = |count: usize| {
        let variant = |at: usize| json!({ "sku": format!("V{at}"), "price": euros(1), "options": { "N": at.to_string() } });
        json!({ "name": "Coat", "variants": (0..count).map(variant).collect::<Vec<_>>() })
    };
    let most = crate::domain::catalogue::VARIANTS_MAX;

    let made = blank().after(&edit(variants(most)), &around(json!([]), most)).unwrap();
    assert_eq!(made.standing().count(), most);
    assert!(made.variants.is_sorted_by_key(|it| it.position));
    let more = around(json!([]), most + 1);
    assert_eq!(refused(&blank(), variants(most + 1), &more), one("variants", "too_many"));
}

#[test]
fn what_was_imported_otherwise_does_not_stand_in_the_way() {
    let mut shirt = shirt("draft");
    shirt.variants[0].compare_at_price = Some(Money::euros(4_990));
    shirt.variants[0].options.clear();
    let heavier = json!({ "variants": [{ "id": shirt.variants[0].id, "weight_grams": 300 }] });

    let after = shirt.after(&edit(heavier), &around(json!([]), 0)).unwrap();

    assert_eq!(after.variants[0].weight_grams, 300);
}
