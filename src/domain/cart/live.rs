//! A cart as those are told who follow it: the whole of it, and its place among all that they are
//! told.

use std::collections::BTreeSet;

use super::CartView;
use crate::domain::id::ProductId;

/// What a sequence rises by from one version of a cart to the next.
const VERSION: i64 = 1 << 32;

/// A cart at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Live {
    /// Rises with every change of what is shown, whoever makes it, and is the same on all nodes.
    pub sequence: i64,
    pub view: CartView,
}

impl Live {
    /// The cart of a moment at which what it holds had been changed so many times: its products and
    /// their stock.
    ///
    /// Of one version the lines are the same, so that the changes only grow; another version has
    /// other lines, and is the later one whatever has happened to them. A client whose numbers are
    /// floats reads the sequence truly (below 2^53) for two million edits of a cart.
    pub fn of(view: CartView, changes: i64) -> Self {
        let changes = changes.clamp(0, VERSION - 1);
        Live { sequence: view.version.saturating_mul(VERSION).saturating_add(changes), view }
    }

    /// Which products change what is shown when they change.
    pub fn products(&self) -> BTreeSet<ProductId> {
        self.view.items.iter().map(|line| line.product_id).collect()
    }
}

/// The version of the cart that was told of by this sequence.
pub fn version(sequence: i64) -> i64 {
    sequence.div_euclid(VERSION)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::CartId;

    fn sequence(version: i64, changes: i64) -> i64 {
        let view = CartView { version, ..CartView::empty(CartId::new()) };
        Live::of(view, changes).sequence
    }

    #[test]
    fn a_sequence_rises_with_each_change_and_above_all_with_each_version() {
        let changes = [0, 1, 2, VERSION - 1];
        let all = (0..3).flat_map(|version| changes.map(|it| sequence(version, it)));
        let all: Vec<i64> = all.collect();

        assert!(all.is_sorted_by(|one, next| one < next), "{all:?}");
        assert_eq!(all[0], 0);
    }

    #[test]
    fn a_sequence_says_of_which_version_it_is() {
        for (of, changes) in [(0, 0), (0, i64::MAX), (7, 3), (7, VERSION), (2_000_000, i64::MAX)] {
            assert_eq!(version(sequence(of, changes)), of);
        }
    }

    #[test]
    fn two_million_edits_are_told_truly_to_those_whose_numbers_are_floats() {
        assert!(sequence(2_000_000, i64::MAX) < 1 << 53);
    }
}
