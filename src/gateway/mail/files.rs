//! Mails as files, where there is no mail server: `<data dir>/mail/<id>.eml`, as any mail program
//! opens it.

use std::{
    fs::{self, DirBuilder, File},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::message::Stationery;
use crate::{
    domain::{Error, mail::Claimed},
    threads::{Rank, Threads},
};

/// The one line has one batch made at a time, and lines that ended may have left one.
const QUEUE: usize = 4;

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

    /// Lays out letters and keeps them; what became of each, in their order. Whatever becomes of this
    /// process, a letter is there whole or not at all, and a repeat is the same file. It is not forced to
    /// the disk: a mail server is whom to rely on, and a file is there to be looked at. A power failure
    /// may take the latest, or leave them empty.
    ///
    /// # Errors
    /// None was looked at to the end: the folder cannot be made, a letter made the thread panic, or too
    /// much waits.
    pub async fn keep(
        &self,
        stationery: &Arc<Stationery>,
        letters: &Arc<[Claimed]>,
    ) -> Result<Vec<Result<(), Unkept>>, Error> {
        let (folder, stationery) = (self.place.clone(), Arc::clone(stationery));
        let letters = Arc::clone(letters);
        let work = move || {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&folder)
                .map_err(Error::internal("making the folder of the mails"))?;
            Ok(letters.iter().map(|it| keep(&folder, &stationery, it)).collect())
        };
        self.threads.run(work).await
    }
}

/// Why a letter is no file.
#[derive(Debug)]
pub enum Unkept {
    /// It cannot be laid out.
    Unwritable(Error),
    /// By the file system.
    Refused(io::Error),
}

fn keep(folder: &Path, stationery: &Stationery, letter: &Claimed) -> Result<(), Unkept> {
    let message = stationery.write(&letter.mail, letter.queued_at).map_err(Unkept::Unwritable)?;
    write(folder, &message.id.to_string(), &message.bytes(true)).map_err(Unkept::Refused)
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let (whole, place) = (folder.join(format!("{name}.new")), folder.join(format!("{name}.eml")));
    let mut options = File::options();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&whole)?;
    file.write_all(bytes)?;
    fs::rename(whole, place)
}
