//! The stock of variants, for those who count it.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use serde::{Deserialize, Serialize};

use crate::{
    actors::{
        Actors,
        inventory::{Change, Shard},
    },
    domain::{
        Error,
        catalogue::{
            record::{Held, LineKey, StockMove},
            stock::{ChangeStock, ON_HAND_MAX, REASON_CHARS_MAX, StockChange, StockLevel},
        },
        id::VariantId,
    },
    http::{
        cursor::{List, Paging},
        error::Answered,
        extract::{Auth, May, right},
        input::{Json, Query, both, is_line},
    },
    store::{Store, read},
};

/// The units of a variant, and what came and went, the newest first.
#[utoipa::path(
    get, path = "/api/v1/admin/variants/{id}/stock", tag = "admin", params(Paging),
    responses((status = 200, description = "The stock, and a page of its ledger", body = Counted))
)]
pub async fn variant_stock(
    _: Auth<May<right::Stock>>,
    store: Data<Store>,
    id: Path<VariantId>,
    Query(paging): Query<Paging>,
) -> Answered {
    let (id, page) = (id.into_inner(), paging.page::<LineKey>()?);
    let stock = read!(store, catalogue::held(id))?;
    let List { items, next_cursor } = List::of(read!(store, catalogue::moves(id, page))?)?;
    Ok(HttpResponse::Ok().json(Counted { variant_id: id, stock, items, next_cursor }))
}

/// Sets the stock of a variant, or adds to it.
#[utoipa::path(
    post, path = "/api/v1/admin/variants/{id}/stock", tag = "admin", request_body = NewStock,
    responses((status = 200, description = "The stock as it is now", body = StockLevel))
)]
pub async fn change_stock(
    _: Auth<May<right::Stock>>,
    actors: Data<Actors>,
    id: Path<VariantId>,
    Json(body): Json<NewStock>,
) -> Answered {
    let (change, reason) = body.parse()?;
    let command = ChangeStock { variant: id.into_inner(), change, reason };
    let level = actors.inventory.ask(Shard::of(command.variant), Change(command)).await?;
    Ok(HttpResponse::Ok().json(level))
}

/// The units of a variant, and a page of its ledger. The sum of all of it is what is on hand.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Counted {
    variant_id: VariantId,
    #[serde(flatten)]
    stock: Held,
    items: Vec<StockMove>,
    /// Asks for the next page; null on the last one.
    next_cursor: Option<String>,
}

/// Either `set` or `adjust`, and why.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStock {
    /// The units that can be sold from now on, besides what is reserved.
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    set: Option<i64>,
    /// Units more, or fewer.
    adjust: Option<i64>,
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
}

impl NewStock {
    fn parse(self) -> Result<(StockChange, String), Error> {
        let fits = |field, units: i64, least: i64| {
            if (least..=ON_HAND_MAX).contains(&units) {
                return Ok(units);
            }
            Err(Error::invalid(field, "out_of_range", "at most a billion units fit"))
        };
        let change = match (self.set, self.adjust) {
            (Some(units), None) => fits("set", units, 0).map(StockChange::Set),
            (None, Some(units)) => fits("adjust", units, -ON_HAND_MAX).map(StockChange::Adjust),
            (Some(_), Some(_)) => Err(Error::invalid("adjust", "ambiguous", "set or adjust it")),
            (None, None) => Err(Error::invalid("set", "missing", "set or adjust it")),
        };
        let reason = self.reason.trim().to_owned();
        if !reason.is_empty() && is_line(&reason, REASON_CHARS_MAX) {
            return both(change, Ok(reason));
        }
        both(change, Err(Error::invalid("reason", "invalid_value", "it has 1 to 200 characters")))
    }
}
