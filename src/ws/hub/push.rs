//! An event as it goes over the wire, encoded once for all who get the same bytes.

use actix_web::web::Bytes;

use crate::{
    bus::{Delivery, frame},
    ws::protocol::wire,
};

/// The frames of one event: the plain one, and one for each place of the match before it.
pub struct Texts<'a> {
    delivery: &'a Delivery,
    plain: Option<Bytes>,
    filtered: Vec<(i64, Bytes)>,
}

impl<'a> Texts<'a> {
    pub fn of(delivery: &'a Delivery) -> Self {
        Texts { delivery, plain: None, filtered: Vec::new() }
    }

    /// The frame for a subscription; `previous` as the filter of that one says.
    pub fn wire(&mut self, previous: Option<i64>) -> Bytes {
        let Some(previous) = previous else {
            return self.plain.get_or_insert_with(|| wire::text(&self.delivery.frame)).clone();
        };
        if let Some((_, bytes)) = self.filtered.iter().find(|(it, _)| *it == previous) {
            return bytes.clone();
        }
        let bytes = wire::text(&frame::with_previous(&self.delivery.frame, previous));
        self.filtered.push((previous, bytes.clone()));
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{bus::Channel, domain::event::Kind};

    #[test]
    fn who_gets_the_same_bytes_shares_them() {
        let (channel, kind, frame) = (Channel::Feed, Kind::OrderPaid, r#"{"sequence":7}"#.into());
        let delivery = Delivery { channel, sequence: 7, kind, frame, left_out: None };
        let mut texts = Texts::of(&delivery);

        let plain = [texts.wire(None), texts.wire(None)];
        let filtered = [texts.wire(Some(3)), texts.wire(Some(5)), texts.wire(Some(3))];

        assert_eq!(plain[0].as_ptr(), plain[1].as_ptr());
        assert_eq!(filtered[0].as_ptr(), filtered[2].as_ptr());
        assert_eq!(filtered[0], wire::text(r#"{"sequence":7,"previous":3}"#));
        assert_eq!(filtered[1], wire::text(r#"{"sequence":7,"previous":5}"#));
    }
}
