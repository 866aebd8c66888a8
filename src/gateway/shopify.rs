//! Products as Shopify exports them: CSV, one line for each variant or image.
//!
//! What merchants really have: several lines with one handle, of which the first names the product;
//! `Title` / `Default Title` where there are no options; no SKU; images on lines of their own.
//! Remote images are left out.

use std::{
    collections::{BTreeMap, HashMap},
    io::Read,
};

use csv::StringRecord;

use crate::domain::{
    catalogue::{Import, NewCategory, NewProduct, NewVariant, ON_HAND_MAX, VARIANTS_MAX},
    money::{AMOUNT_MAX, Money},
};

/// The longest text taken from one field, in characters.
const TEXT_CHARS_MAX: usize = 10_000;
/// Where a product goes that names neither a type nor a tag.
const NO_CATEGORY: &str = "Imported";

/// What a file came to: what can be imported, and the lines that cannot.
#[derive(Debug, Default)]
pub struct Parsed {
    pub import: Import,
    pub errors: Vec<RowError>,
}

/// A line that was left out, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// In the file, from 1, where the record begins.
    pub line: u64,
    /// A stable word for programs.
    pub code: &'static str,
    /// A sentence for people.
    pub message: String,
}

/// Reads a whole file. Products that are not published are left out in silence; lines that are
/// wrong are left out and said.
pub fn read(input: impl Read) -> Parsed {
    let mut rows = csv::ReaderBuilder::new().flexible(true).from_reader(input);
    let mut book = Book::default();
    match rows.headers() {
        Ok(headers) => match Columns::of(headers) {
            Ok(columns) => book.read(&mut rows, &columns),
            Err(error) => book.parsed.errors.push(error),
        },
        Err(_) => book.parsed.errors.push(unreadable(1)),
    }
    book.close()
}

/// Where each column stands.
struct Columns(HashMap<String, usize>);

impl Columns {
    fn of(headers: &StringRecord) -> Result<Self, RowError> {
        let named = headers.iter().enumerate().map(|(at, name)| {
            let name = name.trim_start_matches('\u{feff}').trim(); // Excel begins with a mark.
            (name.to_owned(), at)
        });
        let columns = Columns(named.collect());
        match ["Handle", "Title", "Variant Price"].iter().find(|it| !columns.0.contains_key(**it)) {
            Some(missing) => Err(RowError {
                line: 1,
                code: "missing_column",
                message: format!("there is no column {missing}: is this a product export?"),
            }),
            None => Ok(columns),
        }
    }

    /// The text of a column, trimmed; empty where there is none.
    fn text<'r>(&self, row: &'r StringRecord, name: &str) -> &'r str {
        self.0.get(name).and_then(|at| row.get(*at)).unwrap_or_default().trim()
    }
}

/// The product whose lines are being read.
struct Open {
    product: NewProduct,
    option_names: Vec<String>,
    published: bool,
}

#[derive(Default)]
struct Book {
    parsed: Parsed,
    open: Option<Open>,
    /// The handles whose first line was wrong: their other lines are left out with it.
    refused: Option<String>,
    categories: HashMap<String, String>,
}

impl Book {
    fn read(&mut self, rows: &mut csv::Reader<impl Read>, columns: &Columns) {
        let mut row = StringRecord::new();
        loop {
            let line = rows.position().line();
            match rows.read_record(&mut row) {
                Ok(true) => {
                    let line = row.position().map_or(line, csv::Position::line);
                    if let Err(error) = self.take(columns, &row, line) {
                        self.parsed.errors.push(error);
                    }
                }
                Ok(false) => return,
                Err(err) if err.is_io_error() => return self.parsed.errors.push(unreadable(line)),
                Err(_) => self.parsed.errors.push(unreadable(line)),
            }
        }
    }

    fn take(&mut self, columns: &Columns, row: &StringRecord, line: u64) -> Result<(), RowError> {
        let handle = columns.text(row, "Handle");
        if handle.is_empty() {
            return Err(wrong(line, "missing_handle", "a line needs a handle"));
        }
        let slug = slug(handle);
        if self.open.as_ref().is_none_or(|open| open.product.slug != slug) {
            self.finish();
            if self.refused.as_ref() == Some(&slug) {
                return Ok(());
            }
            self.refused = Some(slug.clone());
            self.open = Some(self.begin(columns, row, slug, line)?);
            self.refused = None;
        }
        match &mut self.open {
            Some(open) => add_variant(open, columns, row, line),
            None => Ok(()),
        }
    }

