//! Files of pictures, made by hand where no encoder would make them.

use std::fmt::Write as _;

use image_rs::{RgbImage, codecs::jpeg::JpegEncoder};
use sha2::{Digest, Sha256};

pub fn jpeg(image: &RgbImage) -> Vec<u8> {
    let mut file = Vec::new();
    image.write_with_encoder(JpegEncoder::new_with_quality(&mut file, 95)).unwrap();
    file
}

/// The same JPEG with a block of EXIF that says how the camera was held, and `more`.
pub fn exif(jpeg: &[u8], orientation: u8, more: &[u8]) -> Vec<u8> {
    let entry = [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0];
    let tiff: [&[u8]; 4] = [b"MM\0\x2A\0\0\0\x08", &[0, 1], &entry, &[0; 4]];
    let block = [&b"Exif\0\0"[..], &tiff.concat(), more].concat();
    let length = u16::try_from(block.len() + 2).unwrap().to_be_bytes();
    let (start, rest) = jpeg.split_at(2);
    [start, &[0xFF, 0xE1], &length, &block, rest].concat()
}

/// A PNG of these chunks.
pub fn png(chunks: &[Vec<u8>]) -> Vec<u8> {
    [b"\x89PNG\r\n\x1A\n".to_vec(), chunks.concat()].concat()
}

/// The header of an RGB image of 8 bits a channel.
pub fn png_header(width: u32, height: u32) -> Vec<u8> {
    let sides = [width.to_be_bytes(), height.to_be_bytes()].concat();
    png_chunk(b"IHDR", &[&sides[..], &[8, 2, 0, 0, 0]].concat())
}

pub fn png_chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let named = [&name[..], content].concat();
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&length[..], &named, &crc32(&named).to_be_bytes()].concat()
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

/// A WebP of these chunks.
pub fn riff(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut content = b"WEBP".to_vec();
    for (name, payload) in chunks {
        content.extend_from_slice(*name);
        content.extend_from_slice(&u32::try_from(payload.len()).unwrap().to_le_bytes());
        content.extend_from_slice(payload);
        content.resize(content.len().next_multiple_of(2), 0);
    }
    let length = u32::try_from(content.len()).unwrap().to_le_bytes();
    [&b"RIFF"[..], &length, &content].concat()
}

/// An animated WebP of 10 pixels a side, of one frame, which is one chunk.
pub fn animation(frame: (&[u8; 4], &[u8])) -> Vec<u8> {
    let side = [9, 0, 0]; // one less than it is
    let canvas = [&[0x12, 0, 0, 0][..], &side, &side].concat(); // animated, with alpha
    let (start, end) = ([0; 6], [100, 0, 0, 0]);
    let chunk = riff(&[frame]).split_off(12);
    let shown = [&start[..], &side, &side, &end, &chunk].concat();
    riff(&[(b"VP8X", &canvas), (b"ANIM", &[0; 6]), (b"ANMF", &shown)])
}

pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}
