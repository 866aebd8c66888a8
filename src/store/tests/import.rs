//! Imports: what differs is written, once, and what may not be taken leaves no trace.

use serde_json::json;

use super::*;
use crate::domain::catalogue::{
    Status,
    attribute::{Definition, Value},
    import::{Entry, Imported, LineError},
};

fn variant(sku: &str, price: i64) -> NewVariant {
    let mut variant = teapots().products.remove(0).variants.remove(0);
    variant.sku = sku.into();
    variant.options = BTreeMap::from([("Size".to_owned(), sku.to_owned())]);
    variant.price = Money::euros(price);
    variant
}

fn product(slug: &str, variants: &[NewVariant]) -> NewProduct {
    let variants = variants.to_vec();
    NewProduct { slug: slug.into(), variants, ..teapots().products.remove(0) }
}

fn import(products: Vec<NewProduct>) -> Import {
    Import { products, ..teapots() }
}

/// Created, updated, unchanged, and the codes of what was left out.
fn told(imported: &Imported) -> (i64, i64, i64, Vec<&str>) {
    let codes = imported.errors.iter().map(|it| it.code).collect();
    (imported.created, imported.updated, imported.unchanged, codes)
}

impl Database {
    /// The one number that `sql` selects.
    fn count(&self, sql: &str) -> i64 {
        use diesel::{RunQueryDsl as _, dsl, sql_types::BigInt};
        let query = diesel::select(dsl::sql::<BigInt>(&format!("({sql})")));
        match &self.url {
            Url::Sqlite(path) => {
                let mut conn = sqlite::Conn::establish(path.to_str().unwrap()).unwrap();
                query.get_result(&mut conn).unwrap()
            }
            Url::Postgres(url) => {
                query.get_result(&mut postgres::Conn::establish(url).unwrap()).unwrap()
            }
        }
    }

    /// Variants of which the ledger does not come to what is on hand.
    fn miscounted(&self) -> i64 {
        self.count(
            "SELECT count(*) FROM stock WHERE on_hand <> (SELECT coalesce(sum(units), 0) \
             FROM stock_ledger WHERE stock_ledger.variant_id = stock.variant_id)",
        )
    }
}

async fn all(store: &Store) -> Vec<Entry> {
    read!(store, catalogue::export(Page { limit: 100, after: None })).unwrap().items
}

#[actix_rt::test]
async fn only_what_differs_is_written_and_counted() {
    let (database, store, _) = Database::stocked().await;
    let versions = "SELECT CAST(sum(version) AS BIGINT) FROM products";
    let tree = "SELECT version FROM category_tree";
    let two = [variant("A", 100), variant("B", 200)];
    let file = import(vec![product("cup", &two), product("teapot", &[])]);
    let first = store.write(file.clone()).await.unwrap();
    assert_eq!(told(&first), (1, 0, 1, vec![]));
    let before = (database.count(versions), database.count(tree), all(&store).await);
    let commands = left(&store, Action::CatalogueImported).await;

    let again = store.write(file).await.unwrap();

    assert_eq!(told(&again), (0, 0, 2, vec![]));
    assert_eq!((database.count(versions), database.count(tree), all(&store).await), before);
    assert_eq!(left(&store, Action::CatalogueImported).await, commands);

    let cheaper = import(vec![product("cup", &[variant("A", 90), variant("B", 200)])]);
    assert_eq!(told(&store.write(cheaper).await.unwrap()), (0, 1, 0, vec![]));
    assert_eq!(database.count(versions), before.0 + 1);
    let prices = "SELECT count(*) FROM price_history JOIN variants \
                  ON variants.id = variant_id WHERE sku = ";
    assert_eq!(database.count(&format!("{prices}'A'")), 2);
    assert_eq!(database.count(&format!("{prices}'B'")), 1);
}

#[actix_rt::test]
async fn a_count_of_the_stock_alone_is_an_update_that_raises_no_version() {
    let (database, store, teapot) = Database::stocked().await;
    let versions = "SELECT CAST(sum(version) AS BIGINT) FROM products";
    let before = database.count(versions);
    let mut file = teapots();
    file.products[0].variants[0].on_hand = Some(4);

    assert_eq!(told(&store.write(file.clone()).await.unwrap()), (0, 1, 0, vec![]));

    assert_eq!((database.count(versions), database.miscounted()), (before, 0));
    database.execute("UPDATE stock SET reserved = 3").unwrap();
    file.products[0].variants[0].on_hand = Some(1);
    store.write(file).await.unwrap();
    let product = read!(store, catalogue::product("teapot".to_owned())).unwrap();
    assert_eq!((product.variants[0].id, product.variants[0].stock.available), (teapot, 0));
    assert_eq!(database.count("SELECT on_hand FROM stock"), 3, "what is reserved");
    assert_eq!(database.miscounted(), 0);
}

