//! Rust as text: what is code in it, what is comment or string, and which paths it names.

/// The code alone: comments, strings and characters are blanks, so that what they say isn't
/// mistaken for code. Lines stay where they are.
pub fn code(text: &str) -> String {
    blank(text, |kind| kind == Kind::Code)
}

/// The code with its strings.
pub fn uncommented(text: &str) -> String {
    blank(text, |kind| kind != Kind::Comment)
}

/// `code` without any white space, to find what the formatter may break over lines.
pub fn dense(code: &str) -> String {
    code.split_whitespace().collect()
}

/// Whether `name` stands in `code` as a whole word, or a path of words.
pub fn names(code: &str, name: &str) -> bool {
    occurrences(code, name).next().is_some()
}

/// What follows each occurrence of `name` as a whole word.
pub fn occurrences<'a>(code: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    code.match_indices(name).filter_map(move |(at, _)| {
        let after = &code[at + name.len()..];
        let word_ends = !name.ends_with(is_word) || !after.starts_with(is_word);
        (!code[..at].ends_with(is_word) && word_ends).then_some(after)
    })
}

/// The first names after each `prefix` (as `crate::`), in groups too: `crate::{a::b, c}` names
/// a and c.
pub fn heads(code: &str, prefix: &str) -> Vec<String> {
    let mut found = Vec::new();
    for after in occurrences(code, prefix) {
        match after.trim_start().strip_prefix('{') {
            Some(group) => found.extend(members(group)),
            None => found.extend(word(after)),
        }
    }
    found.retain(|name| name != "self");
    found
}

/// The first words of the members of a group, of which the opening brace is gone.
fn members(group: &str) -> Vec<String> {
    let mut depth = 1;
    let mut found = Vec::new();
    let mut begins = true;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => begins = true,
            _ if begins && is_word(c) => {
                found.extend(word(&group[at..]));
                begins = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    found
}

fn word(text: &str) -> Option<String> {
    let word: String = text.trim_start().chars().take_while(|c| is_word(*c)).collect();
    (!word.is_empty()).then_some(word)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Comment,
    Text,
}

fn blank(text: &str, keep: impl Fn(Kind) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let (kind, length) = token(&text[at..], text[..at].ends_with(is_word));
        let part = &text[at..at + length];
        if keep(kind) {
            out.push_str(part);
        } else {
            out.extend(part.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        }
        at += length;
    }
    out
}

/// The kind of what `rest` begins with, and its length in bytes.
fn token(rest: &str, in_word: bool) -> (Kind, usize) {
    let first = rest.chars().next().map_or(0, char::len_utf8);
    if rest.starts_with("//") {
        (Kind::Comment, rest.find('\n').unwrap_or(rest.len()))
    } else if rest.starts_with("/*") {
        (Kind::Comment, block_comment(rest))
    } else if rest.starts_with('"') {
        (Kind::Text, string(rest))
    } else if let Some(length) = raw_string(rest).filter(|_| !in_word) {
        (Kind::Text, length)
    } else if let Some(length) = character(rest) {
        (Kind::Text, length)
    } else {
        (Kind::Code, first)
    }
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

fn string(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

fn raw_string(rest: &str) -> Option<usize> {
    let body = ["r", "br", "cr"].iter().find_map(|prefix| rest.strip_prefix(prefix))?;
    let hashes = body.len() - body.trim_start_matches('#').len();
    let quoted = body[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let before = rest.len() - quoted.len();
    Some(quoted.find(&end).map_or(rest.len(), |at| before + at + end.len()))
}

/// A character, and not a lifetime.
fn character(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('\'')?;
    if inner.starts_with('\\') {
        return inner[2..].find('\'').map(|at| at + 4);
    }
    let first = inner.chars().next()?.len_utf8();
    inner[first..].starts_with('\'').then_some(first + 2)
}

#[test]
fn comments_and_strings_are_no_code() {
    let text = "a(); // b\n/* c /* d */ e */ f(\"g \\\" h\", r#\"i \" j\"#, 'k', '\\'', b\"l\");";
    let seen: Vec<String> =
        code(text).split(|c| !is_word(c)).filter(|it| !it.is_empty()).map(Into::into).collect();
    assert_eq!(seen, ["a", "f", "b"]);
    assert!(uncommented(text).contains("i \" j") && !uncommented(text).contains("e */"));
}

#[test]
fn a_lifetime_opens_no_character_and_lines_stay() {
    let text = "fn f<'a>(x: &'a str) -> &'a str {\n    x // '\n}\n";
    assert!(code(text).contains("&'a str {\n    x"));
    assert_eq!(code(text).lines().count(), text.lines().count());
}

#[test]
fn paths_are_found_alone_and_in_groups() {
    let text = "use crate::{\n    http::{self, extract},\n    store,\n    ws as w,\n};\n\
                fn f() { crate::bus::relay::run(); mycrate::app::x(); $crate::cache::y() }";
    assert_eq!(heads(text, "crate::"), ["http", "store", "ws", "bus", "cache"]);
}

#[test]
fn a_word_is_found_whole() {
    assert!(names("use diesel::prelude::*;", "diesel"));
    assert!(!names("use diesel_migrations::x;", "diesel"));
    assert!(!names("undiesel", "diesel"));
    assert_eq!(dense("self\n    .store\n    .write(x)"), "self.store.write(x)");
}
