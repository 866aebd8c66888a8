//! Small files that would fill the memory of whoever unpacks them, and large ones.

use image_rs::{DynamicImage, ImageFormat};

use super::{
    colourful,
    make::{animation, jpeg, png, png_chunk, png_header, riff},
    saved, upload,
};
use crate::support::TestShop;

/// How much the program may grow by refusing bombs: what the smallest of them would unpack to is
/// several times as much.
const GROWTH_BYTES_MAX: usize = 64 << 20;

/// How many zeros are in [`zeros`].
const ZEROS: usize = 256 << 20;

/// A frame of a lossy WebP that says it is of 16,383 pixels a side.
const HUGE_FRAME: &[u8] =
    b"\x30\x01\0\x9D\x01\x2A\xFF\x3F\xFF\x3F\x0E\xC0\xFE\x25\xA4\0\x03\x70\0\0\0\0";

/// What zlib makes of [`ZEROS`], without making it: a zero, and a repetition over and over, at the
/// longest length and the shortest distance.
fn zeros() -> Vec<u8> {
    // A fixed block: the codes 00110000 (a zero), 11000101 (258 of them), 00000 (one back).
    let mut bits: Vec<u8> = vec![1, 1, 0]; // the last block, of fixed codes
    bits.extend([0, 0, 1, 1, 0, 0, 0, 0]);
    for _ in 0..ZEROS / 258 {
        bits.extend([1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0]);
    }
    bits.extend([0; 7]); // the end of the block
    let byte = |bits: &[u8]| bits.iter().rev().fold(0, |byte, bit| byte << 1 | bit);
    let packed = bits.chunks(8).map(byte);
    [0x78, 0x01].into_iter().chain(packed).chain([0; 4]).collect()
}

/// A JPEG that says it is of 65,500 pixels a side.
fn huge_jpeg() -> Vec<u8> {
    let mut file = jpeg(&colourful(16, 16));
    let at = file.windows(2).position(|it| it == [0xFF, 0xC0]).unwrap();
    file[at + 5..at + 9].copy_from_slice(&[0xFF, 0xDC, 0xFF, 0xDC]);
    file
}

/// A WebP that says it is of one pixel.
fn nested_webp() -> Vec<u8> {
    riff(&[(b"VP8X", &[0; 10]), (b"VP8 ", HUGE_FRAME)])
}

#[actix_rt::test]
async fn a_bomb_is_refused_by_its_head() {
    let shop = TestShop::alone(&[]).await;
    let admin = shop.admin().await;
    upload(&admin, &saved(colourful(200, 200), ImageFormat::Png)).await.is(201);
    let before = shop.memory_peak();
    let zeros = zeros();
    let mut gif = saved(DynamicImage::from(colourful(8, 8)), ImageFormat::Gif);
    gif[6..10].fill(0xFF);

    for file in [
        png(&[png_header(50_000, 50_000), png_chunk(b"IDAT", &zeros), png_chunk(b"IEND", b"")]),
        png(&[png_header(5_001, 5_000), png_chunk(b"IDAT", &zeros), png_chunk(b"IEND", b"")]),
        png(&[png_header(1, 12_001), png_chunk(b"IDAT", &zeros), png_chunk(b"IEND", b"")]),
        huge_jpeg(),
        nested_webp(),
        animation((b"VP8 ", HUGE_FRAME)),
        gif,
    ] {
        upload(&admin, &file).await.refused(400, "too_many_pixels");
    }

    let growth = shop.memory_peak().saturating_sub(before);
    assert!(growth < GROWTH_BYTES_MAX, "{growth} bytes");
}

#[actix_rt::test]
async fn a_bomb_with_a_harmless_head_is_not_unpacked() {
    let shop = TestShop::alone(&[]).await;
    let admin = shop.admin().await;
    upload(&admin, &saved(colourful(200, 200), ImageFormat::Png)).await.is(201);
    let before = shop.memory_peak();
    let zeros = zeros();
    let profile = [&b"a profile\0\0"[..], &zeros].concat();
    let idat = png_chunk(b"IDAT", &zeros);
    let small = || png_header(100, 100);

    // The image is the beginning of the zeros.
    let file = png(&[small(), idat.clone(), png_chunk(b"IEND", b"")]);
    let padded = upload(&admin, &file).await;
    let file = png(&[small(), png_chunk(b"iCCP", &profile), idat, png_chunk(b"IEND", b"")]);
    let profiled = upload(&admin, &file).await;
    // A chunk that says it has 4 GiB.
    let mut lying = riff(&[(b"VP8X", &[0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0]), (b"ICCP", b"ab")]);
    let length = lying.len() - 6;
    lying[length..length + 4].fill(0xF0);
    upload(&admin, &lying).await.refused(400, "corrupt_image");

    let answers = (padded.status, profiled.status);
    assert_eq!(answers, (201, 200), "{} {}", padded.text, profiled.text);
    let growth = shop.memory_peak().saturating_sub(before);
    assert!(growth < GROWTH_BYTES_MAX, "{growth} bytes");
}

#[actix_rt::test]
async fn a_file_that_is_too_large_is_refused() {
    let shop = TestShop::alone(&[]).await;
    let admin = shop.admin().await;
    let before = shop.memory_peak();
    let file = |bytes: usize| [jpeg(&colourful(16, 16)), vec![0; bytes]].concat();

    upload(&admin, &file(10 << 20)).await.refused(413, "body_too_large");
    upload(&admin, &file(15 << 20)).await.refused(413, "body_too_large");
    let kept = upload(&admin, &file(9 << 20)).await.is(201);

    assert!(kept["bytes"].as_i64().unwrap() < 4096, "{kept}");
    let growth = shop.memory_peak().saturating_sub(before);
    assert!(growth < GROWTH_BYTES_MAX, "{growth} bytes");
}
