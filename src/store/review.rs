//! The table `reviews`, and `ratings`, which is what the published ones come to.

use diesel::prelude::*;

mod change;

pub use change::change;

use super::{Backend, Conn, snapshot};
use crate::{
    domain::{
        Error, catalogue,
        id::{ProductId, ReviewId, UserId},
        page::{Listed, Page},
        review::{Filter, Review, Shown, Standing, Status, author},
    },
    store::{
        at::At,
        error::corrupt,
        schema::{products, reviews, users},
    },
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = reviews, treat_none_as_default_value = false)]
struct Row {
    id: String,
    product_id: String,
    user_id: String,
    rating: i32,
    title: Option<String>,
    body: Option<String>,
    status: String,
    hidden_reason: Option<String>,
    verified: bool,
    created_at: At,
    updated_at: At,
}

/// A row, and the name and the status of the account that wrote it.
type Found = (Row, (String, String));

/// A page of what everybody reads about a product, which is named by its id or its slug, the newest
/// first; `NotFound` where it is not published.
pub fn page(
    conn: &mut Conn,
    product: String,
    page: Page<ReviewId>,
) -> Result<Listed<Shown, ReviewId>, Error> {
    let limit = page.limit;
    let filter = Filter { status: Some(Status::Published), ..Filter::default() };
    let all = snapshot(conn, |conn| {
        let product = Some(self::product(conn, product)?);
        filtered(conn, Filter { product, ..filter }, page)
    })?;
    let shown = all.into_iter().map(|it| it.shown).collect();
    Ok(Listed::cut(shown, limit, |it: &Shown| it.id))
}

/// A page of the reviews that `filter` lets through, the newest first.
pub fn page_of_all(
    conn: &mut Conn,
    filter: Filter,
    page: Page<ReviewId>,
) -> Result<Listed<Review, ReviewId>, Error> {
    let limit = page.limit;
    Ok(Listed::cut(filtered(conn, filter, page)?, limit, |it| it.shown.id))
}

/// One more than fits the page, where there is one.
fn filtered(conn: &mut Conn, filter: Filter, page: Page<ReviewId>) -> Result<Vec<Review>, Error> {
    let mut query = reviews::table
        .inner_join(users::table)
        .order(reviews::id.desc())
        .limit(page.limit.saturating_add(1))
        .select((Row::as_select(), (users::name, users::status)))
        .into_boxed::<Backend>();
    if let Some(status) = filter.status {
        query = query.filter(reviews::status.eq(status.as_str()));
    }
    if let Some(product) = filter.product {
        query = query.filter(reviews::product_id.eq(product.to_string()));
    }
    if let Some(rating) = filter.rating {
        query = query.filter(reviews::rating.eq(i32::from(rating)));
    }
    if let Some(after) = page.after {
        query = query.filter(reviews::id.lt(after.to_string()));
    }
    let rows: Vec<Found> = query.load(conn)?;
    rows.into_iter().map(review).collect()
}

/// What a user has said of a product, or `NotFound`.
pub fn of_user(conn: &mut Conn, product: ProductId, user: UserId) -> Result<Review, Error> {
    let found: Option<Found> = reviews::table
        .inner_join(users::table)
        .filter(reviews::product_id.eq(product.to_string()))
        .filter(reviews::user_id.eq(user.to_string()))
        .select((Row::as_select(), (users::name, users::status)))
        .first(conn)
        .optional()?;
    review(found.ok_or(Error::NotFound("review"))?)
}

/// The id of a published product that is named by its id or its slug, or `NotFound`.
pub fn product(conn: &mut Conn, id_or_slug: String) -> Result<ProductId, Error> {
    let published = catalogue::Status::Published.as_str();
    let id: Option<String> = products::table
        .filter(products::id.eq(&id_or_slug).or(products::slug.eq(&id_or_slug)))
        .filter(products::status.eq(published))
        .select(products::id)
        .first(conn)
        .optional()?;
    id.ok_or(Error::NotFound("product"))?.parse().map_err(corrupt)
}

/// The product that a review is of, or `NotFound`.
pub fn product_of(conn: &mut Conn, id: ReviewId) -> Result<ProductId, Error> {
    let product: Option<String> =
        reviews::table.find(id.to_string()).select(reviews::product_id).first(conn).optional()?;
    product.ok_or(Error::NotFound("review"))?.parse().map_err(corrupt)
}

fn review((row, (name, account)): Found) -> Result<Review, Error> {
    let standing = match (row.status.parse()?, row.hidden_reason) {
        (Status::Published, None) => Standing::Published,
        (Status::Hidden, Some(hidden_reason)) => Standing::Hidden { hidden_reason },
        (Status::Published, Some(_)) | (Status::Hidden, None) => {
            return Err(corrupt("a review is half hidden"));
        }
    };
    let shown = Shown {
        id: row.id.parse().map_err(corrupt)?,
        rating: row.rating.try_into().map_err(corrupt)?,
        title: row.title,
        body: row.body,
        author: author(&name, account.parse()?),
        verified_purchase: row.verified,
        created_at: row.created_at.0,
        updated_at: row.updated_at.0,
    };
    Ok(Review {
        shown,
        product_id: row.product_id.parse().map_err(corrupt)?,
        user_id: row.user_id.parse().map_err(corrupt)?,
        standing,
    })
}

impl From<&Review> for Row {
    fn from(review: &Review) -> Self {
        let Review { shown, product_id, user_id, standing } = review;
        let hidden_reason = match standing {
            Standing::Published => None,
            Standing::Hidden { hidden_reason } => Some(hidden_reason.clone()),
        };
        Row {
            id: shown.id.to_string(),
            product_id: product_id.to_string(),
            user_id: user_id.to_string(),
            rating: shown.rating.into(),
            title: shown.title.clone(),
            body: shown.body.clone(),
            status: standing.status().to_string(),
            hidden_reason,
            verified: shown.verified_purchase,
            created_at: At(shown.created_at),
            updated_at: At(shown.updated_at),
        }
    }
}
