//! Files of products that somebody sends: read on threads of their own, and taken in part by part.

use std::{
    io::{self, Read},
    sync::Arc,
};

use actix::prelude::*;
use tokio::sync::{Semaphore, mpsc};

use super::{
    apart,
    directory::{Entity, Incarnation},
};
use crate::{
    domain::{
        Error,
        catalogue::import::{Import, Imported},
        id::UserId,
    },
    gateway::products::{Format, Part, Parts},
    store::Store,
    threads::{Rank, Threads},
};

/// How many files are read at once; who comes then is `Busy`.
const FILES_MAX: usize = 2;
/// Pieces of a file that wait to be read, and parts of it that wait to be taken: so much of it is
/// in memory, whatever its length.
const PIECES_MAX: usize = 8;
const PARTS_MAX: usize = 1;

/// An admin who changes what is for sale by a file.
pub struct ImportActor {
    store: Store,
}

impl Actor for ImportActor {
    type Context = Context<Self>;
}

impl Entity for ImportActor {
    type Id = UserId;
    type Deps = Store;
    const KIND: &'static str = "import";
    /// A person, or a script of theirs: each file has one part in hand.
    const MAILBOX: usize = 2 * FILES_MAX;

    async fn load(_: UserId, store: Store, _: Incarnation<Self>) -> Result<Self, Error> {
        Ok(ImportActor { store })
    }
}

/// Takes in a part of a file.
#[derive(Message)]
#[rtype(result = "Result<Imported, Error>")]
pub struct Take(pub Import);

impl Handler<Take> for ImportActor {
    // Nothing is kept in memory, so parts of two files may overlap: the store locks the rows.
    type Result = ResponseFuture<Result<Imported, Error>>;

    fn handle(&mut self, Take(command): Take, _: &mut Context<Self>) -> Self::Result {
        let store = self.store.clone();
        apart(async move { store.write(command).await })
    }
}

/// Where files are read.
#[derive(Clone)]
pub struct Desks {
    threads: Threads,
    free: Arc<Semaphore>,
}

/// The sending end of a file. Dropped before [`Feed::end`], it says that the file was cut off: what
/// may not be whole then is not taken.
pub struct Feed(mpsc::Sender<Piece>);

enum Piece {
    Bytes(Vec<u8>),
    End,
}

impl Desks {
    /// Starts the threads, which take what the others leave.
    pub fn start() -> Result<Self, Error> {
        let threads = Threads::start("import", FILES_MAX, FILES_MAX, Rank::Background)?;
        Ok(Desks { threads, free: Arc::new(Semaphore::new(FILES_MAX)) })
    }

    /// Begins to read a file: what is fed comes out in parts. It ends when either end is dropped.
    pub fn open(
        &self,
        format: Format,
    ) -> Result<(Feed, mpsc::Receiver<Result<Part, Error>>), Error> {
        let desk = Arc::clone(&self.free).try_acquire_owned().map_err(|_| Error::Busy)?;
        let (feed, pieces) = mpsc::channel(PIECES_MAX);
        let (parts, read) = mpsc::channel(PARTS_MAX);
        let (threads, failed) = (self.threads.clone(), parts.clone());
        let work = move || {
            let source = Source { pieces, piece: Vec::new(), at: 0, ended: false };
            for part in Parts::of(format, source) {
                if parts.blocking_send(Ok(part)).is_err() {
                    break; // Nobody wants the rest.
                }
            }
            drop(desk);
            Ok(())
        };
        actix_rt::spawn(async move {
            if let Err(error) = threads.run(work).await {
                failed.send(Err(error)).await.ok(); // They may be gone, too.
            }
        });
        Ok((Feed(feed), read))
    }
}

impl Feed {
    /// Waits until there is room; false where nobody reads any more.
    pub async fn send(&self, bytes: Vec<u8>) -> bool {
        self.0.send(Piece::Bytes(bytes)).await.is_ok()
    }

    /// Says that the file is whole.
    pub async fn end(self) {
        self.0.send(Piece::End).await.ok(); // Nobody may want to know any more.
    }
}

/// The file as its reader sees it, who waits for each piece.
struct Source {
    pieces: mpsc::Receiver<Piece>,
    piece: Vec<u8>,
    at: usize,
    ended: bool,
}

impl Read for Source {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.at >= self.piece.len() && !self.ended {
            match self.pieces.blocking_recv() {
                Some(Piece::Bytes(bytes)) => (self.piece, self.at) = (bytes, 0),
                Some(Piece::End) => self.ended = true,
                None => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
        }
        let read = self.piece.get(self.at..).unwrap_or_default().read(into)?;
        self.at = self.at.saturating_add(read);
        Ok(read)
    }
}
