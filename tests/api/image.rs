//! Pictures: what is taken and what is refused, and in which widths they are shown.

use std::io::Cursor;

use awc::http::Method;
use futures_util::future::join_all;
use image_rs::{DynamicImage, GenericImageView, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use serde_json::{Value, json};

use self::make::{exif, jpeg, png_chunk, riff};
use crate::support::{
    TestShop,
    client::{Answer, Client},
    each,
};

mod bomb;
mod make;

/// Sends `file` as an admin's form would, under a name and a type that may lie.
async fn upload_as(client: &Client, name: &str, kind: &str, file: &[u8]) -> Answer {
    let head = format!(
        "--line\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: {kind}\r\n\r\n"
    );
    send(client, &[head.as_bytes(), file, b"\r\n--line--\r\n"].concat()).await
}

async fn upload(client: &Client, file: &[u8]) -> Answer {
    upload_as(client, "picture.jpg", "image/jpeg", file).await
}

async fn send(client: &Client, form: &[u8]) -> Answer {
    let form = ("multipart/form-data; boundary=line", form);
    client.attempt(Method::POST, "/admin/images", Some(form)).await.unwrap()
}

/// What is served under the URL of `uploaded`.
async fn shown(client: &Client, uploaded: &Value, query: &str) -> Answer {
    let answer = client.get(&format!("{}{query}", uploaded["url"].as_str().unwrap())).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer
}

fn decoded(answer: &Answer) -> DynamicImage {
    image_rs::load_from_memory(&answer.bytes).unwrap()
}

fn saved(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    image.into().write_to(&mut file, format).unwrap();
    file.into_inner()
}

/// Colours that no encoder makes much smaller.
fn colourful(width: u32, height: u32) -> RgbImage {
    let byte = |number: u32| u8::try_from(number % 256).unwrap();
    RgbImage::from_fn(width, height, |x, y| Rgb([byte(x * 7), byte(y * 5), byte(x * y)]))
}

fn see_through(width: u32, height: u32) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, _| match x < width / 2 {
        true => Rgba([200, 40, 40, 255]),
        false => Rgba([0, 0, 0, 0]),
    })
}

#[actix_rt::test]
async fn what_is_uploaded_is_served_to_anybody_as_what_it_is() {
    let shop = TestShop::start().await;
    let (admin, stranger) = (shop.admin().await, shop.stranger());
    // A lossy WebP of one pixel: there is nothing in Rust that writes one.
    let lossy = riff(&[(
        b"VP8 ",
        b"\x30\x01\0\x9D\x01\x2A\x01\0\x01\0\x0E\xC0\xFE\x25\xA4\0\x03\x70\0\0\0\0",
    )]);

    let still = saved(see_through(10, 10), ImageFormat::WebP).split_off(20);
    let animated = make::animation((b"VP8L", &still));

    for (file, kind, width, height) in [
        (jpeg(&colourful(30, 20)), "image/jpeg", 30, 20),
        (saved(colourful(30, 20), ImageFormat::Png), "image/png", 30, 20),
        (saved(see_through(30, 20), ImageFormat::Png), "image/png", 30, 20),
        (saved(see_through(30, 20), ImageFormat::WebP), "image/webp", 30, 20),
        (saved(see_through(40, 20), ImageFormat::Gif), "image/png", 40, 20),
        (lossy, "image/jpeg", 1, 1),
        (animated, "image/webp", 10, 10),
    ] {
        let uploaded = upload_as(&admin, "x.svg", "text/html", &file).await.is(201);
        let answer = shown(&stranger, &uploaded, "").await;

        let (key, length) = (uploaded["key"].as_str().unwrap(), answer.bytes.len());
        let expected = json!({
            "key": make::sha256(&answer.bytes),
            "url": format!("/api/v1/images/{key}"),
            "content_type": kind,
            "width": width,
            "height": height,
            "bytes": length,
        });
        assert_eq!(uploaded, expected);
        assert_eq!(answer.header("content-type"), Some(kind));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        let cached = answer.header("cache-control").unwrap();
        assert_eq!(cached, "public, max-age=31536000, immutable");
        assert_eq!(decoded(&answer).dimensions(), (width, height));
        let again = upload(&admin, &file).await.is(200);
        assert_eq!(again, uploaded);
    }
}

#[actix_rt::test]
async fn what_can_be_seen_through_stays_so_in_every_width() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;

    for (format, width) in
        [(ImageFormat::Png, 300), (ImageFormat::WebP, 302), (ImageFormat::Gif, 304)]
    {
        let uploaded = upload(&admin, &saved(see_through(width, 200), format)).await.is(201);

        for query in ["", "?w=100"] {
            let image = decoded(&shown(&admin, &uploaded, query).await).into_rgba8();
            let [left, right] = [0, image.width() - 1].map(|x| *image.get_pixel(x, 50));
            assert_eq!((left.0[3], right.0[3]), (255, 0), "{format:?}{query}");
            assert!(left.0[0] > 150, "{format:?}{query}: {left:?}");
        }
    }
}

