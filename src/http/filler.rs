//! Bytes that say nothing: what an answer of that size costs by itself, to measure others by. It is
//! not there in `prod`.

use actix_web::{
    HttpResponse,
    web::{Bytes, Data},
};
use serde::Deserialize;

use super::{
    error::Answered,
    extract::{Auth, Public},
    input::Query,
};
use crate::domain::Error;

/// The most that is sent, and what is kept of it.
const BYTES_MAX: usize = 1 << 20;
const BYTES_DEFAULT: usize = 2_048;

/// The bytes that answers are cut from.
#[derive(Debug, Clone)]
pub struct Filler(Bytes);

impl Filler {
    pub fn new() -> Self {
        Filler(vec![b' '; BYTES_MAX].into())
    }
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Size {
    /// How many bytes are sent.
    #[param(minimum = 0, maximum = 1_048_576)]
    bytes: Option<usize>,
}

/// So many blanks, to measure other answers by.
#[utoipa::path(
    get, path = "/api/v1/filler", tag = "operations", params(Size),
    responses((status = 200, description = "Blanks", content_type = "text/plain", body = String))
)]
pub async fn filler(
    _: Auth<Public>,
    filler: Option<Data<Filler>>,
    Query(size): Query<Size>,
) -> Answered {
    let filler = filler.ok_or(Error::NotFound("route"))?;
    let bytes = size.bytes.unwrap_or(BYTES_DEFAULT);
    if bytes > BYTES_MAX {
        return Err(Error::invalid("bytes", "out_of_range", "at most 1 MiB is sent").into());
    }
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(filler.0.slice(..bytes)))
}
