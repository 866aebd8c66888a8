//! Changing reviews, a batch at once: whoever changes one has the row of the product's rating, so
//! that the rating is at every commit what a recount comes to, whichever nodes are at it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use diesel::{prelude::*, upsert::excluded};
use serde_json::json;

use super::{
    super::{Conn, Tx, event},
    Found, Row, review,
};
use crate::{
    domain::{
        Error,
        account::UserStatus,
        catalogue::rating::Rating,
        delivery,
        event::{Event, Kind},
        id::{EventId, ProductId, ReviewId, UserId},
        review::{
            Review, author,
            change::{Change, Changed, Step},
            sheet::Sheet,
        },
    },
    store::{
        error::corrupt,
        schema::{deliveries, delivery_items, order_lines, orders, ratings, reviews, users},
    },
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = ratings, treat_none_as_default_value = false)]
struct RatingRow {
    product_id: String,
    ones: i64,
    twos: i64,
    threes: i64,
    fours: i64,
    fives: i64,
    version: i64,
}

/// Changes reviews. The lock order is: users, ratings.
pub fn change(tx: &mut Tx<'_>, commands: &[Change]) -> Result<Vec<Result<Changed, Error>>, Error> {
    let mut by_product: BTreeMap<ProductId, Vec<&Step>> = BTreeMap::new();
    for Change { product, step } in commands {
        by_product.entry(*product).or_default().push(step);
    }
    let authors = authors(tx, commands)?;
    let writers = Writers { buyers: buyers(tx.conn, &by_product, &authors)?, authors };
    let mut sheets = sheets(tx, &by_product, &writers.buyers)?;
    let (mut outcomes, mut events) = (Vec::with_capacity(commands.len()), Vec::new());
    for command in commands {
        let outcome = decide(command, &writers, &mut sheets, tx.now);
        events.extend(outcome.iter().map(|changed| told(tx, &command.step, changed)));
        outcomes.push(outcome);
    }
    put_back(tx, &sheets)?;
    event::record(tx, events);
    Ok(outcomes)
}

fn decide(
    command: &Change,
    writers: &Writers,
    sheets: &mut BTreeMap<ProductId, Held>,
    now: DateTime<Utc>,
) -> Result<Changed, Error> {
    let buyer = writers.buyer(command)?;
    match sheets.get_mut(&command.product) {
        Some(held) => held.sheet.apply(command, buyer, now),
        // Nobody has rated it, so there is nothing to be changed; whoever may be the first has a
        // sheet.
        None => command.decide(None, buyer, now).and(Err(Error::NotFound("review"))),
    }
}

/// Who says something in a batch.
struct Writers {
    /// What they are called.
    authors: BTreeMap<UserId, String>,
    /// Who of them has got what.
    buyers: BTreeSet<(ProductId, UserId)>,
}

impl Writers {
    /// What the author of `command` is called, if it has one who has got the product.
    fn buyer(&self, command: &Change) -> Result<Option<&str>, Error> {
        let Some(user) = command.step.author() else { return Ok(None) };
        let name = self.authors.get(&user).ok_or(Error::NotFound("user"))?;
        Ok(self.buyers.contains(&(command.product, user)).then_some(name))
    }
}

/// What those are called who say something, whose accounts are held so that none of them ends
/// meanwhile; one that has ended is missing.
fn authors(tx: &mut Tx<'_>, commands: &[Change]) -> Result<BTreeMap<UserId, String>, Error> {
    let ids: BTreeSet<UserId> = commands.iter().filter_map(|it| it.step.author()).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let query = users::table
        .filter(users::id.eq_any(ids.iter().map(ToString::to_string)))
        .filter(users::status.ne(UserStatus::Deleted.as_str()))
        .order(users::id)
        .select((users::id, users::name, users::status));
    let rows: Vec<(String, String, String)> = locked!(query).load(tx.conn)?;
    let named = rows.into_iter().map(|(id, name, status)| {
        Ok((id.parse().map_err(corrupt)?, author(&name, status.parse()?)))
    });
    named.collect()
}

/// Who of the `authors` has got what they say something of. A delivery is of all lines of its
/// order, and what was delivered once stays so: nothing need be locked.
fn buyers(
    conn: &mut Conn,
    by_product: &BTreeMap<ProductId, Vec<&Step>>,
    authors: &BTreeMap<UserId, String>,
) -> Result<BTreeSet<(ProductId, UserId)>, Error> {
    let mut buyers = BTreeSet::new();
    for (product, steps) in by_product {
        let users = steps.iter().filter_map(|step| step.author());
        let users: BTreeSet<UserId> = users.filter(|it| authors.contains_key(it)).collect();
        if users.is_empty() {
            continue;
        }
        let delivered: Vec<Option<String>> = order_lines::table
            .inner_join(orders::table)
            .inner_join(delivery_items::table.inner_join(deliveries::table))
            .filter(orders::user_id.eq_any(users.iter().map(ToString::to_string)))
            .filter(order_lines::product_id.eq(product.to_string()))
            .filter(deliveries::status.eq(delivery::Status::Delivered.as_str()))
            .select(orders::user_id)
            .distinct()
            .load(conn)?;
        for user in delivered.into_iter().flatten() {
            buyers.insert((*product, user.parse().map_err(corrupt)?));
        }
    }
    Ok(buyers)
}

/// A product whose rating is locked.
struct Held {
    sheet: Sheet,
    before: Rating,
    version: i64,
}