#[actix_rt::test]
async fn a_photograph_stands_upright_and_does_not_tell_where_it_was_taken() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    // As a phone that was held upright saves it: the top of the picture is at the left.
    let picture = RgbImage::from_fn(60, 40, |x, _| match x < 30 {
        true => Rgb([220, 30, 30]),
        false => Rgb([30, 30, 220]),
    });
    let mut file = exif(&jpeg(&picture), 6, b"N 48 51 29, E 2 17 40");
    file.extend_from_slice(b"<script>alert('N 48 51 29')</script>");

    let uploaded = upload(&admin, &file).await.is(201);

    assert_eq!((&uploaded["width"], &uploaded["height"]), (&json!(40), &json!(60)));
    let answer = shown(&admin, &uploaded, "").await;
    let image = decoded(&answer).into_rgb8();
    assert!(image.get_pixel(20, 5).0[0] > 150 && image.get_pixel(20, 55).0[2] > 150);
    for told in ["Exif", "N 48 51 29", "script"] {
        assert!(file.windows(told.len()).any(|it| it == told.as_bytes()));
        assert!(!answer.text.contains(told), "{told}");
    }
}

#[actix_rt::test]
async fn what_is_written_beside_the_pixels_of_a_png_is_not_kept() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    let plain = saved(colourful(20, 20), ImageFormat::Png);
    let text = png_chunk(b"tEXt", b"Author\0Ada Byron");
    let (head, rest) = plain.split_at(33); // the signature and the header
    let file = [head, &text, rest].concat();

    let uploaded = upload(&admin, &file).await.is(201);

    assert!(!shown(&admin, &uploaded, "").await.text.contains("Ada"));
    assert_eq!(upload(&admin, &plain).await.is(200)["key"], uploaded["key"]);
}

#[actix_rt::test]
async fn a_width_is_rounded_up_and_never_stretched() {
    let shop = TestShop::start().await;
    let (admin, stranger) = (shop.admin().await, shop.stranger());
    let uploaded = upload(&admin, &jpeg(&colourful(600, 300))).await.is(201);
    let whole = shown(&stranger, &uploaded, "").await;

    for (asked, width, height) in [(1, 64, 32), (64, 64, 32), (65, 128, 64), (400, 512, 256)] {
        let answer = shown(&stranger, &uploaded, &format!("?w={asked}")).await;
        assert_eq!(decoded(&answer).dimensions(), (width, height));
        assert_eq!(answer.header("content-type"), Some("image/jpeg"));
        assert!(answer.bytes.len() < whole.bytes.len());
    }
    for asked in [513, 600, 601, 2048, 2049, 16_384] {
        let answer = shown(&stranger, &uploaded, &format!("?w={asked}")).await;
        assert!(answer.bytes == whole.bytes, "{asked}");
        assert_eq!(answer.header("etag"), whole.header("etag"));
    }
    let url = uploaded["url"].as_str().unwrap();
    for (query, field) in [
        ("w=0", "w"),
        ("w=-1", "w"),
        ("w=16385", "w"),
        ("w=99999999999999999999", "w"),
        ("w=1.5", "w"),
        ("w=wide", "w"),
        ("w=", "w"),
        ("w=1&w=2", "w"),
        ("h=300", "h"),
    ] {
        stranger.get(&format!("{url}?{query}")).await.invalid(&[field]);
    }
    let nothing = format!("/images/{}", "0".repeat(64));
    stranger.get(&nothing).await.refused(404, "not_found");
    stranger.get(&format!("{nothing}?w=320")).await.refused(404, "not_found");
    stranger
        .get(&url.to_uppercase().replace("/API/V1/IMAGES", "/images"))
        .await
        .refused(404, "not_found");
}

#[actix_rt::test]
async fn a_browser_that_has_an_image_is_not_sent_it_again() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    let uploaded = upload(&admin, &jpeg(&colourful(600, 300))).await.is(201);
    let mut tags = Vec::new();

    for query in ["", "?w=64", "?w=128"] {
        let tag = shown(&admin, &uploaded, query).await.header("etag").unwrap().to_owned();
        let knowing = admin.with("If-None-Match", &tag);
        let path = format!("{}{query}", uploaded["url"].as_str().unwrap());
        let second = knowing.get(&path).await;
        assert_eq!((second.status, second.bytes.len()), (304, 0));
        tags.push(tag);
    }

    tags.dedup();
    assert_eq!(tags.len(), 3);
}

#[actix_rt::test]
async fn a_hundred_phones_have_a_width_made_once() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    let uploaded = upload(&admin, &jpeg(&colourful(750, 500))).await.is(201);

    let all = join_all((0..100).map(|_| shown(&admin, &uploaded, "?w=320"))).await;

    assert_eq!(decoded(&all[0]).dimensions(), (384, 256));
    assert!(all.iter().all(|it| it.bytes == all[0].bytes));
    assert_eq!(shop.figure("rialto_images_resized_total").await, 1);
}

