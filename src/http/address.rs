//! The addresses that a user keeps.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use serde::Deserialize;

use super::{
    cursor::{List, Paging},
    error::Answered,
    extract::Auth,
    input::{Json, Query},
    token::Caller,
};
use crate::{
    actors::Actors,
    domain::{
        Error,
        address::{self, Address, Edit, Saved},
        id::{AddressId, UserId},
    },
    store::{Store, read},
};

/// My addresses, the newest first.
#[utoipa::path(
    get, path = "/api/v1/me/addresses", tag = "accounts", params(Paging),
    responses((status = 200, description = "A page of them", body = List<Saved>))
)]
pub async fn addresses(
    Auth(caller): Auth<Caller>,
    store: Data<Store>,
    Query(paging): Query<Paging>,
) -> Answered {
    let page = paging.page()?;
    let listed = read!(store, address::page(caller.user, page))?;
    Ok(HttpResponse::Ok().json(List::of(listed)?))
}

/// Keeps an address. The first one is the default.
#[utoipa::path(
    post, path = "/api/v1/me/addresses", tag = "accounts", request_body = SaveAddress,
    responses(
        (status = 201, description = "The address as it is kept", body = Saved),
        (status = 409, description = "`too_many_addresses`"),
    )
)]
pub async fn save_address(
    Auth(caller): Auth<Caller>,
    actors: Data<Actors>,
    Json(body): Json<SaveAddress>,
) -> Answered {
    let saved = actors.accounts.change(body.parse(caller.user)?).await?;
    Ok(HttpResponse::Created().json(saved))
}

/// One of my addresses.
#[utoipa::path(
    get, path = "/api/v1/me/addresses/{id}", tag = "accounts",
    responses((status = 200, description = "The address", body = Saved))
)]
pub async fn address(
    Auth(caller): Auth<Caller>,
    store: Data<Store>,
    id: Path<AddressId>,
) -> Answered {
    let id = id.into_inner();
    Ok(HttpResponse::Ok().json(read!(store, address::get(caller.user, id))?))
}

/// Changes the fields that are named. Orders keep the address that they were placed with.
#[utoipa::path(
    patch, path = "/api/v1/me/addresses/{id}", tag = "accounts", request_body = Edit,
    responses(
        (status = 200, description = "The address as it is kept", body = Saved),
        (status = 409, description = "`default_address_needed`"),
    )
)]
pub async fn change_address(
    Auth(caller): Auth<Caller>,
    actors: Data<Actors>,
    id: Path<AddressId>,
    Json(edit): Json<Edit>,
) -> Answered {
    let command = address::Change { id: id.into_inner(), user: caller.user, edit };
    Ok(HttpResponse::Ok().json(actors.accounts.change(command).await?))
}

/// Forgets an address. If it was the default, the newest one is it from now on.
#[utoipa::path(
    delete, path = "/api/v1/me/addresses/{id}", tag = "accounts",
    responses((status = 204, description = "It is forgotten"))
)]
pub async fn delete_address(
    Auth(caller): Auth<Caller>,
    actors: Data<Actors>,
    id: Path<AddressId>,
) -> Answered {
    let command = address::Delete { id: id.into_inner(), user: caller.user };
    actors.accounts.change(command).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// A new address.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SaveAddress {
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    #[schema(min_length = 1, max_length = 200)]
    line1: String,
    line2: Option<String>,
    #[schema(min_length = 1, max_length = 200)]
    city: String,
    /// A state, province or prefecture; some countries need one.
    region: Option<String>,
    /// Some countries have none.
    postal_code: Option<String>,
    /// Two letters of ISO 3166-1.
    #[schema(example = "DE")]
    country: String,
    /// With the country's code.
    phone: Option<String>,
    /// Whether it is the default from now on.
    #[serde(default)]
    is_default: bool,
}

impl SaveAddress {
    fn parse(self, user: UserId) -> Result<address::Save, Error> {
        let address = Address {
            name: self.name,
            line1: self.line1,
            line2: self.line2,
            city: self.city,
            region: self.region,
            postal_code: self.postal_code.unwrap_or_default(),
            country: self.country,
            phone: self.phone,
        };
        let (id, is_default) = (AddressId::new(), self.is_default);
        Ok(address::Save { id, user, address: address.checked()?, is_default })
    }
}
