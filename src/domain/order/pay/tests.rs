//! Every verdict on every order, and what the ledger comes to whatever happens.

use chrono::TimeDelta;

use super::*;
use crate::domain::{
    address::Address,
    cart::Buyer,
    delivery::Method,
    id::{CartId, DeliveryId, OrderId, PaymentId},
    money::Money,
    order::{Stage, Status, refund::What},
    payment::{Payment, ProviderName},
};

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000 + seconds, 0).unwrap()
}

/// An order of 100 that expires after a minute.
fn unpaid() -> Order {
    let (id, total) = (OrderId::new(), Money::euros(100));
    let payment = Payment {
        id: PaymentId::of(id),
        order_id: id,
        status: payment::Status::RequiresConfirmation,
        amount: total,
        refunded: Money::ZERO,
        failure_code: None,
        created_at: at(0),
        provider: ProviderName::Emulator,
        tries: 0,
        attempt: 0,
        token: None,
        reference: None,
        claim: None,
        due: None,
    };
    let address = Address {
        name: "Ada".to_owned(),
        line1: "1 Lane".to_owned(),
        line2: None,
        city: "Bonn".to_owned(),
        region: None,
        postal_code: "53111".to_owned(),
        country: "DE".to_owned(),
        phone: None,
    };
    Order {
        id,
        number: String::new(),
        status: Status::PendingPayment,
        stage: Stage::PendingPayment,
        version: 0,
        items: Vec::new(),
        subtotal: total,
        discount: Money::ZERO,
        tax: Money::ZERO,
        tax_included: Money::ZERO,
        delivery_price: Money::ZERO,
        total,
        promotions: Vec::new(),
        address,
        delivery_method: Method::Standard,
        days: (2, 3),
        payment,
        refunds: Vec::new(),
        returns: Vec::new(),
        deliveries: Vec::new(),
        expires_at: at(60),
        placed_at: at(0),
        updated_at: at(0),
        buyer: Buyer::Guest(CartId::new()),
        cart_version: 1,
        email: None,
        language: None,
        sequence: 0,
    }
}

fn claim() -> Claim {
    Claim { key: "k".to_owned(), request: "r".to_owned() }
}

fn attempted() -> Order {
    unpaid().attempt("tok", &claim(), at(11), at(1)).unwrap().order
}

fn delivery() -> NewDelivery {
    NewDelivery { id: DeliveryId::new(), eta: None, due_at: None }
}

fn settle(order: &Order, verdict: &Verdict, seconds: i64) -> Change {
    order.settle(order.payment.attempt, verdict, delivery(), at(seconds)).unwrap().unwrap()
}

fn captured() -> Verdict {
    Verdict::Captured { reference: "ref".to_owned() }
}

fn voided() -> Verdict {
    Verdict::Voided { reference: "ref".to_owned() }
}

fn declined() -> Verdict {
    Verdict::Declined { code: "card_declined".to_owned() }
}

fn kinds(change: &Change) -> Vec<Kind> {
    change.events.iter().map(|it| it.kind).collect()
}

fn ledger(change: &Change) -> Vec<EntryKind> {
    change.ledger.iter().map(|it| it.kind).collect()
}

fn stands(change: &Change) -> (Status, payment::Status) {
    (change.order.status, change.order.payment.status)
}

#[test]
fn an_order_that_is_paid_in_time_is_sold() {
    let paid = settle(&attempted(), &captured(), 2);

    assert_eq!(stands(&paid), (Status::Paid, payment::Status::Captured));
    assert_eq!(ledger(&paid), [EntryKind::Authorized, EntryKind::Captured]);
    assert_eq!(paid.stock, StockEffect::Commit);
    assert_eq!(paid.order.payment.due, None);
    assert_eq!(paid.order.payment.token, None);
}

#[test]
fn an_order_expires_while_the_provider_is_asked_and_it_is_asked_on() {
    let order = attempted();
    assert!(order.expire(at(59)).is_err());

    let expired = order.expire(at(60)).unwrap();

    assert_eq!(stands(&expired), (Status::Cancelled, payment::Status::Processing));
    assert_eq!(kinds(&expired), [Kind::OrderExpired, Kind::OrderCancelled]);
    assert_eq!(expired.events[0].data["payment_status"], "processing");
    assert_eq!(expired.stock, StockEffect::Release);
    assert_eq!(expired.order.payment.due, Some(Due { task: Task::LookUp, at: at(60) }));
    assert!(expired.order.expire(at(61)).is_err() && expired.order.cancel(None, at(61)).is_err());
}

