//! Changes of orders.

use super::{statements::carts, *};
use crate::domain::{
    account::manage::{Manage, Step},
    id::DeliveryId,
    idempotency::{Answer, Claim, Keep, Outcome},
    order::{
        Order, Status,
        change::{Advance, Advanced, NewDelivery},
        deliver::Expected,
    },
    payment::Verdict,
};

#[actix_rt::test]
async fn a_change_under_a_key_that_answers_another_request_is_written_and_logged() {
    let (_database, store, _) = Database::stocked().await;
    let place = carts(&store, 1).await.remove(0);
    let order = store.write(place).await.unwrap().order.unwrap();
    let claim = |request: &str| Claim { key: "a key".to_owned(), request: request.to_owned() };
    let outcome = Outcome::Done("{}".to_owned());
    store.write(Keep { claim: claim("another"), outcome: outcome.clone() }).await.unwrap();

    let change = order.cancel(None, now()).unwrap();
    let claim = Some((claim("this one"), Answer::fresh(outcome)));
    let advanced = store.write(Advance { change, claim }).await.unwrap();

    assert!(matches!(advanced, Advanced::Clashed), "{advanced:?}");
    let id = order.id;
    assert_eq!(read!(store, order::get(id)).unwrap().status, Status::Cancelled);
    let page = Page::new(Some(1), None).unwrap();
    let last = read!(store, audit::page(Filter::default(), page)).unwrap().items.remove(0);
    assert_eq!(last.action, Action::OrderCancelled.as_str());
}

/// An order that is paid, with its parcel.
async fn paid(store: &Store) -> Order {
    let place = carts(store, 1).await.remove(0);
    let order = store.write(place).await.unwrap().order.unwrap();
    let claim = Claim { key: "to pay".to_owned(), request: String::new() };
    let change = order.attempt("tok_success", &claim, now(), now()).unwrap();
    let attempted = change.order.clone();
    store.write(Advance { change, claim: None }).await.unwrap();
    let verdict = Verdict::Captured { reference: "emu".to_owned() };
    let delivery = NewDelivery { id: DeliveryId::new(), eta: None, due_at: None };
    let change = attempted.settle(attempted.payment.attempt, &verdict, delivery, now());
    let change = change.unwrap().unwrap();
    let order = change.order.clone();
    store.write(Advance { change, claim: None }).await.unwrap();
    order
}

#[actix_rt::test]
async fn a_parcel_goes_to_nobody_who_is_no_courier_any_more_when_that_is_written() {
    let (_database, store, _) = Database::stocked().await;
    let order = paid(&store).await;
    let register = Register {
        id: UserId::new(),
        email: Email::parse("courier@example.com").unwrap(),
        name: "Ada Byron".to_owned(),
        password_hash: String::new(),
        role: Role::Courier,
        session: None,
        confirm: None,
    };
    let user = store.write(register).await.unwrap().id;
    let manage = |step: Step| Manage { user, step, reason: None };
    let expect = |_: &Order, _: &_| Expected::default();
    let parcel = order.deliveries[0].id;
    let change = order.assign(parcel, Some(user), &expect, now()).unwrap().unwrap();
    let give = Advance { change, claim: None };

    for (step, back) in [
        (Step::Suspend(None), Step::Unsuspend),
        (Step::GiveRole(Role::Customer), Step::GiveRole(Role::Courier)),
    ] {
        store.write(manage(step)).await.unwrap();
        let refused = store.write(give.clone()).await.unwrap_err();
        assert_eq!(refused.code(), "not_a_courier");
        assert_eq!(read!(store, order::get(order.id)).unwrap().version, order.version);
        store.write(manage(back)).await.unwrap();
    }
    assert!(matches!(store.write(give).await, Ok(Advanced::Done)));
    let given = read!(store, order::get(order.id)).unwrap();
    assert_eq!(given.deliveries[0].courier, Some(user));
}
