//! The wire text of each frame, and what is no frame.

use serde_json::json;

use super::*;
use crate::domain::{
    cart::Quantity,
    id::{NotificationId, OrderId},
};

fn text(frame: &Frame<'_>) -> String {
    serde_json::to_string(frame).unwrap()
}

fn id(value: Value) -> RequestId {
    RequestId(value)
}

/// The code of the error that answers `text`, and the id that it goes under.
fn refused(text: &str) -> (Value, String) {
    match parse(text) {
        Err(Unread::Refused(id, err)) => (id.0, err.code().to_owned()),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn a_request_is_read() {
    let (order, notification) = (OrderId::new(), NotificationId::new());
    let follow = |topic| Follow { topic, since: None, order_token: None, filter: None };
    let since =
        |epoch: Option<&str>, sequence| Some(Since { epoch: epoch.map(str::to_owned), sequence });
    for (text, op) in [
        (
            format!(r#""op":"subscribe","topic":"order:{order}""#),
            Op::Subscribe(follow(Topic::Order(order))),
        ),
        (
            r#""op":"subscribe","topic":"me","since":{"epoch":"k3","sequence":17}"#.to_owned(),
            Op::Subscribe(Follow { since: since(Some("k3"), 17), ..follow(Topic::Me) }),
        ),
        (
            r#""op":"subscribe","topic":"me","since":{"epoch":null,"sequence":0}"#.to_owned(),
            Op::Subscribe(Follow { since: since(None, 0), ..follow(Topic::Me) }),
        ),
        (
            format!(r#""op":"subscribe","topic":"order:{order}","order_token":"t""#),
            Op::Subscribe(Follow { order_token: Some("t".into()), ..follow(Topic::Order(order)) }),
        ),
        (
            r#""op":"subscribe","topic":"admin:feed","filter":{"types":["order.paid"]}"#.to_owned(),
            Op::Subscribe(Follow {
                filter: Some(Filter { types: vec![Kind::OrderPaid] }),
                ..follow(Topic::AdminFeed)
            }),
        ),
        (r#""op":"unsubscribe","topic":"me""#.to_owned(), Op::Unsubscribe(Topic::Me)),
        (r#""op":"ping""#.to_owned(), Op::Ping),
        (
            format!(r#""op":"notification.read","notification_id":"{notification}""#),
            Op::ReadNotification(notification),
        ),
        (r#""op":"auth","token":"t""#.to_owned(), Op::Auth(Proof::Access("t".into()))),
        (r#""op":"auth","cart_token":"t""#.to_owned(), Op::Auth(Proof::Cart("t".into()))),
    ] {
        let request = parse(&format!(r#"{{"id":7,{text}}}"#)).unwrap();
        assert_eq!(request, Request { id: id(json!(7)), op });
    }
}

#[test]
fn a_change_of_the_cart_is_read_with_its_key_and_without() {
    let id = OrderId::new().uuid();
    let quantity = Quantity::try_from(2).unwrap();
    let (add, set) =
        (Change::Add { variant: id.into(), quantity }, Change::Set { item: id.into(), quantity });
    let remove = Change::Remove { item: id.into() };
    for (op, fields, change) in [
        ("cart.add", format!(r#""variant_id":"{id}","quantity":2"#), add),
        ("cart.update", format!(r#""item_id":"{id}","quantity":2"#), set),
        ("cart.remove", format!(r#""item_id":"{id}""#), remove),
    ] {
        let plain = parse(&format!(r#"{{"id":7,"op":"{op}",{fields}}}"#)).unwrap();
        assert_eq!(plain.op, Op::ChangeCart(change.clone(), None));
        let keyed = parse(&format!(r#"{{"id":7,"op":"{op}",{fields},"key":"k"}}"#)).unwrap();
        let key = IdempotencyKey::of("k").unwrap();
        assert_eq!(keyed.op, Op::ChangeCart(change, Some(key)));
    }
}

#[test]
fn what_is_no_object_is_no_frame() {
    for wrong in ["", "{", "nonsense", "[]", "1", "\"ping\"", "null", r#"{"id":1} {}"#] {
        assert!(matches!(parse(wrong), Err(Unread::NoObject)), "{wrong}");
    }
    let deep = format!(r#"{{"id":{}1{}}}"#, "[".repeat(5_000), "]".repeat(5_000));
    assert!(matches!(parse(&deep), Err(Unread::NoObject)));
}

#[test]
fn a_wrong_request_is_refused_under_its_id() {
    for (wrong, code) in [
        (r#""op":"order.place""#, "unknown_op"),
        (r#""op":7"#, "invalid"),
        (r#""topic":"me""#, "invalid"),
        (r#""op":"ping","x":1"#, "invalid"),
        (r#""op":"subscribe""#, "invalid"),
        (r#""op":"subscribe","topic":"me","sinse":1"#, "invalid"),
        (r#""op":"subscribe","topic":7"#, "invalid"),
        (r#""op":"subscribe","topic":"nothing""#, "not_found"),
        (r#""op":"subscribe","topic":"order:7""#, "not_found"),
        (r#""op":"subscribe","topic":"me","since":{}"#, "invalid"),
        (r#""op":"subscribe","topic":"me","since":{"sequence":-1}"#, "invalid"),
        (r#""op":"subscribe","topic":"me","since":{"sequence":1.5}"#, "invalid"),
        (r#""op":"subscribe","topic":"me","since":{"sequence":1,"x":1}"#, "invalid"),
        (r#""op":"subscribe","topic":"me","order_token":"t""#, "invalid"),
        (r#""op":"subscribe","topic":"me","filter":{"types":[]}"#, "invalid"),
        (r#""op":"subscribe","topic":"admin:feed","filter":{"types":["order.lost"]}"#, "invalid"),
        (r#""op":"subscribe","topic":"admin:feed","filter":{"kinds":[]}"#, "invalid"),
        (r#""op":"auth""#, "invalid"),
        (r#""op":"auth","token":"t","cart_token":"t""#, "invalid"),
        (r#""op":"cart.add","variant_id":"v","quantity":1"#, "invalid"),
        (r#""op":"cart.remove""#, "invalid"),
        (r#""op":"notification.read""#, "invalid"),
        (r#""op":"notification.read","notification_id":7"#, "invalid"),
        (r#""op":"notification.read","notification_id":"n""#, "not_found"),
    ] {
        assert_eq!(refused(&format!(r#"{{"id":"a",{wrong}}}"#)), (json!("a"), code.into()));
    }
}

#[test]
fn a_proof_that_is_longer_than_any_of_ours_is_refused() {
    let order = OrderId::new();
    let subscribe = |length| {
        let text = "x".repeat(length);
        let token = format!(r#""topic":"order:{order}","order_token":"{text}""#);
        let epoch = format!(r#""topic":"me","since":{{"epoch":"{text}","sequence":1}}"#);
        [token, epoch].map(|it| format!(r#"{{"id":"a","op":"subscribe",{it}}}"#))
    };
    for fits in subscribe(64) {
        assert!(parse(&fits).is_ok(), "{fits}");
    }
    for wrong in subscribe(65) {
        assert_eq!(refused(&wrong), (json!("a"), "invalid".into()));
    }
}

#[test]
fn an_id_is_a_number_or_a_short_text() {
    assert_eq!(parse(r#"{"op":"ping"}"#).unwrap().id, id(Value::Null));
    assert_eq!(parse(r#"{"id":-2,"op":"ping"}"#).unwrap().id, id(json!(-2)));
    let long = format!("\"{}\"", "x".repeat(65));
    for wrong in ["[]", "{}", "true", &long] {
        let (id, code) = refused(&format!(r#"{{"id":{wrong},"op":"ping"}}"#));
        assert_eq!((id, code.as_str()), (Value::Null, "invalid"));
    }
}

#[test]
fn the_welcome_is_spelled_as_the_contract_says() {
    let (connection, user) = (ConnectionId::new(), UserId::new());
    let welcome = |standing| {
        let (op, node, ping_interval_ms) = ("welcome", "n1", 25_000);
        Frame::Welcome { op, connection_id: connection, node, ping_interval_ms, standing }
    };

    let guest = text(&welcome(Standing::default()));
    let standing = Standing { user_id: Some(user), expires_in: Some(900), cart_id: None };
    let known = text(&welcome(standing));

    let begin = format!(
        r#"{{"op":"welcome","connection_id":"{connection}","node":"n1","ping_interval_ms":25000"#
    );
    assert_eq!(guest, format!("{begin}}}"));
    assert_eq!(known, format!(r#"{begin},"user_id":"{user}","expires_in":900}}"#));
}

#[test]
fn answers_are_spelled_as_the_contract_says() {
    let number = id(json!(3));
    assert_eq!(text(&Frame::done(&number)), r#"{"id":3,"ok":true}"#);

    let snapshot = serde_json::value::to_raw_value(&json!({ "status": "paid" })).unwrap();
    let following = |recovered, snapshot| {
        let (topic, epoch) = (Topic::Me.to_string(), "k3");
        Frame::Following { id: &number, ok: true, topic, epoch, recovered, sequence: 21, snapshot }
    };
    for (recovered, snapshot, due) in [
        (None, Some(&*snapshot), r#""sequence":21,"snapshot":{"status":"paid"}}"#),
        (Some(true), None, r#""recovered":true,"sequence":21}"#),
        (
            Some(false),
            Some(&*snapshot),
            r#""recovered":false,"sequence":21,"snapshot":{"status":"paid"}}"#,
        ),
    ] {
        let due = format!(r#"{{"id":3,"ok":true,"topic":"me","epoch":"k3",{due}"#);
        assert_eq!(text(&following(recovered, snapshot)), due);
    }

    let standing = Standing { expires_in: Some(60), ..Standing::default() };
    let identified = Frame::Identified { id: &number, ok: true, standing };
    assert_eq!(text(&identified), r#"{"id":3,"ok":true,"expires_in":60}"#);
}

#[test]
fn an_error_says_whether_trying_again_helps_and_nothing_of_our_insides() {
    let number = id(json!(3));
    assert_eq!(
        text(&Frame::refused(&number, &Error::NotFound("order"))),
        r#"{"id":3,"ok":false,"error":{"code":"not_found","message":"no such order","retry":false}}"#
    );
    assert_eq!(
        text(&Frame::refused(&number, &Error::Busy)),
        r#"{"id":3,"ok":false,"error":{"code":"busy","message":"busy, try again","retry":true}}"#
    );
    let fault = Error::internal("reading a secret")("disk on fire");
    let told = text(&Frame::refused(&number, &fault));
    assert!(!told.contains("secret") && !told.contains("fire"), "{told}");
}

#[test]
fn a_notice_has_no_sequence() {
    let (session, at) = (SessionId::new(), DateTime::from_timestamp(1_795_250_220, 0).unwrap());
    assert_eq!(
        text(&Frame::revoked(session, at)),
        format!(
            r#"{{"topic":"me","type":"session.revoked","at":"2026-11-21T08:37:00Z","data":{{"session_id":"{session}"}}}}"#
        )
    );
}
