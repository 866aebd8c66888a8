//! What is asked of Stripe and what is made of its answers, against a server that says what it is told
//! to. Whole payments are tested against an independent stand-in, in `tests/cluster/stripe.rs`.

use std::{cell::RefCell, collections::VecDeque, rc::Rc};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::*;
use crate::domain::id::{OrderId, PaymentId};

/// What is answered: a status and a body, or nothing.
type Said = Option<(u16, Value)>;

/// A server that gives the next of its answers to each request, and keeps what it was asked.
struct Server {
    stripe: Stripe,
    asked: Rc<RefCell<Vec<String>>>,
}

async fn saying(answers: impl IntoIterator<Item = Said>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut answers: VecDeque<Said> = answers.into_iter().collect();
    let asked = Rc::new(RefCell::new(Vec::new()));
    let kept = Rc::clone(&asked);
    actix_rt::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let request = request(&mut stream).await;
            kept.borrow_mut().push(request);
            // Without an answer the connection just ends.
            if let Some((status, body)) = answers.pop_front().flatten() {
                let body = body.to_string();
                let length = body.len();
                let repeated = if status == 299 { "Idempotent-Replayed: true\r\n" } else { "" };
                let status = if status == 299 { 200 } else { status };
                let head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\n{repeated}");
                let answer = format!("{head}Content-Length: {length}\r\n\r\n{body}");
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        }
    });
    let webhook_secrets = vec!["whsec_new".to_owned(), "whsec_old".to_owned()];
    let account = Account { url, key: "sk_test_1".to_owned(), webhook_secrets };
    Server { stripe: Stripe::new(account).unwrap(), asked }
}

/// A request whose body is of the length that it says.
async fn request(stream: &mut TcpStream) -> String {
    let (mut all, mut part) = (Vec::new(), [0; 4096]);
    loop {
        let read = stream.read(&mut part).await.unwrap();
        all.extend_from_slice(&part[..read]);
        let text = String::from_utf8(all.clone()).unwrap();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let lower = head.to_lowercase();
        let length = lower.lines().find_map(|it| it.strip_prefix("content-length: "));
        if read == 0 || body.len() >= length.map_or(0, |it| it.parse().unwrap()) {
            return text;
        }
    }
}

fn charge(reference: Option<&str>) -> Charge {
    let order = OrderId::new();
    Charge {
        key: "pay:1".to_owned(),
        payment: PaymentId::of(order),
        order,
        token: "pm_card_visa".to_owned(),
        amount: Money::euros(1999),
        reference: reference.map(str::to_owned),
        open_for: chrono::TimeDelta::seconds(60),
    }
}

fn intent(status: &str) -> Said {
    Some((200, json!({ "id": "pi_1", "status": status, "last_payment_error": null })))
}

fn error(status: u16, code: &str) -> Said {
    Some((status, json!({ "error": { "type": "card_error", "code": code } })))
}

fn reference() -> String {
    "pi_1".to_owned()
}

fn declined(code: &str) -> Result<State, NoAnswer> {
    Ok(State::Declined { code: code.to_owned() })
}

#[actix_rt::test]
async fn a_charge_is_an_intent_that_is_confirmed_and_not_captured() {
    let server = saying([intent("requires_capture")]).await;
    let charge = charge(None);

    let state = server.stripe.authorize(&charge).await;

    assert_eq!(state, Ok(State::Authorized { reference: reference() }));
    let asked = server.asked.borrow();
    let (head, body) = asked[0].split_once("\r\n\r\n").unwrap();
    let head = head.to_lowercase();
    assert!(head.starts_with("post /v1/payment_intents http/1.1"), "{head}");
    for line in ["authorization: bearer sk_test_1", "idempotency-key: pay:1"] {
        assert!(head.lines().any(|it| it == line), "{head}");
    }
    let form: Vec<(String, String)> =
        form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let of = |name: &str| form.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str());
    assert_eq!((of("amount"), of("currency")), (Some("1999"), Some("eur")));
    assert_eq!((of("capture_method"), of("confirm")), (Some("manual"), Some("true")));
    assert_eq!(of("metadata[payment_id]"), Some(charge.payment.to_string().as_str()));
}

