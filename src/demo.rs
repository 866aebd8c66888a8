//! The demo shop, and made-up catalogues of any size: values to import, the same on every run.

mod attribute;
pub mod dice;
mod draw;
mod item;
mod load;
mod palette;
mod shelves;
mod sketch;
mod sketches;

use crate::domain::catalogue::import::{Import, NewCategory};

/// Slug, name and parent of each category; products are in those that have none below them.
const CATEGORIES: [(&str, &str, Option<&str>); 11] = [
    ("kitchen", "Kitchen", None),
    ("tea-coffee", "Tea & Coffee", Some("kitchen")),
    ("cookware", "Cookware", Some("kitchen")),
    ("home", "Home", None),
    ("lighting", "Lighting", Some("home")),
    ("textiles", "Textiles", Some("home")),
    ("outdoors", "Outdoors", None),
    ("camping", "Camping", Some("outdoors")),
    ("garden", "Garden", Some("outdoors")),
    ("stationery", "Stationery", None),
    ("apparel", "Apparel", None),
];

/// The demo shop: 60 products in 8 categories, with a picture each. Draws the pictures, which
/// takes about a second.
pub fn catalogue() -> Import {
    let shelves = shelves::ALL.into_iter();
    let products = shelves
        .flat_map(|shelf| shelf.items.iter().map(|item| item.product(shelf.category)))
        .collect();
    Import { categories: categories(), products }
}

/// A catalogue for load runs: `products` in the demo shop's categories, without pictures, each
/// with `variants` variants (1 to [`VARIANTS_MAX`](crate::domain::catalogue::VARIANTS_MAX)) of
/// which no run will see the last. Comes in imports of at most 500 products.
pub fn large(products: usize, variants: usize) -> impl Iterator<Item = Import> {
    load::imports(products, variants)
}

fn categories() -> Vec<NewCategory> {
    let category = |(slug, name, parent): (&str, &str, Option<&str>)| NewCategory {
        slug: slug.to_owned(),
        name: name.to_owned(),
        parent: parent.map(str::to_owned),
        attributes: attribute::definitions(slug).collect(),
    };
    CATEGORIES.into_iter().map(category).collect()
}

#[cfg(test)]
mod tests {
    use std::{
        collections::{BTreeMap, BTreeSet},
        sync::LazyLock,
    };

    use super::*;
    use crate::domain::{
        catalogue::{
            attribute::{Definition, Kind},
            import::Picture,
            typed,
        },
        patch::Wrong,
    };

    /// Drawn once for all tests: in a debug build it takes seconds.
    static SHOP: LazyLock<Import> = LazyLock::new(catalogue);

    /// The most bytes of a picture: sixty of them should load like one photograph.
    const PICTURE_BYTES_MAX: usize = 25 * 1024;

    #[test]
    fn the_demo_shop_has_sixty_products_in_eight_categories() {
        let import = &*SHOP;

        let used: BTreeSet<&str> =
            import.products.iter().filter_map(|it| it.category.as_deref()).collect();
        assert_eq!((import.products.len(), used.len()), (60, 8));
        for (at, category) in import.categories.iter().enumerate() {
            let above = &import.categories[..at];
            let known = |parent: &String| above.iter().any(|it| it.slug == *parent);
            assert!(category.parent.as_ref().is_none_or(known), "{}", category.slug);
        }
        for slug in used {
            assert!(import.categories.iter().any(|it| it.slug == slug), "{slug}");
            assert!(import.categories.iter().all(|it| it.parent.as_deref() != Some(slug)));
        }
    }

    #[test]
    fn nothing_on_the_shelves_is_missing_or_there_twice() {
        let import = &*SHOP;
        let (mut slugs, mut names, mut skus) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());

