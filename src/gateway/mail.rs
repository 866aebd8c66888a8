//! Mail: how letters are written, and the two ways on which they leave: a mail server, or files
//! where there is none.
//!
//! On a mail server's line a mail leaves in two steps. It is offered, which commits nobody to anything; then
//! its words are handed over, and if no answer comes to that, nobody knows what became of it. A file
//! that is made twice is one file.

use self::{files::Folder, smtp::Session};

pub mod files;
pub mod letter;
pub mod message;
pub mod smtp;

/// The way on which mails leave this shop.
#[derive(Debug)]
pub enum Post {
    Smtp(smtp::Server),
    Files(Folder),
}

/// An open line to whoever takes the mails.
pub enum Line {
    Smtp(Box<Session>),
    Files(Folder),
}

/// Why no mail can leave at all; said without anybody's address.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unreachable(pub String);

/// Why a mail was not taken; said without anybody's address.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It was refused, for good if it is `lasting`. The line is fit for the next one.
    #[error("refused: {why}")]
    Refused { why: String, lasting: bool },
    /// No answer, or none that makes sense: the line is of no use any more. A mail that had only
    /// been offered was not taken; of one that was being handed over nobody knows.
    #[error("the line broke: {0}")]
    Broken(String),
}

impl Post {
    /// A line for some mails.
    pub async fn open(&self) -> Result<Line, Unreachable> {
        match self {
            Post::Smtp(server) => server.connect().await.map(|it| Line::Smtp(Box::new(it))),
            Post::Files(folder) => Ok(Line::Files(folder.clone())),
        }
    }
}

impl Line {
    /// Says goodbye.
    pub async fn close(self) {
        if let Line::Smtp(session) = self {
            session.quit().await;
        }
    }
}
