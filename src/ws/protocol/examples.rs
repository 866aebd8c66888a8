//! `docs/ws-protocol.md` is true: its examples are what we read and write.

use std::collections::BTreeSet;

use serde_json::json;

use super::{close::Close, *};
use crate::{
    bus::{frame, sample::Run},
    domain::{
        cart::{CartView, live::Live},
        delivery::{Delivery, Method, Status, Tracked},
        event::{Event, Published},
        id::{EventId, OrderId, ProductId},
        money::{Currency, Money},
        presence::{Presence, Present},
        stats::{Stats, midnight},
    },
    ws::Limits,
};

const DOCUMENT: &str = include_str!("../../../docs/ws-protocol.md");

/// The examples of one side.
fn examples(side: &str) -> Vec<&'static str> {
    let fence = format!("```json {side}\n");
    let blocks = DOCUMENT.split(&fence).skip(1);
    blocks.map(|rest| rest.split_once("```").unwrap().0).collect()
}

fn id<T: From<uuid::Uuid>>(end: &str) -> T {
    format!("019ab1c2-7d3e-7f00-8000-{end}").parse::<uuid::Uuid>().unwrap().into()
}

fn at() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_250_220, 0).unwrap()
}

fn order() -> OrderId {
    id("112233445566")
}

/// What the server says besides pushes, once in each form.
fn said() -> Vec<Value> {
    let number = |number: u64| RequestId(json!(number));
    let user_id = Some(id("0a0b0c0d0e0f"));
    let user = |seconds| Standing { user_id, cart_id: None, expires_in: Some(seconds) };
    let guest = Standing { cart_id: Some(id("9a8b7c6d5e4f")), ..Standing::default() };
    let snapshot = serde_json::value::to_raw_value(&json!({ "status": "paid" })).unwrap();
    let (zero, one, two) = (number(0), number(1), number(2));
    let (five, six, seven, eight) = (number(5), number(6), number(7), number(8));
    let follows = |id, recovered, snapshot| {
        let (topic, epoch) = (Topic::Order(order()).to_string(), "9d3f0c1a");
        Frame::Following { id, ok: true, topic, epoch, recovered, sequence: 21, snapshot }
    };
    let frames = [
        Frame::Welcome {
            op: "welcome",
            connection_id: id("5a1b2c3d4e5f"),
            node: "6f1d2c3b",
            ping_interval_ms: 25_000,
            standing: user(899),
        },
        Frame::refused(&six, &Error::NotFound("order")),
        Frame::Identified { id: &zero, ok: true, standing: user(900) },
        Frame::Identified { id: &zero, ok: true, standing: guest },
        follows(&one, None, Some(&*snapshot)),
        follows(&two, Some(true), None),
        follows(&two, Some(false), Some(&*snapshot)),
        Frame::done(&five),
        Frame::Read { id: &seven, ok: true, unread_count: 2 },
        Frame::Edited { id: &eight, ok: true, version: 8 },
        Frame::revoked(id("665544332211"), at()),
    ];
    frames.iter().map(|frame| serde_json::to_value(frame).unwrap()).collect()
}

fn pushed() -> Vec<Value> {
    let event = Event {
        id: EventId::new(),
        order: Some((order(), 22)),
        user: None,
        kind: Kind::OrderPaid,
        at: at(),
        data: json!({ "status": "paid" }).into(),
    };
    let published = Published { sequence: 907, user_sequence: None, event };
    let plain = frame::of_order("9d3f0c1a", &published.event).unwrap().unwrap();
    let feed = frame::of_feed("9d3f0c1a", &published).unwrap();
    let filtered = frame::with_previous(&feed.frame, 881);
    let of_kind = vec![(Kind::OrderPlaced, 500, 1_407)];
    let run = Run { from: 908, to: 1_407, at: at(), of_kind };
    let left_out = frame::of_left_out("9d3f0c1a", run).unwrap();
    let events = [plain.frame, filtered, left_out.frame].map(|it| it.to_string());
    let all = events.into_iter().chain(states());
    all.map(|text| serde_json::from_str(&text).unwrap()).collect()
}

fn states() -> [String; 6] {
    let id: ProductId = id("aabbccddeeff");
    let state = json!({ "id": id, "available": true }).to_string();
    let product =
        |sequence, state| frame::of_product("9d3f0c1a", id, sequence, at(), state).unwrap();
    let view = CartView { version: 3, ..CartView::empty(self::id("9a8b7c6d5e4f")) };
    let cart = frame::of_cart("9d3f0c1a", at(), &Live::of(view, 2)).unwrap();
    let parcel = frame::of_delivery("9d3f0c1a", at(), &parcel()).unwrap();
    let figures = frame::of_stats("9d3f0c1a", at().timestamp_millis(), at(), &figures()).unwrap();
    let next = at().timestamp_millis() + 1;
    let admins = frame::of_presence("9d3f0c1a", next, at(), &admins()).unwrap();
    let all = [product(31, Some(state)), product(32, None), cart, parcel, figures, admins];
    all.map(|it| it.frame.to_string())
}

