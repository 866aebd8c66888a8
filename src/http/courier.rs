//! What the shop's own couriers see and say: their parcels, what becomes of them, and where they are.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{
    cursor::{List, Paging},
    error::Answered,
    extract::{Auth, May, right},
    idempotency::{OptionalKey, repeated, respond},
    input::{Body, Json, Query, both, is_line},
};
use crate::{
    actors::{Actors, courier::Here, order::courier::Hear},
    domain::{
        Error,
        courier::{Code, Errand, Position},
        delivery::Status,
        id::{DeliveryId, UserId},
        order::deliver::{NOTE_CHARS_MAX, Report, courier::Told},
    },
    store::{self, Store, read},
};

/// The parcels that are mine to bring: first those that are not over, the oldest first; then the others,
/// the newest first.
#[utoipa::path(
    get, path = "/api/v1/courier/deliveries", tag = "courier", params(Paging),
    responses((status = 200, description = "A page of them", body = List<Errand>))
)]
pub async fn my_deliveries(
    Auth(courier): Auth<May<right::Deliveries>>,
    store: Data<Store>,
    Query(paging): Query<Paging>,
) -> Answered {
    let page = paging.page()?;
    let listed = read!(store, order::errands(courier.0.user, page))?;
    Ok(HttpResponse::Ok().json(List::of(listed)?))
}

/// One of the parcels that are mine to bring.
#[utoipa::path(
    get, path = "/api/v1/courier/deliveries/{id}", tag = "courier",
    responses((status = 200, description = "The parcel", body = Errand))
)]
pub async fn my_delivery(
    Auth(courier): Auth<May<right::Deliveries>>,
    store: Data<Store>,
    id: Path<DeliveryId>,
) -> Answered {
    let errand = read!(store, order::errand(courier.0.user, *id))?;
    Ok(HttpResponse::Ok().json(errand))
}

/// Says how one of my parcels stands: that I have it, that it is out for delivery, that nobody opened,
/// or that it is delivered, with the code that its buyer has said. With an `Idempotency-Key`, a repeat
/// is answered as the first try was, and a wrong code counts once.
#[utoipa::path(
    post, path = "/api/v1/courier/deliveries/{id}/events", tag = "courier", request_body = Said,
    params(("Idempotency-Key" = Option<String>, Header, description = "Names this try; repeats send it again")),
    responses(
        (status = 200, description = "The parcel as it is now", body = Errand),
        (
            status = 409,
            description = "`invalid_transition`: it is elsewhere, which is named; \
                           `wrong_code`: there are `tries_left`; \
                           `code_locked`: too many were wrong, and the shop has to settle it"
        ),
    )
)]
pub async fn report_my_delivery(
    Auth(courier): Auth<May<right::Deliveries>>,
    store: Data<Store>,
    actors: Data<Actors>,
    OptionalKey(key): OptionalKey,
    id: Path<DeliveryId>,
    body: Body,
) -> Answered {
    let (delivery, user) = (id.into_inner(), courier.0.user);
    let route = format!("POST /courier/deliveries/{delivery}/events");
    let claim = key.map(|key| key.claim(&format!("user:{user}"), &route, &body));
    let told = body.json::<Said>().and_then(|it| Ok(it.parse(user)?));
    let answer = match told {
        Ok(told) => {
            let order = read!(store, delivery::order(delivery))?;
            actors.orders.ask(order, Hear { delivery, told, claim }).await?
        }
        Err(invalid) => repeated(&store, claim.as_ref(), invalid).await?,
    };
    respond(HttpResponse::Ok(), answer)
}

/// Says where I am. Those who may follow the parcels that I have out for delivery see it, of each
/// parcel at most once a second; only the last place is kept, and only while the parcel is out.
#[utoipa::path(
    post, path = "/api/v1/courier/position", tag = "courier", request_body = Place,
    responses((status = 204, description = "It is known"))
)]
pub async fn say_position(
    Auth(courier): Auth<May<right::Deliveries>>,
    actors: Data<Actors>,
    Json(place): Json<Place>,
) -> Answered {
    let position = Position::parse(place.lat, place.lon, store::now())?;
    actors.couriers.ask(courier.0.user, Here(position)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What a courier says of a parcel.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Said {
    /// `in_transit`, which takes it from the warehouse, `out_for_delivery`, `failed` or `delivered`.
    status: Status,
    /// What its buyer says, with `delivered`: 6 digits.
    #[schema(min_length = 6, max_length = 6, example = "042817")]
    code: Option<String>,
    /// Why it could not be delivered, with `failed`. The buyer reads it in the timeline, as do all who
    /// follow the feed: no names or addresses.
    #[schema(min_length = 1, max_length = 200)]
    reason: Option<String>,
    /// When it will be there, with `in_transit` and `out_for_delivery`.
    eta: Option<DateTime<Utc>>,
}

impl Said {
    fn parse(self, courier: UserId) -> Result<Told, Error> {
        let Said { status, code, reason, eta } = self;
        let code = match (status, code) {
            (Status::Delivered, Some(code)) => code.parse::<Code>().map(Some),
            (Status::Delivered, None) => Err(missing("code")),
            (_, Some(_)) => Err(misplaced("code")),
            (_, None) => Ok(None),
        };
        let reason = match (status, reason.as_deref().map(str::trim)) {
            (Status::Failed, Some(it)) if !it.is_empty() && is_line(it, NOTE_CHARS_MAX) => {
                Ok(Some(it.to_owned()))
            }
            (Status::Failed, Some(_)) => {
                Err(Error::invalid("reason", "invalid_value", "it has 1 to 200 characters"))
            }
            (Status::Failed, None) => Err(missing("reason")),
            (_, Some(_)) => Err(misplaced("reason")),
            (_, None) => Ok(None),
        };
        let eta = match (status, eta) {
            (Status::InTransit | Status::OutForDelivery, eta) => Ok(eta),
            (Status::Delivered | Status::Failed, None) => Ok(None),
            (Status::Delivered | Status::Failed, Some(_)) => Err(misplaced("eta")),
            (Status::Pending | Status::Packed | Status::Returned, _) => {
                let message = "a courier says in_transit, out_for_delivery, failed or delivered";
                Err(Error::invalid("status", "invalid_value", message))
            }
        };
        let ((code, note), eta) = both(both(code, reason), eta)?;
        Ok(Told { courier, report: Report { status, eta, note, location: None }, code })
    }
}

fn missing(field: &'static str) -> Error {
    Error::invalid(field, "missing", "this field is needed")
}

fn misplaced(field: &'static str) -> Error {
    Error::invalid(field, "misplaced", "it says nothing with this status")
}

/// Where a courier is, in degrees (WGS 84).
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    #[schema(minimum = -90, maximum = 90)]
    lat: f64,
    #[schema(minimum = -180, maximum = 180)]
    lon: f64,
}
