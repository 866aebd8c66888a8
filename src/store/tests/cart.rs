//! Carts whose units are held, and carts that are merged: on their locked rows, by whomever.

use super::*;
use crate::domain::cart::{ProblemCode, merge::Merge};

/// How many units are reserved, of the ten that there are.
async fn reserved(store: &Store, variant: VariantId) -> i64 {
    read!(store, stock::levels(vec![variant])).unwrap()[0].reserved
}

/// The cart after an edit, and what writes it.
fn after(cart: &Cart, edit: &Edit) -> (Cart, Save) {
    let day = now() + TimeDelta::days(1);
    let moments = Moments { now: now(), held_until: day, expires_at: day };
    cart.after(edit, &moments).unwrap().unwrap()
}

/// A cart with so many units of a variant, as it is stored.
async fn stored(store: &Store, variant: VariantId, units: i64) -> Cart {
    let quantity = Quantity::try_from(units).unwrap();
    let edit = Edit::Add { item: ItemId::new(), variant, quantity };
    let (cart, save) = after(&Cart::empty(CartId::new()), &edit);
    store.write(save).await.unwrap();
    cart
}

fn merge(from: &Cart, into: &Cart) -> Merge {
    Merge { from: from.id, into: into.id, expires_at: now() + TimeDelta::days(1) }
}

/// What writes an edit of a cart that is to be shown then, and the cart after it.
fn shown_after(cart: &Cart, edit: &Edit) -> (Cart, Save) {
    let (cart, save) = after(cart, edit);
    let shown = Some(Box::new(cart.clone()));
    (cart, Save { shown, ..save })
}

#[actix_rt::test]
async fn a_cart_that_is_saved_is_shown_as_it_is_read_then() {
    let (_database, store, variant) = Database::stocked().await;
    let units = |units| Quantity::try_from(units).unwrap();
    let mut cart = stored(&store, variant, 3).await;
    let (id, item) = (cart.id, cart.items[0].id);
    let mut dearer = teapots();
    dearer.products[0].variants[0].price = Money::euros(99_99);
    store.write(dearer).await.unwrap();
    let mut problems = Vec::new();

    for edit in [
        Edit::Add { item: ItemId::new(), variant, quantity: units(4) },
        Edit::Hold,
        Edit::Change { item, quantity: units(11) },
        Edit::Clear,
        Edit::Add { item: ItemId::new(), variant, quantity: units(1) },
    ] {
        let (after, save) = shown_after(&cart, &edit);
        let shown = store.write(save).await.unwrap().unwrap();
        let at = now();
        assert_eq!(*shown, read!(store, cart::view(id, at)).unwrap(), "{edit:?}");
        problems.push(shown.problems.first().map(|it| it.code));
        cart = after;
    }

    let (dearer, lacking) = (ProblemCode::PriceChanged, ProblemCode::InsufficientStock);
    assert_eq!(problems, [Some(dearer), Some(dearer), Some(lacking), None, None]);
}

#[actix_rt::test]
async fn of_a_batch_each_is_shown_its_own_cart_if_it_asks_for_it() {
    let (database, store, variant) = Database::stocked().await;
    let carts = [stored(&store, variant, 1).await, stored(&store, variant, 2).await];
    let [first, second] = &carts;
    let (mut lanes, mut replies) = (Lanes::default(), Replies::default());
    let saves = [
        shown_after(first, &Edit::Hold).1,
        Save { expected: 7, ..shown_after(first, &Edit::Hold).1 },
        after(second, &Edit::Hold).1,
        shown_after(&after(second, &Edit::Hold).0, &Edit::Release).1,
    ];
    let asked = saves.map(|save| queue(save, &mut lanes, &mut replies));

    database.serve(lanes, replies);

    let mut all = Vec::new();
    for answered in asked {
        let shown = answered.await.unwrap();
        all.push(
            shown.map(|it| it.map(|it| (it.id, it.version))).map_err(|err| err.code().to_owned()),
        );
    }
    let (of_first, of_second) = ((first.id, 2), (second.id, 3));
    assert_eq!(all, [Ok(Some(of_first)), Err("stale".to_owned()), Ok(None), Ok(Some(of_second))]);
}

#[actix_rt::test]
async fn after_a_merge_lines_are_shown_in_the_order_in_which_they_are_read() {
    let (_database, store, variant) = Database::stocked().await;
    let mut more = teapots();
    let teapot = &mut more.products[0].variants[0];
    teapot.sku = "TEAPOT-2".into();
    teapot.options = BTreeMap::from([("Size".to_owned(), "2".to_owned())]);
    store.write(more).await.unwrap();
    let product = read!(store, catalogue::product("teapot".to_owned())).unwrap();
    let second = product.variants.iter().find(|it| it.sku == "TEAPOT-2").unwrap().id;
    let (older, mine) = (stored(&store, variant, 1).await, stored(&store, second, 1).await);

    let merged = store.write(merge(&older, &mine)).await.unwrap().cart;
    let (item, quantity) = (mine.items[0].id, Quantity::try_from(2).unwrap());
    let (_, save) = shown_after(&merged, &Edit::Change { item, quantity });
    let shown = store.write(save).await.unwrap().unwrap();

    let (id, at) = (mine.id, now());
    assert_eq!(*shown, read!(store, cart::view(id, at)).unwrap());
    assert_eq!(shown.items.last().unwrap().id, item);
}

