//! Made-up products for load runs: plain words in plausible combinations.

use std::{collections::BTreeMap, ops::Range};

use super::{categories, dice::Dice, item::hash, shelves};
use crate::domain::{
    catalogue::{
        Status, VARIANTS_MAX,
        attribute::Value,
        import::{Description, IMPORT_VARIANTS_MAX, Import, NewProduct, NewVariant, PRODUCTS_MAX},
    },
    money::Money,
};

/// More than any run buys, so that what is measured is never a refusal.
const ON_HAND: i64 = 100_000;

pub const STYLES: [&str; 16] = [
    "Alpine", "Amber", "Classic", "Coastal", "Compact", "Cosy", "Country", "Elegant", "Everyday",
    "Graphic", "Heritage", "Modern", "Nordic", "Rustic", "Simple", "Vintage",
];
const MATERIALS: [&str; 12] = [
    "Ash", "Bamboo", "Brass", "Ceramic", "Copper", "Cotton", "Glass", "Linen", "Oak", "Steel",
    "Walnut", "Wool",
];
const THINGS: [&str; 20] = [
    "Basket",
    "Blanket",
    "Bottle",
    "Bowl",
    "Box",
    "Candle Holder",
    "Clock",
    "Cup",
    "Frame",
    "Hook",
    "Jar",
    "Lamp",
    "Mirror",
    "Plate",
    "Shelf",
    "Stool",
    "Table",
    "Tray",
    "Vase",
    "Watch",
];
const BRANDS: [&str; 8] = [
    "Aldermoor",
    "Brasswick",
    "Greenhithe",
    "Halden Light",
    "Marlow Wren",
    "Northlight",
    "Skarvik",
    "Tidewater",
];
const COLOURS: [&str; 10] =
    ["Black", "Blue", "Clay", "Green", "Grey", "Mustard", "Natural", "Red", "Rose", "White"];

pub fn imports(products: usize, variants: usize) -> impl Iterator<Item = Import> {
    let variants = variants.clamp(1, VARIANTS_MAX);
    let at_once = PRODUCTS_MAX.min(IMPORT_VARIANTS_MAX / variants);
    (0..products).step_by(at_once).map(move |first| {
        let last = first.saturating_add(at_once).min(products);
        import(first..last, variants)
    })
}

/// Each import names the categories, so that it can be taken alone.
fn import(numbers: Range<usize>, variants: usize) -> Import {
    let products = numbers.map(|number| product(number, variants)).collect();
    Import { categories: categories(), products }
}

fn product(number: usize, variants: usize) -> NewProduct {
    let mut dice = Dice::new(hash(&format!("product {number}")));
    let (style, material) = (dice.pick(&STYLES), dice.pick(&MATERIALS));
    let (thing, brand) = (dice.pick(&THINGS), dice.pick(&BRANDS));
    let category = dice.pick(&shelves::ALL).map_or("apparel", |shelf| shelf.category);
    let [style, material, thing, brand] =
        [style, material, thing, brand].map(|it| it.unwrap_or(&""));
    let name = format!("{style} {material} {thing} {number}");
    let cents = dice.below(195).saturating_mul(100).saturating_add(490);
    let text = format!("A {} of {}, made for load runs.", thing.to_lowercase(), material);
    let attributes = [("Material", material), ("Style", style)];
    let attributes = attributes.map(|(name, value)| (name.to_owned(), Value::text(*value)));
    NewProduct {
        line: 0,
        slug: name.to_lowercase().replace(' ', "-"),
        description: Some(Description { text, html: None }),
        brand: Some(Some((*brand).to_owned())),
        category: Some(category.to_owned()),
        attributes: Some(BTreeMap::from(attributes)),
        status: Some(Status::Published),
        images: None,
        variants: (0..variants).map(|at| variant(number, at, variants, cents)).collect(),
        name,
    }
}

fn variant(number: usize, at: usize, variants: usize, cents: i64) -> NewVariant {
    let colour = COLOURS.get(at % COLOURS.len()).copied().unwrap_or("Natural");
    let size = (at / COLOURS.len()).saturating_add(1).to_string();
    let options = match variants {
        1 => BTreeMap::new(),
        few if few <= COLOURS.len() => owned([("Colour", colour)]),
        _ => owned([("Colour", colour), ("Size", &size)]),
    };
    NewVariant {
        line: 0,
        sku: format!("LOAD-{number:07}-{at:02}"),
        name: options.values().map(String::as_str).collect::<Vec<_>>().join(" / "),
        options,
        price: Money::euros(cents),
        compare_at_price: Some(None),
        on_hand: Some(ON_HAND),
        weight_grams: Some(500),
        low_threshold: None,
    }
}

fn owned<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_large_catalogue_comes_in_bounded_parts_and_whole() {
        let parts: Vec<Import> = imports(1_203, 3).collect();

        let sizes: Vec<usize> = parts.iter().map(|it| it.products.len()).collect();
        assert_eq!(sizes, [333, 333, 333, 204]);
        let products = || parts.iter().flat_map(|it| &it.products);
        let slugs: BTreeSet<&String> = products().map(|it| &it.slug).collect();
        let variants = || products().flat_map(|it| &it.variants);
        let skus: BTreeSet<&String> = variants().map(|it| &it.sku).collect();
        assert_eq!((slugs.len(), skus.len()), (1_203, 3_609));
        assert!(parts.iter().all(|it| it.categories == categories()));
        assert!(variants().all(|it| it.price.amount >= 490 && it.on_hand == Some(ON_HAND)));
    }

    #[test]
    fn the_variants_of_a_product_differ_in_their_options() {
        for (asked, got) in [(0, 1), (1, 1), (7, 7), (100, 100), (101, 100)] {
            let product = imports(1, asked).next().unwrap().products.remove(0);
            let options: BTreeSet<_> = product.variants.iter().map(|it| &it.options).collect();
            assert_eq!((product.variants.len(), options.len()), (got, got));
        }
    }

    #[test]
    fn a_large_catalogue_is_the_same_on_every_run_and_uses_all_categories() {
        let run = || imports(400, 2).flat_map(|it| it.products).collect::<Vec<_>>();

        assert_eq!(run(), run());
        let used: BTreeSet<String> = run().into_iter().filter_map(|it| it.category).collect();
        assert_eq!(used.len(), 8);
        assert_eq!(imports(0, 1).count(), 0);
    }
}
