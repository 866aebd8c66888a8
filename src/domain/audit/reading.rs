//! Reading the audit log: which entries, in pages, and that this is itself an entry.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Action, Actor, Audited, Entry, Object, ObjectKind};
use crate::domain::Error;

/// Which entries are wanted; what is empty lets all through.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Filter {
    pub actor: Option<Actor>,
    pub action: Option<Action>,
    pub object_kind: Option<ObjectKind>,
    pub object_id: Option<Uuid>,
    /// From this moment on.
    pub from: Option<DateTime<Utc>>,
    /// Before this moment.
    pub to: Option<DateTime<Utc>>,
}

/// An object as a filter names it: `order`, an id, or both as `order:019ab1c2-…`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wanted {
    pub kind: Option<ObjectKind>,
    pub id: Option<Uuid>,
}

impl FromStr for Wanted {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = || {
            let message = "an object is its kind, its id, or both with a colon in between";
            Error::invalid("object", "invalid_value", message)
        };
        let kind = |text: &str| text.parse::<ObjectKind>().map_err(|_| wrong());
        let id = |text: &str| Uuid::try_parse(text).map_err(|_| wrong());
        match text.split_once(':') {
            Some((of, named)) => Ok(Wanted { kind: Some(kind(of)?), id: Some(id(named)?) }),
            None => match id(text) {
                Ok(id) => Ok(Wanted { kind: None, id: Some(id) }),
                Err(_) => Ok(Wanted { kind: Some(kind(text)?), id: None }),
            },
        }
    }
}

/// Where a page ended: the log is shown by time, and by its own order within a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    pub at: DateTime<Utc>,
    pub sequence: i64,
}

/// An entry as the log holds it.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = AuditRecord)]
pub struct Record {
    /// Its place in the log: gapless from 1.
    pub sequence: i64,
    pub at: DateTime<Utc>,
    /// The id of a user, or `guest`, `service` (another program of the shop), `system` (the shop itself)
    /// or `operator` (whoever runs the program's commands).
    pub actor: String,
    pub session_id: Option<String>,
    /// Of the client.
    pub address: Option<String>,
    pub request_id: Option<String>,
    #[schema(value_type = Action)]
    pub action: String,
    pub object: RecordObject,
    /// What changed, as it was.
    #[schema(value_type = Option<Object>)]
    pub before: Option<Value>,
    /// The same as it was from then on.
    #[schema(value_type = Option<Object>)]
    pub after: Option<Value>,
    /// SHA-256, in hex, of this entry and the hash of the one before.
    pub hash: String,
}

/// What was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = AuditRecordObject)]
pub struct RecordObject {
    #[schema(value_type = ObjectKind)]
    pub kind: String,
    /// Null where the shop has only one of the kind.
    pub id: Option<String>,
}

/// Notes that somebody reads the log.
#[derive(Debug, Clone)]
pub struct Read {
    pub filter: Filter,
    /// Whether all of it is taken, and not a page.
    pub exported: bool,
}

impl Audited for Read {
    type Outcome = ();

    fn audit(&self, (): &()) -> Option<Entry> {
        let action = if self.exported { Action::AuditExported } else { Action::AuditRead };
        Some(Entry::new(action, Object::AUDIT).after(json!({ "filter": self.filter })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_named_by_kind_or_id_or_both() {
        let id = Uuid::now_v7();
        let read = |text: &str| text.parse::<Wanted>().map(|it| (it.kind, it.id));

        assert_eq!(read("order").unwrap(), (Some(ObjectKind::Order), None));
        assert_eq!(read(&id.to_string()).unwrap(), (None, Some(id)));
        assert_eq!(read(&format!("order:{id}")).unwrap(), (Some(ObjectKind::Order), Some(id)));
        for wrong in ["", "orders", ":", "order:", "order:7", &format!("orders:{id}")] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}
