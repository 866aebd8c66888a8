//! Placing an order: what is asked, what is on offer, and what comes of the two.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{Line, Order, Stage, Status, change::Change, number};
use crate::domain::{
    Error,
    account::Email,
    address::Address,
    audit::Action,
    cart::{Buyer, Item, Offer},
    delivery::Method,
    error::Refusal,
    event::Kind,
    id::{LineId, OrderId, PaymentId, VariantId},
    idempotency::{Answer, Claim},
    money::Money,
    payment::{self, Payment, ProviderName},
    pricing::{self, Basket, Destination, Priced, PricedLine, Terms},
    promotion::Code,
    settings::Language,
};

/// Turns a cart into an order: all of it, or nothing and a reason.
#[derive(Debug, Clone)]
pub struct Place {
    pub order: OrderId,
    pub buyer: Buyer,
    /// A guest's address for mail.
    pub email: Option<Email>,
    /// What the buyer's program says that they read.
    pub language: Option<Language>,
    /// Who redeems its coupons, as they are counted.
    pub customer: String,
    /// The cart as it was when its owner checked out; another version is `Stale`.
    pub cart_version: i64,
    pub items: Vec<Item>,
    /// The coupons that were put in.
    pub codes: Vec<Code>,
    pub address: Address,
    pub method: Method,
    /// What the client thinks it costs.
    pub expected_total: Option<Money>,
    pub expires_at: DateTime<Utc>,
    /// Who moves the money.
    pub provider: ProviderName,
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
    /// Units that nobody else has reserved.
    pub units: i64,
}

impl Place {
    /// The order, at the shop's own prices; a `Conflict` says what stands in its way.
    pub fn decide(
        &self,
        stock: &BTreeMap<VariantId, Available<'_>>,
        terms: &Terms<'_>,
    ) -> Result<Change, Error> {
        let now = terms.now;
        if self.items.is_empty() {
            return Err(Error::conflict("cart_empty", "there is nothing in the cart"));
        }
        let offers = self.offers(stock)?;
        let priced = self.price(&offers, terms)?;
        let items = self.items.iter().zip(offers).zip(&priced.lines);
        let items = items.map(|((item, offer), priced)| line(item, offer, priced)).collect();
        let total = priced.total;
        let days = terms.tariff.way(&self.address.country, self.method)?;
        if self.expected_total.is_some_and(|expected| expected != total) {
            return Err(price_changed(total).into());
        }
        let order = Order {
            id: self.order,
            number: number(self.order),
            status: Status::PendingPayment,
            version: 0,
            stage: Stage::PendingPayment,
            items,
            subtotal: priced.subtotal,
            discount: priced.discount,
            tax: priced.tax,
            tax_included: priced.tax_included,
            delivery_price: priced.delivery.unwrap_or(Money::ZERO),
            total,
            promotions: priced.promotions.into_iter().filter(|it| it.problem.is_none()).collect(),
            days: (days.days_min, days.days_max),
            address: self.address.clone(),
            delivery_method: self.method,
            payment: self.unpaid(total, now),
            refunds: Vec::new(),
            returns: Vec::new(),
            deliveries: Vec::new(),
            expires_at: self.expires_at,
            placed_at: now,
            updated_at: now,
            buyer: self.buyer,
            cart_version: self.cart_version,
            email: self.email.as_ref().map(|email| email.as_str().to_owned()),
            language: self.language,
            sequence: 0,
        };
        Ok(Change::begin(&order, Action::OrderPlaced, now)
            .event(Kind::OrderPlaced, json!({ "total": total, "expires_at": self.expires_at }))
            .done())
    }

    /// What is on offer for each item, if there is enough of all.
    fn offers<'o>(
        &self,
        stock: &BTreeMap<VariantId, Available<'o>>,
    ) -> Result<Vec<&'o Offer>, Error> {
        let offer = |item: &Item| {
            let Some(Available { offer, units }) = stock.get(&item.variant) else {
                let message = "something in the cart is not for sale";
                return Err(short("unavailable", message, item, 0).into());
            };
            if *units < item.quantity.get() {
                let message = format!("{} is out of stock in this quantity", offer.name);
                return Err(short("out_of_stock", message, item, *units).into());
            }
            Ok(*offer)
        };
        self.items.iter().map(offer).collect()
    }

    /// What it all costs. A coupon that counts no more refuses the order: who put it in was shown
    /// another sum.
    fn price(&self, offers: &[&Offer], terms: &Terms<'_>) -> Result<Priced, Error> {
        let lines = self.items.iter().zip(offers).map(|(item, offer)| offer.times(item.quantity));
        let destination = Some(Destination { country: &self.address.country, method: self.method });
        let basket = Basket { lines: lines.collect(), codes: &self.codes, destination };
        let priced = pricing::price(&basket, terms)?;
        for applied in &priced.promotions {
            let refusal = applied.code.as_ref().zip(applied.problem);
            if let Some(refusal) = refusal.and_then(|(code, problem)| problem.refusal(code)) {
                return Err(refusal.into());
            }
        }
        Ok(priced)
    }

    fn unpaid(&self, amount: Money, now: DateTime<Utc>) -> Payment {
        Payment {
            id: PaymentId::of(self.order),
            order_id: self.order,
            status: payment::Status::RequiresConfirmation,
            amount,
            refunded: Money::ZERO,
            failure_code: None,
            created_at: now,
            provider: self.provider,
            tries: 0,
            attempt: 0,
            token: None,
            reference: None,
            claim: None,
            due: None,
        }
    }
}

/// A line of the order, at the price that was made.
fn line(item: &Item, offer: &Offer, priced: &PricedLine) -> Line {
    Line {
        id: LineId::new(),
        variant_id: item.variant,
        product_id: offer.product,
        name: offer.name.clone(),
        sku: offer.sku.clone(),
        options: offer.options.clone(),
        quantity: item.quantity,
        unit_price: offer.price,
        line_total: priced.total,
        discount: priced.discount,
        tax: priced.tax,
        tax_included: priced.tax_included,
        refunded: 0,
        returned: 0,
        shipped: 0,
    }
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