        for product in &import.products {
            assert!(slugs.insert(&product.slug), "{}", product.slug);
            assert!(names.insert(&product.name), "{}", product.name);
            let attributes = product.attributes.as_ref().unwrap();
            assert!(!product.variants.is_empty() && !attributes.is_empty());
            let described = product.description.as_ref().unwrap();
            assert!((40..400).contains(&described.text.len()), "{}", product.slug);
            let mut options = BTreeSet::new();
            for variant in &product.variants {
                assert!(skus.insert(&variant.sku), "{}", variant.sku);
                assert!(options.insert(&variant.options), "{}", variant.sku);
                let was = variant.compare_at_price.flatten();
                let fair = was.is_none_or(|it| it.amount > variant.price.amount);
                assert!(variant.price.amount > 0 && variant.weight_grams > Some(0) && fair);
            }
        }
    }

    /// What products of a category can say.
    fn definitions(all: &[NewCategory], slug: Option<&str>) -> Vec<Definition> {
        let Some(category) = all.iter().find(|it| Some(it.slug.as_str()) == slug) else {
            return Vec::new();
        };
        [definitions(all, category.parent.as_deref()), category.attributes.clone()].concat()
    }

    #[test]
    fn all_products_say_what_their_categories_define() {
        let load = large(400, 1).collect::<Vec<_>>();

        for import in load.iter().chain([&*SHOP]) {
            for product in &import.products {
                let terms = definitions(&import.categories, product.category.as_deref());
                let said = product.attributes.as_ref().unwrap();
                let unmet = typed::unmet(&terms, said, true);
                assert_eq!(unmet, None, "{}: {said:?}", product.slug);
                let known = |name: &String| terms.iter().any(|it| it.name == *name);
                assert!(said.keys().all(known), "{}: {said:?}", product.slug);
            }
        }
    }

    #[test]
    fn the_definitions_make_sense_and_one_name_is_of_one_kind_and_unit() {
        let all = categories();
        let mut known = BTreeMap::new();

        for category in &all {
            let (mut wrong, terms) = (Wrong::default(), definitions(&all, Some(&category.slug)));
            assert_eq!(typed::checked(&terms, &mut wrong), terms);
            wrong.none().unwrap();
            for it in terms {
                let (before, is) = (known.get(&it.name).cloned(), (it.kind, it.unit, it.choices));
                assert!(before.is_none_or(|before| before == is), "{}", it.name);
                known.insert(it.name, is);
            }
        }
        assert!(Kind::ALL.iter().all(|kind| known.values().any(|it| it.0 == *kind)));
        assert!(all.iter().flat_map(|it| &it.attributes).any(|it| it.required));
    }

    #[test]
    fn most_is_in_stock_a_little_is_low_and_some_has_run_out() {
        let import = &*SHOP;
        let on_hand: Vec<i64> = import
            .products
            .iter()
            .flat_map(|it| &it.variants)
            .filter_map(|it| it.on_hand)
            .collect();

        let out = on_hand.iter().filter(|it| **it == 0).count();
        let low = on_hand.iter().filter(|it| (1..20).contains(*it)).count();
        assert!((1..=2).contains(&out) && (3..=12).contains(&low), "{out} out, {low} low");
        assert!(on_hand.iter().all(|it| *it <= 400));
    }

    #[test]
    fn each_product_has_a_small_picture_of_its_own() {
        let import = &*SHOP;
        let mut seen = BTreeSet::new();

        for product in &import.products {
            let Some([image]) = product.images.as_deref() else { panic!("{}", product.slug) };
            let Picture::New { width, height, bytes, .. } = &image.picture else { panic!() };
            let pixels = tiny_skia::Pixmap::decode_png(bytes).unwrap();
            assert_eq!((pixels.width(), pixels.height()), (640, 640));
            assert_eq!((*width, *height), (640, 640));
            let size = bytes.len();
            assert!(size <= PICTURE_BYTES_MAX, "{}: {size} bytes", product.slug);
            assert!(seen.insert(bytes), "{} looks like another", product.slug);
        }
    }

    #[test]
    fn every_run_makes_the_same_shop() {
        let again = catalogue();

        assert!(again.products == SHOP.products && again.categories == SHOP.categories);
    }
}
