//! Keys: never shown, and one is made where none is given.

use std::{
    collections::BTreeSet,
    fmt, fs,
    io::{self, Write},
    path::Path,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::{TryRngCore, rngs::OsRng};

use super::value::{Shown, Value};

/// In a key that is made, and at least in one of `prod`: as many as SHA-256 gives.
const BYTES: usize = 32;
/// A key of fewer different bytes was made by a finger, not by chance.
const KINDS_MIN: usize = 10;
const FILE: &str = "jwt.secret";

/// A key; `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The key itself, for whoever sends it on.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether it is long and mixed enough to sign with where money is real.
    pub fn is_strong(&self) -> bool {
        let kinds: BTreeSet<u8> = self.0.bytes().collect();
        self.0.len() >= BYTES && kinds.len() >= KINDS_MIN
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Value for Secret {
    const SHOWN: Shown = Shown::Secret;

    fn wanted() -> String {
        "a secret without commas and blanks".to_owned()
    }

    fn parse(text: &str) -> Option<Self> {
        let is_word = !text.is_empty() && !text.contains(char::is_whitespace);
        is_word.then(|| Secret(text.to_owned()))
    }
}

/// The key of a data directory, made at the first call. Two processes at once get the same one.
pub fn kept_in(data_dir: &Path) -> io::Result<Secret> {
    let path = data_dir.join(FILE);
    if let Some(secret) = find(&path)? {
        return Ok(secret);
    }
    super::private_folder(data_dir)?;
    let whole = data_dir.join(format!("{FILE}.{}", uuid::Uuid::new_v4()));
    write(&whole, &random()?)?;
    place(&whole, &path)?;
    find(&path)?.ok_or_else(|| io::ErrorKind::NotFound.into())
}

/// Puts a whole file in its place, unless another process was there first: unlike a rename, a link
/// replaces nothing. A rename does where the file system has no links.
fn place(whole: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(whole, path) {
        Err(err) if err.kind() != io::ErrorKind::AlreadyExists => fs::rename(whole, path),
        Ok(()) | Err(_) => fs::remove_file(whole),
    }
}

fn find(path: &Path) -> io::Result<Option<Secret>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(err) => return Err(err),
    };
    let secret = Secret(text.trim().to_owned());
    if secret.is_strong() {
        Ok(Some(secret))
    } else {
        let message = format!("{} holds no key: remove it, a new one is made", path.display());
        Err(io::Error::new(io::ErrorKind::InvalidData, message))
    }
}

fn random() -> io::Result<String> {
    let mut bytes = [0; BYTES];
    OsRng.try_fill_bytes(&mut bytes).map_err(io::Error::other)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> std::path::PathBuf {
        std::env::temp_dir().join(format!("rialto-secret-{}", uuid::Uuid::new_v4()))
    }

    #[test]
    fn a_key_is_made_once_and_for_its_owner_alone() {
        let folder = folder();

        let made = kept_in(&folder).unwrap();
        let again = kept_in(&folder).unwrap();

        assert_eq!(made, again);
        assert!(made.is_strong());
        let entries: Vec<_> = fs::read_dir(&folder).unwrap().map(|it| it.unwrap()).collect();
        assert_eq!(entries.len(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(entries[0].metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_broken_key_is_not_taken_for_one() {
        let folder = folder();
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(FILE), "").unwrap();

        let err = kept_in(&folder).unwrap_err();

        assert!(err.to_string().contains(FILE), "{err}");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_key_typed_by_a_finger_is_not_strong() {
        assert!(!Secret("a".repeat(64)).is_strong());
        assert!(!Secret("change-me-change-me-change-me-change-me".to_owned()).is_strong());
        assert!(!Secret("short-but-quite-mixed-0123".to_owned()).is_strong());
        assert_eq!(format!("{:?}", Secret("abc".to_owned())), "Secret(…)");
    }
}
