//! The JSON of a push, as API.md shows it: one text for all who follow a channel.

use bytestring::ByteString;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{Channel, Delivery, LeftOut, sample::Run};
use crate::domain::{
    Error,
    cart::live::Live,
    delivery::Tracked,
    event::{Event, Kind, Published},
    id::ProductId,
    presence::Presence,
    stats::Stats,
    topic::Topic,
};

#[derive(Serialize)]
struct Push<'a> {
    topic: String,
    epoch: &'a str,
    sequence: i64,
    r#type: &'a str,
    at: DateTime<Utc>,
    data: &'a RawValue,
}

/// What was left out, up to the number of it.
#[derive(Serialize)]
struct Skipped {
    from: i64,
    to: i64,
    skipped: (),
}

/// Everything that a published event is told as: to those who follow its order, to its user, and
/// to the admins.
pub fn all(epoch: &str, published: &Published) -> Result<Vec<Delivery>, Error> {
    let mut all = but_feed(epoch, published)?;
    all.push(of_feed(epoch, published)?);
    Ok(all)
}

/// The same where admins are not told.
pub fn but_feed(epoch: &str, published: &Published) -> Result<Vec<Delivery>, Error> {
    let event = &published.event;
    let places = [order_place(event), user_place(published)].into_iter().flatten();
    places.map(|place| encode(epoch, place, event, &raw(event)?)).collect()
}