fn admins() -> Presence {
    let since = "2026-11-21T08:00:00Z".parse().unwrap();
    let name = "Ada Byron".to_owned();
    Presence {
        admins: vec![Present { user_id: id("0a0b0c0d0e0f"), name, since, orders: vec![order()] }],
    }
}

fn figures() -> Stats {
    Stats {
        since: midnight(at()),
        orders: 12,
        revenue: Money { amount: 26_400, currency: Currency::SHOP },
        carts: 5,
        carts_held: 1,
        sockets: 7,
        errors: 0,
        node: "6f1d2c3b".to_owned(),
    }
}

fn parcel() -> Tracked {
    let delivery = Delivery {
        status: Status::InTransit,
        tracking_number: Some("RT80000000D1D2D3".to_owned()),
        carrier: Some("Rialto Courier".to_owned()),
        eta: Some(at()),
        location: Some(json!({ "city": "Kassel" })),
        ..Delivery::pending(id("d1d2d3d4d5d6"), Method::Standard, Vec::new())
    };
    Tracked { sequence: 9, delivery }
}

#[test]
fn what_a_client_says_in_the_document_is_understood() {
    let examples = examples("client");
    assert!(examples.len() > 5);
    for example in examples {
        assert!(parse(example).is_ok(), "{example}");
    }
}

#[test]
fn the_document_shows_every_operation() {
    let number = |op: &Op| match op {
        Op::Subscribe(_) => 0,
        Op::Unsubscribe(_) => 1,
        Op::Ping => 2,
        Op::Auth(Proof::Access(_)) => 3,
        Op::Auth(Proof::Cart(_)) => 4,
        Op::ReadNotification(_) => 5,
        Op::ChangeCart(Change::Add { .. }, _) => 6,
        Op::ChangeCart(Change::Set { .. }, _) => 7,
        Op::ChangeCart(Change::Remove { .. }, _) => 8,
        // Nothing that can be said here.
        Op::ChangeCart(Change::Clear, _) => 9,
    };
    let shown: BTreeSet<i32> =
        examples("client").iter().map(|it| number(&parse(it).unwrap().op)).collect();
    assert_eq!(shown, (0..9).collect());
}

#[test]
fn the_document_names_every_type_of_event_that_is_stored() {
    for kind in Kind::ALL {
        assert!(DOCUMENT.contains(&format!("`{kind}`")), "{kind}");
    }
}

#[test]
fn what_the_server_says_in_the_document_is_what_it_writes() {
    let shown = examples("server").into_iter().map(|it| serde_json::from_str(it).unwrap());
    let mut shown: Vec<Value> = shown.collect();
    for frame in said().into_iter().chain(pushed()) {
        let at = shown.iter().position(|it| *it == frame);
        shown.remove(at.unwrap_or_else(|| panic!("the document doesn't show {frame}")));
    }
    assert!(shown.is_empty(), "nobody writes {shown:?}");
}

#[test]
fn the_document_says_of_every_topic_who_may_follow_it() {
    let number = |topic: &Topic| match topic {
        Topic::Order(_) => 0,
        Topic::Delivery(_) => 1,
        Topic::Me => 2,
        Topic::AdminFeed => 3,
        Topic::AdminStats => 4,
        Topic::AdminPresence => 5,
        Topic::Product(_) => 6,
        Topic::Cart => 7,
    };
    let (_, table) = DOCUMENT.split_once("| topic | who | snapshot |\n").unwrap();
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    let topics =
        rows.map(|row| row.split('`').nth(1).unwrap().replace("{id}", &order().to_string()));
    let shown: BTreeSet<i32> = topics.map(|it| number(&it.parse().unwrap())).collect();
    assert_eq!(shown, (0..8).collect());
}

#[test]
fn the_document_has_every_close_code_with_its_reason() {
    for close in Close::all() {
        let line = format!("| {} | `{}` |", close.code(), close.reason());
        assert!(DOCUMENT.contains(&line), "{line}");
    }
}

#[test]
fn the_document_has_the_limits() {
    let limits = Limits::default();
    for line in [
        format!("| a message, in one frame or several | {} KiB |", limits.message_bytes_max >> 10),
        format!("| topics followed | {} |", limits.subscriptions_max),
        format!(
            "| frames a second, at once | {}, {} |",
            limits.frames_per_second, limits.frames_burst
        ),
        format!(
            "| until authenticated or subscribed | {} seconds |",
            limits.admit_within.as_secs()
        ),
        format!(
            "| ping from the server | every {} seconds, to be answered within {} |",
            limits.ping_every.as_secs(),
            limits.pong_within.as_secs()
        ),
        format!("| waiting for the client | {} MiB, then 3008 |", limits.queue_bytes_max >> 20),
        format!(
            "| time to leave after a close | {} seconds, then the connection is cut |",
            limits.close_within.as_secs()
        ),
    ] {
        assert!(DOCUMENT.contains(&line), "{line}");
    }
}
