//! The catalogue in memory against a naive one: random products, changes and questions.

use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::Value as Json;

use super::{listing::Listing, *};
use crate::domain::{
    catalogue::{
        CategoryRef, Product, Variant,
        attribute::Value,
        change::{Node, Revision, Shown, Tree},
        listing::{Facet, FacetValue, Filter, Sort},
        rating::Rating,
        stock::{Level, Stock},
    },
    id::{CategoryId, VariantId},
    money::Money,
    page::Page,
};

mod late;
mod search;

/// The parent of each category, in its place.
const PARENTS: [Option<usize>; 7] = [None, Some(0), Some(0), Some(1), None, Some(4), Some(3)];
const COLOURS: [&str; 4] = ["Red", "Green", "Blue", "Grey"];
const MATERIALS: [&str; 3] = ["Oak", "Steel", "Wool"];

/// A shop that is looked through from one end to the other for each question.
struct Naive {
    categories: Vec<CategoryRef>,
    products: BTreeMap<ProductId, (Product, Level)>,
    /// The units of each product that there is or was.
    levels: BTreeMap<ProductId, Level>,
    /// The number of the last revision of each product.
    numbers: BTreeMap<ProductId, i64>,
}

impl Naive {
    fn new() -> Self {
        let category = |at: usize| CategoryRef {
            id: CategoryId::new(),
            slug: format!("c{at}"),
            name: format!("Category {at}"),
        };
        let categories = (0..PARENTS.len()).map(category).collect();
        let (products, levels, numbers) = Default::default();
        Naive { categories, products, levels, numbers }
    }

    fn tree(&self) -> Tree {
        let parent = |at: &Option<usize>| at.map(|at| self.categories[at].id);
        let nodes = self.categories.iter().zip(&PARENTS).map(|(category, at)| Node {
            category: category.clone(),
            parent: parent(at),
            attributes: Vec::new(),
        });
        Tree { version: 1, nodes: nodes.collect() }
    }

    fn is_within(&self, category: &CategoryRef, slug: &str) -> bool {
        let mut at = self.categories.iter().position(|it| it == category);
        while let Some(place) = at {
            if self.categories[place].slug == slug {
                return true;
            }
            at = PARENTS[place];
        }
        false
    }

    /// Those that pass the filter, but for what it says of the attribute `left_out`.
    fn passing(&self, filter: &Filter, left_out: Option<&str>) -> Vec<&(Product, Level)> {
        let passes = |(product, level): &&(Product, Level)| {
            let price = product.price_from.amount;
            let has = |(name, values): (&String, &BTreeSet<String>)| {
                Some(name.as_str()) == left_out
                    || product
                        .attributes
                        .get(name)
                        .is_some_and(|it| values.contains(&it.to_string()))
            };
            filter.category.as_ref().is_none_or(|slug| self.is_within(&product.category, slug))
                && filter.price_min.is_none_or(|min| price >= min)
                && filter.price_max.is_none_or(|max| price <= max)
                && (!filter.in_stock || level.on_hand > level.reserved)
                && filter.attributes.iter().all(has)
        };
        self.products.values().filter(passes).collect()
    }

    fn sorted(&self, filter: &Filter, sort: Sort) -> Vec<ProductId> {
        let mut all = self.passing(filter, None);
        let rated = |it: &Product| (it.rating.average_hundredths(), it.rating.count());
        all.sort_by(|(a, x), (b, y)| match sort {
            Sort::Newest | Sort::Relevance => b.id.cmp(&a.id),
            Sort::PriceUp => (a.price_from.amount, a.id).cmp(&(b.price_from.amount, b.id)),
            Sort::PriceDown => (b.price_from.amount, b.id).cmp(&(a.price_from.amount, a.id)),
            Sort::Rating => (rated(b), b.id).cmp(&(rated(a), a.id)),
            Sort::Popular => (y.sold, b.id).cmp(&(x.sold, a.id)),
        });
        all.iter().map(|(product, _)| product.id).collect()
    }

    fn facets(&self, filter: &Filter) -> Vec<Facet> {
        let mut facets = Vec::new();
        for name in ["Colour", "Material", "Size"] {
            let mut counts: BTreeMap<String, i64> = BTreeMap::new();
            let left_out = filter.attributes.contains_key(name).then_some(name);
            for (product, _) in self.passing(filter, left_out) {
                if let Some(value) = product.attributes.get(name) {
                    *counts.entry(value.to_string()).or_default() += 1;
                }
            }
            let mut values: Vec<FacetValue> =
                counts.into_iter().map(|(value, count)| FacetValue { value, count }).collect();
            values.sort_by_key(|it| (-it.count, it.value.clone()));
            if !values.is_empty() {
                facets.push(Facet { name: name.into(), unit: None, values });
            }
        }
        facets
    }
}

