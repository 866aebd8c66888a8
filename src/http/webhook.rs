//! Webhooks, for those who run the shop: where other programs are told of what happens.

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    web::{Data, Path},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    cursor::{List, Paging},
    error::Answered,
    etag::{IfMatch, versioned},
    extract::{Auth, May, right},
    input::{Json, Query, both},
    token::Keys,
};
use crate::{
    actors::Actors,
    domain::{
        Error,
        event::Kind,
        id::{SecretId, WebhookId},
        outside::Reach,
        webhook::{
            Change, Create, Delete, Patch, Reason, Rotate, Target, Webhook, parse_description,
            parse_types,
        },
    },
    store::{Store, read},
};

pub mod delivery;

/// All webhooks, the newest first.
#[utoipa::path(
    get, path = "/api/v1/admin/webhooks", tag = "admin", params(Paging),
    responses((status = 200, description = "A page of them", body = List<Shown>))
)]
pub async fn webhooks(
    _: Auth<May<right::Webhooks>>,
    store: Data<Store>,
    Query(paging): Query<Paging>,
) -> Answered {
    let page = paging.page::<WebhookId>()?;
    let listed = List::of(read!(store, webhook::all(page))?)?;
    let items = listed.items.into_iter().map(Shown::from).collect();
    Ok(HttpResponse::Ok().json(List { items, next_cursor: listed.next_cursor }))
}

/// Has another program told of what happens from now on, by the Standard Webhooks specification. The
/// secret that its messages are signed by is shown here, and never again.
#[utoipa::path(
    post, path = "/api/v1/admin/webhooks", tag = "admin", request_body = Asked,
    responses(
        (status = 201, description = "The webhook, with its `secret`", body = Shown),
        (status = 409, description = "`too_many_webhooks`: there are 20"),
    )
)]
pub async fn create_webhook(
    _: Auth<May<right::Webhooks>>,
    actors: Data<Actors>,
    keys: Data<Keys>,
    reach: Data<Reach>,
    Json(asked): Json<Asked>,
) -> Answered {
    let target = Target::parse(&asked.url, **reach);
    let told = both(parse_description(&asked.description), parse_types(asked.types));
    let (target, (description, types)) = both(target, told)?;
    let (id, secret) = (WebhookId::new(), SecretId::new());
    let create = Create { id, target, description, types, secret };
    let created = actors.webhooks.change(create).await?.after;
    Ok(with_secret(HttpResponse::Created(), created, &keys))
}

/// A webhook.
#[utoipa::path(
    get, path = "/api/v1/admin/webhooks/{id}", tag = "admin",
    params(("id" = String, Path, description = "The webhook")),
    responses((status = 200, description = "The webhook", body = Shown))
)]
pub async fn webhook(
    _: Auth<May<right::Webhooks>>,
    store: Data<Store>,
    id: Path<WebhookId>,
) -> Answered {
    let webhook = read!(store, webhook::get(*id))?;
    Ok(versioned(HttpResponse::Ok(), webhook.version, &Shown::from(webhook)))
}

/// Changes what is named of a webhook. One that is disabled is not told of what happens meanwhile, and
/// what waits for it has failed.
#[utoipa::path(
    patch, path = "/api/v1/admin/webhooks/{id}", tag = "admin", request_body = Changed,
    params(
        ("id" = String, Path, description = "The webhook"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was seen"),
    ),
    responses((status = 200, description = "The webhook as it is now", body = Shown))
)]
pub async fn change_webhook(
    _: Auth<May<right::Webhooks>>,
    actors: Data<Actors>,
    reach: Data<Reach>,
    id: Path<WebhookId>,
    IfMatch(expected): IfMatch,
    Json(asked): Json<Changed>,
) -> Answered {
    let change = Change { id: *id, expected, patch: asked.patch(**reach)? };
    let after = actors.webhooks.change(change).await?.after;
    Ok(versioned(HttpResponse::Ok(), after.version, &Shown::from(after)))
}

