//! Everything that can be set, parsed and checked once: from the environment, then `rialto.toml`,
//! then the defaults.
//!
//! One table (`config/settings.rs`) declares all settings. `.env.example`, `rialto config`, the
//! errors and [`Config`] itself come from it, so none of them can forget one.

use std::{collections::BTreeSet, ffi::OsString, fmt, io, net::SocketAddr, path::Path};

mod address;
mod example;
mod file;
mod secret;
mod settings;
mod source;
mod value;

pub use address::{DatabaseUrl, Network, ServiceUrl, WebOrigin};
pub use example::example;
pub use secret::Secret;
pub use settings::{Config, SETTINGS, Setting};
pub use source::{Origin, Texts};
pub use value::{Courier, Environment, LogFilter, LogFormat, Shown, Speed, Workers};

/// Where settings are looked for that the environment does not have: the working directory.
pub const FILE: &str = "rialto.toml";

/// One thing that is wrong with the settings: which one, and what it wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The name as it was written; the file's name where the whole file is meant.
    pub name: String,
    /// A plain sentence; it never holds a secret's value.
    pub message: String,
}

/// All that is wrong with the settings, at least one thing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the settings are wrong")?;
        for Problem { name, message } in &self.0 {
            write!(f, "\n  {name}: {message}")?;
        }
        Ok(())
    }
}

impl Config {
    /// The settings of this process: its environment, and [`FILE`] in its working directory.
    pub fn load() -> Result<(Self, Texts), Problems> {
        let file = match std::fs::read_to_string(Path::new(FILE)) {
            Ok(text) => Ok(Some(text)),
            Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(err) => Err(Problem { name: FILE.to_owned(), message: err.to_string() }),
        };
        match file {
            Ok(file) => Config::read(std::env::vars_os(), file.as_deref()),
            Err(problem) => Err(Problems(vec![problem])),
        }
    }

    /// The settings that are given, the defaults elsewhere; no environment, no file.
    pub fn of(given: &[(&str, &str)]) -> Result<Self, Problems> {
        let variables = given.iter().map(|(name, text)| (name.into(), text.into()));
        Config::read(variables, None).map(|(config, _)| config)
    }

    /// The settings of `variables`, then of a file's text, then the defaults; or all that is
    /// wrong with them at once.
    pub fn read(
        variables: impl IntoIterator<Item = (OsString, OsString)>,
        file: Option<&str>,
    ) -> Result<(Self, Texts), Problems> {
        let (texts, mut problems) = Texts::gather(variables, file);
        let config = Config::parse(&texts, &mut problems);
        if let Some(config) = &config {
            problems.extend(config.unfit_for_prod());
        }
        match config {
            Some(config) if problems.is_empty() => Ok((config, texts)),
            Some(_) | None => Err(Problems(problems)),
        }
    }

    /// What `prod` does not start with.
    fn unfit_for_prod(&self) -> Vec<Problem> {
        if self.env != Environment::Prod {
            return Vec::new();
        }
        let mut problems = Vec::new();
        let mut refuse = |name: &str, message: &str| {
            problems.push(Problem { name: name.to_owned(), message: message.to_owned() });
        };
        if self.jwt_secrets.is_empty() {
            refuse("RIALTO_JWT_SECRET", "prod wants one, at least 32 random bytes");
        } else if !self.jwt_secrets.iter().all(Secret::is_strong) {
            refuse("RIALTO_JWT_SECRET", "prod wants at least 32 random bytes of each");
        }
        if !self.rate_limits {
            refuse("RIALTO_RATE_LIMITS", "prod does not go without rate limits");
        }
        problems
    }

    /// Where the outside reaches the server that listens on `bound`, without a slash at the end.
    pub fn public_url(&self, bound: SocketAddr) -> String {
        match &self.public_url {
            Some(url) => url.as_str().to_owned(),
            None if bound.ip().is_unspecified() => format!("http://localhost:{}", bound.port()),
            None => format!("http://{bound}"),
        }
    }

    /// The origins of the browsers that may call the server that listens on `bound`: those of
    /// the list, or else itself by each of its names.
    pub fn allowed_origins(&self, bound: SocketAddr) -> BTreeSet<String> {
        if !self.origins.is_empty() {
            return self.origins.iter().map(|origin| origin.as_str().to_owned()).collect();
        }
        let mut origins = BTreeSet::from([self.public_url(bound)]);
        if bound.ip().is_loopback() || bound.ip().is_unspecified() {
            let names = ["localhost", "127.0.0.1", "[::1]"];
            origins.extend(names.map(|name| format!("http://{name}:{}", bound.port())));
        }
        origins
    }

    /// What signs the access tokens: the first makes them, each of them is believed. In `dev`
    /// and `test` one is made once and kept in the data directory.
    pub fn signing_keys(&self) -> io::Result<Vec<Secret>> {
        if self.jwt_secrets.is_empty() {
            secret::kept_in(&self.data_dir).map(|secret| vec![secret])
        } else {
            Ok(self.jwt_secrets.clone())
        }
    }
}

#[cfg(test)]
mod tests;
