//! A subscription by itself: live events, pages of the store, and runs that were left out.

use chrono::DateTime;

use super::*;
use crate::{
    bus::{Channel, frame, sample::Run},
    domain::event::Kind,
};

fn delivery(sequence: i64) -> Delivery {
    let kind = if sequence % 5 == 0 { Kind::OrderPaid } else { Kind::OrderPlaced };
    let (channel, frame) = (Channel::Feed, sequence.to_string().into());
    Delivery { channel, sequence, kind, frame, left_out: None }
}

fn page(sequences: impl IntoIterator<Item = i64>) -> Vec<Delivery> {
    sequences.into_iter().map(delivery).collect()
}

fn at(position: i64) -> Subscription {
    let mut subscription = Subscription::new(None);
    subscription.begin(position, 0);
    subscription
}

fn live_at(position: i64) -> Subscription {
    let mut subscription = at(position);
    assert_eq!(subscription.fill(&[], true, &mut Vec::new()), Next::Live);
    subscription
}

/// The next step after a page, and the sequences that were pushed with it.
fn filled(
    subscription: &mut Subscription,
    sequences: impl IntoIterator<Item = i64>,
    is_all: bool,
) -> (Next, Vec<i64>) {
    let mut pushes = Vec::new();
    let next = subscription.fill(&page(sequences), is_all, &mut pushes);
    (next, pushes.iter().map(|(it, _)| it.sequence).collect())
}

#[test]
fn live_events_are_pushed_once_and_in_order() {
    let mut subscription = live_at(21);
    for (sequence, due) in [
        (20, Step::Nothing),
        (21, Step::Nothing),
        (22, Step::Push(None)),
        (22, Step::Nothing),
        (23, Step::Push(None)),
    ] {
        assert_eq!(subscription.live(&delivery(sequence)), due, "{sequence}");
    }
}

#[test]
fn what_happens_before_the_snapshot_is_read_comes_after_it_if_it_is_newer() {
    let mut subscription = Subscription::new(None);
    for sequence in [20, 21, 22] {
        assert_eq!(subscription.live(&delivery(sequence)), Step::Nothing);
    }

    subscription.begin(21, 0);

    assert_eq!(filled(&mut subscription, [], true), (Next::Live, vec![22]));
    assert_eq!(subscription.live(&delivery(23)), Step::Push(None));
}

#[test]
fn a_gap_in_what_is_live_is_filled_from_the_store() {
    let mut subscription = live_at(21);
    assert_eq!(subscription.live(&delivery(24)), Step::Gap(21));
    assert_eq!(subscription.live(&delivery(25)), Step::Nothing);

    assert_eq!(filled(&mut subscription, [22, 23, 24], true), (Next::Live, vec![22, 23, 24, 25]));
}

#[test]
fn events_that_arrive_in_another_order_are_pushed_in_theirs() {
    let mut subscription = live_at(21);
    assert_eq!(subscription.live(&delivery(23)), Step::Gap(21));
    assert_eq!(subscription.live(&delivery(22)), Step::Nothing);

    assert_eq!(filled(&mut subscription, [], true), (Next::Live, vec![22, 23]));
}

#[test]
fn a_long_absence_is_filled_page_by_page() {
    let mut subscription = at(0);
    assert_eq!(subscription.live(&delivery(251)), Step::Nothing);
    assert_eq!(filled(&mut subscription, 1..=100, false).0, Next::Read(100));
    assert_eq!(filled(&mut subscription, 101..=200, false).0, Next::Read(200));

    let (next, pushed) = filled(&mut subscription, 201..=250, true);

    assert_eq!((next, pushed.first(), pushed.last()), (Next::Live, Some(&201), Some(&251)));
}

#[test]
fn while_the_store_is_behind_it_is_read_again() {
    let mut subscription = live_at(21);
    assert_eq!(subscription.live(&delivery(23)), Step::Gap(21));

    assert_eq!(filled(&mut subscription, [], true), (Next::Read(21), vec![]));
    assert_eq!(filled(&mut subscription, [22], true), (Next::Live, vec![22, 23]));
}

#[test]
fn more_than_can_be_kept_is_read() {
    let mut subscription = at(0);
    let many = i64::try_from(RECENT_MAX).unwrap() + 10;
    for sequence in 1..=many {
        subscription.live(&delivery(sequence));
    }

    assert_eq!(filled(&mut subscription, [1, 2], true), (Next::Read(2), vec![1, 2]));

    let (next, pushed) = filled(&mut subscription, 3..=12, true);
    assert_eq!((next, pushed.len()), (Next::Live, RECENT_MAX + 8));
}

