//! The one file of a form, read into a room that is bounded; what cannot be a picture is refused as
//! soon as it begins.

use actix_multipart::{Multipart, MultipartError};
use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    http::header,
    web::{Bytes, BytesMut},
};
use futures_util::{StreamExt, future::LocalBoxFuture};
use tokio::time::timeout;

use crate::{
    actors::{Actors, image::studio::Room},
    domain::{
        Error,
        image::{Format, UPLOAD_BYTES_MAX},
    },
    http::{Waits, error::Problem, extract},
};

/// What a form may have besides the file: boundaries and headers.
const FORM_BYTES_MAX: usize = 64 << 10;

/// A file that begins like a picture, and the room that it takes.
pub struct Upload {
    pub room: Room,
    pub format: Format,
    pub file: Bytes,
}

/// What is sent.
#[derive(utoipa::ToSchema)]
#[schema(as = ImageForm)]
#[expect(dead_code, reason = "it describes what is read as a stream")]
pub struct Form {
    /// A JPEG, PNG, WebP or GIF of at most 10 MiB; neither its name nor its type is looked at.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

impl FromRequest for Upload {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let sent = accepted(request);
        let form = Multipart::new(request.headers(), payload.take());
        let (request, within) = (request.clone(), Waits::of(request).body);
        Box::pin(async move {
            sent?;
            let room = extract::data::<Actors>(&request)?.studio.room().await?;
            let read = timeout(within, read(form)).await;
            let (format, file) = read.map_err(|_| Problem::slow_body())??;
            Ok(Upload { room, format, file })
        })
    }
}

/// What can be refused by its head.
fn accepted(request: &HttpRequest) -> Result<(), Problem> {
    let is_form = request.content_type().eq_ignore_ascii_case("multipart/form-data");
    let is_packed = request.headers().contains_key(header::CONTENT_ENCODING);
    if !is_form || is_packed {
        let detail = "the body must be sent as multipart/form-data, uncompressed";
        return Err(Problem::wrong_upload(detail));
    }
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|it| it.to_str().ok()?.parse::<usize>().ok()); // counted below
    match length {
        Some(length) if length > UPLOAD_BYTES_MAX.saturating_add(FORM_BYTES_MAX) => {
            Err(Problem::too_large(UPLOAD_BYTES_MAX))
        }
        _ => Ok(()),
    }
}

async fn read(mut form: Multipart) -> Result<(Format, Bytes), Problem> {
    let missing = || Error::invalid("file", "missing", "this part is needed");
    let mut part = form.next().await.ok_or_else(missing)?.map_err(malformed)?;
    if part.name() != Some("file") {
        return Err(strange());
    }
    let mut file = BytesMut::new();
    while let Some(chunk) = part.next().await {
        let chunk = chunk.map_err(malformed)?;
        if file.len().saturating_add(chunk.len()) > UPLOAD_BYTES_MAX {
            return Err(Problem::too_large(UPLOAD_BYTES_MAX));
        }
        file.extend_from_slice(&chunk);
        if file.len() >= Format::SNIFFED {
            sniffed(&file)?;
        }
    }
    drop(part); // or the form would not go on
    match form.next().await {
        None => Ok((sniffed(&file)?, file.freeze())),
        Some(Ok(_)) => Err(strange()),
        Some(Err(error)) => Err(malformed(error)),
    }
}

fn sniffed(file: &[u8]) -> Result<Format, Problem> {
    let detail = "this is no JPEG, PNG, WebP or GIF";
    Format::of(file).ok_or_else(|| Problem::wrong_upload(detail))
}

fn strange() -> Problem {
    Error::invalid("", "unknown_field", "a form has one part here, which is called file").into()
}

fn malformed(_: MultipartError) -> Problem {
    let message = "the body is no whole form".to_owned();
    Error::Rejected { code: "malformed_form", message }.into()
}
