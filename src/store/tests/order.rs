//! Changes of orders.

use super::{statements::carts, *};
use crate::domain::{
    idempotency::{Answer, Claim, Keep, Outcome},
    order::{
        Status,
        change::{Advance, Advanced},
    },
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
