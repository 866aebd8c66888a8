//! Where a name leads, looked at before anything is sent there.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::lookup_host;
use url::{Host, Url};

use crate::domain::outside::Reach;

/// Why nothing may be sent to an address on the web.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// It is none that anything is sent to.
    NotAllowed,
    /// Its name leads nowhere.
    Unresolved,
    /// Its name leads into a network that is not the internet, if only by one of its addresses.
    Private,
}

/// The addresses behind `url`, if all may be sent to. The connection has to be made to one of them:
/// a name that is asked for again may lead elsewhere by then.
pub async fn addresses(url: &Url, reach: Reach) -> Result<Vec<SocketAddr>, Closed> {
    let port = url.port_or_known_default().ok_or(Closed::NotAllowed)?;
    let found = match url.host().filter(|_| reach.allows(url)).ok_or(Closed::NotAllowed)? {
        Host::Domain(name) => resolved(name, port).await?,
        Host::Ipv4(address) => vec![SocketAddr::new(IpAddr::V4(address), port)],
        Host::Ipv6(address) => vec![SocketAddr::new(IpAddr::V6(address), port)],
    };
    admitted(found, reach)
}

async fn resolved(name: &str, port: u16) -> Result<Vec<SocketAddr>, Closed> {
    let found = lookup_host((name, port)).await.map_err(|_| Closed::Unresolved)?;
    Ok(found.collect())
}

fn admitted(found: Vec<SocketAddr>, reach: Reach) -> Result<Vec<SocketAddr>, Closed> {
    match found.iter().all(|it| admits(reach, it.ip())) {
        true if found.is_empty() => Err(Closed::Unresolved),
        true => Ok(found),
        false => Err(Closed::Private),
    }
}

fn admits(reach: Reach, address: IpAddr) -> bool {
    match reach {
        Reach::Public => is_public_address(address),
        Reach::Anywhere => true,
    }
}

/// Whether it is an address of somebody on the internet, by the registries of special addresses of
/// the IANA (RFC 6890).
pub fn is_public_address(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let special = match address.octets() {
        [0 | 10 | 127 | 224..=255, ..] => true,
        [100, second, ..] => (64..128).contains(&second), // of carriers (RFC 6598)
        [169, 254, ..] | [192, 168, ..] => true,
        [172, second, ..] => (16..32).contains(&second),
        [192, 0, 0 | 2, _] | [192, 88, 99, _] => true,
        [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => true,
        _ => false,
    };
    !special
}

/// Only what is handed out by the registries at all; all that hides an address of version 4, or leads
/// through a tunnel, is no public address.
fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        [0x2001, 0..=0x01ff, ..] | [0x2001, 0x0db8, ..] | [0x2002, ..] => false,
        [0x3fff, 0..=0x0fff, ..] => false,
        [first, ..] => (0x2000..0x4000).contains(&first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn look(url: &str, reach: Reach) -> Result<Vec<SocketAddr>, Closed> {
        addresses(&Url::parse(url).unwrap(), reach).await
    }

    #[test]
    fn addresses_of_the_internet_are_public() {
        for address in
            ["1.1.1.1", "93.184.216.34", "100.63.0.1", "100.128.0.1", "172.15.0.1", "172.32.0.1"]
        {
            assert!(is_public_address(address.parse().unwrap()), "{address}");
        }
        for address in ["2606:4700::1111", "2a00:1450:4001:81b::200e", "2001:4860:4860::8888"] {
            assert!(is_public_address(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn addresses_that_lead_elsewhere_are_not() {
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:1.1.1.1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public_address(address.parse().unwrap()), "{address}");
        }
    }

    #[actix_rt::test]
    async fn what_is_no_public_address_on_the_web_is_not_even_looked_up() {
        for url in ["http://localhost:8080/", "https://127.0.0.1/", "https://[::1]/", "data:x"] {
            assert_eq!(look(url, Reach::Public).await, Err(Closed::NotAllowed), "{url}");
        }
    }

    #[actix_rt::test]
    async fn a_name_that_leads_to_this_machine_is_found_and_refused() {
        let found = resolved("localhost", 443).await.unwrap();

        assert!(found.iter().all(|it| it.ip().is_loopback() && it.port() == 443), "{found:?}");
        assert_eq!(admitted(found.clone(), Reach::Public), Err(Closed::Private));
        assert_eq!(admitted(found.clone(), Reach::Anywhere), Ok(found));
    }

    #[test]
    fn one_private_address_among_public_ones_is_enough_to_refuse() {
        let address = |text: &str| text.parse::<SocketAddr>().unwrap();
        let public = vec![address("93.184.216.34:443"), address("[2606:4700::1111]:443")];
        assert_eq!(admitted(public.clone(), Reach::Public), Ok(public.clone()));
        for private in ["10.0.0.1:443", "[::ffff:10.0.0.1]:443", "[fd00::1]:443"] {
            let mixed = [&public[..], &[address(private)]].concat();
            assert_eq!(admitted(mixed, Reach::Public), Err(Closed::Private), "{private}");
        }
        assert_eq!(admitted(Vec::new(), Reach::Public), Err(Closed::Unresolved));
    }
}
