//! The notes by which nodes tell each other who is looking: one hash in Redis for each store.

use redis::{AsyncCommands, aio::ConnectionManager};

use super::busy;
use crate::domain::Error;

/// How long the notes outlive the last node that writes one.
const KEPT_SECONDS: i64 = 60;

/// Where the nodes of a store pin their notes; clones share the connection.
#[derive(Clone)]
pub struct Board {
    connection: ConnectionManager,
    key: String,
}

impl Board {
    /// The board of the store whose life is called `epoch`: a Redis may serve several.
    pub fn new(connection: ConnectionManager, epoch: &str) -> Self {
        Board { connection, key: format!("rialto:presence:{epoch}") }
    }

    /// The notes of all nodes, by the names of these.
    pub async fn notes(&self) -> Result<Vec<(String, String)>, Error> {
        self.connection.clone().hgetall(&self.key).await.map_err(busy)
    }

    /// Puts a node's note in the place of the one before.
    pub async fn pin(&self, node: &str, note: &str) -> Result<(), Error> {
        let mut change = redis::pipe();
        change.atomic().hset(&self.key, node, note).ignore();
        change.expire(&self.key, KEPT_SECONDS).ignore();
        let mut connection = self.connection.clone();
        change.query_async::<()>(&mut connection).await.map_err(busy)
    }

    /// Takes the notes of these nodes away.
    pub async fn unpin(&self, nodes: &[String]) -> Result<(), Error> {
        self.connection.clone().hdel::<_, _, ()>(&self.key, nodes).await.map_err(busy)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[actix_rt::test]
    async fn notes_are_those_of_one_store_until_they_are_taken_away() {
        if std::env::var("RIALTO_TEST_STORE").as_deref() != Ok("postgres") {
            return; // There are no servers beside the tests.
        }
        let url = std::env::var("TEST_REDIS_URL").expect("no TEST_REDIS_URL: run ./test");
        let connection = crate::cache::connect(&url).await.unwrap();
        let board = |epoch: &str| Board::new(connection.clone(), epoch);
        let (ours, theirs) = (Uuid::new_v4().to_string(), Uuid::new_v4().to_string());

        board(&ours).pin("n1", "a").await.unwrap();
        board(&ours).pin("n2", "b").await.unwrap();
        board(&ours).pin("n1", "c").await.unwrap();

        let mut notes = board(&ours).notes().await.unwrap();
        notes.sort();
        let note = |node: &str, text: &str| (node.to_owned(), text.to_owned());
        assert_eq!(notes, [note("n1", "c"), note("n2", "b")]);
        assert_eq!(board(&theirs).notes().await.unwrap(), []);
        board(&ours).unpin(&["n1".to_owned(), "n2".to_owned()]).await.unwrap();
        assert_eq!(board(&ours).notes().await.unwrap(), []);
    }
}