pub(super) fn product(id: ProductId, category: CategoryRef, name: &str, price: i64) -> Product {
    let variant = Variant {
        id: VariantId::from(id.uuid()),
        sku: format!("SKU-{id}"),
        name: String::new(),
        options: BTreeMap::new(),
        price: Money::euros(price),
        compare_at_price: None,
        weight_grams: 100,
        stock: Stock::NONE,
        low_threshold: 2,
    };
    Product {
        id,
        slug: format!("p-{id}"),
        name: name.to_owned(),
        description: String::new(),
        description_html: None,
        brand: None,
        category,
        attributes: BTreeMap::new(),
        images: Vec::new(),
        rating: Rating::default(),
        price_from: Money::euros(price),
        variants: vec![variant],
        version: 1,
        created_at: DateTime::UNIX_EPOCH,
    }
}

pub(super) fn revision(number: i64, product: Product, level: Level) -> Revision {
    let (id, moves) = (product.id, level.version);
    Revision { id, number, moves, shown: Some(Shown { product, levels: vec![level] }) }
}

pub(super) fn level(product: &Product, on_hand: i64) -> Level {
    let variant = product.variants[0].id;
    Level { variant, on_hand, reserved: 0, sold: 0, version: 1 }
}

fn random_product(dice: &mut StdRng, naive: &Naive, id: ProductId) -> Product {
    let category = naive.categories.choose(dice).unwrap().clone();
    let mut product = product(id, category, "Thing", dice.random_range(0..30) * 100);
    let mut say = |name: &str, value: Value| {
        if dice.random_bool(0.7) {
            product.attributes.insert(name.to_owned(), value);
        }
    };
    let mut other = StdRng::seed_from_u64(id.uuid().as_u64_pair().1);
    say("Colour", Value::text(*COLOURS.choose(&mut other).unwrap()));
    say("Material", Value::text(*MATERIALS.choose(&mut other).unwrap()));
    say("Size", serde_json::from_value(other.random_range(1..4).into()).unwrap());
    product.rating.counts[dice.random_range(0..5)] = dice.random_range(0..4);
    product
}

/// One change of a random shop, told to both.
fn change(dice: &mut StdRng, naive: &mut Naive, catalogue: &Catalogue) {
    let known: Vec<ProductId> = naive.numbers.keys().copied().collect();
    let id = match known.choose(dice) {
        Some(id) if dice.random_bool(0.6) => *id,
        _ => ProductId::new(),
    };
    let (number, mut told) = (naive.numbers.get(&id).copied().unwrap_or(0), Changes::default());
    match (dice.random_range(0..10), naive.products.get_mut(&id)) {
        // Its stock, and once more what is older.
        (0..4, Some((_, level))) => {
            let older = *level;
            level.version += 1;
            level.on_hand = dice.random_range(0..3);
            level.sold += dice.random_range(0..3);
            told.levels = vec![*level, older];
            naive.levels.insert(id, *level);
        }
        (4, Some((_, level))) => {
            let moves = level.version;
            naive.products.remove(&id);
            naive.numbers.insert(id, number + 1);
            told.products = vec![Revision { id, number: number + 1, moves, shown: None }];
        }
        (_, known) => {
            let before = known.map(|(product, level)| (product.clone(), *level));
            let product = random_product(dice, naive, id);
            let level = *naive.levels.entry(id).or_insert_with(|| level(&product, 1));
            told.products = vec![revision(number + 1, product.clone(), level)];
            // What is older arrives later.
            told.products.extend(before.map(|(product, level)| revision(number, product, level)));
            naive.products.insert(id, (product, level));
            naive.numbers.insert(id, number + 1);
        }
    }
    catalogue.apply(told);
}

fn random_filter(dice: &mut StdRng) -> Filter {
    let mut attributes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let choices: [(&str, &[&str]); 3] =
        [("Colour", &COLOURS), ("Material", &MATERIALS), ("Size", &["1", "2", "3", "9"])];
    for (name, values) in choices {
        if dice.random_bool(0.3) {
            let count = dice.random_range(1..3);
            let some = values.choose_multiple(dice, count).map(|it| (*it).to_owned());
            attributes.insert(name.to_owned(), some.collect());
        }
    }
    let category = format!("c{}", dice.random_range(0..PARENTS.len() + 1));
    Filter {
        query: None,
        category: dice.random_bool(0.4).then_some(category),
        price_min: dice.random_bool(0.2).then(|| dice.random_range(0..30) * 100),
        price_max: dice.random_bool(0.3).then(|| dice.random_range(0..30) * 100),
        in_stock: dice.random_bool(0.3),
        attributes,
    }
}

