//! Bytes that say nothing: what an answer of that size costs by itself, to measure others by. It is
//! not there in `prod`.

use actix_web::{
    HttpResponse,
    web::{Bytes, Data, Path},
};

use super::{
    error::Answered,
    extract::{Auth, Public},
};
use crate::domain::Error;

/// The most that is sent, and what is kept of it.
const BYTES_MAX: usize = 1 << 20;

/// The bytes that answers are cut from.
#[derive(Debug, Clone)]
pub struct Filler(Bytes);

impl Default for Filler {
    fn default() -> Self {
        Filler(vec![b' '; BYTES_MAX].into())
    }
}

/// So many blanks, to measure other answers by.
#[utoipa::path(
    get, path = "/api/v1/filler/{bytes}", tag = "operations",
    params(("bytes" = usize, Path, description = "How many, at most 1 MiB")),
    responses((status = 200, description = "Blanks", content_type = "text/plain", body = String))
)]
pub async fn filler(_: Auth<Public>, filler: Option<Data<Filler>>, bytes: Path<usize>) -> Answered {
    let filler = filler.filter(|_| *bytes <= BYTES_MAX).ok_or(Error::NotFound("filler"))?;
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(filler.0.slice(..*bytes)))
}
