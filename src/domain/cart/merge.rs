//! Merging a guest's cart into a user's: once, and with word of what did not fit.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{
    Cart, Item, LINES_MAX, QUANTITY_MAX, Quantity,
    change::{Released, Why},
    put,
};
use crate::domain::{
    id::{CartId, VariantId},
    promotion::CODES_MAX,
    words::words,
};

/// Takes all that is in one cart over into another. Both are read, locked, where it is done, so that
/// nothing is taken over twice; an empty cart changes neither.
#[derive(Debug, Clone, Copy)]
pub struct Merge {
    pub from: CartId,
    pub into: CartId,
    /// When the cart is emptied if nobody touches it before.
    pub expires_at: DateTime<Utc>,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Merged {
    /// The cart that all is in now.
    pub cart: Cart,
    pub report: Report,
    /// Whether there was anything to take over.
    pub is_changed: bool,
}

/// What a merge took over, and what it did not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = CartMerge)]
pub struct Report {
    pub added: Vec<Added>,
    /// Of these there are fewer than the two carts had together; some may have been added.
    pub capped: Vec<Capped>,
    pub dropped: Vec<Dropped>,
}

/// Units that came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = CartMergeAdded)]
pub struct Added {
    pub variant_id: VariantId,
    pub quantity: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = CartMergeCapped)]
pub struct Capped {
    pub variant_id: VariantId,
    /// Of both carts together.
    pub requested: i64,
    /// What the line has now.
    pub quantity: i64,
}

/// A line that was not taken over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = CartMergeDropped)]
pub struct Dropped {
    pub variant_id: VariantId,
    pub quantity: i64,
    pub code: Reason,
}

words! {
    /// Why a line was not taken over.
    #[schema(as = CartMergeReason)]
    Reason {
        /// It is not for sale.
        Unavailable = "unavailable",
        OutOfStock = "out_of_stock",
        /// There were as many lines as a cart may have.
        CartFull = "cart_full",
    }
}

/// Two carts after a merge.
#[derive(Debug, Clone)]
pub struct Union {
    pub into: Cart,
    /// Empty.
    pub from: Cart,
    /// What each of them held.
    pub released: Vec<(CartId, Released)>,
    pub report: Report,
}

impl Cart {
    /// Both carts after all of `guest` was taken over; nothing where there is nothing in it.
    ///
    /// Units of a variant are added up, as far as a line may have them and as there are any; none
    /// are taken from this cart. `available` says how many units nobody but these two carts has
    /// reserved; nothing where the variant is not for sale.
    pub fn merged(
        &self,
        guest: &Cart,
        expires_at: DateTime<Utc>,
        available: impl Fn(VariantId) -> Option<i64>,
    ) -> Option<Union> {
        if guest.is_empty() || guest.id == self.id {
            return None;
        }
        let (mut into, mut left) = (self.clone(), guest.clone());
        into.version = into.version.saturating_add(1);
        into.expires_at = Some(expires_at);
        let of_both = [&mut into, &mut left];
        let released = of_both.map(|cart| Some((cart.id, cart.let_go(Why::Merged)?)));
        let mut report = Report::default();
        for line in &left.items {
            report.note(line, into.take(line, available(line.variant)));
        }
        for code in left.codes.iter() {
            if into.codes.len() < CODES_MAX && !into.codes.contains(code) {
                into.codes.push(code.clone());
            }
        }
        let released = released.into_iter().flatten().collect();
        Some(Union { into, from: left.emptied(), released, report })
    }

    /// Takes a line in, as far as it fits: how many units came in, and how many there are now.
    fn take(&mut self, line: &Item, available: Option<i64>) -> Result<(i64, i64), Reason> {
        let most = available.ok_or(Reason::Unavailable)?.min(QUANTITY_MAX);
        let is_full = self.items.len() >= LINES_MAX;
        let mine = self.items.iter_mut().find(|it| it.variant == line.variant);
        let has = mine.as_ref().map_or(0, |it| it.quantity.get());
        let now = has.saturating_add(line.quantity.get()).min(most).max(has);
        let Ok(quantity) = Quantity::try_from(now) else { return Err(Reason::OutOfStock) };
        match mine {
            Some(mine) => mine.quantity = quantity,
            None if is_full => return Err(Reason::CartFull),
            None => put(&mut self.items, Item { quantity, ..*line }),
        }
        Ok((now.saturating_sub(has), now))
    }
}

