//! The shop, by somebody who looks around in it.

use serde_json::{Value, json};

use crate::{
    proxy::Proxy,
    support::{
        TestShop,
        client::Client,
        each,
        purchase::{euros, path},
    },
    window::Window,
};

/// The names of the products in the listing, as the page shows them.
const NAMES: &str =
    "[...document.querySelectorAll('.card:not(.empty) h2')].map(it => it.textContent)";

/// Waits until the listing shows these and no others, in any order.
async fn lists(window: &mut Window, mut names: Vec<&str>) {
    names.sort_unstable();
    let names = json!(names).to_string();
    window.shows(&format!("JSON.stringify({NAMES}.sort()) === {}", json!(names))).await;
}

/// Waits until the page says of itself that what it shows is live.
async fn is_live(window: &mut Window, place: &str) {
    window
        .shows(&format!("document.querySelector('{place} .mark')?.dataset.state === 'live'"))
        .await;
}

/// Waits until the first element that a selector finds has this text.
async fn reads(window: &mut Window, selector: &str, text: &str) {
    let found = format!("document.querySelector({})?.textContent", json!(selector));
    window.shows(&format!("{found} === {}", json!(text))).await;
}

/// Nothing of the page is wider than the phone.
async fn fits(window: &mut Window) {
    let wide = "[document.documentElement.scrollWidth - innerWidth, innerWidth]";
    assert_eq!(window.see(wide).await, json!([0, 320]));
}

async fn press(window: &mut Window, selector: &str) {
    window.see(&format!("document.querySelector({}).click()", json!(selector))).await;
}

/// Puts shirts into the cart, which opens.
async fn puts_shirts_in(window: &mut Window, shop: &TestShop, units: &str) {
    window.go(&format!("http://{}/p/shirt", shop.address())).await;
    window.shows("document.activeElement && document.getElementById('quantity')").await;
    window.see("document.getElementById('quantity').focus()").await;
    window.see("document.getElementById('quantity').select()").await;
    window.types(units).await;
    window.enters().await;
    reads(window, "dialog[open] .line a", "Linen Shirt, S / White").await;
}

/// Writes over what the field of the coupon has.
async fn enters_coupon(window: &mut Window, code: &str) {
    window.see("document.querySelector('.cart-coupons input').focus()").await;
    window.see("document.querySelector('.cart-coupons input').select()").await;
    window.types(code).await;
    window.enters().await;
}

#[actix_rt::test]
async fn the_shop_lists_its_products_and_finds_one_by_a_word_with_a_typo() {
    let shop = TestShop::start().await;
    let mut window = Window::open().await;

    window.go(&format!("http://{}/", shop.address())).await;
    let all = ["Candle", "Copper Lamp", "Grand Piano", "Linen Shirt", "Mug", "Teapot"];
    lists(&mut window, all.to_vec()).await;
    reads(&mut window, "a[href='/p/teapot'] .card-price", "€12.50").await;
    reads(&mut window, "a[href='/p/mug'] .card-price", "from €8.00").await;
    reads(&mut window, "a[href='/p/lamp'] .badge", "Out of stock").await;
    reads(&mut window, "a[href='/p/piano'] .badge", "Only 3 left").await;
    fits(&mut window).await;

    window.see("document.getElementById('q').focus()").await;
    window.types("piamo").await;
    lists(&mut window, vec!["Grand Piano"]).await;
    assert_eq!(window.see("location.search").await, "?q=piamo");
    assert_eq!(window.see("document.activeElement.id").await, "q", "they may type on");
    window.see("history.back()").await;
    lists(&mut window, all.to_vec()).await;

    window.go(&format!("http://{}/?q=piamo&utm_source=letter", shop.address())).await;
    lists(&mut window, vec!["Grand Piano"]).await;
    assert_eq!(window.see("document.getElementById('q').value").await, "piamo");
    let elsewhere = "performance.getEntriesByType('resource').map(it => it.name)
        .filter(it => !it.startsWith(location.origin))";
    assert_eq!(window.see(elsewhere).await, json!([]));
    window.close().await;
}

