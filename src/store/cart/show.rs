//! Carts as their owners see them, many at once.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{
    super::{
        Conn, Tx, among, catalogue,
        pricing::{self, Known},
        stock,
    },
    no_variant,
};
use crate::{
    domain::{
        Error,
        cart::{
            Cart, CartView, Item, Offer, Shown,
            change::{Save, Saved},
            customer_of,
        },
        catalogue::stock::{Level, Stock},
        id::{ItemId, VariantId},
    },
    store::{error::corrupt, schema::cart_items},
};

/// What some carts are shown from: what the shop asks for all that is in them, how much of it there is,
/// and on what terms.
pub struct Shelves {
    offers: BTreeMap<VariantId, (Offer, bool)>,
    stock: HashMap<VariantId, i64>,
    terms: Known,
}

impl Shelves {
    pub fn of(conn: &mut Conn, carts: &[&Cart]) -> Result<Self, Error> {
        let variants = carts.iter().flat_map(|it| &it.items).map(|it| it.variant);
        let variants: HashSet<VariantId> = variants.collect();
        let offers = catalogue::all_offers(conn, variants.clone())?;
        let stock = stock::levels(conn, variants.into_iter().collect())?;
        let free = |level: Level| Stock::of(level.on_hand, level.reserved, 0).available;
        let stock = stock.into_iter().map(|it| (it.variant, free(it))).collect();
        let mut terms = pricing::known(conn, carts.iter().flat_map(|it| &it.codes))?;
        let owners: Vec<String> = carts.iter().map(|it| customer_of(it.id)).collect();
        terms.count(conn, owners.iter().map(String::as_str))?;
        Ok(Shelves { offers, stock, terms })
    }

    /// The cart, whose lines were put in at `prices`, in minor units.
    pub fn show(
        &self,
        cart: &Cart,
        prices: &HashMap<ItemId, i64>,
        now: DateTime<Utc>,
    ) -> Result<CartView, Error> {
        let shown = cart.items.iter().map(|item| self.line(item, prices));
        let shown = shown.collect::<Result<Vec<Shown>, Error>>()?;
        let owner = customer_of(cart.id);
        self.terms.on(&cart.codes, Some(&owner), now, |terms| CartView::of(cart, &shown, terms))
    }

    fn line(&self, item: &Item, prices: &HashMap<ItemId, i64>) -> Result<Shown, Error> {
        let (offer, for_sale) = self.offers.get(&item.variant).cloned().ok_or_else(no_variant)?;
        let price_seen = *prices.get(&item.id).ok_or_else(|| corrupt("a line is not there"))?;
        let free = self.stock.get(&item.variant).copied().unwrap_or(0);
        let available = free.saturating_add(item.held);
        Ok(Shown { item: *item, price_seen, for_sale, available, offer })
    }
}

/// What became of each cart of `saved`, in their order: none where it is not to be shown, or cannot be.
/// That is no reason to undo what was saved; whoever reads it is told why.
pub fn saved(tx: &mut Tx<'_>, saved: &[Save]) -> Result<Vec<Saved>, Error> {
    let carts: Vec<Option<Cart>> = saved.iter().map(Save::shown).collect();
    let wanted: Vec<&Cart> = carts.iter().flatten().collect();
    if wanted.is_empty() {
        return Ok(vec![None; saved.len()]);
    }
    let shelves = Shelves::of(tx.conn, &wanted)?;
    let prices = prices(tx.conn, &wanted)?;
    let view = |cart: &Cart| shelves.show(cart, &prices, tx.now).ok().map(Box::new);
    Ok(carts.iter().map(|cart| cart.as_ref().and_then(view)).collect())
}

/// At which price each line of `carts` was put in.
fn prices(conn: &mut Conn, carts: &[&Cart]) -> Result<HashMap<ItemId, i64>, Error> {
    let ids = carts.iter().filter(|it| !it.items.is_empty()).map(|it| it.id.to_string());
    let rows: Vec<(String, i64)> = cart_items::table
        .filter(among(cart_items::cart_id, ids))
        .select((cart_items::id, cart_items::price_seen))
        .load(conn)?;
    rows.into_iter().map(|(id, price)| Ok((id.parse().map_err(corrupt)?, price))).collect()
}
