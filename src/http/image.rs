//! The pictures of the catalogue: uploaded by admins, and shown to anybody in any width.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use serde::Deserialize;

mod upload;

use self::upload::{Form, Upload};
use super::{
    error::Answered,
    etag,
    extract::{Auth, May, Public, right},
    input::Query,
};
use crate::{
    actors::{Actors, image},
    cache::image::Images,
    domain::{
        Error,
        image::{ImageFile, ImageKey, Size, Uploaded, WIDTH_ASKED_MAX, Width},
    },
    store::{Store, read},
};

/// The bytes of an image, or of the same in a smaller width; what stands under a key never changes.
#[utoipa::path(
    get, path = "/api/v1/images/{key}", tag = "catalogue", params(Wanted),
    responses((status = 200, description = "The image", content_type = "image/*", body = [u8]))
)]
pub async fn image(
    _: Auth<Public>,
    request: HttpRequest,
    store: Data<Store>,
    actors: Data<Actors>,
    hot: Data<Images>,
    key: Path<String>,
    Query(wanted): Query<Wanted>,
) -> Answered {
    let key: ImageKey = key.parse()?;
    let sources = Sources { store: &store, actors: &actors, hot: &hot };
    let (tag, ImageFile { kind, bytes }) = sources.file(key, wanted.width()?).await?;
    Ok(etag::immutable(&request, &tag, kind.as_str(), bytes))
}

/// Keeps a picture, upright and without its metadata. JPEG stays JPEG and PNG stays PNG; WebP stays
/// WebP, unless it was opaque and lossy: then it becomes JPEG. Of a GIF the first frame is kept, as
/// PNG.
#[utoipa::path(
    post, path = "/api/v1/admin/images", tag = "admin",
    request_body(content = Form, content_type = "multipart/form-data"),
    responses(
        (status = 201, description = "The image as it is kept", body = Uploaded),
        (status = 200, description = "It was there before", body = Uploaded),
        (status = 400, description = "No form with one `file`, `corrupt_image`, \
            `too_many_pixels` (25 million, or 12,000 on a side) or `image_too_large`"),
        (status = 413, description = "It has more than 10 MiB"),
        (status = 415, description = "It is no JPEG, PNG, WebP or GIF, whatever its name says"),
    )
)]
pub async fn upload_image(
    _: Auth<May<right::Catalogue>>,
    actors: Data<Actors>,
    Upload { room, format, file }: Upload,
) -> Answered {
    let picture = actors.studio.develop(room, format, file).await?;
    let uploaded = Uploaded::from(&picture);
    let is_new = actors.images.ask(picture.key, image::Upload(picture)).await?;
    let mut response = if is_new { HttpResponse::Created() } else { HttpResponse::Ok() };
    Ok(response.json(uploaded))
}

/// How an image is asked for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// A width in pixels. The next one of 64, 128, 256, 384, 512, 768, 1024, 1536 and 2048 is
    /// given, or the image itself where that is smaller.
    #[param(minimum = 1, maximum = 16_384)]
    w: Option<i64>,
}

impl Wanted {
    /// None where the image itself is wanted.
    fn width(&self) -> Result<Option<Width>, Error> {
        let Some(w) = self.w else { return Ok(None) };
        match u16::try_from(w) {
            Ok(asked @ 1..=WIDTH_ASKED_MAX) => Ok(Width::at_least(asked)),
            _ => Err(Error::invalid("w", "out_of_range", "a width is 1 to 16,384 pixels")),
        }
    }
}

/// Where images come from: memory, else the store, else somebody makes them.
struct Sources<'s> {
    store: &'s Store,
    actors: &'s Actors,
    hot: &'s Images,
}

impl Sources<'_> {
    /// The file, and what names just these bytes.
    async fn file(
        &self,
        key: ImageKey,
        width: Option<Width>,
    ) -> Result<(String, ImageFile), Error> {
        if let Some(width) = width
            && let Size::Made(file) = self.size(key, width).await?
        {
            return Ok((format!("{key}-{}", width.get()), file));
        }
        Ok((key.to_string(), self.original(key).await?))
    }

    async fn original(&self, key: ImageKey) -> Result<ImageFile, Error> {
        if let Some(file) = self.hot.original(key) {
            return Ok(file);
        }
        let file = read!(self.store, image::get(key))?;
        self.hot.hold(key, file.clone());
        Ok(file)
    }

    async fn size(&self, key: ImageKey, width: Width) -> Result<Size, Error> {
        if let Some(size) = self.hot.size(key, width) {
            return Ok(size);
        }
        let Some(size) = read!(self.store, image::find_size(key, width))? else {
            return self.actors.images.ask(key, image::Resize(width)).await;
        };
        self.hot.hold_size(key, width, size.clone());
        Ok(size)
    }
}
