//! Who wants to be told when something is in stock again.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use serde::{Deserialize, Serialize};

use super::{
    error::Answered,
    extract::{Auth, Reads, Visitor},
    input::Body,
    limit::{Attempt, Gate},
};
use crate::{
    actors::{
        Actors,
        inventory::{AskAlert, Shard},
    },
    domain::{
        Error,
        account::Email,
        alert::{Ask, Whom},
        cart::Buyer,
        id::{AlertId, VariantId},
        settings::Language,
    },
};

/// Has me told once when a variant is in stock again. A user is told by the channels of their settings,
/// a guest by one mail to `email`. Asked again, nothing changes until it was told; and what is answered
/// does not tell whether it was asked before.
#[utoipa::path(
    post, path = "/api/v1/variants/{id}/stock-alerts", tag = "catalogue", request_body = Option<StockAlert>,
    params(
        ("id" = String, Path, description = "The variant"),
        ("Accept-Language" = Option<String>, Header, description = "What a guest is written to in: en, de or ru"),
    ),
    responses(
        (status = 201, description = "It is noted", body = StockAlertAsked),
        (status = 409, description = "`in_stock`: there is nothing to wait for; `too_many_stock_alerts`: there are 20"),
        (status = 429, description = "Too many addresses were given from one network"),
    )
)]
pub async fn ask_stock_alert(
    Auth(Visitor(buyer)): Auth<Visitor>,
    actors: Data<Actors>,
    (gate, reads): (Gate, Reads),
    id: Path<VariantId>,
    body: Body,
) -> Answered {
    let variant = id.into_inner();
    let whom = body.json_or_default::<StockAlert>()?.parse(buyer, reads.0)?;
    if whom.user().is_none() {
        gate.enter(Attempt::StockAlert).await.map(drop)?;
    }
    let ask = Ask { id: AlertId::new(), variant, whom };
    actors.inventory.ask(Shard::of(variant), AskAlert(ask)).await?;
    Ok(HttpResponse::Created().json(StockAlertAsked { variant_id: variant }))
}

/// Where to.
#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StockAlert {
    /// Where a guest is written to; a user's address is the account's.
    email: Option<String>,
}

impl StockAlert {
    fn parse(self, buyer: Option<Buyer>, language: Option<Language>) -> Result<Whom, Error> {
        match (buyer, self.email) {
            (Some(Buyer::User(user)), _) => Ok(Whom::User(user)),
            (Some(Buyer::Guest(_)) | None, Some(email)) => {
                Ok(Whom::Guest(Email::parse(&email)?, language.unwrap_or(Language::En)))
            }
            (Some(Buyer::Guest(_)) | None, None) => {
                Err(Error::invalid("email", "missing", "a guest is told by mail"))
            }
        }
    }
}

/// What is waited for.
#[derive(Serialize, utoipa::ToSchema)]
pub struct StockAlertAsked {
    variant_id: VariantId,
}
