//! What a socket follows: a stored topic, of which it gets every event, or a state topic, of which
//! it gets the latest.

use super::subscription::{Next, Push, Step, Subscription};
use crate::{
    bus::{Channel, Delivery},
    ws::protocol::Filter,
};

/// One socket's place in one topic.
#[derive(Debug)]
pub enum Following {
    Stored(Subscription),
    State(Latest),
}

/// One socket's place in a state topic.
#[derive(Debug)]
pub struct Latest {
    /// The sequence of what the client knows; none until it is told where the client stands.
    position: Option<i64>,
    /// The latest that came before that.
    waiting: Option<Delivery>,
}

impl Following {
    /// One that keeps what comes until it is told where the client stands.
    pub fn new(channel: Channel, filter: Option<Filter>) -> Self {
        match channel {
            Channel::Order(_) | Channel::User(_) | Channel::Feed => {
                Following::Stored(Subscription::new(filter))
            }
            Channel::Product(_)
            | Channel::Cart(_)
            | Channel::Delivery(_)
            | Channel::Stats
            | Channel::Presence => Following::State(Latest { position: None, waiting: None }),
        }
    }

    /// The client stands at `position`; of what its filter lets through it knows `previous`.
    pub fn begin(&mut self, position: i64, previous: i64) {
        match self {
            Following::Stored(subscription) => subscription.begin(position, previous),
            Following::State(latest) => latest.position = Some(position),
        }
    }

    /// Something has happened.
    pub fn live(&mut self, delivery: &Delivery) -> Step {
        match self {
            Following::Stored(subscription) => subscription.live(delivery),
            Following::State(latest) => latest.live(delivery),
        }
    }

    /// Takes what the store had after the position, in order; see [`Subscription::fill`]. Of a state
    /// nothing is stored: what has come meanwhile is pushed.
    pub fn fill(&mut self, page: &[Delivery], is_all: bool, pushes: &mut Vec<Push>) -> Next {
        match self {
            Following::Stored(subscription) => subscription.fill(page, is_all, pushes),
            Following::State(latest) => {
                let waiting = latest.waiting.take();
                let later = waiting.filter(|it| latest.live(it) == Step::Push(None));
                pushes.extend(later.map(|it| (it, None)));
                Next::Live
            }
        }
    }

    /// Something may have been missed: says where to read on, if that is not going on already. Of a
    /// state nothing can be: each push is the whole of it.
    pub fn resync(&mut self) -> Option<i64> {
        match self {
            Following::Stored(subscription) => subscription.resync(),
            Following::State(_) => None,
        }
    }
}

impl Latest {
    fn live(&mut self, delivery: &Delivery) -> Step {
        let Some(position) = &mut self.position else {
            if self.waiting.as_ref().is_none_or(|it| it.sequence < delivery.sequence) {
                self.waiting = Some(delivery.clone());
            }
            return Step::Nothing;
        };
        if delivery.sequence <= *position {
            return Step::Nothing;
        }
        *position = delivery.sequence;
        Step::Push(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{event::Kind, id::ProductId};

    fn state() -> Following {
        Following::new(Channel::Product(ProductId::new()), None)
    }

    fn at(sequence: i64) -> Delivery {
        let (channel, kind) = (Channel::Product(ProductId::new()), Kind::CatalogueChanged);
        let frame = sequence.to_string().into();
        Delivery { channel, sequence, kind, frame, left_out: None }
    }

    #[test]
    fn what_is_no_later_than_what_the_client_knows_is_not_pushed() {
        let mut state = state();
        state.begin(7, 0);

        for (sequence, due) in [
            (6, Step::Nothing),
            (7, Step::Nothing),
            (9, Step::Push(None)),
            (8, Step::Nothing),
            (12, Step::Push(None)),
        ] {
            assert_eq!(state.live(&at(sequence)), due, "{sequence}");
        }
    }

    #[test]
    fn of_what_came_before_the_client_had_its_answer_the_latest_is_pushed() {
        let mut state = state();
        for sequence in [8, 11, 10] {
            assert_eq!(state.live(&at(sequence)), Step::Nothing);
        }
        state.begin(9, 0);
        let mut pushes = Vec::new();

        let next = state.fill(&[], true, &mut pushes);

        assert_eq!(next, Next::Live);
        let sequences: Vec<i64> = pushes.iter().map(|(it, _)| it.sequence).collect();
        assert_eq!(sequences, [11]);
    }

    #[test]
    fn nothing_came_or_nothing_new_and_nothing_is_pushed() {
        for before in [None, Some(9)] {
            let mut state = state();
            before.map(|sequence| state.live(&at(sequence)));
            state.begin(9, 0);
            let mut pushes = Vec::new();

            state.fill(&[], true, &mut pushes);

            assert_eq!(pushes, []);
        }
    }
}
