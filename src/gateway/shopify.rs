//! Products as Shopify exports them: CSV with a line for each variant, and for each further image.
//!
//! What real files are like: several lines with one handle, of which the first tells of the
//! product and each of a variant; `Title` / `Default Title` where there are no options; no SKU;
//! images on lines of their own; HTML in the body. What is not taken, because the shop has no
//! place for it yet: images (`Image Src` is an address elsewhere), tags but for the category,
//! weight units (grams are), and whether stock is tracked at all (here it always is).

mod html;
mod row;

use std::{
    collections::{HashMap, HashSet},
    io::Read,
};

use csv::{ByteRecord, Reader, StringRecord};

use self::row::{Columns, Row};
use crate::domain::{
    catalogue::{
        VARIANTS_MAX,
        import::{Import, NewCategory, NewProduct, NewVariant},
    },
    id::ProductId,
};

/// How many wrong lines are named: who has more of them has another kind of file.
const ERRORS_MAX: usize = 1_000;
/// Where a product goes that names neither a type nor a tag.
const NO_CATEGORY: &str = "Imported";

/// What a file came to: what can be imported, and the lines that cannot.
#[derive(Debug, Default)]
pub struct Parsed {
    /// In the order of the file; the categories are those of the products, and have no parent.
    pub import: Import,
    /// In the order of the file, at most a thousand.
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

impl RowError {
    fn new(line: u64, code: &'static str, message: impl Into<String>) -> Self {
        RowError { line, code, message: message.into() }
    }
}

/// Reads a whole file, which the caller has bounded: what it came to is held in memory.
///
/// A wrong line is left out and named, the other variants of its product stay. A product is left
/// out where the line that begins it is wrong in what it tells of the product, and, without an
/// error, where it is not published or none of its variants is left.
pub fn read(input: impl Read) -> Parsed {
    let mut lines = csv::ReaderBuilder::new();
    // Not CRLF, with which the crate begins a record before the line feed of the last one: its
    // line would be one too few. The carriage return is trimmed with the last field.
    lines.flexible(true).terminator(csv::Terminator::Any(b'\n'));
    let mut reader = lines.from_reader(input.chain(b"\n".as_slice()));
    let mut book = Book::default();
    if let Err(error) = book.read(&mut reader) {
        book.errors.push(error);
    }
    book.close()
}

/// The products of the lines so far.
#[derive(Default)]
struct Book {
    drafts: Vec<Draft>,
    /// From the slug to its place among the drafts.
    places: HashMap<String, usize>,
    skus: HashSet<String>,
    errors: Vec<RowError>,
}

/// What the lines of one handle have told.
enum Draft {
    /// Not published, or wrong from the first line: no line of it is looked at.
    LeftOut,
    Taken {
        product: Box<NewProduct>,
        /// The name of its category.
        category: String,
        options: [String; 3],
    },
}

impl Book {
    /// Reads up to the end, or to what makes the rest unreadable.
    fn read(&mut self, reader: &mut Reader<impl Read>) -> Result<(), RowError> {
        let header = reader.headers().map_err(|err| unreadable(1, &err))?;
        let columns = Columns::of(header)?;
        loop {
            let mut bytes = ByteRecord::new();
            let before = reader.position().line();
            if !reader.read_byte_record(&mut bytes).map_err(|err| unreadable(before, &err))? {
                return Ok(());
            }
            let line = first_line(&bytes, reader.position().line());
            let taken = match StringRecord::from_byte_record(bytes) {
                Ok(record) => self.take(&Row { columns: &columns, record: &record, line }),
                Err(_) => Err(RowError::new(line, "unreadable", "the line is not UTF-8")),
            };
            if let Err(error) = taken {
                self.refuse(error)?;
            }
        }
    }

    /// Notes a wrong line; an error where there are too many to go on.
    fn refuse(&mut self, error: RowError) -> Result<(), RowError> {
        if self.errors.len() + 1 >= ERRORS_MAX {
            let message = format!("{ERRORS_MAX} lines are wrong: the rest was not read");
            return Err(RowError::new(error.line, "too_many_errors", message));
        }
        self.errors.push(error);
        Ok(())
    }

    fn take(&mut self, row: &Row<'_>) -> Result<(), RowError> {
        if row.is_blank() {
            return Ok(());
        }
        row.check_length()?;
        let slug = slug_of(row)?;
        let place = match self.places.get(&slug) {
            Some(_) if row.is_of_an_image() => return Ok(()),
            Some(place) => *place,
            None => {
                let place = self.drafts.len();
                self.places.insert(slug.clone(), place);
                self.drafts.push(Draft::LeftOut);
                let draft = begin(row, slug)?;
                self.drafts.splice(place.., [draft]);
                place
            }
        };
        let Some(Draft::Taken { product, options, .. }) = self.drafts.get_mut(place) else {
            return Ok(());
        };
        let variant = variant(row, product, options)?;
        if !self.skus.insert(variant.sku.clone()) {
            let message = format!("the SKU {:?} is taken by a line before", variant.sku);
            return Err(row.error("repeated_sku", message));
        }
        product.variants.push(variant);
        Ok(())
    }