impl Report {
    /// Notes what came of a line.
    fn note(&mut self, line: &Item, outcome: Result<(i64, i64), Reason>) {
        let (variant_id, wanted) = (line.variant, line.quantity.get());
        match outcome {
            Ok((came, now)) => {
                if came > 0 {
                    self.added.push(Added { variant_id, quantity: came });
                }
                if came < wanted {
                    let requested = now.saturating_sub(came).saturating_add(wanted);
                    self.capped.push(Capped { variant_id, requested, quantity: now });
                }
            }
            Err(code) => self.dropped.push(Dropped { variant_id, quantity: wanted, code }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{id::ItemId, promotion::Code};

    fn line(variant: VariantId, units: i64) -> Item {
        let quantity = Quantity::try_from(units).unwrap();
        Item { id: ItemId::new(), variant, quantity, held: 0 }
    }

    fn cart(items: Vec<Item>) -> Cart {
        Cart { version: 3, items, ..Cart::empty(CartId::new()) }
    }

    fn merged(mine: &Cart, guest: &Cart, available: Option<i64>) -> Union {
        mine.merged(guest, DateTime::UNIX_EPOCH, |_| available).unwrap()
    }

    fn units(cart: &Cart) -> Vec<i64> {
        cart.items.iter().map(|it| it.quantity.get()).collect()
    }

    #[test]
    fn units_of_the_same_variant_add_up_and_the_guests_cart_is_empty_one_version_on() {
        let (tea, mug) = (VariantId::new(), VariantId::new());
        let (mine, guest) = (cart(vec![line(tea, 2)]), cart(vec![line(mug, 4), line(tea, 3)]));

        let Union { into, from, report, .. } = merged(&mine, &guest, Some(100));

        assert_eq!((units(&into), into.version), (vec![5, 4], 4));
        assert_eq!(into.items[1].id, guest.items[0].id);
        assert!(from.is_empty() && from.version == 4);
        let added = |variant_id, quantity| Added { variant_id, quantity };
        assert_eq!(report.added, [added(mug, 4), added(tea, 3)]);
        assert_eq!((report.capped, report.dropped), (vec![], vec![]));
        assert!(into.merged(&from, DateTime::UNIX_EPOCH, |_| Some(9)).is_none(), "twice");
    }

    #[test]
    fn no_line_gets_more_than_it_may_have_or_than_there_are_and_none_gets_fewer_than_it_had() {
        let tea = VariantId::new();
        let both = |mine, guest, available| {
            let (mine, guest) = (cart(vec![line(tea, mine)]), cart(vec![line(tea, guest)]));
            let Union { into, report, .. } = merged(&mine, &guest, Some(available));
            let capped = report.capped.first().map(|it| (it.requested, it.quantity));
            (units(&into)[0], report.added.first().map(|it| it.quantity), capped)
        };

        assert_eq!(both(600, 600, 5000), (999, Some(399), Some((1200, 999))));
        assert_eq!(both(2, 3, 4), (4, Some(2), Some((5, 4))));
        assert_eq!(both(2, 3, 5), (5, Some(3), None));
        assert_eq!(both(7, 3, 0), (7, None, Some((10, 7))));
    }

    #[test]
    fn what_cannot_be_bought_or_is_the_hundred_and_first_line_is_dropped() {
        let mine = cart((0..LINES_MAX).map(|_| line(VariantId::new(), 1)).collect());
        let guest = cart(vec![line(VariantId::new(), 2)]);
        let dropped = |mine: &Cart, available| {
            let Union { into, report, .. } = merged(mine, &guest, available);
            assert_eq!((into.items.len(), report.added), (mine.items.len(), vec![]));
            (report.dropped[0].quantity, report.dropped[0].code)
        };

        assert_eq!(dropped(&mine, Some(9)), (2, Reason::CartFull));
        assert_eq!(dropped(&cart(vec![]), Some(0)), (2, Reason::OutOfStock));
        assert_eq!(dropped(&cart(vec![]), None), (2, Reason::Unavailable));
    }

    #[test]
    fn both_holds_end_and_the_coupons_are_those_of_both_as_far_as_they_go() {
        let held = |items: Vec<Item>, codes: &[&str]| Cart {
            codes: codes.iter().map(|it| Code::parse(it).unwrap()).collect(),
            held_until: Some(DateTime::UNIX_EPOCH),
            ..cart(items.into_iter().map(|it| Item { held: it.quantity.get(), ..it }).collect())
        };
        let (tea, mug) = (VariantId::new(), VariantId::new());
        let mine = held(vec![line(tea, 2)], &["A", "B", "C", "D"]);
        let guest = held(vec![line(mug, 3)], &["B", "E", "F"]);

        let Union { into, from, released, .. } = merged(&mine, &guest, Some(3));

        let codes: Vec<&str> = into.codes.iter().map(Code::as_str).collect();
        assert_eq!(codes, ["A", "B", "C", "D", "E"]);
        let units: Vec<_> = released.iter().map(|(cart, it)| (*cart, it.units.clone())).collect();
        assert_eq!(units, [(mine.id, vec![(tea, 2)]), (guest.id, vec![(mug, 3)])]);
        assert_eq!((into.held_until, from.held_until), (None, None));
        assert!(into.items.iter().all(|it| it.held == 0));
    }

    #[test]
    fn a_cart_is_not_merged_with_itself() {
        let mine = cart(vec![line(VariantId::new(), 1)]);
        assert!(mine.merged(&mine, DateTime::UNIX_EPOCH, |_| Some(9)).is_none());
    }
}
