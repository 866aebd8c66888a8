//! What no compiler checks of the layout; CONTRIBUTING.md gives the reasons.
//!
//! Each rule is a function from files to complaints, in a file below `tidy/` with samples beside
//! it that break the rule. Here they are asked about the project as it stands.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that panics has failed, which is what it is for"
)]

#[path = "tidy/code.rs"]
mod code;
#[path = "tidy/confinement.rs"]
mod confinement;
#[path = "tidy/dependencies.rs"]
mod dependencies;
#[path = "tidy/docs.rs"]
mod docs;
#[path = "tidy/layers.rs"]
mod layers;
#[path = "tidy/migrations.rs"]
mod migrations;
#[path = "tidy/names.rs"]
mod names;
#[path = "tidy/pages.rs"]
mod pages;
#[path = "tidy/settings.rs"]
mod settings;
#[path = "tidy/tree.rs"]
mod tree;
#[path = "tidy/words.rs"]
mod words;

use tree::{below, files, read};

/// What is wrong, a sentence each; each begins with the path of the file.
type Complaints = Vec<String>;

#[track_caller]
fn none(complaints: Complaints) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn dependencies_point_down() {
    none(layers::upward(&below(&["src"])));
}

#[test]
fn the_domain_names_no_framework_and_does_no_io() {
    none(layers::impure(&below(&["src"]), &read("Cargo.toml").text));
}

#[test]
fn what_is_confined_stays_confined() {
    none(confinement::strays(&below(&["src"])));
}

#[test]
fn the_clock_is_read_in_few_places() {
    none(confinement::clocks(&below(&["src"])));
}

#[test]
fn the_domain_only_derives_its_schemas() {
    none(confinement::schemas(&below(&["src"])));
}

#[test]
fn rows_are_private_to_their_file() {
    none(confinement::public_rows(&below(&["src"])));
}

#[test]
fn a_feature_has_one_name_in_every_layer() {
    none(names::strangers(&below(&["src"])));
}

#[test]
fn no_file_is_a_drawer() {
    none(names::drawers(&below(&["src", "tests", "benches"])));
}

#[test]
fn modules_are_named_by_themselves() {
    none(names::mod_files(&below(&["src", "tests", "benches"])));
}

#[test]
fn every_file_begins_with_what_it_is_for() {
    none(names::unintroduced(&below(&["src", "tests", "benches"])));
}

#[test]
fn files_are_short() {
    none(names::long(&below(&["src", "tests", "benches"])));
}

#[test]
fn migrations_are_twins() {
    none(migrations::unpaired(&below(&["migrations"])));
}

#[test]
fn migrations_use_what_both_databases_have() {
    none(migrations::columns(&below(&["migrations"])));
}

#[test]
fn scripts_and_styles_are_short_and_begin_with_what_they_are_for() {
    none(pages::untidy(&below(&["web"])));
}

#[test]
fn the_client_of_the_socket_is_small() {
    none(pages::large_client(&read("web/storefront/live.js")));
}

#[test]
fn no_text_becomes_markup_and_no_page_names_another_host() {
    none(pages::unsafe_ways(&below(&["web"])));
}

#[test]
fn nothing_is_skipped_or_left_open() {
    none(words::unfinished(&below(&["src", "tests", "benches"])));
}

#[test]
fn tests_do_not_sleep() {
    none(words::sleeps(&below(&["src", "tests"])));
}

#[test]
fn no_file_knows_the_machine_it_was_written_on() {
    none(words::machine_paths(files()));
}

#[test]
fn the_example_of_the_environment_lists_every_setting() {
    none(settings::unlisted(files()));
}

#[test]
fn tests_that_documents_name_are_there() {
    none(docs::lost_tests(files()));
}
