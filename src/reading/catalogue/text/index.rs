//! The inverted index: which products have which words, kept by a search library in memory.

use tantivy::{
    Index, IndexReader, IndexWriter, ReloadPolicy, TantivyDocument, Term,
    schema::{
        FAST, Field, INDEXED, IndexRecordOption, STRING, Schema, TextFieldIndexing, TextOptions,
    },
    tokenizer::WhitespaceTokenizer,
};

use super::words::Words;
use crate::domain::{Error, catalogue::Product};

/// What the writer may gather before it makes a segment of it.
const HEAP_BYTES: usize = 32 << 20;
/// The name of the tokenizer of texts that have been taken apart already.
const SPACES: &str = "spaces";
/// How many words of a name are counted.
const LENGTH_MAX: usize = 63;

/// Where the words of a product stand.
#[derive(Debug, Clone, Copy)]
pub struct Fields {
    /// The slot, to delete by.
    slot: Field,
    /// The slot, and above its 32 bits the number of words of the name.
    mark: Field,
    /// All of the name, as one word.
    pub title: Field,
    pub name: Field,
    pub name_stems: Field,
    /// All else that it says.
    pub body: Field,
    pub body_stems: Field,
}

/// An index of products by their slots.
pub struct TextIndex {
    pub fields: Fields,
    writer: IndexWriter,
    pub reader: IndexReader,
}

impl TextIndex {
    /// An empty one.
    pub fn new() -> Result<Self, Error> {
        let mut schema = Schema::builder();
        let words = TextOptions::default().set_indexing_options(
            TextFieldIndexing::default()
                .set_tokenizer(SPACES)
                .set_fieldnorms(false)
                .set_index_option(IndexRecordOption::Basic),
        );
        let fields = Fields {
            slot: schema.add_u64_field("slot", INDEXED),
            mark: schema.add_u64_field("mark", FAST),
            title: schema.add_text_field("title", STRING),
            name: schema.add_text_field("name", words.clone()),
            name_stems: schema.add_text_field("name_stems", words.clone()),
            body: schema.add_text_field("body", words.clone()),
            body_stems: schema.add_text_field("body_stems", words),
        };
        let index = Index::create_in_ram(schema.build());
        index.tokenizers().register(SPACES, WhitespaceTokenizer::default());
        let writer = index.writer_with_num_threads(1, HEAP_BYTES).map_err(failed)?;
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into();
        Ok(TextIndex { fields, writer, reader: reader.map_err(failed)? })
    }

    /// What the product of `slot` says from now on, or that there is none; seen after a commit.
    pub fn set(
        &mut self,
        slot: u32,
        product: Option<&Product>,
        words: &mut Words,
    ) -> Result<(), Error> {
        self.writer.delete_term(Term::from_field_u64(self.fields.slot, slot.into()));
        if let Some(product) = product {
            let document = self.fields.document(slot, product, words);
            self.writer.add_document(document).map_err(failed)?;
        }
        Ok(())
    }

    /// Has searches find what was set.
    pub fn commit(&mut self) -> Result<(), Error> {
        self.writer.commit().map_err(failed)?;
        self.reader.reload().map_err(failed)
    }
}

impl Fields {
    fn document(self, slot: u32, product: &Product, words: &mut Words) -> TantivyDocument {
        let name = words.all(&product.name);
        let length = u64::try_from(name.len().min(LENGTH_MAX)).unwrap_or(0);
        let mut body = words.all(&product.description);
        let others = [product.category.name.as_str(), product.brand.as_deref().unwrap_or("")];
        let attributes = product.attributes.iter().flat_map(|(name, value)| {
            [name.clone(), value.to_string(), value.unit().unwrap_or("").to_owned()]
        });
        let variants = product.variants.iter();
        let variants = variants.flat_map(|it| {
            it.options.values().map(String::as_str).chain([it.sku.as_str(), it.name.as_str()])
        });
        for text in others.into_iter().map(str::to_owned).chain(attributes) {
            body.append(&mut words.all(&text));
        }
        for text in variants {
            body.append(&mut words.all(text));
        }
        body.sort_unstable();
        body.dedup();
        let mut document = TantivyDocument::new();
        document.add_u64(self.slot, slot.into());
        document.add_u64(self.mark, u64::from(slot) | length << 32);
        document.add_text(self.title, name.join(" "));
        document.add_text(self.name_stems, stems(&name, words));
        document.add_text(self.name, name.join(" "));
        document.add_text(self.body_stems, stems(&body, words));
        document.add_text(self.body, body.join(" "));
        document
    }
}

fn stems(all: &[String], words: &mut Words) -> String {
    let mut stems: Vec<String> = all.iter().flat_map(|word| words.stems(word)).collect();
    stems.sort_unstable();
    stems.dedup();
    stems.join(" ")
}

/// A fault of the index.
pub fn failed(err: impl Into<crate::domain::error::Cause>) -> Error {
    Error::internal("searching the catalogue")(err)
}
