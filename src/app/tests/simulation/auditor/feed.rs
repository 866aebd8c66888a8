//! I11: each event has one place in the feed at most, and one when nothing waits; places have no
//! gap.

use super::{Complaint, holds, int};
use crate::store::sqlite::tests::simulated::Base;

const SQL: &str = "SELECT json_object(
    'events', (SELECT COUNT(*) FROM events WHERE NOT is_pending),
    'places', (SELECT COUNT(*) FROM feed),
    'told', (SELECT COUNT(DISTINCT event_id) FROM feed f JOIN events e ON e.id = f.event_id
        WHERE NOT e.is_pending),
    'last', (SELECT COALESCE(MAX(sequence), 0) FROM feed),
    'topics', (SELECT COUNT(*) FROM (SELECT 1 FROM feed WHERE user_id IS NOT NULL
        GROUP BY user_id HAVING COUNT(*) <> MAX(user_sequence) OR MIN(user_sequence) <> 1
            OR COUNT(DISTINCT user_sequence) <> COUNT(*)))
    ) AS row";

pub fn check(base: &mut Base) -> Result<(), Complaint> {
    let row = base.rows(SQL).remove(0);
    let of = |name: &str| int(&row[name]);
    let is = of("events") == of("told") && of("told") == of("places");
    holds(is, "I11", || format!("events and their places in the feed differ: {row}"))?;
    holds(of("last") == of("places"), "I11", || format!("the feed has a gap: {row}"))?;
    holds(of("topics") == 0, "I11", || format!("the topic of a user has a gap: {row}"))
}
