//! `rialto config`: what the settings are, and where each comes from.

use super::{Failure, say};
use crate::config::{Config, SETTINGS, Texts, example};

/// Prints the settings of this process, or what `.env.example` holds.
pub fn run(print_example: bool) -> Result<(), Failure> {
    if print_example {
        return Ok(say(example().trim_end())?);
    }
    let (_, texts) = Config::load()?;
    Ok(say(table(&texts))?)
}

/// One line for each setting, secrets masked, in columns as wide as their longest entry.
fn table(texts: &Texts) -> String {
    let rows: Vec<[String; 3]> = SETTINGS
        .iter()
        .filter_map(|setting| {
            let (text, origin) = texts.get(setting.name)?;
            let shown = setting.show(text);
            let shown = if shown.is_empty() { "-".to_owned() } else { shown };
            Some([setting.name.to_owned(), shown, origin.to_string()])
        })
        .collect();
    let width = |text: fn(&[String; 3]) -> &String| {
        rows.iter().map(|row| text(row).chars().count()).max().unwrap_or(0)
    };
    let (names, values) = (width(|[name, ..]| name), width(|[_, value, _]| value));
    let lines = rows
        .iter()
        .map(|[name, value, origin]| format!("{name:names$}  {value:values$}  {origin}"));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_line_for_each_setting_and_no_secret() {
        let given = [
            ("RIALTO_JWT_SECRET".into(), "s3cret".into()),
            ("DATABASE_URL".into(), "postgres://ada:s3cret@db/shop".into()),
        ];
        let (_, texts) = Config::read(given, Some("redis_url = 'redis://:s3cret@cache'")).unwrap();

        let table = table(&texts);

        assert_eq!(table.lines().count(), SETTINGS.len());
        assert!(!table.contains("s3cret"), "{table}");
        assert!(table.contains("postgres://ada:***@db/shop"), "{table}");
    }
}
