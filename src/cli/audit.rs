//! `rialto audit verify`: whether the audit log is whole.

use super::{Failure, configured, say, shop};
use crate::{
    domain::{
        Error,
        audit::chain::{Fault, Head},
    },
    store::{self, Store, Url, read},
};

/// Rows that are looked at with one query: the memory that a log of any length takes.
const ROWS_MAX: i64 = 1_000;

/// Walks the whole log, and fails at the first row that is not what was written there, or of which the
/// log's index says something else. With
/// `kept`, a head that was printed before, the log must also still hold that row.
pub fn verify(kept: Option<&str>) -> Result<(), Failure> {
    let (config, _) = configured()?;
    let kept = kept.map(str::parse::<Head>).transpose()?;
    let store = shop::open_as_it_is(&config)?;
    // It may be a copy of the version before, or nobody has brought it up to date yet.
    let is_indexed = store::migration_status(&Url::from(&config.database))?.iter().all(|it| it.1);
    if !is_indexed {
        say("the index of the log is not compared: the schema is not up to date")?;
    }
    let head = shop::run(walk(&store, kept, is_indexed))??;
    say(format!("{} rows checked", head.sequence))?;
    Ok(if head == Head::START { say("the log is empty") } else { say(format!("head {head}")) }?)
}

async fn walk(
    store: &Store,
    kept: Option<Head>,
    is_indexed: bool,
) -> Result<Result<Head, Fault>, Error> {
    let mut head = Head::START;
    loop {
        let known = kept.clone();
        let walked = read!(store, audit::walk(head, ROWS_MAX, known, is_indexed))?;
        if let Some(fault) = walked.fault {
            return Ok(Err(fault));
        }
        head = walked.head;
        if walked.is_last {
            break;
        }
    }
    match kept {
        Some(kept) if head.sequence < kept.sequence => {
            Ok(Err(Fault::Cut(head.sequence.saturating_add(1))))
        }
        _ => Ok(Ok(head)),
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Failure::new(fault.to_string())
    }
}
