//! What a connection's actor, its hub and its response share: what waits to go out, and whether
//! the connection goes on.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Instant,
};

use actix_web::web::Bytes;
use tokio::sync::{Notify, Semaphore, SemaphorePermit};

use super::{
    queue::{Budget, Queue},
    vitals::{Due, Vitals},
};
use crate::{
    cache::revoked::Revoked,
    domain::id::{ConnectionId, SessionId},
    ws::{
        Limits,
        guard::Switch,
        protocol::{close::Close, wire},
    },
};

#[cfg(test)]
mod tests;

/// The part of the budget below which there is room for more of what was missed.
const ROOM_SHARE: usize = 4;

/// One connection, as all know it who have something to say to it.
///
/// All that goes out goes through its queue, in one order: a client reads the answer to a
/// subscription before the first push of it.
#[derive(Debug)]
pub struct Line {
    pub id: ConnectionId,
    /// None where the server was not told of the connection: in tests, and behind other listeners.
    switch: Option<Switch>,
    state: Mutex<State>,
    room: Notify,
    room_bytes: usize,
    /// Of the queues of all connections.
    budget: Budget,
    turn: Semaphore,
}

#[derive(Debug)]
struct State {
    queue: Queue,
    vitals: Vitals,
    phase: Phase,
    /// The code of the first close that was said, by either side.
    code: Option<u16>,
    /// Whether the client has said its last word.
    is_answered: bool,
    /// Whether the socket was shut down.
    is_cut: bool,
    /// Wakes the response, while it waits for something to send: all that it took has gone out then.
    waker: Option<Waker>,
    /// Whether somebody is to flush the line.
    is_due: bool,
    /// The login sessions that may know of the connection.
    sessions: Vec<SessionId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    /// The last word waits or was sent; the client's is awaited.
    Closing,
    /// Nothing more is expected: what waits goes out, and then the response ends.
    Ending,
    /// The response is over.
    Gone,
}

/// How a connection was found by the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    Well,
    /// Its client took nothing of it any more, so its socket was shut down.
    Cut,
    /// It is over; the code of its close, where one was said.
    Gone(Option<u16>),
}

impl Line {
    pub fn new(
        id: ConnectionId,
        switch: Option<Switch>,
        limits: &Limits,
        budget: Budget,
        now: Instant,
    ) -> Self {
        let state = State {
            queue: Queue::new(limits.queue_bytes_max, budget.clone()),
            vitals: Vitals::new(now),
            phase: Phase::Open,
            code: None,
            is_answered: false,
            is_cut: false,
            waker: None,
            is_due: false,
            sessions: Vec::new(),
        };
        Line {
            id,
            switch,
            state: Mutex::new(state),
            room: Notify::new(),
            room_bytes: limits.queue_bytes_max.checked_div(ROOM_SHARE).unwrap_or(0),
            budget,
            turn: Semaphore::new(1),
        }
    }

    /// Has `frame` go out after all that waits. If that is too much, nothing of it goes out: the
    /// client is told that it is slow, and resumes.
    pub fn push(&self, frame: Bytes) {
        let mut state = self.lock();
        state.push(frame);
        self.wake(state);
    }

    /// As `push`, for whoever tells many at once; whether it is to be flushed then.
    pub fn put(&self, frame: Bytes) -> bool {
        let mut state = self.lock();
        state.push(frame);
        if state.phase != Phase::Open {
            self.wake(state);
            return false;
        }
        state.waker.is_some() && !std::mem::replace(&mut state.is_due, true)
    }

    /// Sends what waits, as far as it goes out at once. The response is woken for the rest alone: that
    /// costs as much as to send a frame, and nearly always there is none.
    pub fn flush(&self) {
        let mut state = self.lock();
        state.is_due = false;
        if state.waker.is_none() {
            return; // It is woken already, or sends what it took; it will ask for more.
        }
        let before = state.queue.bytes();
        let is_all_sent = self.switch.as_ref().is_some_and(|switch| state.send(switch));
        let is_room = self.is_room(before, &state);
        if is_all_sent {
            drop(state);
        } else {
            self.wake(state);
        }
        if is_room {
            self.room.notify_one();
        }
    }

    /// Whether so little waits now that there is room again.
    fn is_room(&self, before: usize, state: &State) -> bool {
        before > self.room_bytes && state.queue.bytes() <= self.room_bytes
    }

    /// Says why the server ends the connection, once; what waits goes out before.
    pub fn close(&self, close: Close) {
        let mut state = self.lock();
        state.close(close);
        self.wake(state);
    }

    /// The client has said its last word, with or without a code: if the server has not, it does.
    pub fn close_answered(&self, code: Option<u16>) {
        let mut state = self.lock();
        if state.phase == Phase::Open {
            state.queue.push_last(match code {
                Some(code) => wire::close(code, ""),
                None => wire::bare_close(),
            });
            state.code = code;
        }
        state.is_answered = true;
        self.advance(state, Phase::Ending);
    }

    /// Nothing more will come from the client.
    pub fn end(&self) {
        self.advance(self.lock(), Phase::Ending);
    }

    /// Nothing more can be sent to the client.
    pub fn gone(&self) {
        let mut state = self.lock();
        state.queue.clear();
        self.advance(state, Phase::Gone);
    }

