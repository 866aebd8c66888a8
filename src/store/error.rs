//! What a database says, in the words of the domain.

use diesel::result::{DatabaseErrorKind, Error as Diesel};

use crate::domain::{Error, words::UnknownWord};

impl From<Diesel> for Error {
    fn from(err: Diesel) -> Self {
        Error::Internal { doing: "talking to the database", source: Box::new(err) }
    }
}

/// A row that no command of ours can have written.
pub fn corrupt(err: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::Internal { doing: "reading a row", source: err.into() }
}

impl From<UnknownWord> for Error {
    fn from(err: UnknownWord) -> Self {
        corrupt(err)
    }
}

/// Whether it is no failure of the database's: a row was read, and made no sense. The transaction can go
/// on.
pub fn is_of_a_row(err: &Error) -> bool {
    matches!(err, Error::Internal { source, .. } if !source.is::<Diesel>())
}

/// What a failed transaction leaves to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Another transaction was in the way; the same one may pass the next time.
    Passing,
    /// It took too long: somebody holds the rows, or nobody answers.
    Late,
    /// The connection is gone, and with it the knowledge whether a commit came through.
    Connection,
    Lasting,
}

/// Sorts a failure by what is to be done about it.
pub fn failure(err: &Error) -> Failure {
    let source = match err {
        Error::Internal { source, .. } => source,
        Error::Busy => return Failure::Late,
        _ => return Failure::Lasting,
    };
    match source.downcast_ref::<Diesel>() {
        Some(Diesel::DatabaseError(kind, info)) => match kind {
            // What was looked for and not found has been made by another node in the meantime:
            // the next look finds it.
            DatabaseErrorKind::SerializationFailure | DatabaseErrorKind::UniqueViolation => {
                Failure::Passing
            }
            DatabaseErrorKind::ClosedConnection => Failure::Connection,
            _ if passing(info.message()) => Failure::Passing,
            _ if late(info.message()) => Failure::Late,
            _ if broken(info.message()) => Failure::Connection,
            _ => Failure::Lasting,
        },
        Some(Diesel::BrokenTransactionManager) => Failure::Connection,
        Some(_) | None => Failure::Lasting,
    }
}

// Diesel has no kinds for these.
fn passing(message: &str) -> bool {
    message.contains("deadlock detected") || message.contains("database is locked")
}

fn late(message: &str) -> bool {
    message.contains("due to lock timeout") || message.contains("due to statement timeout")
}

fn broken(message: &str) -> bool {
    let signs = ["server closed the connection", "terminating connection", "no connection to"];
    signs.iter().any(|sign| message.contains(sign))
}
