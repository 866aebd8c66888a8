//! Looks at files as their decoders do not: at what is cut off, and at sizes that are told twice.

use super::decode::{corrupt, fits};
use crate::domain::{
    Error,
    image::{Format, PIXELS_MAX},
};

/// What a pixel takes at most while it is decoded: four channels of 16 bits.
const PIXEL_BYTES_MAX: u64 = 8;
/// What a PNG may unpack besides its pixels: the largest profiles of colours have two megabytes.
const PROFILE_BYTES_MAX: u64 = 4 << 20;
const MEMORY_MAX: u64 = PIXELS_MAX * PIXEL_BYTES_MAX;

/// A file that is all there.
pub struct Whole<'f> {
    /// Without what follows its end.
    pub file: &'f [u8],
    /// Whether something of the picture is lost already.
    pub is_lossy: bool,
    /// How many bytes its decoder may need.
    pub memory: u64,
}

/// The file, if it is all there. The decoders of PNG and GIF look for its end
/// themselves.
pub fn of(format: Format, file: &[u8]) -> Result<Whole<'_>, Error> {
    match format {
        Format::Jpeg if jpeg_ends(file) => Ok(Whole { file, is_lossy: true, memory: MEMORY_MAX }),
        Format::Jpeg => Err(corrupt()),
        Format::Png => png(file),
        Format::Webp => webp(file),
        Format::Gif => Ok(Whole { file, is_lossy: false, memory: MEMORY_MAX }),
    }
}

/// The first chunk of a PNG tells its size. What else is packed in it would be unpacked up to the
/// same limit, so that is as low as it can be.
fn png(file: &[u8]) -> Result<Whole<'_>, Error> {
    let Some(&[a, b, c, d, e, f, g, h]) = file.get(16..24) else { return Err(corrupt()) };
    let (width, height) = (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]));
    fits(width, height)?;
    let pixels = u64::from(width).saturating_mul(height.into());
    let memory = pixels.saturating_mul(PIXEL_BYTES_MAX).saturating_add(PROFILE_BYTES_MAX);
    Ok(Whole { file, is_lossy: false, memory })
}

/// Whether a JPEG has its last marker: its decoder paints grey what is missing.
fn jpeg_ends(file: &[u8]) -> bool {
    let mut rest = file;
    // What is between the segments are pixels, in which an FF is followed by a 00.
    while let Some(at) = rest.windows(2).position(is_marker) {
        let (Some(code), Some(after)) = (rest.get(at + 1), rest.get(at + 2..)) else { break };
        rest = match (code, after) {
            (0xD9, _) => return true,
            (0xD8 | 0x01, _) => after,
            (_, [high, low, ..]) => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                after.get(length..).unwrap_or_default()
            }
            (..) => break,
        };
    }
    false
}

/// A marker that is no filling, no escaped FF, and none of those that stand between pixels.
fn is_marker(pair: &[u8]) -> bool {
    matches!(pair, [0xFF, code] if !matches!(code, 0x00 | 0xFF | 0xD0..=0xD7))
}

/// The chunks of a WebP have to be in the file, since its decoder takes their word for how much
/// memory they need; and so have the sizes of its frames to fit, which it unpacks before it compares
/// them with the size that the file tells first.
fn webp(file: &[u8]) -> Result<Whole<'_>, Error> {
    let length = file.get(4..8).and_then(|it| it.try_into().ok()).map(u32::from_le_bytes); // too short
    let end = length.and_then(|it| usize::try_from(it).ok()?.checked_add(8)); // larger than memory
    let file = end.and_then(|end| file.get(..end)).ok_or_else(corrupt)?;
    let mut is_lossy = false;
    for (name, payload) in chunks(file.get(12..).unwrap_or_default())? {
        match name {
            b"ANMF" => {
                for (name, payload) in chunks(payload.get(16..).unwrap_or_default())? {
                    is_lossy |= frame(name, payload)?;
                }
            }
            _ => is_lossy |= frame(name, payload)?,
        }
    }
    Ok(Whole { file, is_lossy, memory: MEMORY_MAX })
}

/// Whether a chunk is a lossy frame, if it is one that fits.
fn frame(name: &[u8], payload: &[u8]) -> Result<bool, Error> {
    if name != b"VP8 " {
        return Ok(false);
    }
    let Some(&[a, b, c, d]) = payload.get(6..10) else { return Err(corrupt()) };
    let side = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3FFF);
    fits(side(a, b), side(c, d))?;
    Ok(true)
}

/// Its name and what is in it.
type Chunk<'f> = (&'f [u8], &'f [u8]);

/// The chunks of a WebP, all of which must be whole.
fn chunks(mut rest: &[u8]) -> Result<Vec<Chunk<'_>>, Error> {
    let mut all = Vec::new();
    while !rest.is_empty() {
        let (name, after) = rest.split_at_checked(4).ok_or_else(corrupt)?;
        let (length, after) = after.split_first_chunk().ok_or_else(corrupt)?;
        let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| corrupt())?;
        let (payload, after) = after.split_at_checked(length).ok_or_else(corrupt)?;
        all.push((name, payload));
        // A chunk of odd length is followed by a byte of filling, which some leave out at the end.
        rest = after.get(length % 2..).unwrap_or_default();
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_jpeg_is_its_own() {
        let preview = b"\xFF\xE1\0\x08\xFF\xD8\xFF\xD9xx"; // in a segment of 8 bytes
        let pixels = b"\xFF\xDA\0\x02\x12\xFF\0\xD9\xFF\xD0\xFF\0";
        let whole = [b"\xFF\xD8", &preview[..], pixels, b"\xFF\xFF\xD9", b"more"].concat();

        assert!(jpeg_ends(&whole));
        assert!(!jpeg_ends(&whole[..whole.len() - 5]));
        assert!(!jpeg_ends(b"\xFF\xD8\xFF\xE1\xFF\xFF\xFF\xD9"), "a segment beyond the end");
        assert!(!jpeg_ends(b"\xFF\xD8\xFF\xE1\0\0") && !jpeg_ends(b""));
    }

    #[test]
    fn a_chunk_that_is_not_all_there_is_seen() {
        let names = |bytes| chunks(bytes).map(|all| all.iter().map(|it| it.0.to_vec()).collect());

        let two: Vec<Vec<u8>> = names(b"aaaa\x01\0\0\0x\0bbbb\x01\0\0\0y").unwrap();
        assert_eq!(two, [b"aaaa", b"bbbb"]);
        for cut in [&b"aaaa\x02\0\0\0x"[..], b"aaaa\x01\0\0", b"aa", b"aaaa\xFF\xFF\xFF\xFFx"] {
            assert!(names(cut).is_err(), "{cut:?}");
        }
    }
}
