//! From a text to the words that it is found by, in English, German and Russian.

use std::collections::HashMap;

use tantivy::tokenizer::{
    AsciiFoldingFilter, Language, LowerCaser, RawTokenizer, RemoveLongFilter, SimpleTokenizer,
    Stemmer, StopWordFilter, TextAnalyzer,
};

/// A longer word is none that anybody types.
const WORD_BYTES_MAX: usize = 80;
/// The words of a search that are looked for.
pub const QUERY_WORDS_MAX: usize = 8;
/// How many words keep their stems in memory.
const STEMS_KEPT_MAX: usize = 100_000;

/// Takes texts apart. For what the shop says it remembers stems, since that is the same words again
/// and again; what people type could be anything.
pub struct Words {
    plain: TextAnalyzer,
    /// Without the words that nobody looks for.
    telling: TextAnalyzer,
    english: TextAnalyzer,
    german: TextAnalyzer,
    russian: TextAnalyzer,
    stems: HashMap<String, Vec<String>>,
    remembers: bool,
}

impl Words {
    pub fn of_the_shop() -> Self {
        Words { remembers: true, ..Words::of_people() }
    }

    pub fn of_people() -> Self {
        let plain = || {
            TextAnalyzer::builder(SimpleTokenizer::default())
                .filter(RemoveLongFilter::limit(WORD_BYTES_MAX))
                .filter(LowerCaser)
        };
        let mut telling = plain().dynamic();
        for language in [Language::English, Language::German, Language::Russian] {
            if let Some(filter) = StopWordFilter::new(language) {
                telling = telling.filter_dynamic(filter);
            }
        }
        let stemmer = |language| {
            TextAnalyzer::builder(RawTokenizer::default()).filter(Stemmer::new(language)).build()
        };
        Words {
            plain: plain().filter(AsciiFoldingFilter).build(),
            telling: telling.filter_dynamic(AsciiFoldingFilter).build(),
            english: stemmer(Language::English),
            german: stemmer(Language::German),
            russian: stemmer(Language::Russian),
            stems: HashMap::new(),
            remembers: false,
        }
    }

    /// All words of a text: in lower case, and without their accents.
    pub fn all(&mut self, text: &str) -> Vec<String> {
        tokens(&mut self.plain, &base(text))
    }

    /// The words of a search: those that tell something, or all where none does.
    pub fn of_query(&mut self, text: &str) -> Vec<String> {
        let mut words = tokens(&mut self.telling, &base(text));
        if words.is_empty() {
            words = self.all(text);
        }
        words.truncate(QUERY_WORDS_MAX);
        words
    }

    /// What is left of a word without its endings; a word can have a stem in each language.
    pub fn stems(&mut self, word: &str) -> Vec<String> {
        if let Some(stems) = self.stems.get(word) {
            return stems.clone();
        }
        let mut stems = if word.chars().any(|it| ('а'..='я').contains(&it)) {
            tokens(&mut self.russian, word)
        } else {
            [tokens(&mut self.english, word), tokens(&mut self.german, word)].concat()
        };
        stems.dedup();
        if self.remembers && self.stems.len() < STEMS_KEPT_MAX {
            self.stems.insert(word.to_owned(), stems.clone());
        }
        stems
    }
}

fn tokens(analyzer: &mut TextAnalyzer, text: &str) -> Vec<String> {
    let (mut words, mut stream) = (Vec::new(), analyzer.token_stream(text));
    while let Some(token) = stream.next() {
        words.push(token.text.clone());
    }
    words
}

/// The text without what can be left out when it is typed: accents that stand apart from their
/// letter, and the dots of ё.
fn base(text: &str) -> String {
    let is_accent = |it: &char| ('\u{300}'..='\u{36F}').contains(it);
    let plain = |it| match it {
        'ё' | 'Ё' => 'е',
        other => other,
    };
    text.chars().filter(|it| !is_accent(it)).map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_the_same_in_each_of_its_forms() {
        let mut words = Words::of_the_shop();
        for (one, other) in [
            ("candles", "candle"),
            ("knitted", "knit"),
            ("Häuser", "Haus"),
            ("Tassen", "Tasse"),
            ("чашки", "чашка"),
            ("деревянного", "деревянный"),
        ] {
            let stems = [one, other].map(|it| {
                let word = words.all(it).remove(0);
                words.stems(&word)
            });
            assert!(stems[0].iter().any(|it| stems[1].contains(it)), "{one} {other}: {stems:?}");
        }
    }

    #[test]
    fn accents_and_cases_make_no_difference() {
        let mut words = Words::of_the_shop();
        for (text, plain) in [
            ("Crème Brûlée", "creme brulee"),
            ("cre\u{300}me", "creme"),
            ("Ёлка", "елка"),
            ("STRASSE 12-b", "strasse 12 b"),
        ] {
            assert_eq!(words.all(text).join(" "), plain);
        }
    }

    #[test]
    fn words_that_tell_nothing_are_not_looked_for_unless_there_are_no_others() {
        let mut words = Words::of_the_shop();
        assert_eq!(words.of_query("a bowl of oak"), ["bowl", "oak"]);
        assert_eq!(words.of_query("Kissen für das Sofa"), ["kissen", "sofa"]);
        assert_eq!(words.of_query("the"), ["the"]);
        assert_eq!(words.of_query(&"lamp ".repeat(50)).len(), QUERY_WORDS_MAX);
    }
}