    /// The next piece to be sent, or the end.
    pub fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let mut state = self.lock();
        let before = state.queue.bytes();
        if let Some(piece) = state.queue.pop() {
            let is_room = self.is_room(before, &state);
            state.waker = None;
            drop(state);
            if is_room {
                self.room.notify_one();
            }
            return Poll::Ready(Some(piece));
        }
        if matches!(state.phase, Phase::Ending | Phase::Gone) {
            return Poll::Ready(None);
        }
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Ends the connection: once the response has ended. A client that has not said its last word
    /// may still be sending, and would not read ours if its words were refused.
    pub fn hang_up(&self) {
        let is_answered = self.lock().is_answered;
        match &self.switch {
            Some(switch) if is_answered => switch.cut(),
            Some(switch) => switch.finish(),
            None => {}
        }
    }

    /// The client has said something.
    pub fn heard(&self, now: Instant) {
        self.lock().vitals.heard(now);
    }

    /// The client follows something, or has said who it is.
    pub fn admitted(&self) {
        self.lock().vitals.admitted();
    }

    /// Whether the client has asked to follow something and waits for the answer.
    pub fn waits(&self, is_waiting: bool) {
        self.lock().vitals.waits(is_waiting);
    }

    pub fn identified(&self, session: SessionId, expires: Instant) {
        self.lock().vitals.identified(session, expires);
    }

    /// A session is to be told of the connection. To be called before: it may know of it even if
    /// its answer is never read.
    pub fn belongs(&self, session: SessionId) {
        let mut state = self.lock();
        if !state.sessions.contains(&session) {
            state.sessions.push(session);
        }
    }

    /// A session was told that the connection is not its any more.
    pub fn left(&self, session: SessionId) {
        self.lock().sessions.retain(|it| *it != session);
    }

    /// The sessions that must be told when the connection is over.
    pub fn sessions(&self) -> Vec<SessionId> {
        self.lock().sessions.clone()
    }

    pub fn is_open(&self) -> bool {
        self.lock().phase == Phase::Open
    }

    /// Does to the connection what is due at `now`.
    pub fn check(&self, now: Instant, limits: &Limits, revoked: &Revoked) -> Found {
        let mut state = self.lock();
        if state.phase == Phase::Gone {
            return Found::Gone(state.code);
        }
        match state.vitals.check(now, limits, revoked) {
            Due::Nothing => return Found::Well,
            Due::Cut if state.is_cut => return Found::Well,
            Due::Ping => state.queue.push_urgent(wire::ping()),
            Due::Close(close) => state.close(close),
            Due::Cut => {
                drop(state);
                self.cut();
                return Found::Cut;
            }
        }
        self.wake(state);
        Found::Well
    }

    /// Ends the connection whatever its client does.
    pub fn cut(&self) {
        let mut state = self.lock();
        state.queue.clear();
        state.is_cut = true;
        self.advance(state, Phase::Ending);
        if let Some(switch) = &self.switch {
            switch.cut();
        }
    }

    /// Waits until little enough waits for the client that more of what it missed may be read, and
    /// until nobody else does so for this connection; none if it is over. To be kept until what was
    /// read is in the queue.
    pub async fn room(&self) -> Option<SemaphorePermit<'_>> {
        let turn = self.turn.acquire().await.ok()?; // it is never closed
        loop {
            let emptied = self.room.notified();
            {
                let state = self.lock();
                if state.phase != Phase::Open {
                    return None;
                }
                if state.queue.bytes() <= self.room_bytes {
                    return Some(turn);
                }
            }
            emptied.await;
        }
    }

    /// How much of what was missed may be put into the queue when there is room: less where all
    /// queues together hold much, or whoever comes back would be sent away again, but never nothing.
    pub fn room_bytes(&self) -> usize {
        let share = self.budget.left().checked_div(ROOM_SHARE).unwrap_or(0);
        self.room_bytes.min(share).max(1)
    }

    fn advance(&self, mut state: MutexGuard<'_, State>, phase: Phase) {
        if state.phase != Phase::Gone {
            state.phase = phase;
        }
        state.vitals.closed(Instant::now());
        self.wake(state);
    }

    /// Lets the response go on, and whoever waits for room see what has become of it.
    fn wake(&self, mut state: MutexGuard<'_, State>) {
        let (waker, is_over) = (state.waker.take(), state.phase != Phase::Open);
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
        if is_over {
            self.room.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn push(&mut self, frame: Bytes) {
        if self.phase == Phase::Open && self.queue.push(frame).is_err() {
            self.queue.clear();
            self.close(Close::Slow);
        }
    }

    /// Sends what waits, while the response sends nothing; whether all of it has gone out.
    fn send(&mut self, switch: &Switch) -> bool {
        while let Some(piece) = self.queue.pop() {
            let sent = switch.try_write(&piece).unwrap_or(0);
            if sent < piece.len() {
                self.queue.put_back(piece.slice(sent..));
                return false;
            }
        }
        true
    }

    fn close(&mut self, close: Close) {
        if self.phase == Phase::Open {
            self.phase = Phase::Closing;
            self.code = Some(close.code());
            self.queue.push_last(close.frame());
            self.vitals.closed(Instant::now());
        }
    }
}
