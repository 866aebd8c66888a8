//! Finds products by words, and says how well they fit.
//!
//! Each word must be found: as it is, in another form, as the beginning of a longer word, or,
//! where that finds nothing at all, with one letter wrong. What fits better does not depend on
//! the other products, so that a page of a listing ends where the next one begins while products
//! come and go.

use std::sync::OnceLock;

use levenshtein_automata::{DFA, Distance, LevenshteinAutomatonBuilder, SINK_STATE};
use tantivy::{
    DocId, InvertedIndexReader, Searcher, SegmentReader, Term,
    postings::TermInfo,
    schema::{Field, IndexRecordOption},
};
use tantivy_fst::Automaton;

use super::index::{Fields, failed};
use crate::domain::Error;

/// A word of fewer letters is no beginning of another, in the name and elsewhere.
const PREFIX_CHARS_MIN: [usize; 2] = [2, 3];
/// How many longer words a beginning may stand for.
const PREFIX_WORDS_MAX: usize = 200;
/// A word of fewer letters has none wrong: too many other words are one letter from it.
const TYPO_CHARS_MIN: usize = 4;
/// How many words of a search may be mistyped: to look for what they could be goes through all words
/// of the shop.
const TYPOS_MAX: usize = 3;
/// What it counts that the whole name is what was searched for.
const WHOLE_NAME: u32 = 1 << 20;
/// What the shorter of two names counts more, for each word: less than any way of fitting.
const LENGTH_STEPS: u32 = 64;

/// How well a word fits: in the name and elsewhere.
const EXACT: [u8; 2] = [60, 20];
const STEM: [u8; 2] = [50, 16];
const PREFIX: [u8; 2] = [40, 12];
const TYPO: [u8; 2] = [30, 8];

/// A product that was found, by its slot, and how well it fits.
pub type Hit = (u32, u32);

/// A word that is looked for, and its forms.
pub struct Wanted {
    pub word: String,
    pub stems: Vec<String>,
}

/// The products that have all of `wanted`, in no order.
pub fn find(searcher: &Searcher, fields: Fields, wanted: &[Wanted]) -> Result<Vec<Hit>, Error> {
    let segments = searcher.segment_readers();
    let (mut fits, mut typos_left) = (Vec::with_capacity(wanted.len()), TYPOS_MAX);
    for word in wanted {
        fits.push(fit(segments, fields, word, &mut typos_left)?);
    }
    let title = wanted.iter().map(|it| it.word.as_str()).collect::<Vec<_>>().join(" ");
    let title = Term::from_field_text(fields.title, &title);
    let mut hits = Vec::new();
    for (at, segment) in segments.iter().enumerate() {
        let of_words: Vec<&Fit> = fits.iter().filter_map(|of| of.get(at)).collect();
        collect(segment, fields, &of_words, &title, &mut hits)?;
    }
    Ok(hits)
}

/// How well each document of a segment fits one word.
struct Fit {
    /// 0 where it doesn't.
    by_doc: Vec<u8>,
    /// Those that do, in no order.
    docs: Vec<DocId>,
}

impl Fit {
    fn new(segment: &SegmentReader) -> Self {
        let docs = usize::try_from(segment.max_doc()).unwrap_or(0);
        Fit { by_doc: vec![0; docs], docs: Vec::new() }
    }

    fn of(&self, doc: DocId) -> u8 {
        usize::try_from(doc).ok().and_then(|at| self.by_doc.get(at)).copied().unwrap_or(0)
    }

    /// All documents that have the term fit at least so well.
    fn add(&mut self, index: &InvertedIndexReader, term: &TermInfo, fits: u8) -> Result<(), Error> {
        let read = index.read_block_postings_from_terminfo(term, IndexRecordOption::Basic);
        let mut block = read.map_err(failed)?;
        while !block.docs().is_empty() {
            for doc in block.docs() {
                let at = usize::try_from(*doc).ok().and_then(|at| self.by_doc.get_mut(at));
                let Some(of) = at else { continue };
                if *of == 0 {
                    self.docs.push(*doc);
                }
                *of = fits.max(*of);
            }
            block.advance();
        }
        Ok(())
    }
}

fn fit(
    segments: &[SegmentReader],
    fields: Fields,
    wanted: &Wanted,
    typos_left: &mut usize,
) -> Result<Vec<Fit>, Error> {
    let mut fits: Vec<Fit> = segments.iter().map(Fit::new).collect();
    for (segment, fit) in segments.iter().zip(&mut fits) {
        known(segment, fields, wanted, fit)?;
    }
    let alive = |(fit, segment): (&Fit, &SegmentReader)| {
        fit.docs.iter().any(|doc| !segment.is_deleted(*doc))
    };
    let is_found = fits.iter().zip(segments).any(alive);
    let may_be_mistyped = wanted.word.chars().count() >= TYPO_CHARS_MIN && *typos_left > 0;
    if !is_found && may_be_mistyped {
        *typos_left = typos_left.saturating_sub(1);
        let typos = Typos(typos().build_dfa(&wanted.word));
        for (segment, fit) in segments.iter().zip(&mut fits) {
            for (field, fits) in [fields.name, fields.body].into_iter().zip(TYPO) {
                mistyped(segment, field, &typos, fits, fit)?;
            }
        }
    }
    Ok(fits)
}

