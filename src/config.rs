//! Everything that can be set, parsed and checked once: from the environment, then `rialto.toml`,
//! then the defaults.
//!
//! One table (`config/settings.rs`) declares all settings. `.env.example`, `rialto config`, the
//! errors and [`Config`] itself come from it, so none of them can forget one.

use std::{
    collections::BTreeSet, ffi::OsString, fmt, fs::DirBuilder, io, net::SocketAddr,
    os::unix::fs::DirBuilderExt, path::Path,
};

mod address;
mod example;
mod file;
mod mail;
mod payment;
mod secret;
mod settings;
mod source;
mod value;

pub use address::{DatabaseUrl, NatsUrl, Network, RedisUrl, WebOrigin};
pub use example::example;
pub use mail::{Security, Sender, SmtpUrl};
pub use secret::Secret;
pub use settings::{Config, SETTINGS, Setting};
pub use source::{Origin, SETTING_PREFIX, Texts};
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

/// Makes a folder that nobody else on the machine can look into; one that stands stays as it is.
pub fn private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
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
            problems.extend(config.unfit_for_stripe());
            problems.extend(config.unfit_for_real_money());
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
        if !self.service_tokens.iter().all(Secret::is_strong) {
            refuse("RIALTO_SERVICE_TOKENS", "prod wants at least 32 random bytes of each");
        }
        if !self.password_hash.is_safe() {
            let message = "prod wants what OWASP does: bcrypt's cost at 10 or more, argon2id's \
                           memory and passes at 19456 and 2 or as hard";
            refuse("RIALTO_PASSWORD_HASH", message);
        }
        if !self.rate_limits {
            refuse("RIALTO_RATE_LIMITS", "prod does not go without rate limits");
        }
        if self.webhook_private {
            refuse("RIALTO_WEBHOOK_PRIVATE", "prod sends to nobody in its own network");
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
mod tests {
    use std::time::Duration;

    use super::*;

    fn pairs(given: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
        given.iter().map(|(name, text)| (name.into(), text.into())).collect()
    }

    fn refused(given: &[(&str, &str)], file: &str) -> Vec<(String, String)> {
        let problems = Config::read(pairs(given), Some(file)).err().unwrap();
        problems.0.into_iter().map(|problem| (problem.name, problem.message)).collect()
    }

    fn names(refused: &[(String, String)]) -> Vec<&str> {
        refused.iter().map(|(name, _)| name.as_str()).collect()
    }

    #[test]
    fn without_any_setting_the_defaults_hold() {
        let config = Config::of(&[]).unwrap();

        assert_eq!(config.env, Environment::Dev);
        assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(config.database, DatabaseUrl::Sqlite("data/rialto.db".into()));
        assert_eq!(config.payment_ttl, Duration::from_secs(1800));
        assert_eq!(config.cart_ttl, Duration::from_secs(30 * 86_400));
        assert_eq!(config.courier_speed.get(), 1);
        assert!(config.redis.is_none() && config.origins.is_empty() && config.rate_limits);
    }

    #[test]
    fn the_environment_comes_before_the_file_and_the_file_before_the_defaults() {
        let file = "listen = '127.0.0.1:1'\nRIALTO_DATA_DIR = '/from/file'\nrate_limits = false\n\
                    courier_speed = 7\norigins = ['https://a.example', 'https://b.example']";
        let given = pairs(&[("RIALTO_LISTEN", "127.0.0.1:2"), ("PATH", "/bin")]);

        let (config, texts) = Config::read(given, Some(file)).unwrap();

        assert_eq!(config.listen.port(), 2);
        assert_eq!(config.database, DatabaseUrl::Sqlite("/from/file/rialto.db".into()));
        assert_eq!((config.rate_limits, config.courier_speed.get()), (false, 7));
        assert_eq!(config.origins.len(), 2);
        let origin = |name| texts.get(name).map(|(_, origin)| origin);
        assert_eq!(origin("RIALTO_LISTEN"), Some(Origin::Environment));
        assert_eq!(origin("RIALTO_COURIER_SPEED"), Some(Origin::File));
        assert_eq!(origin("DATABASE_URL"), Some(Origin::Default));
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once_by_name() {
        let given = [("RIALTO_LISTN", "x"), ("RIALTO_PAYMENT_TTL", "soon"), ("RIALTO_WORKERS", "")];
        let file = "colour = 'red'\nhold_ttl = 1.5\n[server]\nport = 1";

        let refused = refused(&given, file);

        let mut names = names(&refused);
        names.sort_unstable();
        let expected = [
            "RIALTO_LISTN",
            "RIALTO_PAYMENT_TTL",
            "RIALTO_WORKERS",
            "colour",
            "hold_ttl",
            "server",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn a_wrong_value_is_repeated_unless_it_may_be_secret() {
        let given = [("RIALTO_COURIER", "drone"), ("DATABASE_URL", "mysql://ada:s3cret@db/shop")];

        let refused = refused(&given, "");

        assert_eq!(
            refused[1],
            ("RIALTO_COURIER".to_owned(), "wants simulated or manual, not \"drone\"".to_owned())
        );
        assert_eq!(refused[0].0, "DATABASE_URL");
        assert!(!refused[0].1.contains("s3cret"), "{}", refused[0].1);
    }

    #[test]
    fn a_broken_file_is_told_by_its_line_without_the_line() {
        let refused = refused(&[], "listen = '127.0.0.1:1'\njwt_secret = 's3cret\n");

        assert_eq!(names(&refused), ["rialto.toml"]);
        assert!(refused[0].1.starts_with("line 2: "), "{}", refused[0].1);
        assert!(!refused[0].1.contains("s3cret"), "{}", refused[0].1);
    }

    #[test]
    fn a_setting_that_stands_twice_in_the_file_is_refused() {
        let refused = refused(&[], "listen = '127.0.0.1:1'\nRIALTO_LISTEN = '127.0.0.1:2'");
        assert_eq!(names(&refused), ["RIALTO_LISTEN"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_value_that_is_no_text_is_refused() {
        use std::os::unix::ffi::OsStringExt;
        let value = OsString::from_vec(vec![0xff]);

        let problems = Config::read([("RIALTO_LOG".into(), value)], None).err().unwrap();

        assert_eq!(problems.0[0].name, "RIALTO_LOG");
    }

    #[test]
    fn prod_starts_with_nothing_that_anybody_could_guess() {
        let weak = [("RIALTO_ENV", "prod"), ("RIALTO_RATE_LIMITS", "off")];
        assert_eq!(names(&refused(&weak, "")), ["RIALTO_JWT_SECRET", "RIALTO_RATE_LIMITS"]);

        let strong = "k7Zp0QmXv3TnB9sRdY5wLhC2fJgE8uAa";
        let rotating = format!("{strong},short");
        let wrong = [("RIALTO_ENV", "prod"), ("RIALTO_JWT_SECRET", rotating.as_str())];
        assert_eq!(names(&refused(&wrong, "")), ["RIALTO_JWT_SECRET"]);

        let cheap = [
            ("RIALTO_ENV", "prod"),
            ("RIALTO_JWT_SECRET", strong),
            ("RIALTO_PASSWORD_HASH", "bcrypt:cost=4"),
        ];
        assert_eq!(names(&refused(&cheap, "")), ["RIALTO_PASSWORD_HASH"]);

        let inward = [
            ("RIALTO_ENV", "prod"),
            ("RIALTO_JWT_SECRET", strong),
            ("RIALTO_WEBHOOK_PRIVATE", "on"),
        ];
        assert_eq!(names(&refused(&inward, "")), ["RIALTO_WEBHOOK_PRIVATE"]);

        let fit = [("RIALTO_ENV", "prod"), ("RIALTO_JWT_SECRET", strong)];
        assert!(Config::of(&fit).is_ok());
    }

    #[test]
    fn debug_output_holds_no_secret() {
        let config = Config::of(&[
            ("RIALTO_JWT_SECRET", "s3cret-one,s3cret-two"),
            ("DATABASE_URL", "postgres://ada:s3cret@db/shop"),
            ("SMTP_URL", "smtp://ada:s3cret@mail"),
        ]);
        let config = config.unwrap();

        assert_eq!(config.jwt_secrets.len(), 2);
        assert!(!format!("{config:?}").contains("s3cret"), "{config:?}");
    }

    #[test]
    fn the_server_itself_is_the_public_address_and_the_only_origin_unless_told() {
        let bound = "127.0.0.1:4711".parse().unwrap();
        let config = Config::of(&[]).unwrap();
        assert_eq!(config.public_url(bound), "http://127.0.0.1:4711");
        assert!(config.allowed_origins(bound).contains("http://localhost:4711"));

        let config = Config::of(&[("RIALTO_PUBLIC_URL", "https://shop.example/")]).unwrap();
        assert_eq!(config.public_url(bound), "https://shop.example");

        let config = Config::of(&[("RIALTO_ORIGINS", "https://shop.example")]).unwrap();
        assert_eq!(config.allowed_origins(bound), ["https://shop.example".to_owned()].into());
    }
}
