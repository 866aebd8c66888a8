//! I11: each event has one place in the feed; places have no gap, in the feed and in each topic.

use super::{Complaint, holds, int};
use crate::store::sqlite::tests::simulated::Base;

const SQL: &str = "SELECT json_object(
    'events', (SELECT COUNT(*) FROM events),
    'places', (SELECT COUNT(DISTINCT place) FROM events),
    'last', (SELECT COALESCE(MAX(place), 0) FROM events),
    'topics', (SELECT COUNT(*) FROM (SELECT 1 FROM events WHERE user_place IS NOT NULL
        GROUP BY user_id HAVING COUNT(*) <> MAX(user_place) OR MIN(user_place) <> 1
            OR COUNT(DISTINCT user_place) <> COUNT(*)))
    ) AS row";

pub fn check(base: &mut Base) -> Result<(), Complaint> {
    let row = base.rows(SQL).remove(0);
    let of = |name: &str| int(&row[name]);
    holds(of("events") == of("places"), "I11", || {
        format!("events and their places in the feed differ: {row}")
    })?;
    holds(of("last") == of("places"), "I11", || format!("the feed has a gap: {row}"))?;
    holds(of("topics") == 0, "I11", || format!("the topic of a user has a gap: {row}"))
}
