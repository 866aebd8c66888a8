//! Where settings are written: the environment, then the file, then the defaults.

use std::{collections::BTreeMap, ffi::OsString, fmt};

use super::{FILE, Problem, SETTINGS, Setting, file};

/// What the names of our settings begin with; those that others share do not.
pub const SETTING_PREFIX: &str = "RIALTO_";

/// Where a setting was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    Environment,
    File,
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Origin::Environment => "environment",
            Origin::File => FILE,
            Origin::Default => "default",
        })
    }
}

/// The text of each setting, and where it was found. It holds secrets.
pub struct Texts(BTreeMap<&'static str, (String, Origin)>);

impl Texts {
    /// Finds all settings. What is not one, and what is not text, is a problem.
    pub(super) fn gather(
        variables: impl IntoIterator<Item = (OsString, OsString)>,
        file: Option<&str>,
    ) -> (Self, Vec<Problem>) {
        let (mut found, mut problems) = file::read(file.unwrap_or_default());
        for (name, text) in variables {
            // What has no text for a name cannot be meant for us.
            let Some(name) = name.to_str() else { continue };
            match (Setting::named(name), text.into_string()) {
                (Some(setting), Ok(text)) => {
                    found.insert(setting.name, (text, Origin::Environment));
                }
                (Some(_), Err(_)) => problems.push(problem(name, "wants text in UTF-8")),
                (None, _) if name.starts_with(SETTING_PREFIX) => {
                    problems.push(problem(name, "no such setting"));
                }
                (None, _) => {}
            }
        }
        let texts = Texts(found).filled();
        (texts, problems)
    }

    /// With the defaults of what was not found.
    fn filled(mut self) -> Self {
        let by_default = Setting::named("RIALTO_DATA_DIR").map_or("", |setting| setting.default);
        let data_dir = self.get("RIALTO_DATA_DIR").map_or(by_default, |(text, _)| text).to_owned();
        for setting in SETTINGS {
            self.0.entry(setting.name).or_insert_with(|| {
                (setting.default.replace("<data dir>", &data_dir), Origin::Default)
            });
        }
        self
    }

    /// The text of a setting as it was written, secret or not.
    pub fn get(&self, name: &str) -> Option<(&str, Origin)> {
        self.0.get(name).map(|(text, origin)| (text.as_str(), *origin))
    }
}

fn problem(name: &str, message: &str) -> Problem {
    Problem { name: name.to_owned(), message: message.to_owned() }
}
