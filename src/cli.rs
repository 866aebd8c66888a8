//! The command line: what is asked for, and how it ends. Answers go to standard output, what went
//! wrong to standard error.

use std::{
    fmt,
    io::{self, Write},
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand, ValueEnum};

mod admin;
mod audit;
mod base;
mod bench;
mod import;
mod migrate;
mod seed;
mod serve;
mod settings;
mod shop;
mod tour;

use crate::{
    config::{Config, Problems, Texts},
    domain::Error,
    logging,
};

/// The realtime backend of a shop.
#[derive(Debug, Parser)]
#[command(name = "rialto", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the shop until SIGTERM or Ctrl-C; this is what `rialto` alone does
    Serve,
    /// Bring the database's schema up to date, one step back, or say where it stands
    Migrate { direction: Direction },
    /// Fill the shop with products that are made up, the same ones each time
    Seed(Seed),
    /// Manage the people who run the shop
    #[command(subcommand)]
    Admin(Admin),
    /// Examine the audit log
    #[command(subcommand)]
    Audit(Audit),
    /// Print every setting, its value and where it comes from, with secrets masked
    Config {
        /// Print the text of `.env.example` instead
        #[arg(long)]
        example: bool,
    },
    /// Take products from a file: the CSV that Shopify exports, or one product a line as JSON
    Import(import::Options),
    /// Write all products to a file
    Export(import::Output),
    /// Play a whole purchase against a server, and watch it on the sockets
    Tour(tour::Options),
    /// Measure a server that runs, under a load that this makes
    #[command(subcommand)]
    Bench(bench::Bench),
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Direction {
    /// Apply all that is pending
    Up,
    /// Revert the last one
    Down,
    /// List them all
    Status,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
struct Seed {
    /// The demo shop, with its two demo logins
    #[arg(long, conflicts_with_all = ["products", "variants"])]
    demo: bool,
    /// This many products
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    products: Option<u32>,
    /// Variants of each product
    #[arg(long, value_name = "M", requires = "products", default_value_t = 1)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100))]
    variants: u32,
}

#[derive(Debug, Subcommand)]
enum Admin {
    /// Make an admin; the password is asked for, or is the first line of standard input
    Create { email: String },
}

#[derive(Debug, Subcommand)]
enum Audit {
    /// Check that no row of the log was changed, removed, moved or put in
    Verify {
        /// A head that was printed before and kept elsewhere: the log must still hold it
        #[arg(long, value_name = "SEQUENCE:HASH")]
        head: Option<String>,
    },
}

/// Runs the command of this process's arguments and says how it ended: 0 where it was done, 1
/// where it was not, 2 where the arguments are wrong, 3 where an import left out some lines.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::run(),
        Command::Migrate { direction } => migrate::run(direction),
        Command::Seed(seed) => seed::run(&seed),
        Command::Admin(Admin::Create { email }) => admin::create(&email),
        Command::Audit(Audit::Verify { head }) => audit::verify(head.as_deref()),
        Command::Config { example } => settings::run(example),
        Command::Import(options) => import::run(&options),
        Command::Export(output) => import::export(&output),
        Command::Tour(options) => tour::run(&options),
        Command::Bench(bench) => bench::run(&bench),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            writeln!(io::stderr(), "rialto: {failure}").ok(); // Where else could it be said?
            ExitCode::from(failure.status)
        }
    }
}

/// Why a command did not do all that it was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    status: u8,
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Failure { message: message.into(), status: 1 }
    }
}

/// The exit status of a command that did a part of what it was asked.
pub(crate) const IN_PART: u8 = 3;

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        Failure::new(problems.to_string())
    }
}

impl From<io::Error> for Failure {
    fn from(err: io::Error) -> Self {
        Failure::new(err.to_string())
    }
}

/// Unlike on the wire, whoever runs the program may know the cause.
impl From<Error> for Failure {
    fn from(err: Error) -> Self {
        Failure::new(match err {
            Error::Invalid(fields) => {
                let fields = fields.iter().map(|it| format!("{}: {}", it.field, it.message));
                fields.collect::<Vec<_>>().join(", ")
            }
            Error::Internal { doing, source } => {
                let mut message = format!("{doing} failed: {source}");
                let mut cause = source.source();
                while let Some(deeper) = cause {
                    message.push_str(&format!(": {deeper}"));
                    cause = deeper.source();
                }
                message
            }
            other => other.to_string(),
        })
    }
}

/// The settings of this process, with its log started by them.
pub(crate) fn configured() -> Result<(Config, Texts), Failure> {
    let (config, texts) = Config::load()?;
    logging::start(&config).map_err(|err| Failure::new(err.to_string()))?;
    Ok((config, texts))
}

/// Prints a line to standard output at once. A reader that has gone is no error: `head` has seen
/// enough.
pub(crate) fn say(line: impl fmt::Display) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{line}").and_then(|()| out.flush()) {
        Err(err) if err.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn without_a_command_it_serves() {
        assert!(Arguments::parse_from(["rialto"]).command.is_none());
    }

    #[test]
    fn a_seed_must_say_of_what() {
        for wrong in [
            &["rialto", "seed"][..],
            &["rialto", "seed", "--variants", "2"],
            &["rialto", "seed", "--demo", "--products", "2"],
            &["rialto", "seed", "--products", "0"],
        ] {
            assert!(Arguments::try_parse_from(wrong).is_err(), "{wrong:?}");
        }
        assert!(Arguments::try_parse_from(["rialto", "seed", "--products", "5"]).is_ok());
    }
}
