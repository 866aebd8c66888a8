//! bcrypt, in the strings that crypt(3) made known. It reads 72 bytes, and programs in C none after
//! a NUL: a password that it can't hold whole is refused, and matches nothing.

use bcrypt::{HashParts, Version};

use super::{PasswordHasher, failed};
use crate::domain::{Error, password::BcryptCost};

/// What bcrypt reads of a password.
const PASSWORD_BYTES_MAX: usize = 72;

pub struct Bcrypt {
    cost: BcryptCost,
}

impl Bcrypt {
    pub fn new(cost: BcryptCost) -> Self {
        Bcrypt { cost }
    }
}

impl PasswordHasher for Bcrypt {
    fn hash(&self, password: &[u8]) -> Result<String, Error> {
        if !holds(password) {
            let message = "a password is at most 72 bytes long, without a NUL";
            return Err(Error::invalid("password", "password_too_long", message));
        }
        let made = bcrypt::hash_with_salt(password, self.cost.get(), rand::random());
        Ok(made.map_err(failed)?.format_for_version(Version::TwoB))
    }

    fn verify(&self, password: &[u8], kept: &str) -> Option<bool> {
        read(kept)?;
        let matches = bcrypt::verify(password, kept).unwrap_or(false); // It was read.
        Some(matches && holds(password))
    }

    fn is_current(&self, kept: &str) -> bool {
        read(kept) == Some(self.cost)
    }
}

/// Whether bcrypt reads all of `password`.
fn holds(password: &[u8]) -> bool {
    password.len() <= PASSWORD_BYTES_MAX && !password.contains(&0)
}

/// What a hash of bcrypt costs that we are ready to verify. `$2a$`, `$2b$` and `$2y$` are three
/// names of one function; `$2x$` is of a program that got it wrong.
fn read(kept: &str) -> Option<BcryptCost> {
    let known = ["$2a$", "$2b$", "$2y$"].iter().any(|version| kept.starts_with(version));
    let parts: HashParts = if known { kept.parse().ok()? } else { return None }; // Not whole.
    BcryptCost::new(parts.get_cost())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hasher() -> Bcrypt {
        Bcrypt::new(BcryptCost::new(4).unwrap())
    }

    fn verify(password: &str, kept: &str) -> Option<bool> {
        hasher().verify(password.as_bytes(), kept)
    }

    /// Hashes that other programs made: which, of what, and the hash.
    const VECTORS: [(&str, &str, &str); 5] = [
        (
            "htpasswd of Apache 2.4.67, `-nbBC 5`",
            "correct horse battery",
            "$2y$05$SbmHqrIpjF.PlcizOgwyA.NIhBvFB/lFjJZxV05gRTSQcsl8LwoVK",
        ),
        (
            "bcrypt 5.0 of Python",
            "correct horse battery",
            "$2b$04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS",
        ),
        (
            "the same",
            "correct horse battery",
            "$2a$05$abcdefghijklmnopqrstuuD3mHdCr44zlIZ.VZCaYRpfQhXMYnEo.",
        ),
        (
            "the same, of more than ASCII",
            "Zürich, Straße 日本",
            "$2b$04$CCCCCCCCCCCCCCCCCCCCC.Uke8YFQiWpWAZXjCsakjskkEaukKYDW",
        ),
        (
            "crypt_blowfish's wrapper.c",
            "U*U*U",
            "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a",
        ),
    ];

    /// Of Python's bcrypt, for 72 times `x`: it is the hash of anything longer, too.
    const OF_72: &str = "$2b$04$CCCCCCCCCCCCCCCCCCCCC.ug0A3dTXhy5U.dFjx/qguZ8I4CB77BC";

    #[test]
    fn what_other_programs_hashed_is_verified() {
        for (made_by, password, kept) in VECTORS {
            assert_eq!(verify(password, kept), Some(true), "{made_by}");
            assert_eq!(verify("Correct horse battery", kept), Some(false), "{made_by}");
        }
    }

    #[test]
    fn what_bcrypt_would_cut_off_is_refused_and_matches_nothing() {
        let (whole, longer) = ("x".repeat(72), "x".repeat(73));

        assert_eq!(verify(&whole, OF_72), Some(true));
        assert_eq!(verify(&longer, OF_72), Some(false));
        assert!(hasher().hash(whole.as_bytes()).is_ok());
        for refused in [longer.as_str(), "correct\0horse"] {
            let refused = hasher().hash(refused.as_bytes()).unwrap_err();
            assert!(matches!(refused, Error::Invalid(of) if of[0].code == "password_too_long"));
        }
        // bcrypt repeats a password with a NUL after it, so that this is "ab" to it.
        let twice = hasher().hash(b"ab").unwrap();
        assert_eq!(verify("ab\0ab", &twice), Some(false));
    }

    #[test]
    fn only_what_would_be_made_now_is_current() {
        let made = hasher().hash(b"correct horse battery").unwrap();

        assert!(made.starts_with("$2b$04$"), "{made}");
        assert_eq!(verify("correct horse battery", &made), Some(true));
        assert!(hasher().is_current(&made) && hasher().is_current(OF_72));
        assert!(!hasher().is_current(VECTORS[0].2));
    }

    #[test]
    fn what_is_none_or_costs_too_much_is_not_tried() {
        for kept in [
            "",
            "$2b$",
            "$2b$31$CCCCCCCCCCCCCCCCCCCCC.Uke8YFQiWpWAZXjCsakjskkEaukKYDW",
            "$2b$15$CCCCCCCCCCCCCCCCCCCCC.Uke8YFQiWpWAZXjCsakjskkEaukKYDW",
            "$2b$00$CCCCCCCCCCCCCCCCCCCCC.Uke8YFQiWpWAZXjCsakjskkEaukKYDW",
            "$2x$04$CCCCCCCCCCCCCCCCCCCCC.Uke8YFQiWpWAZXjCsakjskkEaukKYDW",
            "$2b$04$CCCCCCCCCCCCCCCCCCCCC.Uke8YFQiWpWAZXjCsakjskkEaukKYD",
            "$2b$04$CCCCCCCCCCCCCCCCCCCCC.Uke8YFQiWpWAZXjCsakjskkEaukKY\u{e9}",
            "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$eP4eyR+zqlZX1y5xCFTkw9m5GYx0L5YWwvCFvtlbLow",
        ] {
            assert_eq!(verify("correct horse battery", kept), None, "{kept}");
            assert!(!hasher().is_current(kept), "{kept}");
        }
    }
}
