//! The accounts of others, for those who run the shop: found, suspended, given roles, logged out.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::{
    actors::Actors,
    domain::{
        Error,
        account::{
            Role, UserStatus,
            manage::{Account, Filter, Key, Manage, QUERY_CHARS_MAX, REASON_CHARS_MAX, Step},
        },
        id::{SessionId, UserId},
        session::{self, EndSessions, Reason, Which},
    },
    http::{
        cursor::{List, page},
        error::Answered,
        extract::{Auth, May, right},
        input::{Body, Json, Query, both, is_line},
    },
    store::{self, Store, read},
};

/// The accounts, the newest first; those that are deleted too.
#[utoipa::path(
    get, path = "/api/v1/admin/users", tag = "admin", params(Search),
    responses((status = 200, description = "A page of them", body = List<Account>))
)]
pub async fn users(
    _: Auth<May<right::Users>>,
    store: Data<Store>,
    Query(search): Query<Search>,
) -> Answered {
    let page = page::<Key>(search.limit, search.cursor.as_deref());
    let (page, filter) = both(page, search.filter())?;
    Ok(HttpResponse::Ok().json(List::of(read!(store, account::page(filter, page))?)?))
}

/// An account. A suspension whose end has come shows as none.
#[utoipa::path(
    get, path = "/api/v1/admin/users/{id}", tag = "admin",
    params(("id" = String, Path, description = "The user")),
    responses((status = 200, description = "The account", body = Account))
)]
pub async fn user(_: Auth<May<right::Users>>, store: Data<Store>, id: Path<UserId>) -> Answered {
    Ok(HttpResponse::Ok().json(read!(store, account::account(*id))?))
}

/// Suspends an account, or says anew until when: its sessions end, and no login opens another
/// before the suspension is over.
#[utoipa::path(
    post, path = "/api/v1/admin/users/{id}/suspend", tag = "admin", request_body = Option<Suspension>,
    params(("id" = String, Path, description = "The user")),
    responses(
        (status = 200, description = "The account as it is now", body = Account),
        (status = 409, description = "`last_admin`, or `invalid_transition` where it is deleted"),
    )
)]
pub async fn suspend_user(
    _: Auth<May<right::Users>>,
    actors: Data<Actors>,
    id: Path<UserId>,
    body: Body,
) -> Answered {
    let (step, reason) = body.json_or_default::<Suspension>()?.parse()?;
    manage(&actors, Manage { user: *id, step, reason }).await
}

/// Ends a suspension; what the user had open stays closed.
#[utoipa::path(
    post, path = "/api/v1/admin/users/{id}/unsuspend", tag = "admin",
    params(("id" = String, Path, description = "The user")),
    responses(
        (status = 200, description = "The account as it is now", body = Account),
        (status = 409, description = "`invalid_transition`: it is deleted"),
    )
)]
pub async fn unsuspend_user(
    _: Auth<May<right::Users>>,
    actors: Data<Actors>,
    id: Path<UserId>,
) -> Answered {
    manage(&actors, Manage { user: *id, step: Step::Unsuspend, reason: None }).await
}

/// Gives a user another role: their sessions end, so that none goes on with what they might before.
#[utoipa::path(
    put, path = "/api/v1/admin/users/{id}/role", tag = "admin", request_body = NewRole,
    params(("id" = String, Path, description = "The user")),
    responses(
        (status = 200, description = "The account as it is now", body = Account),
        (status = 409, description = "`last_admin`, or `invalid_transition` where it is deleted"),
    )
)]
pub async fn change_role(
    _: Auth<May<right::Users>>,
    actors: Data<Actors>,
    id: Path<UserId>,
    Json(body): Json<NewRole>,
) -> Answered {
    manage(&actors, Manage { user: *id, step: Step::GiveRole(body.role), reason: None }).await
}

