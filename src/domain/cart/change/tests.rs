//! Every change of a cart, and the moments at which its holds and it itself end.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::*;
use crate::domain::{
    id::PromotionId,
    promotion::{Benefit, Promotion, Rule},
    tariff::Tariff,
};

const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

fn minutes(count: i64) -> DateTime<Utc> {
    NOW + TimeDelta::minutes(count)
}

fn at(now: DateTime<Utc>) -> Moments {
    let (hold, cart) = (TimeDelta::minutes(15), TimeDelta::minutes(60));
    Moments { now, held_until: now + hold, expires_at: now + cart }
}

fn add(variant: VariantId, units: i64) -> Edit {
    Edit::Add { item: ItemId::new(), variant, quantity: Quantity::try_from(units).unwrap() }
}

fn changed(cart: &Cart, edit: &Edit, now: DateTime<Utc>) -> (Cart, Save) {
    cart.after(edit, &at(now)).unwrap().expect("a change")
}

fn edited(cart: &Cart, edit: &Edit) -> Result<Cart, Error> {
    cart.after(edit, &at(NOW)).map(|it| it.expect("a change").0)
}

fn filled() -> Cart {
    let cart = edited(&Cart::empty(CartId::new()), &add(VariantId::new(), 2)).unwrap();
    edited(&cart, &add(VariantId::new(), 3)).unwrap()
}

fn held() -> Cart {
    edited(&filled(), &Edit::Hold).unwrap()
}

fn code(text: &str) -> Code {
    Code::parse(text).unwrap()
}

fn refused(outcome: Result<(), Error>) -> String {
    outcome.unwrap_err().code().to_owned()
}

#[test]
fn the_same_variant_again_adds_to_its_line() {
    let (cart, variant) = (Cart::empty(CartId::new()), VariantId::new());
    let cart = edited(&cart, &add(variant, 2)).unwrap();
    let cart = edited(&cart, &add(variant, 3)).unwrap();

    assert_eq!((cart.items.len(), cart.items[0].quantity.get(), cart.version), (1, 5, 2));
}

#[test]
fn a_line_never_grows_past_its_limit() {
    let (cart, variant) = (Cart::empty(CartId::new()), VariantId::new());
    let cart = edited(&cart, &add(variant, 999)).unwrap();

    assert!(matches!(edited(&cart, &add(variant, 1)), Err(Error::Conflict(_))));
}

