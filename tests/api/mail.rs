//! Mails where there is no mail server: each is a file, once, and as mail programs want it.

use crate::support::{
    TestShop,
    mail::{first, to, until},
};

#[actix_rt::test]
async fn whoever_registers_gets_a_letter_as_a_file() {
    let shop = TestShop::with(&[("RIALTO_MAIL_FROM", "Tea & Söhne <post@tea.example>")]).await;
    shop.sign_up_as("zoe@example.com", "Zoë Müller").await;

    let mail = first(&shop.folder().join("mail"), "zoe@example.com").await;

    let id = mail.file.file_stem().unwrap().to_str().unwrap();
    assert_eq!(mail.file.extension().unwrap(), "eml");
    assert_eq!(mail.header("Message-ID"), format!("<{id}@tea.example>"));
    assert!(mail.header("From").ends_with("<post@tea.example>"), "{}", mail.text);
    assert!(mail.header("From").is_ascii() && mail.header("Subject").is_ascii());
    assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
    assert_eq!(mail.header("MIME-Version"), "1.0");
    let plain = mail.part("text/plain; charset=utf-8");
    assert!(plain.contains("Content-Transfer-Encoding: 8bit"), "{plain}");
    assert!(plain.contains("\nHello Zoë Müller,\n"), "{plain}");
    // A link is longer, and must not be broken.
    assert!(plain.lines().all(|line| line.len() <= 78 || line.contains("?token=")), "{plain}");
    let html = mail.part("text/html; charset=utf-8");
    assert!(html.contains("Hello Zoë Müller,") && html.contains("Tea &#38; Söhne"), "{html}");
}

#[actix_rt::test]
async fn a_mail_is_counted_and_neither_it_nor_its_address_is_in_the_log() {
    let shop = TestShop::start().await;
    shop.sign_up_as("ada@example.com", "Ada Byron").await;
    first(&shop.folder().join("mail"), "ada@example.com").await;

    let mut tries = 0;
    while shop.figure("rialto_mails_sent_total").await < 1 {
        tries += 1;
        assert!(tries < 1000, "the mail was never counted");
    }

    assert_eq!(shop.figure("rialto_mails_failed_total").await, 0);
    assert_eq!(shop.figure("rialto_mails_unknown_total").await, 0);
    assert!(!shop.log().contains("ada@example.com") && !shop.log().contains("Ada Byron"));
}

#[actix_rt::test]
async fn a_mail_that_was_refused_for_now_is_written_when_there_is_room() {
    let shop = TestShop::with(&[("RIALTO_MAIL_RETRY", "100ms")]).await;
    let folder = shop.folder().join("mail");
    // In the way of the folder, so that nothing can be written.
    std::fs::write(&folder, "").unwrap();
    shop.sign_up_as("ada@example.com", "Ada").await;
    until("a refusal", || shop.log().contains("no mail could be kept").then_some(())).await;

    std::fs::remove_file(&folder).unwrap();

    first(&folder, "ada@example.com").await;
    assert_eq!(shop.figure("rialto_mails_failed_total").await, 0);
}

#[actix_rt::test]
async fn a_power_cut_leaves_each_letter_once() {
    let mut shop = TestShop::start().await;
    for number in 0..20 {
        shop.sign_up_as(&format!("ada{number}@example.com"), "Ada").await;
    }

    shop.kill();
    // As if the minute had passed in which another node may yet have a letter in hand.
    shop.sql("UPDATE mails SET due_at = created_at WHERE status = 'claimed'").unwrap();
    // Whether a letter is there that was being written, nobody knows, so it is not written again.
    let unsure = shop
        .found("SELECT recipient AS found FROM mails WHERE status IN ('handing_over', 'unknown')");
    shop.start_again().await;

    assert!(unsure.len() < 10, "{unsure:?}");
    let folder = shop.folder().join("mail");
    for address in (0..20).map(|number| format!("ada{number}@example.com")) {
        if unsure.contains(&address) {
            assert!(to(&folder, &address).len() <= 1);
        } else {
            first(&folder, &address).await;
            assert_eq!(to(&folder, &address).len(), 1);
        }
    }
}
