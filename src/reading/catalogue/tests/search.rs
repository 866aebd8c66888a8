//! What a search finds, and in which order.

use super::*;

/// A shop with products of these names, the first one the oldest.
async fn shop(names: &[&str]) -> Catalogue {
    let (naive, catalogue) = (Naive::new(), Catalogue::new().unwrap());
    catalogue.apply(Changes { tree: Some(naive.tree()), ..Changes::default() });
    for name in names {
        let product = product(ProductId::new(), naive.categories[0].clone(), name, 100);
        add(&catalogue, product);
    }
    catalogue.settled().await;
    catalogue
}

fn add(catalogue: &Catalogue, product: Product) {
    let level = level(&product, 1);
    let products = vec![revision(product.version, product, level)];
    catalogue.apply(Changes { products, ..Changes::default() });
}

/// The names of what is found, the best first.
fn found(catalogue: &Catalogue, query: &str) -> Vec<String> {
    let filter = Filter { query: Some(query.to_owned()), ..Filter::default() };
    let (mut names, mut after) = (Vec::new(), None);
    loop {
        let page = Page { limit: 2, after };
        let listing = catalogue.list(&filter, Sort::Relevance, &page).unwrap();
        for item in &listing.items {
            let product: Json = serde_json::from_slice(item.plain()).unwrap();
            names.push(product["name"].as_str().unwrap().to_owned());
        }
        match listing.next {
            Some(key) => after = Some(key),
            None => return names,
        }
    }
}

#[actix_rt::test]
async fn the_exact_name_comes_first() {
    let shop =
        shop(&["Oak Table", "Oak Table for the Garden", "Table Lamp in Oak", "Oak Tablet"]).await;

    assert_eq!(found(&shop, "oak table")[0], "Oak Table");
    assert_eq!(found(&shop, "  OAK   tAbLe ")[0], "Oak Table");
    assert_eq!(found(&shop, "oak table").len(), 4);
}

#[actix_rt::test]
async fn a_word_is_found_by_its_beginning_in_another_form_and_with_one_letter_wrong() {
    let shop =
        shop(&["Beeswax Candles", "Wool Blanket", "Holztassen", "Синие чашки", "Crème Pot"]).await;

    for (query, name) in [
        ("candle", "Beeswax Candles"),
        ("bees", "Beeswax Candles"),
        ("candels", "Beeswax Candles"),
        ("blnaket", "Wool Blanket"),
        ("blamket", "Wool Blanket"),
        ("blankett", "Wool Blanket"),
        ("lanket", "Wool Blanket"),
        ("Holztasse", "Holztassen"),
        ("чашка", "Синие чашки"),
        ("синяя", "Синие чашки"),
        ("creme", "Crème Pot"),
        ("the blanket of wool", "Wool Blanket"),
    ] {
        assert_eq!(found(&shop, query), [name], "{query}");
    }
    for query in ["bl", "zz", "blkt", "wool candle", "!!!", "b"] {
        let names = found(&shop, query);
        assert!(names.is_empty() || query == "bl", "{query}: {names:?}");
    }
}

#[actix_rt::test]
async fn what_is_said_elsewhere_is_found_after_what_is_in_the_name() {
    let (naive, catalogue) = (Naive::new(), shop(&["Walnut Bowl"]).await);
    let mut plate = product(ProductId::new(), naive.categories[0].clone(), "Plate", 100);
    plate.description = "Turned of walnut by hand.".to_owned();
    plate.brand = Some("Aldermoor".to_owned());
    plate.attributes.insert("Material".to_owned(), Value::text("Maple"));
    add(&catalogue, plate);
    catalogue.settled().await;

    assert_eq!(found(&catalogue, "walnut"), ["Walnut Bowl", "Plate"]);
    for query in ["aldermoor", "maple", "turned", "category"] {
        assert!(found(&catalogue, query).contains(&"Plate".to_owned()), "{query}");
    }
}

#[actix_rt::test]
async fn a_search_follows_what_changes() {
    let (naive, catalogue) = (Naive::new(), shop(&[]).await);
    let mut vase = product(ProductId::new(), naive.categories[0].clone(), "Vase", 100);
    add(&catalogue, vase.clone());
    catalogue.settled().await;
    assert_eq!(found(&catalogue, "vase"), ["Vase"]);

    vase.version = 2;
    vase.name = "Pitcher".to_owned();
    add(&catalogue, vase.clone());
    catalogue.settled().await;
    assert_eq!((found(&catalogue, "vase").len(), found(&catalogue, "pitcher").len()), (0, 1));

    let gone = Revision { id: vase.id, number: 3, moves: 1, shown: None };
    catalogue.apply(Changes { products: vec![gone], ..Changes::default() });
    catalogue.settled().await;
    assert_eq!(found(&catalogue, "pitcher").len(), 0);
}

#[actix_rt::test]
async fn a_search_is_one_filter_among_others() {
    let names = ["Red Cup", "Blue Cup", "Red Bowl"];
    let (shop, mut filter) = (shop(&names).await, Filter::default());
    filter.query = Some("cup".to_owned());
    filter.price_max = Some(100);

    let listing = shop.list(&filter, Sort::PriceUp, &Page { limit: 10, after: None }).unwrap();

    assert_eq!((listing.total, listing.items.len()), (2, 2));
    filter.price_max = Some(99);
    let none = shop.list(&filter, Sort::Relevance, &Page { limit: 10, after: None }).unwrap();
    assert_eq!((none.total, none.next), (0, None));
}
