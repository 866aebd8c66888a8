//! Moments, as the tables have them.

use std::ops::Add;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::{
    deserialize::{self, FromSql, FromSqlRow},
    expression::AsExpression,
    pg::{Pg, PgValue},
    serialize::{self, IsNull, Output, ToSql},
    sql_types::Timestamp,
    sqlite::{Sqlite, SqliteValue},
};

/// A moment in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Timestamp)]
pub struct At(pub DateTime<Utc>);

impl Add<TimeDelta> for At {
    type Output = Self;

    fn add(self, delta: TimeDelta) -> Self {
        At(self.0 + delta)
    }
}

/// The text that Diesel writes too (`%F %T%.f`), but not by reading that pattern for each: most rows have two
/// moments or three, and with a pattern they take as long as to find the row's place.
impl ToSql<Timestamp, Sqlite> for At {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.naive_utc().to_string());
        Ok(IsNull::No)
    }
}

impl ToSql<Timestamp, Pg> for At {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<Timestamp, Pg>::to_sql(&self.0.naive_utc(), &mut out.reborrow())
    }
}

impl FromSql<Timestamp, Sqlite> for At {
    fn from_sql(value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        <NaiveDateTime as FromSql<Timestamp, Sqlite>>::from_sql(value).map(|at| At(at.and_utc()))
    }
}

impl FromSql<Timestamp, Pg> for At {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        <NaiveDateTime as FromSql<Timestamp, Pg>>::from_sql(value).map(|at| At(at.and_utc()))
    }
}

#[cfg(test)]
mod tests {
    use diesel::{
        Connection, QueryResult, RunQueryDsl, SqliteConnection, dsl::sql, select, sql_types::Text,
    };

    use super::*;

    /// What stands in the files of older versions is compared with it as text.
    #[test]
    fn it_is_written_as_diesel_writes_it() -> QueryResult<()> {
        let mut conn = SqliteConnection::establish(":memory:").expect("SQLite opens");
        let nanos = [0, 1, 1_000, 1_000_000, 123_456_789, 86_399_999_000_000, -1];
        let near = nanos.map(|it| DateTime::UNIX_EPOCH + TimeDelta::nanoseconds(it));
        let far = [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC];
        for at in near.into_iter().chain(far) {
            let ours = sql::<Text>("CAST(").bind::<Timestamp, _>(At(at)).sql(" AS TEXT)");
            let theirs = sql::<Text>("CAST(").bind::<Timestamp, _>(at.naive_utc()).sql(" AS TEXT)");
            let (ours, theirs): (String, String) = select((ours, theirs)).get_result(&mut conn)?;
            assert_eq!(ours, theirs);
        }
        Ok(())
    }
}
