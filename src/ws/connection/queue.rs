//! What waits for one socket, and how much of it may wait.

use std::collections::VecDeque;

use actix_web::web::{Bytes, BytesMut};
use prometheus_client::metrics::gauge::Gauge;

/// What holding a frame costs beside its bytes, so that tiny ones are not free.
const FRAME_COST: usize = 64;
/// How much is handed over at once: half of what the framework gathers before it writes.
const CHUNK_BYTES: usize = 16 * 1024;

/// What the queues of all sockets of a node may hold together, in bytes. Clones share it.
///
/// No queue may hold more than is left for all. So the more of them grow, the less is left to each,
/// and there is always something left: of `n` clients that don't read, each has the `n + 1`th part of
/// the whole, and as much is there for whoever reads. The fullest are the first that have too much.
#[derive(Debug, Clone)]
pub struct Budget {
    spent: Gauge,
    bytes_max: usize,
}

impl Budget {
    /// `spent` is what is held by now.
    pub fn new(spent: Gauge, bytes_max: usize) -> Self {
        Budget { spent, bytes_max }
    }

    /// What one queue may hold now.
    pub fn left(&self) -> usize {
        let spent = usize::try_from(self.spent.get()).unwrap_or(0);
        self.bytes_max.saturating_sub(spent)
    }

    fn spend(&self, bytes: usize) {
        self.spent.inc_by(counted(bytes));
    }

    fn give_back(&self, bytes: usize) {
        self.spent.dec_by(counted(bytes));
    }
}

/// A gauge counts in 64 bits with a sign, which hold any memory there is.
fn counted(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// Frames in the order in which they go out, within a budget of bytes.
#[derive(Debug)]
pub struct Queue {
    frames: VecDeque<Bytes>,
    /// What is left of a piece whose beginning has gone out: nothing may come before it.
    begun: Option<Bytes>,
    /// Goes out before all others, and is not counted: a socket has one of it at most.
    urgent: Option<Bytes>,
    bytes: usize,
    bytes_max: usize,
    /// Of all queues.
    all: Budget,
}

/// The budget is spent, its own or that of all: the client reads more slowly than things happen to it.
#[derive(Debug, PartialEq, Eq)]
pub struct Overflow;

impl Queue {
    pub fn new(bytes_max: usize, all: Budget) -> Self {
        Queue { frames: VecDeque::new(), begun: None, urgent: None, bytes: 0, bytes_max, all }
    }

    pub fn push(&mut self, frame: Bytes) -> Result<(), Overflow> {
        let bytes = self.bytes.saturating_add(cost(&frame));
        // Whoever has read everything is not refused, whatever others leave.
        let is_too_much = self.bytes > 0 && bytes > self.all.left();
        if bytes > self.bytes_max || is_too_much {
            return Err(Overflow);
        }
        self.push_last(frame);
        Ok(())
    }

    /// Lets `frame` overtake what waits.
    pub fn push_urgent(&mut self, frame: Bytes) {
        self.urgent = Some(frame);
    }

    /// The last frame that there will be: it goes out whatever the budget says.
    pub fn push_last(&mut self, frame: Bytes) {
        self.count(&frame);
        self.frames.push_back(frame);
    }

    /// Takes back what did not go out of a piece.
    pub fn put_back(&mut self, rest: Bytes) {
        self.count(&rest);
        self.begun = Some(rest);
    }

    /// What goes out next: one frame as it is, or several small ones in one piece.
    pub fn pop(&mut self) -> Option<Bytes> {
        if let Some(rest) = self.begun.take() {
            self.uncount(&rest);
            return Some(rest);
        }
        if let Some(urgent) = self.urgent.take() {
            return Some(urgent);
        }
        let first = self.take()?;
        let fits = |queue: &Self, bytes: usize| {
            queue.frames.front().is_some_and(|it| it.len().saturating_add(bytes) <= CHUNK_BYTES)
        };
        if !fits(self, first.len()) {
            return Some(first);
        }
        let mut chunk = BytesMut::with_capacity(CHUNK_BYTES.min(self.bytes));
        chunk.extend_from_slice(&first);
        while fits(self, chunk.len()) {
            match self.take() {
                Some(frame) => chunk.extend_from_slice(&frame),
                None => break,
            }
        }
        Some(chunk.freeze())
    }

    /// Drops all that waits, but for the rest of what the client has read the beginning of.
    pub fn clear(&mut self) {
        let begun = self.begun.take();
        *self = Queue::new(self.bytes_max, self.all.clone());
        if let Some(rest) = begun {
            self.put_back(rest);
        }
    }

    /// How much waits, as the budget counts it.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    fn take(&mut self) -> Option<Bytes> {
        let frame = self.frames.pop_front()?;
        self.uncount(&frame);
        Some(frame)
    }

    fn count(&mut self, frame: &Bytes) {
        self.bytes = self.bytes.saturating_add(cost(frame));
        self.all.spend(cost(frame));
    }

    fn uncount(&mut self, frame: &Bytes) {
        self.bytes = self.bytes.saturating_sub(cost(frame));
        self.all.give_back(cost(frame));
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.all.give_back(self.bytes);
    }
}

