//! Passwords: hashed and compared on threads of their own, so that a flood of logins is refused
//! and slows nothing else.

use std::{
    num::NonZeroUsize,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

mod argon2id;
mod bcrypt;

use self::{argon2id::Argon2id, bcrypt::Bcrypt};
use super::ASK_MAX;
use crate::{
    domain::{
        Error,
        account::Password,
        password::{Argon2idCost, BcryptCost, Hashing},
    },
    threads::{Rank, Threads},
};

/// Whoever would wait for longer is refused at once.
const WAIT_MAX: Duration = Duration::from_secs(2);
/// How many may wait for one thread: more where a hash takes 20 ms than where it takes a second.
const QUEUE_MIN: usize = 4;
const QUEUE_MAX: usize = 256;

/// One way to hash passwords. The strings that it makes say by themselves that they are its own.
trait PasswordHasher: Send + Sync {
    /// The hash to keep, with a salt of its own; `Invalid` where it can't hold all of `password`.
    fn hash(&self, password: &[u8]) -> Result<String, Error>;

    /// Whether `kept` was made of `password`. `None`, at once, where `kept` is not a hash of this
    /// kind, or one that costs more than we pay.
    fn verify(&self, password: &[u8], kept: &str) -> Option<bool>;

    /// Whether `kept` is what this one would make today: of its kind, at its cost.
    fn is_current(&self, kept: &str) -> bool;
}

/// Hashes and compares passwords.
#[derive(Clone)]
pub struct Passwords {
    threads: Threads,
    hashers: Arc<Hashers>,
}

/// What a password was found to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub matches: bool,
    /// Of a password that matches a hash which is not as the setting wants it: the hash to keep
    /// instead.
    pub rehashed: Option<String>,
}

impl Passwords {
    /// Starts the threads: one for every two cores, so that as many are left to serve.
    pub fn start(hashing: Hashing) -> Result<Self, Error> {
        let began = Instant::now();
        let hashers = Arc::new(Hashers::new(hashing)?);
        let each = began.elapsed();
        let cores = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN).get();
        let count = (cores / 2).max(1);
        let room = queue(each).saturating_mul(count);
        let threads = Threads::start("password", count, room, Rank::Background)?;
        Ok(Passwords { threads, hashers })
    }

    /// The hash to keep. `Busy` where too many wait; `Invalid` where this kind of hash would read
    /// only a part of the password.
    pub async fn hash(&self, password: Password) -> Result<String, Error> {
        self.run(move |hashers| hashers.configured.hash(password.as_bytes())).await
    }

    /// Whether `password` is the one that was hashed; never, but no faster, where there is none.
    pub async fn verify(&self, password: Password, kept: Option<String>) -> Result<bool, Error> {
        self.run(move |hashers| Ok(hashers.verify(password.as_bytes(), kept.as_deref()))).await
    }

    /// The same, with the hash to keep instead of one that is not as the setting wants it.
    pub async fn verify_and_renew(
        &self,
        password: Password,
        kept: Option<String>,
    ) -> Result<Verdict, Error> {
        self.run(move |hashers| {
            let (password, kept) = (password.as_bytes(), kept.as_deref());
            let matches = hashers.verify(password, kept);
            let rehashed = matches && !kept.is_some_and(|it| hashers.configured.is_current(it));
            // One that the other kind can't hold stays as it is: it opens the account as before.
            let rehashed = rehashed.then(|| hashers.configured.hash(password).ok()).flatten();
            Ok(Verdict { matches, rehashed })
        })
        .await
    }

    /// Runs `work` on one of the threads. Whoever has waited for long is told so; a job that
    /// nobody waits for any more is not begun.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Hashers) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let hashers = Arc::clone(&self.hashers);
        let done = self.threads.run(move || work(&hashers));
        tokio::time::timeout(ASK_MAX, done).await.unwrap_or(Err(Error::Busy))
    }
}

/// How many may wait for a thread where a hash takes as long as `each`.
fn queue(each: Duration) -> usize {
    let within = WAIT_MAX.as_micros().checked_div(each.as_micros()).unwrap_or(u128::MAX);
    usize::try_from(within).unwrap_or(usize::MAX).clamp(QUEUE_MIN, QUEUE_MAX)
}

struct Hashers {
    /// Makes the hashes.
    configured: Box<dyn PasswordHasher>,
    /// Verifies those that were made by the other setting.
    other: Box<dyn PasswordHasher>,
    /// The hash of no password, compared with where there is no account: both take as long.
    decoy: String,
}

