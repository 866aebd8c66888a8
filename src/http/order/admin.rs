//! All orders, for those who run the shop: found, picked, handed over, and called off.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::reason;
use crate::{
    actors::{
        Actors,
        order::{deliver::Process, returns::CallOff},
    },
    domain::{
        Error,
        id::{OrderId, PaymentId, UserId},
        order::{
            Order, Status,
            change::Brought,
            find::{self, Filter, Key},
        },
        page::Listed,
        payment,
    },
    http::{
        cursor::{List, page},
        error::Answered,
        extract::{Auth, May, right},
        input::{Json, Query, both},
    },
    store::{Store, read},
};

/// The orders of everybody, the newest first.
#[utoipa::path(
    get, path = "/api/v1/admin/orders", tag = "admin", params(Asked),
    responses((status = 200, description = "A page of them", body = List<Found>))
)]
pub async fn all_orders(
    _: Auth<May<right::Orders>>,
    store: Data<Store>,
    Query(asked): Query<Asked>,
) -> Answered {
    let page = page::<Key>(asked.limit, asked.cursor.as_deref());
    let (page, filter) = both(page, asked.filter())?;
    let Listed { items, next } = read!(store, order::find(filter, page))?;
    let items = items.into_iter().map(Found::from).collect();
    Ok(HttpResponse::Ok().json(List::of(Listed { items, next })?))
}

/// An order, and whose it is.
#[utoipa::path(
    get, path = "/api/v1/admin/orders/{id}", tag = "admin",
    responses((status = 200, description = "The order", body = Found))
)]
pub async fn any_order(
    _: Auth<May<right::Orders>>,
    store: Data<Store>,
    id: Path<OrderId>,
) -> Answered {
    let order = read!(store, order::get(*id))?;
    Ok(HttpResponse::Ok().json(Found::from(order)))
}

/// The warehouse begins to pick a paid order.
#[utoipa::path(
    post, path = "/api/v1/admin/orders/{id}/process", tag = "admin",
    responses(
        (status = 200, description = "The order, `processing`", body = Order),
        (status = 409, description = "`invalid_transition`: it is in another state, which is named"),
    )
)]
pub async fn process_order(
    _: Auth<May<right::Orders>>,
    actors: Data<Actors>,
    id: Path<OrderId>,
) -> Answered {
    Ok(HttpResponse::Ok().json(actors.orders.ask(*id, Process).await?))
}

/// Calls off of an order what will not arrive: all of it where nothing has left yet; else the parcels
/// that have not left, have failed, or came back. Their price is given back; where no other parcel is
/// on its way or has arrived, the order is cancelled and all that was paid is given back.
#[utoipa::path(
    post, path = "/api/v1/admin/orders/{id}/cancel", tag = "admin", request_body = CallingOff,
    responses(
        (status = 200, description = "The order: `cancelled`, or as far as its other parcels are", body = Order),
        (status = 409, description = "`invalid_transition`: it is on its way, has arrived or is called off"),
    )
)]
pub async fn call_off_order(
    _: Auth<May<right::Orders>>,
    actors: Data<Actors>,
    id: Path<OrderId>,
    Json(body): Json<CallingOff>,
) -> Answered {
    let call_off = CallOff { reason: reason(&body.reason)?, restock: body.restock };
    let order = actors.payments.ask(PaymentId::of(*id), call_off).await?;
    Ok(HttpResponse::Ok().json(order))
}

/// An order as those see it who run the shop.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = AdminOrder)]
pub struct Found {
    #[serde(flatten)]
    order: Order,
    /// Whose it is; null where a guest placed it.
    user_id: Option<UserId>,
    /// Where a guest is written to; a user's address is the account's.
    email: Option<String>,
    /// Those of its parcels that the shop's own couriers bring.
    couriers: Vec<Brought>,
}

impl From<Order> for Found {
    fn from(order: Order) -> Self {
        let (user_id, email) = (order.buyer.user(), order.email.clone());
        let couriers = Brought::all(&order);
        Found { order, user_id, email, couriers }
    }
}

/// Which orders, and which page.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    #[param(inline)]
    status: Option<Status>,
    #[param(inline)]
    payment_status: Option<payment::Status>,
    /// The id of who placed it.
    user: Option<String>,
    /// What people read out, like `R-0A1B2-C3D4E`.
    number: Option<String>,
    /// A number, or the whole address for mail of who placed it.
    q: Option<String>,
    /// Placed from this moment on.
    from: Option<DateTime<Utc>>,
    /// Placed before this moment.
    to: Option<DateTime<Utc>>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

impl Asked {
    fn filter(&self) -> Result<Filter, Error> {
        let user = self.user.as_deref().map(|it| {
            let id = it.parse::<UserId>();
            id.map_err(|_| Error::invalid("user", "invalid_value", "this is no id"))
        });
        let asked = match (&self.q, &self.number) {
            (Some(_), Some(_)) => {
                Err(Error::invalid("q", "ambiguous", "ask by `q` or by `number`"))
            }
            (Some(q), None) => find::Asked::parse(q).map(Some),
            (None, Some(number)) => Ok(Some(find::Asked::number(number))),
            (None, None) => Ok(None),
        };
        let (user, asked) = both(user.transpose(), asked)?;
        let Asked { status, payment_status, from, to, .. } = *self;
        Ok(Filter { status, payment_status, user, asked, from, to })
    }
}

/// Why an order is called off, and what becomes of goods that had left.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallingOff {
    /// Its buyer reads it.
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
    /// Of parcels that have left: whether their units can be sold again, or are written off. Where it
    /// says nothing they can be if the parcel came back. What has not left always is.
    restock: Option<bool>,
}
