//! The tables of the catalogue: categories, products, variants and images.

use std::mem::take;

use diesel::prelude::*;
use serde_json::json;

mod category;
mod edit;
mod export;
mod import;
mod offer;
mod record;
mod rows;

pub use category::{categories, category, change_category, create_category, delete_category};
pub use edit::{change_product, create_product, discard_product};
pub use export::export;
pub use import::{import, weigh};
pub use offer::{all_offers, offers};
pub use record::{held, moves, owner, page, prices, record};

use self::rows::ProductRow;
use super::{
    Conn, Tx, among, event, snapshot,
    stock::{self, Shelf},
};
use crate::{
    domain::{
        Error,
        catalogue::{
            Product, Status,
            change::{Changes, Revision, Tree},
            stock::{ChangeStock, StockChanged, StockLevel},
        },
        event::Kind,
        id::{OrderId, ProductId, VariantId},
    },
    store::schema::{category_tree, products},
};

/// How many products are read at once when all are.
const PAGE: i64 = 2_000;
/// How many products one event names.
const TOLD_AT_ONCE: usize = 100;

/// What is shown otherwise after this transaction, for this node; the others learn by an event of
/// what they have to read. Stock is not in it: its changes have events of their own.
pub fn changes(tx: &mut Tx<'_>) -> Result<Changes, Error> {
    let levels = take(&mut tx.effects.levels).into_values().collect();
    let (products, has_tree) = (take(&mut tx.effects.products), take(&mut tx.effects.tree));
    let products: Vec<ProductId> = products.into_iter().collect();
    for some in products.chunks(TOLD_AT_ONCE) {
        event::tell(tx, Kind::CatalogueChanged, None, json!({ "products": some }));
    }
    if has_tree {
        event::tell(tx, Kind::CatalogueChanged, None, json!({ "categories": true }));
    }
    let products = revisions(tx.conn, products)?;
    let tree = if has_tree { Some(tree_of(tx.conn)?) } else { None };
    Ok(Changes { products, levels, tree })
}

/// The products as they are now; one that isn't there has none.
fn revisions(conn: &mut Conn, ids: Vec<ProductId>) -> Result<Vec<Revision>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let those = || products::table.filter(among(products::id, &ids));
    let published = Status::Published.as_str();
    let shown: Vec<ProductRow> = those()
        .filter(products::status.eq(published))
        .select(ProductRow::as_select())
        .load(conn)?;
    // Of what nobody is shown it matters only that it changed.
    let hidden: Vec<(String, i64)> = those()
        .filter(products::status.ne(published))
        .select((products::id, products::version))
        .load(conn)?;
    let mut revisions = rows::revisions(conn, shown)?;
    revisions.append(&mut rows::hidden(conn, hidden)?);
    Ok(revisions)
}

/// What somebody else may have changed, as it all is at one moment: the stock of what was ordered and
/// of some variants, some products, and the tree.
pub fn again(
    conn: &mut Conn,
    orders: Vec<OrderId>,
    variants: Vec<VariantId>,
    products: Vec<ProductId>,
    has_tree: bool,
) -> Result<Changes, Error> {
    snapshot(conn, |conn| {
        let tree = if has_tree { Some(tree_of(conn)?) } else { None };
        let products = revisions(conn, products)?;
        let mut levels = stock::levels(conn, variants)?;
        levels.append(&mut stock::levels_of(conn, orders)?);
        Ok(Changes { products, levels, tree })
    })
}

/// The products as they all are at one moment.
pub fn revisions_of(conn: &mut Conn, ids: Vec<ProductId>) -> Result<Vec<Revision>, Error> {
    snapshot(conn, |conn| revisions(conn, ids))
}

fn tree_of(conn: &mut Conn) -> Result<Tree, Error> {
    let version = category_tree::table.select(category_tree::version).first(conn)?;
    Ok(Tree { version, nodes: rows::nodes(conn)? })
}

/// All that is shown, of one moment: the tree, then the products in pages.
pub fn all(conn: &mut Conn, mut tell: impl FnMut(Changes)) -> Result<(), Error> {
    snapshot(conn, |conn| {
        tell(Changes { tree: Some(tree_of(conn)?), ..Changes::default() });
        let mut after = String::new();
        loop {
            let page: Vec<ProductRow> = products::table
                .filter(products::id.gt(&after))
                .filter(products::status.eq(Status::Published.as_str()))
                .order(products::id)
                .limit(PAGE)
                .select(ProductRow::as_select())
                .load(conn)?;
            let Some(last) = page.last() else { return Ok(()) };
            last.id.clone_into(&mut after);
            tell(Changes { products: rows::revisions(conn, page)?, ..Changes::default() });
        }
    })
}

/// How many products are published.
pub fn count(conn: &mut Conn) -> Result<i64, Error> {
    let published = products::table.filter(products::status.eq(Status::Published.as_str()));
    Ok(published.count().get_result(conn)?)
}

/// A published product by its id or its slug, or `NotFound`.
pub fn product(conn: &mut Conn, id_or_slug: String) -> Result<Product, Error> {
    snapshot(conn, |conn| {
        let row = products::table
            .filter(products::id.eq(&id_or_slug).or(products::slug.eq(&id_or_slug)))
            .filter(products::status.eq(Status::Published.as_str()))
            .select(ProductRow::as_select())
            .first(conn)
            .optional()?;
        let row = row.ok_or(Error::NotFound("product"))?;
        let found = rows::revisions(conn, vec![row])?.pop().and_then(|it| it.shown);
        found.map(|shown| shown.product).ok_or(Error::NotFound("product"))
    })
}

pub fn change_stock(tx: &mut Tx<'_>, command: &ChangeStock) -> Result<StockChanged, Error> {
    let variant_id = command.variant;
    let mut shelf = Shelf::lock(tx, [variant_id])?;
    let units = shelf.units(variant_id).ok_or(Error::NotFound("variant"))?;
    let on_hand = command.change.apply(units.on_hand, units.reserved)?;
    let moved = on_hand.saturating_sub(units.on_hand);
    shelf.shift(variant_id, moved, 0)?;
    shelf.note(tx, variant_id, moved, &command.reason, None);
    shelf.put_back(tx)?;
    let before = StockLevel::of(variant_id, units.on_hand, units.reserved);
    let after = StockLevel::of(variant_id, on_hand, units.reserved);
    let data = json!({ "variant_id": variant_id, "available": after.available });
    event::tell(tx, Kind::StockChanged, None, data);
    Ok(StockChanged { before, after })
}
