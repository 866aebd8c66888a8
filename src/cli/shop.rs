//! The shop's store, opened by a command that is not the server.

use actix_web::rt::System;

use super::Failure;
use crate::{
    config::{Config, DatabaseUrl, Environment, private_folder},
    store::{self, Migration, Store, Url, origin::Behalf},
};

/// Opens the store with a schema that is up to date. In `prod` a server's schema is brought there
/// by hand: other versions of the program may still be at work on it.
pub fn open(config: &Config) -> Result<Store, Failure> {
    let url = located(config)?;
    if config.env == Environment::Prod && matches!(url, Url::Postgres(_)) {
        let pending = store::migration_status(&url)?.iter().filter(|(_, done)| !done).count();
        if pending > 0 {
            let message = format!("the schema lacks {pending} migrations: run rialto migrate up");
            return Err(Failure::new(message));
        }
    } else {
        store::migrate(&url, Migration::Up)?;
    }
    Ok(Store::open(&url)?)
}

/// Opens the store as it stands: what is to be examined is not brought up to date before.
pub fn open_as_it_is(config: &Config) -> Result<Store, Failure> {
    let url = Url::from(&config.database);
    if let Url::Sqlite(path) = &url
        && !path.exists()
    {
        return Err(Failure::new(format!("{}: there is no such database", path.display())));
    }
    Ok(Store::open(&url)?)
}

/// Runs what an operator asked for, who is then in the audit log.
pub fn run<T>(work: impl Future<Output = T>) -> T {
    System::new().block_on(Behalf::operator().scope(work))
}

/// Where the store is; the folder of a SQLite file is made.
pub fn located(config: &Config) -> Result<Url, Failure> {
    if let DatabaseUrl::Sqlite(path) = &config.database
        && let Some(folder) = path.parent()
    {
        private_folder(folder)
            .map_err(|err| Failure::new(format!("{}: {err}", folder.display())))?;
    }
    Ok(Url::from(&config.database))
}
