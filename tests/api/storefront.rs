//! The page of the shop as it is sent: `tests/browser` says what it does.

use std::collections::BTreeSet;

use crate::support::TestShop;

/// The addresses of this page's own that stand between quotation marks.
fn named(page: &str) -> BTreeSet<&str> {
    page.split('"').filter(|it| it.starts_with("/storefront/")).collect()
}

#[actix_rt::test]
async fn the_page_and_all_that_it_is_made_of_are_there_and_kept_as_long_as_they_are_the_same() {
    let shop = TestShop::start().await;
    let stranger = shop.stranger();
    let page = stranger.get("/").await;
    let files = named(&page.text);
    assert!(files.len() > 10, "{}", page.text);

    for path in files.iter().copied().chain(["/", "/p/teapot", "/p/nothing-that-is-sold"]) {
        let first = stranger.get(path).await;
        let (kind, tag) = (first.header("content-type").unwrap(), first.header("etag").unwrap());
        let again = stranger.with("If-None-Match", tag).get(path).await;

        let expected = match path.rsplit_once('.') {
            Some((_, "js")) => "text/javascript; charset=utf-8",
            Some((_, "css")) => "text/css; charset=utf-8",
            Some((_, "svg")) => "image/svg+xml",
            _ => "text/html; charset=utf-8",
        };
        assert_eq!((first.status, kind), (200, expected), "{path}");
        assert_eq!(first.header("cache-control"), Some("public, max-age=0, must-revalidate"));
        assert_eq!((again.status, again.text.as_str()), (304, ""), "{path}");
        assert_eq!(
            again.header("content-security-policy"),
            first.header("content-security-policy")
        );
    }
    stranger.get("/storefront/..%2Findex.html").await.refused(404, "not_found");
    stranger.get("/storefront/index.html").await.refused(404, "not_found");
}

#[actix_rt::test]
async fn the_page_may_load_from_its_own_origin_and_from_no_other() {
    let shop = TestShop::start().await;

    let page = shop.stranger().get("/").await;

    let policy = page.header("content-security-policy").unwrap();
    for rule in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ] {
        assert!(policy.split("; ").any(|it| it == rule), "{rule}: {policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains("//"), "{policy}");
    assert!(!page.text.contains("://") && !page.text.contains("style="), "{}", page.text);
}
