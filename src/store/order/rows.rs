//! Orders as rows, and back.

use std::collections::HashMap;

use diesel::prelude::*;
use serde_json::from_str;

use super::{deliveries::Parcel, refunds::RefundRow, returns::ReturnRow};
use crate::{
    domain::{
        Error,
        cart::{Buyer, Quantity},
        delivery::Delivery,
        id::OrderId,
        idempotency::Claim,
        money::{Currency, Money},
        order::{Line, Order},
        payment::{Due, Payment},
    },
    store::{
        at::At,
        error::corrupt,
        json::json,
        schema::{order_lines, orders, payments},
    },
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = orders, treat_none_as_default_value = false)]
pub struct OrderRow {
    pub id: String,
    number: String,
    user_id: Option<String>,
    cart_id: String,
    cart_version: i64,
    email: Option<String>,
    status: String,
    version: i64,
    sequence: i64,
    currency: String,
    subtotal: i64,
    discount: i64,
    tax: i64,
    delivery_price: i64,
    total: i64,
    address: String,
    delivery_method: String,
    expires_at: At,
    placed_at: At,
    updated_at: At,
    stage: String,
    tax_included: i64,
    promotions: String,
    days_min: i64,
    days_max: i64,
    language: Option<String>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = order_lines, treat_none_as_default_value = false)]
pub struct LineRow {
    id: String,
    order_id: String,
    position: i32,
    variant_id: String,
    product_id: String,
    name: String,
    sku: String,
    options: String,
    quantity: i64,
    unit_price: i64,
    line_total: i64,
    discount: i64,
    tax: i64,
    tax_included: i64,
    refunded: i64,
    returned: i64,
    shipped: i64,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = payments, treat_none_as_default_value = false)]
pub struct PaymentRow {
    id: String,
    order_id: String,
    status: String,
    amount: i64,
    refunded: i64,
    currency: String,
    failure_code: Option<String>,
    attempt: i32,
    token: Option<String>,
    reference: Option<String>,
    confirm_key: Option<String>,
    confirm_request: Option<String>,
    due_task: Option<String>,
    due_at: Option<At>,
    created_at: At,
    provider: String,
    tries: i32,
}

impl From<&Order> for OrderRow {
    fn from(order: &Order) -> Self {
        OrderRow {
            id: order.id.to_string(),
            number: order.number.clone(),
            user_id: order.buyer.user().map(|user| user.to_string()),
            cart_id: order.buyer.cart().to_string(),
            cart_version: order.cart_version,
            email: order.email.clone(),
            status: order.status.to_string(),
            version: order.version,
            sequence: order.sequence,
            currency: order.total.currency.into(),
            subtotal: order.subtotal.amount,
            discount: order.discount.amount,
            tax: order.tax.amount,
            delivery_price: order.delivery_price.amount,
            total: order.total.amount,
            address: json(&order.address),
            delivery_method: order.delivery_method.to_string(),
            expires_at: At(order.expires_at),
            placed_at: At(order.placed_at),
            updated_at: At(order.updated_at),
            stage: order.stage.to_string(),
            tax_included: order.tax_included.amount,
            promotions: json(&order.promotions),
            days_min: order.days.0,
            days_max: order.days.1,
            language: order.language.map(|it| it.to_string()),
        }
    }
}

impl LineRow {
    pub fn all(order: &Order) -> impl Iterator<Item = LineRow> {
        (0..).zip(&order.items).map(|(position, line)| LineRow {
            id: line.id.to_string(),
            order_id: order.id.to_string(),
            position,
            variant_id: line.variant_id.to_string(),
            product_id: line.product_id.to_string(),
            name: line.name.clone(),
            sku: line.sku.clone(),
            options: json(&line.options),
            quantity: line.quantity.get(),
            unit_price: line.unit_price.amount,
            line_total: line.line_total.amount,
            discount: line.discount.amount,
            tax: line.tax.amount,
            tax_included: line.tax_included.amount,
            refunded: line.refunded,
            returned: line.returned,
            shipped: line.shipped,
        })
    }
}

impl From<&Payment> for PaymentRow {
    fn from(payment: &Payment) -> Self {
        PaymentRow {
            id: payment.id.to_string(),
            order_id: payment.order_id.to_string(),
            status: payment.status.to_string(),
            amount: payment.amount.amount,
            refunded: payment.refunded.amount,
            currency: payment.amount.currency.into(),
            failure_code: payment.failure_code.clone(),
            attempt: payment.attempt,
            token: payment.token.clone(),
            reference: payment.reference.clone(),
            confirm_key: payment.claim.as_ref().map(|claim| claim.key.clone()),
            confirm_request: payment.claim.as_ref().map(|claim| claim.request.clone()),
            due_task: payment.due.map(|due| due.task.to_string()),
            due_at: payment.due.map(|due| At(due.at)),
            created_at: At(payment.created_at),
            provider: payment.provider.to_string(),
            tries: payment.tries,
        }
    }
}

/// Who placed an order, by its row.
pub fn buyer(user: Option<&str>, cart: &str) -> Result<Buyer, Error> {
    match user {
        Some(user) => Ok(Buyer::User(user.parse().map_err(corrupt)?)),
        None => Ok(Buyer::Guest(cart.parse().map_err(corrupt)?)),
    }
}

/// What belongs to some orders.
pub struct Parts {
    pub lines: Vec<LineRow>,
    pub payments: Vec<PaymentRow>,
    pub refunds: Vec<RefundRow>,
    pub returns: Vec<ReturnRow>,
    pub deliveries: Vec<Parcel>,
}

