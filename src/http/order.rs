//! Orders: the list, one of them, its timeline, and calling it off.

use std::sync::Arc;

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub mod admin;
pub mod checkout;
pub mod parcels;
pub mod refund;
pub mod returns;

use super::{
    cursor::{List, Paging},
    error::Answered,
    extract::{Auth, Holder},
    input::{Body, Query, is_line},
    token::Caller,
};
use crate::{
    actors::{Actors, payment::CancelOrder},
    domain::{
        Error,
        catalogue::stock::REASON_CHARS_MAX,
        event::{Event, Kind},
        id::{OrderId, PaymentId},
        order::Order,
        page::Listed,
    },
    store::{Store, read},
};

/// My orders, the newest first.
#[utoipa::path(
    get, path = "/api/v1/orders", tag = "orders", params(Paging),
    responses((status = 200, description = "A page of them", body = List<Order>))
)]
pub async fn orders(
    Auth(caller): Auth<Caller>,
    store: Data<Store>,
    Query(paging): Query<Paging>,
) -> Answered {
    let page = paging.page()?;
    let Listed { items, next } = read!(store, order::page(caller.user, page))?;
    let items = items.into_iter().map(Order::with_codes).collect();
    Ok(HttpResponse::Ok().json(List::of(Listed { items, next })?))
}

/// An order with its payment and its deliveries.
#[utoipa::path(
    get, path = "/api/v1/orders/{id}", tag = "orders",
    responses((status = 200, description = "The order", body = Order))
)]
pub async fn order(Auth(holder): Auth<Holder>, store: Data<Store>, id: Path<OrderId>) -> Answered {
    let id = id.into_inner();
    holder.may_open(id)?;
    let order = read!(store, order::get(id))?;
    holder.opens(id, order.buyer)?;
    let is_own = holder.owns(id, order.buyer);
    Ok(HttpResponse::Ok().json(if is_own { order.with_codes() } else { order }))
}

/// The timeline of an order, the oldest event first: the same events that the socket pushes.
#[utoipa::path(
    get, path = "/api/v1/orders/{id}/events", tag = "orders", params(Paging),
    responses((status = 200, description = "A page of it", body = List<TimelineEvent>))
)]
pub async fn order_events(
    Auth(holder): Auth<Holder>,
    store: Data<Store>,
    id: Path<OrderId>,
    Query(paging): Query<Paging>,
) -> Answered {
    let (id, page) = (id.into_inner(), paging.page::<i64>()?);
    holder.may_open(id)?;
    holder.opens(id, read!(store, order::buyer(id))?)?;
    let (after, one_more) = (page.after.unwrap_or(0), page.limit.saturating_add(1));
    let events = read!(store, order::events(id, after, one_more))?;
    let events = events.into_iter().map(TimelineEvent::from).collect();
    let listed = Listed::cut(events, page.limit, |it| it.sequence);
    Ok(HttpResponse::Ok().json(List::of(listed)?))
}

/// Calls an order off, as long as it has not been shipped; what was paid is given back.
#[utoipa::path(
    post, path = "/api/v1/orders/{id}/cancel", tag = "orders", request_body = Option<Reason>,
    responses((status = 200, description = "The order, cancelled", body = Order))
)]
pub async fn cancel_order(
    Auth(holder): Auth<Holder>,
    store: Data<Store>,
    actors: Data<Actors>,
    id: Path<OrderId>,
    body: Body,
) -> Answered {
    let id = id.into_inner();
    holder.may_open(id)?;
    holder.opens(id, read!(store, order::buyer(id))?)?;
    let reason = body.json_or_default::<Reason>()?.parse()?;
    let order = actors.payments.ask(PaymentId::of(id), CancelOrder { reason }).await?;
    Ok(HttpResponse::Ok().json(order))
}

/// Why.
#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    #[schema(max_length = 200)]
    reason: Option<String>,
}

impl Reason {
    fn parse(self) -> Result<Option<String>, Error> {
        if self.reason.as_deref().is_some_and(|it| !is_line(it, REASON_CHARS_MAX)) {
            return Err(Error::invalid("reason", "invalid_value", "at most 200 characters fit"));
        }
        Ok(self.reason)
    }
}

/// Why something is done, where that has to be said.
fn reason(said: &str) -> Result<String, Error> {
    let said = said.trim();
    if !said.is_empty() && is_line(said, REASON_CHARS_MAX) {
        return Ok(said.to_owned());
    }
    Err(Error::invalid("reason", "invalid_value", "it has 1 to 200 characters"))
}

/// At least one, and no more than `most`.
fn some<T>(items: Vec<T>, most: usize) -> Result<Vec<T>, Error> {
    if items.is_empty() {
        return Err(Error::invalid("items", "out_of_range", "name at least one"));
    }
    at_most(items, most)
}

/// None, or no more than `most`.
fn at_most<T>(items: Vec<T>, most: usize) -> Result<Vec<T>, Error> {
    if items.len() <= most {
        return Ok(items);
    }
    Err(Error::invalid("items", "out_of_range", "name no more than there can be"))
}

/// Something that happened to an order.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TimelineEvent {
    /// Gapless from 1.
    sequence: i64,
    #[serde(rename = "type")]
    kind: Kind,
    at: DateTime<Utc>,
    #[schema(value_type = Object)]
    data: Arc<Value>,
}

impl From<Event> for TimelineEvent {
    fn from(event: Event) -> Self {
        let sequence = event.order.map_or(0, |(_, sequence)| sequence);
        TimelineEvent { sequence, kind: event.kind, at: event.at, data: event.data }
    }
}
