//! One line of an export: finds the fields by the names of their columns, and checks each.

use csv::StringRecord;

use crate::domain::{
    catalogue::{
        Status,
        import::{LONG_CHARS_MAX, LineError, SHORT_CHARS_MAX, WEIGHT_GRAMS_MAX},
        stock::ON_HAND_MAX,
    },
    money::{AMOUNT_MAX, Money},
};

/// What no file can do without.
const REQUIRED: [&str; 3] = ["Handle", "Title", "Variant Price"];
const OPTION_NAMES: [&str; 3] = ["Option1 Name", "Option2 Name", "Option3 Name"];
const OPTION_VALUES: [&str; 3] = ["Option1 Value", "Option2 Value", "Option3 Value"];

/// The names of the columns in the order of the file.
pub struct Columns(Vec<String>);

/// Shopify's own have some sixty; each is looked for by its name in every line.
const COLUMNS_MAX: usize = 500;

impl Columns {
    /// An error where one is missing that is needed.
    pub fn of(header: &StringRecord) -> Result<Self, LineError> {
        if header.len() > COLUMNS_MAX {
            let message = format!("a product export has at most {COLUMNS_MAX} columns");
            return Err(LineError::new(1, "too_many_columns", message));
        }
        let name = |text: &str| text.trim_start_matches('\u{feff}').trim().to_owned();
        let columns = Columns(header.iter().map(name).collect());
        let missing: Vec<&str> =
            REQUIRED.into_iter().filter(|it| columns.place(it).is_none()).collect();
        if missing.is_empty() {
            return Ok(columns);
        }
        let message = format!("no column {}: is this a product export?", missing.join(", "));
        Err(LineError::new(1, "missing_column", message))
    }

    fn has(&self, name: &str) -> bool {
        self.place(name).is_some()
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|it| it == name)
    }
}

pub struct Row<'a> {
    pub columns: &'a Columns,
    pub record: &'a StringRecord,
    pub line: u64,
}

impl<'a> Row<'a> {
    pub fn error(&self, code: &'static str, message: impl Into<String>) -> LineError {
        LineError::new(self.line, code, message)
    }

    pub fn is_blank(&self) -> bool {
        self.record.iter().all(|field| field.trim().is_empty())
    }

    /// A line with too few fields ends in empty ones; with too many, a comma stands where none
    /// was meant, and nothing after it can be trusted.
    pub fn check_length(&self) -> Result<(), LineError> {
        let (fields, columns) = (self.record.len(), self.columns.0.len());
        if fields <= columns {
            return Ok(());
        }
        let message = format!("the line has {fields} fields for {columns} columns");
        Err(self.error("too_many_fields", message))
    }

    /// Whether the line has nothing of a variant.
    pub fn is_of_an_image(&self) -> bool {
        let variant = ["Variant SKU", "Variant Price"];
        OPTION_VALUES.iter().chain(&variant).all(|column| self.text(column).is_empty())
    }

    /// Where it says nothing of itself, but the file has a word for it, it is published.
    pub fn status(&self) -> Result<Option<Status>, LineError> {
        let is_published = match self.text("Published").to_ascii_lowercase().as_str() {
            "" | "true" => true,
            "false" => false,
            _ => return Err(self.error("invalid_published", "published is either true or false")),
        };
        match self.text("Status").to_ascii_lowercase().as_str() {
            "draft" => Ok(Some(Status::Draft)),
            "archived" => Ok(Some(Status::Archived)),
            "" | "active" if !is_published => Ok(Some(Status::Draft)),
            "" if !self.columns.has("Published") && !self.columns.has("Status") => Ok(None),
            "" | "active" => Ok(Some(Status::Published)),
            _ => Err(self.error("invalid_status", "a status is active, draft or archived")),
        }
    }

