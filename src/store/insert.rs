//! Rows that are inserted at once, by a statement that stays prepared.

use diesel::{
    AsChangeset, Column, Connection, Insertable, QueryResult, RunQueryDsl, Table,
    backend::Backend,
    query_builder::{AstPass, QueryFragment, QueryId, ValuesClause},
};

use crate::domain::Error;

/// The most rows of one statement: times the columns it must stay below SQLite's 32,766 parameters.
const ROWS_MAX: usize = 1_000;
/// Up to how many rows a statement stays prepared: it is another one for each number of them, and most
/// transactions write fewer.
const PREPARED_MAX: usize = 64;

/// Inserts `rows` into `table`; an error where one is there already.
///
/// Diesel by itself prepares a statement of several rows anew each time. To prepare one takes longer
/// than to insert its rows, and on PostgreSQL it is one more way to the server and back.
pub fn insert<R, T>(table: T, rows: &[R]) -> Insert<'_, R, T, Fail> {
    Insert { table, rows, clash: Fail }
}

/// Rows that are to be inserted, and what is done where one is there already.
#[must_use]
pub struct Insert<'r, R, T, C> {
    table: T,
    rows: &'r [R],
    clash: C,
}

/// Lets the statement fail.
pub struct Fail;

/// Leaves the row that is there as it is.
pub struct Keep;

/// Finds the row that is there by a column.
pub struct By<K>(K);

/// Changes the row that is there.
pub struct Change<K, S>(By<K>, S);

impl<'r, R, T> Insert<'r, R, T, Fail> {
    /// Leaves those alone that are there already.
    pub fn on_conflict_do_nothing(self) -> Insert<'r, R, T, Keep> {
        Insert { table: self.table, rows: self.rows, clash: Keep }
    }

    /// Finds those by `key` that are there already; what is done with them is to be [`Insert::set`].
    pub fn on_conflict<K: Column<Table = T>>(self, key: K) -> Insert<'r, R, T, By<K>> {
        Insert { table: self.table, rows: self.rows, clash: By(key) }
    }
}

impl<'r, R, T, K> Insert<'r, R, T, By<K>> {
    /// Changes those that are there already.
    pub fn set<S>(self, set: S) -> Insert<'r, R, T, Change<K, S::Changeset>>
    where
        S: AsChangeset<Target = T>,
    {
        let clash = Change(self.clash, set.as_changeset());
        Insert { table: self.table, rows: self.rows, clash }
    }
}

impl<'r, R, T, C> Insert<'r, R, T, C> {
    /// Runs as few statements as take all rows; none where there are no rows.
    pub fn run<V, N>(self, conn: &mut N) -> Result<(), Error>
    where
        N: Connection,
        V: QueryId,
        T: Table,
        &'r R: Insertable<T, Values = ValuesClause<V, T>>,
        for<'s> Statement<'s, V, T, C>: QueryFragment<N::Backend>,
    {
        // A row that left out what it has not would have fewer values than another.
        const { assert!(V::HAS_STATIC_QUERY_ID, "`treat_none_as_default_value` is to be false") };
        for rows in self.rows.chunks(ROWS_MAX) {
            let rows = rows.iter().map(Insertable::values).collect();
            Statement { table: &self.table, rows, clash: &self.clash }.execute(conn)?;
        }
        Ok(())
    }
}

/// How a database begins an insert; each says it beside its connection.
pub trait Begin: Backend {
    /// Up to the name of the table, with a space at the end.
    const INSERT: &'static str;
}

/// One statement.
pub struct Statement<'s, V, T, C> {
    table: &'s T,
    rows: Vec<ValuesClause<V, T>>,
    clash: &'s C,
}

/// How many rows there are is part of it, so it is told from others by its text.
impl<V, T, C> QueryId for Statement<'_, V, T, C> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<V, T, C, N> RunQueryDsl<N> for Statement<'_, V, T, C> {}

impl<V, T, C, DB> QueryFragment<DB> for Statement<'_, V, T, C>
where
    DB: Begin,
    T: QueryFragment<DB>,
    C: QueryFragment<DB>,
    V: QueryFragment<DB>,
    ValuesClause<V, T>: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        if self.rows.len() > PREPARED_MAX {
            pass.unsafe_to_cache_prepared();
        }
        pass.push_sql(DB::INSERT);
        self.table.walk_ast(pass.reborrow())?;
        pass.push_sql(" ");
        for (at, row) in self.rows.iter().enumerate() {
            if at == 0 {
                row.walk_ast(pass.reborrow())?; // It names the columns too.
            } else {
                pass.push_sql(", (");
                row.values.walk_ast(pass.reborrow())?;
                pass.push_sql(")");
            }
        }
        self.clash.walk_ast(pass)
    }
}

impl<DB: Backend> QueryFragment<DB> for Fail {
    fn walk_ast<'b>(&'b self, _: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        Ok(())
    }
}

impl<DB: Backend> QueryFragment<DB> for Keep {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        pass.push_sql(" ON CONFLICT DO NOTHING");
        Ok(())
    }
}

impl<K: Column, S: QueryFragment<DB>, DB: Backend> QueryFragment<DB> for Change<K, S> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        pass.push_sql(" ON CONFLICT (");
        pass.push_identifier(K::NAME)?;
        pass.push_sql(") DO UPDATE SET ");
        self.1.walk_ast(pass)
    }
}
