//! What those ask for who look around: made of what the shop itself says, and hardly ever the same
//! twice.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{super::Failure, raw::Client};
use crate::demo::dice::Dice;

/// How many different paths there are of each kind.
const PATHS: usize = 2_000;
/// How many pages of the whole catalogue are read to know products by.
const PAGES: usize = 20;
/// All runs ask the same.
const SEED: u64 = 1;
const SORTS: [&str; 5] = ["newest", "price", "-price", "rating", "popular"];

/// A way of looking at products.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Detail,
    /// A page of a category, or of all of it, and the pages that follow.
    Listing,
    /// By attributes, price and stock, in any order.
    Filtered,
    /// One or two words, whole, begun or mistyped.
    Search,
}

impl Kind {
    pub const ALL: [Kind; 4] = [Kind::Detail, Kind::Listing, Kind::Filtered, Kind::Search];

    pub fn name(self) -> &'static str {
        match self {
            Kind::Detail => "detail",
            Kind::Listing => "listing",
            Kind::Filtered => "filtered",
            Kind::Search => "search",
        }
    }
}

/// The paths of each kind.
pub struct Paths {
    /// How many products the shop shows.
    pub products: u64,
    detail: Vec<String>,
    listing: Vec<String>,
    filtered: Vec<String>,
    search: Vec<String>,
}

impl Paths {
    pub fn of(&self, kind: Kind) -> &[String] {
        match kind {
            Kind::Detail => &self.detail,
            Kind::Listing => &self.listing,
            Kind::Filtered => &self.filtered,
            Kind::Search => &self.search,
        }
    }
}

/// Looks around the shop, and says what there is to ask for.
pub async fn of(client: &mut Client) -> Result<Paths, Failure> {
    let mut seen = Seen::default();
    let mut path = "/api/v1/products?limit=100".to_owned();
    for _ in 0..PAGES {
        let page = json(client, &path).await?;
        seen.look(&page);
        let Some(cursor) = text(&page, "next_cursor") else { break };
        seen.cursors.push(cursor.to_owned());
        path = format!("/api/v1/products?limit=100&cursor={cursor}");
    }
    let tree = json(client, "/api/v1/categories").await?;
    tree.get("items").into_iter().for_each(|items| categories(items, &mut seen.categories));
    if seen.slugs.is_empty() || seen.words.is_empty() {
        return Err(Failure::new("there is nothing for sale: seed the shop first"));
    }
    Ok(seen.paths())
}

/// What there is in the shop, as far as was looked.
#[derive(Default)]
struct Seen {
    total: u64,
    slugs: Vec<String>,
    words: BTreeSet<String>,
    cursors: Vec<String>,
    categories: Vec<String>,
    /// Names and values of attributes, as they stand in a query.
    attributes: Vec<String>,
}

impl Seen {
    fn look(&mut self, page: &Value) {
        self.total = page.get("total").and_then(Value::as_u64).unwrap_or(0);
        let items = page.get("items").and_then(Value::as_array).into_iter().flatten();
        for item in items {
            self.slugs.extend(text(item, "slug").map(str::to_owned));
            let words = text(item, "name").unwrap_or("").split_whitespace();
            self.words.extend(words.filter(|it| it.chars().count() > 3).map(str::to_lowercase));
        }
        if self.attributes.is_empty() {
            let facets = page.get("facets").and_then(Value::as_array).into_iter().flatten();
            self.attributes = facets.flat_map(pairs).collect();
        }
    }

    fn paths(self) -> Paths {
        let mut dice = Dice::new(SEED);
        let words: Vec<String> = self.words.into_iter().collect();
        let listing = (0..PATHS).map(|number| {
            let sort = pick(&mut dice, &SORTS);
            let category = pick(&mut dice, &self.categories);
            match number % 4 {
                0 => format!("/api/v1/products?sort={sort}"),
                1 if !self.cursors.is_empty() => {
                    format!("/api/v1/products?cursor={}", pick(&mut dice, &self.cursors))
                }
                _ => format!("/api/v1/products?sort={sort}&category={category}"),
            }
        });
        let listing = listing.collect();
        let filtered = (0..PATHS).map(|number| {
            let (one, other) =
                (pick(&mut dice, &self.attributes), pick(&mut dice, &self.attributes));
            let sort = pick(&mut dice, &SORTS);
            let most = 1_000 + dice.below(40) * 500;
            match number % 3 {
                0 => format!("/api/v1/products?{one}&{other}&sort={sort}"),
                1 => format!("/api/v1/products?{one}&in_stock=true&price_max={most}&sort={sort}"),
                _ => format!(
                    "/api/v1/products?{one}&category={}&price_min=1000&price_max={most}",
                    pick(&mut dice, &self.categories)
                ),
            }
        });
        let filtered = filtered.collect();
        let search = (0..PATHS).map(|number| {
            let (one, other) = (pick(&mut dice, &words), pick(&mut dice, &words));
            match number % 4 {
                0 => format!("/api/v1/products?q={one}"),
                1 => format!("/api/v1/products?q={one}+{other}"),
                2 => format!("/api/v1/products?q={}", begun(one)),
                _ => format!("/api/v1/products?q={}", mistyped(one)),
            }
        });
        let search = search.collect();
        let detail = self.slugs.iter().map(|slug| format!("/api/v1/products/{slug}")).collect();
        Paths { products: self.total, detail, listing, filtered, search }
    }
}

/// The word without its last letters.
fn begun(word: &str) -> String {
    word.chars().take(word.chars().count().saturating_sub(2).max(3)).collect()
}

/// The word without its second letter.
fn mistyped(word: &str) -> String {
    word.chars().enumerate().filter(|(at, _)| *at != 1).map(|(_, it)| it).collect()
}

fn pairs(facet: &Value) -> Vec<String> {
    let name = text(facet, "name").unwrap_or("");
    let values = facet.get("values").and_then(Value::as_array).into_iter().flatten();
    let pair = |value: &Value| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair(&format!("attr.{name}"), text(value, "value").unwrap_or(""));
        query.finish()
    };
    values.map(pair).collect()
}

fn categories(items: &Value, all: &mut Vec<String>) {
    for item in items.as_array().into_iter().flatten() {
        let count = item.get("product_count").and_then(Value::as_u64).unwrap_or(0);
        if count > 0 {
            all.extend(text(item, "slug").map(str::to_owned));
        }
        item.get("children").into_iter().for_each(|below| categories(below, all));
    }
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name)?.as_str()
}

async fn json(client: &mut Client, path: &str) -> Result<Value, Failure> {
    let body = client.text(path).await?;
    serde_json::from_str(&body)
        .map_err(|err| Failure::new(format!("GET {path} was not answered by JSON: {err}")))
}

fn pick<'a, T: AsRef<str>>(dice: &mut Dice, from: &'a [T]) -> &'a str {
    dice.pick(from).map_or("", AsRef::as_ref)
}
