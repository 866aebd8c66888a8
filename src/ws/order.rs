//! `order:{id}`: everything that happens to one order, to its buyer and to admins.

use serde_json::value::to_raw_value;

use super::topic::{Ask, Opening, Who};
use crate::{
    domain::{Error, id::OrderId},
    http::{extract::Holder, token::Keys},
    store::read,
};

/// All of a timeline is kept.
const OLDEST: i64 = 1;

/// The order as it is now, and how much of its timeline is known with it. Of one that a client comes
/// back to little is read: after a restart all come back at once.
pub async fn open(ask: &Ask<'_>, id: OrderId) -> Result<Opening, Error> {
    let holder = holder(ask.keys, &ask.who, ask.follow.order_token.as_deref());
    holder.may_open(id)?;
    if ask.follow.since.is_some() {
        let (buyer, head) = read!(ask.store, order::head(id))?;
        holder.opens(id, buyer)?;
        if let Some(resumed) = ask.resumed(OLDEST, head) {
            return Ok(resumed);
        }
    }
    let mut order = read!(ask.store, order::get(id))?;
    holder.opens(id, order.buyer)?;
    if holder.owns(id, order.buyer) {
        order = order.with_codes();
    }
    let snapshot = to_raw_value(&order).map_err(Error::internal("writing an order"))?;
    Ok(ask.opening(OLDEST, order.sequence, snapshot))
}

/// Whoever may hold an order: by the account that the socket has shown, or by the order's `token`.
pub fn holder(keys: &Keys, who: &Who, token: Option<&str>) -> Holder {
    Holder::new(who.caller, token.map(str::to_owned), keys.clone())
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::{
        domain::{
            account::Role,
            cart::Buyer,
            id::{CartId, SessionId, UserId},
        },
        http::token::Caller,
    };

    fn user(user: UserId, role: Role) -> Who {
        let (session, expires_at) = (SessionId::new(), DateTime::UNIX_EPOCH);
        Who { caller: Some(Caller { user, session, role, expires_at }), cart: None }
    }

    #[test]
    fn an_order_is_its_buyers_and_the_admins() {
        let keys = Keys::new(&[b"secret".to_vec()]).unwrap();
        let (order, ada, cart) = (OrderId::new(), UserId::new(), CartId::new());
        let token = keys.proofs().order(order);
        let guest = Who { caller: None, cart: Some(cart) };
        let may = |who: &Who, token, buyer| holder(&keys, who, token).opens(order, buyer).is_ok();

        assert!(may(&user(ada, Role::Customer), None, Buyer::User(ada)));
        assert!(may(&user(UserId::new(), Role::Admin), None, Buyer::User(ada)));
        assert!(may(&Who::default(), Some(&token), Buyer::Guest(cart)));

        assert!(!may(&user(UserId::new(), Role::Customer), None, Buyer::User(ada)));
        assert!(!may(&guest, None, Buyer::Guest(cart)), "a cart's token opens no order");
        assert!(!may(&Who::default(), Some(&token), Buyer::User(ada)), "it is no guest's order");
        let other = keys.proofs().order(OrderId::new());
        assert!(!may(&Who::default(), Some(&other), Buyer::Guest(cart)));
    }
}
