//! The program's commands as somebody at a shell sees them: what they print, and how they end.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that panics has failed, which is what it is for"
)]

use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use uuid::Uuid;

/// A folder of a test's own, in which the program runs.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{}", Uuid::new_v4()));
        fs::create_dir_all(&path).unwrap();
        Place(path)
    }

    /// The program with nothing of our own environment that could change what it does.
    fn rialto(&self, arguments: &[&str], settings: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rialto"));
        command.args(arguments).env_clear().envs(settings.iter().copied());
        command.env("TMPDIR", &self.0).current_dir(&self.0).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str], settings: &[(&str, &str)]) -> Ended {
        Ended::from(self.rialto(arguments, settings).output().unwrap())
    }

    /// The same with something to read on standard input.
    fn tell(&self, arguments: &[&str], input: &str) -> Ended {
        let mut command = self.rialto(arguments, &[]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Ended::from(child.wait_with_output().unwrap())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // After a failed test it may help to see what is left.
        if !std::thread::panicking() {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }
}

/// How a command ended.
struct Ended {
    status: Option<i32>,
    out: String,
    err: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ended { status: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

#[test]
fn everything_that_is_wrong_with_the_settings_ends_the_start_at_once() {
    let place = Place::new();
    fs::write(place.0.join("rialto.toml"), "colour = 'red'\n").unwrap();

    let wrong = [("RIALTO_LISTN", "x"), ("RIALTO_PAYMENT_TTL", "soon")];
    let ended = place.run(&["serve"], &wrong);

    assert_eq!(ended.status, Some(1), "{}", ended.err);
    for name in ["RIALTO_LISTN", "RIALTO_PAYMENT_TTL", "colour"] {
        assert!(ended.err.contains(name), "{}", ended.err);
    }
    assert!(!place.0.join("data").exists());
}

fn prod(secret: &str) -> [(&str, &str); 2] {
    [("RIALTO_ENV", "prod"), ("RIALTO_JWT_SECRET", secret)]
}

#[test]
fn prod_does_not_start_with_what_everybody_knows() {
    let place = Place::new();
    assert_eq!(place.run(&["seed", "--products", "1"], &[]).status, Some(0));

    let missing = place.run(&["serve"], &[("RIALTO_ENV", "prod")]);

    assert_eq!(missing.status, Some(1));
    assert!(missing.err.contains("RIALTO_JWT_SECRET"), "{}", missing.err);

    let secret = Uuid::new_v4().to_string();
    let prod = prod(&secret);
    assert_eq!(
        place.tell(&["admin", "create", "admin@rialto.test"], "rialto-admin\n").status,
        Some(0)
    );
    let known = place.run(&["serve"], &prod);

    assert_eq!(known.status, Some(1));
    assert!(known.err.contains("admin@rialto.test"), "{}", known.err);
    assert_eq!(place.run(&["seed", "--demo"], &prod).status, Some(1));
}

#[test]
fn config_shows_where_each_setting_comes_from_and_no_secret() {
    let place = Place::new();
    fs::write(place.0.join("rialto.toml"), "payment_ttl = '45m'\n").unwrap();

    let secrets = [("RIALTO_JWT_SECRET", "s3cret"), ("DATABASE_URL", "postgres://a:s3cret@b/c")];
    let ended = place.run(&["config"], &secrets);

    assert_eq!(ended.status, Some(0), "{}", ended.err);
    let line = |name: &str| ended.out.lines().find(|line| line.starts_with(name)).unwrap();
    assert!(
        line("RIALTO_PAYMENT_TTL").contains("45m")
            && line("RIALTO_PAYMENT_TTL").ends_with("rialto.toml")
    );
    assert!(line("DATABASE_URL").contains("postgres://a:***@b/c"));
    assert!(!ended.out.contains("s3cret"), "{}", ended.out);
}

#[test]
fn the_schema_goes_up_down_and_up() {
    let place = Place::new();
    let pending =
        |place: &Place| place.run(&["migrate", "status"], &[]).out.matches("pending").count();
    let all = pending(&place);

    assert_eq!(place.run(&["migrate", "up"], &[]).out.lines().count(), all);
    assert_eq!(pending(&place), 0);
    for left in 1..=all {
        let down = place.run(&["migrate", "down"], &[]);
        assert!(down.out.starts_with("reverted "), "{}", down.err);
        assert_eq!(pending(&place), left);
    }
    assert_eq!(place.run(&["migrate", "down"], &[]).status, Some(1));
    assert_eq!(place.run(&["migrate", "up"], &[]).out.lines().count(), all);
}

#[test]
fn the_schema_of_prod_never_goes_down() {
    let place = Place::new();
    let secret = Uuid::new_v4().to_string();
    let prod = prod(&secret);
    assert_eq!(place.run(&["migrate", "up"], &prod).status, Some(0));

    let down = place.run(&["migrate", "down"], &prod);

    assert_eq!(down.status, Some(1));
    assert!(!place.run(&["migrate", "status"], &prod).out.contains("pending"));
}

#[test]
fn an_address_becomes_an_admin_once() {
    let place = Place::new();
    let create = ["admin", "create", "ada@example.com"];

    assert_eq!(place.tell(&create, "short\n").status, Some(1));
    assert_eq!(place.tell(&create, "correct horse battery\n").status, Some(0));
    let again = place.tell(&create, "correct horse battery\n");

    assert_eq!(again.status, Some(1));
    assert!(!again.err.contains("battery"), "{}", again.err);
}

#[test]
fn an_import_takes_what_it_can_and_names_the_lines_that_it_leaves_out() {
    let place = Place::new();
    let file = "Handle,Title,Variant Price\na,A,free\nb,B,5.00\n";

    let ended = place.tell(&["import", "-"], file);

    assert_eq!(ended.status, Some(3));
    assert!(ended.out.starts_with("1 products made"), "{}", ended.out);
    assert!(ended.err.contains("line 2: "), "{}", ended.err);
    assert_eq!(place.tell(&["import", "-"], "Handle,Title\na,A\n").status, Some(1));
    assert_eq!(place.run(&["import", "nothing.csv"], &[]).status, Some(1));
}

#[test]
fn what_one_shop_exports_another_imports_to_the_same() {
    let (shop, other, third) = (Place::new(), Place::new(), Place::new());
    assert_eq!(shop.run(&["seed", "--demo"], &[]).status, Some(0));
    let export = |place: &Place, format: &str| {
        let ended = place.run(&["export", "--format", format], &[]);
        assert_eq!(ended.status, Some(0), "{}", ended.err);
        ended.out
    };

    let (lines, table) = (export(&shop, "ndjson"), export(&shop, "csv"));

    assert_eq!(lines.lines().count(), 60);
    let again = shop.tell(&["import", "-"], &lines);
    assert!(again.out.starts_with("0 products made, 0 brought up to date, 60 as they were"));
    // The pictures stay behind, and are counted: they are no part of a file.
    let taken = other.tell(&["import", "-"], &lines);
    assert_eq!(taken.status, Some(0), "{}", taken.err);
    assert!(taken.out.contains("60 products made") && taken.out.contains("60 images left out"));
    let pictures = |lines: &str| {
        let bare = |line: &str| {
            let mut product: serde_json::Value = serde_json::from_str(line).unwrap();
            product["images"] = serde_json::json!([]);
            product
        };
        lines.lines().map(bare).collect::<Vec<_>>()
    };
    assert_eq!(pictures(&export(&other, "ndjson")), pictures(&lines));

    fs::write(third.0.join("products.csv"), export(&other, "csv")).unwrap();
    assert_eq!(third.run(&["import", "products.csv"], &[]).status, Some(0));
    let out = ["export", "out.csv"];
    assert_eq!(third.run(&out, &[]).status, Some(0));
    assert_eq!(fs::read_to_string(third.0.join("out.csv")).unwrap(), export(&other, "csv"));
    assert!(table.contains("/api/v1/images/"));
}

#[test]
fn a_dry_run_tells_what_an_import_would_do_and_does_not_do_it() {
    let place = Place::new();
    let line = "{\"slug\":\"a\",\"name\":\"A\",\"status\":\"draft\"}\n{\"slug\":\"b\"}\n";

    let dry = place.tell(&["import", "--dry-run", "-"], line);

    assert_eq!(dry.status, Some(3));
    assert!(dry.out.starts_with("1 products made") && dry.out.contains("dry run"), "{}", dry.out);
    assert!(dry.err.contains("line 2: "), "{}", dry.err);
    assert_eq!(place.run(&["export", "--format", "ndjson"], &[]).out, "");
    assert_eq!(Place::new().run(&["export"], &[]).status, Some(1), "there is no database");
}

#[test]
fn the_tour_buys_what_a_merchant_sells_and_leaves_nothing_behind() {
    let place = Place::new();
    let sold = "Handle,Title,Variant Price,Variant Inventory Qty\nlamp,Desk Lamp,49.00,3\n";
    fs::write(place.0.join("shop.csv"), sold).unwrap();

    // Settings of the environment are not the tour's.
    let ended = place.run(&["tour", "--catalogue", "shop.csv"], &[("DATABASE_URL", "nonsense")]);

    assert_eq!(ended.status, Some(0), "{}{}", ended.out, ended.err);
    for told in
        ["2 × Desk Lamp: 98.00 EUR", "✓ stock went from 3 to 1", "delivery.out_for_delivery"]
    {
        assert!(ended.out.contains(told), "{}", ended.out);
    }
    assert!(!ended.out.contains('✗') && !ended.out.contains("eyJ"), "{}", ended.out);
    let left: Vec<_> = fs::read_dir(&place.0).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(left, ["shop.csv"]);
}

#[test]
fn a_tour_without_a_server_fails_and_says_at_which_step() {
    let place = Place::new();

    let ended = place.run(&["tour", "--url", "http://127.0.0.1:9"], &[]);

    assert_eq!(ended.status, Some(1));
    assert!(ended.err.contains("POST /auth/register"), "{}", ended.err);
}

#[test]
fn a_bench_without_a_server_fails_and_says_what_it_asked_for() {
    let place = Place::new();

    let ended = place.run(&["bench", "logins", "--url", "http://127.0.0.1:9"], &[]);

    assert_eq!(ended.status, Some(1));
    assert!(ended.err.contains("GET /api/v1/products"), "{}", ended.err);
    assert_eq!(place.run(&["bench", "logins", "--rate", "0"], &[]).status, Some(2));
    assert_eq!(place.run(&["bench"], &[]).status, Some(2));
}