    /// What `read` finds in a column, if the file has it.
    pub fn told(
        &self,
        column: &str,
        read: impl Fn(&Self, &str) -> Result<&'a str, LineError>,
    ) -> Result<Option<&'a str>, LineError> {
        if self.columns.has(column) { read(self, column).map(Some) } else { Ok(None) }
    }

    /// A field of one line of text, trimmed; empty where there is none.
    pub fn short(&self, column: &str) -> Result<&'a str, LineError> {
        let text = self.bounded(column, SHORT_CHARS_MAX)?;
        if text.contains(char::is_control) {
            let message = format!("{column} has a character that is no text");
            return Err(self.error("invalid_text", message));
        }
        Ok(text)
    }

    /// A field of any text, trimmed; empty where there is none.
    pub fn long(&self, column: &str) -> Result<&'a str, LineError> {
        self.bounded(column, LONG_CHARS_MAX)
    }

    fn bounded(&self, column: &str, most: usize) -> Result<&'a str, LineError> {
        let text = self.text(column);
        if text.chars().nth(most).is_some() {
            let message = format!("{column} is longer than {most} characters");
            return Err(self.error("too_long", message));
        }
        Ok(text)
    }

    fn text(&self, column: &str) -> &'a str {
        let field = self.columns.place(column).and_then(|at| self.record.get(at));
        unguarded(field.unwrap_or_default().trim())
    }

    pub fn option_names(&self) -> Result<[&'a str; 3], LineError> {
        let [first, second, third] = OPTION_NAMES;
        let names = [self.short(first)?, self.short(second)?, self.short(third)?];
        let [first, second, third] = names;
        let twice = |one: &str, other: &str| !one.is_empty() && one == other;
        if twice(first, second) || twice(second, third) || twice(first, third) {
            return Err(self.error("invalid_options", "two options have the same name"));
        }
        Ok(names)
    }

    /// Name and value of what sets the variant apart, in the order of the file: nothing where
    /// Shopify writes `Title` and `Default Title`.
    pub fn options<'n>(
        &self,
        names: &'n [String; 3],
    ) -> Result<Vec<(&'n str, &'a str)>, LineError> {
        let mut options = Vec::new();
        for (name, column) in names.iter().zip(OPTION_VALUES) {
            match (name.as_str(), self.short(column)?) {
                ("", "") | ("Title", "Default Title") => {}
                ("", value) => {
                    let message = format!("{value:?} is the value of an option without a name");
                    return Err(self.error("invalid_options", message));
                }
                (name, "") => {
                    let message = format!("the option {name} has no value");
                    return Err(self.error("invalid_options", message));
                }
                (name, value) => options.push((name, value)),
            }
        }
        Ok(options)
    }

    /// Spreadsheets begin a SKU with an apostrophe, to keep it from becoming a number.
    pub fn sku(&self) -> Result<Option<&'a str>, LineError> {
        let sku = self.short("Variant SKU")?.trim_start_matches('\'');
        Ok(Some(sku).filter(|it| !it.is_empty()))
    }

    pub fn price(&self) -> Result<Money, LineError> {
        let text = self.text("Variant Price");
        money(text).ok_or_else(|| self.error("invalid_price", no_price("the price", text)))
    }

    /// None inside where the field is empty.
    pub fn compare_at_price(&self) -> Result<Option<Option<Money>>, LineError> {
        let column = "Variant Compare At Price";
        let text = self.text(column);
        if text.is_empty() {
            return Ok(self.columns.has(column).then_some(None));
        }
        let wrong = || self.error("invalid_price", no_price("the price to compare with", text));
        money(text).map(|it| Some(Some(it))).ok_or_else(wrong)
    }

    /// Shopify lets more be sold than there is, and writes what is missing as less than none:
    /// none can be sold of it.
    pub fn on_hand(&self) -> Result<Option<i64>, LineError> {
        let text = self.text("Variant Inventory Qty");
        if text.is_empty() {
            return Ok(None);
        }
        let units = text.parse::<i64>().ok().filter(|it| *it <= ON_HAND_MAX); // `None` says it
        let wrong = || self.error("invalid_quantity", format!("{} is no quantity", quoted(text)));
        Ok(Some(units.ok_or_else(wrong)?.max(0)))
    }

    /// Whole grams; Shopify counts in fractions where the weight was given in pounds.
    pub fn grams(&self) -> Result<Option<i64>, LineError> {
        let text = self.text("Variant Grams");
        if text.is_empty() {
            return Ok(None);
        }
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let grams = Some(whole).filter(|it| is_digits(it) && is_digits(fraction));
        let grams = grams.and_then(|it| it.parse().ok()); // too many digits are no weight either
        let grams = grams.filter(|it| *it <= WEIGHT_GRAMS_MAX).map(Some);
        grams.ok_or_else(|| self.error("invalid_weight", format!("{} is no weight", quoted(text))))
    }
}

/// Whether a spreadsheet would take the text for a formula.
pub fn runs(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// The text without the apostrophe that [`guarded`](super::write::guarded) has put before it.
fn unguarded(text: &str) -> &str {
    text.strip_prefix('\'').filter(|rest| runs(rest)).unwrap_or(text)
}

/// Digits, and after a point one or two more: 50, 49.9 and 49.90 are prices, 1,299.00 is none.
fn money(text: &str) -> Option<Money> {
    let (whole, cents) = text.split_once('.').unwrap_or((text, "00"));
    if !is_digits(whole) || !is_digits(cents) || cents.len() > 2 {
        return None;
    }
    let whole: i64 = whole.parse().ok()?; // too many digits are no price either
    let cents: i64 = format!("{cents:0<2}").parse().ok()?; // two digits always parse
    let amount = whole.checked_mul(100)?.checked_add(cents)?;
    (amount <= AMOUNT_MAX).then(|| Money::euros(amount))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn no_price(what: &str, text: &str) -> String {
    format!("{what} is {}, and not digits with a point and two decimals", quoted(text))
}

/// What was found, short enough for a message.
fn quoted(text: &str) -> String {
    match text {
        "" => "missing".to_owned(),
        text => format!("{:?}", text.chars().take(30).collect::<String>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_digits_with_at_most_two_decimals() {
        for (text, cents) in [("50", 5000), ("49.90", 4990), ("49.9", 4990), ("0", 0), ("007", 700)]
        {
            assert_eq!(money(text), Some(Money::euros(cents)), "{text}");
        }
        let wrong =
            ["", ".", "5.", ".5", "1.999", "-1", "+1", "1e3", "1,299.00", "1 000", "€5", "٣"];
        for text in wrong {
            assert_eq!(money(text), None, "{text}");
        }
    }

    #[test]
    fn a_price_beyond_all_bounds_is_none() {
        assert_eq!(money("10000000000.00"), Some(Money::euros(AMOUNT_MAX)));
        assert_eq!(money("10000000000.01"), None);
        assert_eq!(money("99999999999999999999"), None);
        assert_eq!(money("9223372036854775807"), None);
    }
}
