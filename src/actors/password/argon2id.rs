//! argon2id, as RFC 9106 defines it, in the PHC string format.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};

use super::{PasswordHasher, failed};
use crate::domain::{Error, password::Argon2idCost};

/// Bytes of the salts and of the hashes that are made here.
const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = Params::DEFAULT_OUTPUT_LEN;

pub struct Argon2id {
    argon2: Argon2<'static>,
    cost: Argon2idCost,
}

impl Argon2id {
    pub fn new(cost: Argon2idCost) -> Result<Self, Error> {
        let (memory, passes, lanes) = (cost.memory_kib(), cost.passes(), cost.lanes());
        let params = Params::new(memory, passes, lanes, Some(HASH_BYTES)).map_err(failed)?;
        Ok(Argon2id { argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params), cost })
    }
}

impl PasswordHasher for Argon2id {
    fn hash(&self, password: &[u8]) -> Result<String, Error> {
        let salt: [u8; SALT_BYTES] = rand::random();
        let hash = self.argon2.hash_password_with_salt(password, &salt);
        Ok(hash.map_err(failed)?.to_string())
    }

    fn verify(&self, password: &[u8], kept: &str) -> Option<bool> {
        let (kept, _) = read(kept)?;
        Some(self.argon2.verify_password(password, &kept).is_ok())
    }

    fn is_current(&self, kept: &str) -> bool {
        read(kept).is_some_and(|(kept, cost)| {
            cost == self.cost
                && kept.version == Some(Version::V0x13.into())
                && kept.salt.is_some_and(|salt| salt.len() >= SALT_BYTES)
                && kept.hash.is_some_and(|hash| hash.len() >= HASH_BYTES)
        })
    }
}

/// A whole hash of argon2id that we are ready to verify, and what it costs.
fn read(kept: &str) -> Option<(PasswordHash, Argon2idCost)> {
    let kept = PasswordHash::new(kept).ok()?; // What cannot be read is none of ours.
    let params = Params::try_from(&kept).ok()?; // The same.
    let cost = Argon2idCost::new(params.m_cost(), params.t_cost(), params.p_cost())?;
    let whole = kept.salt.is_some() && kept.hash.is_some();
    let ours = kept.algorithm == Algorithm::Argon2id.ident();
    (ours && whole).then_some((kept, cost))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hasher() -> Argon2id {
        Argon2id::new(Argon2idCost::new(64, 3, 4).unwrap()).unwrap()
    }

    fn verify(password: &str, kept: &str) -> Option<bool> {
        hasher().verify(password.as_bytes(), kept)
    }

    /// Hashes that other programs made: which, of what, and the hash.
    const VECTORS: [(&str, &str, &str); 6] = [
        (
            "the reference's test.c, at commit f57e61e",
            "password",
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$\
             CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        ),
        (
            "the reference's argon2 of Debian 12, `-id -k 19456 -t 2 -p 1 -l 32`",
            "correct horse battery",
            "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$\
             /HetJC6LZ4lnwgLB+wJSS2a9bFu2Kq4HxwNWzoJq2qU",
        ),
        (
            "the same, `-id -k 64 -t 3 -p 4 -l 24`",
            "correct horse battery",
            "$argon2id$v=19$m=64,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$\
             H7+C9o24Ara8k98UgLLfDBqY+5nQU3Q9",
        ),
        (
            "argon2-cffi 25.1",
            "correct horse battery",
            "$argon2id$v=19$m=64,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$\
             PMWtAW/PC/x27M4q/6LwX8rhZ6e4QgDOMnNlqumqADk",
        ),
        (
            "argon2-cffi 25.1, of version 1.0 of argon2",
            "correct horse battery",
            "$argon2id$v=16$m=256,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$\
             8XKBN82Fx3BmX3wXR/2mx1wF2me7tqQyAsQSc5VIc4c",
        ),
        (
            "argon2-cffi 25.1, of more than ASCII",
            "Zürich, Straße 日本",
            "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$\
             ENkWfpTmxelXPjZmUCqyCKgW7zc64eJx1drtpT5pAvo",
        ),
    ];

    #[test]
    fn what_other_programs_hashed_is_verified() {
        for (made_by, password, kept) in VECTORS {
            assert_eq!(verify(password, kept), Some(true), "{made_by}");
            assert_eq!(verify("Correct horse battery", kept), Some(false), "{made_by}");
        }
    }

    #[test]
    fn only_what_would_be_made_now_is_current() {
        let made = hasher().hash(b"correct horse battery").unwrap();
        assert!(made.starts_with("$argon2id$v=19$m=64,t=3,p=4$"), "{made}");
        assert!(hasher().is_current(&made));
        assert_eq!(verify("correct horse battery", &made), Some(true));

        let current: Vec<&str> = VECTORS
            .iter()
            .filter(|(_, _, kept)| hasher().is_current(kept))
            .map(|(made_by, ..)| *made_by)
            .collect();
        assert_eq!(current, ["argon2-cffi 25.1"]);
    }

    #[test]
    fn what_is_none_or_costs_too_much_is_not_tried() {
        let of = |parameters: &str| {
            format!(
                "$argon2id$v=19${parameters}$c29tZXNhbHRzb21lc2FsdA$\
                 PMWtAW/PC/x27M4q/6LwX8rhZ6e4QgDOMnNlqumqADk"
            )
        };
        let absurd = ["m=4194304,t=1,p=1", "m=64,t=4294967295,p=1", "m=262144,t=99,p=1"];
        for kept in absurd.map(of).iter().map(String::as_str).chain([
            "",
            "x",
            "$argon2id$",
            "$argon2id$v=19$m=64,t=3,p=4$c29tZXNhbHRzb21lc2FsdA",
            // argon2i, by argon2-cffi: it is not what anybody should use for passwords.
            "$argon2i$v=19$m=64,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$\
             N9/YfdA3mgxHGIFv5BQQe8x7dCPMjmD/cgNk+G9yhnk",
            "$2y$05$SbmHqrIpjF.PlcizOgwyA.NIhBvFB/lFjJZxV05gRTSQcsl8LwoVK",
        ]) {
            assert_eq!(verify("correct horse battery", kept), None, "{kept}");
            assert!(!hasher().is_current(kept), "{kept}");
        }
    }
}
