//! A JSON text as it is sent: encoded once, and compressed once for those who want that.

use std::{
    io::{Read, Write},
    sync::OnceLock,
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::domain::Error;

/// A text shorter than this is not worth its compression.
const WORTH_BYTES: usize = 1_024;
/// Of 11: above it brotli takes ten times as long for a twentieth less.
const BROTLI_QUALITY: u32 = 5;
const BROTLI_WINDOW: u32 = 20;
/// How many bytes of a digest tell two texts apart.
const TAG_BYTES: usize = 16;

/// How a text is compressed, in the words of `Content-Encoding`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    Gzip,
    Brotli,
}

/// A JSON text that is sent again and again.
#[derive(Debug)]
pub struct Encoded {
    plain: Bytes,
    tag: String,
    gzip: OnceLock<Bytes>,
    brotli: OnceLock<Bytes>,
}

impl Encoded {
    pub fn of(value: &impl Serialize) -> Result<Self, Error> {
        let json = serde_json::to_vec(value).map_err(Error::internal("writing JSON"))?;
        Ok(Encoded {
            tag: tag([json.as_slice()]),
            plain: json.into(),
            gzip: OnceLock::new(),
            brotli: OnceLock::new(),
        })
    }

    pub fn plain(&self) -> &Bytes {
        &self.plain
    }

    /// What tells this text from any other that stands under the same address.
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// The text compressed; none where that isn't worth it.
    pub fn compressed(&self, coding: Coding) -> Option<Bytes> {
        if self.plain.len() < WORTH_BYTES {
            return None;
        }
        let kept = match coding {
            Coding::Gzip => &self.gzip,
            Coding::Brotli => &self.brotli,
        };
        if let Some(bytes) = kept.get() {
            return Some(bytes.clone());
        }
        let compressed = match coding {
            Coding::Gzip => gzip(&self.plain),
            Coding::Brotli => brotli(&self.plain),
        };
        let bytes = compressed.ok()?; // What cannot be compressed is sent as it is.
        Some(kept.get_or_init(|| bytes.into()).clone())
    }
}

/// A tag of what `parts` say together.
pub fn tag<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part);
    }
    let digest = digest.finalize();
    BASE64_URL_SAFE_NO_PAD.encode(digest.iter().copied().take(TAG_BYTES).collect::<Vec<u8>>())
}

fn gzip(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain)?;
    encoder.finish()
}

fn brotli(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut compressed = Vec::new();
    brotli::CompressorReader::new(plain, WORTH_BYTES, BROTLI_QUALITY, BROTLI_WINDOW)
        .read_to_end(&mut compressed)?;
    Ok(compressed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_reads_back_from_what_was_compressed() {
        let text = Encoded::of(&vec!["the same again"; 200]).unwrap();

        let (mut gzip, mut brotli) = (Vec::new(), Vec::new());
        let compressed = text.compressed(Coding::Gzip).unwrap();
        flate2::read::GzDecoder::new(&*compressed).read_to_end(&mut gzip).unwrap();
        let compressed = text.compressed(Coding::Brotli).unwrap();
        brotli::Decompressor::new(&*compressed, 4096).read_to_end(&mut brotli).unwrap();

        assert_eq!((&gzip, &brotli), (&text.plain().to_vec(), &text.plain().to_vec()));
        assert!(compressed.len() < text.plain().len() / 10);
    }

    #[test]
    fn it_is_compressed_once_and_only_where_that_pays() {
        let (long, short) = (Encoded::of(&"x".repeat(2_000)), Encoded::of(&"x"));
        let (long, short) = (long.unwrap(), short.unwrap());

        let twice =
            [long.compressed(Coding::Gzip).unwrap(), long.compressed(Coding::Gzip).unwrap()];

        assert_eq!(twice[0].as_ptr(), twice[1].as_ptr());
        assert_eq!(short.compressed(Coding::Gzip), None);
    }

    #[test]
    fn another_text_has_another_tag() {
        let tags = [Encoded::of(&1), Encoded::of(&2), Encoded::of(&1)].map(|it| it.unwrap().tag);
        assert_ne!(tags[0], tags[1]);
        assert_eq!(tags[0], tags[2]);
    }
}