fn cost(frame: &Bytes) -> usize {
    frame.len().saturating_add(FRAME_COST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(bytes_max: usize) -> Queue {
        Queue::new(bytes_max, Budget::new(Gauge::default(), 1 << 30))
    }

    fn frame(length: usize) -> Bytes {
        Bytes::from(vec![b'x'; length])
    }

    #[test]
    fn the_budget_is_what_waits_and_not_what_went_out() {
        let mut queue = queue(1024 + FRAME_COST);
        queue.push(frame(1024)).unwrap();
        assert_eq!(queue.push(frame(1)), Err(Overflow));

        queue.pop().unwrap();

        assert_eq!(queue.bytes(), 0);
        queue.push(frame(1024)).unwrap();
    }

    #[test]
    fn empty_frames_are_not_free() {
        let mut queue = queue(1024);
        let taken = (0..100).take_while(|_| queue.push(frame(0)).is_ok()).count();
        assert_eq!(taken, 1024 / FRAME_COST);
    }

    #[test]
    fn small_frames_go_out_together_and_in_order() {
        let mut queue = queue(1 << 20);
        for text in ["one", "two", "three"] {
            queue.push(Bytes::from_static(text.as_bytes())).unwrap();
        }
        assert_eq!(queue.pop().unwrap().as_ref(), b"onetwothree");
        assert_eq!(queue.pop(), None);
    }

    #[test]
    fn a_piece_has_a_size_that_one_frame_alone_may_exceed() {
        let mut queue = queue(1 << 20);
        for length in [10_000, 6_000, 1_000, 50_000, 1] {
            queue.push(frame(length)).unwrap();
        }
        let mut lengths = Vec::new();
        while let Some(chunk) = queue.pop() {
            lengths.push(chunk.len());
        }
        assert_eq!(lengths, [16_000, 1_000, 50_000, 1]);
        assert_eq!(queue.bytes(), 0);
    }

    #[test]
    fn what_is_urgent_overtakes_and_the_last_word_always_fits() {
        let mut queue = queue(FRAME_COST + 1);
        queue.push(frame(1)).unwrap();
        queue.push_urgent(Bytes::from_static(b"ping"));
        queue.push_last(Bytes::from_static(b"bye"));

        assert_eq!(queue.pop().unwrap().as_ref(), b"ping");
        assert_eq!(queue.pop().unwrap().as_ref(), b"xbye");
    }

    #[test]
    fn nothing_comes_between_the_parts_of_a_piece() {
        let mut queue = queue(1 << 20);
        queue.put_back(Bytes::from_static(b"rest"));
        queue.push(frame(1)).unwrap();
        queue.push_urgent(Bytes::from_static(b"ping"));

        queue.clear();
        queue.push_last(Bytes::from_static(b"bye"));

        assert_eq!(queue.pop().unwrap().as_ref(), b"rest");
        assert_eq!(queue.pop().unwrap().as_ref(), b"bye");
        assert_eq!(queue.bytes(), 0);
    }

    #[test]
    fn of_many_that_do_not_read_each_has_a_share_and_as_much_is_left() {
        let all = Budget::new(Gauge::default(), 1 << 20);
        let mut queues: Vec<_> = (0..9).map(|_| Queue::new(1 << 20, all.clone())).collect();
        let mut held = [true; 9];
        while held.contains(&true) {
            for (queue, is_held) in queues.iter_mut().zip(&mut held) {
                *is_held = *is_held && queue.push(frame(1000)).is_ok();
            }
        }

        let (share, slack) = ((1 << 20) / 10, 10 * (1000 + FRAME_COST));
        for queue in &queues {
            assert!(queue.bytes().abs_diff(share) <= slack, "{}", queue.bytes());
        }
        assert!(all.left().abs_diff(share) <= slack, "{}", all.left());
        let mut reads = Queue::new(1 << 20, all.clone());
        reads.push(frame(1000)).unwrap();
        drop(queues);
        reads.clear();
        assert_eq!(all.left(), 1 << 20);
    }

    #[test]
    fn whoever_has_read_everything_is_told_the_next_thing_though_nothing_is_left() {
        let all = Budget::new(Gauge::default(), 0);
        let mut queue = Queue::new(1 << 20, all);
        queue.push(frame(1000)).unwrap();
        assert_eq!(queue.push(frame(1)), Err(Overflow));
        queue.pop().unwrap();
        queue.push(frame(1000)).unwrap();
    }
}
