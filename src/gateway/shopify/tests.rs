//! Files as merchants have them, and lines that are wrong.

use super::*;

const HEAD: &str = "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,\
    Option1 Value,Option2 Name,Option2 Value,Variant SKU,Variant Grams,Variant Inventory Qty,\
    Variant Price,Variant Compare At Price,Image Src\n";

fn parsed(rows: &str) -> Parsed {
    read(format!("{HEAD}{rows}").as_bytes())
}

/// Line and code of each error.
fn errors(parsed: &Parsed) -> Vec<(u64, &'static str)> {
    parsed.errors.iter().map(|it| (it.line, it.code)).collect()
}

fn slugs(parsed: &Parsed) -> Vec<&str> {
    parsed.import.products.iter().map(|it| it.slug.as_str()).collect()
}

/// Files that stand beside the project, and are not ours to copy.
fn real(file: &str) -> Parsed {
    read(std::fs::File::open(format!("../shared/data/shopify/{file}")).unwrap())
}

#[test]
fn the_clothes_of_a_real_merchant_are_read_whole() {
    let parsed = real("apparel.csv");

    assert_eq!(errors(&parsed), []);
    let import = &parsed.import;
    let variants: usize = import.products.iter().map(|it| it.variants.len()).sum();
    assert_eq!((import.products.len(), variants), (20, 22));
    let categories: Vec<&str> = import.categories.iter().map(|it| it.slug.as_str()).collect();
    assert_eq!(categories, ["men", "women"]);

    let top = &import.products[1];
    assert_eq!(
        (top.slug.as_str(), top.name.as_str()),
        ("classic-varsity-top", "Classic Varsity Top")
    );
    assert_eq!((top.brand.as_deref(), top.category.as_str()), (Some("partners-demo"), "women"));
    assert!(top.description.starts_with("Womens casual varsity top, This grey"));
    let sizes: Vec<&str> = top.variants.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(sizes, ["Small", "Medium", "Large"]);
    assert_eq!(top.variants[2].sku, "CLASSIC-VARSITY-TOP.LARGE");
    assert_eq!(top.variants[2].options["Size"], "Large");
    assert_eq!((top.variants[2].price.amount, top.variants[2].on_hand), (6000, 1));

    let shirt = &import.products[0].variants[0];
    assert_eq!((shirt.sku.as_str(), shirt.name.as_str()), ("OCEAN-BLUE-SHIRT", ""));
    assert!(shirt.options.is_empty() && shirt.compare_at_price.is_none());
}

#[test]
fn the_furniture_of_a_real_merchant_is_read_whole() {
    let parsed = real("home-and-garden.csv");

    assert_eq!(errors(&parsed), []);
    let import = &parsed.import;
    let variants: usize = import.products.iter().map(|it| it.variants.len()).sum();
    assert_eq!((import.products.len(), variants), (20, 21));
    let categories: Vec<&str> = import.categories.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(categories, ["Outdoor", "Indoor"]);
    let light = &import.products[1];
    assert_eq!(light.description, "Stylish copper bedside light");
    let was = light.variants[0].compare_at_price.map(|it| it.amount);
    assert_eq!((light.variants[0].price.amount, was), (5999, Some(7500)));
    let armchair = import.products.iter().find(|it| it.slug == "pink-armchair").unwrap();
    assert_eq!(armchair.variants[0].on_hand, 0);
}

#[test]
fn each_reading_of_a_file_gives_the_same_skus_and_none_twice() {
    for file in ["apparel.csv", "home-and-garden.csv"] {
        let (one, two) = (real(file), real(file));

        assert_eq!(one.import.products, two.import.products);
        let variants = || one.import.products.iter().flat_map(|it| &it.variants);
        let skus: HashSet<&str> = variants().map(|it| it.sku.as_str()).collect();
        assert_eq!(skus.len(), variants().count());
    }
}

