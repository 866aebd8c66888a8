//! Values of ours, as the JSON that a column or a parameter has.

use serde::Serialize;

/// The JSON of `value`, without the tree that `serde_json::json!` makes of it first. The keys of a struct stand
/// as they are declared, and not sorted: no text of this is compared.
///
/// # Panics
///
/// As that does, where a map has keys that are no texts.
pub fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|err| panic!("no JSON: {err}"))
}
