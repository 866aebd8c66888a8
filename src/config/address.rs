//! Settings that are addresses: of databases, servers, browsers' origins and networks.

use std::{fmt, net::IpAddr, path::PathBuf};

use super::value::{MASK, Shown, Value};
use crate::store::Url;

/// Which database, and where.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    Sqlite(PathBuf),
    /// The whole address; it may hold a password, so `Debug` hides that.
    Postgres(String),
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DatabaseUrl::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            DatabaseUrl::Postgres(url) => f.write_str(&mask_url(url)),
        }
    }
}

impl From<&DatabaseUrl> for Url {
    fn from(url: &DatabaseUrl) -> Self {
        match url {
            DatabaseUrl::Sqlite(path) => Url::Sqlite(path.clone()),
            DatabaseUrl::Postgres(url) => Url::Postgres(url.clone()),
        }
    }
}

impl Value for DatabaseUrl {
    const SHOWN: Shown = Shown::Url;

    fn wanted() -> String {
        "sqlite:<path of a file>, or postgres://<user>:<password>@<host>/<database>".to_owned()
    }

    fn parse(text: &str) -> Option<Self> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return has_place(text).then(|| DatabaseUrl::Postgres(text.to_owned()));
        }
        let path = text.strip_prefix("sqlite:")?;
        let path = path.strip_prefix("//").unwrap_or(path);
        // Each connection would open a memory, or a temporary file, of its own.
        let is_file = !path.is_empty() && !path.starts_with(':') && !path.contains('?');
        is_file.then(|| DatabaseUrl::Sqlite(PathBuf::from(path)))
    }
}

macro_rules! server_urls {
    ($($(#[$doc:meta])* $name:ident: $($scheme:literal)|+;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// The whole address, with its password.
            pub fn reveal(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&mask_url(&self.0))
            }
        }

        impl Value for $name {
            const SHOWN: Shown = Shown::Url;

            fn wanted() -> String {
                concat!("an address that begins with" $(, " ", $scheme, "://")+).to_owned()
            }

            fn parse(text: &str) -> Option<Self> {
                let (scheme, _) = text.split_once("://")?;
                let known = matches!(scheme, $($scheme)|+);
                (known && has_place(text)).then(|| $name(text.to_owned()))
            }
        }
    )*};
}

server_urls! {
    /// The address of Redis; it may hold a password, so `Debug` hides that.
    RedisUrl: "redis";
    /// The address of NATS; it may hold a password, so `Debug` hides that.
    NatsUrl: "nats";
}

/// Whether something stands between `://` and the end, without blanks.
fn has_place(url: &str) -> bool {
    let place = url.split_once("://").map_or("", |(_, place)| place);
    let host = place.rsplit_once('@').map_or(place, |(_, host)| host);
    let named = !host.is_empty() && !host.starts_with(['/', '?', ':']);
    named && !url.contains(char::is_whitespace)
}

/// Scheme, host and, where it is not the scheme's own, port: what browsers send as `Origin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebOrigin(String);

impl WebOrigin {
    /// In lower case, without a slash at the end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Value for WebOrigin {
    fn wanted() -> String {
        "a web address without a path, such as https://shop.example".to_owned()
    }

    fn parse(text: &str) -> Option<Self> {
        let text = text.strip_suffix('/').unwrap_or(text).to_ascii_lowercase();
        let (scheme, place) = text.split_once("://")?;
        let is_web = matches!(scheme, "http" | "https");
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            Some(_) | None => (place, None),
        };
        let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
        let is_host = !host.is_empty()
            && host.chars().all(|c| c.is_ascii_alphanumeric() || ".-[]:".contains(c));
        let own = if scheme == "https" { ":443" } else { ":80" };
        let text = text.strip_suffix(own).unwrap_or(&text).to_owned();
        (is_web && is_port && is_host).then_some(WebOrigin(text))
    }
}

/// An address, or all addresses that begin with the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u32,
}

impl Network {
    /// Whether `address` is in it; one of IPv4 is found in its IPv6 form too.
    pub fn contains(&self, address: IpAddr) -> bool {
        let as_number = |address: IpAddr| match address.to_canonical() {
            IpAddr::V4(address) => (32, u128::from(address.to_bits())),
            IpAddr::V6(address) => (128, address.to_bits()),
        };
        let ((width, own), (other_width, other)) = (as_number(self.address), as_number(address));
        let dropped = u32::saturating_sub(width, self.bits);
        let prefix = |number: u128| number.checked_shr(dropped).unwrap_or(0);
        width == other_width && prefix(own) == prefix(other)
    }
}

