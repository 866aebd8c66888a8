//! File names and sizes: a file is one feature in one layer.

use std::collections::BTreeSet;

use crate::{Complaints, layers::layer, tree::File};

/// The layers whose files are features.
const BY_FEATURE: [&str; 4] = ["store", "actors", "http", "ws"];
/// Files that serve every feature, and what each is; all others are named for one of `domain/`.
const SHARED: &[(&str, &str)] = &[
    ("at", "store: moments, as the tables have them"),
    ("commands", "store: the list of all changes"),
    ("connection", "ws: one open socket"),
    ("consumer", "actors: follows the feed, for whoever does something with it"),
    ("cursor", "http: where a page of a list ended"),
    ("directory", "actors: from an id to the actor of it"),
    ("error", "http: problems, and the status of each"),
    ("etag", "http: answers that a cache may keep"),
    ("extract", "http: who is asking"),
    ("filler", "http: bytes to measure answers by"),
    ("guard", "ws: ends a connection whose client does not read"),
    ("heads", "store: how far what is counted without a gap has come"),
    ("health", "http: alive, ready, and the figures"),
    ("hub", "ws: from a topic to its sockets on one thread"),
    ("import", "actors: reads files of products, and takes them in"),
    ("input", "http: bodies and queries, read strictly"),
    ("insert", "store: rows that are inserted at once"),
    ("inventory", "actors: the stock as the shop's people change it"),
    ("json", "store: values of ours, as the JSON of a column"),
    ("limits", "ws: how much a connection may do and hold"),
    ("lines", "actors: what all senders have in common"),
    ("mailer", "actors: sends the mails"),
    ("metrics", "ws: what is counted of sockets"),
    ("middleware", "http: what every request passes"),
    ("origin", "store: on whose behalf the work at hand is done"),
    ("openapi", "http: the description of all routes"),
    ("peer", "http: from which address a client comes"),
    ("plain", "store: commands one by one, to measure the writer by"),
    ("pool", "store: connections and migrations, as both dialects have them"),
    ("postgres", "store: one of the two dialects"),
    ("protocol", "ws: the frames"),
    ("queries", "store: what is compiled once for each dialect"),
    ("product", "ws: how a product of the catalogue stands"),
    ("readers", "store: where queries run"),
    ("request_id", "http: the name of one request"),
    ("routes", "http: the table of all routes"),
    ("schema", "store: the tables"),
    ("server", "http: how connections are served"),
    ("sqlite", "store: one of the two dialects"),
    ("stock", "store: the units that carts, orders and admins all count"),
    ("sweeper", "actors: wakes whatever is due, of every kind"),
    ("ticket", "ws: opens one socket without a header"),
    ("token", "http: signs and verifies"),
    ("update", "store: rows that are changed by a statement that stays prepared"),
    ("writer", "store: commands in, transactions out"),
];
/// Names that say nothing of what is inside.
const DRAWERS: [&str; 9] =
    ["common", "helper", "helpers", "manager", "misc", "service", "types", "util", "utils"];
/// The models that are pleasant to read have nine files of ten below this.
const LINES_MAX: usize = 400;

/// Files that are named neither for a feature nor for a shared thing.
pub fn strangers(files: &[File]) -> Complaints {
    let features: BTreeSet<String> =
        files.iter().filter(|it| layer(&it.path) == Some("domain")).filter_map(feature).collect();
    let mut complaints = Vec::new();
    for file in files.iter().filter(|it| !it.is_test()) {
        let (Some(layer), Some(name)) = (layer(&file.path), feature(file)) else { continue };
        let shared = SHARED.iter().any(|(shared, _)| *shared == name);
        if BY_FEATURE.contains(&layer) && !shared && !features.contains(&name) {
            complaints.push(format!("{}: there is no src/domain/{name}.rs", file.path));
        }
    }
    complaints
}

/// What the file is named for: `order` for `src/store/order.rs` and `src/store/order/lines.rs`.
fn feature(file: &File) -> Option<String> {
    let below = file.path.splitn(3, '/').nth(2)?;
    Some(below.split(['/', '.']).next()?.to_owned())
}

pub fn drawers(files: &[File]) -> Complaints {
    let is_drawer = |it: &&File| {
        let mut words = it.path.split(['/', '.', '_', '-']);
        words.any(|word| DRAWERS.contains(&word))
    };
    let say = |it: &File| format!("{} has a name that says nothing of what is in it", it.path);
    rust(files).filter(is_drawer).map(say).collect()
}

pub fn mod_files(files: &[File]) -> Complaints {
    let say = |it: &File| format!("{} has to be named for its module, beside its folder", it.path);
    files.iter().filter(|it| it.path.ends_with("/mod.rs")).map(say).collect()
}

pub fn unintroduced(files: &[File]) -> Complaints {
    let silent = |it: &&File| !it.text.starts_with("//! ");
    let say = |it: &File| format!("{} doesn't begin with what it is for (`//!`)", it.path);
    rust(files).filter(silent).map(say).collect()
}

pub fn long(files: &[File]) -> Complaints {
    let lines = |it: &File| it.text.lines().count();
    let say = |it: &File| format!("{} has {} lines of {LINES_MAX}", it.path, lines(it));
    rust(files).filter(|it| lines(it) > LINES_MAX).map(say).collect()
}

fn rust(files: &[File]) -> impl Iterator<Item = &File> {
    files.iter().filter(|it| it.path.ends_with(".rs"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_named_for_no_feature_is_seen() {
        let files = [
            File::new("src/domain/order.rs", ""),
            File::new("src/http/purchase.rs", ""),
            File::new("src/store/order.rs", ""),
            File::new("src/store/order/lines.rs", ""),
            File::new("src/store/writer.rs", ""),
            File::new("src/store/tests.rs", ""),
            File::new("src/bus/relay.rs", ""),
        ];
        assert_eq!(strangers(&files), ["src/http/purchase.rs: there is no src/domain/purchase.rs"]);
    }

    #[test]
    fn a_drawer_is_seen() {
        let seen = |path: &str| drawers(&[File::new(path, "")]).len();
        assert_eq!(seen("src/http/utils.rs"), 1);
        assert_eq!(seen("src/actors/order_service.rs"), 1);
        assert_eq!(seen("tests/api/common/cart.rs"), 1);
        assert_eq!(seen("src/http/services_of_others.rs"), 0);
    }

    #[test]
    fn a_mod_file_is_seen() {
        assert_eq!(mod_files(&[File::new("src/store/mod.rs", "")]).len(), 1);
        assert_eq!(mod_files(&[File::new("src/store.rs", "")]).len(), 0);
    }

    #[test]
    fn a_file_without_an_introduction_is_seen() {
        let seen = |text: &str| unintroduced(&[File::new("src/a.rs", text)]).len();
        assert_eq!(seen("use std::fmt;\n"), 1);
        assert_eq!(seen("//\n//! Late.\n"), 1);
        assert_eq!(seen("//! Words.\n"), 0);
    }

    #[test]
    fn a_file_of_one_line_too_many_is_seen() {
        let seen = |lines| long(&[File::new("src/a.rs", &"x\n".repeat(lines))]).len();
        assert_eq!((seen(LINES_MAX), seen(LINES_MAX + 1)), (0, 1));
    }
}
