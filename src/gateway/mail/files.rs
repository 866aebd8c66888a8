//! Mails as files, where there is no mail server: `<data dir>/mail/<id>.eml`, as any mail program
//! opens it.

use std::{
    fs::{self, DirBuilder, File},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use super::{Refusal, message::Message};
use crate::{
    domain::Error,
    threads::{Rank, Threads},
};

/// More than there are lines, each of which hands over one at a time.
const QUEUE: usize = 64;

/// Where the files are, and who writes them.
#[derive(Debug, Clone)]
pub struct Folder {
    place: PathBuf,
    /// To lay out a letter and make a file of it costs as much as a purchase, and those who buy come
    /// first.
    threads: Threads,
}

impl Folder {
    /// The folder below the data directory; it is made with the first mail.
    ///
    /// # Errors
    /// The operating system's, where it gives no thread.
    pub fn below(data_dir: &Path) -> Result<Self, Error> {
        let threads = Threads::start("mail", 1, QUEUE, Rank::Background)?;
        Ok(Folder { place: data_dir.join("mail"), threads })
    }

    /// Keeps a message. Whatever becomes of this process, it is there whole or not at all, and a repeat
    /// is the same file. It is not forced to the disk: a mail server is whom to rely on, and a file is
    /// there to be looked at. A power failure may take the latest, or leave them empty.
    pub async fn keep(&self, message: &Message) -> Result<(), Refusal> {
        let (folder, message) = (self.place.clone(), message.clone());
        let work = move || Ok(write(&folder, &message.id.to_string(), &message.bytes(true)));
        match self.threads.run(work).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(err)) => Err(Refusal::Refused { why: err.to_string(), lasting: false }),
            Err(err) => Err(Refusal::Broken(err.to_string())),
        }
    }
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let (whole, place) = (folder.join(format!("{name}.new")), folder.join(format!("{name}.eml")));
    let mut options = File::options();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&whole)?;
    file.write_all(bytes)?;
    fs::rename(whole, place)
}
