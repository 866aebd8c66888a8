//! HTML that others wrote: what of it is harmless, and its words.
//!
//! `ammonia` decides what stays, by its own list of what does no harm: no scripts, styles, frames,
//! forms or handlers, neither SVG nor formulas, and links of known schemes only.

use std::sync::LazyLock;

use ammonia::Builder;
use html5ever::{
    tendril::StrTendril,
    tokenizer::{
        BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
    },
};

use crate::domain::catalogue::import::Description;

/// How often a body is cleaned until nothing changes any more: what a browser reads is then what
/// was looked at. A second time is nearly always enough.
const PASSES_MAX: usize = 5;

/// How many elements a reader of HTML may have to make up: at each new block those are repeated that
/// were opened for good, like `<b>`, so that a short text can come to millions of them.
const REPEATED_MAX: usize = 20_000;
/// What a tag opens that goes on in the blocks after it until it is closed (HTML, 13.2.4.3).
const FORMATTING: [&str; 15] = [
    "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt",
    "u", "mark",
];

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::default();
    builder.add_clean_content_tags(["template", "title"]);
    builder
});

/// What a body says: its markup as far as it is harmless, and its words. A body without a tag is
/// plain text, and keeps its lines.
pub fn describe(body: &str) -> Description {
    if swells(body) {
        return Description { text: words(body, Page::default()), html: None };
    }
    let (html, is_settled) = harmless(body);
    if !html.contains('<') {
        return Description { text: words(&html, Page::plain()), html: None };
    }
    let text = words(&html, Page::default());
    // Markup around nothing, like an empty paragraph, says nothing.
    let shows = !text.is_empty() || html.contains("<img");
    Description { text, html: (shows && is_settled).then_some(html) }
}

/// The text as HTML, from which [`describe`] makes the same text.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// What is left of a body, and whether a browser would read it so: where no number of passes leaves
/// it as it is, it was made to be read in two ways.
fn harmless(body: &str) -> (String, bool) {
    let mut html = CLEANER.clean(body.trim()).to_string();
    for _ in 1..PASSES_MAX {
        let again = CLEANER.clean(html.trim()).to_string();
        if again == html {
            return (html, true);
        }
        html = again;
    }
    (html, false)
}

/// Whether a reader of `body` would have to make up more elements than is reasonable. Nothing of it
/// is read as HTML then: its tags are counted alone.
fn swells(body: &str) -> bool {
    let counts = tokenized(body, Counts::default());
    counts.open_max.saturating_mul(counts.all) > REPEATED_MAX
}

/// The tags of a text.
#[derive(Default)]
struct Counts {
    all: usize,
    open: usize,
    /// The most formatting tags that stood open at once.
    open_max: usize,
}

impl TokenSink for Counts {
    type Handle = ();

    fn process_token(&mut self, token: Token, _: u64) -> TokenSinkResult<()> {
        if let Token::TagToken(tag) = token {
            self.all = self.all.saturating_add(1);
            if FORMATTING.contains(&&*tag.name) {
                match tag.kind {
                    TagKind::StartTag => self.open = self.open.saturating_add(1),
                    TagKind::EndTag => self.open = self.open.saturating_sub(1),
                }
                self.open_max = self.open_max.max(self.open);
            }
        }
        TokenSinkResult::Continue
    }
}

/// The words of harmless HTML.
fn words(html: &str, page: Page) -> String {
    tokenized(html, page).text.trim().to_owned()
}

/// The sink after all tokens of `html`.
fn tokenized<S: TokenSink>(html: &str, sink: S) -> S {
    let mut input = BufferQueue::new();
    input.push_back(StrTendril::from(html));
    let mut tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    // Only a script could stop it.
    let _ = tokenizer.feed(&mut input);
    tokenizer.end();
    tokenizer.sink
}

/// Elements that begin a line of their own.
const BLOCKS: [&str; 23] = [
    "article",
    "aside",
    "blockquote",
    "br",
    "center",
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
    "pre",
    "table",
    "tr",
    "ul",
];

/// The text so far: a line for each block, with blanks drawn together.
#[derive(Default)]
struct Page {
    text: String,
    gap: Gap,
    /// Whether blanks and lines are kept as they are.
    is_plain: bool,
}

/// What stands between the text so far and the next word.
#[derive(Default, Clone, Copy, PartialEq)]
enum Gap {
    #[default]
    None,
    Blank,
    Line,
}

impl TokenSink for Page {
    type Handle = ();

