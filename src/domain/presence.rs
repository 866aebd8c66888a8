//! Which of those who run the shop are looking, and at which orders.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::id::{OrderId, UserId};

/// How many orders are told of one admin: more than anybody looks at.
pub const ORDERS_MAX: usize = 100;

/// Who looks by the sockets of one node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Looking(pub BTreeMap<UserId, Look>);

/// What one of them looks at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// Since when they follow a topic of those who run the shop; none where they follow orders alone.
    pub since: Option<DateTime<Utc>>,
    pub orders: BTreeSet<OrderId>,
}

/// One who looks, as the others see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Present {
    pub user_id: UserId,
    pub name: String,
    pub since: DateTime<Utc>,
    /// Those that they follow, at most [`ORDERS_MAX`].
    pub orders: Vec<OrderId>,
}

/// What the topic `admin:presence` tells: whoever came first stands first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Presence {
    pub admins: Vec<Present>,
}

/// Puts a node's note where all nodes read it, in the place of the one before.
#[derive(Debug, Clone)]
pub struct Pin {
    pub node: String,
    pub note: String,
}

/// Takes the notes of these nodes away; where there is none that is no error.
#[derive(Debug, Clone)]
pub struct Unpin {
    pub nodes: Vec<String>,
}

impl Looking {
    /// What these nodes see, together: an admin may have sockets at several.
    pub fn together(all: impl IntoIterator<Item = Looking>) -> Self {
        let mut together: BTreeMap<UserId, Look> = BTreeMap::new();
        for (user, look) in all.into_iter().flat_map(|it| it.0) {
            let known = together.entry(user).or_default();
            known.since = [known.since, look.since].into_iter().flatten().min();
            known.orders.extend(look.orders);
        }
        Looking(together)
    }

    /// Those who are there, and since when; whoever only follows an order, such as their own, is not.
    pub fn present(&self) -> impl Iterator<Item = (UserId, DateTime<Utc>, &BTreeSet<OrderId>)> {
        self.0.iter().filter_map(|(user, look)| Some((*user, look.since?, &look.orders)))
    }

    /// The same with the `names` that are known: who has none is not told of.
    pub fn named(&self, names: &HashMap<UserId, String>) -> Presence {
        let named = self.present().filter_map(|(user_id, since, orders)| {
            let orders = orders.iter().copied().take(ORDERS_MAX).collect();
            Some(Present { user_id, name: names.get(&user_id)?.clone(), since, orders })
        });
        let mut admins: Vec<Present> = named.collect();
        admins.sort_by_key(|it| (it.since, it.user_id));
        Presence { admins }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    fn looking(user: UserId, since: Option<i64>, orders: &[OrderId]) -> Looking {
        let look = Look { since: since.map(at), orders: orders.iter().copied().collect() };
        Looking(BTreeMap::from([(user, look)]))
    }

    #[test]
    fn an_admin_at_two_nodes_is_one_who_looks_at_the_orders_of_both() {
        let (ada, bob) = (UserId::new(), UserId::new());
        let (first, second) = (OrderId::new(), OrderId::new());
        let together = Looking::together([
            looking(ada, Some(9), &[second]),
            looking(bob, Some(7), &[]),
            looking(ada, Some(5), &[first, second]),
        ]);

        let names = HashMap::from([(ada, "Ada".to_owned()), (bob, "Bob".to_owned())]);
        let ada = Present {
            user_id: ada,
            name: "Ada".to_owned(),
            since: at(5),
            orders: vec![first, second],
        };
        let bob = Present { user_id: bob, name: "Bob".to_owned(), since: at(7), orders: vec![] };
        assert_eq!(together.named(&names).admins, [ada, bob]);
    }

    #[test]
    fn who_follows_an_order_at_one_node_and_a_topic_of_admins_at_another_is_there() {
        let (ada, order) = (UserId::new(), OrderId::new());
        let names = HashMap::from([(ada, "Ada".to_owned())]);
        let only_order = looking(ada, None, &[order]);
        assert_eq!(only_order.named(&names).admins, []);

        let together = Looking::together([only_order, looking(ada, Some(5), &[])]);
        assert_eq!(together.named(&names).admins[0].orders, [order]);
        assert_eq!(together.named(&HashMap::new()).admins, [], "a name is read first");
    }

    #[test]
    fn what_one_node_writes_another_reads() {
        let looking = looking(UserId::new(), Some(5), &[OrderId::new()]);
        let text = serde_json::to_string(&looking).unwrap();
        assert_eq!(serde_json::from_str::<Looking>(&text).unwrap(), looking);
    }
}