#[test]
fn lines_of_a_handle_are_one_product_wherever_they_stand() {
    let parsed = parsed(
        "tea,Tea,<p>Good &amp; hot</p>,Leaf,,\"drinks, hot\",TRUE,Size,Small,Colour,Red,,250.5,3,4.5,9.00,a.png\n\
         ,,,,,,,,,,,,,,,,\n\
         tea,,,,,,,,,,,,,,,,b.png\n\
         mug,Mug,,,Cups,,,Title,Default Title,,,'0042,,-3,10,8,\n\
         tea,,,,,,,,Large,,Blue,,,,9,,\n\
         mug,,,,,,,,,,,,,,,,c.png\n",
    );

    assert_eq!((errors(&parsed), slugs(&parsed)), (vec![], vec!["tea", "mug"]));
    let [tea, mug] = parsed.import.products.as_slice() else { panic!() };
    assert_eq!((tea.description.as_str(), tea.category.as_str()), ("Good & hot", "drinks"));
    let [small, large] = tea.variants.as_slice() else { panic!() };
    assert_eq!((small.sku.as_str(), small.name.as_str()), ("TEA.SMALL.RED", "Small / Red"));
    assert_eq!((small.price.amount, small.weight_grams, small.on_hand), (450, 250, 3));
    assert_eq!((large.sku.as_str(), large.on_hand), ("TEA.LARGE.BLUE", 0));
    let mug = &mug.variants[0];
    assert_eq!((mug.sku.as_str(), mug.on_hand, mug.compare_at_price), ("0042", 0, None));
}

#[test]
fn a_wrong_line_is_named_by_its_number_in_the_file_and_leaves_the_others() {
    let parsed = parsed(
        "a,A,\"two\nlines\",,,,true,Size,S,,,,,1,10,,\n\
         a,,,,,,,,M,,,,,1,\"1,299.00\",,\n\
         a,,,,,,,,L,,,,,many,10,,\n\
         a,,,,,,,,L,,,,heavy,1,10,,\n\
         a,,,,,,,,S,,,,,1,10,,\n\
         a,,,,,,,,,,,,,1,10,,\n\
         a,,,,,,,,XL,,Red,,,1,10,,\n\
         a,,,,,,,,XL,,,,,1,10,cheap,\n\
         a,,,,,,,,XL,,,,,1,10,,,,more\n\
         a,,,,,,,,XL,,,,,1,,,\n\
         ,B,,,,,true,Title,Default Title,,,,,1,10,,\n\
         \n\
         ?!,C,,,,,true,Title,Default Title,,,,,1,10,,\n\
         a,,,,,,,,XXL,,,,,1,10\n",
    );

    let expected = [
        (4, "invalid_price"),
        (5, "invalid_quantity"),
        (6, "invalid_weight"),
        (7, "repeated_variant"),
        (8, "invalid_options"),
        (9, "invalid_options"),
        (10, "invalid_price"),
        (11, "too_many_fields"),
        (12, "invalid_price"),
        (13, "missing_handle"),
        (15, "invalid_handle"),
    ];
    assert_eq!(errors(&parsed), expected);
    assert_eq!(
        parsed.errors[0].message,
        "the price is \"1,299.00\", and not digits with a point and two decimals"
    );
    let sizes: Vec<&str> =
        parsed.import.products[0].variants.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(sizes, ["S", "XXL"]);
}

#[test]
fn a_product_that_begins_wrong_is_left_out_with_all_its_lines() {
    let long = "x".repeat(256);
    let parsed = parsed(&format!(
        "a,,,,,,true,Size,S,,,,,1,10,,\n\
         a,,,,,,,,M,,,,,1,10,,\n\
         b,{long},,,,,true,Title,Default Title,,,,,1,10,,\n\
         c,C,,,,,perhaps,Title,Default Title,,,,,1,10,,\n\
         d,D,,,,,true,Size,S,Size,M,,,1,10,,\n\
         e,E,,,,,true,Title,Default Title,,,,,1,free,,\n\
         019ab1c2-7d3e-7f00-8000-5a1b2c3d4e5f,F,,,Odd,,,,,,,,,1,10,,\n\
         g,G,,,Only,,,,,,,,,1,10,,\n"
    ));

    let expected = [
        (2, "missing_title"),
        (4, "too_long"),
        (5, "invalid_published"),
        (6, "invalid_options"),
        (7, "invalid_price"),
        (8, "invalid_handle"),
    ];
    assert_eq!(errors(&parsed), expected);
    assert_eq!(slugs(&parsed), ["g"]);
    let categories: Vec<&str> =
        parsed.import.categories.iter().map(|it| it.slug.as_str()).collect();
    assert_eq!(categories, ["only"], "no category without a product");
}

