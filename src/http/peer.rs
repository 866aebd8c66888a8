//! From which address a client comes, also where a proxy stands in between.
//!
//! A header says whatever its sender likes. So `X-Forwarded-For` counts only as far as proxies
//! wrote it that the settings name: each appends whom it heard, so it is read from its end, and
//! the first address that is none of theirs is the client. `Forwarded` (RFC 7239) is not read: a
//! proxy that writes one of the two passes the other on as the client made it up.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use actix_web::{HttpRequest, http::header, web::Data};

/// The bits of an IPv6 address that its owner does not choose at will.
const NETWORK: u128 = u128::MAX << 64;

/// Which addresses are those of proxies that are trusted; by default none is.
#[derive(Clone)]
pub struct Proxies(Arc<dyn Fn(IpAddr) -> bool + Send + Sync>);

impl Proxies {
    pub fn new(are: impl Fn(IpAddr) -> bool + Send + Sync + 'static) -> Self {
        Proxies(Arc::new(are))
    }

    fn trusts(&self, address: IpAddr) -> bool {
        (self.0)(address)
    }
}

impl Default for Proxies {
    fn default() -> Self {
        Proxies::new(|_| false)
    }
}

impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proxies(…)")
    }
}

/// The address of the client, one of IPv4 in its own form; `None` where the connection has none.
pub fn address(request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip().to_canonical();
    match request.app_data::<Data<Proxies>>() {
        Some(proxies) if proxies.trusts(peer) => Some(behind(peer, request, proxies)),
        Some(_) | None => Some(peer),
    }
}

/// The provider's network rather than the address, which changes from day to day: the first 16 bits
/// of IPv4, or 32 of IPv6.
pub fn provider(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [one, two, ..] = address.octets();
            format!("{one}.{two}")
        }
        IpAddr::V6(address) => {
            let [one, two, ..] = address.segments();
            format!("{one:x}:{two:x}")
        }
    }
}

/// As whom an address counts: who has one address of IPv6 has the whole network of it.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(it) if !it.is_loopback() => Ipv6Addr::from_bits(it.to_bits() & NETWORK).into(),
        other => other,
    }
}

/// Whom the trusted `proxy` speaks for. What cannot be read proves nothing: then it is the last
/// that was named well.
fn behind(proxy: IpAddr, request: &HttpRequest, proxies: &Proxies) -> IpAddr {
    let lines: Vec<&[u8]> =
        request.headers().get_all(header::X_FORWARDED_FOR).map(|line| line.as_bytes()).collect();
    let hops = lines.iter().rev().flat_map(|line| line.rsplit(|byte| *byte == b','));
    let mut last = proxy;
    for hop in hops.map(<[u8]>::trim_ascii).filter(|hop| !hop.is_empty()) {
        let Some(named) = read(hop) else { return last };
        if !proxies.trusts(named) {
            return named;
        }
        last = named;
    }
    last
}

