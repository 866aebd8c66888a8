//! The audit log, for admins: in pages, or all of it as CSV. Whoever reads it is in it.

use actix_web::{
    HttpResponse,
    http::header,
    web::{Bytes, Data},
};
use chrono::{DateTime, SecondsFormat, Utc};
use futures_util::{Stream, TryStreamExt, stream};
use serde::Deserialize;
use serde_json::Value;

use super::{
    cursor::{List, page},
    error::Answered,
    extract::{Auth, May, right},
    input::{Query, both},
};
use crate::{
    actors::{Actors, audit::Note},
    domain::{
        Error,
        audit::{
            Action, Actor,
            reading::{Filter, Key, Read, Record, Wanted},
        },
        page::Page,
    },
    store::{Store, read},
};

/// Rows that are held in memory at once while all are written out.
const ROWS_MAX: i64 = 500;

/// What was changed, by whom, when and from where, the newest first.
#[utoipa::path(
    get, path = "/api/v1/admin/audit", tag = "admin", params(Asked),
    responses((status = 200, description = "A page of it", body = List<Record>))
)]
pub async fn audit(
    Auth(admin): Auth<May<right::Audit>>,
    store: Data<Store>,
    actors: Data<Actors>,
    Query(asked): Query<Asked>,
) -> Answered {
    let page = page::<Key>(asked.limit, asked.cursor.as_deref())?;
    let filter = asked.filter()?;
    let read = Read { filter: filter.clone(), exported: false };
    actors.audit.ask(admin.0.user, Note(read)).await?;
    Ok(HttpResponse::Ok().json(List::of(read!(store, audit::page(filter, page))?)?))
}

/// The same, all of it, as CSV (RFC 4180). A text that a spreadsheet would run begins with `'`.
#[utoipa::path(
    get, path = "/api/v1/admin/audit/export", tag = "admin", params(Which),
    responses((status = 200, description = "The entries", content_type = "text/csv", body = String))
)]
pub async fn export_audit(
    Auth(admin): Auth<May<right::Audit>>,
    store: Data<Store>,
    actors: Data<Actors>,
    Query(which): Query<Which>,
) -> Answered {
    let filter = which.filter()?;
    let read = Read { filter: filter.clone(), exported: true };
    actors.audit.ask(admin.0.user, Note(read)).await?;
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"audit.csv\""))
        .streaming(rows(store.get_ref().clone(), filter)))
}

/// The filter, and which page.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The id of a user, or `guest`, `service`, `system` or `operator`.
    actor: Option<String>,
    action: Option<Action>,
    /// A kind of object, the id of one, or both, like `order:019ab1c2-7d3e-7f00-8000-5a1b2c3d4e5f`.
    object: Option<String>,
    /// From this moment on.
    from: Option<DateTime<Utc>>,
    /// Before this moment.
    to: Option<DateTime<Utc>>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

impl Asked {
    fn filter(self) -> Result<Filter, Error> {
        let Asked { actor, action, object, from, to, .. } = self;
        Which { actor, action, object, from, to }.filter()
    }
}

/// The filter alone.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// The id of a user, or `guest`, `service`, `system` or `operator`.
    actor: Option<String>,
    action: Option<Action>,
    /// A kind of object, the id of one, or both, like `order:019ab1c2-7d3e-7f00-8000-5a1b2c3d4e5f`.
    object: Option<String>,
    /// From this moment on.
    from: Option<DateTime<Utc>>,
    /// Before this moment.
    to: Option<DateTime<Utc>>,
}

impl Which {
    fn filter(self) -> Result<Filter, Error> {
        let Which { actor, action, object, from, to } = self;
        let actor = actor.map(|text| {
            let message = "an actor is the id of a user, guest, service, system or operator";
            text.parse::<Actor>().map_err(|_| Error::invalid("actor", "invalid_value", message))
        });
        let object = object.map(|text| text.parse::<Wanted>());
        let (actor, object) = both(actor.transpose(), object.transpose())?;
        let Wanted { kind: object_kind, id: object_id } = object.unwrap_or_default();
        Ok(Filter { actor, action, object_kind, object_id, from, to })
    }
}

/// All that `filter` lets through as pieces of a CSV, each read when the one before is on its way.
fn rows(store: Store, filter: Filter) -> impl Stream<Item = Result<Bytes, Error>> {
    /// What is to be read next.
    enum Next {
        First,
        After(Key),
        Nothing,
    }
    let pieces = stream::try_unfold(Next::First, move |next| {
        let (store, filter) = (store.clone(), filter.clone());
        async move {
            let after = match next {
                Next::First => None,
                Next::After(key) => Some(key),
                Next::Nothing => return Ok(None),
            };
            let (is_first, page) = (after.is_none(), Page { limit: ROWS_MAX, after });
            let listed = read!(store, audit::page(filter, page))?;
            let piece = piece(&listed.items, is_first)?;
            Ok(Some((piece, listed.next.map_or(Next::Nothing, Next::After))))
        }
    });
    // The status has been sent: what can be told is that the body is not whole.
    pieces.inspect_err(|error| tracing::error!(?error, "an export of the audit log broke off"))
}

const COLUMNS: [&str; 12] = [
    "sequence",
    "at",
    "actor",
    "session_id",
    "address",
    "request_id",
    "action",
    "object_kind",
    "object_id",
    "before",
    "after",
    "hash",
];

fn piece(records: &[Record], with_columns: bool) -> Result<Bytes, Error> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(vec![]);
    if with_columns {
        writer.write_record(COLUMNS).map_err(unwritten)?;
    }
    for it in records {
        let text = |text: &Option<String>| harmless(text.as_deref().unwrap_or_default());
        let json = |json: &Option<Value>| json.as_ref().map(Value::to_string).unwrap_or_default();
        let row = [
            it.sequence.to_string(),
            it.at.to_rfc3339_opts(SecondsFormat::Millis, true),
            harmless(&it.actor),
            text(&it.session_id),
            text(&it.address),
            text(&it.request_id),
            harmless(&it.action),
            harmless(&it.object.kind),
            text(&it.object.id),
            json(&it.before),
            json(&it.after),
            it.hash.clone(),
        ];
        writer.write_record(row).map_err(unwritten)?;
    }
    let written = writer.into_inner().map_err(|error| unwritten(error.into_error().into()))?;
    Ok(Bytes::from(written))
}

fn unwritten(error: csv::Error) -> Error {
    Error::internal("writing a CSV")(error)
}

/// The text as a spreadsheet may open it: what would be a formula gets a `'` before it. A client
/// chooses the ids of its requests.
fn harmless(text: &str) -> String {
    match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') => format!("'{text}"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_run_is_made_harmless() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert_eq!(harmless(text), format!("'{text}"));
        }
        for text in ["", "019ab1c2", "guest", "a=1", "{\"a\":-1}"] {
            assert_eq!(harmless(text), text);
        }
    }
}
