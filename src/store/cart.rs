//! The tables `carts` and `cart_items`.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{prelude::*, upsert::excluded};

use super::{Conn, ROWS_MAX, Tx, catalogue, pricing, snapshot};
use crate::{
    domain::{
        Error,
        cart::{Cart, CartView, Item, Quantity, Save, Shown, live::Live},
        catalogue::stock::Stock,
        delivery::Quote,
        id::{CartId, VariantId},
        pricing::{self as price, Basket},
    },
    store::{
        error::corrupt,
        schema::{cart_items, carts, products, stock},
    },
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = carts, treat_none_as_default_value = false)]
struct Row {
    id: String,
    version: i64,
    updated_at: NaiveDateTime,
    expires_at: NaiveDateTime,
    codes: String,
    held_until: Option<NaiveDateTime>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = cart_items, treat_none_as_default_value = false)]
struct ItemRow {
    id: String,
    cart_id: String,
    variant_id: String,
    quantity: i64,
    price_seen: i64,
    held: i64,
}

/// The cart; one that was never saved is empty.
pub fn get(conn: &mut Conn, id: CartId) -> Result<Cart, Error> {
    snapshot(conn, |conn| cart_of(conn, id))
}

fn cart_of(conn: &mut Conn, id: CartId) -> Result<Cart, Error> {
    let Some(row) = row(conn, id)? else { return Ok(Cart::empty(id)) };
    cart(&row, &items(conn, id)?)
}

/// The cart as its owner sees it, with the prices and the stock of now.
pub fn view(conn: &mut Conn, id: CartId, now: DateTime<Utc>) -> Result<CartView, Error> {
    snapshot(conn, |conn| view_of(conn, id, now))
}

/// The same, as those are told who follow it: what is counted is of the same moment.
pub fn live(conn: &mut Conn, id: CartId, now: DateTime<Utc>) -> Result<Live, Error> {
    snapshot(conn, |conn| {
        let view = view_of(conn, id, now)?;
        let changes = changes(conn, &view)?;
        Ok(Live::of(view, changes))
    })
}

/// What each way to `country` costs for the cart.
pub fn quotes(
    conn: &mut Conn,
    id: CartId,
    country: String,
    now: DateTime<Utc>,
) -> Result<Vec<Quote>, Error> {
    snapshot(conn, |conn| {
        let cart = cart_of(conn, id)?;
        let offers = catalogue::all_offers(conn, cart.items.iter().map(|it| it.variant).collect())?;
        let line = |item: &Item| {
            let (offer, _) = offers.get(&item.variant).ok_or_else(no_variant)?;
            Ok(offer.times(item.quantity))
        };
        let lines = cart.items.iter().map(line).collect::<Result<_, Error>>()?;
        let basket = Basket { lines, codes: &cart.codes, destination: None };
        let known = pricing::known(conn, &cart.codes)?;
        known.on(&cart.codes, None, now, |terms| price::quotes(&basket, &country, terms))
    })
}

/// The versions of those of `ids` that were ever saved.
pub fn versions(conn: &mut Conn, ids: Vec<CartId>) -> Result<Vec<(CartId, i64)>, Error> {
    let ids = ids.iter().map(ToString::to_string);
    let query = carts::table.filter(carts::id.eq_any(ids)).select((carts::id, carts::version));
    let rows: Vec<(String, i64)> = query.load(conn)?;
    rows.into_iter().map(|(id, version)| Ok((id.parse().map_err(corrupt)?, version))).collect()
}

/// Writes edits of carts, a batch at once.
pub fn save(tx: &mut Tx<'_>, commands: &[Save]) -> Result<Vec<Result<(), Error>>, Error> {
    let mut versions = lock_versions(tx, commands.iter().map(|it| it.cart))?;
    let known: HashSet<CartId> = versions.keys().copied().collect();
    let put_in = commands.iter().flat_map(|it| it.upserts.iter().map(|item| item.variant));
    let offers = catalogue::offers(tx.conn, put_in.collect())?;
    let (mut accepted, mut outcomes) = (Vec::new(), Vec::with_capacity(commands.len()));
    for command in commands {
        let version = versions.entry(command.cart).or_insert(0);
        if *version != command.expected {
            outcomes.push(Err(Error::Stale));
        } else if !command.upserts.iter().all(|item| offers.contains_key(&item.variant)) {
            outcomes.push(Err(Error::NotFound("variant")));
        } else {
            *version = version.saturating_add(1);
            accepted.push(command);
            outcomes.push(Ok(()));
        }
    }
    let prices = |variant: VariantId| offers.get(&variant).map_or(0, |it| it.price.amount);
    write(tx, &accepted, &known, prices)?;
    tx.effects.carts.extend(accepted.iter().map(|it| it.cart));
    Ok(outcomes)
}

