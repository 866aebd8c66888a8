//! The plain way to write: a pool of connections, and a transaction for each command by itself. It is
//! what most shops do, and what `rialto bench checkout` compares the group-committing writer with. The
//! rows and the statements are the same.

use std::{
    sync::{Mutex, PoisonError, mpsc},
    thread,
};

use tokio::sync::oneshot;

use super::{
    Databases, Url,
    commands::{Command, Lanes, Replies},
    error::{Failure, failure},
    now,
    postgres::Postgres,
    sqlite::Sqlite,
    writer::Engine,
};
use crate::domain::{Error, audit::Origin};

/// How often a transaction is tried that another one was in the way of.
const TRIES_MAX: u32 = 100;

/// A pool of connections that write.
pub struct Plain(Databases<Pool<Sqlite>, Pool<Postgres>>);

struct Pool<E> {
    free: Mutex<mpsc::Receiver<E>>,
    back: mpsc::Sender<E>,
}

impl Plain {
    /// Opens `size` connections. The schema must be up to date.
    pub fn open(url: &Url, size: usize) -> Result<Self, Error> {
        Ok(Plain(match url {
            Url::Sqlite(path) => Databases::Sqlite(Pool::open(&path.to_string_lossy(), size)?),
            Url::Postgres(url) => Databases::Postgres(Pool::open(url, size)?),
        }))
    }

    /// Runs commands of one kind in a transaction of their own, and says what came of the last one.
    /// It blocks.
    pub fn write<C: Command>(
        &self,
        origin: &Origin,
        commands: Vec<C>,
    ) -> Result<C::Outcome, Error> {
        let mut transaction = Transaction::default();
        let last = commands.into_iter().map(|command| transaction.add(origin, command)).last();
        self.run(transaction)?;
        last.ok_or(Error::Busy)?.outcome()
    }

    /// Runs a transaction. It blocks.
    pub fn run(&self, transaction: Transaction) -> Result<(), Error> {
        match &self.0 {
            Databases::Sqlite(pool) => pool.run(transaction),
            Databases::Postgres(pool) => pool.run(transaction),
        }
    }
}

/// What is to be done in one transaction.
#[derive(Default)]
pub struct Transaction {
    lanes: Lanes,
    replies: Replies,
}

/// What comes of a command, once its transaction was run.
pub struct Pending<T>(oneshot::Receiver<Result<T, Error>>);

impl Transaction {
    pub fn add<C: Command>(&mut self, origin: &Origin, command: C) -> Pending<C::Outcome> {
        let (reply, answered) = oneshot::channel();
        self.lanes.push(command.enqueue(origin.clone(), reply), &mut self.replies);
        Pending(answered)
    }
}

impl<T> Pending<T> {
    /// # Errors
    /// The command's own, and `Busy` where its transaction was not run.
    pub fn outcome(mut self) -> Result<T, Error> {
        self.0.try_recv().unwrap_or(Err(Error::Busy))
    }
}

impl<E: Engine> Pool<E> {
    fn open(url: &str, size: usize) -> Result<Self, Error> {
        let (back, free) = mpsc::channel();
        for _ in 0..size {
            back.send(E::connect(url)?).map_err(|_| Error::Busy)?;
        }
        Ok(Pool { free: Mutex::new(free), back })
    }

    fn run(&self, Transaction { lanes, replies }: Transaction) -> Result<(), Error> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let mut engine = free.map_err(|_| Error::Busy)?;
        let done = attempt(&mut engine, &lanes);
        self.back.send(engine).map_err(|_| Error::Busy)?;
        replies.answer(done?.outcomes);
        Ok(())
    }
}

fn attempt<E: Engine>(engine: &mut E, lanes: &Lanes) -> Result<super::writer::Done, Error> {
    let mut tries = 1;
    loop {
        match engine.commit(lanes, now()) {
            Err(err) if failure(&err) == Failure::Passing && tries < TRIES_MAX => {
                tries += 1;
                thread::yield_now();
            }
            done => return done,
        }
    }
}