#[actix_rt::test]
async fn a_charge_whose_answer_was_lost_is_repeated_under_its_key_and_then_looked_at() {
    let repeated = Some((299, json!({ "id": "pi_1", "status": "requires_capture" })));
    let server = saying([None, repeated, intent("succeeded")]).await;
    let charge = charge(None);

    assert_eq!(server.stripe.authorize(&charge).await, Err(NoAnswer));
    let found = server.stripe.look_up(&charge).await;

    assert_eq!(found, Ok(State::Captured { reference: reference() }), "what it was is long ago");
    let asked = server.asked.borrow();
    let (first, second) = (asked[0].to_lowercase(), asked[1].to_lowercase());
    let key = |it: &str| it.lines().find(|it| it.starts_with("idempotency-key")).map(str::to_owned);
    assert_eq!(key(&first), key(&second));
    assert_eq!(first.split_once("\r\n\r\n").unwrap().1, second.split_once("\r\n\r\n").unwrap().1);
    assert!(asked[2].starts_with("GET /v1/payment_intents/pi_1 "), "{}", asked[2]);
}

#[actix_rt::test]
async fn each_status_of_an_intent_says_how_the_charge_stands() {
    let (reference, pending) = (reference(), Some(reference()));
    for (status, state) in [
        ("requires_capture", Ok(State::Authorized { reference: reference.clone() })),
        ("succeeded", Ok(State::Captured { reference: reference.clone() })),
        ("canceled", Ok(State::Voided { reference: reference.clone() })),
        ("processing", Ok(State::Pending { reference: pending })),
        ("requires_payment_method", declined("card_declined")),
        ("something_new", Err(NoAnswer)),
    ] {
        let server = saying([intent(status)]).await;
        assert_eq!(server.stripe.look_up(&charge(Some("pi_1"))).await, state, "{status}");
    }
}

#[actix_rt::test]
async fn what_wants_more_of_the_buyer_than_a_card_is_called_off_and_declined() {
    let server = saying([intent("requires_action"), intent("canceled")]).await;

    let state = server.stripe.authorize(&charge(None)).await;

    assert_eq!(state, declined("authentication_required"));
    assert!(server.asked.borrow()[1].starts_with("POST /v1/payment_intents/pi_1/cancel "));

    let server = saying([intent("requires_action"), None]).await;
    assert_eq!(server.stripe.authorize(&charge(None)).await, Err(NoAnswer));
}

#[actix_rt::test]
async fn a_refusal_is_a_decline_with_its_reason_and_all_else_is_unknown() {
    let bank = json!({ "error": { "code": "card_declined", "decline_code": "expired_card" } });
    let lost = json!({ "error": { "code": "card_declined", "decline_code": "lost_card" } });
    let wordy = json!({ "error": { "code": "Your card <b>4242</b> was declined." } });
    for (said, state) in [
        (error(402, "expired_card"), declined("expired_card")),
        (Some((402, bank)), declined("expired_card")),
        // Whoever found it must not learn that it is known to be lost.
        (Some((402, lost)), declined("card_declined")),
        (Some((402, wordy)), declined("card_declined")),
        (error(400, "resource_missing"), declined("resource_missing")),
        (error(401, "api_key_expired"), Err(NoAnswer)),
        (error(409, "idempotency_key_in_use"), Err(NoAnswer)),
        (error(429, "rate_limit"), Err(NoAnswer)),
        (error(500, "api_error"), Err(NoAnswer)),
        (Some((200, json!("no intent"))), Err(NoAnswer)),
        (None, Err(NoAnswer)),
    ] {
        let told = format!("{said:?}");
        let server = saying([said]).await;
        assert_eq!(server.stripe.authorize(&charge(None)).await, state, "{told}");
    }
}

