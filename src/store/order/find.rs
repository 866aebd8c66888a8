//! Finding orders among all of them, for those who run the shop.

use diesel::prelude::*;

use super::{
    super::{Backend, Conn, snapshot},
    complete,
    rows::OrderRow,
};
use crate::{
    domain::{
        Error,
        order::{
            Order,
            find::{Asked, Filter, Key},
        },
        page::{Listed, Page},
    },
    store::{
        at::At,
        schema::{orders, payments, users},
    },
};

/// The orders that `filter` lets through, the newest first.
pub fn find(conn: &mut Conn, filter: Filter, page: Page<Key>) -> Result<Listed<Order, Key>, Error> {
    snapshot(conn, |conn| {
        let Filter { status, payment_status, user, asked, from, to } = filter;
        let mut query = orders::table
            .order((orders::placed_at.desc(), orders::id.desc()))
            .limit(page.limit.saturating_add(1))
            .select(OrderRow::as_select())
            .into_boxed::<Backend>();
        if let Some(status) = status {
            query = query.filter(orders::status.eq(status.as_str()));
        }
        if let Some(status) = payment_status {
            let paid = payments::table
                .filter(payments::status.eq(status.as_str()))
                .select(payments::order_id);
            query = query.filter(orders::id.eq_any(paid));
        }
        if let Some(user) = user {
            query = query.filter(orders::user_id.eq(user.to_string()));
        }
        match asked {
            Some(Asked::Number(number)) => query = query.filter(orders::number.eq(number)),
            Some(Asked::Email(email)) => {
                let email = email.as_str().to_owned();
                let user: Option<String> = users::table
                    .filter(users::email.eq(&email))
                    .select(users::id)
                    .first(conn)
                    .optional()?;
                let of_guest = orders::email.eq(email);
                query = match user {
                    Some(user) => query.filter(of_guest.or(orders::user_id.eq(user))),
                    None => query.filter(of_guest),
                };
            }
            None => {}
        }
        if let Some(from) = from {
            query = query.filter(orders::placed_at.ge(At(from)));
        }
        if let Some(to) = to {
            query = query.filter(orders::placed_at.lt(At(to)));
        }
        if let Some(Key { placed_at, id }) = page.after {
            // The first condition says nothing more, but is one that an index begins with.
            let at = At(placed_at);
            let older = orders::placed_at.lt(at).or(orders::id.lt(id.to_string()));
            query = query.filter(orders::placed_at.le(at)).filter(older);
        }
        let rows = query.load(conn)?;
        let key = |order: &Order| Key { placed_at: order.placed_at, id: order.id };
        Ok(Listed::cut(complete(conn, rows)?, page.limit, key))
    })
}