    fn process_token(&mut self, token: Token, _: u64) -> TokenSinkResult<()> {
        match token {
            Token::CharacterTokens(text) => text.chars().for_each(|c| self.put(c)),
            Token::TagToken(Tag { name, .. }) if BLOCKS.contains(&&*name) => self.gap = Gap::Line,
            Token::TagToken(Tag { name, .. }) if matches!(&*name, "td" | "th") => self.put(' '),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl Page {
    fn plain() -> Self {
        Page { is_plain: true, ..Page::default() }
    }

    fn put(&mut self, c: char) {
        if self.is_plain {
            self.text.extend((!c.is_control() || matches!(c, '\n' | '\t')).then_some(c));
        } else if c.is_whitespace() {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn text(html: &str) -> String {
        describe(html).text
    }

    #[test]
    fn tags_go_and_blocks_become_lines() {
        for (html, said) in [
            ("<p>Classic <b>blown</b> clay\n pot</p>", "Classic blown clay pot"),
            ("<h2>Care</h2><ul><li>Wipe</li><li>Oil</li></ul>", "Care\nWipe\nOil"),
            ("one<br/>two<BR>three", "one\ntwo\nthree"),
            ("<table><tr><td>Width</td><td>80 cm</td></tr></table>", "Width 80 cm"),
            ("<p></p><div> </div>", ""),
            ("<a title=\"5 > 4\" href='x'>link</a>", "link"),
        ] {
            assert_eq!(text(html), said, "{html}");
        }
        assert_eq!(describe("<p></p>").html, None);
    }

    /// A reader of HTML opens all of the unclosed tags again in each paragraph: tens of millions.
    #[test]
    fn a_text_that_would_swell_is_taken_as_its_words() {
        let open: String = (0..3_000).map(|number| format!("<b title={number}>")).collect();
        let body = format!("<p>{open}{}", "<p>x".repeat(5_000));

        let description = describe(&body);

        assert_eq!(description.html, None);
        assert_eq!(description.text.lines().count(), 5_000);
        let usual = format!("<p>{}</p>", "<b>bold</b> and <i>slanted</i> ".repeat(500));
        assert!(describe(&usual).html.is_some());
    }

    #[test]
    fn a_body_without_a_tag_is_plain_text_and_keeps_its_lines() {
        for (body, said) in [
            (" for tables of < 80 cm & more ", "for tables of < 80 cm & more"),
            ("one\r\n\r\n  two", "one\n\n  two"),
            ("Salt &amp; pepper &#8211; &#x2603; &eacute;", "Salt & pepper – ☃ é"),
            ("&lt;script&gt; &amp;lt;", "<script> &lt;"),
            ("a\u{8}b", "ab"),
        ] {
            let described = describe(body);
            assert_eq!((described.text.as_str(), &described.html), (said, &None), "{body}");
            assert_eq!(describe(&escaped(said)), described, "{body}");
        }
    }

    #[test]
    fn nothing_that_runs_or_is_unseen_stays() {
        for (body, html) in [
            ("<p>a<script>alert('<b>')</script>b</p>", "<p>ab</p>"),
            ("<p>a<STYLE type='x'>p > b { }</Style >b</p>", "<p>ab</p>"),
            ("<p onclick=x style='color:red' id=y>a</p>", "<p>a</p>"),
            ("<p>a<!-- <p>no</p> --><?php no ?>b</p>", "<p>ab</p>"),
            ("<b>a</b><iframe src=x></iframe><form><input></form>", "<b>a</b>"),
            ("<i>a</i><svg><script>x</script></svg><title>t</title>", "<i>a</i>"),
            ("<i>a<template><b>x</b></template></i>", "<i>a</i>"),
            ("<a href='javascript:x'>a</a>", "<a rel=\"noopener noreferrer\">a</a>"),
            ("<p>never <b>ends", "<p>never <b>ends</b></p>"),
        ] {
            assert_eq!(describe(body).html.as_deref(), Some(html), "{body}");
        }
    }

    #[test]
    fn what_was_cleaned_is_clean() {
        for body in [
            "<pre>\n\n\nlines</pre>",
            "<table><b>out</b><tr><td>in</td></tr></table>",
            "<a href=x>one<a href=y>two</a></a>",
            "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
            "<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">",
            "<b><p>a</b>b</p>",
        ] {
            let once = describe(body);
            let again = describe(once.html.as_deref().unwrap_or(&escaped(&once.text)));
            assert_eq!(again, once, "{body}");
            assert!(!once.html.unwrap_or_default().contains("onerror"), "{body}");
        }
    }

    #[test]
    fn a_long_text_of_beginnings_ends_soon() {
        for piece in ["<", "&", "<!--", "<a ", "</", "&#", "<b>", "<p>"] {
            let text = describe(&piece.repeat(100_000 / piece.len())).text;
            assert!(text.len() <= 400_000);
        }
    }
}
