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

/// The same in the order in which they were written.
pub fn in_order(folder: &Path, address: &str) -> Vec<Mail> {
    let mut all = to(folder, address);
    all.sort_by(|one, other| one.file.cmp(&other.file)); // The ids of mails rise.
    all
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

/// The mail to this address that says `text`, once it is there.
pub async fn saying(folder: &Path, address: &str, text: &str) -> Mail {
    let says = |mail: &Mail| mail.text.contains(text);
    until(text, || to(folder, address).into_iter().find(says)).await
}

/// The token of the link to `page` in the mail to this address, once it is there. Where there are
/// several, of the one that was written last.
pub async fn token(folder: &Path, address: &str, page: &str) -> String {
    let start = format!("/{page}?token=");
    let mut mails = Vec::new();
    until("a link", || {
        mails = to(folder, address);
        mails.retain(|mail| mail.text.contains(&start));
        (!mails.is_empty()).then_some(())
    })
    .await;
    // The ids of mails rise.
    let last = mails.into_iter().max_by(|one, other| one.file.cmp(&other.file)).unwrap();
    let plain = last.part("text/plain");
    let token = plain.split_once(&start).unwrap().1.split_whitespace().next().unwrap();
    token.to_owned()
}
