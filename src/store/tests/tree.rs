//! Two nodes that change the same thing at once: one of them is told.

use diesel::{Connection, connection::SimpleConnection};
use serde_json::{Value, json};

use super::{Database, Migration, Store, Url, migrate, postgres, read, teapots};
use crate::domain::{
    Error,
    catalogue::{
        Status, category,
        edit::{self, Edit},
    },
    expected::Expected,
    id::{CategoryId, ProductId},
};

/// Two nodes on one database, and two categories that are roots.
async fn two_nodes() -> (Database, [Store; 2], [CategoryId; 2]) {
    let database = Database::empty();
    migrate(&database.url, Migration::Up).unwrap();
    let nodes = [(); 2].map(|()| Store::open(&database.url).unwrap());
    let ids = [(); 2].map(|()| CategoryId::new());
    for (id, name) in ids.into_iter().zip(["One", "Other"]) {
        let edit = serde_json::from_value(json!({ "name": name })).unwrap();
        nodes[0].write(category::Create { id, edit }).await.unwrap();
    }
    (database, nodes, ids)
}

fn moved(id: CategoryId, parent: Value) -> category::Change {
    let edit = serde_json::from_value(json!({ "parent_id": parent })).unwrap();
    category::Change { id, expected: Expected::Any, edit }
}

#[actix_rt::test]
async fn two_nodes_that_move_categories_below_each_other_make_no_circle() {
    let (_database, [one, other], [a, b]) = two_nodes().await;

    for round in 0..50 {
        let (first, second) =
            tokio::join!(one.write(moved(a, json!(b))), other.write(moved(b, json!(a))),);
        let refused = match (first, second) {
            (Ok(_), Err(refused)) | (Err(refused), Ok(_)) => refused,
            outcome => panic!("round {round}: {outcome:?}"),
        };
        assert_eq!(refused.code(), "category_cycle");
        for id in [a, b] {
            one.write(moved(id, Value::Null)).await.unwrap();
        }
    }
}

#[actix_rt::test]
async fn of_two_nodes_that_change_one_version_of_a_product_one_is_told() {
    let (_database, [one, other], [category, _]) = two_nodes().await;
    let product = ProductId::new();
    let named = |name: String| Edit { name: Some(name), ..Edit::default() };
    let create = edit::Create {
        product,
        category,
        edit: Edit { category_id: Some(category), ..named("Pot".into()) },
    };
    one.write(create).await.unwrap();

    for version in 1..=50 {
        let change = |node: &str| edit::Change {
            product,
            expected: Expected::OneOf(vec![version]),
            edit: named(format!("{node} {version}")),
        };
        let (first, second) = tokio::join!(one.write(change("a")), other.write(change("b")));
        let (kept, refused) = match (first, second) {
            (Ok(kept), Err(refused)) | (Err(refused), Ok(kept)) => (kept.after, refused),
            outcome => panic!("version {version}: {outcome:?}"),
        };
        let current = version + 1;
        assert!(matches!(refused, Error::Outdated { version } if version == current));
        assert_eq!(read!(one, catalogue::record(product)).unwrap(), kept);
    }
}

#[actix_rt::test]
async fn of_two_nodes_that_make_products_of_one_slug_and_sku_one_is_told() {
    let (_database, [one, other], [category, _]) = two_nodes().await;
    let create = |name: &str, sku: String| {
        let variant = json!({ "sku": sku, "price": { "amount": 1, "currency": "EUR" } });
        let edit = json!({ "name": name, "category_id": category, "variants": [variant] });
        let edit = serde_json::from_value(edit).unwrap();
        edit::Create { product: ProductId::new(), category, edit }
    };

    for round in 0..20 {
        let name = format!("Pot {round}");
        for (first, second, code) in [
            (create(&name, format!("A{round}")), create(&name, format!("B{round}")), "slug_taken"),
            (
                create(&format!("C {round}"), format!("S{round}")),
                create(&format!("D {round}"), format!("S{round}")),
                "sku_taken",
            ),
        ] {
            let (first, second) = tokio::join!(one.write(first), other.write(second));
            match (first, second) {
                (Ok(_), Err(refused)) | (Err(refused), Ok(_)) => assert_eq!(refused.code(), code),
                outcome => panic!("round {round}: {outcome:?}"),
            }
        }
    }
}

