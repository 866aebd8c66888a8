//! Searching and filtering, over the wire.

use std::io::Read;

use serde_json::{Value, json};

use crate::support::TestShop;

fn slugs(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|it| it["slug"].as_str().unwrap()).collect()
}

#[actix_rt::test]
async fn a_product_is_found_by_what_people_type() {
    let shop = TestShop::start().await;
    let stranger = shop.stranger();

    for (query, slug) in [
        ("teapot", "teapot"),
        ("TEA", "teapot"),
        ("teapto", "teapot"),
        ("linen+shirts", "shirt"),
        ("candles", "candle"),
        ("grnad+piano", "piano"),
        ("weavers", "shirt"),
        ("MUG-RED", "mug"),
    ] {
        let page = stranger.get(&format!("/products?q={query}")).await.is(200);
        assert_eq!(slugs(&page).first(), Some(&slug), "{query}");
    }
    // Its description names the teapot; the teapot itself comes first.
    let page = stranger.get("/products?q=teapot").await.is(200);
    assert_eq!((slugs(&page), &page["total"]), (vec!["teapot", "mug"], &json!(2)));
    let none = stranger.get("/products?q=xylophone").await.is(200);
    assert_eq!(
        (&none["items"], &none["total"], &none["facets"]),
        (&json!([]), &json!(0), &json!([]))
    );
}

#[actix_rt::test]
async fn six_orders_and_their_pages() {
    let shop = TestShop::start().await;
    let (stranger, buyer) = (shop.stranger(), shop.sign_up().await);
    buyer.buy(&shop.variant("candle").await, 9).await;
    buyer.buy(&shop.variant("mug").await, 2).await;

    for (sort, first) in
        [("popular", "candle"), ("price", "candle"), ("-price", "piano"), ("newest", "lamp")]
    {
        let (mut seen, mut path) = (Vec::new(), format!("/products?sort={sort}&limit=2"));
        loop {
            let page = stranger.get(&path).await.is(200);
            seen.extend(slugs(&page).into_iter().map(str::to_owned));
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            path = format!("/products?sort={sort}&limit=2&cursor={cursor}");
        }
        assert_eq!((seen.len(), seen[0].as_str()), (6, first), "{sort}: {seen:?}");
        if sort == "popular" {
            assert_eq!(seen[1], "mug");
        }
    }
    for sort in ["rating", "relevance"] {
        let page = stranger.get(&format!("/products?sort={sort}")).await.is(200);
        assert_eq!(slugs(&page).len(), 6, "{sort}");
    }
    let page = stranger.get("/products?sort=price&limit=2").await.is(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    stranger
        .get(&format!("/products?sort=newest&cursor={cursor}"))
        .await
        .refused(400, "invalid_cursor");
    stranger.get("/products?sort=cheapest").await.invalid(&["sort"]);
}

#[actix_rt::test]
async fn prices_and_categories_narrow_a_listing() {
    let shop = TestShop::start().await;
    let stranger = shop.stranger();

    for (query, due) in [
        ("price_min=1250&price_max=1250", vec!["teapot"]),
        ("price_max=800&sort=price", vec!["candle", "mug"]),
        ("category=living&price_max=5000&sort=price", vec!["candle", "lamp"]),
        ("category=living&in_stock=true&sort=price", vec!["candle", "piano"]),
        ("category=no-such-thing", vec![]),
        ("attr.Colour=Blue", vec![]),
        ("q=mug&category=kitchen", vec!["mug"]),
        ("q=mug&category=clothes", vec![]),
    ] {
        let page = stranger.get(&format!("/products?{query}")).await.is(200);
        assert_eq!(slugs(&page), due, "{query}");
        assert_eq!(page["total"], due.len(), "{query}");
    }
    let long = "x".repeat(101);
    stranger.get(&format!("/products?attr.{long}=1")).await.invalid(&["attr"]);
    stranger.get(&format!("/products?q={long}")).await.invalid(&["q"]);
    let many: String = (0..51).map(|at| format!("attr.a={at}&")).collect();
    stranger.get(&format!("/products?{many}")).await.invalid(&["attr"]);
}

#[actix_rt::test]
async fn a_second_look_was_put_together_before() {
    let shop = TestShop::start().await;
    let stranger = shop.stranger();
    for path in ["/products/candle", "/products?category=living&sort=price", "/categories"] {
        let looks = [stranger.get(path).await, stranger.get(path).await];
        assert_eq!(looks.each_ref().map(|it| it.header("x-cache")), [Some("MISS"), Some("HIT")]);
        assert_eq!(looks[0].text, looks[1].text);
    }
    let hits = shop.figure("rialto_catalogue_answers_total{cache=\"hit\"}").await;

    stranger.get("/products/candle").await.is(200);
    shop.stock(&shop.variant("candle").await, 7).await;
    let changed = stranger.get("/products/candle").await;

    assert!(shop.figure("rialto_catalogue_answers_total{cache=\"hit\"}").await > hits);
    assert_eq!(changed.header("x-cache"), Some("MISS"));
    assert_eq!(changed.is(200)["variants"][0]["stock"]["available"], 7);
}

#[actix_rt::test]
async fn whoever_takes_it_compressed_gets_it_so() {
    let shop = TestShop::start().await;
    let stranger = shop.stranger();
    for path in ["/products?limit=100", "/products/shirt"] {
        let plain = stranger.with("Accept-Encoding", "identity").get(path).await;
        assert_eq!(plain.header("content-encoding"), None);

        for coding in ["br", "gzip"] {
            let packed = stranger.with("Accept-Encoding", coding).get(path).await;
            assert_eq!(packed.header("content-encoding"), Some(coding), "{path}");
            let vary: Vec<_> =
                packed.headers.get_all("vary").map(|it| it.to_str().unwrap()).collect();
            assert!(vary.join(",").to_lowercase().contains("accept-encoding"), "{vary:?}");
            assert_eq!(packed.header("etag"), plain.header("etag"));
            assert!(packed.bytes.len() < plain.bytes.len());
            assert_eq!(unpacked(coding, &packed.bytes), plain.bytes, "{path} {coding}");
        }
    }
}

fn unpacked(coding: &str, bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    match coding {
        "br" => brotli::Decompressor::new(bytes, 4096).read_to_end(&mut plain).unwrap(),
        _ => flate2::read::GzDecoder::new(bytes).read_to_end(&mut plain).unwrap(),
    };
    plain
}