#[actix_rt::test]
async fn a_facet_narrows_the_listing_and_no_name_is_taken_for_markup() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    let attributes = json!([{ "name": "Material", "kind": "text" }]);
    let category = json!({ "name": "Pots", "attributes": attributes });
    let category = admin.post("/admin/categories", category).await.is(201);
    let hostile = "<img src=x onerror=alert(1)>";
    for (name, material) in [("Jar", "Clay"), ("Vase", "Glass"), (hostile, "Iron")] {
        let pot = json!({
            "name": name, "category_id": category["id"], "attributes": { "Material": material },
            "status": "published",
            "variants": [{ "sku": material, "price": euros(900), "on_hand": 9 }],
        });
        admin.post("/admin/products", pot).await.is(201);
    }
    let mut window = Window::open().await;
    let facet = |value: &str| format!("[data-key='Material {value}']");

    window.go(&format!("http://{}/?category=pots", shop.address())).await;
    lists(&mut window, vec!["Jar", "Vase", hostile]).await;
    press(&mut window, "#panel summary").await;
    press(&mut window, &facet("Clay")).await;
    lists(&mut window, vec!["Jar"]).await;
    press(&mut window, &facet("Glass")).await;
    lists(&mut window, vec!["Jar", "Vase"]).await;
    assert_eq!(
        window.see("location.search").await,
        "?category=pots&attr.Material=Clay&attr.Material=Glass"
    );
    reads(&mut window, "#found", "2 products").await;
    press(&mut window, "#applied [aria-label='Remove Material: Glass']").await;
    lists(&mut window, vec!["Jar"]).await;
    window.go(&format!("http://{}/?attr.Material=Glass", shop.address())).await;
    lists(&mut window, vec!["Vase"]).await;
    assert_eq!(
        window.see(&format!("document.querySelector({}).checked", json!(facet("Glass")))).await,
        true
    );
    window.close().await;
}

#[actix_rt::test]
async fn what_changes_in_the_shop_changes_on_the_page() {
    let shop = TestShop::start().await;
    let (admin, teapot) = (shop.admin().await, shop.variant("teapot").await);
    let mut window = Window::open().await;

    window.go(&format!("http://{}/p/teapot", shop.address())).await;
    reads(&mut window, "#product .stock", "In stock").await;
    is_live(&mut window, "#product").await;
    fits(&mut window).await;
    window.see("window.isTheSame = true").await;
    shop.stock(&teapot, 3).await;
    reads(&mut window, "#product .stock", "Only 3 left").await;
    shop.stock(&teapot, 0).await;
    reads(&mut window, "#product .stock", "Out of stock").await;
    reads(&mut window, "#buy", "Out of stock").await;
    let price = json!({ "price": euros(1_330) });
    admin.patch(&format!("/admin/variants/{}", teapot.id), price).await.is(200);
    reads(&mut window, "#product .price-now", "€13.30").await;
    let name = json!({ "name": "Teapot of Clay" });
    admin.patch(&format!("/admin/products/{}", teapot.product), name).await.is(200);
    reads(&mut window, "#product h1", "Teapot of Clay").await;

    press(&mut window, "#product .crumbs a").await;
    reads(&mut window, "a[href='/p/teapot'] .badge", "Out of stock").await;
    window.see("document.querySelector(\"a[href='/p/teapot']\").scrollIntoView()").await;
    is_live(&mut window, "#listing").await;
    shop.stock(&teapot, 2).await;
    reads(&mut window, "a[href='/p/teapot'] .badge", "Only 2 left").await;
    assert_eq!(window.see("window.isTheSame").await, true, "it was loaded anew");
    window.close().await;
}

