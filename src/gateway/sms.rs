//! Text messages. There is no provider yet: each message is a file `<data dir>/sms/<id>.json`, as mails
//! are where there is no mail server.

use std::{
    fs::{self, DirBuilder, File},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use serde_json::json;

use super::carrier::Carrier;
use crate::domain::{
    dispatch::{Carried, Message},
    phone::Phone,
};

/// The longest message, in characters: two of those that a network carries, in any letters.
const CHARS_MAX: usize = 134;

/// Text messages as files.
#[derive(Debug, Clone)]
pub struct Sms {
    folder: PathBuf,
    /// Whom they are from.
    shop: String,
}

impl Sms {
    /// The folder below the data directory; it is made with the first message.
    pub fn below(data_dir: &Path, shop: String) -> Self {
        Sms { folder: data_dir.join("sms"), shop }
    }

    /// What happened, in one line, and who says so.
    fn text(&self, message: &Message) -> String {
        let text = format!("{}: {}", self.shop, message.text().title);
        text.chars().take(CHARS_MAX).collect()
    }
}

impl Carrier<Phone> for Sms {
    /// It is there whole or not at all, and a repeat is the same file.
    async fn carry(&self, to: &Phone, message: &Message) -> Carried {
        let text = json!({ "to": to, "text": self.text(message) }).to_string();
        let (folder, name) = (self.folder.clone(), message.id.to_string());
        match tokio::task::spawn_blocking(move || write(&folder, &name, text.as_bytes())).await {
            Ok(Ok(())) => Carried::Taken,
            Ok(Err(error)) => {
                tracing::warn!(dispatch = %message.id, %error, "a text message could not be written");
                Carried::Later { after: None }
            }
            Err(_) => Carried::Later { after: None },
        }
    }
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let (whole, place) = (folder.join(format!("{name}.new")), folder.join(format!("{name}.json")));
    let mut options = File::options();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&whole)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(whole, place)
}
