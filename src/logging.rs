//! Log lines: to standard error, for people on a terminal, else as JSON, one object a line.
//!
//! What goes in is up to who logs: never a token, a body or an e-mail address. Settings hide
//! their own secrets.

use std::{
    io::{self, IsTerminal},
    panic,
};

use tracing_subscriber::{EnvFilter, fmt};

use crate::config::{Config, Environment, LogFormat};

/// Starts the log of this process, panics included. A second start is an error.
pub fn start(config: &Config) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let lines = fmt()
        .with_env_filter(EnvFilter::new(config.log.as_str()))
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none());
    if is_json(config) {
        lines.json().flatten_event(true).with_span_list(false).try_init()?;
    } else {
        lines.try_init()?;
    }
    panic::set_hook(Box::new(log_panic));
    Ok(())
}

fn is_json(config: &Config) -> bool {
    match config.log_format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => config.env != Environment::Dev || !io::stderr().is_terminal(),
    }
}

/// Whoever asked gets an error; here is what the error was.
fn log_panic(info: &panic::PanicHookInfo<'_>) {
    let said = info.payload_as_str().unwrap_or("something that is no text");
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    let thread = std::thread::current();
    tracing::error!(said, place, thread = thread.name().unwrap_or_default(), "a panic");
}