/// An address as proxies write it: some add the port, and then IPv6 stands in brackets.
fn read(hop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(hop).ok()?; // an unreadable one is none
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse().map(|it: SocketAddr| it.ip());
    let address = bare.parse().or_else(|_| with_port()).ok()?; // likewise
    Some(IpAddr::to_canonical(&address))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    /// The client of a request of `peer` with these lines of `X-Forwarded-For`, where 10.x.x.x and
    /// `fd00::1` are proxies of ours.
    fn client(peer: &str, lines: &[&[u8]]) -> String {
        let ours: IpAddr = "fd00::1".parse().unwrap();
        let is_proxy = move |address: IpAddr| match address {
            IpAddr::V4(it) => it.octets()[0] == 10,
            IpAddr::V6(_) => address == ours,
        };
        let mut request = TestRequest::default()
            .app_data(Data::new(Proxies::new(is_proxy)))
            .peer_addr(SocketAddr::new(peer.parse().unwrap(), 4711));
        for line in lines {
            let line = header::HeaderValue::from_bytes(line).unwrap();
            request = request.append_header((header::X_FORWARDED_FOR, line));
        }
        address(&request.to_http_request()).unwrap().to_string()
    }

    #[test]
    fn a_provider_has_more_than_one_address() {
        let provider = |address: &str| provider(address.parse().unwrap());
        assert_eq!(provider("203.0.113.7"), provider("203.0.9.9"));
        assert_ne!(provider("203.0.113.7"), provider("203.1.113.7"));
        assert_eq!(provider("2001:db8:1::1"), provider("2001:db8:2::9"));
    }

    #[test]
    fn without_a_proxy_the_header_counts_for_nothing() {
        assert_eq!(client("192.0.2.1", &[]), "192.0.2.1");
        assert_eq!(client("192.0.2.1", &[b"198.51.100.7"]), "192.0.2.1");
        assert_eq!(client("192.0.2.1", &[b"10.0.0.1"]), "192.0.2.1");
        assert_eq!(client("::ffff:192.0.2.1", &[b"198.51.100.7"]), "192.0.2.1");
    }

    #[test]
    fn the_last_address_that_is_no_proxy_of_ours_is_the_client() {
        assert_eq!(client("10.0.0.1", &[b"192.0.2.1"]), "192.0.2.1");
        assert_eq!(client("10.0.0.1", &[b"192.0.2.1, 10.0.0.2,10.0.0.3"]), "192.0.2.1");
        assert_eq!(client("::ffff:10.0.0.1", &[b"192.0.2.1, ::ffff:10.0.0.2"]), "192.0.2.1");
        assert_eq!(client("fd00::1", &[b"2001:db8::7"]), "2001:db8::7");
    }

    #[test]
    fn what_a_client_wrote_itself_stands_to_the_left_and_is_not_believed() {
        assert_eq!(client("10.0.0.1", &[b"198.51.100.7, 192.0.2.1"]), "192.0.2.1");
        assert_eq!(client("10.0.0.1", &[b"198.51.100.7", b"192.0.2.1"]), "192.0.2.1");
        assert_eq!(client("10.0.0.1", &[b"10.0.0.9, 192.0.2.1, 10.0.0.2"]), "192.0.2.1");
        assert_eq!(client("10.0.0.1", &[b"\xff\xfe, 192.0.2.1"]), "192.0.2.1");
    }

    #[test]
    fn where_nothing_more_can_be_read_the_last_good_hop_is_the_client() {
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &[b"192.0.2.1, unknown"]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &[b"192.0.2.1, \xff, 10.0.0.2"]), "10.0.0.2");
        assert_eq!(client("10.0.0.1", &[b"10.0.0.3, 10.0.0.2"]), "10.0.0.3");
    }

    #[test]
    fn ports_brackets_and_gaps_are_read_over() {
        assert_eq!(client("10.0.0.1", &[b"192.0.2.1:80"]), "192.0.2.1");
        assert_eq!(client("10.0.0.1", &[b"[2001:db8::7]:443"]), "2001:db8::7");
        assert_eq!(client("10.0.0.1", &[b"[2001:db8::7]"]), "2001:db8::7");
        assert_eq!(client("10.0.0.1", &[b"192.0.2.1, ,"]), "192.0.2.1");
        assert_eq!(client("10.0.0.1", &[b"::ffff:192.0.2.1"]), "192.0.2.1");
    }

    #[test]
    fn nobody_is_trusted_by_default() {
        let peer = SocketAddr::from(([10, 0, 0, 1], 4711));
        let asked = || {
            let forwarded = (header::X_FORWARDED_FOR, "192.0.2.1");
            TestRequest::default().peer_addr(peer).insert_header(forwarded)
        };
        let default = asked().app_data(Data::new(Proxies::default())).to_http_request();

        assert_eq!(address(&default), Some(peer.ip()));
        assert_eq!(address(&asked().to_http_request()), Some(peer.ip()));
        assert_eq!(address(&TestRequest::default().to_http_request()), None);
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one() {
        let network = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(network("2001:db8::1:2:3:4"), "2001:db8::");
        assert_eq!(network("2001:db8:0:1::1"), "2001:db8:0:1::");
        assert_eq!(network("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(network("::1"), "::1");
    }
}
