//! `.env.example` and `src/config.rs` name the same settings.

use std::collections::BTreeSet;

use crate::{Complaints, code::uncommented, tree::File};

/// Settings whose names are older than Rialto.
const PLAIN: [&str; 5] = ["DATABASE_URL", "NATS_URL", "REDIS_URL", "SMTP_URL", "STRIPE_API_KEY"];
const PREFIX: &str = "RIALTO_";

/// Settings that one has and the other lacks, if both are there.
pub fn unlisted(files: &[File]) -> Complaints {
    let code: String = files
        .iter()
        .filter(|it| it.is_in("src/config"))
        .map(|it| settings_code(&it.text))
        .collect();
    let Some(example) = files.iter().find(|it| it.path == ".env.example") else {
        return Vec::new();
    };
    if code.is_empty() {
        return Vec::new();
    }
    let (read, listed) = (settings(&code), listed(&example.text));
    let missing = read.difference(&listed).map(|it| format!(".env.example lacks {it}"));
    let unread =
        listed.difference(&read).map(|it| format!(".env.example has {it}: nobody reads it"));
    missing.chain(unread).collect()
}

/// The tests of the settings name some that there aren't.
fn settings_code(text: &str) -> String {
    let code = uncommented(text);
    code.split("#[cfg(test)]").next().unwrap_or_default().to_owned()
}

/// `NAME=value` sets it, and `# NAME=value` shows it.
fn listed(text: &str) -> BTreeSet<String> {
    let name = |line: &str| {
        let (name, _) = line.trim_start_matches(['#', ' ']).split_once('=')?;
        settings(name).contains(name).then(|| name.to_owned())
    };
    text.lines().filter_map(name).collect()
}

fn settings(text: &str) -> BTreeSet<String> {
    let is_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let is_setting = |it: &&str| {
        PLAIN.contains(it) || it.strip_prefix(PREFIX).is_some_and(|rest| !rest.is_empty())
    };
    text.split(|c| !is_name(c)).filter(is_setting).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(config: &str, example: &str) -> Complaints {
        unlisted(&[File::new("src/config.rs", config), File::new(".env.example", example)])
    }

    const CONFIG: &str = "/// RIALTO_OLD is gone.\nfn f() { (\"RIALTO_ENV\", \"REDIS_URL\") }\n\
                          #[cfg(test)]\nmod tests { \"RIALTO_COLOUR\" }";

    #[test]
    fn a_setting_that_is_not_listed_is_seen() {
        assert_eq!(said(CONFIG, "RIALTO_ENV=dev\n"), [".env.example lacks REDIS_URL"]);
    }

    #[test]
    fn a_setting_that_nobody_reads_is_seen() {
        let example = "RIALTO_ENV=dev\n# REDIS_URL=redis://127.0.0.1\nSMTP_URL=\n";
        assert_eq!(said(CONFIG, example), [".env.example has SMTP_URL: nobody reads it"]);
    }

    #[test]
    fn the_same_settings_in_both_are_let_be() {
        let example = "# What RIALTO_ENV is for.\nRIALTO_ENV=dev\n# REDIS_URL=\n";
        assert_eq!(said(CONFIG, example), Complaints::new());
    }
}
