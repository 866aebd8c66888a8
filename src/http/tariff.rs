//! The tariff, for those who look after prices.

use actix_web::{HttpResponse, web::Data};

use super::{
    error::Answered,
    etag::{IfMatch, versioned},
    extract::{Auth, May, right},
    input::Json,
};
use crate::{
    actors::Actors,
    domain::tariff::{Change, Kept, Tariff},
    store::{Store, read},
};

/// What delivery and taxes cost, by zone.
#[utoipa::path(
    get, path = "/api/v1/admin/tariff", tag = "admin",
    responses((status = 200, description = "The tariff in force", body = Kept))
)]
pub async fn tariff(_: Auth<May<right::Catalogue>>, store: Data<Store>) -> Answered {
    let kept = read!(store, tariff::get())?;
    Ok(versioned(HttpResponse::Ok(), kept.version, &kept))
}

/// Puts another tariff in force. Orders keep what they were placed at.
#[utoipa::path(
    put, path = "/api/v1/admin/tariff", tag = "admin", request_body = Tariff,
    params(("If-Match" = Option<String>, Header, description = "The ETag that was seen")),
    responses((status = 200, description = "The tariff in force from now on", body = Kept))
)]
pub async fn change_tariff(
    _: Auth<May<right::Catalogue>>,
    actors: Data<Actors>,
    IfMatch(expected): IfMatch,
    Json(tariff): Json<Tariff>,
) -> Answered {
    let command = Change { expected, tariff: tariff.checked()? };
    let after = actors.terms.change(command).await?.after;
    Ok(versioned(HttpResponse::Ok(), after.version, &after))
}
