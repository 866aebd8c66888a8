//! `column IN (…)` with any number of texts, as one statement that stays prepared.

use diesel::{
    QueryResult,
    expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping},
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types::{Bool, Nullable, Text},
};

use super::Backend;
use crate::store::json::json;

/// Whether `column` is one of `texts`.
///
/// Diesel's `eq_any` has a parameter for each text here, so it is another statement for each number
/// of them, and Diesel prepares it anew each time; compiling it took more than running it.
pub fn among<C>(column: C, texts: impl IntoIterator<Item: ToString>) -> Among<C> {
    let texts: Vec<String> = texts.into_iter().map(|it| it.to_string()).collect();
    Among { column, texts: json(&texts) }
}

/// What [`among`] asks.
#[derive(Debug, Clone, QueryId, ValidGrouping)]
pub struct Among<C> {
    column: C,
    /// A JSON array.
    texts: String,
}

impl<C: Expression> Expression for Among<C> {
    type SqlType = Nullable<Bool>;
}

impl<C: SelectableExpression<T>, T> SelectableExpression<T> for Among<C> where
    Self: AppearsOnTable<T>
{
}

impl<C: AppearsOnTable<T>, T> AppearsOnTable<T> for Among<C> where Self: Expression {}

impl<C: QueryFragment<Backend>> QueryFragment<Backend> for Among<C> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        self.column.walk_ast(pass.reborrow())?;
        pass.push_sql(" IN (SELECT value FROM json_each(");
        pass.push_bind_param::<Text, _>(&self.texts)?;
        pass.push_sql("))");
        Ok(())
    }
}
