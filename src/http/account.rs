//! Accounts: made, seen, changed and deleted by their users.

use actix_web::{HttpRequest, HttpResponse, web::Data};
use serde::{Deserialize, Deserializer};

use super::{
    cart::merge::on_signing_in,
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
        account::{
            self, Credentials, Email, Password, Role, User,
            change::{ChangeProfile, DeleteAccount, Profile},
        },
        id::{LinkId, UserId},
        link::{Link, Purpose},
        phone::Phone,
        proof::invalid_link,
    },
    store::{self, Store, origin, read},
};

pub mod email;
pub mod manage;
pub mod password;

/// Makes an account and logs it in. With an `X-Cart-Token`, what is in that cart comes into the new
/// user's.
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
    let account = account::Register {
        id: user,
        email,
        name,
        password_hash,
        role,
        session,
        confirm: Some(LinkId::new()),
    };
    let user = actors.sessions.ask(id, session::Register(account)).await?;
    origin::is_of(user.id, id);
    let cart_merge = on_signing_in(&request, &keys, &actors, user.id).await;
    let session = Session::of(&keys, user, id, refresh)?;
    Ok(HttpResponse::Created().json(session.with(cart_merge)))
}

/// My profile.
#[utoipa::path(
    get, path = "/api/v1/me", tag = "accounts",
    responses((status = 200, description = "The profile", body = User))
)]
pub async fn me(Auth(caller): Auth<Caller>, store: Data<Store>) -> Answered {
    Ok(HttpResponse::Ok().json(read!(store, account::user(caller.user))?))
}

/// Changes my profile; what is left out stays.
#[utoipa::path(
    patch, path = "/api/v1/me", tag = "accounts", request_body = Changes,
    responses((status = 200, description = "The profile", body = User))
)]
pub async fn change_me(
    Auth(caller): Auth<Caller>,
    actors: Data<Actors>,
    Json(body): Json<Changes>,
) -> Answered {
    let change = ChangeProfile { user: caller.user, profile: body.parse()? };
    Ok(HttpResponse::Ok().json(actors.accounts.change(change).await?))
}

/// Deletes my account, which cannot be undone. What was bought stays, with the address it went to:
/// the shop has to keep its books.
#[utoipa::path(
    delete, path = "/api/v1/me", tag = "accounts",
    responses(
        (status = 204, description = "Nobody knows me any more"),
        (status = 409, description = "`last_admin`: nobody else can run the shop"),
    )
)]
pub async fn delete_me(Auth(caller): Auth<Caller>, actors: Data<Actors>) -> Answered {
    actors.accounts.change(DeleteAccount { user: caller.user }).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The link of a token, if it opens for one of `purposes`.
async fn opened(
    store: &Store,
    keys: &Keys,
    token: &str,
    purposes: &[Purpose],
) -> Result<Link, Error> {
    let id = keys.proofs().link_of(token)?;
    let link = read!(store, link::find(id))?.ok_or_else(invalid_link)?;
    link.opens(purposes, store::now())?;
    Ok(link)
}

/// The account of a user, if `password` is its; else the field is wrong.
async fn verified(
    store: &Store,
    actors: &Actors,
    user: UserId,
    password: Password,
    field: &'static str,
) -> Result<Credentials, Error> {
    let found = read!(store, account::credentials_of(user))?;
    match actors.passwords.verify(password, Some(found.password_hash.clone())).await? {
        true => Ok(found),
        false => Err(wrong_password(field)),
    }
}

/// What somebody says is their present password: one that can't be is the wrong one.
fn present(text: &str, field: &'static str) -> Result<Password, Error> {
    Password::attempt(text).map_err(|_| wrong_password(field))
}

fn wrong_password(field: &'static str) -> Error {
    Error::invalid(field, "wrong_password", "this is not your password")
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

/// What is to change of a profile.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ProfileChanges)]
pub struct Changes {
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// Null forgets it.
    #[serde(default, deserialize_with = "given")]
    #[schema(example = "+4930123456")]
    phone: Option<Option<String>>,
    #[schema(example = "de-AT")]
    locale: Option<String>,
}

impl Changes {
    fn parse(&self) -> Result<Profile, Error> {
        let name = self.name.as_deref().map(account::parse_name).transpose();
        let phone = self.phone.as_ref().map(|it| it.as_deref().map(Phone::parse).transpose());
        let locale = self.locale.as_deref().map(str::parse).transpose();
        let ((name, phone), locale) = both(both(name, phone.transpose()), locale)?;
        Ok(Profile { name, phone, locale })
    }
}

/// Tells null from a field that is left out.
fn given<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}
