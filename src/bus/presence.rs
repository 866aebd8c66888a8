//! Who of those who run the shop is looking, on all nodes.
//!
//! Each node at which somebody looks pins up a note of who that is, and reads the notes of the others:
//! in Redis where there is one, else in a table of the store that nodes share. It writes the note anew
//! every `BEAT_EVERY`, and whoever has seen the same note for `DEAD_AFTER` by a watch of their own
//! takes the node for dead, so that clocks need not agree. A node at which nobody looks neither reads nor
//! writes.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio::{sync::Notify, time::timeout};

use self::{here::Here, others::Others};
use super::{Channel, lock};
use crate::{
    cache,
    domain::{
        Error,
        id::UserId,
        presence::{Looking, Pin, Presence as View, Unpin},
    },
    store::{Store, read},
};

mod here;
mod others;

/// How often a note is written anew that has not changed.
const BEAT_EVERY: Duration = Duration::from_secs(2);
/// How long a note may stay the same before its node is taken for dead.
pub const DEAD_AFTER: Duration = Duration::from_secs(7);
/// How long at most a change at another node is not seen.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Who is looking, as this node knows it; clones share it.
#[derive(Clone, Default)]
pub struct Presence(Arc<Inner>);

#[derive(Default)]
struct Inner {
    node: String,
    board: Board,
    here: Mutex<Here>,
    others: Mutex<Others>,
    names: Mutex<HashMap<UserId, String>>,
    changed: Notify,
}

/// Where nodes read each other's notes.
#[derive(Default)]
pub enum Board {
    /// There is one node.
    #[default]
    None,
    Redis(cache::presence::Board),
    Store(Store),
}

/// The note that this node has pinned up.
#[derive(Default)]
pub struct Pinned {
    looking: Looking,
    beat: u64,
    at: Option<Instant>,
}

/// What stands on a note.
#[derive(Serialize, Deserialize)]
struct Note {
    /// Another one each time that it is written.
    beat: u64,
    looking: Looking,
}

impl Presence {
    pub fn of(node: String, board: Board) -> Self {
        Presence(Arc::new(Inner { node, board, ..Inner::default() }))
    }

    /// An admin follows the channel from `now` on, by one more socket.
    pub fn enter(&self, user: UserId, channel: Channel, now: DateTime<Utc>) {
        lock(&self.0.here).enter(user, channel, now);
        self.0.changed.notify_one();
    }

    /// By one fewer.
    pub fn leave(&self, user: UserId, channel: Channel) {
        lock(&self.0.here).leave(user, channel);
        self.0.changed.notify_one();
    }

    /// Waits until somebody here has come or gone or, while somebody looks here, until it is time to see
    /// who does elsewhere.
    pub async fn due(&self) {
        let changed = self.0.changed.notified();
        if matches!(self.0.board, Board::None) || lock(&self.0.here).is_empty() {
            return changed.await;
        }
        timeout(LOOK_EVERY, changed).await.ok(); // Elapsed or told, it is time.
    }

    /// Has it looked at once.
    pub fn touch(&self) {
        self.0.changed.notify_one();
    }

    /// Says to the other nodes who looks here, if they don't know it, or not for much longer.
    pub async fn renew(&self, pinned: &mut Pinned) -> Result<(), Error> {
        let looking = lock(&self.0.here).looking();
        if looking.0.is_empty() {
            if pinned.at.is_some() {
                self.0.board.unpin(vec![self.0.node.clone()]).await?;
                *pinned = Pinned::default();
            }
            return Ok(());
        }
        let is_known = pinned.at.is_some_and(|at| at.elapsed() < BEAT_EVERY);
        if is_known && looking == pinned.looking {
            return Ok(());
        }
        let beat = pinned.beat.wrapping_add(1);
        let note = Note { beat, looking };
        let text = serde_json::to_string(&note).map_err(Error::internal("writing a note"))?;
        self.0.board.pin(&self.0.node, text).await?;
        *pinned = Pinned { looking: note.looking, beat, at: Some(Instant::now()) };
        Ok(())
    }

    /// Reads what the other nodes say, and takes the notes of the dead away.
    pub async fn look(&self) -> Result<(), Error> {
        let mut notes = self.0.board.notes().await?;
        notes.retain(|(node, _)| *node != self.0.node);
        let dead = lock(&self.0.others).saw(notes, Instant::now());
        if dead.is_empty() { Ok(()) } else { self.0.board.unpin(dead).await }
    }

    /// Who is looking, here and elsewhere, by their names.
    pub async fn all(&self, store: &Store) -> Result<View, Error> {
        let others = lock(&self.0.others).alive(Instant::now());
        let here = lock(&self.0.here).looking();
        let all = Looking::together(others.into_iter().chain([here]));
        let mut known = lock(&self.0.names).clone();
        let users = all.present().map(|(user, ..)| user);
        let unknown: Vec<UserId> = users.filter(|it| !known.contains_key(it)).collect();
        if !unknown.is_empty() {
            known.extend(read!(store, account::names(unknown))?);
        }
        known.retain(|user, _| all.0.contains_key(user));
        let view = all.named(&known);
        *lock(&self.0.names) = known;
        Ok(view)
    }
}

impl Board {
    async fn notes(&self) -> Result<Vec<(String, String)>, Error> {
        match self {
            Board::None => Ok(Vec::new()),
            Board::Redis(board) => board.notes().await,
            Board::Store(store) => read!(store, presence::notes()),
        }
    }

    async fn pin(&self, node: &str, note: String) -> Result<(), Error> {
        match self {
            Board::None => Ok(()),
            Board::Redis(board) => board.pin(node, &note).await,
            Board::Store(store) => store.write(Pin { node: node.to_owned(), note }).await,
        }
    }

    async fn unpin(&self, nodes: Vec<String>) -> Result<(), Error> {
        match self {
            Board::None => Ok(()),
            Board::Redis(board) => board.unpin(&nodes).await,
            Board::Store(store) => store.write(Unpin { nodes }).await,
        }
    }
}
