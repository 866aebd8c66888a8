//! One socket's place in one stored topic: each event once, in order, none left out.
//!
//! What happens is delivered live; what was missed is read from the store. A subscription is
//! *catching up* until the two have met: live deliveries are kept meanwhile, a few of them, for
//! what can't be kept will be read. When a live delivery does not go on where the last one stood,
//! it catches up again.

use std::collections::BTreeMap;

use crate::{bus::Delivery, ws::protocol::Filter};

/// How many live deliveries are kept while the store is read: more than come in that time.
const RECENT_MAX: usize = 256;
/// How often in a row the store may have nothing to fill a gap with before that is hopeless.
const STALLS_MAX: u8 = 3;

/// One socket's place in one stored topic.
#[derive(Debug)]
pub struct Subscription {
    filter: Option<Filter>,
    /// Everything up to this sequence is known to the client.
    position: i64,
    /// The last sequence up to it that the filter let through.
    previous: i64,
    state: State,
}

#[derive(Debug)]
enum State {
    Live,
    CatchingUp {
        recent: BTreeMap<i64, Delivery>,
        stalls: u8,
        /// What was read up to now proves nothing: it has to be read once more.
        again: bool,
    },
}

/// What becomes of a live delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It is pushed; on a filtered feed with the sequence of the match before it.
    Push(Option<i64>),
    /// It is known already, not wanted, or kept.
    Nothing,
    /// Something before it is missing: what follows this sequence is to be read.
    Gap(i64),
}

/// What is pushed, and on a filtered feed the sequence of the match before it.
pub type Push = (Delivery, Option<i64>);

/// What comes after a page of what was missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Everything is known: deliveries go on live.
    Live,
    /// What follows this sequence is to be read.
    Read(i64),
    /// What is missing is not kept any more.
    Lost,
}

impl Subscription {
    /// One that keeps what comes until it is told where the client stands.
    pub fn new(filter: Option<Filter>) -> Self {
        let state = State::catching_up(BTreeMap::new());
        Subscription { filter, position: i64::MAX, previous: 0, state }
    }

    /// The client stands at `position`; of what its filter lets through it knows `previous`.
    pub fn begin(&mut self, position: i64, previous: i64) {
        (self.position, self.previous) = (position, previous);
    }

    /// Something has happened.
    pub fn live(&mut self, delivery: &Delivery) -> Step {
        match &mut self.state {
            State::CatchingUp { recent, .. } => {
                recent.insert(delivery.sequence, delivery.clone());
                if recent.len() > RECENT_MAX {
                    recent.pop_first();
                }
                Step::Nothing
            }
            State::Live if delivery.sequence <= self.position => Step::Nothing,
            State::Live if delivery.sequence == self.position.saturating_add(1) => {
                self.accept(delivery).map_or(Step::Nothing, Step::Push)
            }
            State::Live => {
                let recent = BTreeMap::from([(delivery.sequence, delivery.clone())]);
                self.state = State::catching_up(recent);
                Step::Gap(self.position)
            }
        }
    }

    /// Takes what the store had after the position, in order. `is_all` if there was no more when it
    /// was read; what is to be pushed is added to `pushes`.
    pub fn fill(&mut self, page: &[Delivery], is_all: bool, pushes: &mut Vec<Push>) -> Next {
        for delivery in page {
            if delivery.sequence <= self.position {
                continue;
            }
            if delivery.sequence != self.position.saturating_add(1) {
                return Next::Lost;
            }
            pushes.extend(self.accept(delivery).map(|previous| (delivery.clone(), previous)));
        }
        if !is_all {
            return Next::Read(self.position);
        }
        self.meet(page.is_empty(), pushes)
    }

    /// Something may have been missed: says where to read on, if that is not going on already.
    pub fn resync(&mut self) -> Option<i64> {
        match &mut self.state {
            State::CatchingUp { again, .. } => {
                *again = true;
                None
            }
            State::Live => {
                self.state = State::catching_up(BTreeMap::new());
                Some(self.position)
            }
        }
    }

    /// Goes live if what was kept goes on where the store ended.
    fn meet(&mut self, was_empty: bool, pushes: &mut Vec<Push>) -> Next {
        let State::CatchingUp { recent, stalls, again } = &mut self.state else {
            return Next::Live;
        };
        if std::mem::take(again) {
            return Next::Read(self.position);
        }
        let stalls = if was_empty { stalls.saturating_add(1) } else { 0 };
        let mut recent = std::mem::take(recent);
        while let Some((sequence, delivery)) = recent.pop_first() {
            if sequence > self.position.saturating_add(1) {
                recent.insert(sequence, delivery);
                break;
            }
            if sequence > self.position {
                pushes.extend(self.accept(&delivery).map(|previous| (delivery, previous)));
            }
        }
        if recent.is_empty() {
            self.state = State::Live;
            return Next::Live;
        }
        self.state = State::CatchingUp { recent, stalls, again: false };
        if stalls > STALLS_MAX { Next::Lost } else { Next::Read(self.position) }
    }

    /// Moves on by one event. Some if it is to be pushed.
    fn accept(&mut self, delivery: &Delivery) -> Option<Option<i64>> {
        self.position = delivery.sequence;
        match &self.filter {
            None => Some(None),
            Some(filter) if filter.types.contains(&delivery.kind) => {
                Some(Some(std::mem::replace(&mut self.previous, delivery.sequence)))
            }
            Some(_) => None,
        }
    }
}

impl State {
    fn catching_up(recent: BTreeMap<i64, Delivery>) -> Self {
        State::CatchingUp { recent, stalls: 0, again: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{bus::Channel, domain::event::Kind};

    fn delivery(sequence: i64) -> Delivery {
        let kind = if sequence % 5 == 0 { Kind::OrderPaid } else { Kind::OrderPlaced };
        Delivery { channel: Channel::Feed, sequence, kind, frame: sequence.to_string().into() }
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

        assert_eq!(
            filled(&mut subscription, [22, 23, 24], true),
            (Next::Live, vec![22, 23, 24, 25])
        );
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
}
