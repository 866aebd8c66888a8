//! The files of the project, as text.

use std::{fs, path::Path, sync::OnceLock};

/// A file: its path from the root, with `/` on every system, and what it says.
#[derive(Debug, Clone)]
pub struct File {
    pub path: String,
    pub text: String,
}

impl File {
    pub fn new(path: &str, text: &str) -> Self {
        File { path: path.to_owned(), text: text.to_owned() }
    }

    /// Whether this is `place`, the module's file of `place`, or a file below it.
    pub fn is_in(&self, place: &str) -> bool {
        match self.path.strip_prefix(place) {
            Some(rest) => rest.is_empty() || rest == ".rs" || rest.starts_with('/'),
            None => false,
        }
    }

    /// Whether it holds nothing but tests: `tests.rs` beside what it tests, or a file below it.
    pub fn is_test(&self) -> bool {
        self.path.split('/').any(|part| part == "tests" || part == "tests.rs")
    }
}

/// What is searched. All else at the root is built, or the data of a server that ran here.
const FOLDERS: [&str; 8] =
    [".ci", "benches", "deploy", "docs", "migrations", "src", "tests", "web"];
/// Files of the root that aren't ours to keep clean.
const NOT_OURS: [&str; 4] = [".env", ".git", "Cargo.lock", "rialto.toml"];

/// All text files of the project.
pub fn files() -> &'static [File] {
    static FILES: OnceLock<Vec<File>> = OnceLock::new();
    FILES.get_or_init(|| {
        let mut all = Vec::new();
        for folder in FOLDERS {
            walk(folder, &mut all);
        }
        for name in entries("") {
            if root().join(&name).is_file() && !NOT_OURS.contains(&name.as_str()) {
                all.extend(text(&name));
            }
        }
        all
    })
}

/// Those below one of `folders`.
pub fn below(folders: &[&str]) -> Vec<File> {
    let wanted =
        |it: &&File| folders.iter().any(|folder| it.path.starts_with(&format!("{folder}/")));
    files().iter().filter(wanted).cloned().collect()
}

/// The file at `path`, which must be there.
pub fn read(path: &str) -> File {
    text(path).unwrap_or_else(|| panic!("{path} is missing or isn't text"))
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn walk(folder: &str, all: &mut Vec<File>) {
    for name in entries(folder) {
        let path = format!("{folder}/{name}");
        if root().join(&path).is_dir() {
            walk(&path, all);
        } else {
            all.extend(text(&path));
        }
    }
}

/// The names in `folder`, sorted; none where there is no such folder.
fn entries(folder: &str) -> Vec<String> {
    let Ok(found) = fs::read_dir(root().join(folder)) else { return Vec::new() };
    let mut names: Vec<String> =
        found.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// An image is no text, and says nothing that is searched for.
fn text(path: &str) -> Option<File> {
    let bytes = fs::read(root().join(path)).ok()?;
    Some(File { path: path.to_owned(), text: String::from_utf8(bytes).ok()? })
}

#[test]
fn a_place_is_a_module_with_all_below_it_and_no_namesake() {
    let is_in = |path: &str, place: &str| File::new(path, "").is_in(place);
    assert!(is_in("src/store.rs", "src/store"));
    assert!(is_in("src/store/order.rs", "src/store"));
    assert!(is_in("src/ws/connection.rs", "src/ws/connection.rs"));
    assert!(!is_in("src/storefront.rs", "src/store"));
    assert!(!is_in("src/ws/hub.rs", "src/ws/connection.rs"));
}

#[test]
fn tests_are_told_by_their_path() {
    let is_test = |path: &str| File::new(path, "").is_test();
    assert!(is_test("src/store/tests.rs") && is_test("src/actors/directory/tests/race.rs"));
    assert!(is_test("tests/api/order.rs"));
    assert!(!is_test("src/store/contests.rs") && !is_test("src/http/order.rs"));
}

#[test]
fn the_tree_is_seen() {
    let paths: Vec<&str> = files().iter().map(|it| it.path.as_str()).collect();
    for path in ["src/lib.rs", "tests/tidy/tree.rs", "Cargo.toml", "test", ".ci/run"] {
        assert!(paths.contains(&path), "{path} wasn't read");
    }
    assert!(!paths.iter().any(|it| it.starts_with("target/") || it.starts_with(".git/")));
}
