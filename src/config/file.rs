//! `rialto.toml`: a flat list. A key is the setting's name, `RIALTO_LISTEN`, or short, `listen`.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::{
    FILE, Problem, Setting,
    source::{Origin, SETTING_PREFIX},
};

/// What was found, and what is wrong.
type Read = (BTreeMap<&'static str, (String, Origin)>, Vec<Problem>);

/// The settings that a file's text holds.
pub fn read(text: &str) -> Read {
    let mut found = BTreeMap::new();
    let mut problems = Vec::new();
    let mut refuse = |name: &str, message: String| {
        problems.push(Problem { name: name.to_owned(), message });
    };
    let table = text.parse::<Table>().unwrap_or_else(|err| {
        refuse(FILE, syntax(text, &err));
        Table::new()
    });
    for (key, value) in &table {
        match (setting(key), text_of(value)) {
            (None, _) => refuse(key, format!("no such setting ({FILE})")),
            (Some(_), None) => refuse(key, format!("wants a text, number or list ({FILE})")),
            (Some(setting), Some(text)) => {
                if found.insert(setting.name, (text, Origin::File)).is_some() {
                    refuse(setting.name, format!("stands twice in {FILE}"));
                }
            }
        }
    }
    (found, problems)
}

/// The setting that a key means, in letters of any case.
fn setting(key: &str) -> Option<&'static Setting> {
    let name = key.to_ascii_uppercase();
    Setting::named(&name).or_else(|| Setting::named(&format!("{SETTING_PREFIX}{name}")))
}

/// A value as it would stand in the environment.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Boolean(true) => Some("on".to_owned()),
        Value::Boolean(false) => Some("off".to_owned()),
        Value::Array(members) => {
            let members: Option<Vec<String>> = members.iter().map(text_of).collect();
            Some(members?.join(","))
        }
        Value::Float(_) | Value::Datetime(_) | Value::Table(_) => None,
    }
}

/// What is wrong and where, without the line itself: it may hold a secret.
fn syntax(text: &str, err: &toml::de::Error) -> String {
    let before = err.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count().saturating_add(1);
    format!("line {line}: {}", err.message())
}