    fn begin(
        &mut self,
        columns: &Columns,
        row: &StringRecord,
        slug: String,
        line: u64,
    ) -> Result<Open, RowError> {
        let name = bounded(columns.text(row, "Title"));
        if name.is_empty() {
            return Err(wrong(
                line,
                "missing_title",
                "the first line of a product names its title",
            ));
        }
        let brand = columns.text(row, "Vendor");
        let published = !columns.text(row, "Published").eq_ignore_ascii_case("false");
        let option_names = ["Option1 Name", "Option2 Name", "Option3 Name"]
            .map(|column| columns.text(row, column).to_owned());
        let product = NewProduct {
            category: self.category(columns, row),
            slug,
            name,
            description: bounded(&plain_text(columns.text(row, "Body (HTML)"))),
            brand: (!brand.is_empty()).then(|| bounded(brand)),
            attributes: BTreeMap::new(),
            images: Vec::new(),
            variants: Vec::new(),
        };
        Ok(Open { product, option_names: option_names.into(), published })
    }

    /// The category of a product: its type, or else its first tag.
    fn category(&mut self, columns: &Columns, row: &StringRecord) -> String {
        let tag = columns.text(row, "Tags").split(',').next().unwrap_or_default().trim();
        let named = [columns.text(row, "Type"), tag].into_iter().find(|it| !slug(it).is_empty());
        let name = named.unwrap_or(NO_CATEGORY);
        let slug = slug(name);
        self.categories.entry(slug.clone()).or_insert_with(|| {
            let new = NewCategory { slug: slug.clone(), name: capitalised(name), parent: None };
            self.parsed.import.categories.push(new);
            slug.clone()
        });
        slug
    }

    fn finish(&mut self) {
        if let Some(Open { product, published: true, .. }) = self.open.take()
            && !product.variants.is_empty()
        {
            self.parsed.import.products.push(product);
        }
    }

    fn close(mut self) -> Parsed {
        self.finish();
        self.parsed
    }
}

/// A line without a price holds only an image.
fn add_variant(
    open: &mut Open,
    columns: &Columns,
    row: &StringRecord,
    line: u64,
) -> Result<(), RowError> {
    let price = columns.text(row, "Variant Price");
    if price.is_empty() {
        return Ok(());
    }
    let Open { product, option_names, .. } = open;
    if product.variants.len() >= VARIANTS_MAX {
        return Err(wrong(line, "too_many_variants", "a product has at most 100 variants"));
    }
    let options = options(option_names, columns, row);
    let sku = columns.text(row, "Variant SKU");
    let sku = if sku.is_empty() { made_sku(&product.slug, &options) } else { bounded(sku) };
    if product.variants.iter().any(|it| it.sku == sku) {
        return Err(wrong(line, "repeated_variant", "the product has this variant already"));
    }
    let name: Vec<&str> = options.values().map(String::as_str).collect();
    let compare_at = columns.text(row, "Variant Compare At Price");
    product.variants.push(NewVariant {
        name: name.join(" / "),
        sku,
        options,
        price: money(price).ok_or_else(|| bad_price(line, price))?,
        compare_at_price: money(compare_at).filter(|it| it.amount > 0),
        on_hand: on_hand(columns.text(row, "Variant Inventory Qty"), line)?,
        weight_grams: columns.text(row, "Variant Grams").parse().unwrap_or(0).max(0),
    });
    Ok(())
}

/// What sets a variant apart; nothing where Shopify writes `Default Title`.
fn options(names: &[String], columns: &Columns, row: &StringRecord) -> BTreeMap<String, String> {
    let values = ["Option1 Value", "Option2 Value", "Option3 Value"];
    let pairs = names.iter().zip(values.map(|column| columns.text(row, column)));
    pairs
        .filter(|(name, value)| {
            let default = name.as_str() == "Title" && *value == "Default Title";
            !name.is_empty() && !value.is_empty() && !default
        })
        .map(|(name, value)| (bounded(name), bounded(value)))
        .collect()
}

/// The same for the same variant in each import.
fn made_sku(handle: &str, options: &BTreeMap<String, String>) -> String {
    let parts: Vec<String> = options.values().map(|value| slug(value)).collect();
    let all =
        if parts.is_empty() { handle.to_owned() } else { format!("{handle}-{}", parts.join("-")) };
    all.to_uppercase()
}

/// Digits, and at most two decimals after a point.
fn money(text: &str) -> Option<Money> {
    let (whole, cents) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(cents) || cents.len() > 2 {
        return None;
    }
    let whole: i64 = whole.parse().ok()?; // Too many digits are no price either.
    let cents: i64 = format!("{cents:0<2}").parse().ok()?; // Two digits always parse.
    let amount = whole.checked_mul(100)?.checked_add(cents)?;
    (amount <= AMOUNT_MAX).then(|| Money::euros(amount))
}

/// Units on hand. Shopify lets stock be negative where more was sold than there was: that is none.
fn on_hand(text: &str, line: u64) -> Result<i64, RowError> {
    if text.is_empty() {
        return Ok(0);
    }
    let units = text.parse::<i64>().ok().filter(|units| *units <= ON_HAND_MAX);
    let units =
        units.ok_or_else(|| wrong(line, "invalid_quantity", "the quantity is no whole number"));
    units.map(|units| units.max(0))
}

