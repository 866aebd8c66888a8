//! Topics: what a socket can follow.

use std::{fmt, str::FromStr};

use super::{
    Error,
    id::{DeliveryId, OrderId, ProductId},
};

/// A topic as a client names it; `me` is another one for each user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    Order(OrderId),
    Delivery(DeliveryId),
    Me,
    AdminFeed,
    AdminStats,
    AdminPresence,
    Product(ProductId),
    /// Another one for each user, and for each guest with a cart.
    Cart,
}

impl FromStr for Topic {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "me" => Ok(Topic::Me),
            "admin:feed" => Ok(Topic::AdminFeed),
            "admin:stats" => Ok(Topic::AdminStats),
            "admin:presence" => Ok(Topic::AdminPresence),
            "cart" => Ok(Topic::Cart),
            _ => match text.split_once(':') {
                Some(("order", id)) => Ok(Topic::Order(id.parse()?)),
                Some(("delivery", id)) => Ok(Topic::Delivery(id.parse()?)),
                Some(("product", id)) => Ok(Topic::Product(id.parse()?)),
                Some(_) | None => Err(Error::NotFound("topic")),
            },
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Topic::Order(id) => write!(f, "order:{id}"),
            Topic::Delivery(id) => write!(f, "delivery:{id}"),
            Topic::Me => f.write_str("me"),
            Topic::AdminFeed => f.write_str("admin:feed"),
            Topic::AdminStats => f.write_str("admin:stats"),
            Topic::AdminPresence => f.write_str("admin:presence"),
            Topic::Product(id) => write!(f, "product:{id}"),
            Topic::Cart => f.write_str("cart"),
        }
    }
}

/// A client's place in a stored topic: everything up to `sequence` is known to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// Which life of the store the sequence was counted in; none asks, with a sequence of 0, for all
    /// that is kept.
    pub epoch: Option<String>,
    pub sequence: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_reads_back_from_its_text() {
        let (order, product) = (Topic::Order(OrderId::new()), Topic::Product(ProductId::new()));
        let delivery = Topic::Delivery(DeliveryId::new());
        let admins = [Topic::AdminFeed, Topic::AdminStats, Topic::AdminPresence];
        let own = [Topic::Me, Topic::Cart];
        for topic in [order, delivery, product].into_iter().chain(admins).chain(own) {
            assert_eq!(topic.to_string().parse::<Topic>().unwrap(), topic);
        }
    }

    #[test]
    fn what_is_no_topic_is_not_found() {
        for wrong in
            ["", "ME", "order:", "order:1", "delivery:", "product:x", "admin:", "cart ", "cart:"]
        {
            assert!(matches!(wrong.parse::<Topic>(), Err(Error::NotFound(_))), "{wrong}");
        }
    }
}