    fn close(self) -> Parsed {
        let mut import = Import::default();
        let mut known = HashSet::new();
        for draft in self.drafts {
            let Draft::Taken { product, category, .. } = draft else { continue };
            if product.variants.is_empty() {
                continue;
            }
            if known.insert(product.category.clone()) {
                let slug = product.category.clone();
                import.categories.push(NewCategory { slug, name: category, parent: None });
            }
            import.products.push(*product);
        }
        Parsed { import, errors: self.errors }
    }
}

/// The product that a first line tells of, without its variants.
fn begin(row: &Row<'_>, slug: String) -> Result<Draft, RowError> {
    if !row.is_published()? {
        return Ok(Draft::LeftOut);
    }
    let name = row.short("Title")?;
    if name.is_empty() {
        let message = "the first line of a product needs a title: the product is left out";
        return Err(row.error("missing_title", message));
    }
    let brand = Some(row.short("Vendor")?).filter(|it| !it.is_empty());
    let (category, category_name) = category(row)?;
    let product = NewProduct {
        slug,
        name: name.to_owned(),
        description: html::plain_text(row.long("Body (HTML)")?),
        brand: brand.map(str::to_owned),
        category,
        attributes: Default::default(),
        images: Vec::new(),
        variants: Vec::new(),
    };
    let options = row.option_names()?.map(str::to_owned);
    Ok(Draft::Taken { product: Box::new(product), category: category_name, options })
}

/// What the line sells; the SKU where it names none is the same in each import.
fn variant(
    row: &Row<'_>,
    product: &NewProduct,
    names: &[String; 3],
) -> Result<NewVariant, RowError> {
    if product.variants.len() >= VARIANTS_MAX {
        let message = format!("a product has at most {VARIANTS_MAX} variants");
        return Err(row.error("too_many_variants", message));
    }
    let chosen = row.options(names)?;
    let values: Vec<&str> = chosen.iter().map(|(_, value)| *value).collect();
    // A point is in no slug, so that no two variants come to one SKU.
    let parts = [product.slug.clone()].into_iter().chain(values.iter().map(|it| slug(it)));
    let made = parts.collect::<Vec<_>>().join(".").to_uppercase();
    let name = values.join(" / ");
    let options = chosen.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let options = options.collect();
    if product.variants.iter().any(|it| it.options == options) {
        let message = "a line before has the same options of the same product";
        return Err(row.error("repeated_variant", message));
    }
    let price = row.price()?;
    Ok(NewVariant {
        sku: row.sku()?.map_or(made, str::to_owned),
        name,
        options,
        price,
        compare_at_price: row.compare_at_price()?.filter(|it| it.amount > price.amount),
        on_hand: row.on_hand()?,
        weight_grams: row.grams()?,
    })
}

/// The handle. One that reads as an id is refused, because products are found by either.
fn slug_of(row: &Row<'_>) -> Result<String, RowError> {
    let handle = row.short("Handle")?;
    if handle.is_empty() {
        return Err(row.error("missing_handle", "the line names no handle"));
    }
    let slug = slug(handle);
    if slug.is_empty() || slug.parse::<ProductId>().is_ok() {
        return Err(row.error("invalid_handle", format!("{handle:?} cannot be a handle")));
    }
    Ok(slug)
}

/// The slug and the name of the category: the type, or else the first tag.
fn category(row: &Row<'_>) -> Result<(String, String), RowError> {
    let tag = row.short("Tags")?.split(',').next().unwrap_or_default().trim();
    let named = [row.short("Type")?, tag].into_iter().find(|it| !slug(it).is_empty());
    let name = named.unwrap_or(NO_CATEGORY);
    Ok((slug(name), name.to_owned()))
}

/// Words in lower case with hyphens between them, as an address has them.
fn slug(text: &str) -> String {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

/// The line that a record begins on, of which the reader stands at the `next`: it passes over blank
/// lines on the way to a record, so that where it began says nothing.
fn first_line(record: &ByteRecord, next: u64) -> u64 {
    let within = record.iter().flatten().filter(|byte| **byte == b'\n').count();
    let within = u64::try_from(within).unwrap_or(u64::MAX); // a file is smaller
    next.saturating_sub(1).saturating_sub(within)
}

fn unreadable(line: u64, err: &csv::Error) -> RowError {
    let message = match err.kind() {
        csv::ErrorKind::Utf8 { .. } => "the line is not UTF-8",
        _ => "the file cannot be read any further",
    };
    RowError::new(line, "unreadable", message)
}

#[cfg(test)]
mod tests;
