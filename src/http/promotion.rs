//! Promotions, for those who look after prices.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    cursor::{List, Paging},
    error::Answered,
    etag::{IfMatch, versioned},
    extract::{Auth, May, right},
    input::{Json, Query, both},
};
use crate::{
    actors::Actors,
    domain::{
        Error,
        id::{CategoryId, ProductId, PromotionId},
        money::Money,
        promotion::{
            Benefit, Code, Kind, NAMED_MAX, Promotion, Rule,
            change::{Change, Create, Named},
        },
    },
    store::{Store, read},
};

/// All promotions, the newest first.
#[utoipa::path(
    get, path = "/api/v1/admin/promotions", tag = "admin", params(Paging),
    responses((status = 200, description = "A page of them", body = List<Shown>))
)]
pub async fn promotions(
    _: Auth<May<right::Catalogue>>,
    store: Data<Store>,
    Query(paging): Query<Paging>,
) -> Answered {
    let page = paging.page::<PromotionId>()?;
    let listed = List::of(read!(store, pricing::promotions(page))?)?;
    let items = listed.items.into_iter().map(Shown::from).collect();
    Ok(HttpResponse::Ok().json(List { items, next_cursor: listed.next_cursor }))
}

/// Makes a promotion. Without a code it applies of itself.
#[utoipa::path(
    post, path = "/api/v1/admin/promotions", tag = "admin", request_body = Asked,
    responses(
        (status = 201, description = "The promotion", body = Shown),
        (status = 409, description = "`code_taken`"),
    )
)]
pub async fn create_promotion(
    _: Auth<May<right::Catalogue>>,
    store: Data<Store>,
    actors: Data<Actors>,
    Json(asked): Json<Asked>,
) -> Answered {
    let rule = asked.rule(&store).await?;
    let created = actors.terms.change(Create { id: PromotionId::new(), rule }).await?.after;
    Ok(versioned(HttpResponse::Created(), created.version, &Shown::from(created)))
}

/// A promotion.
#[utoipa::path(
    get, path = "/api/v1/admin/promotions/{id}", tag = "admin",
    responses((status = 200, description = "The promotion", body = Shown))
)]
pub async fn promotion(
    _: Auth<May<right::Catalogue>>,
    store: Data<Store>,
    id: Path<PromotionId>,
) -> Answered {
    let promotion = read!(store, pricing::promotion(*id))?;
    Ok(versioned(HttpResponse::Ok(), promotion.version, &Shown::from(promotion)))
}

/// Puts another rule in its place. Orders that have it keep what they were given.
#[utoipa::path(
    put, path = "/api/v1/admin/promotions/{id}", tag = "admin", request_body = Asked,
    params(("If-Match" = Option<String>, Header, description = "The ETag that was seen")),
    responses(
        (status = 200, description = "The promotion as it is now", body = Shown),
        (status = 409, description = "`code_taken`; `promotion_used`, with `used`, where the limit \
            is below that; `promotion_not_counted`, where there was no limit before"),
    )
)]
pub async fn change_promotion(
    _: Auth<May<right::Catalogue>>,
    store: Data<Store>,
    actors: Data<Actors>,
    id: Path<PromotionId>,
    IfMatch(expected): IfMatch,
    Json(asked): Json<Asked>,
) -> Answered {
    let rule = asked.rule(&store).await?;
    let after = actors.terms.change(Change { id: *id, expected, rule }).await?.after;
    Ok(versioned(HttpResponse::Ok(), after.version, &Shown::from(after)))
}

/// What a promotion is to be.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PromotionRule)]
pub struct Asked {
    /// Left out, it needs no coupon.
    #[schema(min_length = 1, max_length = 40)]
    code: Option<String>,
    kind: Kind,
    /// Whole percent, minor units, or of how many units one is free; free delivery needs none.
    value: Option<i64>,
    /// The goods, before discounts, must cost that much.
    min_total: Option<Amount>,
    usage_limit: Option<i64>,
    per_customer_limit: Option<i64>,
    starts_at: Option<DateTime<Utc>>,
    ends_at: Option<DateTime<Utc>>,
    /// The ids or slugs of what it is for; left out, it is for all.
    #[serde(default)]
    #[schema(max_items = 200)]
    products: Vec<String>,
    /// The ids or slugs of categories; those below them are meant too.
    #[serde(default)]
    #[schema(max_items = 200)]
    categories: Vec<String>,
    /// Out of use where it is not.
    is_active: Option<bool>,
}

