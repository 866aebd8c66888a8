//! Refunds and returns in any sequence: never more than was paid, and to the cent what was.

use std::collections::BTreeMap;

use chrono::DateTime;

use super::{What, *};
use crate::domain::{
    address::Address,
    cart::Buyer,
    delivery::{self, Method},
    id::{CartId, DeliveryId, OrderId, PaymentId, ProductId, VariantId},
    order::{
        Status,
        change::{NewDelivery, StockEffect},
        deliver::{Expected, Leg, pack::Shipment},
        number,
        returns::Received,
    },
    payment::{Payment, Verdict},
};

const ROUNDS: u64 = 2_000;
const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

/// Numbers that look random and are the same on each run (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        i64::try_from((z ^ (z >> 31)) % u64::try_from(sides).unwrap()).unwrap()
    }
}

fn units(id: LineId, quantity: i64) -> Units {
    Units { id, quantity: Quantity::try_from(quantity).unwrap() }
}

fn received(id: LineId, quantity: i64, restock: bool) -> Received {
    Received { id, quantity: Quantity::try_from(quantity).unwrap(), restock }
}

fn claim() -> Claim {
    Claim { key: "key".to_owned(), request: "request".to_owned() }
}

fn line(quantity: i64, unit_price: i64, discount: i64, tax: i64) -> Line {
    Line {
        id: LineId::new(),
        variant_id: VariantId::new(),
        product_id: ProductId::new(),
        name: "Teapot".to_owned(),
        sku: "TEA-1".to_owned(),
        options: BTreeMap::new(),
        quantity: Quantity::try_from(quantity).unwrap(),
        unit_price: Money::euros(unit_price),
        line_total: Money::euros(unit_price * quantity),
        discount: Money::euros(discount),
        tax: Money::euros(tax),
        tax_included: Money::ZERO,
        refunded: 0,
        returned: 0,
        shipped: 0,
    }
}

/// A paid order of these lines, with 490 for its delivery.
fn paid(items: Vec<Line>) -> Order {
    let sum = |of: fn(&Line) -> Money| Money::sum(items.iter().map(of)).unwrap();
    let (subtotal, discount, tax) =
        (sum(|it| it.line_total), sum(|it| it.discount), sum(|it| it.tax));
    let delivery_price = Money::euros(490);
    let goods = subtotal.minus(discount).unwrap().plus(tax).unwrap();
    let total = goods.plus(delivery_price).unwrap();
    let id = OrderId::new();
    let order = Order {
        id,
        number: number(id),
        status: Status::PendingPayment,
        stage: Stage::PendingPayment,
        version: 0,
        items,
        subtotal,
        discount,
        tax,
        tax_included: Money::ZERO,
        delivery_price,
        total,
        promotions: Vec::new(),
        address: address(),
        delivery_method: Method::Standard,
        days: (2, 3),
        payment: payment(id, total),
        refunds: Vec::new(),
        returns: Vec::new(),
        deliveries: Vec::new(),
        expires_at: NOW + chrono::TimeDelta::hours(1),
        placed_at: NOW,
        updated_at: NOW,
        buyer: Buyer::Guest(CartId::new()),
        cart_version: 1,
        email: None,
        language: None,
        sequence: 0,
    };
    let order = order.attempt("tok_success", &claim(), NOW, NOW).unwrap().order;
    let new = NewDelivery { id: DeliveryId::new(), eta: None, due_at: Some(NOW) };
    let captured = Verdict::Captured { reference: "charge".to_owned() };
    order.settle(1, &captured, new, NOW).unwrap().unwrap().order
}

fn address() -> Address {
    serde_json::from_value(serde_json::json!({
        "name": "Ada Byron", "line1": "Lindenstr. 5", "city": "Berlin", "postal_code": "10969",
        "country": "DE",
    }))
    .unwrap()
}

fn payment(order: OrderId, amount: Money) -> Payment {
    Payment {
        id: PaymentId::of(order),
        order_id: order,
        status: payment::Status::RequiresConfirmation,
        amount,
        refunded: Money::ZERO,
        failure_code: None,
        created_at: NOW,
        provider: payment::ProviderName::Emulator,
        tries: 0,
        attempt: 0,
        token: None,
        reference: None,
        claim: None,
        due: None,
    }
}

