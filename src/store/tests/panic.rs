//! A panic in the middle of a transaction: what was open is undone, and the writer goes on.

use futures_util::{FutureExt as _, future::join_all};

use crate::{
    domain::{
        Error,
        idempotency::{Answer, Claim, Keep, Outcome},
    },
    store::{
        Store,
        sqlite::tests::simulated::{Base, Fate, Waiting},
    },
};

/// Has `keys` be kept in one transaction that comes to `fate`; what each was answered.
async fn keep(
    (base, store, waiting): &mut (Base, Store, Waiting),
    keys: &[&str],
    fate: Fate,
) -> Vec<Result<Answer, Error>> {
    let mut all = Box::pin(join_all(keys.iter().map(|key| {
        let claim = Claim { key: (*key).to_owned(), request: "?".to_owned() };
        store.write(Keep { claim, outcome: Outcome::Done("!".to_owned()) })
    })));
    assert!((&mut all).now_or_never().is_none());
    assert_eq!(waiting.look(), (keys.len(), 0));
    base.commit(waiting, keys.len(), fate, false);
    all.await
}

/// How many of `keys` are kept.
fn kept(base: &mut Base, keys: &str) -> serde_json::Value {
    let sql =
        format!("SELECT json_array(COUNT(*)) AS row FROM idempotency_keys WHERE key IN ({keys})");
    base.row(&sql)[0].clone()
}

#[actix_rt::test]
async fn a_panic_in_a_transaction_undoes_it_and_costs_no_other_command() {
    let base = Base::new();
    let (store, waiting) = base.node(false);
    let mut node = (base, store, waiting);

    let alone = keep(&mut node, &["alone"], Fate::Panicked).await;
    let batch = keep(&mut node, &["a", "b", "c"], Fate::Panicked).await;
    let after = keep(&mut node, &["after"], Fate::Done).await;

    assert!(matches!(&alone[..], [Err(Error::Internal { .. })]), "{alone:?}");
    assert_eq!(kept(&mut node.0, "'alone'"), 0);
    // The batch is replayed command by command, and none of them panics a second time.
    assert!(batch.iter().chain(&after).all(Result::is_ok), "{batch:?} {after:?}");
    assert_eq!(kept(&mut node.0, "'a', 'b', 'c', 'after'"), 4);
    assert_eq!(node.1.stats().replays, 1);
}
