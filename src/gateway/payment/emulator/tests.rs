//! What the emulator makes of each request, however often and wherever it is asked.

use super::*;
use crate::domain::id::OrderId;

fn emulator() -> (Emulator, post::Letters) {
    let (outbox, letters) = post::outbox();
    (Emulator::new(Duration::ZERO, vec!["secret".to_owned()], outbox), letters)
}

fn charge(token: &str) -> Charge {
    let order = OrderId::new();
    Charge {
        key: "p:1".to_owned(),
        payment: PaymentId::of(order),
        order,
        token: token.to_owned(),
        amount: Money::euros(100),
        reference: None,
        open_for: TimeDelta::seconds(60),
    }
}

fn reference() -> String {
    super::reference("p:1")
}

#[actix_rt::test]
async fn one_that_is_closed_takes_no_payment_and_gives_back_what_it_took() {
    let (open, _letters) = emulator();
    assert!(open.accepts("tok_success"));
    let charge = charge("tok_success");
    open.authorize(&charge).await.unwrap();
    open.capture(&charge, charge.amount).await.unwrap();

    let closed = open.closed();

    assert!(!closed.accepts("tok_success"));
    let back = closed.refund(&charge, RefundId::new(), charge.amount).await;
    assert_eq!(back, Ok(GivenBack::Done));
}

#[actix_rt::test]
async fn a_repeated_charge_is_the_same_charge() {
    let (emulator, _letters) = emulator();
    let charge = charge("tok_success");
    let first = emulator.authorize(&charge).await;
    let captured = emulator.capture(&charge, charge.amount).await;

    assert_eq!(first, Ok(State::Authorized { reference: reference() }));
    assert_eq!(captured, Ok(State::Captured { reference: reference() }));
    assert_eq!(emulator.authorize(&charge).await, captured);
    assert_eq!(emulator.capture(&charge, charge.amount).await, captured);
    assert_eq!(emulator.void(&charge).await, captured, "what was taken is not let go");
}

#[actix_rt::test]
async fn what_was_let_go_is_not_taken() {
    let (emulator, _letters) = emulator();
    let charge = charge("tok_success");
    emulator.authorize(&charge).await.unwrap();

    let voided = emulator.void(&charge).await;

    assert_eq!(voided, Ok(State::Voided { reference: reference() }));
    assert_eq!(emulator.capture(&charge, charge.amount).await, voided);
    let refund = emulator.refund(&charge, RefundId::new(), Money::euros(1)).await;
    assert_eq!(refund, Ok(GivenBack::Refused { code: "refund_too_large".to_owned() }));
}

#[actix_rt::test]
async fn no_more_is_given_back_than_was_taken_and_a_repeat_is_the_same() {
    let (emulator, _letters) = emulator();
    let charge = charge("tok_success");
    emulator.authorize(&charge).await.unwrap();
    emulator.capture(&charge, Money::euros(70)).await.unwrap();
    let (first, second) = (RefundId::new(), RefundId::new());
    let refused = |code: &str| Ok(GivenBack::Refused { code: code.to_owned() });

    for _ in 0..3 {
        let given = emulator.refund(&charge, first, Money::euros(50)).await;
        assert_eq!(given, Ok(GivenBack::Done));
    }
    let too_much = emulator.refund(&charge, second, Money::euros(21)).await;
    assert_eq!(too_much, refused("refund_too_large"));
    let reused = emulator.refund(&charge, first, Money::euros(20)).await;
    assert_eq!(reused, refused("refund_reused"));
    let rest = emulator.refund(&charge, second, Money::euros(20)).await;
    assert_eq!(rest, Ok(GivenBack::Done));
}

#[actix_rt::test]
async fn a_silent_charge_is_found_by_looking_it_up() {
    let (emulator, _letters) = emulator();
    let charge = charge("tok_timeout");

    let answer = futures_util::poll!(emulator.authorize(&charge));

    assert!(answer.is_pending());
    let found = emulator.look_up(&charge).await;
    assert_eq!(found, Ok(State::Authorized { reference: reference() }));
}

#[actix_rt::test]
async fn what_was_forgotten_is_made_again_and_given_back_as_if_it_was_known() {
    let (emulator, _letters) = emulator();
    let known = emulator.look_up(&charge("tok_declined")).await;
    assert_eq!(known, Ok(State::Declined { code: "card_declined".to_owned() }));

    let settled = Charge { key: "p:2".to_owned(), ..charge("") };
    let given = emulator.refund(&settled, RefundId::new(), settled.amount).await;
    assert_eq!(given, Ok(GivenBack::Done));
}

#[actix_rt::test]
async fn a_late_charge_is_taken_when_its_order_has_expired() {
    let (emulator, _letters) = emulator();
    let early = charge("tok_late_success");
    let pending = Ok(State::Pending { reference: None });
    assert_eq!(emulator.authorize(&early).await, pending);
    assert_eq!(emulator.look_up(&early).await, pending);

    let expired = Charge {
        key: "p:2".to_owned(),
        open_for: TimeDelta::seconds(-2),
        ..charge("tok_late_success")
    };
    let late = emulator.look_up(&expired).await;
    assert_eq!(late, Ok(State::Captured { reference: super::reference("p:2") }));
    let given = emulator.refund(&expired, RefundId::new(), expired.amount).await;
    assert_eq!(given, Ok(GivenBack::Done));
}

#[actix_rt::test]
async fn it_hears_what_it_signed_itself_and_nothing_else() {
    let (emulator, _letters) = emulator();
    let now = chrono::DateTime::UNIX_EPOCH;
    let charge = charge("tok_success");
    let hear = |secret: &[u8], body: &str| {
        let signature = signature::sign(secret, body.as_bytes(), now);
        emulator.hear(Message { signature: &signature, body: body.as_bytes(), now })
    };
    let body = serde_json::json!({ "payment_id": charge.payment, "charge": "p:1" }).to_string();
    let hint = Hint { payment: charge.payment, charge: Some(("p:1".to_owned(), reference())) };

    assert_eq!(hear(b"secret", &body), Ok(Some(hint)));
    assert_eq!(hear(b"secret", "{}"), Ok(None));
    assert_eq!(hear(b"another", &body), Err(Unsigned));
}

#[test]
fn no_other_token_is_accepted() {
    let (emulator, _letters) = emulator();
    assert!(emulator.accepts("tok_success"));
    for wrong in ["", "tok_", "4242424242424242", "tok_success "] {
        assert!(!emulator.accepts(wrong), "{wrong}");
    }
}
