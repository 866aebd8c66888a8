//! The chain of the audit log: what is hashed, and the walk that proves it whole.
//!
//! The hash of a row is SHA-256, in lower-case hex, over these fields in this order:
//!
//! ```text
//! "rialto.audit.1", the hash of the row before (empty for row 1), sequence, at, actor, session_id,
//! address, request_id, action, object_kind, object_id, before, after
//! ```
//!
//! Each is its UTF-8 text: the byte 1, its length as eight bytes, the most significant first, and the
//! bytes; an empty column is the byte 0 alone. So no two rows have the same encoding, and a value
//! can't be moved from one column to the next. The sequence is in decimal, the time like
//! `2026-11-25T02:00:00.123000000` in UTC. A row's `format` is the number in the first field: another
//! encoding gets the next one, and rows that were sealed by this one keep it.

use chrono::{SubsecRound, Timelike};
use diesel::prelude::*;
use sha2::{Digest, Sha256};

use super::{
    Conn, Row,
    index::{self, Indexed},
};
use crate::{
    domain::{
        Error,
        audit::chain::{Fault, Head, Walked},
        hex::hex,
    },
    store::{at::At, schema::audit},
};

/// The form of the rows that are written now.
pub const FORMAT: i32 = 1;
const NAME: &str = "rialto.audit.1";

/// The hash of a row that follows one with the hash `previous`.
pub fn seal(previous: &str, row: &Row) -> String {
    let mut hasher = Sha256::new();
    let mut field = |text: Option<&str>| match text {
        Some(text) => {
            hasher.update([1]);
            hasher.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            hasher.update(text);
        }
        None => hasher.update([0]),
    };
    field(Some(NAME));
    field(Some(previous));
    field(Some(&row.sequence.to_string()));
    field(Some(&time(row.at)));
    field(Some(&row.actor));
    field(row.session_id.as_deref());
    field(row.address.as_deref());
    field(row.request_id.as_deref());
    field(Some(&row.action));
    field(Some(&row.object_kind));
    field(row.object_id.as_deref());
    field(row.before.as_deref());
    field(row.after.as_deref());
    hex(&hasher.finalize())
}

fn time(At(at): At) -> String {
    let second = at.naive_utc().trunc_subsecs(0);
    format!("{second:?}.{:09}", at.nanosecond() % 1_000_000_000)
}

/// Walks the chain on from `head`, which was proven before, over at most `limit` rows. The row of
/// the number that `kept` has must be that one, and the index, where there `is_indexed`, must say the
/// same of each.
pub fn walk(
    conn: &mut Conn,
    head: Head,
    limit: i64,
    kept: Option<Head>,
    is_indexed: bool,
) -> Result<Walked, Error> {
    // Before the rows: what comes into the index meanwhile may be missing among them.
    let indexed = if is_indexed { index::last(conn)? } else { 0 };
    // From the last row itself: a second one of its number would not be met otherwise, and before
    // the first there is nothing that may be.
    let from = if head == Head::START { i64::MIN } else { head.sequence };
    let rows: Vec<Row> = audit::table
        .filter(audit::sequence.ge(from))
        .order(audit::sequence)
        .limit(limit.saturating_add(1))
        .select(Row::as_select())
        .load(conn)?;
    let is_last = i64::try_from(rows.len()).unwrap_or(i64::MAX) <= limit;
    let mut walked = Walked { head, is_last, fault: None };
    let mut rows = rows.into_iter();
    if walked.head != Head::START {
        match rows.next() {
            Some(row) if row.head() == walked.head => {}
            _ => {
                let sequence = walked.head.sequence;
                return Ok(walked.stopped(Fault::Changed(sequence)));
            }
        }
    }
    let index = Indexed::load(conn, indexed, rows.as_slice())?;
    for row in rows {
        if let Some(fault) = fault(&walked.head, &row).or_else(|| index.fault(&row)) {
            return Ok(walked.stopped(fault));
        }
        let head = row.head();
        if kept.as_ref().is_some_and(|it| it.sequence == head.sequence && *it != head) {
            return Ok(walked.stopped(Fault::Changed(head.sequence)));
        }
        walked.head = head;
    }
    if walked.is_last && indexed > walked.head.sequence {
        return Ok(walked.stopped(Fault::Misindexed(indexed)));
    }
    Ok(walked)
}

/// What is wrong with `row` as the one after `head`.
fn fault(head: &Head, row: &Row) -> Option<Fault> {
    let due = head.sequence.saturating_add(1);
    if row.sequence > due {
        Some(Fault::Missing(due))
    } else if row.sequence < due {
        Some(Fault::Foreign(row.sequence))
    } else if row.format != FORMAT || row.hash != seal(&head.hash, row) {
        Some(Fault::Changed(row.sequence))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;

    fn row() -> Row {
        let at = At(DateTime::UNIX_EPOCH);
        Row {
            sequence: 1,
            format: FORMAT,
            at,
            actor: "guest".to_owned(),
            session_id: None,
            address: Some("127.0.0.1".to_owned()),
            request_id: Some("r1".to_owned()),
            action: "cart.changed".to_owned(),
            object_kind: "cart".to_owned(),
            object_id: None,
            before: None,
            after: Some("{}".to_owned()),
            hash: String::new(),
        }
    }

    /// Rows that stand in somebody's log must verify for ever: this text never changes.
    #[test]
    fn the_first_form_is_pinned() {
        let pinned = "b99b3e6acddf335b5ef2f8a51ee179a94be778f8baa74baa8926f5e95166a83b";
        assert_eq!(seal("", &row()), pinned);
    }

    /// As chrono writes the pattern that the first rows were sealed by, down to a leap second.
    #[test]
    fn a_time_has_nine_digits_after_the_second() {
        let at = |seconds, nanos| DateTime::from_timestamp(seconds, nanos).unwrap();
        let all = [at(0, 0), at(1_795_250_220, 123_000_000), at(-1, 1), at(59, 1_500_000_000)];
        for at in all.into_iter().chain([DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC]) {
            assert_eq!(time(At(at)), at.format("%Y-%m-%dT%H:%M:%S%.9f").to_string());
        }
    }

    #[test]
    fn every_column_is_sealed() {
        let sealed = seal("", &row());
        let changes: [fn(&mut Row); 11] = [
            |it| it.sequence = 2,
            |it| it.at.0 += chrono::TimeDelta::nanoseconds(1),
            |it| it.actor = "system".to_owned(),
            |it| it.session_id = Some(String::new()),
            |it| it.address = None,
            |it| it.request_id = Some("r2".to_owned()),
            |it| it.action = "cart.change".to_owned(),
            |it| it.object_kind = "carts".to_owned(),
            |it| it.object_id = it.address.take(),
            |it| it.before = it.after.take(),
            |it| it.after = Some("{ }".to_owned()),
        ];
        for (at, change) in changes.iter().enumerate() {
            let mut changed = row();
            change(&mut changed);
            assert_ne!(seal("", &changed), sealed, "change {at}");
        }
        assert_ne!(seal(&sealed, &row()), sealed);
    }
}
