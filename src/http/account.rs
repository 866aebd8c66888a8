//! Accounts: register, see oneself.

use actix_web::{HttpRequest, HttpResponse, web::Data};
use serde::Deserialize;

use super::{
    error::Answered,
    extract::{Auth, Public},
    input::{Json, both},
    limit::{Attempt, Gate},
    session::{Session, open},
    token::{Caller, Keys},
};
use crate::{
    actors::{Actors, session},
    domain::{
        Error,
        account::{self, Email, Password, Role, User},
        id::UserId,
    },
    store::{Store, read},
};

/// Makes an account and logs it in.
#[utoipa::path(
    post, path = "/api/v1/auth/register", tag = "accounts", request_body = Register,
    responses(
        (status = 201, description = "The account and its first session", body = Session),
        (status = 409, description = "`email_taken`"),
    )
)]
pub async fn register(
    _: Auth<Public>,
    gate: Gate,
    request: HttpRequest,
    actors: Data<Actors>,
    keys: Data<Keys>,
    Json(body): Json<Register>,
) -> Answered {
    let (email, name, password) = body.parse()?;
    let hashed = actors.passwords.hash(password);
    let password_hash = gate.attempt(Attempt::Register, hashed).await?;
    let (user, role) = (UserId::new(), Role::Customer);
    let (opened, refresh) = open(user, &request);
    let (id, session) = (opened.id, Some(opened));
    let account = account::Register { id: user, email, name, password_hash, role, session };
    let user = actors.sessions.ask(id, session::Register(account)).await?;
    Ok(HttpResponse::Created().json(Session::of(&keys, user, id, refresh)?))
}

/// My profile.
#[utoipa::path(
    get, path = "/api/v1/me", tag = "accounts",
    responses((status = 200, description = "The profile", body = User))
)]
pub async fn me(Auth(caller): Auth<Caller>, store: Data<Store>) -> Answered {
    Ok(HttpResponse::Ok().json(read!(store, account::user(caller.user))?))
}

/// A new account.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Register {
    #[schema(example = "ada@example.com", max_length = 254)]
    email: String,
    #[schema(min_length = 10)]
    password: String,
    #[schema(min_length = 1, max_length = 100)]
    name: String,
}

impl Register {
    fn parse(&self) -> Result<(Email, String, Password), Error> {
        let named = both(Email::parse(&self.email), account::parse_name(&self.name));
        let ((email, name), password) = both(named, Password::parse(&self.password))?;
        let password = password.unlike(&email)?;
        Ok((email, name, password))
    }
}
