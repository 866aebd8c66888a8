//! The catalogue as a file: taken in and given out whole, whatever breaks off or is wrong.

use std::fmt::Write as _;

use awc::http::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{
    TestShop,
    client::{Answer, Client},
    each,
    purchase::euros,
    soon,
};

mod beside;

const CSV: &str = "text/csv";
const NDJSON: &str = "application/x-ndjson";
const IMPORT: &str = "/admin/products/import";

async fn send(client: &Client, query: &str, kind: &str, body: &[u8]) -> Answer {
    let path = format!("{IMPORT}{query}");
    client.attempt(Method::POST, &path, Some((kind, body))).await.unwrap()
}

async fn export(client: &Client, format: &str) -> String {
    let answer = client.get(&format!("/admin/products/export?format={format}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.text
}

/// Created, updated, unchanged, and line and code of each error.
fn told(body: &Value) -> (i64, i64, i64, Vec<(u64, &str)>) {
    let count = |name: &str| body[name].as_i64().unwrap();
    let errors = body["errors"].as_array().unwrap().iter();
    let errors = errors.map(|it| (it["line"].as_u64().unwrap(), it["code"].as_str().unwrap()));
    (count("created"), count("updated"), count("unchanged"), errors.collect())
}

/// A product with two variants, as a line.
fn line(slug: &str, text: &str) -> String {
    let variant = |size: &str| {
        json!({ "sku": format!("{slug}-{size}"), "name": size, "options": { "Size": size },
            "price": euros(1990), "on_hand": 5 })
    };
    let product = json!({ "slug": slug, "name": format!("=The {slug}"), "status": "published",
        "description": text, "category": [{ "slug": "home", "name": "Home" },
            { "slug": "small-things", "name": "Things that are small" }],
        "variants": [variant("s"), variant("m")] });
    format!("{product}\n")
}

/// Products of all kinds there are.
fn everything() -> String {
    let rich = json!({ "slug": "chair", "name": "Chair, \"oak\"", "status": "archived",
        "description_html": "<p>Sit <b>well</b></p><ul><li>Oak</li></ul>",
        "brand": "@Wood & Sons", "category": [{ "slug": "home", "name": "Home" }],
        "attributes": { "Folds": false, "Height": { "value": 45.5, "unit": "cm" }, "Legs": 4 },
        "variants": [
            { "sku": "CHAIR-1", "name": "Oak / L", "options": { "Wood": "Oak", "Size": "L" },
              "price": euros(9900), "compare_at_price": euros(12000), "weight_grams": 4000,
              "on_hand": 2, "low_threshold": 1 },
            { "sku": "+CHAIR-2", "name": "Ash / L", "options": { "Wood": "Ash", "Size": "L" },
              "price": euros(9000), "on_hand": 0 },
        ] });
    let draft = json!({ "slug": "idea", "name": "Idea", "status": "draft" });
    format!("{rich}\n{draft}\n{}", line("box", "one\n\n= two < three"))
}

#[actix_rt::test]
async fn what_is_exported_imports_to_the_same_catalogue() {
    let (shop, other, third) =
        (TestShop::start().await, TestShop::start().await, TestShop::start().await);
    let (admin, elsewhere, third) = (shop.admin().await, other.admin().await, third.admin().await);
    let taken = send(&admin, "", NDJSON, everything().as_bytes()).await.is(200);
    assert_eq!(told(&taken), (3, 0, 0, vec![]));

    let (lines, table) = (export(&admin, "ndjson").await, export(&admin, "csv").await);

    let slugs: Vec<String> = lines
        .lines()
        .map(|it| serde_json::from_str::<Value>(it).unwrap()["slug"].as_str().unwrap().to_owned())
        .collect();
    let all = ["box", "candle", "chair", "idea", "lamp", "mug", "piano", "shirt", "teapot"];
    assert_eq!(slugs, all);
    let taken = send(&elsewhere, "", NDJSON, lines.as_bytes()).await.is(200);
    assert_eq!(told(&taken), (3, 0, 6, vec![]));
    assert_eq!(export(&elsewhere, "ndjson").await, lines);
    assert_eq!(export(&elsewhere, "csv").await, table);
    let taken = send(&third, "", CSV, table.as_bytes()).await.is(200);
    assert_eq!(told(&taken), (3, 0, 6, vec![]));
    assert_eq!(export(&third, "csv").await, table);

    let again = send(&admin, "", CSV, table.as_bytes()).await.is(200);
    assert_eq!(told(&again), (0, 0, 9, vec![]), "the table leaves what it has no place for");
    assert_eq!(export(&admin, "ndjson").await, lines);
    assert!(!table.contains(",=") && !table.contains(",+") && !table.contains(",@"), "{table}");
}

#[actix_rt::test]
async fn the_same_file_twice_changes_nothing() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    send(&admin, "", NDJSON, everything().as_bytes()).await.is(200);
    let before = admin.get("/products/box").await.is(200);
    let log = admin.get("/admin/audit?action=catalogue.imported").await.is(200);

    let again = send(&admin, "", NDJSON, everything().as_bytes()).await.is(200);

    assert_eq!(told(&again), (0, 0, 3, vec![]));
    assert_eq!(admin.get("/products/box").await.is(200), before);
    assert_eq!(admin.get("/admin/audit?action=catalogue.imported").await.is(200), log);
    let entry = &log["items"][0];
    assert_eq!(entry["after"], json!({ "categories": 3, "created": 3, "updated": 0 }));
    assert_eq!(entry["actor"], admin.user_id());
}

#[actix_rt::test]
async fn a_product_is_shown_as_the_file_tells_of_it() {
    let shop = TestShop::start().await;
    let (admin, stranger) = (shop.admin().await, shop.stranger());
    let html = "<p>It <b>pours</b><script>alert(1)</script> \
                <a href=\"javascript:x\" onclick=\"x\">well</a></p>";
    let pot = json!({ "slug": "teapot", "name": "Tea Pot", "description_html": html,
        "brand": null, "attributes": { "Volume": { "value": 1.5, "unit": "l" } },
        "variants": [{ "sku": "TEAPOT", "price": euros(1100), "compare_at_price": null,
            "on_hand": 7 }] });

    let taken = send(&admin, "", NDJSON, pot.to_string().as_bytes()).await.is(200);

    assert_eq!(told(&taken), (0, 1, 0, vec![]));
    let shown = stranger.get("/products/teapot").await.is(200);
    assert_eq!(shown["description"], "It pours well");
    let harmless = "<p>It <b>pours</b> <a rel=\"noopener noreferrer\">well</a></p>";
    assert_eq!(shown["description_html"], harmless);
    assert_eq!(shown["attributes"], json!({ "Volume": { "value": 1.5, "unit": "l" } }));
    assert_eq!((&shown["name"], &shown["brand"]), (&json!("Tea Pot"), &Value::Null));
    let variant = &shown["variants"][0];
    assert_eq!((&variant["price"], &variant["compare_at_price"]), (&euros(1100), &Value::Null));
    assert_eq!(
        (&variant["weight_grams"], &variant["stock"]["available"]),
        (&json!(900), &json!(7))
    );
    let gone = json!({ "slug": "teapot", "name": "Tea Pot", "status": "archived" });
    send(&admin, "", NDJSON, gone.to_string().as_bytes()).await.is(200);
    stranger.get("/products/teapot").await.refused(404, "not_found");
}

#[actix_rt::test]
async fn wrong_lines_are_named_and_all_others_taken() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    let file = b"Handle,Title,Body (HTML),Variant SKU,Variant Price,Image Src,Status\n\
        a,A,,A1,free,,\nb,B,\"two\nlines\",B1,5,https://cdn.example/b.png,\nc,C,,TEAPOT,5,,\n\
        d,Caf\xe9,,D1,5,,\ne,,,E1,5,,\nf,F,,F1,5,,gone\ng,G,,G1,5,,\nh,H,,H1,5,,,more\n\
        i,I,\"never ends\n";

    let taken = send(&admin, "", CSV, file).await.is(200);

    let errors = vec![
        (2, "invalid_price"),
        (5, "sku_taken"),
        (6, "unreadable"),
        (7, "missing_title"),
        (8, "invalid_status"),
        (10, "too_many_fields"),
        (11, "no_variants"),
    ];
    assert_eq!(told(&taken), (2, 0, 0, errors));
    assert_eq!(taken["images_left_out"], 1);
    let messages = each(taken["errors"].as_array().unwrap(), "message");
    assert!(messages.iter().all(|it| it.as_str().unwrap().len() > 10));
}

