//! What a user chooses for themselves.

use std::collections::HashMap;

use actix_web::{HttpResponse, web::Data};
use serde::Deserialize;

use super::{
    error::Answered,
    extract::Auth,
    input::{Json, both},
    token::Caller,
};
use crate::{
    actors::Actors,
    domain::{
        Error,
        money::Currency,
        notification::Kind,
        settings::{ChangeSettings, Channel, Channels, Notifications, Privacy, Settings, Theme},
    },
    store::{Store, read},
};

/// My settings.
#[utoipa::path(
    get, path = "/api/v1/me/settings", tag = "accounts",
    responses((status = 200, description = "The settings", body = Settings))
)]
pub async fn settings(Auth(caller): Auth<Caller>, store: Data<Store>) -> Answered {
    Ok(HttpResponse::Ok().json(read!(store, settings::get(caller.user))?))
}

/// Replaces my settings. What is left out is at its default again.
#[utoipa::path(
    put, path = "/api/v1/me/settings", tag = "accounts", request_body = PutSettings,
    responses((status = 200, description = "The settings as they are kept", body = Settings))
)]
pub async fn change_settings(
    Auth(caller): Auth<Caller>,
    actors: Data<Actors>,
    Json(body): Json<PutSettings>,
) -> Answered {
    let command = ChangeSettings { user: caller.user, settings: body.parse()? };
    Ok(HttpResponse::Ok().json(actors.accounts.change(command).await?.after))
}

/// All the settings; each has a default.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutSettings {
    /// `en`, `de` or `ru`, also with a country.
    #[schema(example = "de-AT")]
    locale: Option<String>,
    #[schema(example = "EUR")]
    currency: Option<String>,
    #[schema(example = "Europe/Berlin")]
    time_zone: Option<String>,
    theme: Option<Theme>,
    notifications: Option<PutNotifications>,
    privacy: Option<PutPrivacy>,
}

/// The channels of each kind of notification.
#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutNotifications {
    orders: Option<Vec<Channel>>,
    delivery: Option<Vec<Channel>>,
    /// Mail is always among them.
    security: Option<Vec<Channel>>,
    /// That something is in stock again.
    stock: Option<Vec<Channel>>,
    /// What other programs of the shop have to say.
    messages: Option<Vec<Channel>>,
    news: Option<Vec<Channel>>,
    /// Types of which something else is chosen; another one is told as its kind of thing is.
    types: Option<HashMap<Kind, Vec<Channel>>>,
}

/// What may be done with what I do.
#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PutPrivacy {
    analytics: bool,
    personalisation: bool,
}

impl PutSettings {
    fn parse(self) -> Result<Settings, Error> {
        let usual = Settings::default();
        let locale = self.locale.map_or(Ok(usual.locale), |it| it.parse());
        let currency = self.currency.map_or(Ok(usual.currency), |it| it.parse::<Currency>());
        let time_zone = self.time_zone.map_or(Ok(usual.time_zone), |it| it.parse());
        let region = both(both(locale, currency), time_zone);
        let (((locale, currency), time_zone), notifications) =
            both(region, self.notifications.unwrap_or_default().parse())?;
        let theme = self.theme.unwrap_or(usual.theme);
        let PutPrivacy { analytics, personalisation } = self.privacy.unwrap_or_default();
        let privacy = Privacy { analytics, personalisation };
        Ok(Settings { locale, currency, time_zone, theme, notifications, privacy })
    }
}

impl PutNotifications {
    fn parse(self) -> Result<Notifications, Error> {
        let usual = Notifications::default();
        let or = |on: Option<Vec<Channel>>, usual| on.map_or(usual, Channels::from);
        let notifications = Notifications {
            orders: or(self.orders, usual.orders),
            delivery: or(self.delivery, usual.delivery),
            security: or(self.security, usual.security),
            stock: or(self.stock, usual.stock),
            messages: or(self.messages, usual.messages),
            news: or(self.news, usual.news),
            types: self.types.map_or(usual.types, |chosen| {
                chosen.into_iter().map(|(kind, on)| (kind, on.into())).collect()
            }),
        };
        notifications.checked()
    }
}
