//! Lines as we write them, and lines that are wrong.

use super::*;
use crate::domain::catalogue::import::{NewProduct, Picture};

fn read(file: impl Read) -> (Vec<Entry>, Vec<(u64, &'static str)>) {
    let (mut entries, mut errors) = (Vec::new(), Vec::new());
    for next in Products::of(file) {
        match next {
            Ok(entry) => entries.push(entry),
            Err(error) => errors.push((error.line, error.code)),
        }
    }
    (entries, errors)
}

fn one(line: &str) -> NewProduct {
    let (entries, errors) = read(line.as_bytes());
    assert_eq!(errors, [], "{line}");
    entries.into_iter().next().unwrap().product
}

/// All of it, as it is written.
fn whole() -> String {
    let key = "0f".repeat(32);
    format!(
        "{{\"slug\":\"desk-lamp\",\"name\":\"Desk Lamp\",\"description\":\"It shines\",\
         \"description_html\":\"<p>It <b>shines</b></p>\",\"brand\":null,\"status\":\"archived\",\
         \"category\":[{{\"slug\":\"home\",\"name\":\"Home\"}},{{\"slug\":\"lights\",\"name\":\"Lighting\"}}],\
         \"attributes\":{{\"Dimmable\":true,\"Power\":{{\"value\":4.5,\"unit\":\"W\"}},\"Sockets\":2,\"Style\":\"Plain\"}},\
         \"images\":[{{\"url\":\"/api/v1/images/{key}\",\"alt\":\"A lamp\"}}],\
         \"variants\":[{{\"sku\":\"LAMP-1\",\"name\":\"Red\",\"options\":{{\"Colour\":\"Red\"}},\
         \"price\":{{\"amount\":4900,\"currency\":\"EUR\"}},\"compare_at_price\":{{\"amount\":5900,\"currency\":\"EUR\"}},\
         \"weight_grams\":900,\"on_hand\":3,\"low_threshold\":1}}]}}\n"
    )
}

#[test]
fn what_is_written_reads_back_and_is_written_so_again() {
    let (entries, errors) = read(whole().as_bytes());

    assert_eq!((entries.len(), errors), (1, vec![]));
    let mut text = Vec::new();
    product(&entries[0], &mut text).unwrap();
    assert_eq!(String::from_utf8(text).unwrap(), whole());
    let product = &entries[0].product;
    assert_eq!(product.category.as_deref(), Some("lights"));
    assert_eq!(entries[0].categories[1].parent.as_deref(), Some("home"));
}

#[test]
fn only_a_slug_and_a_name_are_needed_and_what_is_missing_is_not_told() {
    let product = one(r#"{"slug":"a","name":"A"}"#);

    let untold = product.description.is_none() && product.brand.is_none();
    assert!(untold && product.images.is_none() && product.attributes.is_none());
    assert_eq!(one(r#"{"slug":"a","name":"A","brand":null}"#).brand, Some(None));
    let elsewhere =
        one(r#"{"slug":"a","name":"A","images":[{"url":"https://cdn.example/a.png"}]}"#);
    assert_eq!(elsewhere.images.unwrap()[0].picture, Picture::Elsewhere);
}

#[test]
fn a_description_is_made_harmless_and_its_text_is_that_of_its_html() {
    let line = r#"{"slug":"a","name":"A","description":"x","description_html":"<p onclick=x>y<script>z</script></p>"}"#;
    let described = one(line).description.unwrap();
    assert_eq!((described.text.as_str(), described.html.as_deref()), ("y", Some("<p>y</p>")));
    let plain = one(r#"{"slug":"a","name":"A","description":"1 < 2\n3"}"#).description.unwrap();
    assert_eq!((plain.text.as_str(), plain.html), ("1 < 2\n3", None));
}

#[test]
fn a_wrong_line_is_named_by_its_number_and_leaves_the_others() {
    let with = |more: &str| format!(r#"{{"slug":"a","name":"A",{more}}}"#);
    let variant = |more: &str| {
        with(&format!(
            r#""variants":[{{"sku":"A","price":{{"amount":1,"currency":"EUR"}}{more}}}]"#
        ))
    };
    let twice = r#"{"sku":"A","price":{"amount":1,"currency":"EUR"}}"#;
    for (line, code) in [
        ("{".to_owned(), "malformed_json"),
        ("[]".to_owned(), "invalid_value"),
        (r#"{"slug":"a","name":"A"} x"#.to_owned(), "malformed_json"),
        (r#"{"slug":"a"}"#.to_owned(), "invalid_value"),
        (r#"{"slug":"A b","name":"A"}"#.to_owned(), "invalid_handle"),
        (
            r#"{"slug":"019ab1c2-7d3e-7f00-8000-5a1b2c3d4e5f","name":"A"}"#.to_owned(),
            "invalid_handle",
        ),
        (r#"{"slug":"a","name":" "}"#.to_owned(), "missing_text"),
        (r#"{"slug":"a","name":"A\u0007"}"#.to_owned(), "invalid_text"),
        (with(r#""colour":1"#), "invalid_value"),
        (with(r#""status":"gone""#), "invalid_value"),
        (with(r#""category":[{"slug":"A b","name":"A"}]"#), "invalid_category"),
        (with(r#""attributes":{"":1}"#), "invalid_attribute"),
        (with(r#""attributes":{"a":1.23456}"#), "invalid_value"),
        (variant(r#","on_hand":-1"#), "out_of_range"),
        (variant(r#","price":{"amount":1,"currency":"EUR"}"#), "invalid_value"),
        (variant(r#","compare_at_price":{"amount":1,"currency":"USD"}"#), "invalid_price"),
        (variant(r#","options":{"a":"1","b":"1","c":"1","d":"1"}"#), "too_many"),
        (with(&format!(r#""variants":[{twice},{twice}]"#)), "repeated_sku"),
        (with(r#""variants":[{"sku":"'A","price":{"amount":1,"currency":"EUR"}}]"#), "invalid_sku"),
    ] {
        let file = format!(
            "\n{{\"slug\":\"good\",\"name\":\"G\"}}\r\n{line}\n{{\"slug\":\"too\",\"name\":\"T\"}}"
        );
        let (entries, errors) = read(file.as_bytes());
        assert_eq!((entries.len(), errors), (2, vec![(3, code)]), "{line}");
        assert_eq!(entries[1].product.line, 4);
    }
}

#[test]
fn a_line_that_is_not_utf_8_or_too_long_spoils_itself_alone() {
    let mut file = b"{\"slug\":\"a\",\"name\":\"\xff\"}\n".to_vec();
    file.extend(vec![b'x'; usize::try_from(LINE_BYTES_MAX).unwrap() + 2]);
    file.extend(b"\n{\"slug\":\"b\",\"name\":\"B\"}\n");
    let (entries, errors) = read(file.as_slice());
    assert_eq!((entries.len(), errors), (1, vec![(1, "unreadable"), (2, "too_long")]));
    assert_eq!(entries[0].product.line, 3);
}

#[test]
fn what_breaks_off_in_the_middle_of_a_line_leaves_it_out() {
    struct Torn;
    impl Read for Torn {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }
    let file = b"{\"slug\":\"a\",\"name\":\"A\"}\n{\"slug\":\"b\",\"name\":\"B\"}".chain(Torn);
    let (entries, errors) = read(file);
    assert_eq!((entries.len(), errors), (1, vec![(2, "unreadable")]));
}