impl Hashers {
    fn new(hashing: Hashing) -> Result<Self, Error> {
        let configured: Box<dyn PasswordHasher> = match hashing {
            Hashing::Argon2id(cost) => Box::new(Argon2id::new(cost)?),
            Hashing::Bcrypt(cost) => Box::new(Bcrypt::new(cost)),
        };
        let other: Box<dyn PasswordHasher> = match hashing {
            Hashing::Argon2id(_) => Box::new(Bcrypt::new(BcryptCost::default())),
            Hashing::Bcrypt(_) => Box::new(Argon2id::new(Argon2idCost::default())?),
        };
        let decoy = configured.hash(b"nobody's password")?;
        Ok(Hashers { configured, other, decoy })
    }

    /// No account, and a hash that nobody can read, cost as much as a wrong password.
    fn verify(&self, password: &[u8], kept: Option<&str>) -> bool {
        let verified = kept.and_then(|kept| {
            self.configured.verify(password, kept).or_else(|| self.other.verify(password, kept))
        });
        verified.unwrap_or_else(|| {
            self.configured.verify(password, &self.decoy);
            false
        })
    }
}

fn failed(err: impl ToString) -> Error {
    Error::Internal { doing: "hashing a password", source: err.to_string().into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hashes that cost next to nothing.
    fn passwords(hashing: &str) -> Passwords {
        Passwords::start(hashing.parse().unwrap()).unwrap()
    }

    const ARGON2ID: &str = "argon2id:m=8,t=1,p=1";
    const BCRYPT: &str = "bcrypt:cost=4";

    fn typed(text: &str) -> Password {
        Password::parse(text).unwrap()
    }

    #[actix_rt::test]
    async fn only_the_password_that_was_hashed_matches() {
        for (hashing, prefix) in [(ARGON2ID, "$argon2id$v=19$m=8,"), (BCRYPT, "$2b$04$")] {
            let passwords = passwords(hashing);
            let kept = passwords.hash(typed("correct horse")).await.unwrap();

            assert!(kept.starts_with(prefix), "{kept}");
            assert!(passwords.verify(typed("correct horse"), Some(kept.clone())).await.unwrap());
            assert!(!passwords.verify(typed("correct house"), Some(kept)).await.unwrap());
        }
    }

    #[actix_rt::test]
    async fn nobody_logs_in_where_there_is_no_account_or_no_hash() {
        for hashing in [ARGON2ID, BCRYPT] {
            let passwords = passwords(hashing);

            for kept in [None, Some(String::new()), Some("nobody's password".to_owned())] {
                let typed = typed("nobody's password");
                assert!(!passwords.verify(typed, kept).await.unwrap());
            }
        }
    }

    #[actix_rt::test]
    async fn a_hash_that_is_not_as_the_setting_says_is_made_anew() {
        let settings = [ARGON2ID, "argon2id:m=16,t=2,p=2", BCRYPT, "bcrypt:cost=5"];
        for (old, new) in settings.iter().flat_map(|old| settings.map(|new| (*old, new))) {
            let kept = passwords(old).hash(typed("correct horse")).await.unwrap();
            let passwords = passwords(new);
            let verdict = async |typed, kept| passwords.verify_and_renew(typed, Some(kept)).await;

            let wrong = verdict(typed("correct house"), kept.clone()).await.unwrap();
            let right = verdict(typed("correct horse"), kept).await.unwrap();

            assert_eq!(wrong, Verdict { matches: false, rehashed: None });
            assert!(right.matches);
            assert_eq!(right.rehashed.is_some(), old != new, "{old} {new}");
            if let Some(renewed) = right.rehashed {
                let again = verdict(typed("correct horse"), renewed).await.unwrap();
                assert_eq!(again, Verdict { matches: true, rehashed: None }, "{old} {new}");
            }
        }
    }

    #[actix_rt::test]
    async fn a_password_that_bcrypt_cannot_hold_keeps_the_hash_it_has() {
        let long = || typed(&"correct horse ".repeat(6));
        let kept = passwords(ARGON2ID).hash(long()).await.unwrap();

        let verdict = passwords(BCRYPT).verify_and_renew(long(), Some(kept)).await.unwrap();

        assert_eq!(verdict, Verdict { matches: true, rehashed: None });
    }

    #[test]
    fn fewer_wait_for_what_takes_longer() {
        let queue = |millis| queue(Duration::from_millis(millis));
        assert_eq!([0, 1, 20, 250, 1000].map(queue), [256, 256, 100, 8, 4]);
    }
}
