//! The limits as handlers ask for them: one call around what is tried.
//!
//! ```text
//! let user = gate.attempt(Attempt::Login(&email), check(&store, email, password)).await?;
//! ```
//!
//! | handler | call |
//! | --- | --- |
//! | register | `attempt(Register, …)` around the hashing, once the body is read |
//! | log in | `attempt(Login(&email), …)` around the comparison |
//! | refresh | `enter(Refresh)` where the token renews nothing |
//! | confirm, reset | `attempt(Proof, …)` around all that looks at the token |
//! | resend | `enter(Resend(user))` |
//! | forgot | `enter(Forgot)`; then `enter(ForgotOf(&email))`, and a `TooMany` of it is dropped |
//! | password, e-mail change | `attempt(Password(user), …)` around the comparison |
//! | e-mail change | then `enter(EmailChange(user))` |
//! | hold | `enter(Hold(cart))`, taken back where nothing was held; a checkout forgives them |
//! | coupon | `attempt(Coupon(cart), …)` around the edit |
//! | confirm | `enter(Confirm(cart))`; the payment forgives it |
//! | stock alert | `enter(StockAlert)` of a guest |
//! | check out | `enter(Unpaid(cart))`, taken back where nothing was placed; the payment forgives it |
//!
//! Counted before it is done, so that of many at once no more are done than may be. An `Ok` is
//! forgiven as its rule says, a fault of ours is taken back, and any other error stays counted: so
//! what a client can mend (`Invalid`) is checked before. What is counted whatever comes of it takes
//! [`Gate::enter`].

use std::{
    future::{Future, Ready, ready},
    net::IpAddr,
};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, web::Data};

use super::{error::Problem, extract::SignedIn, peer};
use crate::{
    cache::limits::{Limits, Pass},
    domain::{
        Error,
        account::Email,
        id::{CartId, UserId},
        limit::Rule,
    },
};

/// Who asks, as the limits count them: an extractor.
pub struct Gate {
    limits: Limits,
    /// The network of the client.
    from: String,
}

/// What is tried.
#[derive(Debug, Clone, Copy)]
pub enum Attempt<'a> {
    /// To log in with this address, known or not.
    Login(&'a Email),
    /// To make an account.
    Register,
    /// To renew a session with a token that renews none.
    Refresh,
    /// To confirm, or to reset, with a token of a mail.
    Proof,
    /// To get another mail to confirm one's own address.
    Resend(UserId),
    /// To get a mail for a forgotten password, whoever it is for.
    Forgot,
    /// The same to this address, known or not: one too many is dropped without a word.
    ForgotOf(&'a Email),
    /// To open one more session, with the right password.
    Session(UserId),
    /// To get a link to another address.
    EmailChange(UserId),
    /// To show one's present password while signed in.
    Password(UserId),
    /// To have what is in a cart held.
    Hold(CartId),
    /// To put a coupon in, which exists or not.
    Coupon(CartId),
    /// To pay an order of whoever has this cart.
    Confirm(CartId),
    /// To place an order that is to be paid, out of this cart.
    Unpaid(CartId),
    /// To have an address told when something is in stock, without an account.
    StockAlert,
}

impl Gate {
    /// Does `work` if it may be tried, and minds how it goes. `TooMany` if it may not be.
    pub async fn attempt<T>(
        &self,
        attempt: Attempt<'_>,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let pass = self.enter(attempt).await?;
        let done = work.await;
        match &done {
            Ok(_) => pass.forgive().await,
            Err(Error::Busy | Error::Stale | Error::Internal { .. }) => pass.take_back().await,
            Err(_) => drop(pass),
        }
        done
    }

    /// Counts what is tried; `TooMany` if it may not be.
    pub async fn enter(&self, attempt: Attempt<'_>) -> Result<Pass, Error> {
        self.limits.enter(&self.counted(attempt)).await
    }

    /// What was tried earlier, for its end to be minded now.
    pub fn earlier(&self, attempt: Attempt<'_>) -> Pass {
        self.limits.earlier(&self.counted(attempt))
    }

    fn counted(&self, attempt: Attempt<'_>) -> Vec<(Rule, String)> {
        let from = |rule| (rule, self.from.clone());
        match attempt {
            Attempt::Login(email) => {
                vec![(Rule::LoginAccount, email.as_str().to_owned()), from(Rule::LoginAddress)]
            }
            Attempt::Register => vec![from(Rule::Register)],
            Attempt::Refresh => vec![from(Rule::Refresh)],
            Attempt::Proof => vec![from(Rule::Proof)],
            Attempt::Resend(user) => vec![(Rule::Resend, user.to_string())],
            Attempt::Forgot => vec![from(Rule::ForgotAddress)],
            Attempt::ForgotOf(email) => vec![(Rule::ForgotAccount, email.as_str().to_owned())],
            Attempt::Session(user) => vec![(Rule::Session, user.to_string())],
            Attempt::EmailChange(user) => {
                vec![(Rule::EmailChange, user.to_string()), from(Rule::EmailChangeAddress)]
            }
            Attempt::Password(user) => vec![(Rule::Password, user.to_string())],
            Attempt::Hold(cart) => vec![(Rule::Hold, cart.to_string()), from(Rule::HoldAddress)],
            Attempt::Coupon(cart) => {
                vec![(Rule::Coupon, cart.to_string()), from(Rule::CouponAddress)]
            }
            Attempt::Confirm(cart) => {
                vec![(Rule::Confirm, cart.to_string()), from(Rule::ConfirmAddress)]
            }
            Attempt::Unpaid(cart) => {
                vec![(Rule::Unpaid, cart.to_string()), from(Rule::UnpaidAddress)]
            }
            Attempt::StockAlert => vec![from(Rule::AlertAddress)],
        }
    }
}

impl FromRequest for Gate {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let from = network(request).map_or_else(String::new, |it| it.to_string());
        let gate = limits(request).map(|limits| Gate { limits: limits.clone(), from });
        ready(gate.ok_or_else(|| Error::internal("wiring the edge")("no limits").into()))
    }
}

/// Counts one more change of whoever asks, or refuses it. Who has shown who they are is counted by
/// that, wherever they come from; all others by their network.
pub fn count_write(request: &HttpRequest) -> Result<(), Error> {
    let Some(limits) = limits(request).filter(|_| !request.method().is_safe()) else {
        return Ok(());
    };
    let user = request.extensions().get::<SignedIn>().map(|it| it.0);
    match user {
        Some(user) => limits.write(user),
        None => limits.write(network(request)),
    }
}

fn limits(request: &HttpRequest) -> Option<&Limits> {
    request.app_data::<Data<Limits>>().map(|it| it.get_ref())
}

fn network(request: &HttpRequest) -> Option<IpAddr> {
    peer::address(request).map(peer::network)
}
