//! Placing an order: what is asked, what is on offer, and what comes of the two.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{Line, Order, Status, change::Change, number};
use crate::domain::{
    Error,
    account::Email,
    address::Address,
    audit::Action,
    cart::{Buyer, Item, Offer},
    delivery::{self, Method},
    error::Refusal,
    event::Kind,
    id::{LineId, OrderId, PaymentId, VariantId},
    idempotency::{Answer, Claim},
    money::Money,
    payment::{self, Payment},
};

/// Turns a cart into an order: all of it, or nothing and a reason.
#[derive(Debug, Clone)]
pub struct Place {
    pub order: OrderId,
    pub buyer: Buyer,
    /// A guest's address for mail.
    pub email: Option<Email>,
    /// The cart as it was when its owner checked out; another version is `Stale`.
    pub cart_version: i64,
    pub items: Vec<Item>,
    pub address: Address,
    pub method: Method,
    /// What the client thinks it costs.
    pub expected_total: Option<Money>,
    pub expires_at: DateTime<Utc>,
    pub claim: Claim,
}

/// What placing came to: the answer for the client, and the order where one was made.
#[derive(Debug, Clone)]
pub struct Placed {
    pub answer: Answer,
    pub order: Option<Order>,
}

/// What can be bought of a variant that is for sale, at the moment of the order.
#[derive(Debug, Clone)]
pub struct Available<'o> {
    pub offer: &'o Offer,
    /// Units that nobody has reserved.
    pub units: i64,
}

impl Place {
    /// The order, at the shop's own prices; a `Conflict` says what stands in its way.
    pub fn decide(
        &self,
        stock: &BTreeMap<VariantId, Available<'_>>,
        now: DateTime<Utc>,
    ) -> Result<Change, Error> {
        if self.items.is_empty() {
            return Err(Error::conflict("cart_empty", "there is nothing in the cart"));
        }
        let items = self
            .items
            .iter()
            .map(|item| line(item, stock))
            .collect::<Result<Vec<Line>, Error>>()?;
        let subtotal = Money::sum(items.iter().map(|line| line.line_total))?;
        let delivery_price = delivery::price(&self.address.country, self.method, subtotal);
        let total = subtotal.plus(delivery_price)?;
        if self.expected_total.is_some_and(|expected| expected != total) {
            return Err(price_changed(total).into());
        }
        let order = Order {
            id: self.order,
            number: number(self.order),
            status: Status::PendingPayment,
            version: 0,
            items,
            subtotal,
            discount: Money::ZERO,
            tax: Money::ZERO,
            delivery_price,
            total,
            address: self.address.clone(),
            delivery_method: self.method,
            payment: unpaid(self.order, total, now),
            deliveries: Vec::new(),
            expires_at: self.expires_at,
            placed_at: now,
            updated_at: now,
            buyer: self.buyer,
            cart_version: self.cart_version,
            email: self.email.as_ref().map(|email| email.as_str().to_owned()),
            sequence: 0,
        };
        Ok(Change::begin(&order, Action::OrderPlaced, now)
            .event(Kind::OrderPlaced, json!({ "total": total, "expires_at": self.expires_at }))
            .done())
    }
}

fn line(item: &Item, stock: &BTreeMap<VariantId, Available<'_>>) -> Result<Line, Error> {
    let Some(Available { offer, units }) = stock.get(&item.variant) else {
        return Err(short("unavailable", "something in the cart is not for sale", item, 0).into());
    };
    if *units < item.quantity.get() {
        let message = format!("{} is out of stock in this quantity", offer.name);
        return Err(short("out_of_stock", message, item, *units).into());
    }
    Ok(Line {
        id: LineId::new(),
        variant_id: item.variant,
        product_id: offer.product,
        name: offer.name.clone(),
        sku: offer.sku.clone(),
        options: offer.options.clone(),
        quantity: item.quantity,
        unit_price: offer.price,
        line_total: offer.price.times(item.quantity.get())?,
    })
}

fn short(code: &'static str, message: impl Into<String>, item: &Item, available: i64) -> Refusal {
    Refusal::new(code, message)
        .with("variant_id", item.variant.to_string())
        .with("item_id", item.id.to_string())
        .with("available", available)
}

fn price_changed(total: Money) -> Refusal {
    Refusal::new("price_changed", "the total is another one by now")
        .with("total", json!({ "amount": total.amount, "currency": total.currency }))
}

fn unpaid(order: OrderId, amount: Money, now: DateTime<Utc>) -> Payment {
    Payment {
        id: PaymentId::of(order),
        order_id: order,
        status: payment::Status::RequiresConfirmation,
        amount,
        refunded: Money::ZERO,
        failure_code: None,
        created_at: now,
        attempt: 0,
        token: None,
        reference: None,
        claim: None,
        due: None,
    }
}
