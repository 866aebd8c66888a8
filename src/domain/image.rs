//! The pictures of the catalogue: what is taken, what is kept, and the widths they are shown in.

use std::{fmt, str::FromStr};

use bytes::Bytes;
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use super::{Error, hex::hex, words::words};

/// The largest file that is taken.
pub const UPLOAD_BYTES_MAX: usize = 10 << 20;
/// The largest file that is kept: what was taken with a loss and is kept without one has grown. It is
/// the most that the cache holds of one image, so that many who read slowly share one copy.
pub const KEPT_BYTES_MAX: usize = 8 << 20;
/// The longest side, in pixels: longer ones are strips, or a bomb.
pub const SIDE_MAX: u32 = 12_000;
/// The most pixels: what cameras of 24 megapixels make. At most 8 bytes are needed for each.
pub const PIXELS_MAX: u64 = 25_000_000;
/// The largest width that can be asked for, in pixels; none larger was ever taken.
pub const WIDTH_ASKED_MAX: u16 = 16_384;

/// The name of an image: the SHA-256 of the bytes that are kept of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, utoipa::ToSchema)]
#[serde(into = "String")]
#[schema(value_type = String, pattern = "^[0-9a-f]{64}$")]
pub struct ImageKey([u8; 32]);

impl ImageKey {
    pub fn of(bytes: &[u8]) -> Self {
        ImageKey(Sha256::digest(bytes).into())
    }

    /// Where the image is served, below the server's root.
    pub fn url(self) -> String {
        format!("/api/v1/images/{self}")
    }

    /// The first half of the key, as a UUID of version 8: its name where all names are UUIDs.
    pub fn uuid(self) -> Uuid {
        let (halves, _) = self.0.as_chunks();
        Builder::from_custom_bytes(halves.first().copied().unwrap_or_default()).into_uuid()
    }
}

impl fmt::Display for ImageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for ImageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<ImageKey> for String {
    fn from(key: ImageKey) -> String {
        key.to_string()
    }
}

/// Only 64 hex digits in lower case name an image: it has one URL, so that caches hold it once.
impl FromStr for ImageKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let digit = |digit: u8| match digit {
            b'0'..=b'9' => Some(digit - b'0'),
            b'a'..=b'f' => Some(digit - b'a' + 10),
            _ => None,
        };
        let (pairs, rest) = text.as_bytes().as_chunks();
        let byte = |&[high, low]: &[u8; 2]| Some(digit(high)? << 4 | digit(low)?);
        let bytes: Option<Vec<u8>> = pairs.iter().map(byte).collect();
        let key = bytes.filter(|_| rest.is_empty()).and_then(|it| it.try_into().ok()); // no key
        key.map(ImageKey).ok_or(Error::NotFound("image"))
    }
}

/// What is taken, whatever its name or its sender says that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Jpeg,
    Png,
    Webp,
    Gif,
}

impl Format {
    /// How many bytes tell what a file is.
    pub const SNIFFED: usize = 12;

    /// What begins with `head`.
    pub fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0xFF, 0xD8, 0xFF, ..] => Some(Format::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some(Format::Png),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Format::Webp),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Format::Gif),
            _ => None,
        }
    }
}

words! {
    /// What an image is kept and served as.
    #[schema(as = ImageKind)]
    Kind {
        Jpeg = "image/jpeg",
        Png = "image/png",
        Webp = "image/webp",
    }
}

/// The bytes of an image, as they are served; copies share them.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageFile {
    pub kind: Kind,
    pub bytes: Bytes,
}

/// An image as it is to be kept: upright, and with nothing in it but its pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    pub key: ImageKey,
    pub width: i32,
    pub height: i32,
    pub file: ImageFile,
}

/// An image that was uploaded, as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = UploadedImage)]
pub struct Uploaded {
    pub key: ImageKey,
    /// Below the server's root.
    pub url: String,
    pub content_type: Kind,
    pub width: i32,
    pub height: i32,
    /// How many there are.
    pub bytes: usize,
}

impl From<&Picture> for Uploaded {
    fn from(Picture { key, width, height, file }: &Picture) -> Self {
        let (content_type, bytes) = (file.kind, file.bytes.len());
        Uploaded { key: *key, url: key.url(), content_type, width: *width, height: *height, bytes }
    }
}

/// Keeps a picture, and tells whether it is new.
#[derive(Debug, Clone)]
pub struct Keep(pub Picture);

/// One of the widths, in pixels, that images are shown in: few, so that all of them can be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Width(u16);

impl Width {
    const LADDER: [u16; 9] = [64, 128, 256, 384, 512, 768, 1024, 1536, 2048];

    /// The least that is at least `asked`; none is, where only the image itself can be.
    pub fn at_least(asked: u16) -> Option<Self> {
        Self::LADDER.into_iter().find(|width| *width >= asked).map(Width)
    }

    pub fn get(self) -> u16 {
        self.0
    }
}

/// An image in a [`Width`].
#[derive(Debug, Clone, PartialEq)]
pub enum Size {
    /// Nothing smaller than the image itself could be made.
    Original,
    Made(ImageFile),
}

/// Keeps what was made of an image. Whatever another node has made of it meanwhile stays.
#[derive(Debug, Clone)]
pub struct KeepSize {
    pub key: ImageKey,
    pub width: Width,
    pub size: Size,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_back_in_its_one_spelling() {
        let key = ImageKey::of(b"a picture");
        let text = key.to_string();

        assert_eq!((text.len(), text.parse::<ImageKey>().unwrap()), (64, key));
        let (upper, longer) = (text.to_uppercase(), format!("{text}0"));
        let shorter = [62, 63].map(|length| text.get(..length).unwrap());
        for wrong in ["", "no-such-thing", shorter[0], shorter[1], &upper, &longer] {
            assert!(wrong.parse::<ImageKey>().is_err(), "{wrong}");
        }
        let uuid = key.uuid().simple().to_string();
        assert_eq!((text.get(..12), key.uuid().get_version_num()), (uuid.get(..12), 8));
    }

    #[test]
    fn a_file_is_what_it_begins_with() {
        let of = |head: &[u8]| Format::of(head);

        assert_eq!(of(b"\xFF\xD8\xFF\xE0\0\x10JFIF\0\0"), Some(Format::Jpeg));
        assert_eq!(of(b"\x89PNG\r\n\x1A\n\0\0\0\x0D"), Some(Format::Png));
        assert_eq!(of(b"RIFF\x10\0\0\0WEBP"), Some(Format::Webp));
        assert_eq!(of(b"GIF89a\x01\0\x01\0\0\0"), Some(Format::Gif));
        for other in [&b"\x7FELF\x02\x01\x01"[..], b"<svg xmlns=", b"RIFF\x10\0\0\0WAVE", b"GIF88a"]
        {
            assert_eq!(of(other), None, "{other:?}");
        }
    }

    #[test]
    fn a_width_is_the_next_one_up() {
        let width = |asked| Width::at_least(asked).map(Width::get);

        assert_eq!([1, 64, 65, 320, 2048].map(width), [64, 64, 128, 384, 2048].map(Some));
        assert_eq!(width(2049), None);
    }
}