/// Moves the parcels next.
fn nobody(_: &Order, _: &delivery::Delivery) -> Expected {
    Expected::default()
}

fn leg(step: delivery::Step) -> Leg {
    Leg { step: Some(step), location: None }
}

/// The same at the buyer's door.
fn delivered(order: &Order) -> Order {
    let order = order.process(&nobody, NOW).unwrap().order;
    let order = order.ship(&Shipment::default(), &nobody, NOW).unwrap().order;
    let parcel = order.deliveries[0].id;
    let order = order.deliver(parcel, &leg(delivery::Step::Load), &nobody, NOW).unwrap().order;
    order.deliver(parcel, &leg(delivery::Step::Deliver), &nobody, NOW).unwrap().order
}

/// The provider gives back all that is owed.
fn settled(mut order: Order) -> Order {
    while let Some(id) = order.refunds.iter().find(|it| it.is_owed()).map(|it| it.id) {
        order = order.refunded(id, NOW).unwrap().unwrap().order;
    }
    order
}

/// The provider will never give back one of those that are owed, if there is one.
fn failed(order: Order) -> Order {
    let Some(owed) = order.refunds.iter().find(|it| it.is_owed()) else { return order };
    let (id, before) = (owed.id, order.refundable().unwrap().amount + owed.amount.amount);
    let change = order.refund_failed(id, "closed", NOW).unwrap().unwrap();
    assert_eq!(change.order.refundable().unwrap().amount, before, "it can be given back anew");
    assert_eq!(kinds(&change), [Kind::PaymentRefundFailed]);
    assert_eq!(change.order.refund_failed(id, "closed", NOW).unwrap(), None);
    assert_eq!(change.order.refunded(id, NOW).unwrap(), None);
    change.order
}

fn refunded(order: &Order, what: What) -> Result<Order, Error> {
    Ok(settled(order.ask_refund(&what, "broken", &claim(), NOW)?.order))
}

fn kinds(change: &Change) -> Vec<Kind> {
    change.events.iter().map(|it| it.kind).collect()
}

fn random_order(dice: &mut Dice) -> Order {
    let lines = (0..=dice.roll(3)).map(|_| {
        let (quantity, price) = (1 + dice.roll(7), 1 + dice.roll(5_000));
        // Each unit costs something: what costs nothing cannot be given back.
        let discount = dice.roll((price - 1) * quantity + 1);
        line(quantity, price, discount, dice.roll(400))
    });
    paid(lines.collect())
}

#[test]
fn any_sequence_of_refunds_gives_back_no_more_than_was_paid() {
    let mut dice = Dice(1);
    for round in 0..ROUNDS {
        let mut order = random_order(&mut dice);
        for _ in 0..12 {
            let what = match dice.roll(8) {
                0 => What::Rest,
                1..=3 => What::Amount(Money::euros(1 + dice.roll(order.total.amount))),
                _ => {
                    let at = usize::try_from(dice.roll(4)).unwrap() % order.items.len();
                    What::Items(vec![units(order.items[at].id, 1 + dice.roll(4))])
                }
            };
            let before = order.refundable().unwrap().amount;
            match order.ask_refund(&what, "broken", &claim(), NOW) {
                Ok(change) => order = change.order,
                Err(error) => assert_eq!(error.code(), "refund_too_large", "round {round}"),
            }
            let owed: i64 = order.refunds.iter().map(Refund::counted).sum();
            assert!(owed <= order.total.amount, "round {round}");
            assert_eq!(order.refundable().unwrap().amount, order.total.amount - owed);
            assert!(order.refundable().unwrap().amount <= before);
            order = match dice.roll(6) {
                0 | 1 => settled(order),
                2 => failed(order),
                _ => order,
            };
            assert!(order.items.iter().all(|it| it.refunded >= 0));
            assert_eq!(order.payment.due.is_some(), order.refunds.iter().any(Refund::is_owed));
            assert!(order.items.iter().all(|it| it.refunded <= it.quantity.get()));
        }
        let order = settled(order);
        let given: i64 = order.refunds.iter().map(Refund::counted).sum();
        assert_eq!(order.payment.refunded.amount, given, "round {round}");
        let is_all = given == order.total.amount;
        assert_eq!(order.payment.status == payment::Status::Refunded, is_all, "round {round}");
    }
}