/// All pages of a listing, joined.
fn pages(catalogue: &Catalogue, filter: &Filter, sort: Sort, limit: i64) -> (Vec<String>, Listing) {
    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let listing = catalogue.list(filter, sort, &Page { limit, after }).unwrap();
        for item in &listing.items {
            let product: Json = serde_json::from_slice(item.plain()).unwrap();
            ids.push(product["id"].as_str().unwrap().to_owned());
        }
        match listing.next.clone() {
            Some(key) => after = Some(key),
            None => return (ids, listing),
        }
    }
}

#[actix_rt::test]
async fn filters_facets_and_pages_agree_with_a_naive_scan() {
    for seed in 0..40 {
        let dice = &mut StdRng::seed_from_u64(seed);
        let (mut naive, catalogue) = (Naive::new(), Catalogue::new().unwrap());
        catalogue.apply(Changes { tree: Some(naive.tree()), ..Changes::default() });
        for _ in 0..12 {
            for _ in 0..dice.random_range(1..40) {
                change(dice, &mut naive, &catalogue);
            }
            for _ in 0..8 {
                let filter = random_filter(dice);
                let sort = *Sort::ALL.choose(dice).unwrap();
                let limit = dice.random_range(1..30);

                let (ids, listing) = pages(&catalogue, &filter, sort, limit);

                let due = naive.sorted(&filter, sort);
                let due: Vec<String> = due.iter().map(ToString::to_string).collect();
                let told = format!("seed {seed}, {sort} of {filter:?}");
                assert_eq!(ids, due, "{told}");
                assert_eq!(listing.total, super::count(due.len()), "{told}");
                let facets: Json = serde_json::from_slice(&listing.facets).unwrap();
                let due = serde_json::to_value(naive.facets(&filter)).unwrap();
                assert_eq!(facets, due, "{told}");
            }
        }
    }
}

#[actix_rt::test]
async fn a_page_goes_on_where_the_last_one_ended_while_products_come_and_go() {
    let dice = &mut StdRng::seed_from_u64(7);
    let (mut naive, catalogue) = (Naive::new(), Catalogue::new().unwrap());
    catalogue.apply(Changes { tree: Some(naive.tree()), ..Changes::default() });
    (0..400).for_each(|_| change(dice, &mut naive, &catalogue));
    let filter = Filter::default();
    for sort in Sort::ALL {
        let stay: BTreeSet<String> = naive.products.keys().map(ToString::to_string).collect();
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let listing = catalogue.list(&filter, *sort, &Page { limit: 7, after }).unwrap();
            for item in &listing.items {
                let product: Json = serde_json::from_slice(item.plain()).unwrap();
                seen.push(product["id"].as_str().unwrap().to_owned());
            }
            // Others come in between: before the place where the reader is, and after it.
            for _ in 0..3 {
                let new = random_product(dice, &naive, ProductId::new());
                let level = level(&new, 1);
                let products = vec![revision(1, new, level)];
                catalogue.apply(Changes { products, ..Changes::default() });
            }
            let Some(key) = listing.next else { break };
            after = Some(key);
        }

        let distinct: BTreeSet<&String> = seen.iter().collect();
        assert_eq!(distinct.len(), seen.len(), "{sort}: none twice");
        assert!(stay.iter().all(|it| distinct.contains(it)), "{sort}: none left out");
    }
}

#[actix_rt::test]
async fn categories_count_what_is_in_them_and_below() {
    let dice = &mut StdRng::seed_from_u64(3);
    let (mut naive, catalogue) = (Naive::new(), Catalogue::new().unwrap());
    (0..200).for_each(|_| change(dice, &mut naive, &catalogue));
    // The tree arrives after the products, as it may on another node.
    catalogue.apply(Changes { tree: Some(naive.tree()), ..Changes::default() });

    let (tree, _) = catalogue.categories().unwrap();

    let tree: Json = serde_json::from_slice(tree.plain()).unwrap();
    let mut todo: Vec<&Json> = tree["items"].as_array().unwrap().iter().collect();
    let mut count = 0;
    while let Some(category) = todo.pop() {
        let slug = category["slug"].as_str().unwrap();
        let filter = Filter { category: Some(slug.to_owned()), ..Filter::default() };
        assert_eq!(category["product_count"], naive.passing(&filter, None).len(), "{slug}");
        todo.extend(category["children"].as_array().unwrap());
        count += 1;
    }
    assert_eq!(count, PARENTS.len());
}

#[actix_rt::test]
async fn a_sequence_rises_with_each_change_and_never_falls() {
    let dice = &mut StdRng::seed_from_u64(11);
    let (mut naive, catalogue) = (Naive::new(), Catalogue::new().unwrap());
    let mut last: BTreeMap<ProductId, i64> = BTreeMap::new();
    for _ in 0..600 {
        change(dice, &mut naive, &catalogue);
        for id in catalogue.changed().await {
            let sequence = catalogue.live(id).unwrap().sequence;
            let before = last.insert(id, sequence);
            assert!(before.is_none_or(|it| it < sequence), "{before:?} {sequence}");
        }
    }
}
