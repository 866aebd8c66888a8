//! What is outside: where the shop may send to when somebody else has chosen the place.
//!
//! Whoever chooses it must not reach the shop's own network by it. Of an address on the web the name
//! tells something; where the name leads is known only when something is sent, so then the address
//! behind it is looked at, too.

use url::{Host, Url};

/// Names that lead nowhere on the internet (RFC 6761, 6762, 7686, 8375), and those that house
/// networks use all the same.
const PRIVATE: [&str; 12] = [
    "localhost",
    "local",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "home.arpa",
    "test",
    "invalid",
    "onion",
];

/// How far the shop may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// To the internet, by TLS.
    Public,
    /// To this machine and its network too, for tests.
    Anywhere,
}

impl Reach {
    /// Whether something may be sent to `url`, as far as the text of it tells.
    pub fn allows(self, url: &Url) -> bool {
        match self {
            Reach::Public => is_public(url),
            Reach::Anywhere => {
                matches!(url.scheme(), "http" | "https") && url.host().is_some() && is_plain(url)
            }
        }
    }
}

/// Whether it is `https`, on the usual port, of a name that is none of a network of one's own.
pub fn is_public(url: &Url) -> bool {
    let Some(Host::Domain(host)) = url.host() else { return false };
    let host = host.trim_end_matches('.');
    let ends_with = |name: &str| {
        host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    url.scheme() == "https"
        && url.port().is_none()
        && is_plain(url)
        && host.contains('.')
        && !PRIVATE.iter().any(|name| ends_with(name))
}

fn is_plain(url: &Url) -> bool {
    url.username().is_empty() && url.password().is_none() && url.fragment().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_may_reach_its_own_machine_and_nobody_else_may() {
        let allows = |reach: Reach, url: &str| reach.allows(&Url::parse(url).unwrap());
        for own in ["http://127.0.0.1:8080/hooks", "https://[::1]/", "http://localhost:1/"] {
            assert!(allows(Reach::Anywhere, own) && !allows(Reach::Public, own), "{own}");
        }
        for wrong in ["ftp://localhost/", "http://ada@localhost/", "data:text/plain,x"] {
            assert!(!allows(Reach::Anywhere, wrong), "{wrong}");
        }
        assert!(allows(Reach::Public, "https://hooks.example.com/rialto?x=1"));
        assert!(!allows(Reach::Public, "https://93.184.216.34/"));
    }
}
