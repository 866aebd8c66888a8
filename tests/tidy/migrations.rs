//! Migrations: twins, reversible, and made of what both databases have.

use std::collections::BTreeMap;

use crate::{Complaints, tree::File};

const DATABASES: [&str; 2] = ["postgres", "sqlite"];
const DIRECTIONS: [&str; 2] = ["up.sql", "down.sql"];

/// Migrations that one database lacks, files of theirs that are missing or say nothing, and
/// files that are no migration.
pub fn unpaired(files: &[File]) -> Complaints {
    let mut complaints = Vec::new();
    let mut found: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    for file in files.iter().filter(|it| it.path != "migrations/README.md") {
        match file.path.split('/').collect::<Vec<_>>()[..] {
            [_, database, name, direction]
                if DATABASES.contains(&database) && DIRECTIONS.contains(&direction) =>
            {
                let part = found.entry(name).or_default();
                if !statements(&file.text).trim().is_empty() {
                    part.push((database, direction));
                }
            }
            // It may say that a migration can't run in a transaction.
            [_, database, _, "metadata.toml"] if DATABASES.contains(&database) => {}
            _ => complaints.push(format!("{} is no part of a migration", file.path)),
        }
    }
    for (name, parts) in found {
        for (database, direction) in DATABASES.iter().flat_map(|it| DIRECTIONS.map(|d| (*it, d))) {
            if !parts.contains(&(database, direction)) {
                complaints.push(format!("migrations/{database}/{name}/{direction} says nothing"));
            }
        }
    }
    complaints
}

/// Types that one of the databases has not, or has with another meaning; floats are no money.
const FOREIGN_TYPES: [&str; 18] = [
    "AUTOINCREMENT",
    "BIGSERIAL",
    "DATE",
    "DATETIME",
    "DECIMAL",
    "DOUBLE",
    "ENUM",
    "FLOAT",
    "JSON",
    "JSONB",
    "MONEY",
    "NUMERIC",
    "REAL",
    "SERIAL",
    "TIMESTAMPTZ",
    "UUID",
    "VARCHAR",
    "TIME",
];

/// Columns of a type that the other database lacks, and ids that PostgreSQL would compare by the
/// rules of a language.
pub fn columns(files: &[File]) -> Complaints {
    let mut complaints = Vec::new();
    for file in files.iter().filter(|it| it.path.ends_with(".sql")) {
        let statements = statements(&file.text);
        for line in statements.lines() {
            let words: Vec<&str> = line
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .filter(|it| !it.is_empty())
                .collect();
            for word in
                words.iter().filter(|it| FOREIGN_TYPES.contains(&it.to_uppercase().as_str()))
            {
                complaints.push(format!("{}: {word} is not a type of both databases", file.path));
            }
            if file.path.starts_with("migrations/postgres/")
                && names_id(&words)
                && !line.contains(C)
            {
                complaints.push(format!("{}: an id without {C}: {}", file.path, line.trim()));
            }
        }
    }
    complaints
}

const C: &str = "COLLATE \"C\"";

fn names_id(words: &[&str]) -> bool {
    let is_id = |name: &str| name == "id" || name.ends_with("_id");
    words.windows(2).any(|pair| is_id(pair[0]) && pair[1].eq_ignore_ascii_case("text"))
}

/// The SQL without its comments and the texts in it.
fn statements(sql: &str) -> String {
    let code = sql.lines().map(|line| line.split("--").next().unwrap_or_default());
    let code = code.collect::<Vec<_>>().join("\n");
    code.split('\'').step_by(2).collect::<Vec<_>>().join("''")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn twins() -> Vec<File> {
        let file = |it: &str| File::new(&format!("migrations/{it}.sql"), "SELECT 1;");
        ["sqlite/1_a/up", "sqlite/1_a/down", "postgres/1_a/up", "postgres/1_a/down"]
            .map(file)
            .to_vec()
    }

    #[test]
    fn a_twin_that_is_missing_or_empty_is_seen() {
        assert_eq!(unpaired(&twins()), Complaints::new());
        for missing in 0..twins().len() {
            let mut files = twins();
            let gone = files.remove(missing);
            assert_eq!(unpaired(&files), [format!("{} says nothing", gone.path)]);
        }
        let mut files = twins();
        files[1].text = "-- nothing to undo\n".to_owned();
        assert_eq!(unpaired(&files), ["migrations/sqlite/1_a/down.sql says nothing"]);
    }

    #[test]
    fn a_file_that_is_no_migration_is_seen() {
        let mut files = twins();
        files.push(File::new("migrations/mysql/1_a/up.sql", "SELECT 1;"));
        files.push(File::new("migrations/sqlite/1_a/seed.sql", "SELECT 1;"));
        assert_eq!(unpaired(&files).len(), 2);
    }

    #[test]
    fn a_type_of_one_database_alone_is_seen() {
        let said = |sql: &str| columns(&[File::new("migrations/sqlite/1_a/up.sql", sql)]).len();
        assert_eq!(said("CREATE TABLE a (\n    price REAL NOT NULL\n);"), 1);
        assert_eq!(said("CREATE TABLE a (id integer primary key autoincrement);"), 1);
        assert_eq!(said("CREATE TABLE a (price BIGINT, kind TEXT CHECK (kind IN ('date')));"), 0);
        assert_eq!(said("-- a JSON document\nCREATE TABLE a (data TEXT);"), 0);
    }

    #[test]
    fn an_id_that_a_language_sorts_is_seen() {
        let said = |path: &str, sql: &str| columns(&[File::new(path, sql)]).len();
        let (sqlite, postgres) = ("migrations/sqlite/1_a/up.sql", "migrations/postgres/1_a/up.sql");
        assert_eq!(said(postgres, "    id TEXT PRIMARY KEY NOT NULL,"), 1);
        assert_eq!(said(postgres, "ALTER TABLE a ADD COLUMN b_id TEXT;"), 1);
        assert_eq!(said(postgres, "    b_id TEXT COLLATE \"C\" NOT NULL,"), 0);
        assert_eq!(said(sqlite, "    id TEXT PRIMARY KEY NOT NULL,"), 0);
    }
}
