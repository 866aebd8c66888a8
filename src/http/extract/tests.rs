//! Which orders open to whom.

use super::*;
use crate::domain::{
    account::Role,
    id::{CartId, SessionId},
};

fn keys() -> Keys {
    Keys::new([&b"a secret"[..]]).unwrap()
}

fn caller(user: UserId, role: Role) -> Option<Caller> {
    let expires_at = chrono::DateTime::UNIX_EPOCH;
    Some(Caller { user, session: SessionId::new(), role, expires_at })
}

fn opens(caller: Option<Caller>, token: Option<String>, order: OrderId, buyer: Buyer) -> bool {
    Holder { caller, token, keys: keys() }.opens(order, buyer).is_ok()
}

#[test]
fn an_order_opens_to_its_owner_and_to_admins_alone() {
    let (order, owner) = (OrderId::new(), UserId::new());
    let buyer = Buyer::User(owner);

    assert!(opens(caller(owner, Role::Customer), None, order, buyer));
    assert!(opens(caller(UserId::new(), Role::Admin), None, order, buyer));
    assert!(!opens(caller(UserId::new(), Role::Customer), None, order, buyer));
    assert!(!opens(None, Some(keys().proofs().order(order)), order, buyer));
}

#[test]
fn a_guest_with_another_token_is_refused_before_the_order_is_looked_at() {
    let order = OrderId::new();
    let may = |caller, token| Holder::new(caller, token, keys()).may_open(order).is_ok();

    assert!(may(None, Some(keys().proofs().order(order))));
    assert!(may(caller(UserId::new(), Role::Customer), None), "whose order it is isn't known");
    assert!(!may(None, Some(keys().proofs().order(OrderId::new()))));
    assert!(!may(None, Some(String::new())));
    assert!(!may(None, None));
}

#[test]
fn a_guests_order_opens_to_its_own_token() {
    let (order, buyer) = (OrderId::new(), Buyer::Guest(CartId::new()));

    assert!(opens(None, Some(keys().proofs().order(order)), order, buyer));
    assert!(!opens(None, Some(keys().proofs().order(OrderId::new())), order, buyer));
    assert!(!opens(None, Some(String::new()), order, buyer));
    assert!(!opens(caller(UserId::new(), Role::Customer), None, order, buyer));
}
