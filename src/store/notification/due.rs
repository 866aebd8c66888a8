//! What is to be told of what happened: read from the feed, and told once.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::Value;

use super::way::{Telling, tell_all};
use crate::{
    domain::{
        Error,
        account::Email,
        event::{Consumer, Kind, Published},
        id::{OrderId, UserId},
        money::{Currency, Money},
        notification::order::{
            BATCH_MAX, Bought, BoughtLine, Buyer, Facts, LOOKED_BACK_AT, News, Past, Tell, is_past,
            kind_of,
        },
        settings::Language,
    },
    store::{
        error::corrupt,
        schema::{deliveries, events, order_lines, orders},
    },
};

use super::super::{Conn, Tx, account, among, event, mail, snapshot};

/// What is to be told of the events that nobody has told of yet, from `seen` on at the least: there was
/// nothing before it; and whether nothing waits behind them. The orders of all are read together. Who is
/// told beside the buyers, the caller adds.
pub fn due(conn: &mut Conn, seen: i64, now: DateTime<Utc>) -> Result<(Tell, bool), Error> {
    snapshot(conn, |conn| {
        let from = event::consumed(conn, Consumer::Notifications)?;
        let told = event::after_of(conn, &told_kinds(), from.max(seen), BATCH_MAX.into())?;
        let last = told.get(usize::from(BATCH_MAX) - 1).map(|it| it.sequence);
        let to = match last {
            Some(place) => place,
            None => event::head(conn)?.max(from).max(seen),
        };
        let told: Vec<Published> = told.into_iter().filter(|it| !is_past(&it.event, now)).collect();
        let facts = facts(conn, &told)?;
        let news = told.iter().filter_map(|it| news_of(it, &facts)).collect();
        Ok((Tell { from, to, news, seller: None }, last.is_none()))
    })
}

/// The kinds of event of which anything is told.
fn told_kinds() -> Vec<Kind> {
    Kind::ALL.iter().copied().filter(|kind| kind_of(*kind).is_some()).collect()
}

/// What is to be told of an event. One that cannot be told must not hold up all others.
fn news_of(published: &Published, facts: &HashMap<OrderId, Facts>) -> Option<News> {
    let order = published.event.order.and_then(|(order, _)| facts.get(&order));
    let news = match order {
        Some(facts) => News::of(published, facts),
        None => Err(Error::NotFound("order")),
    };
    let event = published.event.id;
    news.inspect_err(|error| tracing::error!(%event, ?error, "nobody can be told of an event"))
        .ok()
        .flatten()
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = orders)]
struct OrderRow {
    id: String,
    number: String,
    user_id: Option<String>,
    email: Option<String>,
    language: Option<String>,
    address: String,
    currency: String,
    discount: i64,
    tax: i64,
    delivery_price: i64,
    total: i64,
}

/// What is known of the orders of these events. One that cannot be read is missing.
fn facts(conn: &mut Conn, told: &[Published]) -> Result<HashMap<OrderId, Facts>, Error> {
    let orders_of = |kinds: &[Kind]| -> BTreeSet<String> {
        let of_kind = told.iter().filter(|it| kinds.is_empty() || kinds.contains(&it.event.kind));
        of_kind.filter_map(|it| Some(it.event.order?.0.to_string())).collect()
    };
    let ids = orders_of(&[]);
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<OrderRow> =
        orders::table.filter(among(orders::id, &ids)).select(OrderRow::as_select()).load(conn)?;
    let mut lines = lines(conn, &orders_of(&[Kind::OrderPlaced]))?;
    let mut parcels = parcels(conn, &orders_of(&[Kind::OrderShipped]))?;
    let looked_back = orders_of(&[Kind::OrderCancelled, Kind::DeliveryOutForDelivery]);
    let mut past = past(conn, &looked_back)?;
    let mut all = HashMap::with_capacity(rows.len());
    for row in rows {
        let id = row.id.clone();
        let parts = Parts {
            lines: lines.remove(&id).unwrap_or_default(),
            parcel: parcels.remove(&id).unwrap_or_default(),
            past: past.remove(&id).unwrap_or_default(),
        };
        match row.into_facts(parts) {
            Ok(facts) => drop(all.insert(facts.id, facts)),
            Err(error) => tracing::error!(order = id, ?error, "an order cannot be read"),
        }
    }
    Ok(all)
}

/// What stands in other tables.
struct Parts {
    lines: Vec<Line>,
    parcel: Parcel,
    past: Vec<Past>,
}

/// Name, options, quantity and price.
type Line = (String, String, i64, i64);
/// Carrier and tracking number.
type Parcel = (Option<String>, Option<String>);

fn lines(conn: &mut Conn, ids: &BTreeSet<String>) -> Result<HashMap<String, Vec<Line>>, Error> {
    let mut all: HashMap<String, Vec<Line>> = HashMap::new();
    if ids.is_empty() {
        return Ok(all);
    }
    let rows: Vec<(String, String, String, i64, i64)> = order_lines::table
        .filter(among(order_lines::order_id, ids))
        .order((order_lines::order_id, order_lines::position))
        .select((
            order_lines::order_id,
            order_lines::name,
            order_lines::options,
            order_lines::quantity,
            order_lines::line_total,
        ))
        .load(conn)?;
    for (order, name, options, quantity, total) in rows {
        all.entry(order).or_default().push((name, options, quantity, total));
    }
    Ok(all)
}

