//! What a webhook was told, and what came of it.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};

use crate::{
    actors::Actors,
    domain::{
        id::{EventId, WebhookId},
        webhook::{Resend, delivery::Delivery},
    },
    http::{
        cursor::{List, Paging},
        error::Answered,
        extract::{Auth, May, right},
        input::Query,
    },
    store::{Store, read},
};

/// The messages to a webhook of the last 30 days, the newest first.
#[utoipa::path(
    get, path = "/api/v1/admin/webhooks/{id}/deliveries", tag = "admin",
    params(("id" = String, Path, description = "The webhook"), Paging),
    responses((status = 200, description = "A page of them", body = List<Delivery>))
)]
pub async fn webhook_deliveries(
    _: Auth<May<right::Webhooks>>,
    store: Data<Store>,
    id: Path<WebhookId>,
    Query(paging): Query<Paging>,
) -> Answered {
    let (webhook, page) = (*id, paging.page::<i64>()?);
    Ok(HttpResponse::Ok().json(List::of(read!(store, webhook::deliveries(webhook, page))?)?))
}

/// Sends a message again that was delivered or given up, and one that waits at once; it keeps its id.
#[utoipa::path(
    post, path = "/api/v1/admin/webhooks/{id}/deliveries/{delivery}/resend", tag = "admin",
    params(
        ("id" = String, Path, description = "The webhook"),
        ("delivery" = String, Path, description = "The `webhook-id` of the message"),
    ),
    responses(
        (status = 202, description = "It waits to be sent", body = Delivery),
        (status = 409, description = "`webhook_disabled`; `being_sent`, at this moment"),
    )
)]
pub async fn resend_webhook(
    _: Auth<May<right::Webhooks>>,
    actors: Data<Actors>,
    path: Path<(WebhookId, EventId)>,
) -> Answered {
    let (webhook, event) = *path;
    let waiting = actors.webhooks.change(Resend { webhook, event }).await?;
    Ok(HttpResponse::Accepted().json(waiting))
}
