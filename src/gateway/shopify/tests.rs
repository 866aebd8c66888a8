//! Files as merchants have them, and lines that are wrong.

use super::*;
use crate::domain::catalogue::{Status, import::Description};

const HEAD: &str = "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,\
    Option1 Value,Option2 Name,Option2 Value,Variant SKU,Variant Grams,Variant Inventory Qty,\
    Variant Price,Variant Compare At Price,Image Src\n";

/// What a file came to.
struct Parsed {
    products: Vec<NewProduct>,
    categories: Vec<NewCategory>,
    errors: Vec<LineError>,
}

fn read(input: impl Read) -> Parsed {
    let mut parsed = Parsed { products: Vec::new(), categories: Vec::new(), errors: Vec::new() };
    for next in Products::of(input) {
        match next {
            Ok(Entry { categories, product }) => {
                parsed.products.push(product);
                let new = categories.into_iter().filter(|it| !parsed.categories.contains(it));
                let new: Vec<NewCategory> = new.collect();
                parsed.categories.extend(new);
            }
            Err(error) => parsed.errors.push(error),
        }
    }
    parsed
}

fn parsed(rows: &str) -> Parsed {
    read(format!("{HEAD}{rows}").as_bytes())
}

/// Line and code of each error.
fn errors(parsed: &Parsed) -> Vec<(u64, &'static str)> {
    parsed.errors.iter().map(|it| (it.line, it.code)).collect()
}

fn slugs(parsed: &Parsed) -> Vec<&str> {
    parsed.products.iter().map(|it| it.slug.as_str()).collect()
}

fn text(product: &NewProduct) -> &str {
    &product.description.as_ref().unwrap().text
}

#[test]
fn lines_of_a_handle_that_follow_each_other_are_one_product() {
    let key = "ab".repeat(32);
    let parsed = parsed(&format!(
        "tea,Tea,<p>Good &amp; <b>hot</b></p>,Leaf,,\"drinks, hot\",TRUE,Size,Small,Colour,Red,,250.5,3,4.5,9.00,a.png\n\
         ,,,,,,,,,,,,,,,,\n\
         tea,,,,,,,,,,,,,,,,https://shop.example/api/v1/images/{key}\n\
         tea,,,,,,,,Large,,Blue,,,,9,,\n\
         mug,Mug,,,Cups,,,Title,Default Title,,,'0042,,-3,10,8,\n\
         mug,,,,,,,,,,,,,,,,c.png\n"
    ));

    assert_eq!((errors(&parsed), slugs(&parsed)), (vec![], vec!["tea", "mug"]));
    let [tea, mug] = parsed.products.as_slice() else { panic!() };
    let said = Description {
        text: "Good & hot".into(),
        html: Some("<p>Good &amp; <b>hot</b></p>".into()),
    };
    assert_eq!((&tea.description, tea.category.as_deref()), (&Some(said), Some("drinks")));
    let [small, large] = tea.variants.as_slice() else { panic!() };
    assert_eq!((small.sku.as_str(), small.name.as_str()), ("TEA.SMALL.RED", "Small / Red"));
    let figures = (small.price.amount, small.weight_grams, small.on_hand);
    assert_eq!(figures, (450, Some(250), Some(3)));
    assert_eq!((large.sku.as_str(), large.on_hand), ("TEA.LARGE.BLUE", None));
    let pictures = |it: &NewProduct| -> Vec<Picture> {
        it.images.iter().flatten().map(|it| it.picture.clone()).collect()
    };
    assert_eq!(pictures(tea), [Picture::Elsewhere, Picture::Kept(key)]);
    assert_eq!(pictures(mug), [Picture::Elsewhere]);
    let mug = &mug.variants[0];
    let told = (mug.sku.as_str(), mug.on_hand, mug.compare_at_price);
    assert_eq!(told, ("0042", Some(0), Some(None)));
}

#[test]
fn a_handle_that_comes_back_is_the_product_again_and_needs_its_title() {
    let parsed = parsed(
        "a,A,,,,,,Size,S,,,,,1,10,,\nb,B,,,,,,,,,,,,1,10,,\n\
         a,,,,,,,,M,,,,,1,10,,\na,,,,,,,,L,,,,,1,10,,\nb,B,,,,,,,,,,,,2,10,,\n",
    );
    assert_eq!(
        (errors(&parsed), slugs(&parsed)),
        (vec![(4, "missing_title")], vec!["a", "b", "b"])
    );
}

#[test]
fn what_a_file_has_no_column_for_is_not_told() {
    let parsed = read("Handle,Title,Variant Price\na,A,5\n".as_bytes());

    let product = &parsed.products[0];
    let untold = product.description.is_none()
        && product.brand.is_none()
        && product.category.is_none()
        && product.attributes.is_none()
        && product.status.is_none()
        && product.images.is_none();
    assert!(untold, "{product:?}");
    let variant = &product.variants[0];
    assert_eq!(
        (variant.on_hand, variant.weight_grams, variant.compare_at_price),
        (None, None, None)
    );
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
    let sizes: Vec<&str> = parsed.products[0].variants.iter().map(|it| it.name.as_str()).collect();
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
    let categories: Vec<&str> = parsed.categories.iter().map(|it| it.slug.as_str()).collect();
    assert_eq!(categories, ["only"], "no category without a product");
}

#[test]
fn a_sku_is_taken_once_in_a_product() {
    let parsed = parsed(
        "a,A,,,,,,Size,S,,,ONE,,1,10,,\n\
         a,,,,,,,,M,,,ONE,,1,10,,\n",
    );
    assert_eq!((errors(&parsed), slugs(&parsed)), (vec![(3, "repeated_sku")], vec!["a"]));
}

