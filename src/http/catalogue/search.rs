//! What a listing is asked for.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::{Ready, ready},
};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use serde::Deserialize;

use crate::{
    domain::{
        Error,
        catalogue::{
            attribute::{NAME_CHARS_MAX, TEXT_CHARS_MAX},
            listing::{
                FILTER_NAMES_MAX, FILTER_VALUES_MAX, Filter, ListingKey, QUERY_CHARS_MAX, Sort,
            },
        },
    },
    http::{
        error::Problem,
        input::{is_line, query},
    },
};

/// The parameters of attributes begin so.
const ATTRIBUTE: &str = "attr.";

/// What a listing is asked for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// What is searched for: each word is found as it is, in another form, as the beginning of a
    /// longer word, or with one letter wrong.
    q: Option<String>,
    /// The slug of a category; those below it count too.
    category: Option<String>,
    /// In minor units.
    #[param(minimum = 0)]
    price_min: Option<i64>,
    /// In minor units.
    #[param(minimum = 0)]
    price_max: Option<i64>,
    /// Only what can be bought now.
    in_stock: Option<bool>,
    /// Without it, what fits best comes first where something is searched for, or else what is
    /// newest.
    #[param(inline)]
    sort: Option<Sort>,
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
    #[serde(skip)]
    #[param(ignore)]
    attributes: BTreeMap<String, BTreeSet<String>>,
}

impl FromRequest for Search {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Search::read(request.query_string()).map_err(Problem::from))
    }
}

impl Search {
    /// Takes the attributes, whose names nobody can list, apart from the rest.
    fn read(text: &str) -> Result<Self, Error> {
        let mut attributes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut others = form_urlencoded::Serializer::new(String::new());
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            match name.strip_prefix(ATTRIBUTE) {
                Some(name) => {
                    attributes.entry(name.to_owned()).or_default().insert(value.into_owned());
                }
                None => drop(others.append_pair(&name, &value)),
            }
        }
        let search: Search = query(&others.finish())?;
        Ok(Search { attributes, ..search })
    }

    /// The filter and the order, which is that of the page before where this is not the first.
    pub fn parse(self, after: Option<&ListingKey>) -> Result<(Filter, Sort), Error> {
        let lines =
            [("q", &self.q, QUERY_CHARS_MAX), ("category", &self.category, QUERY_CHARS_MAX)];
        for (field, text, chars_max) in lines {
            if text.as_deref().is_some_and(|it| !is_line(it, chars_max)) {
                let message = "at most 100 printable characters";
                return Err(Error::invalid(field, "invalid_value", message));
            }
        }
        for (field, price) in [("price_min", self.price_min), ("price_max", self.price_max)] {
            if price.is_some_and(i64::is_negative) {
                return Err(Error::invalid(field, "out_of_range", "a price is not negative"));
            }
        }
        check_attributes(&self.attributes)?;
        let query = self.q.map(|it| it.trim().to_owned()).filter(|it| !it.is_empty());
        let usual = if query.is_some() { Sort::Relevance } else { Sort::Newest };
        let sort = match self.sort.unwrap_or(usual) {
            Sort::Relevance if query.is_none() => Sort::Newest,
            sort => sort,
        };
        if after.is_some_and(|key| key.sort != sort) {
            let message = "this cursor is of a listing in another order".to_owned();
            return Err(Error::Rejected { code: "invalid_cursor", message });
        }
        let filter = Filter {
            query,
            category: self.category,
            price_min: self.price_min,
            price_max: self.price_max,
            in_stock: self.in_stock.unwrap_or(false),
            attributes: self.attributes,
        };
        Ok((filter, sort))
    }
}

fn check_attributes(all: &BTreeMap<String, BTreeSet<String>>) -> Result<(), Error> {
    let values = all.values().map(BTreeSet::len).fold(0, usize::saturating_add);
    if all.len() > FILTER_NAMES_MAX || values > FILTER_VALUES_MAX {
        let message = "a filter names at most 10 attributes and 50 values";
        return Err(Error::invalid("attr", "too_many", message));
    }
    for (name, values) in all {
        let is_text = |value: &String| is_line(value, TEXT_CHARS_MAX);
        if !is_line(name, NAME_CHARS_MAX) || !values.iter().all(is_text) {
            let message = "a name has at most 60 printable characters, a value 200";
            return Err(Error::invalid("attr", "invalid_value", message));
        }
    }
    Ok(())
}
