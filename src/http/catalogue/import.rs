//! The catalogue as a file: taken in and given out, each a little at a time, however long it is.

use actix_web::{
    FromRequest, HttpMessage, HttpRequest, HttpResponse,
    dev::Payload,
    http::header,
    web::{Bytes, Data},
};
use futures_util::{
    Stream, StreamExt, TryStreamExt,
    future::{Ready, join, ready},
    stream,
};
use serde::Deserialize;
use tokio::sync::mpsc::Receiver;

use crate::{
    actors::{
        Actors,
        import::{Feed, Take},
    },
    domain::{
        Error,
        catalogue::import::{Import, Imported},
        id::UserId,
        page::Page,
    },
    gateway::products::{Format, PRODUCTS_AT_ONCE, Part},
    http::{
        Waits,
        error::{Answered, Problem},
        extract::{Auth, May, right},
        input::Query,
        middleware::Alive,
    },
    reading::catalogue::Catalogue,
    store::{self, Store, read},
};

/// The longest file, in bytes: several million variants.
const FILE_BYTES_MAX: usize = 1 << 30;

/// Takes in products by slug and SKU, as Shopify's CSV (`text/csv`) or as one JSON object a line
/// (`application/x-ndjson`). Wrong lines are named and left out, all others are taken; where the
/// request breaks off, those parts stay that were taken by then. The same again changes nothing.
#[utoipa::path(
    post, path = "/api/v1/admin/products/import", tag = "admin", params(How),
    request_body(content((String = "text/csv"), (String = "application/x-ndjson"))),
    responses((status = 200, description = "What came of it", body = Imported))
)]
pub async fn import_products(
    Auth(admin): Auth<May<right::Catalogue>>,
    store: Data<Store>,
    catalogue: Data<Catalogue>,
    actors: Data<Actors>,
    alive: Alive,
    Query(how): Query<How>,
    upload: Upload,
) -> Answered {
    let (feed, parts) = actors.desks.open(upload.format)?;
    let taken = take_all(parts, &alive, async |import| match how.dry_run {
        true => read!(store, catalogue::weigh(import, store::now())),
        false => take(&actors, admin.0.user, import).await,
    });
    let (sent, taken) = join(upload.send(feed, &alive), taken).await;
    sent?;
    catalogue.settled().await;
    Ok(HttpResponse::Ok().json(taken?))
}

/// All products, whatever their status, in the order of their slugs. As JSON (`ndjson`) a line has
/// all of a product; as CSV it has what Shopify's format has a place for.
#[utoipa::path(
    get, path = "/api/v1/admin/products/export", tag = "admin", params(Which),
    responses((
        status = 200, description = "The products",
        content((String = "text/csv"), (String = "application/x-ndjson")),
    ))
)]
pub async fn export_products(
    _: Auth<May<right::Catalogue>>,
    store: Data<Store>,
    Query(Which { format }): Query<Which>,
) -> Answered {
    let (format, kind, name) = match format.unwrap_or(Named::Csv) {
        Named::Csv => (Format::Csv, "text/csv; charset=utf-8", "products.csv"),
        Named::Ndjson => (Format::Ndjson, NDJSON, "products.ndjson"),
    };
    let attachment = format!("attachment; filename=\"{name}\"");
    Ok(HttpResponse::Ok()
        .content_type(kind)
        .insert_header((header::CONTENT_DISPOSITION, attachment))
        .streaming(pieces(store.get_ref().clone(), format)))
}

const NDJSON: &str = "application/x-ndjson";

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct How {
    /// Only say what it would come to: each product is compared with the shop as it is now.
    #[serde(default)]
    dry_run: bool,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// `csv` if it is left out.
    #[param(inline)]
    format: Option<Named>,
}

#[derive(Debug, Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
enum Named {
    Csv,
    Ndjson,
}

/// A file that is being sent.
pub struct Upload {
    format: Format,
    payload: Payload,
    waits: Waits,
}

impl FromRequest for Upload {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready(Upload::of(request, payload))
    }
}

impl Upload {
    fn of(request: &HttpRequest, payload: &mut Payload) -> Result<Self, Problem> {
        let kind = request.content_type().to_ascii_lowercase();
        let format = match kind.as_str() {
            "text/csv" => Format::Csv,
            NDJSON => Format::Ndjson,
            _ => return Err(Problem::wrong_media_type_of_a_file()),
        };
        if request.headers().contains_key(header::CONTENT_ENCODING) {
            return Err(Problem::wrong_media_type_of_a_file());
        }
        let length = request.headers().get(header::CONTENT_LENGTH);
        let length = length.and_then(|it| it.to_str().ok()?.parse().ok()); // actix has read it
        if length.is_some_and(|it: usize| it > FILE_BYTES_MAX) {
            return Err(Problem::too_large(FILE_BYTES_MAX));
        }
        Ok(Upload { format, payload: payload.take(), waits: Waits::of(request) })
    }

    /// Hands the file on as it arrives, as fast as it is read. To its end also where nobody reads
    /// any more: a client that is still sending would not see the answer.
    async fn send(mut self, feed: Feed, alive: &Alive) -> Result<(), Problem> {
        let mut bytes: usize = 0;
        loop {
            let next = tokio::time::timeout(self.waits.body, self.payload.next()).await;
            let Some(chunk) = next.map_err(|_| Problem::slow_body())? else { break };
            let chunk = chunk.map_err(|_| Problem::torn_body())?;
            bytes = bytes.saturating_add(chunk.len());
            if bytes > FILE_BYTES_MAX {
                return Err(Problem::too_large(FILE_BYTES_MAX));
            }
            feed.send(chunk.to_vec()).await;
            alive.tell();
        }
        feed.end().await;
        Ok(())
    }
}

async fn take(actors: &Actors, admin: UserId, import: Import) -> Result<Imported, Error> {
    actors.imports.ask(admin, Take(import)).await
}

/// Takes part after part, until so many lines are wrong that it is no use.
async fn take_all(
    mut parts: Receiver<Result<Part, Error>>,
    alive: &Alive,
    take: impl AsyncFn(Import) -> Result<Imported, Error>,
) -> Result<Imported, Error> {
    let mut imported = Imported::default();
    while let Some(part) = parts.recv().await {
        let Part { import, errors } = part?;
        let taken = if import.is_empty() { Imported::default() } else { take(import).await? };
        imported.add(taken, errors);
        alive.tell();
        if imported.is_hopeless() {
            break;
        }
    }
    Ok(imported)
}

/// All products as pieces of a file, each read when the one before is on its way.
fn pieces(store: Store, format: Format) -> impl Stream<Item = Result<Bytes, Error>> {
    let unwritten = || Error::internal::<std::io::Error>("writing products");
    let head = stream::once(async move { format.head().map_err(unwritten()) });
    let pages = stream::try_unfold(Some(None), move |next: Option<Option<String>>| {
        let store = store.clone();
        async move {
            let Some(after) = next else { return Ok(None) };
            let page = Page { limit: PRODUCTS_AT_ONCE, after };
            let listed = read!(store, catalogue::export(page))?;
            let text = format.page(&listed.items).map_err(unwritten())?;
            Ok(Some((text, listed.next.map(Some))))
        }
    });
    let pieces = head.chain(pages).try_filter(|text| ready(!text.is_empty()));
    // The status has been sent: what can be told is that the body is not whole.
    pieces
        .map_ok(Bytes::from)
        .inspect_err(|error| tracing::error!(?error, "an export of the products broke off"))
}