/// Forgets a webhook, and all that was sent to it.
#[utoipa::path(
    delete, path = "/api/v1/admin/webhooks/{id}", tag = "admin",
    params(("id" = String, Path, description = "The webhook")),
    responses((status = 204, description = "It is forgotten"))
)]
pub async fn delete_webhook(
    _: Auth<May<right::Webhooks>>,
    actors: Data<Actors>,
    id: Path<WebhookId>,
) -> Answered {
    actors.webhooks.change(Delete { id: *id }).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Gives a webhook another secret, which is shown here and never again. For a day its messages are
/// signed by the one before, too.
#[utoipa::path(
    post, path = "/api/v1/admin/webhooks/{id}/rotate", tag = "admin",
    params(("id" = String, Path, description = "The webhook")),
    responses((status = 200, description = "The webhook, with its new `secret`", body = Shown))
)]
pub async fn rotate_webhook(
    _: Auth<May<right::Webhooks>>,
    actors: Data<Actors>,
    keys: Data<Keys>,
    id: Path<WebhookId>,
) -> Answered {
    let rotate = Rotate { id: *id, secret: SecretId::new() };
    let rotated = actors.webhooks.change(rotate).await?.after;
    Ok(with_secret(HttpResponse::Ok(), rotated, &keys))
}

fn with_secret(response: HttpResponseBuilder, webhook: Webhook, keys: &Keys) -> HttpResponse {
    let secrets = keys.proofs().webhook(webhook.secret);
    let secret = secrets.first().map(|it| it.reveal());
    versioned(response, webhook.version, &Shown { secret, ..Shown::from(webhook) })
}

/// What a webhook is to be.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewWebhook)]
pub struct Asked {
    /// An `https` URL of a name on the internet.
    #[schema(example = "https://hooks.example.com/rialto", max_length = 2048)]
    url: String,
    /// What it is told of; left out or empty, all that other programs can be told of.
    #[serde(default)]
    types: Vec<Kind>,
    #[serde(default)]
    #[schema(max_length = 200)]
    description: String,
}

/// What is to be otherwise; what is left out stays.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WebhookPatch)]
pub struct Changed {
    #[schema(max_length = 2048)]
    url: Option<String>,
    /// An empty list is all.
    types: Option<Vec<Kind>>,
    #[schema(max_length = 200)]
    description: Option<String>,
    is_enabled: Option<bool>,
}

impl Changed {
    fn patch(self, reach: Reach) -> Result<Patch, Error> {
        let target = self.url.as_deref().map(|url| Target::parse(url, reach)).transpose();
        let description = self.description.as_deref().map(parse_description).transpose();
        let types = self.types.map(parse_types).transpose();
        let (target, (description, types)) = both(target, both(description, types))?;
        Ok(Patch { target, description, types, is_enabled: self.is_enabled })
    }
}

/// A webhook as it is kept.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Webhook)]
pub struct Shown {
    id: WebhookId,
    url: String,
    description: String,
    /// Empty for all.
    types: Vec<Kind>,
    is_enabled: bool,
    disabled_at: Option<DateTime<Utc>>,
    disabled_reason: Option<Reason>,
    /// When the first message did not arrive since the last one that did.
    failing_since: Option<DateTime<Utc>>,
    /// Until when messages are signed by the secret before, too.
    old_secret_until: Option<DateTime<Utc>>,
    /// Where it was just made; begins with `whsec_`.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Webhook> for Shown {
    fn from(it: Webhook) -> Self {
        let (disabled_at, disabled_reason) = it.disabled.unzip();
        Shown {
            id: it.id,
            url: it.target.as_str().to_owned(),
            description: it.description,
            types: it.types,
            is_enabled: disabled_at.is_none(),
            disabled_at,
            disabled_reason,
            failing_since: it.failing_since,
            old_secret_until: it.old_secret.map(|(_, until)| until),
            secret: None,
            version: it.version,
            created_at: it.created_at,
            updated_at: it.updated_at,
        }
    }
}