/// Adds what has the word as it is, in another form, or as a beginning.
fn known(
    segment: &SegmentReader,
    fields: Fields,
    wanted: &Wanted,
    fit: &mut Fit,
) -> Result<(), Error> {
    let places = [(fields.name, fields.name_stems), (fields.body, fields.body_stems)];
    for (at, (field, stems)) in places.into_iter().enumerate() {
        let of = |fits: [u8; 2]| fits.get(at).copied().unwrap_or(0);
        let index = segment.inverted_index(field).map_err(failed)?;
        let term = |index: &InvertedIndexReader, text: &str| {
            index.terms().get(text.as_bytes()).map_err(failed)
        };
        if let Some(info) = term(&index, &wanted.word)? {
            fit.add(&index, &info, of(EXACT))?;
        }
        let letters = wanted.word.chars().count();
        if PREFIX_CHARS_MIN.get(at).is_some_and(|min| letters >= *min) {
            longer(&index, &wanted.word, of(PREFIX), fit)?;
        }
        let index = segment.inverted_index(stems).map_err(failed)?;
        for stem in &wanted.stems {
            if let Some(info) = term(&index, stem)? {
                fit.add(&index, &info, of(STEM))?;
            }
        }
    }
    Ok(())
}

/// Adds what has a word that begins with this one.
fn longer(
    index: &InvertedIndexReader,
    beginning: &str,
    fits: u8,
    fit: &mut Fit,
) -> Result<(), Error> {
    // No letter is above it.
    let end = format!("{beginning}\u{10FFFF}");
    let range = index.terms().range().gt(beginning.as_bytes()).lt(end.as_bytes());
    let mut words = range.into_stream().map_err(failed)?;
    let mut count = 0;
    while count < PREFIX_WORDS_MAX && words.advance() {
        fit.add(index, words.value(), fits)?;
        count += 1;
    }
    Ok(())
}

/// Adds what has a word that is one letter from this one.
fn mistyped(
    segment: &SegmentReader,
    field: Field,
    typos: &Typos,
    fits: u8,
    fit: &mut Fit,
) -> Result<(), Error> {
    let index = segment.inverted_index(field).map_err(failed)?;
    let mut words = index.terms().search(typos).into_stream().map_err(failed)?;
    while words.advance() {
        fit.add(&index, words.value(), fits)?;
    }
    Ok(())
}

/// Adds those of a segment that fit all words.
fn collect(
    segment: &SegmentReader,
    fields: Fields,
    words: &[&Fit],
    title: &Term,
    hits: &mut Vec<Hit>,
) -> Result<(), Error> {
    let Some(fewest) = words.iter().min_by_key(|fit| fit.docs.len()) else { return Ok(()) };
    let marks = segment.fast_fields().u64("mark").map_err(failed)?;
    let whole = titled(segment, fields, title)?;
    for doc in &fewest.docs {
        let fits = words.iter().map(|fit| u32::from(fit.of(*doc)));
        let sum = fits.clone().sum::<u32>();
        if segment.is_deleted(*doc) || fits.min() == Some(0) {
            continue;
        }
        let mark = marks.first(*doc).unwrap_or(0);
        let slot = u32::try_from(mark & u64::from(u32::MAX)).unwrap_or(0);
        let length = u32::try_from(mark >> 32).unwrap_or(0);
        let whole = if whole.contains(doc) { WHOLE_NAME } else { 0 };
        hits.push((slot, whole + sum * LENGTH_STEPS + LENGTH_STEPS - length));
    }
    Ok(())
}

/// The documents whose whole name it is.
fn titled(segment: &SegmentReader, fields: Fields, title: &Term) -> Result<Vec<DocId>, Error> {
    let mut whole = Fit::new(segment);
    let index = segment.inverted_index(fields.title).map_err(failed)?;
    if let Some(info) = index.get_term_info(title).map_err(failed)? {
        whole.add(&index, &info, 1)?;
    }
    Ok(whole.docs)
}

/// Words that are one letter too many, too few, another one, or two that changed places, from a word.
struct Typos(DFA);

fn typos() -> &'static LevenshteinAutomatonBuilder {
    static TYPOS: OnceLock<LevenshteinAutomatonBuilder> = OnceLock::new();
    TYPOS.get_or_init(|| LevenshteinAutomatonBuilder::new(1, true))
}

impl Automaton for &Typos {
    type State = u32;

    fn start(&self) -> u32 {
        self.0.initial_state()
    }

    fn is_match(&self, state: &u32) -> bool {
        matches!(self.0.distance(*state), Distance::Exact(_))
    }

    fn can_match(&self, state: &u32) -> bool {
        *state != SINK_STATE
    }

    fn accept(&self, state: &u32, byte: u8) -> u32 {
        self.0.transition(*state, byte)
    }
}
