//! The words of a piece of HTML.
//!
//! A stopgap: it keeps no markup, and the import of whole catalogues will bring a sanitiser that
//! keeps what is harmless. What comes out is text, which pages escape like any other: decoded
//! entities may well spell a tag.

/// The longest entity that is decoded, in bytes, with its semicolon.
const ENTITY_BYTES_MAX: usize = 10;

/// Elements that begin a line of their own.
const BLOCKS: [&str; 21] = [
    "article",
    "blockquote",
    "br",
    "dd",
    "div",
    "dl",
    "dt",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "ol",
    "p",
    "section",
    "table",
    "tr",
    "ul",
];
/// Elements whose content nobody reads.
const UNSEEN: [&str; 4] = ["script", "style", "template", "title"];

/// The text between the tags, a line for each block, with blanks drawn together. Takes time in
/// proportion to the length; of a tag or comment that does not end, nothing is kept.
pub fn plain_text(html: &str) -> String {
    let mut page = Page::default();
    let mut unseen: Option<&str> = None;
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        if unseen.is_none() {
            page.write(before);
        }
        if let Some(comment) = after.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        if !after.starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c)) {
            if unseen.is_none() {
                page.put('<');
            }
            rest = after;
            continue;
        }
        let (tag, after) = split_tag(after);
        let name = name(tag);
        match unseen {
            Some(open) if tag.starts_with('/') && name == open => unseen = None,
            Some(_) => {}
            None if !tag.starts_with('/') => {
                unseen = UNSEEN.into_iter().find(|it| *it == name);
            }
            None => {}
        }
        if BLOCKS.contains(&name.as_str()) {
            page.gap = Gap::Line;
        }
        rest = after;
    }
    if unseen.is_none() {
        page.write(rest);
    }
    page.text
}

/// A tag up to its `>`, which an attribute's value may have inside its quotes, and what follows.
fn split_tag(text: &str) -> (&str, &str) {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '>') => {
                let (tag, after) = text.split_at_checked(at).unwrap_or((text, ""));
                return (tag, after.strip_prefix('>').unwrap_or(after));
            }
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
    }
    (text, "")
}

fn name(tag: &str) -> String {
    let name = tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric);
    name.map(|c| c.to_ascii_lowercase()).collect()
}

#[derive(Default)]
struct Page {
    text: String,
    gap: Gap,
}

/// What stands between the text so far and the next word.
#[derive(Default, Clone, Copy, PartialEq)]
enum Gap {
    #[default]
    None,
    Blank,
    Line,
}

impl Page {
    /// Text between two tags, with its entities.
    fn write(&mut self, text: &str) {
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('&') {
            before.chars().for_each(|c| self.put(c));
            let (c, after) = entity(after).unwrap_or(('&', after));
            self.put(c);
            rest = after;
        }
        rest.chars().for_each(|c| self.put(c));
    }

    fn put(&mut self, c: char) {
        if c.is_whitespace() {
            if self.gap == Gap::None {
                self.gap = Gap::Blank;
            }
        } else if !c.is_control() {
            match self.gap {
                _ if self.text.is_empty() => {}
                Gap::None => {}
                Gap::Blank => self.text.push(' '),
                Gap::Line => self.text.push('\n'),
            }
            self.gap = Gap::None;
            self.text.push(c);
        }
    }
}

/// The character that an entity stands for, and what follows it; `None` where it is none that is
/// known, and the `&` stands for itself.
fn entity(text: &str) -> Option<(char, &str)> {
    let end = text.bytes().take(ENTITY_BYTES_MAX).position(|byte| byte == b';')?;
    let (name, after) = text.split_at_checked(end)?;
    let c = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" | "ldquo" | "rdquo" => '"',
        "apos" | "lsquo" | "rsquo" => '\'',
        "nbsp" => ' ',
        "ndash" => '–',
        "mdash" => '—',
        "hellip" => '…',
        "bull" => '•',
        "deg" => '°',
        "times" => '×',
        "euro" => '€',
        "copy" => '©',
        "reg" => '®',
        "trade" => '™',
        _ => numbered(name.strip_prefix('#')?)?,
    };
    Some((c, after.strip_prefix(';')?))
}

fn numbered(number: &str) -> Option<char> {
    let code = match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16).ok()?, // `None` says it
        None => number.parse().ok()?,                          // likewise
    };
    char::from_u32(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_go_and_blocks_become_lines() {
        for (html, text) in [
            ("<p>Classic <b>blown</b> clay\n pot</p>", "Classic blown clay pot"),
            ("<h2>Care</h2><ul><li>Wipe</li><li>Oil</li></ul>", "Care\nWipe\nOil"),
            ("one<br/>two<BR>three", "one\ntwo\nthree"),
            ("  plain \u{a0} text ", "plain text"),
            ("<p></p><div> </div>", ""),
            ("<a title=\"5 > 4\" href='x'>link</a>", "link"),
            ("for tables of < 80 cm & more", "for tables of < 80 cm & more"),
        ] {
            assert_eq!(plain_text(html), text, "{html}");
        }
    }

    #[test]
    fn nothing_that_runs_or_is_unseen_stays() {
        for (html, text) in [
            ("a<script>alert('<b>')</script>b", "ab"),
            ("a<STYLE type='x'>p > b { }</Style >b", "ab"),
            ("a<!-- <p>no</p> -->b<!doctype html>c<?php no ?>d", "abcd"),
            ("a<img src=x onerror=alert(1)>b", "ab"),
            ("a<script>never ends", "a"),
            ("a<!-- never ends <p>b</p>", "a"),
            ("a<p class=\"never ends", "a"),
            ("a\u{0}\u{8}b", "ab"),
        ] {
            assert_eq!(plain_text(html), text, "{html}");
        }
    }

    #[test]
    fn entities_are_decoded_once() {
        for (html, text) in [
            ("Salt &amp; pepper &#8211; &#x2603;", "Salt & pepper – ☃"),
            ("&lt;script&gt;", "<script>"),
            ("&amp;lt;", "&lt;"),
            ("&unknown; &; & &#xD800; &#99999999;", "&unknown; &; & &#xD800; &#99999999;"),
            ("caf&eacute", "caf&eacute"),
        ] {
            assert_eq!(plain_text(html), text, "{html}");
        }
    }

    #[test]
    fn a_long_text_of_beginnings_ends_soon() {
        for piece in ["<", "&", "<!--", "<a ", "</", "&#"] {
            assert!(plain_text(&piece.repeat(200_000)).len() <= 400_000);
        }
    }
}