/// That these events were left out, to the admins.
pub fn of_left_out(epoch: &str, run: Run) -> Result<Delivery, Error> {
    let fields = Skipped { from: run.from, to: run.to, skipped: () };
    let data = serde_json::value::to_raw_value(&fields);
    let data = data.map_err(Error::internal("encoding what was left out"))?;
    let (topic, sequence, at) = (Topic::AdminFeed.to_string(), run.to, run.at);
    let push = Push { topic, epoch, sequence, r#type: "feed.sampled", at, data: &data };
    let told = of_state(Channel::Feed, push)?;
    let head = told.frame.strip_suffix("null}}").unwrap_or(&told.frame).to_owned();
    let left_out = LeftOut { run, head };
    let frame = left_out.text(left_out.run.count());
    Ok(Delivery { frame, left_out: Some(left_out.into()), ..told })
}

/// An event of a timeline, to those who follow the order; none if it is of no order.
pub fn of_order(epoch: &str, event: &Event) -> Result<Option<Delivery>, Error> {
    order_place(event).map(|place| encode(epoch, place, event, &raw(event)?)).transpose()
}

/// An event to its user; none if users are not told of it.
pub fn of_user(epoch: &str, published: &Published) -> Result<Option<Delivery>, Error> {
    let event = &published.event;
    user_place(published).map(|place| encode(epoch, place, event, &raw(event)?)).transpose()
}

/// An event to the admins.
pub fn of_feed(epoch: &str, published: &Published) -> Result<Delivery, Error> {
    let event = &published.event;
    encode(epoch, feed_place(published), event, &raw(event)?)
}

/// How a product stands, to those who follow it: `state` is the JSON of it, none where it is not sold
/// any more.
pub fn of_product(
    epoch: &str,
    id: ProductId,
    sequence: i64,
    at: DateTime<Utc>,
    state: Option<String>,
) -> Result<Delivery, Error> {
    let kind = if state.is_some() { "product.changed" } else { "product.removed" };
    let state = state.unwrap_or_else(|| format!(r#"{{"id":"{id}","available":false}}"#));
    let state = RawValue::from_string(state).map_err(Error::internal("encoding a product"))?;
    let topic = Topic::Product(id).to_string();
    of_state(Channel::Product(id), Push { topic, epoch, sequence, r#type: kind, at, data: &state })
}

/// How a cart stands, to those who follow it.
pub fn of_cart(epoch: &str, at: DateTime<Utc>, cart: &Live) -> Result<Delivery, Error> {
    let data = serde_json::value::to_raw_value(&cart.view);
    let data = data.map_err(Error::internal("encoding a cart"))?;
    let (topic, sequence) = (Topic::Cart.to_string(), cart.sequence);
    let push = Push { topic, epoch, sequence, r#type: "cart.changed", at, data: &data };
    of_state(Channel::Cart(cart.view.id), push)
}

/// How a parcel stands, to those who follow it.
pub fn of_delivery(epoch: &str, at: DateTime<Utc>, tracked: &Tracked) -> Result<Delivery, Error> {
    let data = serde_json::value::to_raw_value(&tracked.delivery);
    let data = data.map_err(Error::internal("encoding a delivery"))?;
    let (id, sequence) = (tracked.delivery.id, tracked.sequence);
    let topic = Topic::Delivery(id).to_string();
    let push = Push { topic, epoch, sequence, r#type: "delivery.changed", at, data: &data };
    of_state(Channel::Delivery(id), push)
}

/// How the shop is doing, to those who run it.
pub fn of_stats(
    epoch: &str,
    sequence: i64,
    at: DateTime<Utc>,
    stats: &Stats,
) -> Result<Delivery, Error> {
    let data = serde_json::value::to_raw_value(stats);
    let data = data.map_err(Error::internal("encoding figures"))?;
    let topic = Topic::AdminStats.to_string();
    of_state(
        Channel::Stats,
        Push { topic, epoch, sequence, r#type: "stats.changed", at, data: &data },
    )
}

/// Who is looking, to those who run the shop.
pub fn of_presence(
    epoch: &str,
    sequence: i64,
    at: DateTime<Utc>,
    presence: &Presence,
) -> Result<Delivery, Error> {
    let data = serde_json::value::to_raw_value(presence);
    let data = data.map_err(Error::internal("encoding who is there"))?;
    let (topic, kind) = (Topic::AdminPresence.to_string(), "presence.changed");
    of_state(Channel::Presence, Push { topic, epoch, sequence, r#type: kind, at, data: &data })
}

/// What is no event, so that no filter asks for its kind: that says nothing.
fn of_state(channel: Channel, push: Push<'_>) -> Result<Delivery, Error> {
    let frame = serde_json::to_string(&push).map_err(Error::internal("encoding a state"))?;
    let (sequence, kind) = (push.sequence, Kind::CatalogueChanged);
    Ok(Delivery { channel, sequence, kind, frame: frame.into(), left_out: None })
}

/// The push on a filtered feed, which says where the match before it was.
pub fn with_previous(frame: &ByteString, previous: i64) -> ByteString {
    let open = frame.strip_suffix('}').unwrap_or(frame);
    format!("{open},\"previous\":{previous}}}").into()
}

fn order_place(event: &Event) -> Option<(Channel, Topic, i64)> {
    event.order.map(|(order, sequence)| (Channel::Order(order), Topic::Order(order), sequence))
}

fn user_place(published: &Published) -> Option<(Channel, Topic, i64)> {
    let (user, sequence) = published.event.user.zip(published.user_sequence)?;
    Some((Channel::User(user), Topic::Me, sequence))
}

fn feed_place(published: &Published) -> (Channel, Topic, i64) {
    (Channel::Feed, Topic::AdminFeed, published.sequence)
}

fn raw(event: &Event) -> Result<Box<RawValue>, Error> {
    serde_json::value::to_raw_value(&event.data).map_err(Error::internal("encoding an event"))
}

fn encode(
    epoch: &str,
    (channel, topic, sequence): (Channel, Topic, i64),
    event: &Event,
    data: &RawValue,
) -> Result<Delivery, Error> {
    let topic = topic.to_string();
    let push = Push { topic, epoch, sequence, r#type: event.kind.as_str(), at: event.at, data };
    let frame = serde_json::to_string(&push).map_err(Error::internal("encoding an event"))?;
    Ok(Delivery { channel, sequence, kind: event.kind, frame: frame.into(), left_out: None })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::id::{EventId, OrderId, UserId};

    fn paid() -> Published {
        Published {
            sequence: 900,
            user_sequence: Some(4),
            event: Event {
                id: EventId::new(),
                order: Some((OrderId::new(), 22)),
                user: Some(UserId::new()),
                kind: Kind::OrderPaid,
                at: DateTime::from_timestamp(1_795_250_220, 0).unwrap(),
                data: json!({ "status": "paid" }).into(),
            },
        }
    }

    #[test]
    fn a_push_is_spelled_as_the_contract_says() {
        let published = paid();
        let (order, _) = published.event.order.unwrap();

        let delivery = of_order("k3", &published.event).unwrap().unwrap();

        assert_eq!(
            delivery.frame,
            format!(
                r#"{{"topic":"order:{order}","epoch":"k3","sequence":22,"type":"order.paid","at":"2026-11-21T08:37:00Z","data":{{"status":"paid"}}}}"#
            )
        );
    }

    #[test]
    fn an_event_has_its_own_place_in_each_channel() {
        let published = paid();
        let (order, user) = (published.event.order.unwrap().0, published.event.user.unwrap());

        let all = all("k3", &published).unwrap();

        let places: Vec<(Channel, i64)> = all.iter().map(|it| (it.channel, it.sequence)).collect();
        let due = [(Channel::Order(order), 22), (Channel::User(user), 4), (Channel::Feed, 900)];
        assert_eq!(places, due);
    }

    #[test]
    fn what_concerns_no_order_and_no_user_is_told_to_admins_alone() {
        let mut published = paid();
        published.event.order = None;
        published.user_sequence = None;

        let all = all("k3", &published).unwrap();

        assert_eq!(all, [of_feed("k3", &published).unwrap()]);
        assert_eq!(of_order("k3", &published.event).unwrap(), None);
        assert_eq!(of_user("k3", &published).unwrap(), None);
    }

    #[test]
    fn what_was_left_out_says_from_where_to_where_and_how_many() {
        let of_kind = vec![(Kind::OrderPlaced, 3, 12), (Kind::OrderPaid, 2, 14)];
        let at = DateTime::from_timestamp(1_795_250_220, 0).unwrap();
        let told = of_left_out("k3", Run { from: 10, to: 14, at, of_kind }).unwrap();

        let due = |skipped: u64| {
            format!(
                r#"{{"topic":"admin:feed","epoch":"k3","sequence":14,"type":"feed.sampled","at":"2026-11-21T08:37:00Z","data":{{"from":10,"to":14,"skipped":{skipped}}}}}"#
            )
        };
        assert_eq!((told.first(), told.sequence), (10, 14));
        assert_eq!(told.frame, due(5));
        let left_out = told.left_out.clone().unwrap();
        let (paid, last) = told.of_kinds(&left_out, &[Kind::OrderPaid]).unwrap();
        assert_eq!((&*paid.frame, last), (&*due(2), 14));
        assert_eq!(told.of_kinds(&left_out, &[Kind::OrderShipped]), None);
    }

    #[test]
    fn on_a_filtered_feed_a_push_names_the_match_before_it() {
        let frame = of_feed("k3", &paid()).unwrap().frame;

        let text = with_previous(&frame, 881);

        let mut due: serde_json::Value = serde_json::from_str(&frame).unwrap();
        due["previous"] = json!(881);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), due);
    }
}
