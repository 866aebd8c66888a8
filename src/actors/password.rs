//! Passwords: hashed and compared on threads of their own, so that a flood of logins is refused
//! and slows nothing else.

use std::sync::{Arc, OnceLock};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};

use crate::{
    domain::{Error, account::Password},
    store::threads::Threads,
};

/// One core's worth: the other goes on serving.
const THREADS: usize = 1;
/// Hashes that may wait: at 20 ms each, under two seconds.
const QUEUE_MAX: usize = 64;

/// Hashes and compares passwords with argon2id, at the parameters that OWASP's cheat sheet gives
/// for it (19 MiB, two passes, one lane).
#[derive(Clone)]
pub struct Passwords {
    threads: Threads,
    /// The hash of no password, compared with where there is no account: both take as long.
    decoy: Arc<OnceLock<String>>,
}

impl Passwords {
    pub fn start() -> Result<Self, Error> {
        let threads = Threads::start("password", THREADS, QUEUE_MAX)?;
        Ok(Passwords { threads, decoy: Arc::default() })
    }

    /// The hash to keep, in the PHC string format. `Busy` where too many wait.
    pub async fn hash(&self, password: Password) -> Result<String, Error> {
        self.threads.run(move || hash(password.as_bytes())).await
    }

    /// Whether `password` is the one that was hashed; never, but no faster, where there is none.
    pub async fn verify(&self, password: Password, kept: Option<String>) -> Result<bool, Error> {
        let decoy = Arc::clone(&self.decoy);
        let compare = move || match kept {
            Some(kept) => matches(password.as_bytes(), &kept),
            None => {
                let decoy = match decoy.get() {
                    Some(decoy) => decoy,
                    None => {
                        let made = hash(b"nobody's password")?;
                        decoy.get_or_init(|| made)
                    }
                };
                matches(password.as_bytes(), decoy).map(|_| false)
            }
        };
        self.threads.run(compare).await
    }
}

fn hash(password: &[u8]) -> Result<String, Error> {
    let hash = Argon2::default().hash_password(password).map_err(failed)?;
    Ok(hash.to_string())
}

fn matches(password: &[u8], kept: &str) -> Result<bool, Error> {
    let kept = PasswordHash::new(kept).map_err(|err| failed(err.to_string()))?;
    Ok(Argon2::default().verify_password(password, &kept).is_ok())
}

fn failed(err: impl ToString) -> Error {
    Error::Internal { doing: "hashing a password", source: err.to_string().into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_rt::test]
    async fn only_the_password_that_was_hashed_matches() {
        let passwords = Passwords::start().unwrap();
        let typed = |text| Password::parse(text).unwrap();
        let kept = passwords.hash(typed("correct horse")).await.unwrap();

        assert!(kept.starts_with("$argon2id$"));
        assert!(passwords.verify(typed("correct horse"), Some(kept.clone())).await.unwrap());
        assert!(!passwords.verify(typed("correct house"), Some(kept)).await.unwrap());
    }

    #[actix_rt::test]
    async fn nobody_logs_in_where_there_is_no_account() {
        let passwords = Passwords::start().unwrap();
        let typed = Password::parse("nobody's password").unwrap();

        assert!(!passwords.verify(typed, None).await.unwrap());
    }
}