/// On SQLite nobody else can write at the same time.
#[actix_rt::test]
async fn what_somebody_is_just_reserving_is_not_taken_out() {
    let (database, store, variant) = Database::stocked().await;
    let Url::Postgres(url) = &database.url else { return };
    let mut buyer = postgres::Conn::establish(url).unwrap();
    buyer.batch_execute("BEGIN; UPDATE stock SET reserved = reserved + 1").unwrap();
    let product = read!(store, catalogue::owner(variant)).unwrap();
    let edit = Edit { removed: vec![variant], status: Some(Status::Draft), ..Edit::default() };

    let change = edit::Change { product, expected: Expected::Any, edit };
    let mut removing = std::pin::pin!(store.write(change));
    let outcome = loop {
        tokio::select! {
            biased;
            outcome = &mut removing => break outcome,
            () = tokio::task::yield_now() => {}
        }
        if somebody_waits(url) {
            buyer.batch_execute("COMMIT").unwrap();
            break removing.await;
        }
    };

    assert_eq!(outcome.unwrap_err().code(), "stock_reserved");
    assert!(read!(store, catalogue::record(product)).unwrap().standing().next().is_some());
}

/// Whether somebody waits for a row of this database.
fn somebody_waits(url: &str) -> bool {
    let mut conn = postgres::Conn::establish(url).unwrap();
    conn.batch_execute(
        "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
         AND datname = current_database()) THEN RAISE 'nobody'; END IF; END $$",
    )
    .is_ok()
}

/// A definition and a value that it rules out: whichever comes first, the other is refused.
#[actix_rt::test]
async fn no_value_slips_in_while_its_definition_is_changed() {
    let (_database, [one, other], [category, _]) = two_nodes().await;
    let define = |choices: Value| {
        let all = json!([{ "name": "Heat", "kind": "enumeration", "choices": choices }]);
        let edit = serde_json::from_value(json!({ "attributes": all })).unwrap();
        category::Change { id: category, expected: Expected::Any, edit }
    };
    let say = |product, value: Value| {
        let edit = serde_json::from_value(json!({ "attributes": { "Heat": value } })).unwrap();
        edit::Change { product, expected: Expected::Any, edit }
    };
    let product = ProductId::new();
    let edit = serde_json::from_value(json!({ "name": "Pot", "category_id": category })).unwrap();
    one.write(edit::Create { product, category, edit }).await.unwrap();

    for round in 0..50 {
        one.write(define(json!(["Gas", "Coal"]))).await.unwrap();
        let (defined, said) = tokio::join!(
            one.write(define(json!(["Gas"]))),
            other.write(say(product, json!("Coal"))),
        );
        match (defined, said) {
            (Ok(_), Err(refused)) => assert_eq!(refused.code(), "invalid"),
            (Err(refused), Ok(_)) => assert_eq!(refused.code(), "products_in_the_way"),
            outcome => panic!("round {round}: {outcome:?}"),
        }
        one.write(say(product, Value::Null)).await.unwrap();
    }
}

/// The same where the value comes in a file, be the definition changed or made.
#[actix_rt::test]
async fn no_file_brings_a_value_in_while_its_definition_is_changed() {
    let (_database, [one, other], [category, _]) = two_nodes().await;
    let define = |attributes: Value| {
        let edit = serde_json::from_value(json!({ "attributes": attributes })).unwrap();
        category::Change { id: category, expected: Expected::Any, edit }
    };
    let heat = |choices: Value| {
        define(json!([{ "name": "Heat", "kind": "enumeration", "choices": choices }]))
    };
    let file = |said: &str| {
        let mut file = teapots();
        file.categories.clear();
        let product = &mut file.products[0];
        product.category = Some("one".to_owned());
        product.attributes = Some(serde_json::from_value(json!({ "Heat": said })).unwrap());
        file
    };
    assert_eq!(one.write(file("Gas")).await.unwrap().errors, []);

    for round in 0..50 {
        let before = if round % 2 == 0 { define(json!([])) } else { heat(json!(["Gas", "Coal"])) };
        one.write(before).await.unwrap();
        let (defined, taken) =
            tokio::join!(one.write(heat(json!(["Gas"]))), other.write(file("Coal")));
        let errors = taken.unwrap().errors;
        let codes: Vec<&str> = errors.iter().map(|it| it.code).collect();
        match defined {
            Ok(_) => assert_eq!(codes, ["not_a_choice"], "round {round}"),
            Err(refused) => {
                assert_eq!((refused.code(), codes), ("products_in_the_way", vec![]));
            }
        }
        assert_eq!(one.write(file("Gas")).await.unwrap().errors, []);
    }
}