/// Where a user is logged in, the place that was seen last first. It is one page: there are at most
/// 50.
#[utoipa::path(
    get, path = "/api/v1/admin/users/{id}/sessions", tag = "admin",
    params(("id" = String, Path, description = "The user")),
    responses((status = 200, description = "The sessions", body = List<session::Listed>))
)]
pub async fn user_sessions(
    Auth(admin): Auth<May<right::Users>>,
    store: Data<Store>,
    id: Path<UserId>,
) -> Answered {
    let id = id.into_inner();
    read!(store, account::user(id))?;
    let items = read!(store, session::list(id, admin.0.session))?;
    Ok(HttpResponse::Ok().json(List { items, next_cursor: None }))
}

/// Ends all sessions of a user.
#[utoipa::path(
    delete, path = "/api/v1/admin/users/{id}/sessions", tag = "admin",
    params(("id" = String, Path, description = "The user")),
    responses((status = 204, description = "They have ended"))
)]
pub async fn end_user_sessions(
    _: Auth<May<right::Users>>,
    store: Data<Store>,
    actors: Data<Actors>,
    id: Path<UserId>,
) -> Answered {
    let user = id.into_inner();
    read!(store, account::user(user))?;
    let end = EndSessions { user, which: Which::All, reason: Reason::Admin };
    actors.accounts.change(end).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Ends one session of a user.
#[utoipa::path(
    delete, path = "/api/v1/admin/users/{id}/sessions/{session}", tag = "admin",
    params(
        ("id" = String, Path, description = "The user"),
        ("session" = String, Path, description = "The session"),
    ),
    responses(
        (status = 204, description = "It has ended"),
        (status = 404, description = "It stands no more, or is not the user's"),
    )
)]
pub async fn end_user_session(
    _: Auth<May<right::Users>>,
    actors: Data<Actors>,
    path: Path<(UserId, SessionId)>,
) -> Answered {
    let (user, session) = path.into_inner();
    let end = EndSessions { user, which: Which::One(session), reason: Reason::Admin };
    match actors.accounts.change(end).await?.0.is_empty() {
        false => Ok(HttpResponse::NoContent().finish()),
        true => Err(Error::NotFound("session").into()),
    }
}

async fn manage(actors: &Actors, command: Manage) -> Answered {
    let managed = actors.accounts.change(command).await?;
    Ok(HttpResponse::Ok().json(managed.account))
}

/// Which accounts, and which page.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// A part of the address or the name, in any letter case.
    #[param(max_length = 254)]
    q: Option<String>,
    role: Option<Role>,
    /// A suspension whose end has come is none.
    status: Option<UserStatus>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

impl Search {
    fn filter(&self) -> Result<Filter, Error> {
        let query = self.q.as_deref().map(str::trim).filter(|it| !it.is_empty());
        if query.is_some_and(|it| !is_line(it, QUERY_CHARS_MAX)) {
            return Err(Error::invalid("q", "invalid_value", "at most 254 printable characters"));
        }
        Ok(Filter { query: query.map(str::to_owned), role: self.role, status: self.status })
    }
}

/// Why an account is suspended, and until when.
#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Suspension {
    /// It stays in the audit log for ever: no names or addresses.
    #[schema(min_length = 1, max_length = 200)]
    reason: Option<String>,
    /// A moment of the next ten years; without one it has no end.
    until: Option<DateTime<Utc>>,
}

impl Suspension {
    fn parse(self) -> Result<(Step, Option<String>), Error> {
        let reason = self.reason.map(|it| it.trim().to_owned());
        let fits = |it: &String| !it.is_empty() && is_line(it, REASON_CHARS_MAX);
        let reason = match reason.as_ref().is_none_or(fits) {
            true => Ok(reason),
            false => Err(Error::invalid("reason", "invalid_value", "it has 1 to 200 characters")),
        };
        both(Step::suspend(self.until, store::now()), reason)
    }
}

/// The role that is to be.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRole {
    role: Role,
}