#[test]
fn refunding_all_units_however_they_are_split_gives_back_what_was_paid_for_the_goods() {
    let mut dice = Dice(2);
    for round in 0..ROUNDS {
        let mut order = random_order(&mut dice);
        let goods = order.total.minus(order.delivery_price).unwrap();
        while let Some(line) = order.items.iter().find(|it| it.refunded < it.quantity.get()) {
            let some = 1 + dice.roll(line.quantity.get() - line.refunded);
            order = refunded(&order, What::Items(vec![units(line.id, some)])).unwrap();
        }
        assert_eq!(order.payment.refunded, goods, "round {round}");
        assert_eq!(order.status, Status::PartiallyRefunded, "delivery is still paid for");
    }
}

#[test]
fn all_that_comes_back_is_paid_back_whatever_was_given_back_before() {
    let mut dice = Dice(3);
    for round in 0..ROUNDS {
        let mut order = delivered(&random_order(&mut dice));
        if dice.roll(2) == 0 {
            let amount = Money::euros(1 + dice.roll(order.total.amount));
            order = refunded(&order, What::Amount(amount)).unwrap();
        }
        let mut taken: BTreeMap<VariantId, i64> = BTreeMap::new();
        while order.stage == Stage::Delivered {
            let open = order.items.iter().find(|it| it.returned < it.quantity.get()).unwrap();
            let (id, variant, left) =
                (open.id, open.variant_id, open.quantity.get() - open.returned);
            let some = 1 + dice.roll(left);
            let asked = order.ask_return(&[units(id, some)], "too small", NOW).unwrap().order;
            let back = [received(id, some, dice.roll(2) == 0)];
            let change = asked.receive(asked.returns.last().unwrap().id, &back, NOW).unwrap();
            assert_eq!(change.stock, StockEffect::TakeBack(back.to_vec()));
            *taken.entry(variant).or_default() += some;
            order = settled(change.order);
        }
        assert_eq!(order.status, Status::Returned, "round {round}");
        assert_eq!(order.payment.refunded, order.total, "round {round}");
        for line in &order.items {
            assert_eq!(taken[&line.variant_id], line.quantity.get(), "round {round}");
        }
    }
}

#[test]
fn a_part_that_is_given_back_leaves_the_parcel_on_its_way() {
    let order = refunded(&paid(vec![line(2, 1_000, 0, 0)]), What::Amount(Money::euros(100)));
    let order = order.unwrap();
    assert_eq!((order.stage, order.status), (Stage::Paid, Status::PartiallyRefunded));

    let order = delivered(&order);

    assert_eq!((order.stage, order.status), (Stage::Delivered, Status::PartiallyRefunded));
    assert_eq!(order.deliveries[0].status, delivery::Status::Delivered);
}

#[test]
fn what_is_given_back_whole_before_it_has_left_goes_nowhere_until_it_is_cancelled() {
    let order = paid(vec![line(2, 1_000, 0, 0)]);
    let asked = order.ask_refund(&What::Rest, "sold by mistake", &claim(), NOW).unwrap();
    assert_eq!(kinds(&asked), [Kind::DeliveryFailed]);
    assert_eq!(asked.stock, StockEffect::None);
    assert_eq!(asked.order.deliveries[0].due_at, None);
    let owed = &asked.order;
    assert_eq!(owed.process(&nobody, NOW).unwrap_err().code(), "invalid_transition");
    let parcel = owed.deliveries[0].id;
    assert!(owed.deliver(parcel, &leg(delivery::Step::Process), &nobody, NOW).is_err());

    let done = owed.refunded(owed.refunds[0].id, NOW).unwrap().unwrap();
    assert_eq!(kinds(&done), [Kind::PaymentRefunded, Kind::OrderRefunded]);
    let order = done.order;
    assert_eq!(order.status, Status::Refunded);
    let Err(Error::Conflict(refusal)) = order.process(&nobody, NOW) else { panic!("it went on") };
    assert_eq!(refusal.details["state"], "refunded");

    let cancelled = order.cancel(None, NOW).unwrap();
    assert_eq!(kinds(&cancelled), [Kind::OrderCancelled]);
    assert_eq!(cancelled.stock, StockEffect::Return);
    assert_eq!(cancelled.order.refunds.len(), 1, "nothing is left to be given back");
    assert_eq!(cancelled.order.status, Status::Cancelled);
}

