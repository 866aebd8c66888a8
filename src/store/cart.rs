//! The tables `carts` and `cart_items`.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use diesel::{dsl::exists, prelude::*, upsert::excluded};

mod merge;
mod save;
mod show;

pub use merge::merge;
pub use save::save;

use self::show::Basis;
use super::{
    Conn, Tx, among, catalogue,
    pricing::{self, Known},
    snapshot,
};
use crate::{
    domain::{
        Error,
        cart::{Cart, CartView, Item, Quantity, customer_of, live::Live},
        delivery::Quote,
        id::CartId,
        pricing::{self as price, Basket},
    },
    store::{
        at::At,
        error::corrupt,
        insert::insert,
        schema::{cart_items, carts, products, stock},
        update::update,
    },
};

/// The column of a cart without coupons.
const NO_CODES: &str = "[]";

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = carts, treat_none_as_default_value = false)]
struct Row {
    id: String,
    version: i64,
    updated_at: At,
    expires_at: At,
    codes: String,
    held_until: Option<At>,
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

impl ItemRow {
    /// A line of a cart that was put in at `price_seen`, in minor units.
    fn of(cart: CartId, item: &Item, price_seen: i64) -> Self {
        ItemRow {
            id: item.id.to_string(),
            cart_id: cart.to_string(),
            variant_id: item.variant.to_string(),
            quantity: item.quantity.get(),
            price_seen,
            held: item.held,
        }
    }
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
        let (known, owner) = terms(conn, &cart)?;
        known.on(&cart.codes, Some(&owner), now, |terms| price::quotes(&basket, &country, terms))
    })
}

/// The versions of those of `ids` that were ever saved.
pub fn versions(conn: &mut Conn, ids: Vec<CartId>) -> Result<Vec<(CartId, i64)>, Error> {
    let ids = ids.iter().map(ToString::to_string);
    let query = carts::table.filter(among(carts::id, ids)).select((carts::id, carts::version));
    let rows: Vec<(String, i64)> = query.load(conn)?;
    rows.into_iter().map(|(id, version)| Ok((id.parse().map_err(corrupt)?, version))).collect()
}

/// The carts whose hold is over at `now`, those that have waited for longest first.
pub fn held_until(conn: &mut Conn, now: DateTime<Utc>, limit: i64) -> Result<Vec<CartId>, Error> {
    let ids: Vec<String> = carts::table
        .filter(carts::held_until.le(At(now)))
        .order(carts::held_until)
        .limit(limit)
        .select(carts::id)
        .load(conn)?;
    ids.iter().map(|id| id.parse().map_err(corrupt)).collect()
}

/// The carts after `after` that nobody has touched for too long by `now`, and that have something in
/// them.
pub fn idle(
    conn: &mut Conn,
    now: DateTime<Utc>,
    after: Option<CartId>,
    limit: i64,
) -> Result<Vec<CartId>, Error> {
    let lines = cart_items::table.filter(cart_items::cart_id.eq(carts::id));
    let ids: Vec<String> = carts::table
        .filter(carts::id.gt(after.map(|id| id.to_string()).unwrap_or_default()))
        .filter(carts::expires_at.le(At(now)))
        .filter(exists(lines).or(carts::codes.ne(NO_CODES)))
        .order(carts::id)
        .limit(limit)
        .select(carts::id)
        .load(conn)?;
    ids.iter().map(|id| id.parse().map_err(corrupt)).collect()
}

/// The versions of carts that were saved before, locked until the end of the transaction.
pub fn lock_versions(
    tx: &mut Tx<'_>,
    ids: impl IntoIterator<Item = CartId>,
) -> Result<HashMap<CartId, i64>, Error> {
    let ids: HashSet<String> = ids.into_iter().map(|id| id.to_string()).collect();
    let query = carts::table
        .filter(among(carts::id, ids))
        .order(carts::id)
        .select((carts::id, carts::version));
    let rows: Vec<(String, i64)> = locked!(query).load(tx.conn)?;
    rows.into_iter().map(|(id, version)| Ok((id.parse().map_err(corrupt)?, version))).collect()
}