#[actix_rt::test]
async fn a_transaction_shows_only_as_much_as_does_not_hold_up_others() {
    let (database, store, variant) = Database::stocked().await;
    let (mut lanes, mut replies) = (Lanes::default(), Replies::default());
    let mut asked = Vec::new();
    for lines in [21, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 1, 0] {
        let cart = stored(&store, variant, 1).await;
        let (after, save) = after(
            &cart,
            &Edit::Change { item: cart.items[0].id, quantity: Quantity::try_from(2).unwrap() },
        );
        let items = vec![after.items[0]; lines];
        let shown = Some(Box::new(Cart { items, ..after }));
        asked.push(queue(Save { shown, ..save }, &mut lanes, &mut replies));
    }

    database.serve(lanes, replies);

    let mut shown = Vec::new();
    for answered in asked.drain(..) {
        shown.push(answered.await.unwrap().is_ok_and(|it| it.is_some()));
    }
    let mut expected = [true; 13];
    (expected[0], expected[11]) = (false, false);
    assert_eq!(shown, expected);
}

#[actix_rt::test]
async fn what_is_held_is_given_back_once_whoever_is_at_it() {
    let (database, store, variant) = Database::stocked().await;
    let cart = stored(&store, variant, 7).await;
    let (held, save) = after(&cart, &Edit::Hold);
    store.write(save).await.unwrap();
    assert_eq!(reserved(&store, variant).await, 7);
    let (mut lanes, mut replies) = (Lanes::default(), Replies::default());
    let edits = [Edit::Release, Edit::Clear, Edit::Release];
    let asked = edits.map(|edit| queue(after(&held, &edit).1, &mut lanes, &mut replies));

    database.serve(lanes, replies);

    let [first, second, third] = asked;
    first.await.unwrap().unwrap();
    assert!(matches!(second.await.unwrap(), Err(Error::Stale)));
    assert!(matches!(third.await.unwrap(), Err(Error::Stale)));
    assert_eq!(reserved(&store, variant).await, 0);
    let free = read!(store, cart::get(cart.id)).unwrap();
    assert_eq!((free.version, free.held_until, free.items[0].held), (3, None, 0));
}

#[actix_rt::test]
async fn of_a_batch_that_wants_to_hold_more_than_there_is_the_first_do() {
    let (database, store, variant) = Database::stocked().await;
    let carts = [
        stored(&store, variant, 4).await,
        stored(&store, variant, 7).await,
        stored(&store, variant, 6).await,
    ];
    let (mut lanes, mut replies) = (Lanes::default(), Replies::default());
    let asked = carts.map(|cart| queue(after(&cart, &Edit::Hold).1, &mut lanes, &mut replies));

    database.serve(lanes, replies);

    let [four, seven, six] = asked;
    four.await.unwrap().unwrap();
    assert_eq!(seven.await.unwrap().unwrap_err().code(), "out_of_stock");
    six.await.unwrap().unwrap();
    assert_eq!(reserved(&store, variant).await, 10);
    assert_eq!(left(&store, Action::CartHeld).await, 2);
}

#[actix_rt::test]
async fn the_same_merge_twice_in_a_batch_takes_over_once_and_ends_both_holds() {
    let (database, store, variant) = Database::stocked().await;
    let (mine, guest) = (stored(&store, variant, 3).await, stored(&store, variant, 4).await);
    for cart in [&mine, &guest] {
        store.write(after(cart, &Edit::Hold).1).await.unwrap();
    }
    assert_eq!(reserved(&store, variant).await, 7);
    let other = Cart::empty(CartId::new());
    let (mut lanes, mut replies) = (Lanes::default(), Replies::default());
    let pairs = [(&guest, &mine), (&guest, &mine), (&mine, &other), (&guest, &other)];
    let asked = pairs.map(|(from, into)| queue(merge(from, into), &mut lanes, &mut replies));

    database.serve(lanes, replies);

    let mut done = Vec::new();
    for answered in asked {
        let merged = answered.await.unwrap().unwrap();
        let units: i64 = merged.cart.items.iter().map(|it| it.quantity.get()).sum();
        done.push((merged.is_changed, units, merged.cart.version));
    }
    assert_eq!(done, [(true, 7, 3), (false, 7, 3), (true, 7, 1), (false, 7, 1)]);
    assert_eq!(reserved(&store, variant).await, 0);
    let versions = async |cart: &Cart| {
        let id = cart.id;
        let cart = read!(store, cart::get(id)).unwrap();
        (cart.version, cart.items.len())
    };
    assert_eq!(versions(&mine).await, (4, 0));
    assert_eq!(versions(&guest).await, (3, 0));
    assert_eq!(versions(&other).await, (1, 1));
    assert_eq!(left(&store, Action::CartMerged).await, 2);
}

#[actix_rt::test]
async fn carts_that_are_over_are_found_and_empty_ones_are_not() {
    let (_database, store, variant) = Database::stocked().await;
    let carts = [
        stored(&store, variant, 1).await,
        stored(&store, variant, 1).await,
        stored(&store, variant, 1).await,
    ];
    store.write(after(&carts[1], &Edit::Clear).1).await.unwrap();
    let (_, held) = after(&carts[2], &Edit::Hold);
    store.write(held).await.unwrap();
    let mut due = [carts[0].id, carts[2].id];
    due.sort_unstable();
    let (early, late) = (now(), now() + TimeDelta::days(2));

    assert_eq!(read!(store, cart::idle(early, None, 10)).unwrap(), []);
    assert_eq!(read!(store, cart::idle(late, None, 10)).unwrap(), due);
    assert_eq!(read!(store, cart::idle(late, None, 1)).unwrap(), due[..1]);
    let after = Some(due[0]);
    assert_eq!(read!(store, cart::idle(late, after, 10)).unwrap(), due[1..]);
    assert_eq!(read!(store, cart::held_until(early, 10)).unwrap(), []);
    assert_eq!(read!(store, cart::held_until(late, 10)).unwrap(), [carts[2].id]);
}