#[test]
fn a_product_has_the_status_that_the_file_says() {
    let parsed = read(
        "Handle,Title,Published,Variant Price,Status\n\
         a,A,FALSE,1,\nb,B,true,1,draft\nc,C,,1,Active\nd,D,false,1,archived\n\
         e,E,,1,\nf,F,false,1,active\ng,G,,1,gone\nh,H,,,\n"
            .as_bytes(),
    );
    assert_eq!(errors(&parsed), [(8, "invalid_status")]);
    let statuses: Vec<(&str, Status)> =
        parsed.products.iter().map(|it| (it.slug.as_str(), it.status.unwrap())).collect();
    use Status::{Archived, Draft, Published};
    let expected = [
        ("a", Draft),
        ("b", Draft),
        ("c", Published),
        ("d", Archived),
        ("e", Published),
        ("f", Draft),
        ("h", Published),
    ];
    assert_eq!(statuses, expected);
    assert!(parsed.products[6].variants.is_empty(), "the line tells of none");
}

#[test]
fn what_breaks_off_in_the_middle_of_a_product_leaves_it_out() {
    struct Torn;
    impl Read for Torn {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }
    let whole = format!("{HEAD}a,A,,,,,,,,,,,,1,10,,\nb,B,,,,,,,,,,,,1,10,,\n");
    let parsed = read(whole.as_bytes().chain(Torn));
    assert_eq!((errors(&parsed), slugs(&parsed)), (vec![(4, "unreadable")], vec!["a"]));
}

#[test]
fn a_quote_that_nobody_closes_ends_the_file_and_takes_no_memory() {
    let endless = io::repeat(b'x');
    let begin = format!("{HEAD}a,A,,,,,,,,,,,,1,10,,\nb,B,,,,,,,,,,,,1,10,,\nc,\"");
    let parsed = read(begin.as_bytes().chain(endless));
    assert_eq!((errors(&parsed), slugs(&parsed)), (vec![(4, "too_long")], vec!["a"]));
}

/// A product with all that the format has a place for, and one with nearly nothing.
fn written() -> [Entry; 2] {
    let variant = |sku: &str, size: &str, colour: &str| NewVariant {
        line: 0,
        sku: sku.into(),
        name: format!("{size} / {colour}"),
        options: [("Size", size), ("Colour", colour)].map(|(a, b)| (a.into(), b.into())).into(),
        price: crate::domain::money::Money::euros(1999),
        compare_at_price: Some(Some(crate::domain::money::Money::euros(2500))),
        on_hand: Some(7),
        weight_grams: Some(120),
        low_threshold: None,
    };
    let image = |byte: &str| NewImage {
        alt: "-a \"picture\"".into(),
        picture: Picture::Kept(byte.repeat(32)),
    };
    let html = Some("<p>one<br>two, \"three\"</p>".to_owned());
    let entry = Entry {
        categories: vec![NewCategory {
            slug: "tea-coffee".into(),
            name: "Tea & Coffee".into(),
            parent: None,
            attributes: Vec::new(),
        }],
        product: NewProduct {
            line: 0,
            slug: "a".into(),
            name: "=HYPERLINK(\"x\")".into(),
            description: Some(Description { text: "one\ntwo, \"three\"".into(), html }),
            brand: Some(Some("'+quoted".into())),
            category: Some("tea-coffee".into()),
            attributes: None,
            status: Some(Status::Archived),
            images: Some(vec![image("ab"), image("cd"), image("ef")]),
            variants: vec![variant("A-1", "S", "Red"), variant("@2", "M", "-")],
        },
    };
    let plain = Entry {
        categories: vec![NewCategory {
            slug: "odd".into(),
            name: "odd".into(),
            parent: None,
            attributes: Vec::new(),
        }],
        product: NewProduct {
            slug: "b".into(),
            name: "B".into(),
            description: Some(Description { text: "= 1 < 2\n\n& more".into(), html: None }),
            brand: Some(None),
            category: Some("odd".into()),
            status: Some(Status::Draft),
            images: None,
            variants: Vec::new(),
            ..entry.product.clone()
        },
    };
    [entry, plain]
}

#[test]
fn what_is_written_reads_back() {
    let [entry, plain] = written();
    let mut text = Vec::new();
    write::head(&mut text).unwrap();
    write::product(&entry, &mut text).unwrap();
    write::product(&plain, &mut text).unwrap();

    let untold = |mut entry: Entry| {
        entry.product.line = 0;
        entry.product.variants.iter_mut().for_each(|it| it.line = 0);
        entry
    };
    let read: Vec<Entry> = Products::of(text.as_slice()).map(Result::unwrap).map(untold).collect();
    assert_eq!(read, [entry, plain]);
    let text = String::from_utf8(text).unwrap();
    assert!(!text.contains(",=") && !text.contains("\"="), "{text}");
}

#[test]
fn a_file_of_something_else_is_one_error() {
    for (file, names) in [("name,price\nmug,10\n", "Handle, Title, Variant Price"), ("", "Handle")]
    {
        let parsed = read(file.as_bytes());
        assert_eq!(errors(&parsed), [(1, "missing_column")]);
        assert!(parsed.errors[0].message.contains(names) && parsed.products.is_empty());
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
        assert_eq!(text(&parsed.products[0]), "one\ntwo");
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
fn a_product_takes_a_hundred_variants() {
    let sizes: String =
        (0..=VARIANTS_MAX).map(|at| format!("a,A,,,,,,Size,{at},,,,,1,10,,\n")).collect();
    let parsed_sizes = parsed(&sizes);
    assert_eq!(errors(&parsed_sizes), [(102, "too_many_variants")]);
    assert_eq!(parsed_sizes.products[0].variants.len(), VARIANTS_MAX);
}
