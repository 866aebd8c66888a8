//! The one connection that writes: it leaves to others to bring its log to the disk, and to move it
//! into the file.

use std::{
    fs::{self, File},
    mem::ManuallyDrop,
    process,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use diesel::{
    QueryableByName, RunQueryDsl,
    connection::SimpleConnection,
    sql_query,
    sql_types::{BigInt, Text},
};

use super::{Conn, SETUP, Sqlite, connect};
use crate::{
    domain::Error,
    store::{
        commands::Lanes,
        writer::{Done, Engine, Log, sync_or_abort},
    },
};

/// A commit forces nothing to the disk. A checkpoint does, the log before the file, so that a power
/// failure takes only the end of the log (<https://www.sqlite.org/pragma.html#pragma_synchronous>).
/// Checkpoints are [`checkpoint`]'s, but where readers have been in its way until the log has 512 MiB:
/// then each commit tries.
const LOGGED: &str = "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 131072;";
/// Moves as much of the log as no reader is in the way of.
const CHECKPOINT: &str = "PRAGMA wal_checkpoint(PASSIVE)";
/// How often that is done beside the writer: where the writer does it, all wait for it who wait for a
/// commit.
const CHECKPOINT_EVERY: Duration = Duration::from_millis(100);
/// How SQLite begins to say that reading or writing failed (`SQLITE_IOERR`).
const DISK: &str = "disk I/O error";
/// Linux's name for the present run of the machine (`random(4)`).
const BOOT: &str = "/proc/sys/kernel/random/boot_id";
/// From how many pages on the log is to begin anew: 256 MiB. All who wait for a commit wait for that too, and a
/// few times where readers are in its way. It is well below where each commit tries ([`LOGGED`]).
const LONG: i64 = 65_536;
/// Less than so many pages of it the writer should be left to move and to sync: a few milliseconds.
const REST: i64 = 512;
/// How often in a row it is tried to come so near. What was committed meanwhile is less each time, but on a slow
/// disk, and there the writer moves what it is.
const PASSES_MAX: u32 = 8;

/// The connection of the writer. What it commits is in the log, and safe from whatever becomes of this
/// process; [`Engine::log`] has to be synced before it is safe from the machine's end.
pub struct Logged {
    sqlite: Sqlite,
    log: Arc<dyn Log>,
    /// Whether the log is long, and nearly all of it has just been moved and synced.
    is_long: Arc<AtomicBool>,
}

impl Engine for Logged {
    const SHARED: bool = false;

    fn connect(url: &str) -> Result<Self, Error> {
        let mut sqlite = Sqlite::connect(url)?;
        sqlite.0.batch_execute(LOGGED)?;
        // What a process left there that was killed is read as if it were on the disk.
        let log = open_log(url).and_then(|log| log.sync_data().map(|()| log));
        let log = log.map_err(Error::internal("opening the log of SQLite"))?;
        let file = open_file(url).map_err(Error::internal("opening the SQLite file"))?;
        let is_long = Arc::default();
        checkpoint(url, file, Arc::downgrade(&is_long))?;
        Ok(Logged { sqlite, log: Arc::new(log), is_long })
    }

    fn commit(&mut self, lanes: &Lanes, now: chrono::DateTime<chrono::Utc>) -> Result<Done, Error> {
        // SQLite begins the log anew when all of it has been moved, and only between two transactions
        // of the writer is that sure: here little is left to move.
        if self.is_long.swap(false, Ordering::Relaxed) {
            self.sqlite.0.batch_execute(CHECKPOINT).unwrap_or_else(|err| not_moved(&err));
        }
        self.sqlite.commit(lanes, now)
    }

    fn log(&self) -> Option<&Arc<dyn Log>> {
        Some(&self.log)
    }
}

/// What could not be moved this time may be the next. But after an error of the disk nobody knows what of
/// the file is there, and a log that begins anew would take the only copy with it: the next process
/// moves all of it again.
fn not_moved(err: &diesel::result::Error) {
    tracing::error!(error = ?err, "the log could not be moved into the file");
    if err.to_string().contains(DISK) {
        process::abort();
    }
}

/// SQLite names it after the file itself, whatever links lead there, and keeps it as long as there is
/// a connection.
fn open_log(url: &str) -> std::io::Result<File> {
    let mut log = fs::canonicalize(url)?.into_os_string();
    log.push("-wal");
    File::open(log)
}

/// The file itself, never to be closed: with any descriptor of it that a process closes, all locks are gone that
/// SQLite holds by others (<https://www.sqlite.org/howtocorrupt.html>, 2.2).
fn open_file(url: &str) -> std::io::Result<ManuallyDrop<File>> {
    File::open(url).map(ManuallyDrop::new)
}

/// Begins another epoch where the machine has begun anew since the last one: somebody may have seen
/// places of the feed that were not on the disk, and they will stand for other events now. Where the
/// system does not name its runs, the epoch goes on.
pub fn note_boot(conn: &mut Conn) -> Result<(), Error> {
    let Ok(boot) = fs::read_to_string(BOOT) else { return Ok(()) };
    let since = sql_query(
        "UPDATE epochs SET boot = ?1,
            epoch = CASE WHEN boot IS NULL THEN epoch ELSE lower(hex(randomblob(4))) END
        WHERE boot IS NOT ?1",
    );
    since.bind::<Text, _>(boot.trim()).execute(conn)?;
    Ok(())
}

/// What SQLite says of a checkpoint, in pages; -1 where another one is under way.
#[derive(QueryableByName)]
struct Moved {
    /// How many the log has.
    #[diesel(sql_type = BigInt)]
    log: i64,
    /// How many of them are in the file.
    #[diesel(sql_type = BigInt)]
    checkpointed: i64,
}

/// Moves what was committed from the log into the file, beside the writer and for as long as that
/// lives.
fn checkpoint(url: &str, file: ManuallyDrop<File>, is_long: Weak<AtomicBool>) -> Result<(), Error> {
    let mut conn: Conn = connect(url)?;
    conn.batch_execute(SETUP)?;
    let mut mover = Mover { conn, file, moved: 0 };
    let work = move || {
        while let Some(is_long) = is_long.upgrade() {
            is_long.store(mover.run(), Ordering::Relaxed);
            drop(is_long);
            thread::sleep(CHECKPOINT_EVERY);
        }
    };
    let started = thread::Builder::new().name("store-checkpoint".to_owned()).spawn(work);
    started.map(drop).map_err(Error::internal("starting the checkpoints"))
}

/// Who moves the log.
struct Mover {
    conn: Conn,
    file: ManuallyDrop<File>,
    /// How many pages of the log were in the file after the last pass.
    moved: i64,
}

impl Mover {
    /// Moves what no reader is in the way of; of a long log, again until that was little. Whether it is long, and
    /// no reader is in the way of the rest.
    fn run(&mut self) -> bool {
        let mut is_clear = false;
        for _ in 0..PASSES_MAX {
            let before = self.moved;
            let Some(log) = self.pass() else { return false };
            if log < LONG {
                return false;
            }
            is_clear = log - self.moved < REST;
            if !is_clear || log - before < REST {
                break;
            }
        }
        is_clear
    }

    /// Moves, and has the file synced: SQLite does that only where all of the log has been moved, and it would then be
    /// the writer who waits for all that was moved since the log began. How many pages the log has, where nobody else
    /// was moving it.
    fn pass(&mut self) -> Option<i64> {
        let moved = sql_query(CHECKPOINT).get_result(&mut self.conn);
        let Moved { log, checkpointed } = moved.inspect_err(not_moved).ok()?; // It was told.
        if log < 0 {
            return None;
        }
        if checkpointed != self.moved {
            sync_or_abort(&*self.file);
            self.moved = checkpointed;
        }
        Some(log)
    }
}

#[cfg(test)]
mod tests {
    use std::env;

    use super::*;
    use crate::store::{Migration, now, sqlite::migrate};

    /// A connection that writes and one that moves what it has written, in a new database.
    fn pair(url: &str) -> (Logged, Mover) {
        migrate(url, Migration::Up).unwrap();
        let mut sqlite = Sqlite::connect(url).unwrap();
        sqlite.0.batch_execute(LOGGED).unwrap();
        let log = Arc::new(open_log(url).unwrap());
        let mover = Mover { conn: connect(url).unwrap(), file: open_file(url).unwrap(), moved: 0 };
        (Logged { sqlite, log, is_long: Arc::default() }, mover)
    }

    #[test]
    fn a_long_log_begins_anew_once_the_writer_has_moved_the_rest() {
        let folder = env::temp_dir().join(format!("rialto-log-{}", uuid::Uuid::new_v4()));
        fs::create_dir(&folder).unwrap();
        let url = folder.join("rialto.db").to_string_lossy().into_owned();
        let (mut writer, mut mover) = pair(&url);
        assert!(!mover.run(), "a log of a few pages is long");
        let filler = format!(
            "CREATE TABLE filler (bytes BLOB); INSERT INTO filler VALUES (zeroblob({}))",
            LONG * 4_200
        );
        writer.sqlite.0.batch_execute(&filler).unwrap();
        let mut reader = connect(&url).unwrap();
        reader.batch_execute("BEGIN; SELECT COUNT(*) FROM sqlite_schema").unwrap();
        writer.sqlite.0.batch_execute("CREATE TABLE rest (number INTEGER)").unwrap();

        assert!(mover.run());
        assert!(mover.moved >= LONG);
        reader.batch_execute("COMMIT").unwrap();
        writer.is_long.store(true, Ordering::Relaxed);
        writer.commit(&Lanes::default(), now()).unwrap();
        writer.sqlite.0.batch_execute("DROP TABLE rest").unwrap();

        assert!(mover.pass().unwrap() < REST);
        fs::remove_dir_all(folder).unwrap();
    }
}