#[actix_rt::test]
async fn what_the_file_does_not_tell_stays_and_so_do_variants_that_it_does_not_name() {
    let (database, store, _) = Database::stocked().await;
    let mut b = variant("B", 200);
    b.compare_at_price = Some(Some(Money::euros(300)));
    let mut cup = product("cup", &[variant("A", 100), b]);
    (cup.brand, cup.status) = (Some(Some("Leaf".into())), Some(Status::Draft));
    store.write(import(vec![cup])).await.unwrap();
    let mut bare = product("cup", &[variant("B", 200), variant("C", 300)]);
    (bare.description, bare.brand, bare.category, bare.status) = (None, None, None, None);
    bare.variants[0].on_hand = None;
    bare.variants[0].weight_grams = None;

    store.write(import(vec![bare])).await.unwrap();

    let all = all(&store).await;
    let cup = &all[0].product;
    let skus: Vec<&str> = cup.variants.iter().map(|it| it.sku.as_str()).collect();
    assert_eq!((cup.slug.as_str(), skus), ("cup", vec!["A", "B", "C"]));
    assert_eq!((&cup.brand, cup.status), (&Some(Some("Leaf".to_owned())), Some(Status::Draft)));
    assert_eq!(cup.description.as_ref().unwrap().text, "It pours.");
    let b = &cup.variants[1];
    assert_eq!((b.on_hand, b.weight_grams), (Some(10), Some(900)));
    assert_eq!(b.compare_at_price, Some(Some(Money::euros(300))));
    assert_eq!(database.miscounted(), 0);
}

#[actix_rt::test]
async fn a_variant_that_was_taken_out_is_back_when_a_file_names_it() {
    let (database, store, teapot) = Database::stocked().await;
    database.execute("UPDATE variants SET removed_at = '2026-11-26 00:00:00'").unwrap();
    assert_eq!(all(&store).await[0].product.variants, []);

    assert_eq!(told(&store.write(teapots()).await.unwrap()), (0, 1, 0, vec![]));

    let product = read!(store, catalogue::product("teapot".to_owned())).unwrap();
    assert_eq!(product.variants[0].id, teapot);
}

#[actix_rt::test]
async fn a_product_that_may_not_be_taken_is_named_and_leaves_no_trace() {
    let (database, store, _) = Database::stocked().await;
    let before = all(&store).await;
    let line = |mut product: NewProduct, line| {
        product.line = line;
        product.variants.iter_mut().for_each(|it| it.line = line + 1);
        product
    };
    let with = |slug: &str, sku: &str| product(slug, &[variant(sku, 1)]);
    let mut twin = variant("TWIN", 1);
    twin.options = BTreeMap::new();
    let mut nowhere = with("nowhere", "N");
    nowhere.category = Some("nowhere".into());
    let full: Vec<NewVariant> = (0..100).map(|at| variant(&format!("F{at}"), 1)).collect();
    let file = import(vec![
        line(with("thief", "TEAPOT"), 10),
        line(product("empty", &[]), 20),
        line(nowhere, 30),
        line(product("teapot", &[twin]), 40),
        line(product("twice", &[variant("T", 1), variant("T", 2)]), 50),
        line(with("good", "G"), 60),
        line(with("good", "H"), 70),
        line(with("other", "G"), 80),
        line(product("full", &full), 90),
    ]);

    let taken = store.write(file).await.unwrap();

    let named: Vec<(u64, &str)> = taken.errors.iter().map(|it| (it.line, it.code)).collect();
    let expected = [
        (11, "sku_taken"),
        (20, "no_variants"),
        (30, "unknown_category"),
        (41, "repeated_variant"),
        (51, "repeated_sku"),
        (70, "repeated_handle"),
        (81, "sku_taken"),
    ];
    assert_eq!(named, expected);
    assert_eq!(taken.created, 2);
    let slugs: Vec<String> = all(&store).await.into_iter().map(|it| it.product.slug).collect();
    assert_eq!(slugs, ["full", "good", "teapot"]);
    assert_eq!(all(&store).await[2], before[0]);
    let one_more = import(vec![with("full", "F100")]);
    let refused = store.write(one_more).await.unwrap().errors;
    assert!(matches!(refused.as_slice(), [LineError { code: "too_many_variants", .. }]));
    assert_eq!(database.miscounted(), 0);
}

