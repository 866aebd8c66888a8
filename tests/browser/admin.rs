//! The desk of those who run the shop, by one of them.

use serde_json::json;

use crate::{
    support::{TestShop, purchase::topic},
    window::Window,
};

const ADMIN: &str = "admin@tests.example";
const PASSWORD: &str = "correct horse battery";

/// How many rows of a type the feed shows.
fn rows(kind: &str) -> String {
    format!("document.querySelectorAll('#feed [data-type=\"{kind}\"]:not([hidden])').length")
}

async fn log_in(window: &mut Window, shop: &TestShop, password: &str) {
    window.go(&format!("http://{}/admin", shop.address())).await;
    window.shows("document.activeElement.id === 'email'").await;
    window.types(ADMIN).await;
    window.see("document.getElementById('password').focus()").await;
    window.types(password).await;
    window.enters().await;
}

#[actix_rt::test]
async fn an_admin_logs_in_and_sees_what_happens_how_it_goes_and_who_looks() {
    let shop = TestShop::start().await;
    let (buyer, teapot) = (shop.sign_up().await, shop.variant("teapot").await);
    let mut window = Window::open().await;

    log_in(&mut window, &shop, "a wrong battery").await;
    window.says("There is no account with this address and password.").await;
    log_in(&mut window, &shop, PASSWORD).await;
    window.shows("document.querySelector('.mark')?.dataset.state === 'live'").await;
    window.shows("document.querySelector('#presence li')?.textContent.includes('(you)')").await;
    window.shows("document.getElementById('figure-orders').textContent === '0'").await;

    let order = buyer.buy(&teapot, 1).await;
    window.shows(&format!("{} === 1", rows("order.paid"))).await;
    window.shows("document.getElementById('figure-orders').textContent === '1'").await;
    let total = order["total"]["amount"].as_i64().unwrap();
    let revenue = format!("€{}.{:02}", total / 100, total % 100);
    let shown = "document.getElementById('figure-revenue').textContent";
    window.shows(&format!("{shown} === {}", json!(revenue))).await;

    let wide = "[document.documentElement.scrollWidth - innerWidth, innerWidth]";
    assert_eq!(window.see(wide).await, json!([0, 320]));
    window.close().await;
}

/// How often the page was told this on its socket.
fn told(what: &str) -> String {
    format!("told.filter((it) => it.topic === 'admin:feed' && {what}).length")
}

#[actix_rt::test]
async fn what_an_admin_does_not_choose_is_not_sent_and_nothing_that_they_do_is_missed() {
    let shop = TestShop::start().await;
    let (buyer, teapot) = (shop.sign_up().await, shop.variant("teapot").await);
    let mut window = Window::open().await;
    window.keep_what_is_told().await;
    log_in(&mut window, &shop, PASSWORD).await;
    window.shows("document.querySelector('.mark')?.dataset.state === 'live'").await;
    let choose =
        |group: &str| format!("document.querySelector('[data-group=\"{group}\"]').click()");
    let paid = told("it.type === 'order.paid'");
    let captured = told("it.type === 'payment.captured'");
    let answers = told("it.ok && it.epoch");

    buyer.buy(&teapot, 1).await;
    window.shows(&format!("{} === 1", rows("payment.captured"))).await;
    window.shows(&format!("{} === 1", rows("order.paid"))).await;
    window.see(&choose("orders")).await;
    window.shows(&format!("{answers} === 2 && {} === 0", rows("order.paid"))).await;
    buyer.buy(&teapot, 1).await;
    // It comes after the payment, so that nothing of the purchase is left to be told.
    window.shows(&format!("{} === 2", rows("delivery.created"))).await;
    window.see(&choose("people")).await;
    window.shows(&format!("{answers} === 3")).await;
    assert_eq!(window.see(&format!("[{paid}, {captured}]")).await, json!([1, 2]));

    for group in ["payments", "deliveries", "carts", "catalogue", "rest"] {
        window.see(&choose(group)).await;
    }
    buyer.buy(&teapot, 1).await;
    window.see(&choose("payments")).await;
    window.shows(&format!("{} === 3", rows("payment.captured"))).await;
    assert_eq!(window.see(&format!("[{paid}, {captured}]")).await, json!([1, 3]));
    window.close().await;
}

#[actix_rt::test]
async fn an_order_that_one_admin_opens_is_seen_by_another_to_be_looked_at() {
    let shop = TestShop::start().await;
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    let mut other = admin.socket().await;
    // Before the page is there: an answer that knew the page already would be followed by no push.
    let ask = json!({ "topic": "admin:presence" });
    assert_eq!(other.ask("subscribe", ask).await["ok"], true);
    let mut window = Window::open().await;
    log_in(&mut window, &shop, PASSWORD).await;
    window.shows("document.querySelector('.mark')?.dataset.state === 'live'").await;
    let order = buyer.place(&shop.variant("teapot").await, 1).await;

    window.shows(&format!("{} === 1", rows("order.placed"))).await;
    window.see("document.querySelector('[data-type=\"order.placed\"] button').click()").await;
    let title = format!("Order {}", order["number"].as_str().unwrap());
    let shown = "document.getElementById('order-title')?.textContent";
    window.shows(&format!("{shown} === {}", json!(title))).await;

    loop {
        let admins = other.next().await["data"]["admins"].clone();
        if admins[0]["orders"] == json!([order["id"]]) {
            break;
        }
    }
    other.follow(&topic(&order)).await;
    buyer.pay(&order, "tok_success").await.is(200);
    window.shows("document.querySelector('.order-status').textContent === 'paid'").await;
    window.close().await;
}
