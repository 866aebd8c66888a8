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
        cart::{Cart, CartView, Item, Offer, Shown, change::Saved, customer_of},
        catalogue::stock::{Level, Stock},
        id::{ItemId, VariantId},
    },
    store::{
        error::{corrupt, is_of_a_row},
        schema::cart_items,
    },
};

/// The longest cart that is shown by the transaction that writes it, in lines, and how many lines that
/// are in all: whoever waits for the writer waits for it too, and a reader can do it as well.
const SHOWN_LINES_MAX: usize = 20;
const SHOWN_AT_ONCE_MAX: usize = 200;

/// What some carts are shown from: what the shop asks for all that is in them, how much of it there is,
/// and on what terms.
pub struct Basis {
    offers: BTreeMap<VariantId, (Offer, bool)>,
    /// Units that nobody has reserved.
    free: HashMap<VariantId, i64>,
    terms: Known,
}

impl Basis {
    pub fn of(conn: &mut Conn, carts: &[&Cart]) -> Result<Self, Error> {
        let offers = catalogue::all_offers(conn, variants(carts).collect())?;
        Basis::with(conn, carts, offers)
    }

    /// The same, where it is known already what the shop asks.
    fn with(
        conn: &mut Conn,
        carts: &[&Cart],
        offers: BTreeMap<VariantId, (Offer, bool)>,
    ) -> Result<Self, Error> {
        let ids: HashSet<VariantId> = variants(carts).collect();
        let levels = stock::levels(conn, ids.into_iter().collect())?;
        let free = |level: Level| Stock::of(level.on_hand, level.reserved, 0).available;
        let free = levels.into_iter().map(|it| (it.variant, free(it))).collect();
        let mut terms = pricing::known(conn, carts.iter().flat_map(|it| &it.codes))?;
        let owners: Vec<String> = carts.iter().map(|it| customer_of(it.id)).collect();
        terms.count(conn, owners.iter().map(String::as_str))?;
        Ok(Basis { offers, free, terms })
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
        let free = self.free.get(&item.variant).copied().unwrap_or(0);
        let available = free.saturating_add(item.held);
        Ok(Shown { item: *item, price_seen, for_sale, available, offer })
    }
}

fn variants(carts: &[&Cart]) -> impl Iterator<Item = VariantId> {
    carts.iter().flat_map(|it| &it.items).map(|it| it.variant)
}

/// As many of `carts` as one transaction shows; none for each other.
pub fn some<'c>(carts: impl Iterator<Item = Option<&'c Cart>>) -> Vec<Option<&'c Cart>> {
    let mut left = SHOWN_AT_ONCE_MAX;
    let mut fits = |cart: &&Cart| {
        let lines = cart.items.len();
        let rest = left.checked_sub(lines).filter(|_| lines <= SHOWN_LINES_MAX);
        left = rest.unwrap_or(left);
        rest.is_some()
    };
    carts.map(|cart| cart.filter(&mut fits)).collect()
}

/// The views of carts that were just written, in their order; none where one cannot be made, as
/// another edit of the same transaction may have taken a line out again: then it is read. The offers
/// are of all that is in the carts.
pub fn views(
    tx: &mut Tx<'_>,
    carts: &[Option<&Cart>],
    offers: BTreeMap<VariantId, (Offer, bool)>,
) -> Result<Vec<Saved>, Error> {
    let wanted: Vec<&Cart> = carts.iter().copied().flatten().collect();
    if wanted.is_empty() {
        return Ok(vec![None; carts.len()]);
    }
    let known = Basis::with(tx.conn, &wanted, offers)
        .and_then(|basis| Ok((basis, prices(tx.conn, &wanted)?)));
    let (basis, prices) = match known {
        Ok(known) => known,
        // What was written stands: whoever reads it is told what is wrong.
        Err(err) if is_of_a_row(&err) => {
            tracing::error!(error = ?err, "carts that were written cannot be shown");
            return Ok(vec![None; carts.len()]);
        }
        Err(err) => return Err(err),
    };
    let view = |cart: &Cart| basis.show(cart, &prices, tx.now).ok().map(Box::new);
    Ok(carts.iter().map(|cart| cart.and_then(view)).collect())
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