/// Has a category whose products must name their material, below one of what heats them.
async fn pots(admin: &Client) {
    let above = json!([{ "name": "Heat", "kind": "enumeration", "choices": ["Gas", "Induction"] }]);
    let above = json!({ "name": "Vessels", "attributes": above });
    let above = admin.post("/admin/categories", above).await.is(201);
    let own = json!([
        { "name": "Material", "kind": "text", "required": true },
        { "name": "Volume", "kind": "number", "unit": "l" },
    ]);
    let pots = json!({ "name": "Pots", "parent_id": above["id"], "attributes": own });
    admin.post("/admin/categories", pots).await.is(201);
}

/// One of them, as a line.
fn pot(slug: &str, status: &str, said: Value) -> String {
    let pot = json!({ "slug": slug, "name": slug, "status": status, "attributes": said,
        "category": [{ "slug": "pots", "name": "Pots" }],
        "variants": [{ "sku": slug, "price": euros(900) }] });
    format!("{pot}\n")
}

#[actix_rt::test]
async fn a_product_says_what_its_category_defines_and_what_nobody_does() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    pots(&admin).await;
    let file = [
        pot("good", "published", json!({ "Material": "Clay", "Volume": 1.5, "Odd": 7 })),
        pot("number", "published", json!({ "Material": 7 })),
        pot("coal", "published", json!({ "Material": "Clay", "Heat": "Coal" })),
        pot("gallon", "draft", json!({ "Volume": { "value": 1, "unit": "gal" } })),
        pot("blank", "draft", json!({ "Material": " " })),
    ];
    let file = file.concat();

    let dry = send(&admin, "?dry_run=true", NDJSON, file.as_bytes()).await.is(200);
    let taken = send(&admin, "", NDJSON, file.as_bytes()).await.is(200);

    let errors =
        || vec![(2, "wrong_type"), (3, "not_a_choice"), (4, "wrong_unit"), (5, "invalid_value")];
    assert_eq!((told(&taken), &taken), ((1, 0, 0, errors()), &dry));
    let messages = each(taken["errors"].as_array().unwrap(), "message");
    for (message, name) in messages.iter().zip(["Material", "Heat", "Volume", "Material"]) {
        assert!(message.as_str().unwrap().starts_with(&format!("{name}: ")), "{message}");
    }
    let shown = admin.get("/products/good").await.is(200)["attributes"].clone();
    let volume = json!({ "value": 1.5, "unit": "l" });
    assert_eq!(shown, json!({ "Material": "Clay", "Volume": volume, "Odd": 7 }));
    let again = send(&admin, "", NDJSON, file.as_bytes()).await.is(200);
    assert_eq!(told(&again), (0, 0, 1, errors()), "1.5 is 1.5 l");
}

