//! The browsers that take push messages for an account.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use serde::{Deserialize, Serialize};

use super::{
    error::Answered,
    extract::{Auth, Public},
    input::{Json, both},
    token::Caller,
};
use crate::{
    actors::Actors,
    domain::{
        Error,
        id::SubscriptionId,
        outside::Reach,
        push::{Endpoint, Key, Subscribe, Subscription, Unsubscribe},
    },
};

/// Has a browser take push messages for me. The same endpoint again brings its keys up to date; one
/// that somebody else has used is mine from then on.
#[utoipa::path(
    post, path = "/api/v1/me/push-subscriptions", tag = "accounts", request_body = PushSubscription,
    responses(
        (status = 201, description = "The subscription", body = Named),
        (status = 200, description = "It was there before", body = Named),
        (status = 409, description = "`too_many_subscriptions`: there are 20"),
    )
)]
pub async fn subscribe(
    Auth(caller): Auth<Caller>,
    actors: Data<Actors>,
    reach: Data<Reach>,
    Json(body): Json<PushSubscription>,
) -> Answered {
    let (id, subscription) = (SubscriptionId::new(), body.parse(**reach)?);
    let subscribe = Subscribe { id, user: caller.user, subscription };
    let subscribed = actors.accounts.change(subscribe).await?;
    let mut response = if subscribed.is_new { HttpResponse::Created() } else { HttpResponse::Ok() };
    Ok(response.json(Named { id: subscribed.id }))
}

/// The key that browsers want when they subscribe: `applicationServerKey`.
#[utoipa::path(
    get, path = "/api/v1/push-key", tag = "accounts",
    responses((status = 200, description = "The key", body = ShownKey))
)]
pub async fn push_key(_: Auth<Public>, key: Data<PublicKey>) -> Answered {
    Ok(HttpResponse::Ok().json(ShownKey { public_key: key.0.clone() }))
}

/// The public half of the key by which the shop shows itself to push services.
#[derive(Debug, Clone)]
pub struct PublicKey(pub String);

/// A point of P-256 that is not compressed, in base64url without padding.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = PushKey)]
pub struct ShownKey {
    #[schema(min_length = 87, max_length = 87)]
    public_key: String,
}

/// Has a browser take no more push messages for me.
#[utoipa::path(
    delete, path = "/api/v1/me/push-subscriptions/{id}", tag = "accounts",
    params(("id" = String, Path, description = "The subscription")),
    responses((status = 204, description = "It is forgotten"))
)]
pub async fn unsubscribe(
    Auth(caller): Auth<Caller>,
    actors: Data<Actors>,
    id: Path<SubscriptionId>,
) -> Answered {
    actors.accounts.change(Unsubscribe { user: caller.user, id: *id }).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What `PushSubscription.toJSON()` of a browser gives.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PushSubscription {
    /// An `https` URL of a push service.
    #[schema(example = "https://push.example.com/v2/gAAAAAB", max_length = 2048)]
    endpoint: String,
    /// When it ends, which nearly no browser knows. The push service says it when it has.
    #[serde(rename = "expirationTime", default)]
    _expiration_time: Option<f64>,
    keys: Keys,
}

/// The keys of a browser, in base64url without padding.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PushKeys)]
pub struct Keys {
    /// The point of P-256 that messages are encrypted for: 65 bytes.
    #[schema(min_length = 87, max_length = 87)]
    p256dh: String,
    /// The secret that goes with it: 16 bytes.
    #[schema(min_length = 22, max_length = 22)]
    auth: String,
}

impl PushSubscription {
    fn parse(&self, reach: Reach) -> Result<Subscription, Error> {
        let keys = both(Key::point(&self.keys.p256dh), Key::auth(&self.keys.auth));
        let (endpoint, (p256dh, auth)) = both(Endpoint::parse(&self.endpoint, reach), keys)?;
        Ok(Subscription { endpoint, p256dh, auth })
    }
}

/// What a subscription is called.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = PushSubscribed)]
pub struct Named {
    id: SubscriptionId,
}
