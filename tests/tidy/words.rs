//! Words that must not stand anywhere: what is skipped, left open, or slept through.

use crate::{
    Complaints,
    code::{code, dense, occurrences},
    tree::File,
};

/// A skipped test guards nothing, and what is left open fails in front of a customer.
const UNFINISHED: [&str; 6] =
    ["#[ignore", "#[should_panic", "todo!(", "unimplemented!(", "dbg!(", ",should_panic"];

pub fn unfinished(files: &[File]) -> Complaints {
    let mut complaints = Vec::new();
    for file in rust(files) {
        let code = dense(&code(&file.text));
        for word in UNFINISHED.iter().filter(|it| code.contains(*it)) {
            complaints.push(format!("{} has {word}", file.path));
        }
    }
    complaints
}

/// Where the clock is paused and moves on at once when somebody sleeps.
const PAUSED: &str = "src/app/tests/simulation";

/// Sleeping in tests: they wait for a frame, or send the message that makes a timer fire.
pub fn sleeps(files: &[File]) -> Complaints {
    let sleeping = |it: &&File| {
        it.is_test() && !it.is_in(PAUSED) && occurrences(&code(&it.text), "sleep(").next().is_some()
    };
    rust(files).filter(sleeping).map(|it| format!("{} sleeps", it.path)).collect()
}

/// Folders in which people, and the machines that build, keep their work.
const HOMES: [&str; 6] = ["Users", "home", "mnt", "root", "work", "workspace"];

/// Paths that hold on one machine alone.
pub fn machine_paths(files: &[File]) -> Complaints {
    let mut complaints = Vec::new();
    for file in files {
        for (number, line) in file.text.lines().enumerate() {
            if HOMES.iter().any(|home| names_home(line, home)) {
                complaints.push(format!("{}:{} names a machine's path", file.path, number + 1));
            }
        }
    }
    complaints
}

/// Whether `line` has the folder where a path may begin: not after a name, as in a URL.
fn names_home(line: &str, home: &str) -> bool {
    let home = format!("/{home}/");
    line.match_indices(&home).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + home.len()..].chars().next();
        !before.is_some_and(|c| c.is_alphanumeric() || "._-/}*".contains(c))
            && after.is_some_and(|c| c.is_ascii_lowercase() || c == '.')
    })
}

fn rust(files: &[File]) -> impl Iterator<Item = &File> {
    files.iter().filter(|it| it.path.ends_with(".rs"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_skipped_or_open_is_seen() {
        let said = |text: &str| unfinished(&[File::new("tests/api/order.rs", text)]).len();
        assert_eq!(said("#[test]\n#[ignore = \"slow\"]\nfn f() {}"), 1);
        assert_eq!(said("#[test]\n#[should_panic(expected = \"x\")]\nfn f() {}"), 1);
        assert_eq!(said("fn f() { todo!() }"), 1);
        assert_eq!(said("fn f() { unimplemented!(\"later\") }"), 1);
        assert_eq!(said("fn f() { dbg!(1); }"), 1);
        assert_eq!(said("// no todo!() here\nfn f() { \"dbg!(\"; }"), 0);
    }

    #[test]
    fn a_sleep_is_seen() {
        let elsewhere = File::new("src/bus/relay.rs", "fn f() { sleep(SECOND) }");
        assert_eq!(sleeps(&[elsewhere]).len(), 0);
        let said = |text: &str| sleeps(&[File::new("tests/api/order.rs", text)]).len();
        assert_eq!(said("async fn f() { tokio::time::sleep(SECOND).await }"), 1);
        assert_eq!(said("fn f() { std::thread::sleep(SECOND) }"), 1);
        assert_eq!(said("/// No sleep() here.\nfn nobody_oversleep() {}"), 0);
    }

    #[test]
    fn a_path_of_one_machine_is_seen() {
        let said = |path: &str| machine_paths(&[File::new("README.md", path)]).len();
        for home in HOMES {
            assert_eq!(said(&format!("see `/{home}/rialto`")), 1, "{home}");
            assert_eq!(said(&format!("see https://example.com/{home}/rialto")), 0, "{home}");
        }
        assert_eq!(said("in /tmp/rialto or ./data"), 0);
    }
}