#[actix_rt::test]
async fn what_is_required_is_asked_of_what_is_published() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    pots(&admin).await;
    let file = pot("good", "published", json!({ "Material": "Clay" }))
        + &pot("bare", "published", json!({ "Heat": "Gas" }))
        + &pot("draft", "draft", json!({ "Heat": "Gas" }));

    let taken = send(&admin, "", NDJSON, file.as_bytes()).await.is(200);

    assert_eq!(told(&taken), (2, 0, 0, vec![(2, "required")]));
    let message = taken["errors"][0]["message"].as_str().unwrap();
    assert!(message.starts_with("Material: "), "{message}");
    let published = json!({ "slug": "draft", "name": "draft", "status": "published" });
    let refused = send(&admin, "", NDJSON, published.to_string().as_bytes()).await.is(200);
    assert_eq!(told(&refused), (0, 0, 0, vec![(1, "required")]));
    let moved = json!({ "slug": "mug", "name": "Mug", "category":
        [{ "slug": "pots", "name": "Pots" }] });
    let refused = send(&admin, "", NDJSON, moved.to_string().as_bytes()).await.is(200);
    assert_eq!(told(&refused), (0, 0, 0, vec![(1, "required")]));
    let table = b"Handle,Title,Type,Variant Price,Status\nnew,New,Pots,5,active\n\
        idea,Idea,Pots,5,draft\ngood,Better,Pots,,active\n";
    let taken = send(&admin, "", CSV, table).await.is(200);
    assert_eq!(told(&taken), (1, 1, 0, vec![(2, "required")]), "a table says no attributes");
}

#[actix_rt::test]
async fn a_dry_run_says_what_would_be_and_changes_nothing() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    let before = export(&admin, "ndjson").await;
    let thief = json!({ "slug": "thief", "name": "T", "variants": [
        { "sku": "MUG-RED", "price": euros(1) }] });
    let file = format!("{}{thief}\n", line("teapot", "new")) + &line("cup", "new");

    let dry = send(&admin, "?dry_run=true", NDJSON, file.as_bytes()).await.is(200);

    assert_eq!(told(&dry), (1, 1, 0, vec![(2, "sku_taken")]));
    assert_eq!(export(&admin, "ndjson").await, before);
    assert_eq!(send(&admin, "", NDJSON, file.as_bytes()).await.is(200), dry);
    assert_ne!(export(&admin, "ndjson").await, before);
}

