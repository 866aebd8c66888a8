//! Who calls: every handler's first argument is an [`Auth`], whose scope says who may.

use std::{
    convert::Infallible,
    future::{Future, Ready, ready},
    marker::PhantomData,
    time::Instant,
};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    http::header::{self, AcceptLanguage, Header},
    web::Data,
};
use futures_util::future::LocalBoxFuture;

use super::{
    error::Problem,
    limit,
    token::{Caller, Keys, ServiceTokens},
};
use crate::{
    cache::revoked::Revoked,
    domain::{
        Error,
        account::Right,
        cart::Buyer,
        id::{OrderId, UserId},
        settings::Language,
    },
    store::{Store, origin, read},
};

/// The header that holds a guest's cart.
pub const CART_TOKEN: &str = "X-Cart-Token";
/// The header that holds a guest's order.
pub const ORDER_TOKEN: &str = "X-Order-Token";

/// The user of the request, left in its extensions for the log.
#[derive(Debug, Clone, Copy)]
pub struct SignedIn(pub UserId);

/// Whoever asks, as far as the scope wants to know them; whoever may not ask is refused.
///
/// The first argument of every handler: `routes!` takes no other.
#[derive(Debug, Clone, Copy)]
pub struct Auth<S: Scope>(pub S);

/// Those who may call a route.
pub trait Scope: Sized + 'static {
    /// The same as a value, for the description of the API.
    const ACCESS: Access;
    /// Whether its changes are counted, of which one may make so many.
    const IS_COUNTED: bool = true;

    /// Whoever asks, if they are of the scope.
    fn of(request: &HttpRequest) -> impl Future<Output = Result<Self, Problem>>;
}

/// The scopes as a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Public,
    Visitor,
    Caller,
    Shopper,
    Holder,
    May(Right),
    Service,
}

impl<S: Scope> FromRequest for Auth<S> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let whoever = S::of(&request).await?;
            if S::IS_COUNTED {
                limit::count_write(&request)?;
            }
            Ok(Auth(whoever))
        })
    }
}

/// Anybody: credentials are not even looked at.
#[derive(Debug, Clone, Copy)]
pub struct Public;

impl Scope for Public {
    const ACCESS: Access = Access::Public;

    async fn of(_: &HttpRequest) -> Result<Self, Problem> {
        Ok(Public)
    }
}

/// Anybody who signs what they send, which the handler looks at: a payment provider. It tells of what
/// all buyers do, so it is not counted as one of them.
#[derive(Debug, Clone, Copy)]
pub struct Signed;

impl Scope for Signed {
    const ACCESS: Access = Access::Public;
    const IS_COUNTED: bool = false;

    async fn of(_: &HttpRequest) -> Result<Self, Problem> {
        Ok(Signed)
    }
}

/// A user, by an access token.
impl Scope for Caller {
    const ACCESS: Access = Access::Caller;

    async fn of(request: &HttpRequest) -> Result<Self, Problem> {
        caller(request).await?.ok_or_else(nobody)
    }
}

/// A user whose role has the right `R`; anybody else who is signed in is forbidden.
#[derive(Debug, Clone, Copy)]
pub struct May<R>(pub Caller, PhantomData<R>);

impl<R: right::Named> Scope for May<R> {
    const ACCESS: Access = Access::May(R::RIGHT);

    async fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let caller = Caller::of(request).await?;
        if caller.role.may(R::RIGHT) {
            Ok(May(caller, PhantomData))
        } else {
            Err(Error::forbidden().into())
        }
    }
}

/// Another program of the shop, by a service token. No user is one, whatever the role.
#[derive(Debug, Clone, Copy)]
pub struct Service;

impl Scope for Service {
    const ACCESS: Access = Access::Service;

    async fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let (tokens, keys) = (data::<ServiceTokens>(request)?, data::<Keys>(request)?);
        if bearer(request)?.is_some_and(|token| tokens.has(token, keys)) {
            origin::is_of_service();
            return Ok(Service);
        }
        Caller::of(request).await?;
        Err(Error::forbidden().into())
    }
}

/// The rights as types, for [`May`].
pub mod right {
    use super::Right;

    /// A type that stands for a right.
    pub trait Named: 'static {
        const RIGHT: Right;
    }

    macro_rules! rights {
        ($($name:ident)*) => {$(
            #[derive(Debug, Clone, Copy)]
            pub struct $name;

            impl Named for $name {
                const RIGHT: Right = Right::$name;
            }
        )*};
    }

    rights! { Stock Catalogue Orders Feed Users Audit Reviews Webhooks Deliveries }
}

/// Whoever has a cart: a user by the `Authorization`, or a guest by the `X-Cart-Token`.
#[derive(Debug, Clone, Copy)]
pub struct Shopper(pub Buyer);

impl Scope for Shopper {
    const ACCESS: Access = Access::Shopper;

    async fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let Visitor(buyer) = Visitor::of(request).await?;
        buyer.map(Shopper).ok_or_else(nobody)
    }
}

impl Shopper {
    /// Who this is, for the scope of an idempotency key.
    pub fn scope(&self) -> String {
        match self.0 {
            Buyer::User(user) => format!("user:{user}"),
            Buyer::Guest(cart) => format!("cart:{cart}"),
        }
    }
}

/// Anybody, known by their cart if they have shown one: credentials that are wrong are refused.
#[derive(Debug, Clone, Copy)]
pub struct Visitor(pub Option<Buyer>);

impl Scope for Visitor {
    const ACCESS: Access = Access::Visitor;