#[actix_rt::test]
async fn a_width_that_was_made_is_kept() {
    let mut shop = TestShop::start().await;
    let admin = shop.admin().await;
    let uploaded = upload(&admin, &jpeg(&colourful(600, 300))).await.is(201);
    let made = shown(&admin, &uploaded, "?w=64").await;

    shop.sql("UPDATE image_sizes SET content_type = 'image/png' WHERE width = 64").unwrap();
    let from_memory = shown(&admin, &uploaded, "?w=64").await;
    shop.start_again().await;
    let from_the_store = shown(&shop.stranger(), &uploaded, "?w=64").await;

    assert!(made.bytes == from_memory.bytes && made.bytes == from_the_store.bytes);
    assert_eq!(from_memory.header("content-type"), Some("image/jpeg"));
    assert_eq!(from_the_store.header("content-type"), Some("image/png"));
}

#[actix_rt::test]
async fn what_is_no_picture_is_refused_whatever_it_is_called() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    let picture = jpeg(&colourful(20, 20));

    for file in [
        &b"\x7FELF\x02\x01\x01\0\0\0\0\0\0\0\0\0"[..],
        b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xFF\xFF\0\0",
        b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>",
        b"<!doctype html><script>alert(1)</script>",
        b"%PDF-1.7\n%\xE2\xE3\xCF\xD3",
        b"RIFF\x10\0\0\0WAVEfmt ",
        b"BM\x3A\0\0\0\0\0\0\0\x36\0\0\0",
        b"",
        b"\xFF\xD8",
        // The picture is all there, behind something else.
        &[b"GIF88a<script>", &picture[..]].concat(),
    ] {
        let answer = upload_as(&admin, "picture.jpg", "image/jpeg", file).await;
        answer.refused(415, "unsupported_media_type");
    }
}

#[actix_rt::test]
async fn a_picture_of_which_something_is_missing_is_refused() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    let webp = saved(see_through(64, 64), ImageFormat::WebP);

    for file in [
        jpeg(&colourful(200, 200)),
        // The preview of a camera has an end of its own.
        exif(&jpeg(&colourful(220, 200)), 1, &jpeg(&colourful(8, 8))),
        saved(colourful(64, 64), ImageFormat::Png),
        webp.clone(),
        saved(see_through(64, 64), ImageFormat::Gif),
    ] {
        upload(&admin, &file).await.is(201);
        for length in [file.len() / 2, file.len() * 3 / 4, 16] {
            upload(&admin, &file[..length]).await.refused(400, "corrupt_image");
        }
    }
    for noise in [&b"\xFF\xD8\xFF\xE0 but then it goes on as a text \xFF\xD9"[..], &webp[..12]] {
        upload(&admin, noise).await.refused(400, "corrupt_image");
    }
}

#[actix_rt::test]
async fn a_form_that_is_none_or_has_something_else_is_refused() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    let picture = jpeg(&colourful(20, 20));
    let part = |name: &str| {
        let head = format!("--line\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        [head.as_bytes(), &picture, b"\r\n"].concat()
    };
    let (file, alt, end) = (part("file"), part("alt"), &b"--line--\r\n"[..]);

    send(&admin, &[&alt, end].concat()).await.invalid(&[""]);
    send(&admin, &[&file, &alt[..], end].concat()).await.invalid(&[""]);
    send(&admin, &[&file, &file[..], end].concat()).await.invalid(&[""]);
    send(&admin, end).await.invalid(&["file"]);
    send(&admin, &file).await.refused(400, "malformed_form");
    send(&admin, b"no form").await.refused(400, "malformed_form");
    for kind in ["application/json", "image/jpeg", "multipart/mixed; boundary=line"] {
        let body = Some((kind, &picture[..]));
        let answer = admin.attempt(Method::POST, "/admin/images", body).await.unwrap();
        answer.refused(415, "unsupported_media_type");
    }
    let body = Some(("multipart/form-data", &picture[..]));
    let answer = admin.attempt(Method::POST, "/admin/images", body).await.unwrap();
    answer.refused(400, "malformed_form");
}

#[actix_rt::test]
async fn only_those_who_run_the_shop_upload_and_the_log_says_who() {
    let shop = TestShop::start().await;
    let (admin, picture) = (shop.admin().await, jpeg(&colourful(20, 20)));

    upload(&shop.stranger(), &picture).await.refused(401, "unauthenticated");
    upload(&shop.guest().await, &picture).await.refused(401, "unauthenticated");
    upload(&shop.sign_up().await, &picture).await.refused(403, "forbidden");
    let uploaded = upload(&admin, &picture).await.is(201);
    upload(&admin, &picture).await.is(200);

    let log = admin.get("/admin/audit?action=image.uploaded").await.is(200);
    let entries = log["items"].as_array().unwrap();
    assert_eq!(each(entries, "actor"), [admin.user_id()]);
    assert_eq!(entries[0]["after"], uploaded);
}
