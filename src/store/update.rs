//! Rows that are changed by a statement that stays prepared.

use diesel::{
    AppearsOnTable, AsChangeset, QueryResult, RunQueryDsl, Table,
    backend::Backend,
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types::BoolOrNullableBool,
};

/// Changes those of `table` that are `rows`.
///
/// Diesel by itself prepares each `UPDATE` anew, since a changeset may leave out columns. This one is
/// kept by its text: it is for where neither `rows` ([`super::sqlite::among`], not `eq_any`) nor what
/// is set changes that.
pub fn update<T, R>(table: T, rows: R) -> Rows<T, R>
where
    T: Table,
    R: AppearsOnTable<T, SqlType: BoolOrNullableBool>,
{
    Rows { table, rows }
}

/// Rows that are to be changed.
#[must_use]
pub struct Rows<T, R> {
    table: T,
    rows: R,
}

impl<T, R> Rows<T, R> {
    pub fn set<S: AsChangeset<Target = T>>(self, set: S) -> Update<T, R, S::Changeset> {
        Update { table: self.table, rows: self.rows, set: set.as_changeset() }
    }
}

/// One statement.
#[must_use]
pub struct Update<T, R, S> {
    table: T,
    rows: R,
    set: S,
}

/// It is told from others by its text.
impl<T, R, S> QueryId for Update<T, R, S> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<T, R, S, N> RunQueryDsl<N> for Update<T, R, S> {}

impl<T, R, S, DB> QueryFragment<DB> for Update<T, R, S>
where
    DB: Backend,
    T: QueryFragment<DB>,
    R: QueryFragment<DB>,
    S: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        pass.push_sql("UPDATE ");
        self.table.walk_ast(pass.reborrow())?;
        pass.push_sql(" SET ");
        self.set.walk_ast(pass.reborrow())?;
        pass.push_sql(" WHERE ");
        self.rows.walk_ast(pass)
    }
}