/// The versions of carts that were saved before, locked until the end of the transaction.
pub fn lock_versions(
    tx: &mut Tx<'_>,
    ids: impl IntoIterator<Item = CartId>,
) -> Result<HashMap<CartId, i64>, Error> {
    let ids: HashSet<String> = ids.into_iter().map(|id| id.to_string()).collect();
    let query =
        carts::table.filter(carts::id.eq_any(ids)).order(carts::id).select(Row::as_select());
    let rows: Vec<Row> = locked!(query).load(tx.conn)?;
    rows.iter().map(|row| Ok((row.id.parse().map_err(corrupt)?, row.version))).collect()
}

/// Empties carts that were checked out, in the checkout's transaction: it holds their rows locked,
/// at the versions that it placed.
pub fn empty(tx: &mut Tx<'_>, carts: impl Iterator<Item = CartId>) -> Result<(), Error> {
    let emptied: Vec<CartId> = carts.collect();
    let ids: Vec<String> = emptied.iter().map(ToString::to_string).collect();
    diesel::delete(cart_items::table.filter(cart_items::cart_id.eq_any(&ids))).execute(tx.conn)?;
    diesel::update(carts::table.filter(carts::id.eq_any(&ids)))
        .set((
            carts::version.eq(carts::version + 1),
            carts::updated_at.eq(tx.now.naive_utc()),
            carts::codes.eq("[]"),
            carts::held_until.eq(None::<NaiveDateTime>),
        ))
        .execute(tx.conn)?;
    tx.effects.carts.extend(emptied);
    Ok(())
}

/// One statement a table, whatever the number of edits; of two edits of a line the later one
/// stands. Only carts that are `known` have a row, and it is locked.
fn write(
    tx: &mut Tx<'_>,
    commands: &[&Save],
    known: &HashSet<CartId>,
    price: impl Fn(VariantId) -> i64,
) -> Result<(), Error> {
    let (mut rows, mut lines, mut gone) = (BTreeMap::new(), BTreeMap::new(), HashSet::new());
    for command in commands {
        let cart_id = command.cart.to_string();
        for item in &command.upserts {
            let row = ItemRow {
                id: item.id.to_string(),
                cart_id: cart_id.clone(),
                variant_id: item.variant.to_string(),
                quantity: item.quantity.get(),
                price_seen: price(item.variant),
                held: item.held,
            };
            gone.remove(&row.id);
            lines.insert(row.id.clone(), row);
        }
        for id in command.removed.iter().map(ToString::to_string) {
            lines.remove(&id);
            gone.insert(id);
        }
        let version = command.expected.saturating_add(1);
        let (updated_at, expires_at) = (tx.now.naive_utc(), command.expires_at.naive_utc());
        let (codes, held_until) = ("[]".to_owned(), None);
        let row = Row { id: cart_id, version, updated_at, expires_at, codes, held_until };
        rows.insert(command.cart, row);
    }
    let (old, new): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(id, _)| known.contains(id));
    write_carts(tx, old.into_iter().map(|(_, row)| row).collect())?;
    insert_carts(tx, new.into_iter().map(|(_, row)| row).collect())?;
    if !gone.is_empty() {
        diesel::delete(cart_items::table.filter(cart_items::id.eq_any(gone))).execute(tx.conn)?;
    }
    write_items(tx, &lines.into_values().collect::<Vec<_>>())
}