/// Text without its tags. The result is only ever shown as text, so nothing in it can run.
fn plain_text(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut in_tag = false;
    for c in html.chars() {
        match c {
            '<' => {
                in_tag = true;
                text.push(' ');
            }
            '>' if in_tag => in_tag = false,
            _ if in_tag => {}
            c => text.push(c),
        }
    }
    let entities = [
        ("&nbsp;", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ];
    let text = entities.iter().fold(text, |text, (entity, c)| text.replace(entity, c));
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn slug(text: &str) -> String {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().collect::<String>());
    bounded(&(first.unwrap_or_default() + chars.as_str()))
}

fn bounded(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(TEXT_CHARS_MAX).collect()
}

fn bad_price(line: u64, text: &str) -> RowError {
    wrong(line, "invalid_price", format!("{text:?} is no price: digits, a point, two decimals"))
}

fn unreadable(line: u64) -> RowError {
    wrong(line, "unreadable", "this is not CSV in UTF-8")
}

fn wrong(line: u64, code: &'static str, message: impl Into<String>) -> RowError {
    RowError { line, code, message: message.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,\
        Option1 Value,Variant SKU,Variant Inventory Qty,Variant Price\n";

    fn parsed(rows: &str) -> Parsed {
        read(format!("{HEAD}{rows}").as_bytes())
    }

    #[test]
    fn several_lines_of_a_handle_are_one_product() {
        let parsed = parsed(
            "tea,Tea,<p>Good &amp; hot</p>,Leaf,,drinks,true,Size,Small,,3,4.5\n\
             tea,,,,,,,,Large,,0,9\n\
             tea,,,,,,,,,,,\n",
        );

        assert_eq!(parsed.errors, []);
        let tea = &parsed.import.products[0];
        let prices: Vec<i64> = tea.variants.iter().map(|it| it.price.amount).collect();
        assert_eq!((tea.description.as_str(), tea.category.as_str()), ("Good & hot", "drinks"));
        assert_eq!((prices, tea.variants[1].sku.as_str()), (vec![450, 900], "TEA-LARGE"));
    }

    #[test]
    fn a_product_without_options_has_one_variant_without_a_name() {
        let parsed = parsed("mug,Mug,,,Cups,,true,Title,Default Title,,1,10\n");

        let variant = &parsed.import.products[0].variants[0];
        assert_eq!((variant.name.as_str(), variant.sku.as_str()), ("", "MUG"));
        assert!(variant.options.is_empty());
    }

    #[test]
    fn a_wrong_line_is_named_and_leaves_the_others() {
        let parsed = parsed(
            "a,A,,,,,true,Title,Default Title,,1,10\n\
             b,,,,,,true,Title,Default Title,,1,10\n\
             c,C,,,,,true,Title,Default Title,,1,1.999\n\
             d,D,,,,,true,Title,Default Title,,many,10\n\
             ,E,,,,,true,Title,Default Title,,1,10\n\
             f,F,,,,,true,Title,Default Title,,-4,10\n",
        );

        let errors: Vec<_> = parsed.errors.iter().map(|it| (it.line, it.code)).collect();
        let expected = [
            (3, "missing_title"),
            (4, "invalid_price"),
            (5, "invalid_quantity"),
            (6, "missing_handle"),
        ];
        assert_eq!(errors, expected);
        let slugs: Vec<&str> = parsed.import.products.iter().map(|it| it.slug.as_str()).collect();
        assert_eq!(slugs, ["a", "f"]);
        assert_eq!(parsed.import.products[1].variants[0].on_hand, 0);
    }

    #[test]
    fn what_is_not_published_is_left_out() {
        let parsed = parsed("a,A,,,,,false,Title,Default Title,,1,10\n");
        assert!(parsed.import.products.is_empty() && parsed.errors.is_empty());
    }

    #[test]
    fn a_file_of_something_else_is_refused() {
        let parsed = read("name,price\nmug,10\n".as_bytes());
        assert_eq!(parsed.errors[0].code, "missing_column");
    }

    #[test]
    fn a_mark_and_carriage_returns_are_no_text() {
        let file =
            format!("\u{feff}{HEAD}a,A,,,,,true,Title,Default Title,,1,10\n").replace('\n', "\r\n");
        assert_eq!(read(file.as_bytes()).import.products.len(), 1);
    }

    #[test]
    fn what_merchants_really_export_is_read_without_an_error() {
        for (file, products) in [("apparel.csv", 20), ("home-and-garden.csv", 20)] {
            let path = format!("{}/../shared/data/shopify/{file}", env!("CARGO_MANIFEST_DIR"));
            let parsed = read(std::fs::File::open(path).unwrap());
            assert_eq!(
                (parsed.errors, parsed.import.products.len()),
                (Vec::new(), products),
                "{file}"
            );
        }
    }
}
