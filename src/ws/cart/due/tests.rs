//! Which carts are read again, and in which order.

use futures_util::FutureExt;

use super::*;
use crate::domain::{
    cart::{CartLine, CartView, Quantity},
    id::{ItemId, VariantId},
    money::Money,
};

const ALL: usize = usize::MAX;

/// A cart that is followed, and was read when it held `products`.
fn followed(carts: &Carts, version: i64, products: &[ProductId]) -> CartId {
    let id = CartId::new();
    carts.add(id);
    carts.seen(&live(id, version, products), carts.now());
    id
}

fn live(id: CartId, version: i64, products: &[ProductId]) -> Live {
    let mut view = CartView { version, ..CartView::empty(id) };
    view.items = products
        .iter()
        .map(|product| CartLine {
            id: ItemId::new(),
            variant_id: VariantId::new(),
            product_id: *product,
            name: String::new(),
            sku: String::new(),
            options: BTreeMap::new(),
            quantity: Quantity::try_from(1).unwrap(),
            unit_price: Money::ZERO,
            line_total: Money::ZERO,
            problem: None,
        })
        .collect();
    Live::of(view, 0)
}

fn taken(carts: &Carts, max: usize) -> Vec<CartId> {
    carts.due(max).now_or_never().unwrap_or_default()
}

fn touch(carts: &Carts, product: ProductId) {
    carts.touched(&HashSet::from([product]));
}

#[test]
fn a_product_finds_the_carts_that_hold_it_and_no_others() {
    let (carts, product, other) = (Carts::default(), ProductId::new(), ProductId::new());
    let one = followed(&carts, 1, &[product, other]);
    followed(&carts, 1, &[other]);
    followed(&carts, 1, &[]);

    touch(&carts, product);

    assert_eq!(taken(&carts, ALL), [one]);
    assert_eq!(taken(&carts, ALL), []);
}

#[test]
fn what_a_cart_holds_no_more_does_not_matter_to_it() {
    let (carts, product) = (Carts::default(), ProductId::new());
    let one = followed(&carts, 1, &[product]);
    carts.seen(&live(one, 2, &[]), carts.now());

    touch(&carts, product);

    assert_eq!(taken(&carts, ALL), []);
}

#[test]
fn what_was_read_earlier_and_comes_later_is_not_believed() {
    let (carts, product) = (Carts::default(), ProductId::new());
    let one = followed(&carts, 2, &[product]);
    carts.seen(&live(one, 1, &[]), carts.now());

    touch(&carts, product);

    assert_eq!(taken(&carts, ALL), [one]);
}

#[test]
fn a_cart_is_read_again_if_a_product_changed_while_it_was_read() {
    let (carts, product, id) = (Carts::default(), ProductId::new(), CartId::new());
    carts.add(id);
    let from = carts.now();
    touch(&carts, product);

    carts.seen(&live(id, 1, &[product]), from);

    assert_eq!(taken(&carts, ALL), [id]);
}

#[test]
fn edits_come_before_what_a_product_or_a_failure_puts_down_and_each_cart_comes_once() {
    let (carts, product) = (Carts::default(), ProductId::new());
    let all: Vec<CartId> = (0..4).map(|_| followed(&carts, 1, &[])).collect();
    let held = followed(&carts, 1, &[product]);

    carts.failed(&[all[0], all[1]]);
    touch(&carts, product);
    carts.edited(&[all[3], all[2]]);
    carts.edited(&[all[1], all[1], CartId::new()]);
    carts.failed(&[all[2]]);

    assert_eq!(taken(&carts, 2), [all[3], all[2]]);
    assert_eq!(taken(&carts, ALL), [all[1], all[0], held]);
}

#[test]
fn whatever_is_edited_the_carts_that_hold_a_product_have_their_turn() {
    let (carts, product) = (Carts::default(), ProductId::new());
    let (held, busy) = (followed(&carts, 1, &[product]), followed(&carts, 1, &[]));
    touch(&carts, product);

    let turn = (0..=10_001).find(|_| {
        carts.edited(&[busy]);
        taken(&carts, 1) == [held]
    });

    assert_eq!(turn, Some(9_999));
}

#[test]
fn a_cart_that_another_node_has_edited_is_due_and_others_are_not() {
    let carts = Carts::default();
    let (same, later) = (followed(&carts, 3, &[]), followed(&carts, 3, &[]));
    let unread = CartId::new();
    carts.add(unread);

    carts.found(&[(same, 3), (later, 4), (unread, 9), (CartId::new(), 9)]);

    assert_eq!(taken(&carts, ALL), [later]);
}

#[test]
fn a_cart_that_nobody_follows_any_more_is_forgotten() {
    let (carts, product) = (Carts::default(), ProductId::new());
    let one = followed(&carts, 1, &[product]);
    carts.add(one);
    carts.edited(&[one]);

    carts.leave(one);
    assert_eq!(carts.ids(), [one]);
    carts.leave(one);

    touch(&carts, product);
    assert_eq!(taken(&carts, ALL), []);
    let list = carts.lock();
    assert!(list.by_product.is_empty() && list.due.is_empty());
}