/// Carts that were saved before, locked in the order of their ids.
fn locked_rows(tx: &mut Tx<'_>, ids: impl IntoIterator<Item = CartId>) -> Result<Vec<Row>, Error> {
    let ids: HashSet<String> = ids.into_iter().map(|id| id.to_string()).collect();
    let query =
        carts::table.filter(among(carts::id, ids)).order(carts::id).select(Row::as_select());
    Ok(locked!(query).load(tx.conn)?)
}

/// Empties carts that were checked out, in the checkout's transaction: it holds their rows locked,
/// at the versions that it placed.
pub fn empty(tx: &mut Tx<'_>, carts: impl Iterator<Item = CartId>) -> Result<(), Error> {
    let emptied: Vec<CartId> = carts.collect();
    let ids: Vec<String> = emptied.iter().map(ToString::to_string).collect();
    diesel::delete(cart_items::table.filter(among(cart_items::cart_id, &ids))).execute(tx.conn)?;
    update(carts::table, among(carts::id, &ids))
        .set((
            carts::version.eq(carts::version + 1),
            carts::updated_at.eq(At(tx.now)),
            carts::codes.eq(NO_CODES),
            carts::held_until.eq(None::<At>),
        ))
        .execute(tx.conn)?;
    tx.effects.carts.extend(emptied);
    Ok(())
}

fn write_carts(tx: &mut Tx<'_>, rows: &[Row]) -> Result<(), Error> {
    insert(carts::table, rows)
        .on_conflict(carts::id)
        .set((
            carts::version.eq(excluded(carts::version)),
            carts::updated_at.eq(excluded(carts::updated_at)),
            carts::expires_at.eq(excluded(carts::expires_at)),
            carts::codes.eq(excluded(carts::codes)),
            carts::held_until.eq(excluded(carts::held_until)),
        ))
        .run(tx.conn)
}

/// There was nothing to lock. One that another node has made in the meantime fails the
/// transaction, and the next try finds it.
fn insert_carts(tx: &mut Tx<'_>, rows: &[Row]) -> Result<(), Error> {
    insert(carts::table, rows).run(tx.conn)
}

fn write_items(tx: &mut Tx<'_>, rows: &[ItemRow]) -> Result<(), Error> {
    insert(cart_items::table, rows)
        .on_conflict(cart_items::id)
        .set((
            cart_items::quantity.eq(excluded(cart_items::quantity)),
            cart_items::held.eq(excluded(cart_items::held)),
        ))
        .run(tx.conn)
}

fn view_of(conn: &mut Conn, id: CartId, now: DateTime<Utc>) -> Result<CartView, Error> {
    let Some(row) = row(conn, id)? else { return Ok(CartView::empty(id)) };
    let rows = items(conn, id)?;
    let cart = cart(&row, &rows)?;
    let prices = cart.items.iter().zip(&rows).map(|(it, row)| (it.id, row.price_seen)).collect();
    Basis::of(conn, &[&cart])?.show(&cart, &prices, now)
}

/// The terms for whoever has the cart, and who that is.
fn terms(conn: &mut Conn, cart: &Cart) -> Result<(Known, String), Error> {
    let (mut known, owner) = (pricing::known(conn, &cart.codes)?, customer_of(cart.id));
    known.count(conn, [owner.as_str()])?;
    Ok((known, owner))
}

fn cart(row: &Row, rows: &[ItemRow]) -> Result<Cart, Error> {
    Ok(Cart {
        id: row.id.parse().map_err(corrupt)?,
        version: row.version,
        items: rows.iter().map(item).collect::<Result<Vec<Item>, Error>>()?,
        codes: serde_json::from_str(&row.codes).map_err(corrupt)?,
        held_until: row.held_until.map(|at| at.0),
        expires_at: Some(row.expires_at.0),
    })
}

/// How often the products of a cart were changed, and the stock of its variants.
fn changes(conn: &mut Conn, view: &CartView) -> Result<i64, Error> {
    if view.items.is_empty() {
        return Ok(0);
    }
    let of = view.items.iter().map(|line| line.product_id.to_string());
    let said: Vec<i64> =
        products::table.filter(among(products::id, of)).select(products::version).load(conn)?;
    let of = view.items.iter().map(|line| line.variant_id.to_string());
    let moved: Vec<i64> =
        stock::table.filter(among(stock::variant_id, of)).select(stock::version).load(conn)?;
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

fn no_variant() -> Error {
    corrupt("a line of a cart has no variant")
}
