//! How many sockets each address has on this node.

use std::{
    collections::{HashMap, hash_map::Entry},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{domain::Error, http::peer::network};

/// The sockets of each address; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Seats(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// Counts for a socket as long as it lives.
#[derive(Debug)]
pub struct Seat(Option<(Seats, IpAddr)>);

impl Seats {
    /// A seat for a socket of `address`; `Busy` where that has `max` of them. The loopback isn't
    /// counted, nor is an address that isn't known.
    pub fn take(&self, address: Option<IpAddr>, max: usize) -> Result<Seat, Error> {
        let Some(address) = address.map(network).filter(|it| !it.is_loopback()) else {
            return Ok(Seat(None));
        };
        let mut all = self.lock();
        let taken = all.get(&address).copied().unwrap_or(0);
        if taken >= max {
            return Err(Error::Busy);
        }
        all.insert(address, taken.saturating_add(1));
        Ok(Seat(Some((self.clone(), address))))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let Some((seats, address)) = &self.0 else { return };
        if let Entry::Occupied(mut entry) = seats.lock().entry(*address) {
            *entry.get_mut() = entry.get().saturating_sub(1);
            if *entry.get() == 0 {
                entry.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(seats: &Seats, address: &str) -> Result<Seat, Error> {
        seats.take(Some(address.parse().unwrap()), 2)
    }

    #[test]
    fn an_address_has_as_many_sockets_as_it_may() {
        let seats = Seats::default();
        let first = take(&seats, "192.0.2.1").unwrap();
        let _second = take(&seats, "::ffff:192.0.2.1").unwrap();

        assert!(matches!(take(&seats, "192.0.2.1"), Err(Error::Busy)));
        assert!(take(&seats, "192.0.2.2").is_ok());
        drop(first);
        assert!(take(&seats, "192.0.2.1").is_ok());
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one_address() {
        let seats = Seats::default();
        let _seats = ["2001:db8::1", "2001:db8::2"].map(|it| take(&seats, it).unwrap());

        assert!(take(&seats, "2001:db8::3").is_err());
        assert!(take(&seats, "2001:db8:0:1::1").is_ok());
    }

    #[test]
    fn the_loopback_and_the_unknown_are_not_counted() {
        let seats = Seats::default();
        for address in ["127.0.0.1", "127.0.0.2", "::1", "::ffff:127.0.0.1"] {
            let taken: Result<Vec<_>, _> = (0..5).map(|_| take(&seats, address)).collect();
            assert!(taken.is_ok(), "{address}");
        }
        assert!(seats.take(None, 0).is_ok());
        assert!(seats.lock().is_empty());
    }

    #[test]
    fn of_those_who_left_nothing_is_kept() {
        let seats = Seats::default();
        drop(take(&seats, "192.0.2.1").unwrap());
        assert!(seats.lock().is_empty());
    }
}