/// Puts the rows of some orders together, in the order of `rows`.
pub fn assemble(rows: Vec<OrderRow>, parts: Parts) -> Result<Vec<Order>, Error> {
    let mut lines = by_order(parts.lines, |row| &row.order_id);
    let mut payments = by_order(parts.payments, |row| &row.order_id);
    let mut refunds = by_order(parts.refunds, |row| &row.order_id);
    let mut returns = by_order(parts.returns, |row| &row.order_id);
    let mut deliveries = by_order(parts.deliveries, |parcel| &parcel.row.order_id);
    let mut order = |row: OrderRow| {
        let id = &row.id;
        let own = Parts {
            lines: lines.remove(id).unwrap_or_default(),
            payments: payments.remove(id).unwrap_or_default(),
            refunds: refunds.remove(id).unwrap_or_default(),
            returns: returns.remove(id).unwrap_or_default(),
            deliveries: deliveries.remove(id).unwrap_or_default(),
        };
        row.into_order(own)
    };
    rows.into_iter().map(&mut order).collect()
}

fn by_order<R>(rows: Vec<R>, order: impl Fn(&R) -> &String) -> HashMap<String, Vec<R>> {
    let mut sorted: HashMap<String, Vec<R>> = HashMap::new();
    for row in rows {
        sorted.entry(order(&row).clone()).or_default().push(row);
    }
    sorted
}

impl OrderRow {
    /// The order with its own parts.
    fn into_order(self, parts: Parts) -> Result<Order, Error> {
        let Parts { lines, mut payments, refunds, returns, deliveries } = parts;
        let payment = payments.pop().ok_or(Error::NotFound("payment"))?;
        let currency: Currency = self.currency.parse().map_err(corrupt)?;
        let money = |amount| Money { amount, currency };
        let id: OrderId = self.id.parse().map_err(corrupt)?;
        let line = |row: LineRow| row.into_line(currency);
        let mut items = lines.into_iter().map(line).collect::<Result<Vec<Line>, Error>>()?;
        let parcels = deliveries.into_iter().map(|it| it.into_delivery(&items));
        let deliveries = parcels.collect::<Result<Vec<Delivery>, Error>>()?;
        for line in &mut items {
            let gone = deliveries.iter().filter(|it| it.has_left());
            line.shipped = gone.map(|it| it.units_of(line.id)).sum();
        }
        Ok(Order {
            id,
            deliveries,
            refunds: refunds
                .into_iter()
                .map(RefundRow::into_refund)
                .collect::<Result<_, Error>>()?,
            returns: returns
                .into_iter()
                .map(ReturnRow::into_return)
                .collect::<Result<_, Error>>()?,
            items,
            number: self.number,
            status: self.status.parse()?,
            version: self.version,
            subtotal: money(self.subtotal),
            discount: money(self.discount),
            tax: money(self.tax),
            tax_included: money(self.tax_included),
            promotions: from_str(&self.promotions).map_err(corrupt)?,
            days: (self.days_min, self.days_max),
            stage: self.stage.parse()?,
            delivery_price: money(self.delivery_price),
            total: money(self.total),
            address: from_str(&self.address).map_err(corrupt)?,
            delivery_method: self.delivery_method.parse()?,
            payment: payment.into_payment()?,
            expires_at: self.expires_at.0,
            placed_at: self.placed_at.0,
            updated_at: self.updated_at.0,
            buyer: buyer(self.user_id.as_deref(), &self.cart_id)?,
            cart_version: self.cart_version,
            email: self.email,
            // One that a newer node knows is as good as none.
            language: self.language.and_then(|it| it.parse().ok()),
            sequence: self.sequence,
        })
    }
}

impl LineRow {
    fn into_line(self, currency: Currency) -> Result<Line, Error> {
        Ok(Line {
            id: self.id.parse().map_err(corrupt)?,
            variant_id: self.variant_id.parse().map_err(corrupt)?,
            product_id: self.product_id.parse().map_err(corrupt)?,
            name: self.name,
            sku: self.sku,
            options: from_str(&self.options).map_err(corrupt)?,
            quantity: Quantity::try_from(self.quantity).map_err(corrupt)?,
            unit_price: Money { amount: self.unit_price, currency },
            line_total: Money { amount: self.line_total, currency },
            discount: Money { amount: self.discount, currency },
            tax: Money { amount: self.tax, currency },
            tax_included: Money { amount: self.tax_included, currency },
            refunded: self.refunded,
            returned: self.returned,
            // What its parcels say, which are read after it.
            shipped: 0,
        })
    }
}

impl PaymentRow {
    pub fn into_payment(self) -> Result<Payment, Error> {
        let currency: Currency = self.currency.parse().map_err(corrupt)?;
        let due = self.due_task.zip(self.due_at);
        let claim = self.confirm_key.zip(self.confirm_request);
        let due = due.map(|(task, at)| Ok::<Due, Error>(Due { task: task.parse()?, at: at.0 }));
        Ok(Payment {
            id: self.id.parse().map_err(corrupt)?,
            order_id: self.order_id.parse().map_err(corrupt)?,
            status: self.status.parse()?,
            amount: Money { amount: self.amount, currency },
            refunded: Money { amount: self.refunded, currency },
            failure_code: self.failure_code,
            created_at: self.created_at.0,
            provider: self.provider.parse()?,
            tries: self.tries,
            attempt: self.attempt,
            token: self.token,
            reference: self.reference,
            claim: claim.map(|(key, request)| Claim { key, request }),
            due: due.transpose()?,
        })
    }
}
