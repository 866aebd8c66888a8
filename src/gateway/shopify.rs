//! Products as Shopify exports them: CSV with a line for each variant, and for each further image.
//!
//! What real files are like: several lines with one handle, of which the first tells of the
//! product and each of a variant; `Title` / `Default Title` where there are no options; no SKU;
//! images on lines of their own; HTML in the body. The lines of a product follow each other: it is
//! whole when another handle comes, so that a file of any length takes no more memory than its
//! longest product. A handle that comes back later is the same product again, and brings it up to
//! date: its first line needs a title there too.
//!
//! What is not taken: images that stand elsewhere, tags but for the category, weight units (grams
//! are), and whether stock is tracked at all (here it always is).

mod row;
pub mod write;

use std::{
    collections::VecDeque,
    io::{self, Read},
};

use csv::{ByteRecord, Reader, StringRecord};

use self::row::{Columns, Row};
use super::html;
use crate::domain::{
    catalogue::{
        VARIANTS_MAX,
        import::{
            Entry, IMAGES_MAX, LineError, NewCategory, NewImage, NewProduct, NewVariant, Picture,
            image_key, slug,
        },
    },
    id::ProductId,
};

/// The longest record, in bytes: a description of four-byte characters, and what stands beside it.
/// A quote that nobody closes would make one record of all the rest.
const RECORD_BYTES_MAX: usize = 1 << 20;

/// The products of a file, each when it is whole, and the lines that are wrong, each before the
/// product that it is of. A wrong line is left out, the other variants of its product stay. A
/// product is left out where the line that begins it is wrong in what it tells of the product, and
/// where none of its variants is left.
pub struct Products<R> {
    reader: Reader<Measured<io::Chain<R, &'static [u8]>>>,
    columns: Option<Columns>,
    draft: Option<Draft>,
    ready: VecDeque<Result<Entry, LineError>>,
    /// Whether nothing more can be read.
    ended: bool,
}

/// What the lines of one handle have told so far.
struct Draft {
    slug: String,
    /// None where it was wrong from the first line: no line of it is looked at.
    taken: Option<Taken>,
}

struct Taken {
    entry: Entry,
    options: [String; 3],
    /// Whether a line of it was left out.
    is_torn: bool,
}

impl<R: Read> Products<R> {
    pub fn of(input: R) -> Self {
        let mut lines = csv::ReaderBuilder::new();
        // Not CRLF, with which the crate begins a record before the line feed of the last one: its
        // line would be one too few. The carriage return is trimmed with the last field.
        lines.flexible(true).terminator(csv::Terminator::Any(b'\n'));
        let input = Measured { input: input.chain(b"\n".as_slice()), left: RECORD_BYTES_MAX };
        Products {
            reader: lines.from_reader(input),
            columns: None,
            draft: None,
            ready: VecDeque::new(),
            ended: false,
        }
    }

    /// Reads one record; an error where nothing after it can be read.
    fn step(&mut self) -> Result<(), LineError> {
        let columns = match &self.columns {
            Some(columns) => columns,
            None => {
                let header = self.reader.headers().map_err(|err| unreadable(1, &err))?;
                self.columns.insert(Columns::of(header)?)
            }
        };
        let mut bytes = ByteRecord::new();
        let before = self.reader.position().line();
        self.reader.get_mut().left = RECORD_BYTES_MAX;
        let read = self.reader.read_byte_record(&mut bytes);
        if !read.map_err(|err| unreadable(before, &err))? {
            self.ended = true;
            self.ready.extend(self.draft.take().and_then(Draft::close).map(Ok));
            return Ok(());
        }
        // The last record may end in an open quote, and nothing after it.
        let line = first_line(&bytes, self.reader.position().line()).max(before);
        let Ok(record) = StringRecord::from_byte_record(bytes) else {
            return self.refuse(LineError::new(line, "unreadable", "the line is not UTF-8"));
        };
        let row = Row { columns, record: &record, line };
        if row.is_blank() {
            return Ok(());
        }
        let named = row.check_length().and_then(|()| slug_of(&row));
        let taken = named.and_then(|slug| match &mut self.draft {
            Some(draft) if draft.slug == slug => draft.take(&row),
            draft => {
                self.ready.extend(draft.take().and_then(Draft::close).map(Ok));
                draft.insert(Draft { slug, taken: None }).begin(&row)
            }
        });
        taken.or_else(|error| self.refuse(error))
    }

    fn refuse(&mut self, error: LineError) -> Result<(), LineError> {
        self.ready.push_back(Err(error));
        Ok(())
    }
}

impl<R: Read> Iterator for Products<R> {
    type Item = Result<Entry, LineError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.ready.is_empty() && !self.ended {
            if let Err(error) = self.step() {
                // The product at hand may not be whole.
                self.ended = true;
                self.ready.push_back(Err(error));
            }
        }
        self.ready.pop_front()
    }
}

impl Draft {
    /// Takes the first line.
    fn begin(&mut self, row: &Row<'_>) -> Result<(), LineError> {
        let entry = begin(row, self.slug.clone())?;
        let options = row.option_names()?.map(str::to_owned);
        let taken = self.taken.insert(Taken { entry, options, is_torn: false });
        let told = taken.take(row);
        taken.is_torn = told.is_err();
        told
    }

