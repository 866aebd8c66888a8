//! What shoppers and admins do, as far as they know how things stand.

use super::{
    super::{
        provider::TOKENS,
        request::{Key, Request},
        shop::{CODES, VARIANTS},
        shopper::Known,
    },
    World,
};
use crate::domain::{
    cart::Quantity,
    money::Money,
    order::{
        refund::{Units, What},
        returns::Received,
    },
};

impl World<'_> {
    pub fn send(&mut self, who: usize, request: Request) {
        let at = self.below(self.nodes.len());
        let (node, number) = (self.on(at), self.notebook.len());
        let what = request.name();
        self.say(format!("#{number} shopper {who} asks node {node} to {what}"));
        self.notebook.send(self.shop, who, request, &self.nodes[at]);
    }

    pub fn ask(&mut self) {
        let who = self.below(self.shoppers);
        let orders = self.notebook.orders(who);
        let request = match self.dice.below(100) {
            0..3 => {
                let (variant, reason) = (self.below(VARIANTS), format!("restock {}", self.keys));
                self.keys += 1;
                Request::Restock { variant, units: [-2, -1, 1, 2][self.below(4)], reason }
            }
            3 => Request::Clear,
            4..9 => Request::Hold,
            9..11 => Request::Release,
            11..15 => Request::PutCode(CODES[self.below(CODES.len())]),
            15..17 => self.merge(who),
            17..65 if !orders.is_empty() => {
                let at = self.below(orders.len());
                match self.notebook.is_paid(orders[at].id) {
                    true => self.about_paid(&orders[at]),
                    false => self.about(&orders[at]),
                }
            }
            17..85 if self.notebook.has_goods(who) => self.check_out(),
            _ => self.add(),
        };
        self.send(who, request);
    }

    /// What is asked about an order.
    fn about(&mut self, known: &Known) -> Request {
        let order = known.id;
        match self.dice.below(100) {
            ..85 => self.confirm(known),
            85..90 => Request::Abandon { order },
            90..95 => Request::Cancel { order },
            _ => self.about_paid(known),
        }
    }

    /// The same once it is paid.
    fn about_paid(&mut self, known: &Known) -> Request {
        let order = known.id;
        match self.dice.below(100) {
            ..30 => {
                let what = match self.below(3) {
                    0 => What::Amount(Money::euros(1 + self.dice.below(500))),
                    1 => What::Items(vec![self.units(known)]),
                    _ => What::Rest,
                };
                Request::Refund { key: self.key(), order, what }
            }
            30..40 => Request::Cancel { order },
            40..50 => Request::Process { order },
            50..60 => self.ship(known),
            60..63 => self.about_parcels(known),
            63..65 => self.confirm(known),
            _ => self.about_return(known),
        }
    }

    /// All of it goes out, or a part in a parcel of its own.
    fn ship(&mut self, known: &Known) -> Request {
        let items = self.chance(60).then(|| vec![self.units(known)]);
        Request::Ship { key: self.key(), order: known.id, items }
    }

    /// A parcel fails, or what will not arrive is called off.
    fn about_parcels(&mut self, known: &Known) -> Request {
        let order = known.id;
        if known.parcels.is_empty() || self.chance(40) {
            return Request::CallOff { order };
        }
        Request::Fail { order, delivery: known.parcels[self.below(known.parcels.len())] }
    }

    fn confirm(&mut self, known: &Known) -> Request {
        let token = match self.chance(60) {
            true => TOKENS[0],
            false => TOKENS[self.below(TOKENS.len())],
        };
        Request::Confirm { key: self.key(), order: known.id, token }
    }

    fn about_return(&mut self, known: &Known) -> Request {
        let order = known.id;
        if known.returns.is_empty() || self.chance(30) {
            return Request::Return { key: self.key(), order, items: vec![self.units(known)] };
        }
        let (id, items) = &known.returns[self.below(known.returns.len())];
        let restock = self.chance(70);
        let arrived = |it: &Units| Received { id: it.id, quantity: it.quantity, restock };
        Request::TakeIn { order, id: *id, items: items.iter().map(arrived).collect() }
    }

    /// Some of the units of a line, or all.
    fn units(&mut self, known: &Known) -> Units {
        let (id, all) = known.lines[self.below(known.lines.len())];
        let some = 1 + self.dice.below(u32::try_from(all).unwrap());
        let units = if self.chance(50) { all } else { some };
        Units { id, quantity: Quantity::try_from(units).unwrap() }
    }

    fn add(&mut self) -> Request {
        Request::Add { variant: self.below(VARIANTS), units: 1 + self.dice.below(2) }
    }

    /// Whoever signs in brings a guest's cart along.
    fn merge(&mut self, who: usize) -> Request {
        let users = self.shop.buyers.iter().filter(|it| it.user().is_some()).count();
        let guests = &self.shop.buyers[users..];
        match who < users {
            true => Request::Merge { from: guests[self.below(guests.len())].cart() },
            false => Request::Hold,
        }
    }

    fn check_out(&mut self) -> Request {
        Request::CheckOut { key: self.key(), expected: None }
    }

    fn key(&mut self) -> Key {
        self.keys += 1;
        Key { name: format!("key {}", self.keys), twist: false }
    }

    /// Somebody sends again what they sent before, now and then with another body.
    pub fn repeat(&mut self) {
        let who = self.below(self.shoppers);
        let keyed = self.notebook.keyed(who);
        if keyed.is_empty() {
            return;
        }
        let request = keyed[self.below(keyed.len())].clone();
        let request = if self.chance(10) { request.twisted() } else { request };
        self.send(who, request);
    }
}