#[test]
fn a_quantity_outside_its_bounds_is_no_quantity() {
    for wrong in [i64::MIN, -1, 0, 1000, 1_000_000_000, i64::MAX] {
        assert!(Quantity::try_from(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn the_hundred_and_first_line_is_refused() {
    let mut cart = Cart::empty(CartId::new());
    for _ in 0..LINES_MAX {
        cart = edited(&cart, &add(VariantId::new(), 1)).unwrap();
    }

    assert!(matches!(edited(&cart, &add(VariantId::new(), 1)), Err(Error::Conflict(_))));
}

#[test]
fn an_item_of_another_cart_is_not_found() {
    let edit = Edit::Remove { item: ItemId::new() };
    assert!(matches!(edited(&Cart::empty(CartId::new()), &edit), Err(Error::NotFound("item"))));
}

#[test]
fn a_hold_takes_all_units_and_says_until_when() {
    let cart = filled();
    let (held, save) = changed(&cart, &Edit::Hold, NOW);

    assert_eq!((held.version, held.held_until), (cart.version + 1, Some(minutes(15))));
    assert!(held.items.iter().all(|it| it.held == it.quantity.get()));
    assert_eq!((&save.holds, save.held_until), (&cart.items, held.held_until));
    assert_eq!(save.events(NOW).map(|it| it.kind).collect::<Vec<_>>(), [Kind::CartHeld]);
    let empty = Cart::empty(CartId::new()).after(&Edit::Hold, &at(NOW));
    assert_eq!(refused(empty.map(|_| ())), "cart_empty");
}

#[test]
fn a_hold_is_not_made_longer_by_asking_again_and_begins_anew_once_it_is_over() {
    let cart = held();
    assert!(cart.after(&Edit::Hold, &at(minutes(14))).unwrap().is_none());

    let (again, save) = changed(&cart, &Edit::Hold, minutes(15));
    assert_eq!(again.held_until, Some(minutes(30)));
    // What it has still is not taken a second time.
    assert!(save.holds.iter().all(|it| it.held == it.quantity.get()));
}

#[test]
fn every_edit_of_lines_gives_back_all_that_is_held() {
    let cart = held();
    let item = cart.items[0].id;
    let quantity = Quantity::try_from(1).unwrap();
    let units: Vec<_> = cart.items.iter().map(|it| (it.variant, it.held)).collect();
    let edits = [
        (add(VariantId::new(), 1), Why::Edited),
        (add(cart.items[1].variant, 1), Why::Edited),
        (Edit::Change { item, quantity }, Why::Edited),
        (Edit::Remove { item }, Why::Edited),
        (Edit::Clear, Why::Edited),
        (Edit::Release, Why::Released),
    ];

    for (edit, why) in edits {
        let (after, save) = changed(&cart, &edit, NOW);
        assert_eq!(save.released, Some(Released { units: units.clone(), why }), "{edit:?}");
        assert_eq!((after.held_until, save.held_until), (None, None), "{edit:?}");
        assert!(after.items.iter().chain(&save.upserts).all(|it| it.held == 0), "{edit:?}");
        assert_eq!(save.events(NOW).map(|it| it.kind).collect::<Vec<_>>(), [Kind::CartReleased]);
        assert!(filled().after(&Edit::Release, &at(NOW)).unwrap().is_none());
    }
}

#[test]
fn coupons_leave_a_hold_as_it_is() {
    let (cart, save) = changed(&held(), &Edit::PutCode(code("spring")), NOW);
    assert_eq!((cart.held_until, save.held_until), (Some(minutes(15)), Some(minutes(15))));
    assert!(cart.items.iter().all(|it| it.held > 0) && save.released.is_none());
    assert_eq!(save.events(NOW).count(), 0);
}

#[test]
fn what_is_over_ends_by_itself_and_nothing_sooner() {
    let cart = held();
    assert!(cart.after(&Edit::Expire, &at(minutes(14))).unwrap().is_none());

    let (free, save) = changed(&cart, &Edit::Expire, minutes(15));
    assert_eq!(save.released.unwrap().why, Why::Expired);
    assert_eq!((save.action, free.items.len()), (Action::CartReleased, 2));
    assert_eq!(free.expires_at, cart.expires_at, "nobody has touched it");
    assert!(free.after(&Edit::Expire, &at(minutes(59))).unwrap().is_none());

    let (empty, save) = changed(&free, &Edit::Expire, minutes(60));
    assert_eq!((save.action, save.removed.len()), (Action::CartExpired, 2));
    assert_eq!((empty.is_empty(), empty.version), (true, free.version + 1));
    assert!(empty.after(&Edit::Expire, &at(minutes(99))).unwrap().is_none(), "it ends");
}

#[test]
fn a_cart_that_nobody_touches_takes_its_hold_along() {
    let (cart, save) = changed(&held(), &Edit::Expire, minutes(60));
    assert!(cart.is_empty() && save.released.is_some_and(|it| it.units.len() == 2));
}

#[test]
fn a_coupon_is_in_the_cart_once_and_there_are_five_at_the_most() {
    let mut cart = Cart::empty(CartId::new());
    for text in ["a", "b", "c", "d", "e"] {
        cart = edited(&cart, &Edit::PutCode(code(text))).unwrap();
    }

    assert!(cart.after(&Edit::PutCode(code("A")), &at(NOW)).unwrap().is_none());
    let sixth = cart.after(&Edit::PutCode(code("f")), &at(NOW));
    assert_eq!(refused(sixth.map(|_| ())), "promotion_limit");
    let cart = edited(&cart, &Edit::TakeCode(code("c"))).unwrap();
    assert_eq!(cart.codes, ["a", "b", "d", "e"].map(code));
    let again = cart.after(&Edit::TakeCode(code("c")), &at(NOW));
    assert_eq!(refused(again.map(|_| ())), "not_found");
}

#[test]
fn a_coupon_counts_by_its_time_and_by_who_has_had_it() {
    let rule = Rule {
        code: Some(code("spring")),
        benefit: Benefit::Percentage(10),
        min_total: Some(1_000_000),
        usage_limit: Some(10),
        per_customer_limit: Some(1),
        starts_at: Some(minutes(10)),
        ends_at: Some(minutes(20)),
        products: Vec::new(),
        categories: Vec::new(),
        is_active: true,
    };
    let id = PromotionId::new();
    let (created_at, updated_at) = (NOW, NOW);
    let promotion = Promotion { id, rule, used: 9, version: 1, created_at, updated_at };
    let (_, save) = changed(&filled(), &Edit::PutCode(code("SPRING")), NOW);
    let check = |promotions: &[&Promotion], had: i64, now| {
        let (parents, had) = (BTreeMap::new(), BTreeMap::from([(id, had)]));
        let tariff = &Tariff::default();
        save.check_coupon(&Terms { tariff, promotions, parents: &parents, had: &had, now })
    };

    // That the goods cost too little is no refusal: more may come in.
    assert!(check(&[&promotion], 0, minutes(10)).is_ok());
    assert_eq!(refused(check(&[&promotion], 0, minutes(9))), "not_found");
    assert_eq!(refused(check(&[&promotion], 0, minutes(20))), "not_found");
    assert_eq!(refused(check(&[&promotion], 1, minutes(20))), "promotion_not_active");
    assert_eq!(refused(check(&[&promotion], 1, minutes(10))), "promotion_exhausted");
    let used = Promotion { used: 10, ..promotion };
    assert_eq!(refused(check(&[&used], 0, minutes(10))), "not_found");
    assert_eq!(refused(check(&[], 0, minutes(10))), "not_found");
}

#[test]
fn a_hold_that_cannot_be_had_whole_says_all_that_is_missing() {
    let (_, save) = changed(&filled(), &Edit::Hold, NOW);
    let [two, three] = [save.holds[0].id, save.holds[1].id];

    assert!(save.check_hold(|item| Some(item.quantity.get())).is_ok());
    let short = save.check_hold(|item| Some(item.quantity.get() - 1));
    let Err(Error::Conflict(refusal)) = short else { panic!("it was not refused") };
    assert_eq!((&*refusal.code, &refusal.details["available"]), ("out_of_stock", &json!(1)));
    assert_eq!(refusal.details["item_id"], json!(two));
    let items = refusal.details["items"].as_array().unwrap();
    let said: Vec<_> = items.iter().map(|it| (&it["item_id"], &it["available"])).collect();
    assert_eq!(said, [(&json!(two), &json!(1)), (&json!(three), &json!(2))]);
    let gone = save.check_hold(|item| (item.id != three).then_some(9));
    assert_eq!(refused(gone), "unavailable");
}