/// An amount of the shop's currency: money, or its minor units.
#[derive(Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
#[schema(as = AmountOrMinorUnits)]
pub enum Amount {
    Minor(i64),
    Money(Money),
}

impl Amount {
    fn minor(self) -> Result<i64, Error> {
        match self {
            Amount::Minor(amount) => Ok(amount),
            Amount::Money(money) if money.currency == Money::ZERO.currency => Ok(money.amount),
            Amount::Money(_) => {
                let message = "the shop sells in another currency";
                Err(Error::invalid("min_total", "currency_mismatch", message))
            }
        }
    }
}

impl Asked {
    async fn rule(self, store: &Store) -> Result<Rule, Error> {
        let code = self.code.as_deref().map(Code::parse).transpose();
        let value = match (self.kind, self.value) {
            (Kind::FreeDelivery, value) => Ok(value.unwrap_or(1)),
            (_, Some(value)) => Ok(value),
            (_, None) => Err(Error::invalid("value", "missing", "this field is needed")),
        };
        let benefit = value.and_then(|value| Benefit::parse(self.kind, value));
        let min_total = self.min_total.map(Amount::minor).transpose();
        let named = named(store, self.products, self.categories).await;
        let ((code, benefit), (min_total, named)) =
            both(both(code, benefit), both(min_total, named))?;
        let (products, categories) = named;
        let rule = Rule {
            code,
            benefit,
            min_total,
            usage_limit: self.usage_limit,
            per_customer_limit: self.per_customer_limit,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            products,
            categories,
            is_active: self.is_active.unwrap_or(true),
        };
        rule.checked()
    }
}

async fn named(
    store: &Store,
    products: Vec<String>,
    categories: Vec<String>,
) -> Result<(Vec<ProductId>, Vec<CategoryId>), Error> {
    for (field, named) in [("products", &products), ("categories", &categories)] {
        if named.len() > NAMED_MAX {
            return Err(Error::invalid(field, "out_of_range", "at most 200 are named"));
        }
    }
    if products.is_empty() && categories.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let Named { products, categories } = read!(store, pricing::named(products, categories))?;
    let unknown = |field| Error::invalid(field, "unknown", "one of these is not there");
    both(
        products.ok_or_else(|| unknown("products")),
        categories.ok_or_else(|| unknown("categories")),
    )
}

/// A promotion as it is kept.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Promotion)]
pub struct Shown {
    id: PromotionId,
    code: Option<Code>,
    kind: Kind,
    /// Whole percent, minor units, or of how many units one is free; 1 for free delivery.
    value: i64,
    min_total: Option<Money>,
    usage_limit: Option<i64>,
    per_customer_limit: Option<i64>,
    starts_at: Option<DateTime<Utc>>,
    ends_at: Option<DateTime<Utc>>,
    products: Vec<ProductId>,
    categories: Vec<CategoryId>,
    is_active: bool,
    /// How many orders have it that were not called off.
    used: i64,
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Promotion> for Shown {
    fn from(it: Promotion) -> Self {
        let Promotion { id, rule, used, version, created_at, updated_at } = it;
        Shown {
            id,
            code: rule.code,
            kind: rule.benefit.kind(),
            value: rule.benefit.value(),
            min_total: rule.min_total.map(Money::euros),
            usage_limit: rule.usage_limit,
            per_customer_limit: rule.per_customer_limit,
            starts_at: rule.starts_at,
            ends_at: rule.ends_at,
            products: rule.products,
            categories: rule.categories,
            is_active: rule.is_active,
            used,
            version,
            created_at,
            updated_at,
        }
    }
}
