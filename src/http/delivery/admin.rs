//! Saying how a parcel stands, for those who run the shop.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    actors::{
        Actors,
        order::{courier::Assign, deliver::Say},
    },
    domain::{
        Error,
        delivery::{Delivery, Status},
        id::{DeliveryId, OrderId, UserId},
        order::{
            Order,
            deliver::{LOCATION_BYTES_MAX, NOTE_CHARS_MAX, Report},
        },
    },
    http::{
        error::Answered,
        extract::{Auth, May, right},
        input::{Json, both, is_line},
    },
    store::{Store, read},
};

/// Moves a parcel to its next station, or says more of one that is on its way. Where the courier is
/// simulated, it goes on from there.
#[utoipa::path(
    post, path = "/api/v1/admin/deliveries/{id}/events", tag = "admin", request_body = Station,
    responses(
        (status = 200, description = "The parcel as it is now", body = Delivery),
        (status = 409, description = "`invalid_transition`: it is elsewhere, which is named"),
    )
)]
pub async fn report_delivery(
    _: Auth<May<right::Orders>>,
    store: Data<Store>,
    actors: Data<Actors>,
    id: Path<DeliveryId>,
    Json(body): Json<Station>,
) -> Answered {
    let (delivery, report) = (id.into_inner(), body.parse()?);
    let say = Say { delivery, report };
    let parcel = moved(&store, delivery, async |it| actors.orders.ask(it, say).await).await?;
    Ok(HttpResponse::Ok().json(parcel))
}

/// Gives a parcel to one of the shop's own couriers, or to another one; the simulated courier moves it
/// no more. To give it to whoever has it changes nothing.
#[utoipa::path(
    put, path = "/api/v1/admin/deliveries/{id}/courier", tag = "admin", request_body = NewCourier,
    responses(
        (status = 200, description = "The parcel, and whose it is", body = Assigned),
        (
            status = 409,
            description = "`invalid_transition`: it is over; `not_a_courier`: the user has another \
                           role, or is suspended"
        ),
    )
)]
pub async fn assign_courier(
    _: Auth<May<right::Orders>>,
    store: Data<Store>,
    actors: Data<Actors>,
    id: Path<DeliveryId>,
    Json(body): Json<NewCourier>,
) -> Answered {
    let user: UserId = body.user_id.parse()?;
    assign(&store, &actors, *id, Some(user)).await
}

/// Takes a parcel from its courier. Where the courier is simulated, that one goes on from there.
#[utoipa::path(
    delete, path = "/api/v1/admin/deliveries/{id}/courier", tag = "admin",
    responses(
        (status = 200, description = "The parcel, which is nobody's", body = Assigned),
        (status = 409, description = "`invalid_transition`: it is over"),
    )
)]
pub async fn unassign_courier(
    _: Auth<May<right::Orders>>,
    store: Data<Store>,
    actors: Data<Actors>,
    id: Path<DeliveryId>,
) -> Answered {
    assign(&store, &actors, *id, None).await
}

async fn assign(
    store: &Store,
    actors: &Actors,
    delivery: DeliveryId,
    courier: Option<UserId>,
) -> Answered {
    let assign = Assign { delivery, courier };
    let delivery = moved(store, delivery, async |it| actors.orders.ask(it, assign).await).await?;
    Ok(HttpResponse::Ok().json(Assigned { courier_id: delivery.courier, delivery }))
}

/// Has its order do something with a parcel; the parcel as it is then.
async fn moved(
    store: &Store,
    parcel: DeliveryId,
    ask: impl AsyncFnOnce(OrderId) -> Result<Order, Error>,
) -> Result<Delivery, Error> {
    let order = ask(read!(store, delivery::order(parcel))?).await?;
    let moved = order.deliveries.into_iter().find(|it| it.id == parcel);
    moved.ok_or(Error::NotFound("delivery"))
}

/// A parcel, and which courier brings it.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Assigned {
    #[serde(flatten)]
    delivery: Delivery,
    /// Null where it is none of the shop's own.
    courier_id: Option<UserId>,
}

/// Who is to bring it.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCourier {
    /// A user whose role is `courier`.
    user_id: String,
}

/// Where a parcel is, and what else is known of it.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Station {
    status: Status,
    eta: Option<DateTime<Utc>>,
    /// The buyer reads it in the timeline, as do all who follow the feed: no names or addresses.
    #[schema(min_length = 1, max_length = 200)]
    note: Option<String>,
    /// A text or an object, which is told as it is.
    #[schema(value_type = Option<Object>)]
    location: Option<Value>,
}

impl Station {
    fn parse(self) -> Result<Report, Error> {
        let Station { status, eta, note, location } = self;
        let note = match note.as_deref().map(str::trim) {
            None => Ok(None),
            Some(note) if !note.is_empty() && is_line(note, NOTE_CHARS_MAX) => {
                Ok(Some(note.to_owned()))
            }
            Some(_) => Err(Error::invalid("note", "invalid_value", "it has 1 to 200 characters")),
        };
        let location = match location {
            Some(place @ (Value::String(_) | Value::Object(_)))
                if place.to_string().len() <= LOCATION_BYTES_MAX =>
            {
                Ok(Some(place))
            }
            Some(_) => {
                let message = "it is a text or an object, of at most 500 bytes";
                Err(Error::invalid("location", "invalid_value", message))
            }
            None => Ok(None),
        };
        let (note, location) = both(note, location)?;
        Ok(Report { status, eta, note, location })
    }
}
