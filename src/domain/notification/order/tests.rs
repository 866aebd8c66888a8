//! Which events are told, and as what.

use serde_json::json;

use super::*;

const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

fn facts() -> Facts {
    let total = Money::euros(2_490);
    Facts {
        id: OrderId::new(),
        number: "R-ABCDE-FGHJK".to_owned(),
        buyer: Buyer::User(UserId::new()),
        bought: Bought {
            lines: Vec::new(),
            discount: Money::ZERO,
            delivery: Money::euros(490),
            tax: Money::ZERO,
            total,
        },
        address: Address {
            name: "Ada".to_owned(),
            line1: "1 Main Street".to_owned(),
            line2: None,
            city: "Berlin".to_owned(),
            region: None,
            postal_code: "10115".to_owned(),
            country: "DE".to_owned(),
            phone: Some("+49301234560".to_owned()),
        },
        carrier: None,
        tracking_number: None,
        past: Vec::new(),
    }
}

fn published(kind: event::Kind, facts: &Facts, sequence: i64, data: Value) -> Published {
    let order = Some((facts.id, sequence));
    let event = Event { id: EventId::new(), order, user: None, kind, at: NOW, data: data.into() };
    Published { sequence: 100 + sequence, user_sequence: None, event }
}

fn told(published: &Published, facts: &Facts) -> Option<What> {
    News::of(published, facts).unwrap().map(|it| it.order.what)
}

#[test]
fn the_money_is_told_when_it_goes_back_and_not_the_state_beside_it() {
    let facts = facts();
    let data = json!({ "amount": { "amount": 500, "currency": "EUR" }, "refund_id": "r" });
    let back = published(event::Kind::PaymentRefunded, &facts, 7, data);
    let state = published(event::Kind::OrderPartiallyRefunded, &facts, 8, json!({}));

    let (amount, total) = (Money::euros(500), Money::euros(2_490));
    assert_eq!(told(&back, &facts), Some(What::Refunded { amount, total }));
    assert_eq!(told(&state, &facts), None);
    let broken = published(event::Kind::PaymentRefunded, &facts, 7, json!({}));
    assert!(News::of(&broken, &facts).is_err());
}

#[test]
fn an_order_that_expired_is_told_as_that_and_once() {
    let mut facts = facts();
    let expired = published(event::Kind::OrderExpired, &facts, 3, json!({}));
    let data = json!({ "reason": "expired" });
    let cancelled = published(event::Kind::OrderCancelled, &facts, 4, data);
    assert_eq!(told(&cancelled, &facts), Some(What::Cancelled { expired: false }), "by a reason");

    let kind = event::Kind::OrderExpired;
    facts.past.push(Past { sequence: 3, kind, data: json!({}) });

    assert_eq!(told(&cancelled, &facts), Some(What::Cancelled { expired: true }));
    assert_eq!(told(&expired, &facts), None);
}

#[test]
fn a_parcel_is_out_for_delivery_once_and_each_parcel_is() {
    let mut facts = facts();
    let kind = event::Kind::DeliveryOutForDelivery;
    let out = |sequence, parcel: &str| {
        published(kind, &facts, sequence, json!({ "delivery_id": parcel }))
    };
    let all = [out(9, "one"), out(10, "one"), out(11, "two"), out(12, "one")];
    for it in &all {
        let (sequence, data) = (it.event.order.unwrap().1, (*it.event.data).clone());
        facts.past.push(Past { sequence, kind, data });
    }

    let told = all.each_ref().map(|it| told(it, &facts).is_some());

    assert_eq!(told, [true, false, true, false]);
}

#[test]
fn an_attempt_that_failed_is_told_and_the_next_one_is_news() {
    let mut facts = facts();
    let (out, failed) = (event::Kind::DeliveryOutForDelivery, event::Kind::DeliveryFailed);
    let data = json!({ "delivery_id": "one", "tracking_number": "RT1" });
    let all = [(out, 9), (failed, 10), (out, 11), (out, 12), (failed, 13)]
        .map(|(kind, sequence)| published(kind, &facts, sequence, data.clone()));
    for it in &all {
        let sequence = it.event.order.unwrap().1;
        facts.past.push(Past { sequence, kind: it.event.kind, data: data.clone() });
    }
    let returned = published(event::Kind::DeliveryReturned, &facts, 14, data);

    let (out, failed) = (Some(What::OutForDelivery {}), Some(What::DeliveryFailed {}));
    let told_of = all.each_ref().map(|it| told(it, &facts));
    assert_eq!(told_of, [out.clone(), failed.clone(), out, None, failed]);
    assert_eq!(told(&returned, &facts), Some(What::DeliveryReturned {}));
}

#[test]
fn a_parcel_that_never_left_is_not_told_to_have_failed() {
    let facts = facts();
    let data = json!({ "delivery_id": "one", "tracking_number": null });

    assert_eq!(told(&published(event::Kind::DeliveryFailed, &facts, 7, data), &facts), None);
}

#[test]
fn the_shop_hears_of_an_order_once_and_where_it_goes() {
    let facts = facts();
    let of = |kind| News::of(&published(kind, &facts, 1, json!({})), &facts).unwrap().unwrap();
    let seller = |email: &str, language| Seller { email: Email::parse(email).unwrap(), language };
    let (one, moved) =
        (seller("one@shop.example", Language::De), seller("two@shop.example", Language::En));
    let placed = of(event::Kind::OrderPlaced);

    let mail = placed.seller_mail(&one).unwrap();

    assert_eq!((&mail.to, mail.locale.as_str(), mail.user), (&one.email, "de", None));
    assert_eq!(placed.seller_mail(&moved).unwrap().id, mail.id);
    assert_ne!(placed.guest_mail(&one.email, Language::De).id, mail.id);
    let Letter::NewOrder { order } = mail.letter else { panic!("another letter") };
    assert_eq!(order.to, ["Ada", "1 Main Street", "10115 Berlin", "DE"]);
    assert_eq!(of(event::Kind::OrderPaid).seller_mail(&one), None);
}

#[test]
fn a_batch_is_told_one_by_one_without_a_gap() {
    let facts = facts();
    let places = [3, 5, 9];
    let news = places.map(|it| {
        let published = published(event::Kind::OrderPaid, &facts, it, json!({}));
        News::of(&published, &facts).unwrap().unwrap()
    });

    let singly = Tell { from: 100, to: 120, news: news.to_vec(), seller: None }.singly();

    let spans: Vec<(i64, i64)> = singly.iter().map(|it| (it.from, it.to)).collect();
    assert_eq!(spans, [(100, 103), (103, 105), (105, 120)]);
}

#[test]
fn what_no_letter_is_kept_of_any_more_is_past() {
    let event = published(event::Kind::OrderPaid, &facts(), 1, json!({})).event;
    assert!(!is_past(&event, NOW + TimeDelta::days(KEPT_DAYS)));
    assert!(is_past(&event, NOW + TimeDelta::days(KEPT_DAYS) + TimeDelta::seconds(1)));
}
