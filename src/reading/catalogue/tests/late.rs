//! What arrives late, and what nobody needs any more.

use roaring::RoaringBitmap;

use super::{super::listing::weight, *};

#[actix_rt::test]
async fn a_renamed_category_stays_so_whatever_was_read_before() {
    let (naive, catalogue) = (Naive::new(), Catalogue::new().unwrap());
    let mut tree = naive.tree();
    catalogue.apply(Changes { tree: Some(tree.clone()), ..Changes::default() });
    let thing = product(ProductId::new(), naive.categories[1].clone(), "Thing", 100);
    let before = revision(1, thing.clone(), level(&thing, 1));
    catalogue.apply(Changes { products: vec![before.clone()], ..Changes::default() });

    tree.version = 2;
    tree.nodes[1].category.name = "New".to_owned();
    catalogue.apply(Changes { tree: Some(tree), ..Changes::default() });
    catalogue.apply(Changes { products: vec![before], ..Changes::default() });

    let (body, _) = catalogue.product(&thing.slug).unwrap();
    let shown: Json = serde_json::from_slice(body.plain()).unwrap();
    assert_eq!(shown["category"]["name"], "New");
}

#[actix_rt::test]
async fn what_is_taken_out_of_the_shop_is_told_under_a_later_sequence() {
    let (naive, catalogue) = (Naive::new(), Catalogue::new().unwrap());
    catalogue.apply(Changes { tree: Some(naive.tree()), ..Changes::default() });
    let thing = product(ProductId::new(), naive.categories[0].clone(), "Thing", 100);
    let first = level(&thing, 5);
    catalogue
        .apply(Changes { products: vec![revision(6, thing.clone(), first)], ..Changes::default() });
    // Sold, after whoever takes it out has read its stock.
    let sold = Level { version: 2, on_hand: 4, ..first };
    catalogue.apply(Changes { levels: vec![sold], ..Changes::default() });
    let before = catalogue.live(thing.id).unwrap().sequence;

    let gone = Revision { id: thing.id, number: 7, moves: first.version, shown: None };
    catalogue.apply(Changes { products: vec![gone], ..Changes::default() });

    let live = catalogue.live(thing.id).unwrap();
    assert!(live.sequence > before && live.state.is_none(), "{live:?} after {before}");
}

#[test]
fn a_filter_weighs_what_its_names_do() {
    let names = |count: usize| {
        let names = (0..count).map(|it| (it.to_string(), BTreeSet::from(["1".to_owned()])));
        weight(&Filter { attributes: names.collect(), ..Filter::default() })
    };
    assert!(names(10) > names(0) + 10 * 500);
}

#[test]
fn a_value_that_no_product_has_any_more_leaves_nothing_behind() {
    let mut facets = facets::Facets::default();
    let all = RoaringBitmap::from_iter([0]);
    for number in 0..1_000 {
        let said = BTreeMap::from([("Synced".to_owned(), Value::text(number.to_string()))]);
        facets.set(0, &said);
        let shown = facets.count(&all, &BTreeMap::new());
        assert_eq!((shown.len(), shown[0].values.len()), (1, 1));
    }
    assert_eq!(facets.values(), 1);
    facets.clear(0);
    assert!(facets.count(&all, &BTreeMap::new()).is_empty());
}