#[test]
fn a_sku_is_taken_once_in_a_file() {
    let parsed = parsed(
        "a,A,,,,,,,,,,ONE,,1,10,,\n\
         b,B,,,,,,,,,,ONE,,1,10,,\n",
    );
    assert_eq!((errors(&parsed), slugs(&parsed)), (vec![(3, "repeated_sku")], vec!["a"]));
}

#[test]
fn what_is_not_published_is_left_out_in_silence() {
    let parsed = read(
        "Handle,Title,Published,Variant Price,Status\n\
         a,A,FALSE,wrong,\nb,B,true,10,draft\nc,C,,10,Active\na,,,10,\n"
            .as_bytes(),
    );
    assert_eq!((errors(&parsed), slugs(&parsed)), (vec![], vec!["c"]));
    assert_eq!(parsed.import.categories[0].name, "Imported");
}

#[test]
fn a_file_of_something_else_is_one_error() {
    for (file, names) in [("name,price\nmug,10\n", "Handle, Title, Variant Price"), ("", "Handle")]
    {
        let parsed = read(file.as_bytes());
        assert_eq!(errors(&parsed), [(1, "missing_column")]);
        assert!(parsed.errors[0].message.contains(names) && parsed.import.products.is_empty());
    }
}

#[test]
fn a_byte_order_mark_and_carriage_returns_are_no_text() {
    let rows =
        "a,A,\"one\ntwo\",,,,,,,,,,,1,10,,\n\n\nb,B,,,,,,,,,,,,1,x,,a.png\nc,C,,,,,,,,,,,,1,y";
    for end in ["\n", "\r\n"] {
        let file = format!("\u{feff}{HEAD}{rows}").replace('\n', end);
        let parsed = read(file.as_bytes());

        assert_eq!(errors(&parsed), [(6, "invalid_price"), (7, "invalid_price")]);
        assert_eq!(slugs(&parsed), ["a"]);
        assert_eq!(parsed.import.products[0].description, "one two");
    }
}

#[test]
fn a_line_that_is_not_utf_8_spoils_itself_alone() {
    let mut file = format!("{HEAD}a,A,,,,,,,,,,,,1,10,,\n").into_bytes();
    file.extend_from_slice(b"b,Caf\xe9,,,,,,,,,,,,1,10,,\n");
    file.extend_from_slice(b"c,C,,,,,,,,,,,,1,10,,\n");
    let parsed = read(file.as_slice());
    assert_eq!((errors(&parsed), slugs(&parsed)), (vec![(3, "unreadable")], vec!["a", "c"]));
}

#[test]
fn a_product_takes_a_hundred_variants_and_a_file_a_thousand_errors() {
    let sizes: String =
        (0..=VARIANTS_MAX).map(|at| format!("a,A,,,,,,Size,{at},,,,,1,10,,\n")).collect();
    let parsed_sizes = parsed(&sizes);
    assert_eq!(errors(&parsed_sizes), [(102, "too_many_variants")]);
    assert_eq!(parsed_sizes.import.products[0].variants.len(), VARIANTS_MAX);

    let parsed_wrong = parsed(&",no handle,,,,,,,,,,,,1,10,,\n".repeat(2_000));
    assert_eq!(parsed_wrong.errors.len(), ERRORS_MAX);
    assert_eq!(parsed_wrong.errors.last().unwrap().code, "too_many_errors");
}