#[actix_rt::test]
async fn only_whoever_may_change_the_catalogue_sends_files_and_only_those_that_are_read() {
    let shop = TestShop::start().await;
    let (admin, customer) = (shop.admin().await, shop.sign_up().await);
    let (file, code) = (line("a", "A"), "unsupported_media_type");

    send(&customer, "", NDJSON, file.as_bytes()).await.refused(403, "forbidden");
    customer.get("/admin/products/export").await.refused(403, "forbidden");
    for kind in
        ["application/json", "text/plain", "application/octet-stream", "multipart/form-data"]
    {
        send(&admin, "", kind, file.as_bytes()).await.refused(415, code);
    }
    let packed = admin.with("Content-Encoding", "gzip");
    send(&packed, "", NDJSON, file.as_bytes()).await.refused(415, code);
    send(&admin, "?dry_run=perhaps", NDJSON, b"").await.invalid(&["dry_run"]);
    admin.get("/admin/products/export?format=xml").await.invalid(&["format"]);
    let nothing = send(&admin, "", "Text/CSV; charset=utf-8", b"").await.is(200);
    assert_eq!(told(&nothing), (0, 0, 0, vec![(1, "missing_column")]));
    let huge = Sending::begin(&shop, &admin, (1 << 30) + 1, "").await.answer().await;
    assert!(huge.starts_with("HTTP/1.1 413 "), "{huge}");
}

/// A request whose body is written by hand.
struct Sending(TcpStream);

impl Sending {
    async fn begin(shop: &TestShop, admin: &Client, length: usize, body: &str) -> Self {
        let mut stream = TcpStream::connect(shop.address()).await.unwrap();
        let token = admin.access_token();
        let head = format!(
            "POST /api/v1{IMPORT} HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: {NDJSON}\r\nContent-Length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body.as_bytes()).await.unwrap();
        Sending(stream)
    }

    async fn answer(mut self) -> String {
        let mut answer = vec![0; 4096];
        let read = soon("an answer", self.0.read(&mut answer)).await.unwrap();
        String::from_utf8_lossy(&answer[..read]).into_owned()
    }
}

#[actix_rt::test]
async fn a_body_that_breaks_off_leaves_whole_products_alone() {
    const SENT: usize = 620;
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    let file = |letter: char| -> String {
        (0..SENT).map(|at| line(&format!("{letter}{at:03}"), "whole")).collect()
    };
    let begin = async |file: String| {
        let (half, _) = file.split_at(file.len() - 100);
        Sending::begin(&shop, &admin, file.len(), half).await
    };

    // As many as are read at once; each has sent so much that a part of it is taken.
    let both = (begin(file('p')).await, begin(file('q')).await);
    for slug in ["p000", "q000"] {
        let path = format!("/products/{slug}");
        soon("a part of it", async { while admin.get(&path).await.status != 200 {} }).await;
    }
    send(&admin, "", NDJSON, line("last", "x").as_bytes()).await.refused(503, "busy");
    drop(both);

    let taken = soon("room for another file", async {
        loop {
            let answer = send(&admin, "", NDJSON, line("last", "x").as_bytes()).await;
            if answer.status == 200 {
                return answer.is(200);
            }
            answer.refused(503, "busy");
        }
    })
    .await;

    assert_eq!(told(&taken).0, 1);
    let text = export(&admin, "ndjson").await;
    let kept: Vec<Value> = text.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    let kept: Vec<&Value> = kept.iter().filter(|it| it["description"] == "whole").collect();
    assert!(kept.len() >= 1_000 && kept.len() < 2 * SENT, "{}", kept.len());
    assert!(kept.iter().all(|it| it["variants"].as_array().unwrap().len() == 2));
    let last = format!("p{:03}", SENT - 1);
    assert!(kept.iter().all(|it| it["slug"] != last.as_str()), "half of it was sent");
}

#[actix_rt::test]
async fn memory_stays_flat_however_long_the_file_is() {
    const PRODUCT_BYTES: usize = 50_000;
    let shop = TestShop::alone(&[]).await;
    let admin = shop.admin().await;
    let text = "x".repeat(PRODUCT_BYTES);
    // Drafts, which nobody is shown: what is for sale may be in memory.
    let file = |from: usize, count: usize| {
        (from..from + count).fold(String::new(), |mut file, at| {
            let line = json!({ "slug": format!("p{at}"), "name": "P", "description": text,
                "status": "draft" });
            writeln!(file, "{line}").unwrap();
            file
        })
    };
    send(&admin, "", NDJSON, file(0, 400).as_bytes()).await.is(200);
    let before = shop.memory_peak();

    let long = file(400, 2_000);
    let taken = send(&admin, "", NDJSON, long.as_bytes()).await.is(200);

    assert_eq!(told(&taken), (2_000, 0, 0, vec![]));
    let more = shop.memory_peak().saturating_sub(before);
    assert!(long.len() > 100_000_000 && more < long.len() / 2, "{more} bytes more");
}
