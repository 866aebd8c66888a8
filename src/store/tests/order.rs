//! Changes of orders.

use super::{statements::carts, *};
use crate::domain::{
    account::manage::{Manage, Step},
    id::DeliveryId,
    idempotency::{Answer, Claim, Keep, Outcome},
    order::{
        Order, Status,
        change::{Advance, Advanced, Claimed, NewDelivery},
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
    let claim = Claimed::Answered(claim("this one"), Answer::fresh(outcome));
    let advanced = store.write(Advance { change, claim }).await.unwrap();

    assert!(matches!(advanced, Advanced::Clashed), "{advanced:?}");
    let id = order.id;
    assert_eq!(read!(store, order::get(id)).unwrap().status, Status::Cancelled);
    let page = Page::new(Some(1), None).unwrap();
    let last = read!(store, audit::page(Filter::default(), page)).unwrap().items.remove(0);
    assert_eq!(last.action, Action::OrderCancelled.as_str());
}

#[actix_rt::test]
async fn a_change_whose_claim_is_to_be_unanswered_is_written_only_where_it_is() {
    let (_database, store, _) = Database::stocked().await;
    let place = carts(&store, 1).await.remove(0);
    let order = store.write(place).await.unwrap().order.unwrap();
    let id = order.id;
    let claim = |request: &str| Claim { key: "a key".to_owned(), request: request.to_owned() };
    let outcome = Outcome::Done("{}".to_owned());
    store.write(Keep { claim: claim("this one"), outcome: outcome.clone() }).await.unwrap();
    let cancel = |claim| Advance { change: order.cancel(None, now()).unwrap(), claim };

    let again = store.write(cancel(Claimed::Unanswered(claim("this one")))).await.unwrap();
    let another = store.write(cancel(Claimed::Unanswered(claim("another")))).await.unwrap_err();
    let version = read!(store, order::get(id)).unwrap().version;
    let other = Claim { key: "another key".to_owned(), ..claim("this one") };
    let first = store.write(cancel(Claimed::Unanswered(other.clone()))).await.unwrap();

    assert!(matches!(again, Advanced::Replayed(it) if it.outcome == outcome && it.replayed));
    assert_eq!((another.code(), version), ("idempotency_key_reused", order.version));
    assert!(matches!(first, Advanced::Done));
    assert_eq!(read!(store, order::get(id)).unwrap().status, Status::Cancelled);
    let kept = read!(store, idempotency::find(other.key)).unwrap();
    assert!(kept.is_none(), "nothing was answered yet");
}

/// An order that is paid, with its parcel.
async fn paid(store: &Store) -> Order {
    let place = carts(store, 1).await.remove(0);
    let order = store.write(place).await.unwrap().order.unwrap();
    let claim = Claim { key: "to pay".to_owned(), request: String::new() };
    let change = order.attempt("tok_success", &claim, now(), now()).unwrap();
    let attempted = change.order.clone();
    store.write(Advance { change, claim: Claimed::Not }).await.unwrap();
    let verdict = Verdict::Captured { reference: "emu".to_owned() };
    let delivery = NewDelivery { id: DeliveryId::new(), eta: None, due_at: None };
    let change = attempted.settle(attempted.payment.attempt, &verdict, delivery, now());
    let change = change.unwrap().unwrap();
    let order = change.order.clone();
    store.write(Advance { change, claim: Claimed::Not }).await.unwrap();
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
    let give = Advance { change, claim: Claimed::Not };

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
