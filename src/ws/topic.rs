//! Topics: who may follow them, how that begins, and what was missed.

use serde_json::value::RawValue;

use self::followed::Followed;
use self::resume::{Kept, Resume};
use super::{account, cart, delivery, event, order, presence, product, protocol::Follow, stats};
use crate::{
    bus::{Channel, Delivery, frame},
    domain::{Error, account::Right, id::CartId, topic::Topic},
    http::token::{Caller, Keys},
    reading::catalogue::Catalogue,
    store::{Store, read},
};

pub mod followed;
pub mod resume;

/// Whom a socket has shown to be there.
#[derive(Debug, Clone, Copy, Default)]
pub struct Who {
    pub caller: Option<Caller>,
    /// The cart that a guest holds.
    pub cart: Option<CartId>,
}

/// What a connection follows.
#[derive(Debug, Clone)]
pub struct Subscribed {
    pub follow: Follow,
    /// What the topic meant: another one later, once somebody has signed in who was a guest.
    pub channel: Channel,
}

/// Somebody wants to follow something.
pub struct Ask<'a> {
    pub store: &'a Store,
    pub catalogue: &'a Catalogue,
    pub followed: &'a Followed,
    pub keys: &'a Keys,
    pub epoch: &'a str,
    pub who: Who,
    pub follow: &'a Follow,
}

/// How following begins.
#[derive(Debug)]
pub struct Opening {
    /// The last event that had happened.
    pub head: i64,
    /// Whether what was missed is sent; none if nothing was asked for.
    pub recovered: Option<bool>,
    /// The present state, unless what was missed is sent instead.
    pub snapshot: Option<Box<RawValue>>,
    /// Every event after this one is sent.
    pub position: i64,
    /// The last event that a filter lets through and that is not after the position.
    pub previous: i64,
}

impl Who {
    /// The carts that are theirs; the first is the one that they mean.
    pub fn carts(&self) -> impl Iterator<Item = CartId> {
        self.caller.map(|caller| CartId::of(caller.user)).into_iter().chain(self.cart)
    }
}

impl Ask<'_> {
    /// Begins following, or says why not. To be called when live events are kept already.
    pub async fn open(&self) -> Result<Opening, Error> {
        match (channel(&self.who, self.follow)?, self.follow.topic) {
            (_, Topic::Order(id)) => order::open(self, id).await,
            (_, Topic::Delivery(id)) => delivery::open(self, id).await,
            (_, Topic::Product(id)) => product::open(self, id).await,
            (Channel::User(user), Topic::Me) => account::open(self, user).await,
            (Channel::Cart(id), Topic::Cart) => cart::open(self, id).await,
            (_, Topic::AdminStats) => stats::open(self).await,
            (_, Topic::AdminPresence) => presence::open(self).await,
            (_, Topic::Me | Topic::AdminFeed | Topic::Cart) => event::open(self).await,
        }
    }

    /// Begins with a state, of which there is nothing to resume.
    pub fn state(&self, sequence: i64, snapshot: Box<RawValue>) -> Opening {
        let recovered = self.follow.since.as_ref().map(|_| false);
        let snapshot = Some(snapshot);
        Opening { head: sequence, recovered, snapshot, position: sequence, previous: 0 }
    }

    /// Begins with what the client missed, if everything from `oldest` on is kept and that is
    /// enough, or else with the `snapshot` of the moment of `head`.
    pub fn opening(&self, oldest: i64, head: i64, snapshot: Box<RawValue>) -> Opening {
        let recovered = self.follow.since.as_ref().map(|_| false);
        let snapshot = Some(snapshot);
        let whole = Opening { head, recovered, snapshot, position: head, previous: 0 };
        self.resumed(oldest, head).unwrap_or(whole)
    }

    /// How the topic begins for a client that can be given exactly what it missed; none for others.
    pub fn resumed(&self, oldest: i64, head: i64) -> Option<Opening> {
        let kept = Kept { epoch: self.epoch, from: oldest, head };
        match resume::decide(self.follow.since.as_ref()?, kept) {
            Resume::After(position) => {
                let recovered = Some(true);
                Some(Opening { head, recovered, snapshot: None, position, previous: 0 })
            }
            Resume::Snapshot => None,
        }
    }
}

/// What `who` would follow, as far as can be told without a look at the store: of those who have
/// shown nothing, anybody follows products, and an order and its parcels whoever brings its token.
pub fn channel(who: &Who, follow: &Follow) -> Result<Channel, Error> {
    let nobody = Error::Unauthenticated { code: "unauthenticated" };
    let is_known = who.caller.is_some() || who.cart.is_some() || follow.order_token.is_some();
    match follow.topic {
        Topic::Order(id) => is_known.then_some(Channel::Order(id)).ok_or(nobody),
        Topic::Delivery(id) => is_known.then_some(Channel::Delivery(id)).ok_or(nobody),
        Topic::Product(id) => Ok(Channel::Product(id)),
        Topic::Cart => who.carts().next().map(Channel::Cart).ok_or(nobody),
        Topic::Me => who.caller.map(|caller| Channel::User(caller.user)).ok_or(nobody),
        Topic::AdminFeed => watches(who).map(|()| Channel::Feed),
        Topic::AdminStats => watches(who).map(|()| Channel::Stats),
        Topic::AdminPresence => watches(who).map(|()| Channel::Presence),
    }
}

