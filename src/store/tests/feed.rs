//! The feed: places without a hole, whoever writes, and what is kept of it.

use futures_util::future::{join, join_all};

use serde_json::json;

use super::*;
use crate::domain::{
    event::{FEED_KEPT, Kind},
    id::{ClaimId, LinkId, MailId},
    mail::{Claim, Ending, Settle},
};

/// Once in how many events the old ones are dropped.
const PRUNE_EVERY: i64 = 500;

#[actix_rt::test]
async fn the_feed_counts_without_a_gap_in_the_order_of_the_commits() {
    let (_database, store, variant) = Database::stocked().await;
    let before = read!(store, event::head()).unwrap();
    for units in 1..=5 {
        store.write(count(variant, units)).await.unwrap();
    }

    let told = read!(store, event::after(before, 100)).unwrap();

    let sequences: Vec<i64> = told.iter().map(|it| it.sequence - before).collect();
    let units: Vec<_> = told.iter().map(|it| it.event.data["available"].clone()).collect();
    assert_eq!(sequences, [1, 2, 3, 4, 5]);
    assert_eq!(units, [1, 2, 3, 4, 5]);
    assert!(told.iter().all(|it| it.event.kind == Kind::StockChanged));
}

/// On SQLite the other one is a process that imports.
#[actix_rt::test]
async fn whoever_reads_the_feed_while_two_processes_write_finds_no_hole() {
    const EACH: i64 = 100;
    let (database, one, variant) = Database::stocked().await;
    let other = Store::open(&database.url).unwrap();
    let before = read!(one, event::head()).unwrap();
    let writing = [&one, &other]
        .map(|store| join_all((0..EACH).map(|units| store.write(count(variant, units)))));
    let reading = async {
        let mut seen = Vec::new();
        while seen.len() < usize::try_from(2 * EACH).unwrap() {
            let last = seen.last().copied().unwrap_or(before);
            let page = read!(one, event::after(last, 1_000)).unwrap();
            seen.extend(page.iter().map(|it| it.sequence));
        }
        seen
    };

    let (seen, written) = join(reading, join_all(writing)).await;

    assert!(written.iter().flatten().all(Result::is_ok));
    assert_eq!(seen, (before + 1..=before + 2 * EACH).collect::<Vec<i64>>());
}

#[actix_rt::test]
async fn what_nobody_can_ask_for_any_more_is_dropped_from_the_feed() {
    let (database, store, variant) = Database::stocked().await;
    let (from, last) = (read!(store, event::head()).unwrap() + 1, FEED_KEPT + PRUNE_EVERY - 1);
    let id = "'000000000000' || n.at";
    let sql = format!(
        "WITH RECURSIVE n (at) AS (SELECT {from} UNION ALL SELECT at + 1 FROM n WHERE at < {last})
        INSERT INTO events (id, kind, at, data, place)
        SELECT '00000000-0000-7000-8000-' || substr({id}, length({id}) - 11), 'stock.changed',
            CURRENT_TIMESTAMP, '{{}}', n.at FROM n"
    );
    database.execute(&sql).unwrap();

    store.write(count(variant, 5)).await.unwrap();

    let told = read!(store, event::after(0, 2 * FEED_KEPT)).unwrap();
    let places = told.iter().map(|it| it.sequence);
    assert!(places.eq(PRUNE_EVERY + 1..=FEED_KEPT + PRUNE_EVERY));
}

#[actix_rt::test]
async fn of_a_letter_that_is_given_up_admins_hear_once_and_not_to_whom_it_was() {
    let (_database, store, _) = Database::stocked().await;
    let (id, claim, confirm) = (UserId::new(), ClaimId::new(), Some(LinkId::new()));
    let email = Email::parse("ada@example.com").unwrap();
    let (name, password_hash, role) = ("Ada".to_owned(), String::new(), Role::Customer);
    let register = Register { id, email, name, password_hash, role, session: None, confirm };
    store.write(register).await.unwrap();
    let before = read!(store, event::head()).unwrap();
    let claimed = store.write(Claim { id: claim, at_most: 2 }).await.unwrap();
    assert_eq!(claimed.len(), 1);
    let (mail, gone) = (claimed[0].mail.id, MailId::new());
    let settle = Settle { claim, endings: vec![(mail, Ending::Failed), (gone, Ending::Failed)] };

    store.write(settle.clone()).await.unwrap();
    assert!(store.write(settle).await.is_err());

    let told = read!(store, event::after(before, 100)).unwrap();
    let told: Vec<_> = told.iter().map(|it| (it.event.kind, (*it.event.data).clone())).collect();
    let data = json!({ "mail_id": mail, "user_id": id, "order_id": null });
    assert_eq!(told, [(Kind::MailFailed, data)]);
}

fn count(variant: VariantId, units: i64) -> ChangeStock {
    ChangeStock { variant, change: StockChange::Set(units), reason: "count".into() }
}

/// A power failure may take back what somebody has seen; on PostgreSQL nobody sees it before it is kept.
#[actix_rt::test]
async fn the_epoch_ends_with_the_run_of_the_machine_and_not_with_that_of_a_process() {
    let (database, first, _) = Database::stocked().await;
    let epoch = read!(first, event::epoch()).unwrap();
    let again = || {
        migrate(&database.url, Migration::Up).unwrap();
        Store::open(&database.url).unwrap()
    };
    let second = again();
    assert_eq!(read!(second, event::epoch()).unwrap(), epoch);

    database.execute("UPDATE epochs SET boot = 'another'").unwrap();
    let (third, fourth) = (again(), again());
    let ended = read!(third, event::epoch()).unwrap();
    assert_eq!(ended != epoch, matches!(database.url, Url::Sqlite(_)), "{epoch} {ended}");
    assert_eq!(read!(fourth, event::epoch()).unwrap(), ended);
}