#[test]
fn money_that_comes_after_the_end_is_owed_back_and_nothing_is_sold() {
    let ends: [fn(&Order) -> Change; 2] =
        [|it| it.expire(at(60)).unwrap(), |it| it.cancel(Some("no"), at(30)).unwrap()];
    for end in ends {
        let late = settle(&end(&attempted()).order, &captured(), 61);

        assert_eq!(stands(&late), (Status::Cancelled, payment::Status::Captured));
        assert_eq!(kinds(&late), [Kind::PaymentAuthorized, Kind::PaymentCaptured]);
        assert_eq!(ledger(&late), [EntryKind::Authorized, EntryKind::Captured]);
        assert_eq!((late.stock, late.order.deliveries.len()), (StockEffect::None, 0));
        let [refund] = &late.order.refunds[..] else { panic!("{:?}", late.order.refunds) };
        assert_eq!(refund.amount, Money::euros(100));
        assert_eq!(late.order.payment.due.map(|it| it.task), Some(Task::Refund));

        let back = late.order.refunded(refund.id, at(62)).unwrap().unwrap();
        assert_eq!(stands(&back), (Status::Cancelled, payment::Status::Refunded));
        assert_eq!(ledger(&back), [EntryKind::Refunded]);
        assert_eq!(back.order.refunded(refund.id, at(63)).unwrap(), None);
    }
}

#[test]
fn money_that_was_only_set_aside_is_let_go() {
    let expired = attempted().expire(at(60)).unwrap().order;

    let off = settle(&expired, &voided(), 61);

    assert_eq!(stands(&off), (Status::Cancelled, payment::Status::Cancelled));
    assert_eq!(ledger(&off), [EntryKind::Authorized, EntryKind::Voided]);
    assert_eq!(kinds(&off), [Kind::PaymentAuthorized, Kind::PaymentCancelled]);
    assert_eq!((off.order.refunds.len(), off.order.payment.due), (0, None));
}

#[test]
fn a_decline_after_the_end_is_the_end_of_the_payment() {
    let expired = attempted().expire(at(60)).unwrap().order;

    let off = settle(&expired, &declined(), 61);

    assert_eq!(stands(&off), (Status::Cancelled, payment::Status::Cancelled));
    assert_eq!((ledger(&off), kinds(&off)), (Vec::new(), vec![Kind::PaymentCancelled]));
}

#[test]
fn a_declined_order_is_paid_by_another_attempt_until_it_expires() {
    for verdict in [declined(), voided()] {
        let failed = settle(&attempted(), &verdict, 2);
        assert_eq!(stands(&failed), (Status::PendingPayment, payment::Status::Failed));
        assert_eq!(kinds(&failed).last(), Some(&Kind::PaymentFailed));

        let before = failed.order.payment.provider_key();
        let again = failed.order.attempt("tok", &claim(), at(13), at(3)).unwrap().order;
        assert_ne!(again.payment.provider_key(), before);
        assert_eq!((again.payment.reference.as_ref(), again.payment.tries), (None, 0));
        assert!(failed.order.attempt("tok", &claim(), at(70), at(60)).is_err(), "it has expired");
        assert_eq!(settle(&again, &captured(), 4).order.status, Status::Paid);
    }
}

#[test]
fn an_answer_to_another_attempt_or_to_a_settled_one_changes_nothing() {
    let order = attempted();
    assert_eq!(order.settle(0, &captured(), delivery(), at(2)).unwrap(), None);
    let paid = settle(&order, &captured(), 2).order;
    for verdict in [captured(), voided(), declined()] {
        assert_eq!(paid.settle(1, &verdict, delivery(), at(3)).unwrap(), None);
    }
}

