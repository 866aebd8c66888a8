//! Login sessions: log in and out, keep a session alive.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{Data, Path},
};
use serde::{Deserialize, Serialize};

use super::{
    cart::merge::on_signing_in,
    cursor::List,
    error::Answered,
    extract::{Auth, Public},
    input::{Json, both},
    limit::{Attempt, Gate},
    peer,
    token::{self, ACCESS_SECONDS, Caller, Keys},
};
use crate::{
    actors::{self, Actors, password::Verdict},
    domain::{
        Error,
        account::{Email, Password, User},
        cart::merge::Report,
        id::{SessionId, UserId},
        session::{
            self, Device, EndSessions, LogIn, OpenSession, Reason, RefreshHash, Refreshed, Which,
        },
    },
    store::{self, Store, origin, read},
};

/// How much of a `User-Agent` is kept, in characters.
const USER_AGENT_CHARS_MAX: usize = 300;

/// How often a login is decided that finds another hash when it would open the session: a change
/// of the password is rare, and two logins that renew an old hash agree the second time.
const TRIES_MAX: u32 = 3;

/// Opens a session. A wrong password and an unknown address answer alike, in the same time. With an
/// `X-Cart-Token`, what is in that cart comes into the user's.
#[utoipa::path(
    post, path = "/api/v1/auth/login", tag = "accounts", request_body = Login,
    responses(
        (status = 200, description = "The session", body = Session),
        (status = 401, description = "`invalid_credentials`"),
        (status = 403, description = "`account_suspended`, with `suspended_until` where it ends"),
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
    let mut again = 1..TRIES_MAX;
    let (user, id, refresh) = loop {
        let tried = log_in(&store, &actors, &gate, &request, email.clone(), password.clone());
        match gate.attempt(Attempt::Login(&email), tried).await {
            Err(Error::Stale) if again.next().is_some() => {}
            done => break done?,
        }
    };
    origin::is_of(user.id, id);
    let cart_merge = on_signing_in(&request, &keys, &actors, user.id).await;
    let session = Session::of(&keys, user, id, refresh)?;
    Ok(HttpResponse::Ok().json(session.with(cart_merge)))
}

/// Opens a session of `email`, if `password` is the password; `Stale` where the hash has changed
/// since it was read.
async fn log_in(
    store: &Store,
    actors: &Actors,
    gate: &Gate,
    request: &HttpRequest,
    email: Email,
    password: Password,
) -> Result<(User, SessionId, String), Error> {
    let found = read!(store, account::credentials(email))?;
    let hash = found.as_ref().map(|it| it.password_hash.clone());
    let Verdict { matches, rehashed } = actors.passwords.verify_and_renew(password, hash).await?;
    let found = found.filter(|_| matches);
    let found = found.ok_or(Error::Unauthenticated { code: "invalid_credentials" })?;
    let _counted = gate.enter(Attempt::Session(found.user.id)).await?;
    let (session, refresh) = open(found.user.id, request);
    let (id, shown) = (session.id, found.password_hash);
    let login = LogIn { session, shown, rehashed };
    let user = actors.sessions.ask(id, actors::session::Open(login)).await?;
    Ok((user, id, refresh))
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
            Ok(HttpResponse::Ok().json(Session::of(&keys, *user, session, fresh)?))
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

/// Ends all my sessions, this one too.
#[utoipa::path(
    post, path = "/api/v1/auth/logout-all", tag = "accounts",
    responses((status = 204, description = "They have ended"))
)]
pub async fn logout_all(Auth(caller): Auth<Caller>, actors: Data<Actors>) -> Answered {
    end(&actors, caller.user, Which::All, Reason::LoggedOut).await
}

/// Where I am logged in, the place that was seen last first. It is one page: there are at most 50.
#[utoipa::path(
    get, path = "/api/v1/me/sessions", tag = "accounts",
    responses((status = 200, description = "The sessions", body = List<session::Listed>))
)]
pub async fn sessions(Auth(caller): Auth<Caller>, store: Data<Store>) -> Answered {
    let items = read!(store, session::list(caller.user, caller.session))?;
    Ok(HttpResponse::Ok().json(List { items, next_cursor: None }))
}

/// Ends one of my sessions.
#[utoipa::path(
    delete, path = "/api/v1/me/sessions/{id}", tag = "accounts",
    params(("id" = String, Path, description = "The session")),
    responses(
        (status = 204, description = "It has ended"),
        (status = 404, description = "It stands no more, or is not yours"),
    )
)]
pub async fn end_session(
    Auth(caller): Auth<Caller>,
    actors: Data<Actors>,
    id: Path<SessionId>,
) -> Answered {
    let (user, which) = (caller.user, Which::One(*id));
    let end = EndSessions { user, which, reason: Reason::Revoked };
    match actors.accounts.change(end).await?.0.is_empty() {
        false => Ok(HttpResponse::NoContent().finish()),
        true => Err(Error::NotFound("session").into()),
    }
}

/// Ends all my sessions but this one.
#[utoipa::path(
    delete, path = "/api/v1/me/sessions", tag = "accounts",
    responses((status = 204, description = "The others have ended"))
)]
pub async fn end_other_sessions(Auth(caller): Auth<Caller>, actors: Data<Actors>) -> Answered {
    end(&actors, caller.user, Which::AllBut(caller.session), Reason::Revoked).await
}

async fn end(actors: &Actors, user: UserId, which: Which, reason: Reason) -> Answered {
    actors.accounts.change(EndSessions { user, which, reason }).await?;
    Ok(HttpResponse::NoContent().finish())
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
    /// What came of the guest's cart whose `X-Cart-Token` the request had.
    #[serde(skip_serializing_if = "Option::is_none")]
    cart_merge: Option<Report>,
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
        let cart_merge = None;
        Ok(Session { user, access_token, refresh_token, token_type, expires_in, cart_merge })
    }

    /// The session of somebody who has brought a cart along.
    pub fn with(self, cart_merge: Option<Report>) -> Self {
        Session { cart_merge, ..self }
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
    let address = peer::address(request);
    Device {
        user_agent: user_agent.map(|it| it.chars().take(USER_AGENT_CHARS_MAX).collect()),
        address: address.map(|it| it.to_string()),
        network: address.map(peer::provider),
    }
}
