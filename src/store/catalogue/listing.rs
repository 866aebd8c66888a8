//! Listings: filtered, sorted, and paged by key.

use std::collections::{BTreeMap, HashMap};

use diesel::{dsl::exists, prelude::*};
use serde_json::from_str;

use super::{
    super::{Backend, Conn, snapshot},
    PUBLISHED,
    rows::{ProductRow, assemble},
};
use crate::{
    domain::{
        Error,
        catalogue::{Facet, FacetValue, Filter, Listing, ListingKey, Sort},
        page::{Listed, Page},
    },
    store::{
        error::corrupt,
        schema::{categories, products, stock, variants},
    },
};

/// The words of a search that are looked for: each costs a pass over the products.
const WORDS_MAX: usize = 8;

type Query<'q> = products::BoxedQuery<'q, Backend>;

/// A page of the products that pass `filter`, with the total and the facets of all that pass.
pub fn list(conn: &mut Conn, filter: Filter, page: Page<ListingKey>) -> Result<Listing, Error> {
    snapshot(conn, |conn| {
        let within = filter.category.as_ref().map(|slug| descendants(conn, slug)).transpose()?;
        let query = || filtered(&filter, within.as_deref());
        let attributes: Vec<String> = query().select(products::attributes).load(conn)?;
        let rows = sorted(query(), filter.sort, page.after.as_ref())
            .limit(page.limit.saturating_add(1))
            .select(ProductRow::as_select())
            .load(conn)?;
        let products = assemble(conn, rows)?;
        let listed = Listed::cut(products, page.limit, |product| ListingKey {
            price: product.price_from.amount,
            id: product.id,
        });
        Ok(Listing {
            items: listed.items,
            next: listed.next,
            total: i64::try_from(attributes.len()).map_err(corrupt)?,
            facets: facets(&attributes)?,
        })
    })
}

fn filtered<'q>(filter: &'q Filter, within: Option<&[String]>) -> Query<'q> {
    let mut query = products::table.filter(products::status.eq(PUBLISHED)).into_boxed();
    if let Some(ids) = within {
        query = query.filter(products::category_id.eq_any(ids.to_vec()));
    }
    let words = filter.query.iter().flat_map(|text| text.split_whitespace());
    for word in words.take(WORDS_MAX) {
        let word = word.to_lowercase().replace(['%', '_', '\\'], "");
        query = query.filter(products::words.like(format!("% {word}%")));
    }
    if let Some(min) = filter.price_min {
        query = query.filter(products::price_from.ge(min));
    }
    if let Some(max) = filter.price_max {
        query = query.filter(products::price_from.le(max));
    }
    if filter.in_stock {
        let sellable = variants::table
            .inner_join(stock::table)
            .filter(variants::product_id.eq(products::id))
            .filter(stock::on_hand.gt(stock::reserved))
            .select(variants::id);
        query = query.filter(exists(sellable));
    }
    query
}

fn sorted<'q>(query: Query<'q>, sort: Sort, after: Option<&ListingKey>) -> Query<'q> {
    let after = after.map(|key| (key.price, key.id.to_string()));
    match (sort, after) {
        (Sort::Newest, None) => query.order(products::id.desc()),
        (Sort::Newest, Some((_, id))) => {
            query.filter(products::id.lt(id)).order(products::id.desc())
        }
        (Sort::PriceUp, None) => query.order((products::price_from.asc(), products::id.asc())),
        (Sort::PriceUp, Some((price, id))) => {
            let same = products::price_from.eq(price).and(products::id.gt(id));
            query
                .filter(products::price_from.gt(price).or(same))
                .order((products::price_from.asc(), products::id.asc()))
        }
        (Sort::PriceDown, None) => query.order((products::price_from.desc(), products::id.desc())),
        (Sort::PriceDown, Some((price, id))) => {
            let same = products::price_from.eq(price).and(products::id.lt(id));
            query
                .filter(products::price_from.lt(price).or(same))
                .order((products::price_from.desc(), products::id.desc()))
        }
    }
}

/// The ids of a category and all below it; an unknown slug has none.
fn descendants(conn: &mut Conn, slug: &str) -> Result<Vec<String>, Error> {
    let all: Vec<(String, Option<String>, String)> = categories::table
        .select((categories::id, categories::parent_id, categories::slug))
        .load(conn)?;
    let mut below: HashMap<&str, Vec<&str>> = HashMap::new();
    for (id, parent, _) in &all {
        if let Some(parent) = parent {
            below.entry(parent).or_default().push(id);
        }
    }
    let root = all.iter().find(|(_, _, it)| it == slug).map(|(id, ..)| id.as_str());
    let mut todo: Vec<&str> = root.into_iter().collect();
    let mut found = Vec::new();
    while let Some(id) = todo.pop() {
        found.push(id.to_owned());
        todo.extend(below.get(id).into_iter().flatten());
    }
    Ok(found)
}

/// How often each value of each attribute occurs, the most frequent first.
fn facets(attributes: &[String]) -> Result<Vec<Facet>, Error> {
    let mut counts: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
    for text in attributes {
        for (name, value) in from_str::<BTreeMap<String, String>>(text).map_err(corrupt)? {
            *counts.entry(name).or_default().entry(value).or_insert(0) += 1;
        }
    }
    let facet = |(name, values): (String, BTreeMap<String, i64>)| {
        let mut values: Vec<FacetValue> =
            values.into_iter().map(|(value, count)| FacetValue { value, count }).collect();
        values.sort_by_key(|it| std::cmp::Reverse(it.count));
        Facet { name, values }
    };
    Ok(counts.into_iter().map(facet).collect())
}
