//! `rialto migrate`: the schema, one way or the other.

use super::{Direction, Failure, configured, say, shop};
use crate::{
    config::Environment,
    store::{self, Migration},
};

/// Changes the schema and names what was changed, or lists what there is.
pub fn run(direction: Direction) -> Result<(), Failure> {
    let (config, _) = configured()?;
    let url = shop::located(&config)?;
    let migration = match direction {
        Direction::Up => Migration::Up,
        Direction::Down if config.env == Environment::Prod => {
            return Err(Failure::new("prod does not go back: what a column held would be lost"));
        }
        Direction::Down => Migration::Down,
        Direction::Status => {
            for (name, applied) in store::migration_status(&url)? {
                say(format!("{}  {name}", if applied { "applied" } else { "pending" }))?;
            }
            return Ok(());
        }
    };
    let done = store::migrate(&url, migration)?;
    if done.is_empty() {
        say("nothing to do: the schema is up to date")?;
    }
    let verb = if migration == Migration::Up { "applied " } else { "reverted" };
    for (name, _) in store::migration_status(&url)? {
        if done.contains(&version(&name)) {
            say(format!("{verb} {name}"))?;
        }
    }
    Ok(())
}

/// The number that a migration's name begins with.
fn version(name: &str) -> String {
    name.chars().take_while(|c| *c != '_').filter(char::is_ascii_digit).collect()
}
