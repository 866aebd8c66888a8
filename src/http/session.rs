//! Login sessions: log in and out, keep a session alive.

use actix_web::{HttpRequest, HttpResponse, http::header, web::Data};
use serde::{Deserialize, Serialize};

use super::{
    error::Answered,
    extract::{Auth, Public},
    input::{Json, both},
    limit::{Attempt, Gate},
    peer,
    token::{self, ACCESS_SECONDS, Caller, Keys},
};
use crate::{
    actors::{self, Actors},
    domain::{
        Error,
        account::{Email, Password, User, UserStatus},
        id::{SessionId, UserId},
        session::{self, Device, OpenSession, RefreshHash, Refreshed},
    },
    store::{self, Store, read},
};

/// How much of a `User-Agent` is kept, in characters.
const USER_AGENT_CHARS_MAX: usize = 300;

/// Opens a session. A wrong password and an unknown address answer alike, in the same time.
#[utoipa::path(
    post, path = "/api/v1/auth/login", tag = "accounts", request_body = Login,
    responses(
        (status = 200, description = "The session", body = Session),
        (status = 401, description = "`invalid_credentials`"),
    )
)]
pub async fn login(
    _: Auth<Public>,
    gate: Gate,
    request: HttpRequest,
    store: Data<Store>,
    actors: Data<Actors>,
    keys: Data<Keys>,
    Json(body): Json<Login>,
) -> Answered {
    let (email, password) = body.parse()?;
    let compared = compare(&store, &actors, email.clone(), password);
    let user = gate.attempt(Attempt::Login(&email), compared).await?;
    let (session, refresh) = open(user.id, &request);
    let id = session.id;
    actors.sessions.ask(id, actors::session::Open(session)).await?;
    Ok(HttpResponse::Ok().json(Session::of(&keys, user, id, refresh)?))
}

/// Spends a refresh token for a new pair.
///
/// Two refreshes at once each get a pair of the same session; a token that was spent long ago
/// ends the session, since somebody has copied it.
#[utoipa::path(
    post, path = "/api/v1/auth/refresh", tag = "accounts", request_body = Refresh,
    responses(
        (status = 200, description = "The session, with new tokens", body = Session),
        (status = 401, description = "`invalid_refresh_token` or `refresh_token_reused`"),
    )
)]
pub async fn refresh(
    _: Auth<Public>,
    gate: Gate,
    store: Data<Store>,
    actors: Data<Actors>,
    keys: Data<Keys>,
    Json(body): Json<Refresh>,
) -> Answered {
    let refused = |code| Err(Error::Unauthenticated { code }.into());
    let Some((session, spent)) = renewable(&store, &body.refresh_token).await? else {
        let _counted = gate.enter(Attempt::Refresh).await?;
        return refused("invalid_refresh_token");
    };
    let fresh = token::refresh(session);
    let renewal = session::Refresh { spent, fresh: token::refresh_hash(&fresh) };
    match actors.sessions.ask(session, actors::session::Renew(renewal)).await? {
        Refreshed::Renewed { session, user } => {
            Ok(HttpResponse::Ok().json(Session::of(&keys, user, session, fresh)?))
        }
        Refreshed::Reused { .. } => refused("refresh_token_reused"),
        Refreshed::Unknown => refused("invalid_refresh_token"),
    }
}

/// Ends this session: its tokens are refused and its sockets close.
#[utoipa::path(
    post, path = "/api/v1/auth/logout", tag = "accounts",
    responses((status = 204, description = "It has ended"))
)]
pub async fn logout(Auth(caller): Auth<Caller>, actors: Data<Actors>) -> Answered {
    actors.sessions.ask(caller.session, actors::session::End).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The user whose password this is, if they may come in.
async fn compare(
    store: &Store,
    actors: &Actors,
    email: Email,
    password: Password,
) -> Result<User, Error> {
    let found = read!(store, account::credentials(email))?;
    let hash = found.as_ref().map(|it| it.password_hash.clone());
    let matches = actors.passwords.verify(password, hash).await?;
    let user = found.map(|it| it.user).filter(|it| matches && it.status == UserStatus::Active);
    user.ok_or(Error::Unauthenticated { code: "invalid_credentials" })
}

/// The session of a refresh token, if it may be one: what is none of ours is found out without the
/// store, and what a reader doesn't know either never queues at the writer.
async fn renewable(
    store: &Store,
    refresh: &str,
) -> Result<Option<(SessionId, RefreshHash)>, Error> {
    let Ok(session) = token::session_of(refresh) else { return Ok(None) };
    let hash = token::refresh_hash(refresh);
    let (asked, now) = (hash.clone(), store::now());
    let is_known = read!(store, session::is_known(asked, now))?;
    Ok(is_known.then_some((session, hash)))
}

/// An address and what is said to be its password.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    #[schema(example = "shopper@rialto.test")]
    email: String,
    password: String,
}

impl Login {
    fn parse(&self) -> Result<(Email, Password), Error> {
        both(Email::parse(&self.email), Password::attempt(&self.password))
    }
}

/// The refresh token that was given last.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    refresh_token: String,
}

/// A session as its user holds it.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Session {
    user: User,
    /// A JWT: goes into the `Authorization` header after `Bearer`.
    access_token: String,
    /// Gets the next pair; each is good for one use.
    refresh_token: String,
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// How long the access token is good for, in seconds.
    expires_in: i64,
}

impl Session {
    pub fn of(
        keys: &Keys,
        user: User,
        session: SessionId,
        refresh_token: String,
    ) -> Result<Self, Error> {
        let access_token = keys.access(user.id, session, user.role, store::now())?;
        let (token_type, expires_in) = ("Bearer", ACCESS_SECONDS);
        Ok(Session { user, access_token, refresh_token, token_type, expires_in })
    }
}

/// A session to be opened for `user`, and its first refresh token.
pub fn open(user: UserId, request: &HttpRequest) -> (OpenSession, String) {
    let id = SessionId::new();
    let refresh = token::refresh(id);
    let device = device(request);
    (OpenSession { id, user, refresh: token::refresh_hash(&refresh), device }, refresh)
}

fn device(request: &HttpRequest) -> Device {
    let user_agent = request.headers().get(header::USER_AGENT);
    let user_agent = user_agent.and_then(|it| it.to_str().ok()); // an unreadable one is none
    Device {
        user_agent: user_agent.map(|it| it.chars().take(USER_AGENT_CHARS_MAX).collect()),
        address: peer::address(request).map(|it| it.to_string()),
    }
}