/// The products that the changes are about, their ratings locked in the order of their ids. A product
/// that has no rating gets an empty one where somebody has something to say who may; where nobody
/// has, there is no review of it.
fn sheets(
    tx: &mut Tx<'_>,
    by_product: &BTreeMap<ProductId, Vec<&Step>>,
    buyers: &BTreeSet<(ProductId, UserId)>,
) -> Result<BTreeMap<ProductId, Held>, Error> {
    let rated: BTreeSet<ProductId> = buyers.iter().map(|(product, _)| *product).collect();
    let empty: Vec<RatingRow> =
        rated.into_iter().map(|it| RatingRow::of(it, Rating::default(), 0)).collect();
    if !empty.is_empty() {
        diesel::insert_into(ratings::table)
            .values(&empty)
            .on_conflict_do_nothing()
            .execute(tx.conn)?;
    }
    let query = ratings::table
        .filter(ratings::product_id.eq_any(by_product.keys().map(ToString::to_string)))
        .order(ratings::product_id)
        .select(RatingRow::as_select());
    let rows: Vec<RatingRow> = locked!(query).load(tx.conn)?;
    let mut sheets = BTreeMap::new();
    for row in rows {
        let product: ProductId = row.product_id.parse().map_err(corrupt)?;
        let steps = by_product.get(&product).map_or(&[][..], Vec::as_slice);
        let (before, version) = (row.rating(), row.version);
        let sheet = Sheet::new(before, about(tx.conn, product, steps)?);
        sheets.insert(product, Held { sheet, before, version });
    }
    Ok(sheets)
}

/// The reviews of a product that `steps` are about.
fn about(conn: &mut Conn, product: ProductId, steps: &[&Step]) -> Result<Vec<Review>, Error> {
    let (mut authors, mut ids) = (BTreeSet::<UserId>::new(), BTreeSet::<ReviewId>::new());
    for step in steps {
        match step {
            Step::Save { user, .. } | Step::Withdraw { user } => drop(authors.insert(*user)),
            Step::Hide { review, .. } | Step::Unhide { review } => drop(ids.insert(*review)),
        }
    }
    let by_author = reviews::user_id.eq_any(authors.iter().map(ToString::to_string));
    let by_id = reviews::id.eq_any(ids.iter().map(ToString::to_string));
    let rows: Vec<Found> = reviews::table
        .inner_join(users::table)
        .filter(reviews::product_id.eq(product.to_string()))
        .filter(by_author.or(by_id))
        .select((Row::as_select(), (users::name, users::status)))
        .load(conn)?;
    rows.into_iter().map(review).collect()
}

/// Writes what changed: absolute values, one statement a table.
fn put_back(tx: &mut Tx<'_>, sheets: &BTreeMap<ProductId, Held>) -> Result<(), Error> {
    let removed = sheets.values().flat_map(|held| held.sheet.removed());
    let removed: Vec<String> = removed.map(|id| id.to_string()).collect();
    if !removed.is_empty() {
        // First: their author may have said something else since.
        diesel::delete(reviews::table.filter(reviews::id.eq_any(removed))).execute(tx.conn)?;
    }
    let written: Vec<Row> =
        sheets.values().flat_map(|held| held.sheet.written()).map(Row::from).collect();
    if !written.is_empty() {
        diesel::insert_into(reviews::table)
            .values(&written)
            .on_conflict(reviews::id)
            .do_update()
            .set((
                reviews::rating.eq(excluded(reviews::rating)),
                reviews::title.eq(excluded(reviews::title)),
                reviews::body.eq(excluded(reviews::body)),
                reviews::status.eq(excluded(reviews::status)),
                reviews::hidden_reason.eq(excluded(reviews::hidden_reason)),
                reviews::verified.eq(excluded(reviews::verified)),
                reviews::updated_at.eq(excluded(reviews::updated_at)),
            ))
            .execute(tx.conn)?;
    }
    rate(tx, sheets)
}

/// Writes the ratings that are others than before, and has those told who show them.
fn rate(tx: &mut Tx<'_>, sheets: &BTreeMap<ProductId, Held>) -> Result<(), Error> {
    let mut rows = Vec::new();
    for (product, held) in sheets.iter().filter(|(_, it)| it.sheet.rating() != it.before) {
        let version = held.version.saturating_add(1);
        rows.push(RatingRow::of(*product, held.sheet.rating(), version));
        tx.touch(*product);
    }
    if rows.is_empty() {
        return Ok(());
    }
    diesel::insert_into(ratings::table)
        .values(&rows)
        .on_conflict(ratings::product_id)
        .do_update()
        .set((
            ratings::ones.eq(excluded(ratings::ones)),
            ratings::twos.eq(excluded(ratings::twos)),
            ratings::threes.eq(excluded(ratings::threes)),
            ratings::fours.eq(excluded(ratings::fours)),
            ratings::fives.eq(excluded(ratings::fives)),
            ratings::version.eq(excluded(ratings::version)),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Nothing of what it says: admins and bystanders read it.
fn told(tx: &Tx<'_>, step: &Step, Changed { review, .. }: &Changed) -> Event {
    let kind = match step {
        Step::Save { .. } => Kind::ReviewSaved,
        Step::Withdraw { .. } => Kind::ReviewDeleted,
        Step::Hide { .. } => Kind::ReviewHidden,
        Step::Unhide { .. } => Kind::ReviewUnhidden,
    };
    let data = json!({
        "review_id": review.shown.id,
        "product_id": review.product_id,
        "rating": review.shown.rating,
    });
    let (id, user) = (EventId::new(), Some(review.user_id));
    Event { id, order: None, user, kind, at: tx.now, data: data.into() }
}

impl RatingRow {
    fn of(product: ProductId, rating: Rating, version: i64) -> Self {
        let [ones, twos, threes, fours, fives] = rating.counts;
        RatingRow { product_id: product.to_string(), ones, twos, threes, fours, fives, version }
    }

    fn rating(&self) -> Rating {
        Rating { counts: [self.ones, self.twos, self.threes, self.fours, self.fives] }
    }
}