impl Value for Network {
    fn wanted() -> String {
        "an address such as 10.0.0.7, or a network such as 10.0.0.0/8".to_owned()
    }

    fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?; // What is wanted says it better.
        let width = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Some(width), |bits| bits.parse().ok())?; // Likewise.
        (bits <= width).then_some(Network { address, bits })
    }
}

/// An address without what may be secret in it: a password, a user without one (NATS takes a token
/// there), and the values after the `?`. It rather hides too much.
pub fn mask_url(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let (place, query) = match rest.split_once('?') {
        Some((place, _)) => (place, format!("?{MASK}")),
        None => (rest, String::new()),
    };
    match place.rsplit_once('@') {
        Some((login, place)) => match login.split_once(':') {
            Some((user, _)) => format!("{scheme}://{user}:{MASK}@{place}{query}"),
            None => format!("{scheme}://{MASK}@{place}{query}"),
        },
        None => format!("{scheme}://{place}{query}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_a_file_or_a_server_and_nothing_else() {
        let file = |path: &str| Some(DatabaseUrl::Sqlite(PathBuf::from(path)));
        assert_eq!(DatabaseUrl::parse("sqlite:data/rialto.db"), file("data/rialto.db"));
        assert_eq!(DatabaseUrl::parse("sqlite:///var/rialto.db"), file("/var/rialto.db"));
        let server = "postgres://u:p@localhost/shop";
        assert_eq!(DatabaseUrl::parse(server), Some(DatabaseUrl::Postgres(server.to_owned())));
        let wrong = [
            "",
            "sqlite:",
            "sqlite::memory:",
            "rialto.db",
            "mysql://h/d",
            "postgres://",
            "postgres:h",
        ];
        for wrong in wrong {
            assert_eq!(DatabaseUrl::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn nothing_secret_of_an_address_is_shown() {
        let urls = [
            ("postgres://ada:s3cret@db/shop", "postgres://ada:***@db/shop"),
            ("postgres://ada:s3/cr@et@db/shop?password=s3cret", "postgres://ada:***@db/shop?***"),
            ("nats://s3cret@bus:4222", "nats://***@bus:4222"),
            ("redis://:s3cret@cache", "redis://:***@cache"),
            ("sqlite:data/rialto.db", "sqlite:data/rialto.db"),
        ];
        for (url, masked) in urls {
            assert_eq!(Shown::Url.show(url), masked);
        }
        let debug = format!("{:?}", DatabaseUrl::parse("postgres://ada:s3cret@db/shop"));
        assert!(!debug.contains("s3cret"), "{debug}");
    }

    #[test]
    fn a_network_holds_the_addresses_that_begin_alike() {
        let holds = |network: &str, address: &str| {
            Network::parse(network).unwrap().contains(address.parse().unwrap())
        };
        assert!(holds("10.0.0.0/8", "10.255.0.1"));
        assert!(holds("10.0.0.7", "::ffff:10.0.0.7"));
        assert!(holds("0.0.0.0/0", "1.2.3.4"));
        assert!(holds("fd00::/8", "fd12::1"));
        assert!(!holds("10.0.0.0/8", "11.0.0.1"));
        assert!(!holds("0.0.0.0/0", "::1"));
        for wrong in ["", "10.0.0.0/33", "10.0.0/8", "host", "::/129", "10.0.0.0/-1"] {
            assert_eq!(Network::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        let origin = |text| WebOrigin::parse(text).map(|origin| origin.0);
        assert_eq!(origin("https://Shop.example/").as_deref(), Some("https://shop.example"));
        assert_eq!(origin("https://shop.example:443").as_deref(), Some("https://shop.example"));
        assert_eq!(origin("http://[::1]:8080").as_deref(), Some("http://[::1]:8080"));
        let wrong = [
            "",
            "*",
            "shop.example",
            "ftp://shop.example",
            "https://a/b",
            "https://u@a",
            "http://a:x",
        ];
        for wrong in wrong {
            assert_eq!(origin(wrong), None, "{wrong}");
        }
    }
}
