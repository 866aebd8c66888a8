//! Files of products: the formats there are, and how a file is read in parts of a bounded size and
//! written a product at a time.

use std::{
    collections::HashSet,
    io::{self, Read},
};

use super::{ndjson, shopify};
use crate::domain::catalogue::import::{
    Entry, IMPORT_BYTES_MAX, IMPORT_VARIANTS_MAX, Import, LineError, NewProduct, PRODUCTS_MAX,
};

/// Products that are held in memory at once while all are written out.
pub const PRODUCTS_AT_ONCE: i64 = 100;

/// How products are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// As Shopify does.
    Csv,
    /// One product a line, whole.
    Ndjson,
}

impl Format {
    /// What a file is that begins so.
    pub fn of_content(begin: &[u8]) -> Self {
        let begin = begin.strip_prefix(b"\xef\xbb\xbf").unwrap_or(begin).trim_ascii_start();
        if begin.starts_with(b"{") { Format::Ndjson } else { Format::Csv }
    }

    /// What stands before the first product.
    pub fn head(self) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        match self {
            Format::Csv => shopify::write::head(&mut text)?,
            Format::Ndjson => {}
        }
        Ok(text)
    }

    /// Some products.
    pub fn page(self, entries: &[Entry]) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        for entry in entries {
            match self {
                Format::Csv => shopify::write::product(entry, &mut text)?,
                Format::Ndjson => ndjson::product(entry, &mut text)?,
            }
        }
        Ok(text)
    }
}

/// The products of a file in parts that can be imported one after the other.
pub struct Parts<'r> {
    entries: Box<dyn Iterator<Item = Result<Entry, LineError>> + 'r>,
    /// The first product of the next part.
    next: Option<Entry>,
}

/// What can be imported at once, and the lines on the way to it that are wrong.
#[derive(Debug, Default, PartialEq)]
pub struct Part {
    pub import: Import,
    pub errors: Vec<LineError>,
}

impl<'r> Parts<'r> {
    pub fn of(format: Format, input: impl Read + 'r) -> Self {
        let entries: Box<dyn Iterator<Item = _>> = match format {
            Format::Csv => Box::new(shopify::Products::of(input)),
            Format::Ndjson => Box::new(ndjson::Products::of(input)),
        };
        Parts { entries, next: None }
    }
}

/// Errors that one part brings: so that a file of nothing else is not read to its end for one part.
const ERRORS_AT_ONCE: usize = 100;

impl Iterator for Parts<'_> {
    type Item = Part;

    fn next(&mut self) -> Option<Part> {
        let (mut part, mut room) = (Part::default(), Room::default());
        loop {
            let next = match self.next.take() {
                Some(entry) => Some(Ok(entry)),
                None => self.entries.next(),
            };
            match next {
                Some(Ok(entry)) if room.takes(&entry.product) => put(&mut part.import, entry),
                Some(Ok(entry)) => {
                    self.next = Some(entry);
                    return Some(part);
                }
                Some(Err(error)) => part.errors.push(error),
                None => return (part != Part::default()).then_some(part),
            }
            if part.errors.len() >= ERRORS_AT_ONCE {
                return Some(part);
            }
        }
    }
}

fn put(import: &mut Import, Entry { categories, product }: Entry) {
    for category in categories {
        if import.categories.iter().all(|known| known.slug != category.slug) {
            import.categories.push(category);
        }
    }
    import.products.push(product);
}

/// What a part holds already.
#[derive(Default)]
struct Room {
    slugs: HashSet<String>,
    variants: usize,
    bytes: usize,
}

impl Room {
    /// Whether a product fits in, which it then does. One always does; one that was there before
    /// does not, since the second time it is an update of the first.
    fn takes(&mut self, product: &NewProduct) -> bool {
        let (variants, bytes) = (product.variants.len(), weight(product));
        let fits = self.slugs.len() < PRODUCTS_MAX
            && self.variants.saturating_add(variants) <= IMPORT_VARIANTS_MAX
            && self.bytes.saturating_add(bytes) <= IMPORT_BYTES_MAX
            && !self.slugs.contains(&product.slug);
        if !fits && !self.slugs.is_empty() {
            return false;
        }
        self.slugs.insert(product.slug.clone());
        self.variants = self.variants.saturating_add(variants);
        self.bytes = self.bytes.saturating_add(bytes);
        true
    }
}

/// About how many bytes of text it is.
fn weight(product: &NewProduct) -> usize {
    let described = product.description.as_ref();
    let text = described.map_or(0, |it| it.text.len() + it.html.as_ref().map_or(0, String::len));
    let alts = product.images.iter().flatten().map(|it| it.alt.len());
    [text, alts.sum(), product.variants.len() * VARIANT_BYTES].iter().sum()
}

/// About what a variant takes.
const VARIANT_BYTES: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    fn line(slug: &str, variants: usize) -> String {
        let variant = |at: usize| {
            format!(
                r#"{{"sku":"{slug}-{at}","options":{{"Size":"{at}"}},"price":{{"amount":1,"currency":"EUR"}}}}"#
            )
        };
        let variants: Vec<String> = (0..variants).map(variant).collect();
        let category = r#"[{"slug":"a","name":"A"}]"#;
        let variants = variants.join(",");
        format!(r#"{{"slug":"{slug}","name":"N","category":{category},"variants":[{variants}]}}"#)
            + "\n"
    }

    fn sizes(file: &str) -> Vec<(usize, usize)> {
        let parts = Parts::of(Format::Ndjson, file.as_bytes());
        parts.map(|it| (it.import.products.len(), it.errors.len())).collect()
    }

    #[test]
    fn a_part_has_few_products_and_few_variants_and_each_product_once() {
        let many: String = (0..PRODUCTS_MAX + 1).map(|at| line(&format!("p{at}"), 1)).collect();
        assert_eq!(sizes(&many), [(500, 0), (1, 0)]);
        let broad: String = (0..12).map(|at| line(&format!("p{at}"), 100)).collect();
        assert_eq!(sizes(&broad), [(10, 0), (2, 0)]);
        let twice = [line("a", 1), line("b", 1), line("a", 1)].concat();
        assert_eq!(sizes(&twice), [(2, 0), (1, 0)]);
        let parts: Vec<Part> = Parts::of(Format::Ndjson, many.as_bytes()).collect();
        assert!(parts.iter().all(|it| it.import.categories.len() == 1));
    }

    #[test]
    fn a_file_of_nothing_but_errors_comes_in_parts_too() {
        assert_eq!(sizes(&"x\n".repeat(250)), [(0, 100), (0, 100), (0, 50)]);
        assert_eq!(sizes(""), []);
    }

    #[test]
    fn long_descriptions_make_a_part_short() {
        let text = "x".repeat(90_000);
        let line =
            |at| format!("{{\"slug\":\"p{at}\",\"name\":\"N\",\"description\":\"{text}\"}}\n");
        let parts: Vec<usize> =
            sizes(&(0..100).map(line).collect::<String>()).into_iter().map(|it| it.0).collect();
        assert!(parts.len() > 1 && parts.iter().all(|it| *it <= 46), "{parts:?}");
    }

    #[test]
    fn a_file_is_known_by_its_beginning() {
        assert_eq!(Format::of_content(b"\xef\xbb\xbf {\"slug\""), Format::Ndjson);
        assert_eq!(Format::of_content(b"Handle,Title"), Format::Csv);
        assert_eq!(Format::of_content(b""), Format::Csv);
    }
}
