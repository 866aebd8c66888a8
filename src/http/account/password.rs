//! Passwords: changed by whoever knows the present one, or reads the mail.

use actix_web::{HttpResponse, web::Data};
use serde::Deserialize;

use super::{opened, present, verified};
use crate::{
    actors::{Actors, link},
    domain::{
        Error,
        account::{
            Email, Password,
            change::{ChangePassword, ResetPassword},
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

/// Sends a link to the address by which a new password can be chosen, if it has an account.
///
/// The answer is the same, and takes the same, whether it has one or not.
#[utoipa::path(
    post, path = "/api/v1/auth/password/forgot", tag = "accounts", request_body = Forgot,
    responses((status = 202, description = "If there is such an account, a link is on its way"))
)]
pub async fn forgot_password(
    _: Auth<Public>,
    actors: Data<Actors>,
    gate: Gate,
    Json(body): Json<Forgot>,
) -> Answered {
    let email = Email::parse(&body.email)?;
    let _counted = gate.enter(Attempt::Forgot).await?;
    match gate.enter(Attempt::ForgotOf(&email)).await {
        Ok(_) => actors.links.ask(LinkId::new(), link::Ask(email)).await?,
        // Who is told would learn that somebody else asks for it too.
        Err(Error::TooMany { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(HttpResponse::Accepted().finish())
}

/// Takes a new password from whoever opened the link; all sessions of the account end.
#[utoipa::path(
    post, path = "/api/v1/auth/password/reset", tag = "accounts", request_body = Reset,
    responses(
        (status = 204, description = "The password is changed"),
        (status = 400, description = "`invalid_link`: it was used, is too old or never was"),
    )
)]
pub async fn reset_password(
    _: Auth<Public>,
    store: Data<Store>,
    actors: Data<Actors>,
    keys: Data<Keys>,
    gate: Gate,
    Json(body): Json<Reset>,
) -> Answered {
    let password = Password::parse(&body.password)?;
    // Before any hashing: a link that is spent costs little.
    let link = opened(&store, &keys, &body.token, &[Purpose::ResetPassword]);
    let link = gate.attempt(Attempt::Proof, link).await?;
    let password_hash = actors.passwords.hash(password.unlike(&link.email)?).await?;
    let reset = ResetPassword { user: link.user, link: link.id, password_hash };
    actors.accounts.change(reset).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Changes my password; all my other sessions end.
#[utoipa::path(
    post, path = "/api/v1/me/password", tag = "accounts", request_body = NewPassword,
    responses(
        (status = 204, description = "The password is changed"),
        (status = 400, description = "A field is wrong; `wrong_password` where it is the present one"),
    )
)]
pub async fn change_password(
    Auth(caller): Auth<Caller>,
    store: Data<Store>,
    actors: Data<Actors>,
    gate: Gate,
    Json(body): Json<NewPassword>,
) -> Answered {
    let (present, password) = body.parse()?;
    let shown = verified(&store, &actors, caller.user, present, "current_password");
    let found = gate.attempt(Attempt::Password(caller.user), shown).await?;
    let password_hash = actors.passwords.hash(password.unlike(&found.user.email)?).await?;
    let (user, shown, keep) = (caller.user, found.password_hash, caller.session);
    actors.accounts.change(ChangePassword { user, shown, password_hash, keep }).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// An address whose owner has forgotten the password.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ForgotPassword)]
pub struct Forgot {
    #[schema(example = "ada@example.com")]
    email: String,
}

/// A link, and the password that is to be.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ResetPassword)]
pub struct Reset {
    /// From the link in the letter.
    token: String,
    #[schema(min_length = 10)]
    password: String,
}

/// The password as it is, and as it is to be.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    current_password: String,
    #[schema(min_length = 10)]
    password: String,
}

impl NewPassword {
    fn parse(&self) -> Result<(Password, Password), Error> {
        let present = present(&self.current_password, "current_password");
        both(present, Password::parse(&self.password))
    }
}
