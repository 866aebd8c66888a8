//! The mails that have left the shop, wherever they are kept as files.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::time::interval;

use super::soon;

/// How often a folder is looked into.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// A mail as it was sent.
#[derive(Debug)]
pub struct Mail {
    pub file: PathBuf,
    pub text: String,
}

impl Mail {
    /// The value of a header that stands on one line.
    pub fn header(&self, name: &str) -> &str {
        let head = self.text.split("\n\n").next().unwrap();
        let start = format!("{name}: ");
        let line = head.lines().find_map(|line| line.strip_prefix(start.as_str()));
        line.unwrap_or_else(|| panic!("no {name} in {head}"))
    }

    /// The part of this kind, with what says how it is encoded.
    pub fn part(&self, kind: &str) -> &str {
        let boundary = self.text.split_once("boundary=\"").unwrap().1.split('"').next().unwrap();
        let separator = format!("--{boundary}");
        let mut parts = self.text.split(separator.as_str()).skip(1);
        parts.find(|part| part.contains(kind)).unwrap_or_else(|| panic!("no {kind}: {}", self.text))
    }
}

/// All mails in `folder`.
pub fn all(folder: &Path) -> Vec<Mail> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let files = entries.map(|entry| entry.unwrap().path()).filter(|it| {
        // What is being written has another name, and a maildir's has none of these.
        it.extension().is_none_or(|kind| kind != "new" && kind != "log") && it.is_file()
    });
    let mail = |file: PathBuf| {
        let text = String::from_utf8(fs::read(&file).unwrap()).unwrap().replace("\r\n", "\n");
        Mail { file, text }
    };
    files.map(mail).collect()
}

/// Those to this address.
pub fn to(folder: &Path, address: &str) -> Vec<Mail> {
    all(folder).into_iter().filter(|mail| mail.header("To") == address).collect()
}

/// The first mail to this address, once it is there.
pub async fn first(folder: &Path, address: &str) -> Mail {
    until("a mail", || to(folder, address).pop()).await
}

/// What `look` finds, once it does.
pub async fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let mut tick = interval(LOOK_EVERY);
    soon(what, async {
        loop {
            tick.tick().await;
            if let Some(found) = look() {
                return found;
            }
        }
    })
    .await
}