#[test]
fn what_is_not_kept_any_more_is_lost_and_said_to_be() {
    assert_eq!(filled(&mut at(21), [25, 26], true).0, Next::Lost);

    let mut stuck = live_at(21);
    assert_eq!(stuck.live(&delivery(23)), Step::Gap(21));
    let tries: Vec<Next> = (0..4).map(|_| filled(&mut stuck, [], true).0).collect();
    assert_eq!(tries, [Next::Read(21), Next::Read(21), Next::Read(21), Next::Lost]);
}

#[test]
fn a_filter_lets_its_types_through_and_each_names_the_one_before() {
    let types = vec![Kind::OrderPaid];
    let mut subscription = Subscription::new(Some(Filter { types }));
    subscription.begin(7, 5);
    let mut pushes = Vec::new();

    let next = subscription.fill(&page(8..=16), true, &mut pushes);

    let pushed: Vec<_> = pushes.iter().map(|(it, before)| (it.sequence, *before)).collect();
    assert_eq!((next, pushed), (Next::Live, vec![(10, Some(5)), (15, Some(10))]));
    assert_eq!(subscription.live(&delivery(17)), Step::Nothing);
    assert_eq!(subscription.live(&delivery(18)), Step::Nothing);
    assert_eq!(subscription.live(&delivery(19)), Step::Nothing);
    assert_eq!(subscription.live(&delivery(20)), Step::Push(Some(15)));
}

#[test]
fn a_resync_reads_on_from_where_the_client_stands() {
    let mut subscription = live_at(21);
    assert_eq!(subscription.resync(), Some(21));
    assert_eq!(filled(&mut subscription, [], true), (Next::Live, vec![]));
}

#[test]
fn a_resync_while_the_store_is_read_has_it_read_once_more() {
    let mut subscription = at(21);
    assert_eq!(subscription.resync(), None);
    assert_eq!(filled(&mut subscription, [22], true), (Next::Read(22), vec![22]));
    assert_eq!(filled(&mut subscription, [23], true), (Next::Live, vec![23]));
}

/// A run that was left out, all of it paid orders.
fn run(from: i64, to: i64) -> Delivery {
    let count = u64::try_from(to - from + 1).unwrap();
    let of_kind = vec![(Kind::OrderPaid, count, to)];
    let run = Run { from, to, at: DateTime::UNIX_EPOCH, of_kind };
    frame::of_left_out("k", run).unwrap()
}

#[test]
fn a_run_that_was_left_out_leads_from_what_is_before_it_to_what_is_after() {
    let mut subscription = live_at(21);

    assert_eq!(subscription.live(&run(22, 30)), Step::Push(None));
    assert_eq!(subscription.live(&run(22, 30)), Step::Nothing);
    assert_eq!(subscription.live(&delivery(31)), Step::Push(None));
    assert_eq!(subscription.live(&run(33, 40)), Step::Gap(31));

    assert_eq!(filled(&mut subscription, [32], true), (Next::Live, vec![32, 40]));
}

#[test]
fn who_knows_a_part_of_a_run_is_told_the_rest_of_it_whole() {
    let mut subscription = at(25);
    assert_eq!(subscription.live(&run(22, 30)), Step::Nothing);

    assert_eq!(filled(&mut subscription, [26, 27], true), (Next::Read(27), vec![26, 27]));
    assert_eq!(filled(&mut subscription, [28, 29, 30], true), (Next::Live, vec![28, 29, 30]));

    assert_eq!(subscription.live(&run(28, 35)), Step::Gap(30));
}

#[test]
fn of_a_run_a_filter_tells_what_it_would_have_let_through() {
    let types = vec![Kind::OrderPaid];
    let mut wants = Subscription::new(Some(Filter { types }));
    let types = vec![Kind::OrderShipped];
    let mut wants_other = Subscription::new(Some(Filter { types }));
    for subscription in [&mut wants, &mut wants_other] {
        subscription.begin(21, 20);
        subscription.fill(&[], true, &mut Vec::new());
    }

    let Step::Instead((told, previous)) = wants.live(&run(22, 24)) else { panic!("not told") };
    assert_eq!((told.frame, previous), (run(22, 24).frame, Some(20)));
    assert_eq!(wants.live(&delivery(25)), Step::Push(Some(24)));
    assert_eq!(wants_other.live(&run(22, 24)), Step::Nothing);
    assert_eq!(wants_other.live(&delivery(25)), Step::Nothing);
}
