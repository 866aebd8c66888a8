//! What may be named in some places alone, so that it can be replaced, or trusted, there.

use crate::{
    Complaints,
    code::{code, dense, names, occurrences},
    tree::File,
};

/// A path of words, where it may stand, and why not elsewhere.
const CONFINED: &[(&str, &[&str], &str)] = &[
    ("diesel", &["src/store"], "the database is the store's"),
    ("diesel_migrations", &["src/store"], "the database is the store's"),
    ("sql_query", &["src/store/postgres", "src/store/sqlite"], "query files hold no SQL as text"),
    ("actix_codec", &["src/http/server"], "one place serves connections"),
    ("actix_http", &["src/http/server", "src/ws/connection.rs"], "handlers know actix-web alone"),
    ("actix_server", &["src/http/server"], "one place serves connections"),
    ("actix_service", &["src/http/server"], "one place serves connections"),
    ("actix_web_actors", &["src/ws/connection.rs"], "it is deprecated, and has to be replaceable"),
    ("redis", &["src/cache"], "the shop runs without it"),
    ("jsonwebtoken", &["src/http/token.rs"], "one place signs and verifies"),
    ("argon2", &["src/actors/password/argon2id.rs"], "one place chooses the cost"),
    ("askama", &["src/gateway/mail/letter.rs"], "one place lays out letters"),
    ("bcrypt", &["src/actors/password"], "one place chooses the cost"),
    ("actix_multipart", &["src/http/image"], "one place reads forms"),
    ("image_rs", &["src/actors/image"], "pictures are decoded on threads of their own"),
    ("fast_image_resize", &["src/actors/image"], "pictures are resized on threads of their own"),
    ("moxcms", &["src/actors/image"], "pictures are converted on threads of their own"),
    ("p256", &["src/gateway/push"], "one place seals what browsers are sent"),
    ("lettre", &["src/gateway/mail"], "the shop runs without a mail server"),
    ("tantivy", &["src/reading/catalogue/text"], "one place finds words"),
    ("roaring", &["src/reading"], "sets of slots mean something there alone"),
    ("StatusCode", &["src/cli", "src/http/error.rs"], "an error is mapped to the wire once"),
    (
        "actix_web",
        &["src/app", "src/cli", "src/http", "src/main.rs", "src/pages", "src/ws"],
        "what happens does not depend on how it was asked for",
    ),
    ("web::route", &["src/http/routes.rs"], "a table says who may call a handler"),
    (
        "web::resource",
        &["src/http/openapi.rs", "src/http/routes.rs"],
        "a table says who may call a handler",
    ),
    (
        "utoipa",
        &["src/app", "src/domain", "src/http", "src/pages", "src/ws"],
        "the edges describe themselves",
    ),
];
/// Only commands that come through an actor write; the bus keeps its own books, and the command
/// line fills a store that nobody serves. The store's own tests write to it too.
const WRITERS: [&str; 3] = ["src/actors", "src/bus", "src/cli"];

pub fn strays(files: &[File]) -> Complaints {
    let mut complaints = Vec::new();
    for file in files {
        let code = code(&file.text);
        for (name, places, why) in CONFINED {
            let at_home = places.iter().any(|place| file.is_in(place));
            if !at_home && names_crate(&code, name) {
                complaints.push(format!("{} names `{name}`: {why}", file.path));
            }
        }
        let writes = ["store.write(", "store().write("].iter().any(|it| dense(&code).contains(it));
        if writes && !file.is_test() && !WRITERS.iter().any(|place| file.is_in(place)) {
            complaints.push(format!("{} writes to the store: only actors do", file.path));
        }
    }
    complaints
}

/// A field may be called `redis` too: what counts is a path, an import, an attribute or a type.
fn names_crate(code: &str, name: &str) -> bool {
    let is_type = name.starts_with(char::is_uppercase);
    names(code, &format!("use {name}"))
        || occurrences(code, name)
            .any(|after| is_type || after.starts_with("::") || after.starts_with('('))
}

/// Where the time may be read, how often, and what for. Everything else is told the time.
const CLOCKS: [(&str, usize, &str); 1] = [("src/store.rs", 1, "the one clock")];

/// Readings of the clock beyond those that [`CLOCKS`] grants. `Instant` is free: it measures.
pub fn clocks(files: &[File]) -> Complaints {
    let mut complaints = Vec::new();
    let mut left: Vec<usize> = CLOCKS.iter().map(|(_, count, _)| *count).collect();
    for file in files {
        let code = dense(&code(&file.text));
        let readings: usize = ["Utc::now(", "Local::now(", "SystemTime::now("]
            .iter()
            .map(|clock| code.matches(clock).count())
            .sum();
        for _ in 0..readings {
            match CLOCKS.iter().position(|(place, ..)| file.is_in(place)) {
                Some(at) if left[at] > 0 => left[at] -= 1,
                _ => complaints.push(format!("{} reads the clock: the time is told", file.path)),
            }
        }
    }
    complaints
}

/// Uses of `utoipa` in the domain beside the derive that gives a value its schema.
pub fn schemas(files: &[File]) -> Complaints {
    let mut complaints = Vec::new();
    for file in files.iter().filter(|it| it.is_in("src/domain")) {
        let code = code(&file.text);
        for after in occurrences(&code, "utoipa") {
            if !after.starts_with("::ToSchema") {
                complaints.push(format!("{} uses utoipa beyond `ToSchema`", file.path));
            }
        }
    }
    complaints
}

const ROW_DERIVES: [&str; 5] =
    ["AsChangeset", "Insertable", "Queryable", "QueryableByName", "Selectable"];

