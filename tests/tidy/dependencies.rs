//! What the dependencies are: their licences, their sources and their names, by `deny.toml`.
//!
//! `cargo deny` says more and says it better; this is what every machine can check.

use std::process::Command;

use serde_json::Value;
use toml::Table;

use crate::{
    Complaints, none,
    tree::{read, root},
};

#[test]
fn every_licence_is_one_that_we_accept() {
    none(refused(&packages(), &accepted()));
}

#[test]
fn every_dependency_comes_from_the_registry_and_none_is_banned() {
    let banned = policy()["bans"]["deny"].as_array().unwrap().clone();
    let banned: Vec<String> = banned.iter().map(|it| it["name"].as_str().unwrap().into()).collect();
    none(unwanted(&read("Cargo.lock").text, &banned));
}

/// What is built, of which licence: each package's name and SPDX expression.
fn packages() -> Vec<(String, Option<String>)> {
    let of_host = ["--filter-platform", &host()];
    let metadata = cargo(&[&["metadata", "--format-version=1", "--locked"], &of_host[..]].concat());
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let package = |it: &Value| {
        (it["name"].as_str().unwrap().to_owned(), it["license"].as_str().map(str::to_owned))
    };
    metadata["packages"].as_array().unwrap().iter().map(package).collect()
}

fn host() -> String {
    let version = cargo(&["-vV"]);
    version.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host").to_owned()
}

fn cargo(arguments: &[&str]) -> String {
    let done = Command::new(env!("CARGO")).args(arguments).current_dir(root()).output().unwrap();
    assert!(done.status.success(), "cargo: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

fn policy() -> Table {
    read("deny.toml").text.parse().unwrap()
}

fn accepted() -> Vec<String> {
    let allowed = policy()["licenses"]["allow"].as_array().unwrap().clone();
    allowed.iter().map(|it| it.as_str().unwrap().to_owned()).collect()
}

/// Packages whose licence asks for more than is accepted.
fn refused(packages: &[(String, Option<String>)], accepted: &[String]) -> Complaints {
    let mut complaints = Vec::new();
    for (name, licence) in packages {
        let licence = licence.as_deref().unwrap_or("none");
        if !is_accepted(licence, accepted) {
            complaints.push(format!("{name} has the licence {licence}"));
        }
    }
    complaints
}

/// Whether an SPDX expression can be met: `AND` binds closer than `OR`, and `/` is an old `OR`.
fn is_accepted(expression: &str, accepted: &[String]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    let met = alternatives(&mut rest, accepted);
    met && rest.is_empty()
}

fn alternatives(rest: &mut &[&str], accepted: &[String]) -> bool {
    let mut met = together(rest, accepted);
    while take(rest, "OR") {
        met |= together(rest, accepted);
    }
    met
}

fn together(rest: &mut &[&str], accepted: &[String]) -> bool {
    let mut met = licence(rest, accepted);
    while take(rest, "AND") {
        met &= licence(rest, accepted);
    }
    met
}

fn licence(rest: &mut &[&str], accepted: &[String]) -> bool {
    if take(rest, "(") {
        let met = alternatives(rest, accepted);
        return take(rest, ")") && met;
    }
    let Some((name, after)) = rest.split_first() else { return false };
    *rest = after;
    let mut name = (*name).to_owned();
    if take(rest, "WITH") {
        let Some((exception, after)) = rest.split_first() else { return false };
        *rest = after;
        name = format!("{name} WITH {exception}");
    }
    accepted.contains(&name)
}

fn take(rest: &mut &[&str], word: &str) -> bool {
    match rest.split_first() {
        Some((first, after)) if *first == word => {
            *rest = after;
            true
        }
        _ => false,
    }
}

/// Packages of a lock file that are banned, or come from somewhere else than all the others.
fn unwanted(lock: &str, banned: &[String]) -> Complaints {
    let lock: Table = lock.parse().unwrap();
    let mut complaints = Vec::new();
    let mut registries: Vec<&str> = Vec::new();
    for package in lock["package"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        if banned.iter().any(|it| it == name) {
            complaints.push(format!("{name} is banned"));
        }
        match package.get("source").and_then(|it| it.as_str()) {
            Some(source) if !source.starts_with("registry+") => {
                complaints.push(format!("{name} comes from {source}"));
            }
            Some(source) if !registries.contains(&source) => registries.push(source),
            _ => {}
        }
    }
    if registries.len() > 1 {
        complaints.push(format!("there is more than one registry: {registries:?}"));
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met(expression: &str) -> bool {
        is_accepted(expression, &["MIT".to_owned(), "Zlib".to_owned()])
    }

    #[test]
    fn a_licence_of_which_one_side_is_accepted_will_do() {
        for good in ["MIT", "MIT OR GPL-3.0", "GPL-3.0/MIT", "(GPL-3.0 OR MIT) AND Zlib"] {
            assert!(met(good), "{good}");
        }
    }

    #[test]
    fn a_licence_that_asks_for_more_is_seen() {
        let more = ["GPL-3.0", "MIT AND GPL-3.0", "GPL-3.0 OR MIT AND MPL-2.0", "MIT WITH x", ""];
        for bad in more.into_iter().chain(["(MIT", "MIT)"]) {
            assert!(!met(bad), "{bad}");
        }
        let packages = [("a".to_owned(), None), ("b".to_owned(), Some("MIT".to_owned()))];
        assert_eq!(refused(&packages, &["MIT".to_owned()]), ["a has the licence none"]);
    }

    #[test]
    fn a_banned_crate_or_another_source_is_seen() {
        let lock = |source: &str| format!("[[package]]\nname = \"a\"\nsource = \"{source}\"\n");
        let one = lock("registry+x");
        assert_eq!(unwanted(&one, &[]), Complaints::new());
        assert_eq!(unwanted(&one, &["a".to_owned()]), ["a is banned"]);
        assert_eq!(unwanted(&lock("git+y"), &[]), ["a comes from git+y"]);
        assert_eq!(unwanted(&(one + &lock("registry+z")), &[]).len(), 1);
    }
}