fn write_carts(tx: &mut Tx<'_>, rows: Vec<Row>) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    diesel::insert_into(carts::table)
        .values(&rows)
        .on_conflict(carts::id)
        .do_update()
        .set((
            carts::version.eq(excluded(carts::version)),
            carts::updated_at.eq(excluded(carts::updated_at)),
            carts::expires_at.eq(excluded(carts::expires_at)),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// There was nothing to lock. One that another node has made in the meantime fails the
/// transaction, and the next try finds it.
fn insert_carts(tx: &mut Tx<'_>, rows: Vec<Row>) -> Result<(), Error> {
    if !rows.is_empty() {
        diesel::insert_into(carts::table).values(&rows).execute(tx.conn)?;
    }
    Ok(())
}

fn write_items(tx: &mut Tx<'_>, rows: &[ItemRow]) -> Result<(), Error> {
    for chunk in rows.chunks(ROWS_MAX) {
        diesel::insert_into(cart_items::table)
            .values(chunk)
            .on_conflict(cart_items::id)
            .do_update()
            .set(cart_items::quantity.eq(excluded(cart_items::quantity)))
            .execute(tx.conn)?;
    }
    Ok(())
}

fn view_of(conn: &mut Conn, id: CartId, now: DateTime<Utc>) -> Result<CartView, Error> {
    let Some(row) = row(conn, id)? else { return Ok(CartView::empty(id)) };
    let rows = items(conn, id)?;
    let cart = cart(&row, &rows)?;
    let offers = catalogue::all_offers(conn, cart.items.iter().map(|it| it.variant).collect())?;
    let free = available(conn, &rows)?;
    let shown = rows.iter().zip(&cart.items).map(|(row, item)| {
        let (offer, for_sale) = offers.get(&item.variant).cloned().ok_or_else(no_variant)?;
        let free = free.get(&row.variant_id).copied().unwrap_or(0);
        let available = free.saturating_add(item.held);
        Ok(Shown { item: *item, price_seen: row.price_seen, for_sale, available, offer })
    });
    let shown = shown.collect::<Result<Vec<Shown>, Error>>()?;
    let known = pricing::known(conn, &cart.codes)?;
    let expires_at = Some(row.expires_at.and_utc());
    known.on(&cart.codes, None, now, |terms| CartView::of(&cart, &shown, expires_at, terms))
}

fn cart(row: &Row, rows: &[ItemRow]) -> Result<Cart, Error> {
    Ok(Cart {
        id: row.id.parse().map_err(corrupt)?,
        version: row.version,
        items: rows.iter().map(item).collect::<Result<Vec<Item>, Error>>()?,
        codes: serde_json::from_str(&row.codes).map_err(corrupt)?,
        held_until: row.held_until.map(|at| at.and_utc()),
    })
}

/// How often the products of a cart were changed, and the stock of its variants.
fn changes(conn: &mut Conn, view: &CartView) -> Result<i64, Error> {
    if view.items.is_empty() {
        return Ok(0);
    }
    let of = view.items.iter().map(|line| line.product_id.to_string());
    let said: Vec<i64> =
        products::table.filter(products::id.eq_any(of)).select(products::version).load(conn)?;
    let of = view.items.iter().map(|line| line.variant_id.to_string());
    let moved: Vec<i64> =
        stock::table.filter(stock::variant_id.eq_any(of)).select(stock::version).load(conn)?;
    Ok(said.into_iter().chain(moved).fold(0, i64::saturating_add))
}

fn row(conn: &mut Conn, id: CartId) -> Result<Option<Row>, Error> {
    Ok(carts::table.find(id.to_string()).select(Row::as_select()).first(conn).optional()?)
}

/// The lines in the order in which they were put in, which is that of their ids.
fn items(conn: &mut Conn, id: CartId) -> Result<Vec<ItemRow>, Error> {
    Ok(cart_items::table
        .filter(cart_items::cart_id.eq(id.to_string()))
        .order(cart_items::id)
        .select(ItemRow::as_select())
        .load(conn)?)
}

fn item(row: &ItemRow) -> Result<Item, Error> {
    Ok(Item {
        id: row.id.parse().map_err(corrupt)?,
        variant: row.variant_id.parse().map_err(corrupt)?,
        quantity: Quantity::try_from(row.quantity).map_err(corrupt)?,
        held: row.held,
    })
}

fn available(conn: &mut Conn, rows: &[ItemRow]) -> Result<HashMap<String, i64>, Error> {
    let ids = rows.iter().map(|row| row.variant_id.as_str());
    let all: Vec<(String, i64, i64)> = stock::table
        .filter(stock::variant_id.eq_any(ids))
        .select((stock::variant_id, stock::on_hand, stock::reserved))
        .load(conn)?;
    let units = |(id, on_hand, reserved)| (id, Stock::of(on_hand, reserved, 0).available);
    Ok(all.into_iter().map(units).collect())
}

fn no_variant() -> Error {
    corrupt("a line of a cart has no variant")
}
