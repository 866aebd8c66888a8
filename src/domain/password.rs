//! How passwords are hashed, the kinds of hash there are and what each may cost; and which
//! passwords are too common to be taken.

use std::{fmt, str::FromStr};

pub mod commonest;

/// How new passwords are hashed, as the setting says it: `argon2id:m=19456,t=2,p=1` or
/// `bcrypt:cost=12`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hashing {
    Argon2id(Argon2idCost),
    Bcrypt(BcryptCost),
}

/// What an argon2id hash costs to make, and again to verify.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Argon2idCost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// What a bcrypt hash costs: two to this power are its rounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BcryptCost(u32);

impl Argon2idCost {
    /// No hash takes more memory: each thread that hashes may hold so much.
    pub const MEMORY_KIB_MAX: u32 = 256 << 10;
    /// No hash writes more memory in all its passes: half a second of a core.
    pub const WORK_KIB_MAX: u32 = 1 << 20;
    pub const LANES_MAX: u32 = 16;
    /// The smallest blocks of a lane that argon2 is defined for.
    const LANE_KIB_MIN: u32 = 8;
    /// Memory and passes of which OWASP's cheat sheet on password storage wants one pair at least.
    const SAFE: [(u32, u32); 5] = [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)];

    /// The cost, if argon2 is defined for it and we are ready to pay it.
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Option<Self> {
        let defined = lanes > 0 && passes > 0 && memory_kib / Self::LANE_KIB_MIN >= lanes;
        let payable = memory_kib <= Self::MEMORY_KIB_MAX
            && lanes <= Self::LANES_MAX
            && memory_kib.checked_mul(passes).is_some_and(|work| work <= Self::WORK_KIB_MAX);
        (defined && payable).then_some(Argon2idCost { memory_kib, passes, lanes })
    }

    pub fn memory_kib(self) -> u32 {
        self.memory_kib
    }

    pub fn passes(self) -> u32 {
        self.passes
    }

    pub fn lanes(self) -> u32 {
        self.lanes
    }
}

/// The first of OWASP's choices that fits nineteen mebibytes.
impl Default for Argon2idCost {
    fn default() -> Self {
        Argon2idCost { memory_kib: 19_456, passes: 2, lanes: 1 }
    }
}

impl BcryptCost {
    /// The least that bcrypt is defined for.
    pub const MIN: u32 = 4;
    /// About a second of a core.
    pub const MAX: u32 = 14;
    /// What OWASP's cheat sheet on password storage wants at least.
    const SAFE: u32 = 10;

    /// The cost, if bcrypt is defined for it and we are ready to pay it.
    pub fn new(cost: u32) -> Option<Self> {
        (Self::MIN..=Self::MAX).contains(&cost).then_some(BcryptCost(cost))
    }

    pub fn get(self) -> u32 {
        self.0
    }
}

impl Default for BcryptCost {
    fn default() -> Self {
        BcryptCost(12)
    }
}

impl Hashing {
    /// Whether a stolen hash costs a guesser as much as OWASP's cheat sheet wants at least.
    pub fn is_safe(self) -> bool {
        match self {
            Hashing::Argon2id(cost) => Argon2idCost::SAFE
                .iter()
                .any(|(memory, passes)| cost.memory_kib >= *memory && cost.passes >= *passes),
            Hashing::Bcrypt(cost) => cost.0 >= BcryptCost::SAFE,
        }
    }
}

/// It is written in one way alone, with every parameter in this order.
impl FromStr for Hashing {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (kind, parameters) = text.split_once(':').ok_or(())?;
        let mut parameters = parameters.split(',');
        let mut next = |name: &str| {
            let (found, number) = parameters.next()?.split_once('=')?;
            let plain = found == name && number.chars().all(|c| c.is_ascii_digit());
            plain.then(|| number.parse::<u32>().ok())? // Not a number that could be meant.
        };
        let hashing = match kind {
            "argon2id" => {
                let (memory, passes, lanes) = (next("m"), next("t"), next("p"));
                let cost = memory.zip(passes).zip(lanes);
                let cost = cost.and_then(|((m, t), p)| Argon2idCost::new(m, t, p));
                Hashing::Argon2id(cost.ok_or(())?)
            }
            "bcrypt" => Hashing::Bcrypt(next("cost").and_then(BcryptCost::new).ok_or(())?),
            _ => return Err(()),
        };
        if parameters.next().is_none() { Ok(hashing) } else { Err(()) }
    }
}

impl fmt::Display for Hashing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Hashing::Argon2id(Argon2idCost { memory_kib, passes, lanes }) => {
                write!(f, "argon2id:m={memory_kib},t={passes},p={lanes}")
            }
            Hashing::Bcrypt(BcryptCost(cost)) => write!(f, "bcrypt:cost={cost}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashing(text: &str) -> Option<Hashing> {
        text.parse().ok()
    }

    #[test]
    fn a_setting_that_is_read_is_written_the_same_way() {
        for text in ["argon2id:m=19456,t=2,p=1", "argon2id:m=8,t=1,p=1", "bcrypt:cost=12"] {
            assert_eq!(hashing(text).map(|it| it.to_string()).as_deref(), Some(text));
        }
        assert_eq!(
            hashing("argon2id:m=19456,t=2,p=1"),
            Some(Hashing::Argon2id(Argon2idCost::default()))
        );
    }

    #[test]
    fn what_is_not_whole_or_costs_too_much_is_refused() {
        for wrong in [
            "",
            "argon2id",
            "argon2i:m=19456,t=2,p=1",
            "argon2id:t=2,m=19456,p=1",
            "argon2id:m=19456,t=2",
            "argon2id:m=19456,t=2,p=1,x=1",
            "argon2id:m=+19456,t=2,p=1",
            "argon2id:m=7,t=2,p=1",
            "argon2id:m=15,t=2,p=2",
            "argon2id:m=19456,t=0,p=1",
            "argon2id:m=19456,t=2,p=0",
            "argon2id:m=19456,t=2,p=17",
            "argon2id:m=262145,t=1,p=1",
            "argon2id:m=262144,t=5,p=1",
            "argon2id:m=4294967295,t=4294967295,p=1",
            "argon2id:m=99999999999,t=1,p=1",
            "bcrypt:cost=3",
            "bcrypt:cost=15",
            "bcrypt:12",
            "md5:cost=12",
        ] {
            assert_eq!(hashing(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn less_than_owasp_wants_is_not_safe() {
        let safe = |text: &str| hashing(text).unwrap().is_safe();
        for good in ["argon2id:m=19456,t=2,p=1", "argon2id:m=7168,t=5,p=1", "bcrypt:cost=10"] {
            assert!(safe(good), "{good}");
        }
        for weak in ["argon2id:m=19455,t=2,p=1", "argon2id:m=7167,t=9,p=1", "bcrypt:cost=9"] {
            assert!(!safe(weak), "{weak}");
        }
    }
}
