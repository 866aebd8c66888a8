//! Carts: what somebody means to buy, on all their devices.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    Error,
    id::{CartId, CategoryId, ItemId, ProductId, UserId, VariantId},
    money::{Currency, Money},
    pricing::{self, Basket, Terms},
    promotion::{Applied, Code},
};

pub mod change;
pub mod live;
pub mod merge;

/// The most lines of one cart.
pub const LINES_MAX: usize = 100;
/// The most units on one line.
pub const QUANTITY_MAX: i64 = 999;

/// Units on a line: 1 to [`QUANTITY_MAX`].
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(try_from = "i64", into = "i64")]
#[schema(value_type = i64, minimum = 1, maximum = 999)]
pub struct Quantity(i64);

impl Quantity {
    pub fn get(self) -> i64 {
        self.0
    }

    fn plus(self, more: Quantity) -> Result<Quantity, Error> {
        let sum = self.0.saturating_add(more.0);
        Quantity::try_from(sum).map_err(|_| {
            Error::conflict("quantity_limit", "a line of a cart holds at most 999 units")
        })
    }
}

impl TryFrom<i64> for Quantity {
    type Error = Error;

    fn try_from(units: i64) -> Result<Self, Error> {
        if (1..=QUANTITY_MAX).contains(&units) {
            Ok(Quantity(units))
        } else {
            Err(Error::invalid("quantity", "out_of_range", "a quantity is 1 to 999"))
        }
    }
}

impl From<Quantity> for i64 {
    fn from(quantity: Quantity) -> i64 {
        quantity.0
    }
}

/// Whose cart it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Buyer {
    User(UserId),
    /// Whoever holds the secret of this cart.
    Guest(CartId),
}

impl Buyer {
    pub fn cart(self) -> CartId {
        match self {
            Buyer::User(user) => CartId::of(user),
            Buyer::Guest(cart) => cart,
        }
    }

    pub fn user(self) -> Option<UserId> {
        match self {
            Buyer::User(user) => Some(user),
            Buyer::Guest(_) => None,
        }
    }
}

/// A line of a cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    pub id: ItemId,
    pub variant: VariantId,
    pub quantity: Quantity,
    /// Units that are reserved for this cart.
    pub held: i64,
}

/// A cart as its actor holds it; a cart that was never saved has version 0 and no lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cart {
    pub id: CartId,
    pub version: i64,
    /// In the order of their ids, as they are stored.
    pub items: Vec<Item>,
    /// The coupons that were put in.
    pub codes: Vec<Code>,
    /// Until when its units are held.
    pub held_until: Option<DateTime<Utc>>,
    /// When it is emptied if nobody touches it before; nothing for one that was never saved.
    pub expires_at: Option<DateTime<Utc>>,
}

impl Cart {
    pub fn empty(id: CartId) -> Self {
        let (items, codes) = (Vec::new(), Vec::new());
        Cart { id, version: 0, items, codes, held_until: None, expires_at: None }
    }

    /// Whether there is neither a line nor a coupon in it.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty() && self.codes.is_empty()
    }

    /// The cart after all of it was taken.
    pub fn emptied(&self) -> Cart {
        let (version, expires_at) = (self.version.saturating_add(1), self.expires_at);
        Cart { version, expires_at, ..Cart::empty(self.id) }
    }
}

/// Puts a line that is new where its id belongs.
fn put(items: &mut Vec<Item>, line: Item) {
    items.insert(items.partition_point(|it| it.id < line.id), line);
}

/// Who redeems coupons, as far as the cart itself tells: it is the user's whose id it has. Of a guest
/// it tells nothing, and nobody is counted; see [`Proofs::customer`].
///
/// [`Proofs::customer`]: super::proof::Proofs::customer
pub fn customer_of(cart: CartId) -> String {
    format!("user:{cart}")
}

/// What stands between a cart and its checkout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProblemCode {
    OutOfStock,
    InsufficientStock,
    PriceChanged,
    Unavailable,
}

#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Problem {
    pub code: ProblemCode,
    pub item_id: ItemId,
    /// Units that could be bought now.
    pub available: i64,
}

/// A line as the shopper sees it, with the price of now.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct CartLine {
    pub id: ItemId,
    pub variant_id: VariantId,
    pub product_id: ProductId,
    pub name: String,
    pub sku: String,
    pub options: BTreeMap<String, String>,
    pub quantity: Quantity,
    pub unit_price: Money,
    pub line_total: Money,
    pub problem: Option<ProblemCode>,
}

