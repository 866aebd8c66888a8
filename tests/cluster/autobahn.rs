//! The Autobahn suite against the parts that all sockets are made of: `docs/autobahn.md` tells what it finds.

use std::{collections::BTreeMap, env, fs, process::Command};

use crate::{SHARED, support::TestShop};

/// Cases of messages above 64 KiB, or of a thousand at a time.
const WITHOUT: [&str; 16] = [
    "9.1.2", "9.1.3", "9.1.4", "9.1.5", "9.1.6", "9.2.2", "9.2.3", "9.2.4", "9.2.5", "9.2.6",
    "9.3.*", "9.4.*", "9.5.*", "9.6.*", "9.7.*", "9.8.*",
];
/// Cases of which nothing is right or wrong.
const INFORMATIONAL: [&str; 3] = ["7.1.6", "7.13.1", "7.13.2"];
/// Cases in which bytes that are no text are refused with the end of their frame, not before.
const NON_STRICT: [&str; 2] = ["6.4.3", "6.4.4"];
/// Cases that pass but for the code of the close, which these count as a failure.
const FAILED: [&str; 12] = [
    "7.3.2", "7.3.6", "7.5.1", "7.9.1", "7.9.2", "7.9.3", "7.9.4", "7.9.5", "7.9.6", "7.9.7",
    "7.9.8", "7.9.9",
];
/// Classes that are about compression.
const UNIMPLEMENTED: [&str; 2] = ["12", "13"];
/// Where the suite wants 1002 or 1007, in each class.
const BAD_FRAME: &str = "3501";

/// How a case went, and how its connection was closed.
struct Outcome {
    case: String,
    behaviour: String,
    close: String,
    code: String,
    /// The line that told all this, and what is said of it.
    line: String,
}

impl Outcome {
    fn class(&self) -> &str {
        self.case.split('.').next().unwrap()
    }

    fn is_expected(&self) -> bool {
        let case = self.case.as_str();
        let due = match () {
            () if INFORMATIONAL.contains(&case) => "INFORMATIONAL",
            () if NON_STRICT.contains(&case) => "NON-STRICT",
            () if FAILED.contains(&case) => "FAILED",
            () if UNIMPLEMENTED.contains(&self.class()) => "UNIMPLEMENTED",
            () => "OK",
        };
        let is_closed = match self.close.as_str() {
            "OK" => due != "FAILED",
            "WRONG CODE" | "INFORMATIONAL" => self.code == BAD_FRAME,
            _ => false,
        };
        self.behaviour == due && is_closed
    }
}

/// What the suite finds at `url`.
fn run(url: &str) -> Vec<Outcome> {
    let python = env::var("TEST_AUTOBAHN_PYTHON");
    let python = python.expect("TEST_AUTOBAHN_PYTHON is not set: run ./test");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cluster/autobahn/run.py");
    let output = Command::new(python).arg(script).arg(url).args(WITHOUT).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let told = String::from_utf8(output.stdout).unwrap();
    let outcome = |line: &str| {
        let mut columns = line.split('\t').map(str::to_owned);
        let mut next = || columns.next().unwrap_or_else(|| panic!("{line}\n{said}"));
        let (case, behaviour, close, code) = (next(), next(), next(), next());
        Outcome { case, behaviour, close, code, line: line.to_owned() }
    };
    told.lines().map(outcome).collect()
}

/// The rows of the table in the document: a class, its cases, how many went how, and how many of
/// the connections were closed with the code of ours.
fn rows(found: &[Outcome]) -> Vec<String> {
    let mut classes: BTreeMap<u32, Vec<&Outcome>> = BTreeMap::new();
    for it in found {
        classes.entry(it.class().parse().unwrap()).or_default().push(it);
    }
    let row = |(class, all): (&u32, &Vec<&Outcome>)| {
        let count = |is: &dyn Fn(&Outcome) -> bool| all.iter().filter(|it| is(it)).count();
        let [ok, loose, told, missing, failed] =
            ["OK", "NON-STRICT", "INFORMATIONAL", "UNIMPLEMENTED", "FAILED"]
                .map(|behaviour| count(&|it| it.behaviour == behaviour));
        let ours = count(&|it| it.code == BAD_FRAME);
        let cases = all.len();
        format!("| {class} | {cases} | {ok} | {loose} | {told} | {missing} | {failed} | {ours} |")
    };
    classes.iter().map(row).collect()
}

#[actix_rt::test]
async fn what_the_autobahn_suite_finds_is_what_the_document_tells() {
    let shop = TestShop::on_postgres(&SHARED).await;
    let url = format!("ws://{}/api/v1/ws/echo", shop.address());
    let found = tokio::task::spawn_blocking(move || run(&url)).await.unwrap();

    let unexpected = found.iter().filter(|it| !it.is_expected()).map(|it| it.line.as_str());
    let unexpected: Vec<&str> = unexpected.collect();
    assert!(unexpected.is_empty(), "{unexpected:#?}");
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/autobahn.md");
    let (rows, document) = (rows(&found), fs::read_to_string(document).unwrap());
    // Each line begins with the name of the class.
    let told = |row: &String| document.lines().any(|line| line.ends_with(row.as_str()));
    assert!(rows.iter().all(told), "docs/autobahn.md has another table than\n{}", rows.join("\n"));
}