#[actix_rt::test]
async fn a_dry_run_comes_to_the_same_and_changes_nothing() {
    let (_database, store, _) = Database::stocked().await;
    let before = all(&store).await;
    let mut file = import(vec![
        product("cup", &[variant("A", 1)]),
        product("thief", &[variant("TEAPOT", 1)]),
        product("teapot", &[]),
    ]);
    file.products[0].category = None;
    file.categories.push(NewCategory {
        slug: "new".into(),
        name: "New".into(),
        parent: None,
        attributes: Vec::new(),
    });

    let weighed = file.clone();
    let weighed = read!(store, catalogue::weigh(weighed, now())).unwrap();

    assert_eq!(all(&store).await, before);
    assert_eq!(weighed, store.write(file).await.unwrap());
    assert_eq!(told(&weighed), (1, 0, 1, vec!["sku_taken"]));
    assert_eq!(weighed.categories, 2, "the new one, and the one of what names none");
}

#[actix_rt::test]
async fn a_category_that_stands_is_left_as_it_is() {
    let (_database, store, _) = Database::stocked().await;
    let mut file = teapots();
    let tea = NewCategory {
        slug: "tea".into(),
        name: "Thé".into(),
        parent: Some("drinks".into()),
        attributes: Vec::new(),
    };
    let drinks = NewCategory {
        slug: "drinks".into(),
        name: "Drinks".into(),
        parent: None,
        attributes: Vec::new(),
    };
    let green = NewCategory {
        slug: "green".into(),
        name: "Green".into(),
        parent: Some("tea".into()),
        attributes: Vec::new(),
    };
    file.categories = vec![drinks, tea, green];
    file.products[0].category = Some("green".into());

    store.write(file).await.unwrap();

    let path: Vec<(String, Option<String>)> = all(&store).await[0]
        .categories
        .iter()
        .map(|it| (it.name.clone(), it.parent.clone()))
        .collect();
    assert_eq!(path, [("Tea".to_owned(), None), ("Green".to_owned(), Some("tea".to_owned()))]);
}

#[actix_rt::test]
async fn two_that_import_the_same_new_things_at_once_make_them_once() {
    let (database, store, _) = Database::stocked().await;
    let other = Store::open(&database.url).unwrap();
    let file = |round: usize| {
        let slug = |at| format!("p{round}-{at}");
        let mut file = import(
            (0..20).map(|at| product(&slug(at), &[variant(&slug(at).to_uppercase(), 1)])).collect(),
        );
        let new = format!("c{round}");
        file.products.iter_mut().for_each(|it| it.category = Some(new.clone()));
        file.categories = vec![NewCategory {
            slug: new.clone(),
            name: new,
            parent: None,
            attributes: Vec::new(),
        }];
        file
    };

    for round in 0..10 {
        let (one, two) =
            futures_util::future::join(store.write(file(round)), other.write(file(round))).await;
        let (one, two) = (one.unwrap(), two.unwrap());
        assert_eq!((one.created + two.created, one.unchanged + two.unchanged), (20, 20));
    }
    assert_eq!((all(&store).await.len(), database.miscounted()), (100, 0));
    assert_eq!(database.count("SELECT count(*) FROM products"), 201);
}

#[actix_rt::test]
async fn definitions_come_with_a_category_that_is_new_and_never_to_one_that_stands() {
    let (_database, store, _) = Database::stocked().await;
    let heat = json!([{ "name": "Heat", "kind": "enumeration", "choices": ["Gas"] }]);
    let heat: Vec<Definition> = serde_json::from_value(heat).unwrap();
    let saying = |slug: &str, parent: Option<&str>| NewCategory {
        slug: slug.into(),
        name: slug.into(),
        parent: parent.map(str::to_owned),
        attributes: heat.clone(),
    };
    let mut file = import(vec![product("stove", &[variant("STOVE", 1)]), product("teapot", &[])]);
    file.products[0].category = Some("stoves".into());
    for product in &mut file.products {
        let said = BTreeMap::from([("Heat".to_owned(), Value::text("Coal"))]);
        product.attributes = Some(said);
    }
    file.categories =
        vec![saying("tea", None), saying("stoves", None), saying("camping", Some("stoves"))];

    let taken = store.write(file).await.unwrap();

    assert_eq!(told(&taken), (0, 1, 0, vec!["not_a_choice"]), "of tea anything can be said");
    let kept = read!(store, catalogue::categories(Page { limit: 100, after: None })).unwrap();
    let kept: Vec<(&str, &[Definition])> =
        kept.items.iter().map(|it| (it.slug.as_str(), it.attributes.as_slice())).collect();
    assert_eq!(kept, [("tea", &[][..]), ("stoves", &heat), ("camping", &[])]);
}
