//! What whoever changes a thing has seen of it: the versions that it may still be at.

use super::Error;

/// The most versions that one request names: a client knows one, perhaps two.
pub const VERSIONS_MAX: usize = 10;

/// At which versions a thing may be for the change to be made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Expected {
    /// At any: the change names what it changes, and all else stays.
    #[default]
    Any,
    OneOf(Vec<i64>),
}

impl Expected {
    /// `Outdated` where the thing is at another version.
    pub fn check(&self, version: i64) -> Result<(), Error> {
        match self {
            Expected::Any => Ok(()),
            Expected::OneOf(versions) if versions.contains(&version) => Ok(()),
            Expected::OneOf(_) => Err(Error::Outdated { version }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_made_at_the_versions_it_names_alone() {
        assert!(Expected::Any.check(7).is_ok());
        assert!(Expected::OneOf(vec![6, 7]).check(7).is_ok());
        let outdated = Expected::OneOf(vec![6]).check(7);
        assert!(matches!(outdated, Err(Error::Outdated { version: 7 })));
        assert!(Expected::OneOf(Vec::new()).check(7).is_err());
    }
}