/// Whether `who` may see what happens in the shop.
fn watches(who: &Who) -> Result<(), Error> {
    match who.caller {
        Some(caller) if caller.role.may(Right::Feed) => Ok(()),
        Some(_) => Err(Error::forbidden()),
        None => Err(Error::Unauthenticated { code: "unauthenticated" }),
    }
}

/// Whether `who` may still follow what was followed, which is asked again with each fresh token.
pub async fn is_still_open(
    store: &Store,
    keys: &Keys,
    who: &Who,
    Subscribed { follow, channel }: &Subscribed,
) -> Result<(), Error> {
    // The cart of a guest who has signed in is still theirs, though they would follow another now.
    if let Channel::Cart(id) = channel {
        return who.carts().find(|it| it == id).map(drop).ok_or_else(Error::forbidden);
    }
    self::channel(who, follow)?;
    let order = match follow.topic {
        Topic::Order(id) => id,
        Topic::Delivery(id) => read!(store, delivery::order(id))?,
        Topic::Me
        | Topic::AdminFeed
        | Topic::AdminStats
        | Topic::AdminPresence
        | Topic::Product(_)
        | Topic::Cart => return Ok(()),
    };
    let holder = order::holder(keys, who, follow.order_token.as_deref());
    holder.may_open(order)?;
    holder.opens(order, read!(store, order::buyer(order))?)
}

/// What happened in `channel` after `sequence`, in order, at most `limit` events.
pub async fn missed(
    store: &Store,
    epoch: &str,
    channel: Channel,
    sequence: i64,
    limit: i64,
) -> Result<Vec<Delivery>, Error> {
    let mut page = Vec::new();
    match channel {
        Channel::Order(id) => {
            for event in &read!(store, order::events(id, sequence, limit))? {
                page.extend(frame::of_order(epoch, event)?);
            }
        }
        Channel::User(user) => {
            for published in &read!(store, event::user_after(user, sequence, limit))? {
                page.extend(frame::of_user(epoch, published)?);
            }
        }
        // The latest push is all there is.
        Channel::Product(_)
        | Channel::Cart(_)
        | Channel::Delivery(_)
        | Channel::Stats
        | Channel::Presence => {}
        Channel::Feed => {
            for published in &read!(store, event::after(sequence, limit))? {
                page.push(frame::of_feed(epoch, published)?);
            }
        }
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::domain::{
        account::Role,
        id::{DeliveryId, OrderId, ProductId, SessionId, UserId},
    };

    fn caller(role: Role) -> Who {
        let (user, session) = (UserId::new(), SessionId::new());
        let expires_at = DateTime::UNIX_EPOCH;
        Who { caller: Some(Caller { user, session, role, expires_at }), cart: None }
    }

    fn code(who: &Who, topic: Topic) -> Result<Channel, String> {
        let follow = Follow { topic, since: None, order_token: None, filter: None };
        channel(who, &follow).map_err(|err| err.code().to_owned())
    }

    #[test]
    fn nobody_follows_but_products_and_an_order_of_which_they_bring_the_token() {
        let (nobody, order) = (Who::default(), Topic::Order(OrderId::new()));
        let parcel = Topic::Delivery(DeliveryId::new());
        let admins = [Topic::AdminFeed, Topic::AdminStats, Topic::AdminPresence];
        for topic in [order, parcel, Topic::Me, Topic::Cart].into_iter().chain(admins) {
            assert_eq!(code(&nobody, topic), Err("unauthenticated".to_owned()), "{topic}");
        }
        let order_token = Some("t".to_owned());
        let follow = Follow { topic: order, since: None, order_token, filter: None };
        assert!(channel(&nobody, &follow).is_ok());
        assert!(code(&nobody, Topic::Product(ProductId::new())).is_ok());
    }

    #[test]
    fn what_happens_in_the_shop_is_for_admins() {
        for (topic, channel) in [
            (Topic::AdminFeed, Channel::Feed),
            (Topic::AdminStats, Channel::Stats),
            (Topic::AdminPresence, Channel::Presence),
        ] {
            assert_eq!(code(&caller(Role::Admin), topic), Ok(channel));
            for role in [Role::Customer, Role::Moderator] {
                assert_eq!(code(&caller(role), topic), Err("forbidden".to_owned()));
            }
        }
    }

    #[test]
    fn each_user_has_a_topic_of_their_own() {
        let who = caller(Role::Customer);
        assert_eq!(code(&who, Topic::Me), Ok(Channel::User(who.caller.unwrap().user)));
        let guest = Who { caller: None, cart: Some(CartId::new()) };
        assert_eq!(code(&guest, Topic::Me), Err("unauthenticated".to_owned()));
    }

    #[test]
    fn a_cart_is_the_users_and_without_one_the_guests() {
        let (held, user) = (CartId::new(), caller(Role::Customer));
        let own = CartId::of(user.caller.unwrap().user);
        let guest = Who { caller: None, cart: Some(held) };
        let both = Who { cart: Some(held), ..user };

        for (who, due) in [(user, own), (guest, held), (both, own)] {
            assert_eq!(code(&who, Topic::Cart), Ok(Channel::Cart(due)));
        }
    }
}