    /// Takes another line.
    fn take(&mut self, row: &Row<'_>) -> Result<(), LineError> {
        let Some(taken) = &mut self.taken else { return Ok(()) };
        let told = taken.take(row);
        taken.is_torn |= told.is_err();
        told
    }

    /// The product, unless there is nothing left of it.
    fn close(self) -> Option<Entry> {
        let Taken { entry, is_torn, .. } = self.taken?;
        (!is_torn || !entry.product.variants.is_empty()).then_some(entry)
    }
}

impl Taken {
    fn take(&mut self, row: &Row<'_>) -> Result<(), LineError> {
        let product = &mut self.entry.product;
        if !row.is_of_an_image() {
            let variant = variant(row, product, &self.options)?;
            product.variants.push(variant);
        }
        if let Some(image) = image(row)? {
            let images = product.images.get_or_insert_default();
            if images.len() >= IMAGES_MAX {
                let message = format!("a product has at most {IMAGES_MAX} images");
                return Err(row.error("too_many_images", message));
            }
            images.push(image);
        }
        Ok(())
    }
}

/// The product that a first line tells of, without its variants.
fn begin(row: &Row<'_>, slug: String) -> Result<Entry, LineError> {
    let name = row.short("Title")?;
    if name.is_empty() {
        let message = "the first line of a product needs a title: the product is left out";
        return Err(row.error("missing_title", message));
    }
    let category = category(row)?;
    let brand = |brand: &str| Some(brand.to_owned()).filter(|it| !it.is_empty());
    let product = NewProduct {
        line: row.line,
        slug,
        name: name.to_owned(),
        description: row.told("Body (HTML)", Row::long)?.map(html::describe),
        brand: row.told("Vendor", Row::short)?.map(brand),
        category: category.as_ref().map(|it| it.slug.clone()),
        attributes: None,
        status: row.status()?,
        images: None,
        variants: Vec::new(),
    };
    Ok(Entry { categories: category.into_iter().collect(), product })
}

/// What the line sells; the SKU where it names none is the same in each import.
fn variant(
    row: &Row<'_>,
    product: &NewProduct,
    names: &[String; 3],
) -> Result<NewVariant, LineError> {
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
    let sku = row.sku()?.map_or(made, str::to_owned);
    for before in &product.variants {
        if before.options == options {
            let message = "a line before has the same options of the same product";
            return Err(row.error("repeated_variant", message));
        }
        if before.sku == sku {
            let message = format!("the SKU {sku:?} is taken by a line before");
            return Err(row.error("repeated_sku", message));
        }
    }
    let price = row.price()?;
    let compare_at_price = row.compare_at_price()?;
    Ok(NewVariant {
        line: row.line,
        sku,
        name,
        options,
        price,
        compare_at_price: compare_at_price.map(|it| it.filter(|it| it.amount > price.amount)),
        on_hand: row.on_hand()?,
        weight_grams: row.grams()?,
        low_threshold: None,
    })
}

fn image(row: &Row<'_>) -> Result<Option<NewImage>, LineError> {
    let address = row.long("Image Src")?;
    if address.is_empty() {
        return Ok(None);
    }
    let key = image_key(address).map(str::to_owned);
    let alt = row.short("Image Alt Text")?.to_owned();
    Ok(Some(NewImage { alt, picture: key.map_or(Picture::Elsewhere, Picture::Kept) }))
}

/// The handle. One that reads as an id is refused, because products are found by either.
fn slug_of(row: &Row<'_>) -> Result<String, LineError> {
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

/// The category: the type, or else the first tag.
fn category(row: &Row<'_>) -> Result<Option<NewCategory>, LineError> {
    let tag = row.short("Tags")?.split(',').next().unwrap_or_default().trim();
    let named = [row.short("Type")?, tag].into_iter().find(|it| !slug(it).is_empty());
    Ok(named.map(|name| NewCategory {
        slug: slug(name),
        name: name.to_owned(),
        parent: None,
        attributes: Vec::new(),
    }))
}

/// The line that a record begins on, of which the reader stands at the `next`: it passes over blank
/// lines on the way to a record, so that where it began says nothing.
fn first_line(record: &ByteRecord, next: u64) -> u64 {
    let within = record.iter().flatten().filter(|byte| **byte == b'\n').count();
    let within = u64::try_from(within).unwrap_or(u64::MAX); // a file is smaller
    next.saturating_sub(1).saturating_sub(within)
}

fn unreadable(line: u64, err: &csv::Error) -> LineError {
    let (code, message) = match err.kind() {
        csv::ErrorKind::Utf8 { .. } => ("unreadable", "the line is not UTF-8"),
        csv::ErrorKind::Io(err) if err.kind() == io::ErrorKind::FileTooLarge => {
            ("too_long", "a record has a MiB at most: is there a quote that nobody closes?")
        }
        _ => ("unreadable", "the file cannot be read any further"),
    };
    LineError::new(line, code, message)
}

/// Input of which only so many bytes may be read until somebody says so again.
struct Measured<R> {
    input: R,
    left: usize,
}

impl<R: Read> Read for Measured<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(into)?;
        self.left = self.left.checked_sub(read).ok_or(io::ErrorKind::FileTooLarge)?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests;