#[actix_rt::test]
async fn a_guest_puts_something_into_the_cart_and_hears_when_it_is_sold_to_another() {
    let shop = TestShop::start().await;
    let shirt = shop.variant("shirt").await;
    let mut window = Window::open().await;

    puts_shirts_in(&mut window, &shop, "2").await;
    reads(&mut window, "dialog[open] output", "€99.80").await;
    reads(&mut window, "#cart-count", "2").await;
    fits(&mut window).await;
    shop.stock(&shirt, 1).await;
    reads(&mut window, "dialog[open] .line-problem", "Only 1 left").await;
    press(&mut window, "dialog[open] [aria-label='One Linen Shirt, S / White less']").await;
    reads(&mut window, "dialog[open] output", "€49.90").await;
    reads(&mut window, "dialog[open] .line-problem", "").await;

    window.go(&format!("http://{}/", shop.address())).await;
    reads(&mut window, "#cart-count", "1").await;
    press(&mut window, "#cart-open").await;
    press(&mut window, "dialog[open] [aria-label='Remove Linen Shirt, S / White']").await;
    window.says("There is nothing in your cart yet").await;
    assert_eq!(window.see("document.querySelector('.line')").await, Value::Null);
    window.close().await;
}

#[actix_rt::test]
async fn a_shopper_holds_the_cart_and_sees_the_time_that_is_left() {
    let shop = TestShop::start().await;
    let shirt = shop.variant("shirt").await;
    shop.stock(&shirt, 1).await;
    let mut window = Window::open().await;
    puts_shirts_in(&mut window, &shop, "1").await;
    reads(&mut window, "dialog[open] .cart-hold button", "Hold for me").await;
    reads(&mut window, "dialog[open] .hold-left", "").await;

    press(&mut window, "dialog[open] .cart-hold button").await;
    let left = "document.querySelector('.hold-left').textContent";
    window.shows(&format!("{left}.startsWith('Held for you: 14:')")).await;
    reads(&mut window, "dialog[open] .cart-hold button", "Release").await;
    assert_eq!(shop.available(&shirt).await, 0);
    fits(&mut window).await;
    let seen = window.see(left).await;
    window.shows(&format!("{left}.startsWith('Held for you: 14:') && {left} < {seen}")).await;

    press(&mut window, "dialog[open] .cart-hold button").await;
    reads(&mut window, "dialog[open] .cart-hold button", "Hold for me").await;
    reads(&mut window, "dialog[open] .hold-left", "").await;
    assert_eq!(shop.available(&shirt).await, 1);
    window.close().await;
}

#[actix_rt::test]
async fn a_coupon_is_taken_off_and_away_again_and_a_wrong_one_is_told() {
    let shop = TestShop::start().await;
    shop.promotion("SPRING", ("percentage", 10), &[]);
    let mut window = Window::open().await;
    puts_shirts_in(&mut window, &shop, "1").await;

    enters_coupon(&mut window, "sprong").await;
    let wrong = "There is no such coupon, or it does not count now.";
    reads(&mut window, "dialog[open] .cart-coupons .line-problem", wrong).await;
    reads(&mut window, "dialog[open] output", "€49.90").await;
    fits(&mut window).await;

    enters_coupon(&mut window, "spring").await;
    reads(&mut window, "dialog[open] .coupons span", "SPRING: −€4.99").await;
    reads(&mut window, "dialog[open] output", "€44.91").await;
    reads(&mut window, "dialog[open] .cart-coupons .line-problem", "").await;
    fits(&mut window).await;

    press(&mut window, "dialog[open] [aria-label='Remove SPRING']").await;
    reads(&mut window, "dialog[open] output", "€49.90").await;
    assert_eq!(window.see("document.querySelector('.coupons li')").await, Value::Null);
    window.close().await;
}