#[test]
fn a_silent_provider_is_asked_twice_as_late_each_time_and_every_five_minutes_at_last() {
    let mut order = attempted();
    let mut waits = Vec::new();
    for _ in 0..12 {
        let unknown = Verdict::Unknown { reference: Some("ref".to_owned()) };
        order = settle(&order, &unknown, 2).order;
        waits.push((order.payment.due.unwrap().at - at(2)).num_seconds());
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
    assert_eq!(order.payment.reference.as_deref(), Some("ref"));

    let off = order.expire(at(60)).unwrap().order;
    assert_eq!((off.payment.tries, off.payment.due.map(|it| it.at)), (0, Some(at(60))));
}

#[test]
fn a_refund_that_is_not_done_is_asked_for_later_by_one_of_those_who_asked() {
    let paid = settle(&attempted(), &captured(), 2).order;
    let off = paid.cancel(None, at(3)).unwrap().order;
    let refund = off.refunds[0].id;

    let later = off.put_off_refund(refund, 0, at(4)).unwrap().order;

    assert_eq!(later.payment.due, Some(Due { task: Task::Refund, at: at(5) }));
    assert_eq!(later.put_off_refund(refund, 0, at(4)), None, "another was faster");
    assert_eq!(later.put_off_refund(RefundId::new(), 1, at(4)), None);
    let back = later.refunded(refund, at(6)).unwrap().unwrap().order;
    assert_eq!((back.payment.tries, back.payment.due), (0, None));
    assert_eq!(back.put_off_refund(refund, 0, at(7)), None);
}

/// Numbers that look like chance, the same for the same seed.
struct Dice(u64);

impl Dice {
    /// One from 0 to `sides` - 1.
    fn throw(&mut self, sides: u64) -> u64 {
        // The multiplier of Knuth's MMIX; the high bits are the better ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % sides
    }
}

/// A random step that may happen to an order, or that is refused.
fn step(order: &Order, dice: &mut Dice, now: DateTime<Utc>) -> Option<Change> {
    let attempt = order.payment.attempt;
    let verdict = match dice.throw(5) {
        0 | 1 => captured(),
        2 => voided(),
        3 => declined(),
        _ => Verdict::Unknown { reference: None },
    };
    let owed = order.refunds.iter().find(|it| it.is_owed()).map(|it| it.id);
    match dice.throw(7) {
        0 => order.attempt("tok", &claim(), now + TimeDelta::seconds(10), now).ok(),
        1 | 2 => order.settle(attempt, &verdict, delivery(), now).unwrap(),
        3 => order.expire(now).ok(),
        4 => order.cancel(None, now).ok(),
        5 => {
            let part = What::Amount(Money::euros(1 + i64::try_from(dice.throw(60)).unwrap()));
            order.ask_refund(&part, "a scratch", &claim(), now).ok()
        }
        _ => order.refunded(owed?, now).unwrap(),
    }
}

#[test]
fn whatever_happens_the_ledger_says_what_the_shop_has() {
    let mut ends = std::collections::BTreeSet::new();
    for seed in 0..2000_u64 {
        let (mut dice, mut order) = (Dice(seed * 7919), unpaid());
        let mut sums = std::collections::BTreeMap::new();
        for second in 1..=i64::try_from(seed % 30).unwrap() {
            let Some(change) = step(&order, &mut dice, at(second * 4)) else { continue };
            for entry in &change.ledger {
                *sums.entry(entry.kind.as_str()).or_insert(0) += entry.amount.amount;
            }
            assert_eq!(change.order.version, order.version + 1);
            order = change.order;
            let sum = |kind: EntryKind| sums.get(kind.as_str()).copied().unwrap_or(0);
            let (taken, back) = (sum(EntryKind::Captured), sum(EntryKind::Refunded));
            assert_eq!(back, order.payment.refunded.amount);
            assert!(back <= taken && taken <= 100, "{seed}: {taken} - {back}");
            assert_eq!(taken > 0, order.payment.was_captured());
            assert_eq!(sum(EntryKind::Authorized), taken + sum(EntryKind::Voided));
            let owed = order.refunds.iter().filter(|it| it.is_owed()).map(|it| it.amount.amount);
            assert!(back + owed.sum::<i64>() <= taken, "{seed}");
            let sold = !order.deliveries.is_empty();
            assert!(!sold || taken == 100, "{seed}: nothing is sold that is not paid");
        }
        ends.insert(format!("{} {}", order.status, order.payment.status));
    }
    for end in ["cancelled refunded", "cancelled cancelled", "paid captured"] {
        assert!(ends.contains(end), "{ends:?}");
    }
}