#[test]
fn a_cancelled_order_stays_cancelled_when_it_is_paid_back() {
    let order = paid(vec![line(1, 1_000, 0, 0)]);
    let order = refunded(&order, What::Amount(Money::euros(500))).unwrap();
    let cancelled = order.cancel(None, NOW).unwrap().order;

    let done = cancelled.refunded(cancelled.refunds[1].id, NOW).unwrap().unwrap();

    assert_eq!(kinds(&done), [Kind::PaymentRefunded]);
    assert_eq!(done.order.status, Status::Cancelled);
    assert_eq!(done.order.payment.status, payment::Status::Refunded);
    assert_eq!(done.order.payment.refunded, done.order.total);
}

#[test]
fn no_more_is_sent_back_than_was_delivered_and_is_not_on_its_way_back() {
    let order = paid(vec![line(3, 1_000, 0, 0)]);
    let id = order.items[0].id;
    assert_eq!(
        order.ask_return(&[units(id, 1)], "no", NOW).unwrap_err().code(),
        "invalid_transition"
    );
    let order = delivered(&order);

    let twice = [units(id, 2), units(id, 2)];
    assert_eq!(order.ask_return(&twice, "no", NOW).unwrap_err().code(), "return_too_large");
    let order = order.ask_return(&[units(id, 2)], "too small", NOW).unwrap().order;
    let Err(Error::Conflict(refusal)) = order.ask_return(&[units(id, 2)], "no", NOW) else {
        panic!("it was taken")
    };
    assert_eq!(refusal.details["returnable_quantity"], 1);

    // One of the two never came: it can be sent back another time.
    let first = order.returns[0].id;
    let parts = [received(id, 2, true), received(id, 1, false)];
    assert_eq!(order.receive(first, &parts, NOW).unwrap_err().code(), "return_too_large");
    let order = order.receive(first, &[received(id, 1, true)], NOW).unwrap().order;
    assert_eq!(order.receive(first, &parts, NOW).unwrap_err().code(), "invalid_transition");
    assert_eq!(order.items[0].returned, 1);
    order.ask_return(&[units(id, 2)], "too small after all", NOW).unwrap();
}

#[test]
fn a_shipment_is_all_that_waits_or_the_units_that_are_named() {
    let order = paid(vec![line(3, 1_000, 0, 0), line(1, 500, 0, 0)]);
    let (one, other) = (order.items[0].id, order.items[1].id);
    let order = order.process(&nobody, NOW).unwrap().order;
    let shipped = |items: Option<Vec<Units>>| {
        let shipment = Shipment { items, ..Shipment::default() };
        let after = order.ship(&shipment, &nobody, NOW).ok()?.order;
        Some((after.stage, after.deliveries.len(), after.items[0].shipped))
    };

    assert_eq!(shipped(None), Some((Stage::Shipped, 1, 3)));
    let all = vec![units(other, 1), units(one, 1), units(one, 2)];
    assert_eq!(shipped(Some(all)), Some((Stage::Shipped, 1, 3)));
    assert_eq!(shipped(Some(vec![units(one, 3)])), Some((Stage::Processing, 2, 3)));
    assert_eq!(shipped(Some(vec![units(one, 2)])), Some((Stage::Processing, 2, 2)));
    assert_eq!(shipped(Some(vec![units(one, 2), units(one, 2)])), None);
    assert_eq!(shipped(Some(vec![units(one, 3), units(other, 2)])), None);
    assert_eq!(shipped(Some(vec![units(one, 1), units(LineId::new(), 1)])), None);
}