/// The whole cart as the shopper sees it.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct CartView {
    pub id: CartId,
    pub version: i64,
    pub currency: Currency,
    pub items: Vec<CartLine>,
    pub promotions: Vec<Applied>,
    pub subtotal: Money,
    pub discount: Money,
    /// What will come on top of the prices; known once an address is.
    pub tax: Money,
    /// Known once an address is: see the quotes.
    pub delivery: Option<Money>,
    pub total: Money,
    pub problems: Vec<Problem>,
    /// While its units are reserved for it.
    pub hold: Option<Hold>,
    /// When it is emptied if nobody touches it before.
    pub expires_at: Option<DateTime<Utc>>,
}

/// All units of a cart are reserved for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = CartHold)]
pub struct Hold {
    pub expires_at: DateTime<Utc>,
}

/// What a line is shown from.
#[derive(Debug, Clone)]
pub struct Shown {
    pub item: Item,
    /// The price when it was put in, in minor units.
    pub price_seen: i64,
    pub for_sale: bool,
    pub available: i64,
    pub offer: Offer,
}

/// What the shop asks for a variant at this moment.
#[derive(Debug, Clone)]
pub struct Offer {
    pub variant: VariantId,
    pub product: ProductId,
    /// The product's name, with the variant's where it has one.
    pub name: String,
    pub sku: String,
    pub options: BTreeMap<String, String>,
    pub price: Money,
    pub category: CategoryId,
    /// What one unit weighs, in grams.
    pub grams: i64,
}

impl Offer {
    /// So many of it, as a line that can be priced.
    pub fn times(&self, quantity: Quantity) -> pricing::Line {
        let Offer { product, category, grams, price, .. } = *self;
        pricing::Line { product, category, unit_price: price, quantity, grams }
    }
}

impl Shown {
    fn problem(&self) -> Option<ProblemCode> {
        if !self.for_sale {
            Some(ProblemCode::Unavailable)
        } else if self.available == 0 {
            Some(ProblemCode::OutOfStock)
        } else if self.available < self.item.quantity.get() {
            Some(ProblemCode::InsufficientStock)
        } else if self.price_seen != self.offer.price.amount {
            Some(ProblemCode::PriceChanged)
        } else {
            None
        }
    }
}

impl CartView {
    /// The view of `cart`, whose lines are `shown` in the order in which they were added, on these
    /// terms.
    pub fn of(cart: &Cart, shown: &[Shown], terms: &Terms<'_>) -> Result<CartView, Error> {
        let lines = shown.iter().map(|it| it.offer.times(it.item.quantity)).collect();
        let basket = Basket { lines, codes: &cart.codes, destination: None };
        let priced = pricing::price(&basket, terms)?;
        let problems = shown.iter().filter_map(|it| {
            let (code, item_id) = (it.problem()?, it.item.id);
            Some(Problem { code, item_id, available: it.available })
        });
        Ok(CartView {
            id: cart.id,
            version: cart.version,
            currency: Currency::SHOP,
            promotions: priced.promotions,
            subtotal: priced.subtotal,
            discount: priced.discount,
            tax: priced.tax,
            delivery: priced.delivery,
            total: priced.total,
            problems: problems.collect(),
            items: shown.iter().map(line).collect::<Result<_, Error>>()?,
            hold: cart.held_until.map(|expires_at| Hold { expires_at }),
            expires_at: cart.expires_at,
        })
    }

    /// The view of a cart that was never saved.
    pub fn empty(id: CartId) -> CartView {
        CartView {
            id,
            version: 0,
            currency: Currency::SHOP,
            items: Vec::new(),
            promotions: Vec::new(),
            subtotal: Money::ZERO,
            discount: Money::ZERO,
            tax: Money::ZERO,
            delivery: None,
            total: Money::ZERO,
            problems: Vec::new(),
            hold: None,
            expires_at: None,
        }
    }
}

fn line(shown: &Shown) -> Result<CartLine, Error> {
    let Shown { item, offer, .. } = shown;
    Ok(CartLine {
        id: item.id,
        variant_id: item.variant,
        product_id: offer.product,
        name: offer.name.clone(),
        sku: offer.sku.clone(),
        options: offer.options.clone(),
        quantity: item.quantity,
        unit_price: offer.price,
        line_total: offer.price.times(item.quantity.get())?,
        problem: shown.problem(),
    })
}
