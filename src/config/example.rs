//! `.env.example`: every setting with its default and its meaning.

use super::{SETTINGS, Setting, Texts};

/// The longest line of a comment, in characters.
const WIDTH: usize = 96;

/// The text of `.env.example`.
pub fn example() -> String {
    let (defaults, _) = Texts::gather([], None);
    let settings: Vec<String> = SETTINGS.iter().map(|setting| entry(setting, &defaults)).collect();
    let head = "# Every setting of Rialto, with its default; made by `rialto config --example`.\n\
                # They come from the environment, then from rialto.toml, then from these defaults.\n";
    format!("{head}\n{}", settings.join("\n"))
}

fn entry(setting: &Setting, defaults: &Texts) -> String {
    let default = defaults.get(setting.name).map_or("", |(text, _)| text);
    let mut words = setting.meaning.trim().to_owned();
    if !setting.is_used() {
        words.push_str(". Not used yet");
    }
    format!("{}#{}={}\n", comment(&words), setting.name, default)
}

/// The words in lines that each begin with `# `.
fn comment(words: &str) -> String {
    let mut lines = String::new();
    let mut line = String::from("#");
    for word in words.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push_str(&line);
            lines.push('\n');
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    lines + &line + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_that_ships_lists_exactly_the_settings() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/.env.example");
        let shipped = std::fs::read_to_string(path).unwrap();
        assert_eq!(shipped, example(), "run: rialto config --example > .env.example");
    }
}
