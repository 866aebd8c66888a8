//! Links of letters, from the letter to the end of what they are for.

use std::path::Path;

use serde_json::{Value, json};

use crate::{
    support::{PASSWORD, TestShop, mail::saying},
    window::Window,
};

const NEW_PASSWORD: &str = "another horse battery";

/// The link to `page` in the letter to `address`, as a mail program finds it.
async fn link(folder: &Path, address: &str, page: &str) -> String {
    let start = format!("/{page}?token=");
    let letter = saying(folder, address, &start).await;
    let mut words = letter.part("text/plain").split_whitespace();
    words.find(|word| word.contains(&start)).unwrap().to_owned()
}

#[actix_rt::test]
async fn the_button_on_the_page_confirms_the_address_and_to_look_at_it_does_not() {
    let shop = TestShop::start().await;
    let ada = shop.sign_up_as("ada@example.com", "Ada").await;
    let link = link(&shop.folder().join("mail"), "ada@example.com", "confirm").await;
    let mut window = Window::open().await;

    window.go(&link).await;
    let address = window.see("location.href").await;
    assert_eq!(address, format!("http://{}/confirm", shop.address()), "it holds the token");
    assert_eq!(ada.get("/me").await.is(200)["email_confirmed"], false);
    window.see("document.querySelector('button').click()").await;
    window.says("the address is confirmed").await;
    assert_eq!(ada.get("/me").await.is(200)["email_confirmed"], true);
    assert_eq!(window.see("document.activeElement.id").await, "said");

    window.go(&link).await;
    window.see("document.querySelector('button').click()").await;
    window.says("This link does not work any more").await;
    window.go(&format!("http://{}/confirm", shop.address())).await;
    window.says("This link is not complete").await;
    window.close().await;
}

#[actix_rt::test]
async fn a_new_password_is_chosen_by_keyboard_alone() {
    let shop = TestShop::start().await;
    shop.sign_up_as("ada@example.com", "Ada").await;
    let stranger = shop.stranger();
    stranger.post("/auth/password/forgot", json!({ "email": "ada@example.com" })).await.is(202);
    let link = link(&shop.folder().join("mail"), "ada@example.com", "reset").await;
    let mut window = Window::open().await;

    window.go(&link).await;
    assert_eq!(window.see("document.activeElement.autocomplete").await, "new-password");
    assert_eq!(window.see("document.activeElement.labels[0].innerText").await, "New password");
    window.types("password12").await;
    window.enters().await;
    window.says("among the first to be guessed").await;
    window.shows("document.activeElement.getAttribute('aria-invalid') === 'true'").await;
    let login = |password: &str| json!({ "email": "ada@example.com", "password": password });
    stranger.post("/auth/login", login(PASSWORD)).await.is(200);
    // Enter is not heeded before the first answer has been dealt with.
    window.shows("!document.querySelector('[aria-disabled]')").await;
    assert_eq!(window.see("document.activeElement.select()").await, Value::Null);
    window.types(NEW_PASSWORD).await;
    window.enters().await;
    window.says("Your password is changed").await;
    window.close().await;

    stranger.post("/auth/login", login(PASSWORD)).await.is(401);
    stranger.post("/auth/login", login(NEW_PASSWORD)).await.is(200);
}
