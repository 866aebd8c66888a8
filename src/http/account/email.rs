//! Addresses: confirmed by a link that goes there, and changed the same way.

use actix_web::{HttpResponse, web::Data};
use serde::Deserialize;

use super::{opened, present, verified};
use crate::{
    actors::Actors,
    domain::{
        Error,
        account::{
            Email, Password,
            change::{AskEmail, ConfirmEmail, ResendConfirmation},
        },
        id::LinkId,
        link::Purpose,
    },
    http::{
        error::Answered,
        extract::{Auth, Public},
        input::{Json, both},
        limit::{Attempt, Gate},
        token::{Caller, Keys},
    },
    store::Store,
};

/// Confirms the address that the link went to; a new one is the account's from then on.
#[utoipa::path(
    post, path = "/api/v1/auth/email/confirm", tag = "accounts", request_body = Confirm,
    responses(
        (status = 204, description = "The address is confirmed"),
        (status = 400, description = "`invalid_link`: it was used, is too old or never was"),
        (status = 409, description = "`email_taken`: another account has the address by now"),
    )
)]
pub async fn confirm_email(
    _: Auth<Public>,
    store: Data<Store>,
    actors: Data<Actors>,
    keys: Data<Keys>,
    gate: Gate,
    Json(body): Json<Confirm>,
) -> Answered {
    let purposes = [Purpose::ConfirmEmail, Purpose::ChangeEmail];
    let link = opened(&store, &keys, &body.token, &purposes);
    let link = gate.attempt(Attempt::Proof, link).await?;
    actors.accounts.change(ConfirmEmail { user: link.user, link: link.id }).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Sends the link once more; nothing where the address is confirmed.
#[utoipa::path(
    post, path = "/api/v1/auth/email/resend", tag = "accounts",
    responses((status = 204, description = "A link is on its way if one is needed"))
)]
pub async fn resend_confirmation(
    Auth(caller): Auth<Caller>,
    actors: Data<Actors>,
    gate: Gate,
) -> Answered {
    let _counted = gate.enter(Attempt::Resend(caller.user)).await?;
    let resend = ResendConfirmation { user: caller.user, link: LinkId::new() };
    actors.accounts.change(resend).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Asks for another address: a link goes to the new one, and word to the present one.
#[utoipa::path(
    post, path = "/api/v1/me/email", tag = "accounts", request_body = NewEmail,
    responses(
        (status = 202, description = "The link is on its way"),
        (status = 400, description = "A field is wrong; `wrong_password` where it is the password"),
        (status = 409, description = "`email_taken`"),
    )
)]
pub async fn change_email(
    Auth(caller): Auth<Caller>,
    store: Data<Store>,
    actors: Data<Actors>,
    gate: Gate,
    Json(body): Json<NewEmail>,
) -> Answered {
    let (email, password) = body.parse()?;
    let shown = verified(&store, &actors, caller.user, password, "password");
    let shown = gate.attempt(Attempt::Password(caller.user), shown).await?.password_hash;
    let _counted = gate.enter(Attempt::EmailChange(caller.user)).await?;
    let (user, link) = (caller.user, LinkId::new());
    actors.accounts.change(AskEmail { user, shown, email, link }).await?;
    Ok(HttpResponse::Accepted().finish())
}

/// The token of a link.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ConfirmEmail)]
pub struct Confirm {
    token: String,
}

/// The address that is to be, and the password.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEmail {
    #[schema(example = "ada@example.com", max_length = 254)]
    email: String,
    password: String,
}

impl NewEmail {
    fn parse(&self) -> Result<(Email, Password), Error> {
        both(Email::parse(&self.email), present(&self.password, "password"))
    }
}
