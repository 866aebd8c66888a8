//! The inbox of an account.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    cursor::{List, page},
    error::Answered,
    extract::{Auth, Service},
    idempotency::{IdempotencyKey, repeated, respond},
    input::{Body, Query},
    token::Caller,
};
use crate::{
    actors::Actors,
    domain::{
        Error,
        id::{EventId, NotificationId, UserId},
        idempotency::Claim,
        notification::{
            self, Inbox, Kind, MarkAllRead, MarkRead, Text,
            message::{Message, Notify, Sent},
        },
        settings::Language,
    },
    store::{Store, read},
};

/// What the shop has told me, the newest first; the newest 500 are kept.
#[utoipa::path(
    get, path = "/api/v1/me/notifications", tag = "accounts", params(Asked),
    responses((status = 200, description = "A page of them", body = Notifications))
)]
pub async fn notifications(
    Auth(caller): Auth<Caller>,
    store: Data<Store>,
    Query(asked): Query<Asked>,
) -> Answered {
    let page = page::<NotificationId>(asked.limit, asked.cursor.as_deref())?;
    let (user, is_unread) = (caller.user, asked.unread.unwrap_or(false));
    let inbox = read!(store, notification::inbox(user, is_unread, page))?;
    Ok(HttpResponse::Ok().json(Notifications::of(inbox)?))
}

/// Marks one as read; a second time changes nothing.
#[utoipa::path(
    post, path = "/api/v1/me/notifications/{id}/read", tag = "accounts",
    params(("id" = String, Path, description = "The notification")),
    responses((status = 204, description = "It is read"))
)]
pub async fn read_notification(
    Auth(caller): Auth<Caller>,
    actors: Data<Actors>,
    id: Path<NotificationId>,
) -> Answered {
    actors.accounts.change(MarkRead { user: caller.user, id: *id }).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Marks all as read.
#[utoipa::path(
    post, path = "/api/v1/me/notifications/read-all", tag = "accounts",
    responses((status = 204, description = "All are read"))
)]
pub async fn read_all_notifications(Auth(caller): Auth<Caller>, actors: Data<Actors>) -> Answered {
    actors.accounts.change(MarkAllRead { user: caller.user }).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Tells a user something in the words of another program of the shop, by the ways that they have
/// chosen for `service.message`.
#[utoipa::path(
    post, path = "/api/v1/notifications", tag = "accounts", request_body = SendNotification,
    params(("Idempotency-Key" = String, Header, description = "Names this try; repeats send it again")),
    responses(
        (status = 202, description = "It is on its way", body = Sent),
        (status = 404, description = "There is no such user"),
    )
)]
pub async fn send_notification(
    _: Auth<Service>,
    store: Data<Store>,
    actors: Data<Actors>,
    key: IdempotencyKey,
    body: Body,
) -> Answered {
    let claim = key.claim("service", "POST /notifications", &body);
    let parsed = body.json::<SendNotification>().and_then(|it| Ok(it.parse(claim.clone())?));
    let answer = match parsed {
        Ok(notify) => actors.accounts.change(notify).await?,
        Err(invalid) => repeated(&store, &claim, invalid).await?,
    };
    respond(HttpResponse::Accepted(), answer)
}

/// What a user is told. The texts are plain, and told as they are: who sends them knows the language.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendNotification {
    user_id: UserId,
    /// One line.
    #[schema(min_length = 1, max_length = 120)]
    title: String,
    /// Its lines end with a line feed.
    #[schema(min_length = 1, max_length = 2000)]
    body: String,
    /// Details for programs, of at most 2,000 bytes.
    #[serde(default)]
    #[schema(value_type = Object)]
    data: Map<String, Value>,
}

impl SendNotification {
    fn parse(self, claim: Claim) -> Result<Notify, Error> {
        let message = Message::new(&self.title, &self.body, self.data)?;
        Ok(Notify { id: EventId::new(), user: self.user_id, message, claim })
    }
}

/// Which of them, and which page.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// Only those that are not read.
    unread: Option<bool>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page of an inbox.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Notifications {
    #[serde(flatten)]
    list: List<Notification>,
    /// How many of all are not read.
    unread_count: i64,
}

impl Notifications {
    fn of(Inbox { listed, unread, language }: Inbox) -> Result<Self, Error> {
        let List { items, next_cursor } = List::of(listed)?;
        let items = items.into_iter().map(|it| Notification::of(it, language));
        let list = List { items: items.collect::<Result<_, Error>>()?, next_cursor };
        Ok(Notifications { list, unread_count: unread })
    }
}

/// A notification in the language of its user.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Notification {
    id: NotificationId,
    r#type: Kind,
    title: String,
    body: String,
    /// Its details for programs, by type: `device` and `at` of a new device, `order_id` and `number` of an
    /// order and what there is to say of it; of a `service.message` what its sender gave.
    #[schema(value_type = Object)]
    data: Value,
    created_at: DateTime<Utc>,
    /// Null while it is unread.
    read_at: Option<DateTime<Utc>>,
}

impl Notification {
    fn of(told: notification::Notification, language: Language) -> Result<Self, Error> {
        let notification::Notification { id, notice, created_at, read_at } = told;
        let Text { title, body } = notice.text(language);
        let (r#type, data) = (notice.kind(), notice.data()?);
        Ok(Notification { id, r#type, title, body, data, created_at, read_at })
    }
}