fn parcels(conn: &mut Conn, ids: &BTreeSet<String>) -> Result<HashMap<String, Parcel>, Error> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(String, Option<String>, Option<String>)> = deliveries::table
        .filter(among(deliveries::order_id, ids))
        .filter(deliveries::tracking_number.is_not_null())
        .order(deliveries::id)
        .select((deliveries::order_id, deliveries::carrier, deliveries::tracking_number))
        .load(conn)?;
    Ok(rows.into_iter().map(|(order, carrier, number)| (order, (carrier, number))).collect())
}

fn past(conn: &mut Conn, ids: &BTreeSet<String>) -> Result<HashMap<String, Vec<Past>>, Error> {
    let mut all: HashMap<String, Vec<Past>> = HashMap::new();
    if ids.is_empty() {
        return Ok(all);
    }
    let rows: Vec<(Option<String>, Option<i64>, String, String)> = events::table
        .filter(among(events::order_id, ids))
        .filter(among(events::kind, LOOKED_BACK_AT.map(Kind::as_str)))
        .select((events::order_id, events::sequence, events::kind, events::data))
        .load(conn)?;
    for (order, sequence, kind, data) in rows {
        let Some((order, sequence)) = order.zip(sequence) else { continue };
        let data = serde_json::from_str(&data).unwrap_or(Value::Null);
        all.entry(order).or_default().push(Past { sequence, kind: kind.parse()?, data });
    }
    Ok(all)
}

impl OrderRow {
    fn into_facts(self, parts: Parts) -> Result<Facts, Error> {
        let currency: Currency = self.currency.parse().map_err(corrupt)?;
        let money = |amount| Money { amount, currency };
        let line = |(name, options, quantity, total): Line| BoughtLine {
            name: with_options(name, &options),
            quantity,
            total: money(total),
        };
        let (carrier, tracking_number) = parts.parcel;
        Ok(Facts {
            id: self.id.parse().map_err(corrupt)?,
            number: self.number,
            buyer: buyer(self.user_id, self.email, self.language)?,
            bought: Bought {
                lines: parts.lines.into_iter().map(line).collect(),
                discount: money(self.discount),
                delivery: money(self.delivery_price),
                tax: money(self.tax),
                total: money(self.total),
            },
            address: serde_json::from_str(&self.address).map_err(corrupt)?,
            carrier,
            tracking_number,
            past: parts.past,
        })
    }
}

/// What was bought and what was chosen of it: `Shirt (Red, M)`.
fn with_options(name: String, options: &str) -> String {
    let chosen: serde_json::Map<String, Value> = serde_json::from_str(options).unwrap_or_default();
    let chosen: Vec<&str> = chosen.values().filter_map(Value::as_str).collect();
    if chosen.is_empty() { name } else { format!("{name} ({})", chosen.join(", ")) }
}

fn buyer(
    user: Option<String>,
    email: Option<String>,
    language: Option<String>,
) -> Result<Buyer, Error> {
    if let Some(user) = user {
        return Ok(Buyer::User(user.parse().map_err(corrupt)?));
    }
    let email = email.ok_or_else(|| corrupt("a guest's order has no address"))?;
    // One that a newer node knows is as good as none.
    let language = language.and_then(|it| it.parse().ok()).unwrap_or(Language::En);
    Ok(Buyer::Guest(Email::parse(&email).map_err(corrupt)?, language))
}

/// Tells of events, and takes the cursor past them, if it is to move.
/// It runs without a savepoint (`bare` in `commands.rs`): what it refuses, it refuses before it writes.
pub fn tell_news(tx: &mut Tx<'_>, command: &Tell) -> Result<(), Error> {
    let Tell { from, to, news, seller } = command;
    if from != to {
        event::consume(tx, Consumer::Notifications, *from, *to)?;
    }
    let ids: BTreeSet<UserId> = news.iter().filter_map(|it| it.buyer.user()).collect();
    if news.is_empty() {
        return Ok(());
    }
    let users = account::hold_all(tx, &ids)?;
    let (mut told, mut mails) = (Vec::new(), Vec::new());
    for it in news {
        mails.extend(seller.as_ref().and_then(|seller| it.seller_mail(seller)));
        match &it.buyer {
            Buyer::Guest(email, language) => mails.push(it.guest_mail(email, *language)),
            Buyer::User(id) => {
                let Some(user) = users.get(id) else {
                    tracing::info!(event = %it.event, user = %id, "there is nobody to be told");
                    continue;
                };
                told.push(Telling {
                    user,
                    notice: it.notice(),
                    at: it.at,
                    letter: Some(it.letter()),
                    order: Some(it.order.order_id),
                    source: (it.event, id.to_string()),
                });
            }
        }
    }
    mail::queue(tx, &mails)?;
    tell_all(tx, &told)
}