#[actix_rt::test]
async fn a_page_that_was_cut_off_says_so_comes_back_and_has_missed_nothing() {
    let network = Proxy::open().await;
    let shop = TestShop::with(&[("RIALTO_ORIGINS", &network.url())]).await;
    let teapot = shop.variant("teapot").await;
    network.lead_to(shop.address());
    let mut window = Window::open().await;
    window.go(&format!("{}/p/teapot", network.url())).await;
    is_live(&mut window, "#product").await;

    network.cut();
    reads(&mut window, "#product .mark", "Reconnecting…").await;
    shop.stock(&teapot, 4).await;
    reads(&mut window, "#product .stock", "In stock").await;
    network.lead_to(shop.address());

    reads(&mut window, "#product .stock", "Only 4 left").await;
    is_live(&mut window, "#product").await;
    shop.stock(&teapot, 0).await;
    reads(&mut window, "#product .stock", "Out of stock").await;
    window.close().await;
}

#[actix_rt::test]
async fn what_is_not_sold_is_said_to_be_not_there() {
    let shop = TestShop::start().await;
    let mut window = Window::open().await;

    window.go(&format!("http://{}/p/harpsichord", shop.address())).await;
    window.says("This is not sold here").await;
    window.go(&format!("http://{}/?q=harpsichord", shop.address())).await;
    window.says("Nothing in the shop is like this").await;
    window.go(&format!("http://{}/?price_min=cheap", shop.address())).await;
    window.says("The shop cannot be filtered like this").await;
    window.close().await;
}

/// The types of the steps that the page of an order shows.
const STEPS: &str = "[...document.querySelectorAll('.steps li')].map(it => it.dataset.type)";

/// Waits until the page shows all that has happened to an order, each step once and in order.
async fn shows_all(window: &mut Window, guest: &Client, order: &Value) {
    let happened = json!(each(&guest.timeline(order).await, "type")).to_string();
    window.shows(&format!("JSON.stringify({STEPS}) === {}", json!(happened))).await;
}

#[actix_rt::test]
async fn whoever_was_away_sees_each_step_of_the_order_that_was_missed_once_and_in_order() {
    let network = Proxy::open().await;
    let own = [("RIALTO_ORIGINS", network.url()), ("RIALTO_COURIER", "manual".to_owned())];
    let shop = TestShop::with(&own.each_ref().map(|(name, value)| (*name, value.as_str()))).await;
    let (guest, admin) = (shop.guest().await, shop.admin().await);
    guest.add(&shop.variant("teapot").await, 1).await;
    let placed = guest.check_out_as_guest().await.is(201);
    let (order, token) = (&placed["order"], placed["order_token"].as_str().unwrap());
    let guest = shop.stranger().with("X-Order-Token", token);
    network.lead_to(shop.address());
    let mut window = Window::open().await;
    window.go(&format!("{}/o/{}#{token}", network.url(), order["id"].as_str().unwrap())).await;
    shows_all(&mut window, &guest, order).await;
    is_live(&mut window, "#main").await;
    fits(&mut window).await;

    guest.pay(order, "tok_success").await.is(200);
    shows_all(&mut window, &guest, order).await;
    network.cut();
    reads(&mut window, ".mark", "Reconnecting…").await;
    for step in ["process", "ship"] {
        admin.post(&format!("/admin{}/{step}", path(order)), json!({})).await.is(200);
    }
    network.lead_to(shop.address());

    shows_all(&mut window, &guest, order).await;
    window.says(order["number"].as_str().unwrap()).await;
    window.close().await;
}

#[actix_rt::test]
async fn an_order_is_shown_to_nobody_without_its_token() {
    let shop = TestShop::start().await;
    let guest = shop.guest().await;
    guest.add(&shop.variant("teapot").await, 1).await;
    let placed = guest.check_out_as_guest().await.is(201);
    let at = format!("http://{}/o/{}", shop.address(), placed["order"]["id"].as_str().unwrap());
    let mut window = Window::open().await;

    window.go(&at).await;
    window.says("There is no such order, or this is not its address.").await;
    assert_eq!(window.see(STEPS).await, json!([]));
    window.close().await;
}
