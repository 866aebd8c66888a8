//! The table `presences`: the notes by which nodes tell each other who is looking, where there is no
//! Redis.

use diesel::{prelude::*, upsert::excluded};

use super::{Conn, Tx};
use crate::{
    domain::{
        Error,
        presence::{Pin, Unpin},
    },
    store::schema::presences,
};

/// The most nodes that are read.
const NODES_MAX: i64 = 1_000;

/// The notes of all nodes, by the names of these.
pub fn notes(conn: &mut Conn) -> Result<Vec<(String, String)>, Error> {
    let all = presences::table.order(presences::node).limit(NODES_MAX);
    Ok(all.select((presences::node, presences::note)).load(conn)?)
}

pub fn pin(tx: &mut Tx<'_>, Pin { node, note }: &Pin) -> Result<(), Error> {
    diesel::insert_into(presences::table)
        .values((presences::node.eq(node), presences::note.eq(note)))
        .on_conflict(presences::node)
        .do_update()
        .set(presences::note.eq(excluded(presences::note)))
        .execute(tx.conn)?;
    Ok(())
}

pub fn unpin(tx: &mut Tx<'_>, Unpin { nodes }: &Unpin) -> Result<(), Error> {
    diesel::delete(presences::table.filter(presences::node.eq_any(nodes))).execute(tx.conn)?;
    Ok(())
}
