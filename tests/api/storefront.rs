//! The page of the shop as it is sent: `tests/browser` says what it does.

use std::collections::BTreeSet;

use crate::support::{TestShop, client::Answer};

/// The addresses of files that stand between quotation marks in a page.
fn named(page: &str) -> BTreeSet<&str> {
    let is_ours = |it: &&str| it.starts_with("/storefront/") || it.starts_with("/admin/files/");
    page.split('"').filter(is_ours).collect()
}

#[actix_rt::test]
async fn the_page_and_all_that_it_is_made_of_are_there_and_kept_as_long_as_they_are_the_same() {
    let shop = TestShop::start().await;
    let stranger = shop.stranger();
    let (page, desk) = (stranger.get("/").await, stranger.get("/admin").await);
    let files = [named(&page.text), named(&desk.text)];
    assert!(files.iter().all(|it| it.len() > 10), "{}", page.text);
    let pages = ["/", "/p/teapot", "/p/nothing-that-is-sold", "/admin"];

    for path in files.iter().flatten().copied().chain(pages) {
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
    for page in ["/storefront/index.html", "/admin/files/index.html"] {
        stranger.get(page).await.refused(404, "not_found");
    }
}

#[actix_rt::test]
async fn the_page_may_load_from_its_own_origin_and_from_no_other() {
    let shop = TestShop::start().await;

    for page in ["/", "/admin"] {
        loads_from_its_own_origin(&shop.stranger().get(page).await);
    }
}

fn loads_from_its_own_origin(page: &Answer) {
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