/// Structs that are rows of a table and can be seen beyond their feature. A feature that has grown
/// a folder may keep its rows in a private module there.
pub fn public_rows(files: &[File]) -> Complaints {
    let mut complaints = Vec::new();
    for file in files.iter().filter(|it| it.is_in("src/store") && !is_hidden(it, files)) {
        let code = code(&file.text);
        for derived in occurrences(&code, "derive") {
            let Some((list, rest)) = derived.split_once(")]") else { continue };
            let item = rest.split(['{', ';']).next().unwrap_or_default();
            if ROW_DERIVES.iter().any(|it| names(list, it)) && names(item, "pub struct") {
                complaints.push(format!("{} has a row that is public", file.path));
            }
        }
    }
    complaints
}

/// Whether the file is a private module of a feature's.
fn is_hidden(file: &File, files: &[File]) -> bool {
    let Some((feature, module)) = file.path.trim_end_matches(".rs").rsplit_once('/') else {
        return false;
    };
    let parent = files.iter().find(|it| it.path == format!("{feature}.rs"));
    feature != "src/store"
        && parent.is_some_and(|it| !names(&code(&it.text), &format!("pub mod {module}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stray(path: &str, text: &str) -> Complaints {
        strays(&[File::new(path, text)])
    }

    #[test]
    fn a_framework_away_from_home_is_seen() {
        for (path, text) in [
            ("src/http/order.rs", "use diesel::prelude::*;"),
            ("src/domain/order.rs", "#[diesel(table_name = orders)] struct Row;"),
            ("src/store/order.rs", "fn f() { diesel::sql_query(text); }"),
            ("src/ws/hub.rs", "use actix_web_actors::ws;"),
            ("src/actors/session.rs", "fn f(c: redis::Client) {}"),
            ("src/http/account.rs", "use jsonwebtoken as jwt;"),
            ("src/http/account.rs", "use argon2::Argon2;"),
            ("src/actors/session.rs", "fn f() { bcrypt::verify(password, hash) }"),
            ("src/http/order.rs", "match x { Error::Busy => StatusCode::NOT_FOUND }"),
            ("src/actors/order.rs", "use actix_web::HttpResponse;"),
            ("src/store/order.rs", "#[derive(utoipa::ToSchema)] struct Row;"),
        ] {
            assert_eq!(stray(path, text).len(), 1, "{path}: {text}");
        }
    }

    #[test]
    fn at_home_in_prose_and_as_a_field_it_is_let_be() {
        for (path, text) in [
            ("src/store/order.rs", "use diesel::prelude::*;"),
            ("src/store.rs", "use diesel_migrations::MigrationHarness;"),
            ("src/actors/order.rs", "//! Not diesel::insert_into.\nfn f() { \"redis::x\"; }"),
            ("src/config.rs", "struct Config { redis: Option<String>, argon2: u32 }"),
            ("src/http/error.rs", "fn status(&self) -> StatusCode {}"),
        ] {
            assert_eq!(stray(path, text), Complaints::new(), "{path}: {text}");
        }
    }

    #[test]
    fn a_write_past_the_actors_is_seen() {
        let broken = "async fn place() { self.store\n    .write(command).await }";
        assert_eq!(stray("src/http/order.rs", broken).len(), 1);
        assert_eq!(stray("src/ws/order.rs", "app.store().write(command)").len(), 1);
        assert_eq!(stray("src/actors/order.rs", broken).len(), 0);
        assert_eq!(stray("src/store/tests.rs", broken).len(), 0);
        assert_eq!(stray("src/http/order.rs", "socket.write(bytes); lock.write()").len(), 0);
    }

    #[test]
    fn one_clock_too_many_is_seen() {
        let clock = |path: &str| File::new(path, "fn f() { let x = Utc::now(); }");
        assert_eq!(clocks(&[clock("src/store.rs")]).len(), 0);
        assert_eq!(clocks(&[clock("src/store.rs"), clock("src/store.rs")]).len(), 1);
        assert_eq!(clocks(&[clock("src/store.rs"), clock("src/store/order.rs")]).len(), 1);
        assert_eq!(clocks(&[clock("src/domain/order.rs")]).len(), 1);
        assert_eq!(clocks(&[File::new("src/bus.rs", "SystemTime::now()")]).len(), 1);
    }

    #[test]
    fn more_of_utoipa_than_its_derive_is_seen() {
        let said = |text: &str| schemas(&[File::new("src/domain/order.rs", text)]).len();
        assert_eq!(said("#[derive(Serialize, utoipa::ToSchema)]\nstruct A;"), 0);
        assert_eq!(said("#[utoipa::path(get)]\nfn f() {}"), 1);
        assert_eq!(said("use utoipa::{PartialSchema, ToSchema};"), 1);
    }

    #[test]
    fn a_public_row_is_seen() {
        let said = |text: &str| public_rows(&[File::new("src/store/order.rs", text)]).len();
        assert_eq!(said("#[derive(Queryable, Selectable)]\n#[diesel(x)]\npub struct Row {}"), 1);
        assert_eq!(said("#[derive(Queryable)]\nstruct Row {}\n\npub struct Page {}"), 0);
        assert_eq!(said("#[derive(Debug)]\npub struct Page {}"), 0);
    }

    #[test]
    fn a_public_row_in_a_public_module_of_a_feature_is_seen() {
        let said = |parent: &str| {
            let row = "#[derive(Insertable)]\npub struct Row {}";
            let rows = File::new("src/store/order/rows.rs", row);
            public_rows(&[File::new("src/store/order.rs", parent), rows]).len()
        };
        assert_eq!(said("mod rows;"), 0);
        assert_eq!(said("pub mod rows;"), 1);
    }
}