    async fn of(request: &HttpRequest) -> Result<Self, Problem> {
        if let Some(caller) = caller(request).await? {
            return Ok(Visitor(Some(Buyer::User(caller.user))));
        }
        let token =
            text(request, CART_TOKEN).map(|token| data::<Keys>(request)?.proofs().cart_of(token));
        Ok(Visitor(token.transpose()?.map(Buyer::Guest)))
    }
}

/// What whoever asks reads best of what the shop writes, by the `Accept-Language`.
#[derive(Debug, Clone, Copy)]
pub struct Reads(pub Option<Language>);

impl FromRequest for Reads {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        // A header that makes no sense says nothing.
        let asked = AcceptLanguage::parse(request).map(|it| it.ranked()).unwrap_or_default();
        let mut known = asked.iter().filter_map(|it| it.item()?.primary_language().parse().ok());
        ready(Ok(Reads(known.next())))
    }
}

/// Whoever may hold an order: a user by the `Authorization`, or a guest by the `X-Order-Token`.
/// Which order it is, [`Holder::opens`] says.
pub struct Holder {
    caller: Option<Caller>,
    token: Option<String>,
    keys: Keys,
}

impl Scope for Holder {
    const ACCESS: Access = Access::Holder;

    async fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let caller = caller(request).await?;
        let token = text(request, ORDER_TOKEN).map(str::to_owned);
        if caller.is_none() && token.is_none() {
            return Err(nobody());
        }
        Ok(Holder { caller, token, keys: data::<Keys>(request)?.get_ref().clone() })
    }
}

impl Holder {
    /// Who has shown to be `caller`, or `token`, or nothing, elsewhere than in a request's headers.
    pub fn new(caller: Option<Caller>, token: Option<String>, keys: Keys) -> Self {
        Holder { caller, token, keys }
    }

    /// Whether this is the order's owner, the guest who placed it, or an admin. To all others
    /// there is no such order.
    pub fn opens(&self, order: OrderId, buyer: Buyer) -> Result<(), Error> {
        let is_staff = self.caller.is_some_and(|caller| caller.role.may(Right::Orders));
        if is_staff || self.owns(order, buyer) { Ok(()) } else { Err(Error::NotFound("order")) }
    }

    /// Whether this is the order's owner, or the guest who placed it: not whoever runs the shop.
    pub fn owns(&self, order: OrderId, buyer: Buyer) -> bool {
        let by_account = self.caller.is_some_and(|caller| buyer == Buyer::User(caller.user));
        let by_token = self.token.as_ref().is_some_and(|token| {
            matches!(buyer, Buyer::Guest(_)) && self.keys.proofs().opens(order, token)
        });
        by_account || by_token
    }

    /// Refuses a guest whose token opens another order or none, as [`Holder::opens`] will: to be
    /// asked first, so that those who guess cost the store nothing.
    pub fn may_open(&self, order: OrderId) -> Result<(), Error> {
        let opens = |token: &String| self.keys.proofs().opens(order, token);
        let may = self.caller.is_some() || self.token.as_ref().is_some_and(opens);
        if may { Ok(()) } else { Err(Error::NotFound("order")) }
    }

    /// Who this is, for the scope of an idempotency key.
    pub fn scope(&self, order: OrderId) -> String {
        match self.caller {
            Some(caller) => format!("user:{}", caller.user),
            None => format!("order:{order}"),
        }
    }
}

/// Whoever `token` names, if their session has not ended.
///
/// The set of ended sessions proves an absence only while it is fresh: after that the store is
/// asked for each request.
pub async fn admit(
    token: &str,
    keys: &Keys,
    revoked: &Revoked,
    store: &Store,
) -> Result<Caller, Error> {
    let caller = keys.caller(token)?;
    let mut ended = revoked.contains(caller.session);
    if !ended && revoked.is_stale(Instant::now()) {
        ended = match read!(store, session::get(caller.session)) {
            Ok(session) => session.revoked_at.is_some(),
            Err(Error::NotFound(_)) => true,
            Err(error) => return Err(error),
        };
    }
    if ended { Err(Error::Unauthenticated { code: "session_revoked" }) } else { Ok(caller) }
}

/// The user that the `Authorization` names, if there is one; one that is wrong is refused even
/// where nobody need be known.
async fn caller(request: &HttpRequest) -> Result<Option<Caller>, Problem> {
    let Some(token) = bearer(request)? else { return Ok(None) };
    let (keys, revoked) = (data::<Keys>(request)?, data::<Revoked>(request)?);
    let caller = admit(token, keys, revoked, data::<Store>(request)?).await?;
    request.extensions_mut().insert(SignedIn(caller.user));
    origin::is_of(caller.user, caller.session);
    Ok(Some(caller))
}

/// The token of the `Authorization`, if there is one.
fn bearer(request: &HttpRequest) -> Result<Option<&str>, Problem> {
    let Some(sent) = request.headers().get(header::AUTHORIZATION) else { return Ok(None) };
    let (scheme, token) = sent.to_str().ok().and_then(|it| it.split_once(' ')).unwrap_or_default(); // unreadable is invalid
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Error::Unauthenticated { code: "invalid_token" }.into());
    }
    Ok(Some(token.trim()))
}

fn nobody() -> Problem {
    Error::Unauthenticated { code: "unauthenticated" }.into()
}

/// A header's text; one that is not visible ASCII proves nothing and counts as empty.
fn text<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    request.headers().get(name).map(|value| value.to_str().unwrap_or_default())
}

/// What the edge is built on, for whoever is no handler.
pub fn data<T: 'static>(request: &HttpRequest) -> Result<&Data<T>, Error> {
    let wired = request.app_data::<Data<T>>();
    wired.ok_or_else(|| Error::internal("wiring the edge")(std::any::type_name::<T>()))
}

#[cfg(test)]
mod tests;