#[actix_rt::test]
async fn what_is_captured_or_let_go_already_is_as_it_stands() {
    let unexpected = || error(400, "payment_intent_unexpected_state");
    let charge = charge(Some("pi_1"));
    let server = saying([unexpected(), intent("canceled")]).await;
    let captured = server.stripe.capture(&charge, charge.amount).await;
    assert_eq!(captured, Ok(State::Voided { reference: reference() }));
    assert!(server.asked.borrow()[0].ends_with("amount_to_capture=1999"));

    let server = saying([unexpected(), intent("succeeded")]).await;
    let voided = server.stripe.void(&charge).await;
    assert_eq!(voided, Ok(State::Captured { reference: reference() }));
}

#[actix_rt::test]
async fn a_refund_is_made_once_by_its_id_however_old_the_first_try_is() {
    let (charge, id) = (charge(Some("pi_1")), RefundId::new());
    let refund =
        |status: &str| json!({ "status": status, "metadata": { "refund_id": id.to_string() } });
    let none = || Some((200, json!({ "data": [{ "status": "succeeded", "metadata": {} }] })));
    let ask = async |server: &Server| server.stripe.refund(&charge, id, Money::euros(50)).await;

    let server = saying([none(), Some((200, refund("succeeded")))]).await;
    assert_eq!(ask(&server).await, Ok(GivenBack::Done));
    let made = server.asked.borrow()[1].clone();
    assert!(made.to_lowercase().contains(&format!("idempotency-key: {id}")), "{made}");
    assert!(made.contains("payment_intent=pi_1&amount=50&"), "{made}");

    for (status, given) in [
        ("succeeded", GivenBack::Done),
        ("pending", GivenBack::Pending),
        ("requires_action", GivenBack::Pending),
        ("failed", GivenBack::Failed { code: "card_declined".to_owned() }),
        ("canceled", GivenBack::Failed { code: "card_declined".to_owned() }),
    ] {
        let server = saying([Some((200, json!({ "data": [refund(status)] })))]).await;
        assert_eq!(ask(&server).await, Ok(given), "{status}");
        assert_eq!(server.asked.borrow().len(), 1, "there is one already");
    }
    let server = saying([none(), error(400, "charge_already_refunded")]).await;
    let refused = GivenBack::Refused { code: "charge_already_refunded".to_owned() };
    assert_eq!(ask(&server).await, Ok(refused));
    let server = saying([none(), None]).await;
    assert_eq!(ask(&server).await, Err(NoAnswer));
}

#[actix_rt::test]
async fn an_event_is_heard_by_either_secret_and_names_its_payment() {
    let server = saying([]).await;
    let (payment, now) = (charge(None).payment, chrono::DateTime::UNIX_EPOCH);
    let hear = |secret: &str, object: Value| {
        let body = json!({ "id": "evt_1", "data": { "object": object } }).to_string();
        let signature = signature::sign(secret.as_bytes(), body.as_bytes(), now);
        server.stripe.hear(Message { signature: &signature, body: body.as_bytes(), now })
    };
    let metadata = json!({ "payment_id": payment, "charge": "pay:1" });
    let of_intent = json!({ "id": "pi_1", "object": "payment_intent", "metadata": metadata });
    let of_refund = json!({ "id": "re_1", "object": "refund", "metadata": metadata });
    let known = Some(("pay:1".to_owned(), reference()));

    for secret in ["whsec_new", "whsec_old"] {
        let hint = Hint { payment, charge: known.clone() };
        assert_eq!(hear(secret, of_intent.clone()), Ok(Some(hint)));
    }
    assert_eq!(hear("whsec_new", of_refund), Ok(Some(Hint { payment, charge: None })));
    assert_eq!(hear("whsec_new", json!({ "id": "cus_1", "object": "customer" })), Ok(None));
    assert_eq!(hear("whsec_other", of_intent), Err(Unsigned));
}

#[test]
fn payment_methods_are_accepted_and_nothing_that_could_be_a_card() {
    let account = Account { url: String::new(), key: String::new(), webhook_secrets: Vec::new() };
    let stripe = Stripe::new(account).unwrap();
    assert!(stripe.accepts("pm_1OqVcRLkdIwHu7ix") && stripe.accepts("pm_card_visa"));
    for wrong in ["", "pm_", "tok_success", "4242424242424242", "pm_x&amount=1", "pm_é"] {
        assert!(!stripe.accepts(wrong), "{wrong}");
    }
}
