//! Saying how a parcel stands, for those who run the shop.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    actors::{Actors, order::deliver::Say},
    domain::{
        Error,
        delivery::{Delivery, Status},
        id::DeliveryId,
        order::deliver::{LOCATION_BYTES_MAX, NOTE_CHARS_MAX, Report},
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
    let order = read!(store, delivery::order(delivery))?;
    let order = actors.orders.ask(order, Say { delivery, report }).await?;
    let parcel = order.deliveries.into_iter().find(|it| it.id == delivery);
    Ok(HttpResponse::Ok().json(parcel.ok_or(Error::NotFound("delivery"))?))
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
