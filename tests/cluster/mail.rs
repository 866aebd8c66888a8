//! Mails and real mail servers: those that are there, and those that are not, are slow, refuse, or
//! break off. Whatever they do, nobody gets a mail twice.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use futures_util::future::{join, join_all};

use crate::support::{
    TestShop,
    mail::{self, Mail, first, until},
    server::Folder,
};

const SOON: (&str, &str) = ("RIALTO_MAIL_RETRY", "100ms");

/// A mail server of the test's own; it ends when it is dropped.
struct MailServer {
    folder: Folder,
    port: u16,
    certificate: Option<(PathBuf, PathBuf)>,
    process: Option<Child>,
}

impl MailServer {
    /// One that does not run yet.
    fn new() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (folder, certificate, process) = (Folder::make("smtp"), None, None);
        MailServer { folder, port, certificate, process }
    }

    async fn start(behaviour: &str) -> Self {
        let mut server = Self::new();
        server.run(behaviour).await;
        server
    }

    async fn run(&mut self, behaviour: &str) {
        self.behave(behaviour);
        let python = std::env::var("TEST_SMTP_PYTHON");
        let python = python.expect("TEST_SMTP_PYTHON is not set: run ./test");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cluster/mail_server.py");
        let mut command = Command::new(python);
        command.args([script, &self.port.to_string()]).arg(self.folder.path());
        command.args(self.certificate.iter().flat_map(|(certificate, key)| [certificate, key]));
        let process = command.stdin(Stdio::null()).spawn().unwrap();
        self.process = Some(process);
        let port = self.port;
        until("the mail server", || TcpStream::connect(("127.0.0.1", port)).ok()).await;
    }

    fn behave(&self, behaviour: &str) {
        let (new, place) = (self.path("behaviour.new"), self.path("behaviour.log"));
        fs::write(&new, behaviour).unwrap();
        fs::rename(new, place).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// All that it was given whole, taken or not.
    fn mails(&self) -> Vec<Mail> {
        mail::all(self.folder.path())
    }

    async fn first(&self, address: &str) -> Mail {
        first(self.folder.path(), address).await
    }

    /// Waits until it has been asked, or given, something.
    async fn event(&self, event: &str) {
        let path = self.path("events.log");
        let heard = || fs::read_to_string(&path).ok()?.lines().any(|it| it == event).then_some(());
        until("the mail server's event", heard).await;
    }

    fn count_to(&self, address: &str) -> usize {
        mail::to(self.folder.path(), address).len()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }
}

/// Waits until a figure of the shop is `wanted`.
async fn figure(shop: &TestShop, name: &str, wanted: i64) {
    crate::support::soon(name, async {
        while shop.figure(name).await != wanted {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// Nobody sends again what was sent before this one.
async fn nothing_comes_after(shop: &TestShop, server: &MailServer) {
    shop.sign_up_as("last@example.com", "Last").await;
    server.first("last@example.com").await;
    figure(shop, "rialto_mails_waiting", 0).await;
}

#[actix_rt::test]
async fn a_mail_reaches_a_real_mail_server_in_utf_8() {
    let url = std::env::var("TEST_SMTP_URL").expect("TEST_SMTP_URL is not set: run ./test");
    let maildir = std::env::var("TEST_SMTP_MAILDIR").expect("TEST_SMTP_MAILDIR is not set");
    let shop = TestShop::with(&[("SMTP_URL", &url)]).await;
    let address = format!("{}@example.com", uuid::Uuid::new_v4().simple());

    shop.sign_up_as(&address, "Zoë Müller").await;

    let mail = first(&PathBuf::from(maildir).join("new"), &address).await;
    assert_eq!(mail.header("From"), "Rialto <no-reply@rialto.test>");
    assert_eq!(mail.header("Subject"), "Please confirm your e-mail address");
    assert_eq!(mail.header("X-MailFrom"), "no-reply@rialto.test");
    assert_eq!(mail.header("X-RcptTo"), address);
    assert!(mail.part("text/plain; charset=utf-8").contains("Hello Zoë Müller,"));
    assert!(mail.part("text/html; charset=utf-8").contains("Hello Zoë Müller,"));
    assert!(!shop.folder().join("mail").exists());
}

#[actix_rt::test]
async fn a_server_that_was_away_gets_each_mail_once_when_it_is_back() {
    let mut server = MailServer::new();
    let shop = TestShop::with(&[("SMTP_URL", &server.url())]).await;
    shop.sign_up_as("ada@example.com", "Ada").await;
    until("a failure", || shop.log().contains("cannot be reached").then_some(())).await;
    figure(&shop, "rialto_mails_waiting", 1).await;

    server.run("take").await;

    server.first("ada@example.com").await;
    nothing_comes_after(&shop, &server).await;
    assert_eq!(server.count_to("ada@example.com"), 1);
}

#[actix_rt::test]
async fn a_slow_server_is_waited_for() {
    let server = MailServer::start("slow").await;
    let shop = TestShop::with(&[("SMTP_URL", &server.url()), SOON]).await;

    join_all((0..3).map(|number| {
        let address = format!("ada{number}@example.com");
        let shop = &shop;
        async move { shop.sign_up_as(&address, "Ada").await }
    }))
    .await;

    figure(&shop, "rialto_mails_sent_total", 3).await;
    assert_eq!(server.mails().len(), 3);
}

#[actix_rt::test]
async fn what_is_refused_for_now_is_tried_again() {
    for (behaviour, given) in [("later", 1), ("later after", 2)] {
        let server = MailServer::start(behaviour).await;
        let shop = TestShop::with(&[("SMTP_URL", &server.url()), SOON]).await;
        shop.sign_up_as("ada@example.com", "Ada").await;
        until("a refusal", || shop.log().contains("refused: 45").then_some(())).await;

        server.behave("take");

        figure(&shop, "rialto_mails_sent_total", 1).await;
        nothing_comes_after(&shop, &server).await;
        // What was given whole and refused may be given again, and only that.
        assert!(server.count_to("ada@example.com") >= given, "{behaviour}");
        assert_eq!(shop.figure("rialto_mails_sent_total").await, 2);
    }
}

#[actix_rt::test]
async fn what_is_refused_for_good_is_not_tried_again() {
    let server = MailServer::start("never").await;
    let shop = TestShop::with(&[("SMTP_URL", &server.url()), SOON]).await;
    shop.sign_up_as("ada@example.com", "Ada").await;
    figure(&shop, "rialto_mails_failed_total", 1).await;

    server.behave("take");
    nothing_comes_after(&shop, &server).await;

    assert_eq!(server.count_to("ada@example.com"), 0);
    assert!(shop.log().contains("refused: 550") && !shop.log().contains("ada@example.com"));
}

#[actix_rt::test]
async fn what_was_handed_over_without_an_answer_is_never_sent_again() {
    let server = MailServer::start("drop").await;
    let shop = TestShop::with(&[("SMTP_URL", &server.url()), SOON]).await;
    shop.sign_up_as("ada@example.com", "Ada").await;
    figure(&shop, "rialto_mails_unknown_total", 1).await;

    server.behave("take");
    nothing_comes_after(&shop, &server).await;

    assert_eq!(server.count_to("ada@example.com"), 1);
}

#[actix_rt::test]
async fn a_power_cut_after_the_words_sends_nothing_again() {
    let server = MailServer::start("hang after").await;
    let mut shop = TestShop::with(&[("SMTP_URL", &server.url()), SOON]).await;
    shop.sign_up_as("ada@example.com", "Ada").await;
    server.first("ada@example.com").await;

    shop.kill();
    server.behave("take");
    shop.start_again().await;
    nothing_comes_after(&shop, &server).await;

    assert_eq!(server.count_to("ada@example.com"), 1);
    assert_eq!(shop.figure("rialto_mails_unknown_total").await, 1);
}

#[actix_rt::test]
async fn a_power_cut_before_the_words_loses_nothing() {
    let server = MailServer::start("hang before").await;
    let mut shop = TestShop::with(&[("SMTP_URL", &server.url()), SOON]).await;
    shop.sign_up_as("ada@example.com", "Ada").await;
    server.event("asked").await;

    shop.kill();
    server.behave("take");
    shop.start_again().await;

    server.first("ada@example.com").await;
    nothing_comes_after(&shop, &server).await;
    assert_eq!(server.count_to("ada@example.com"), 1);
}

#[actix_rt::test]
async fn two_nodes_send_each_of_fifty_mails_once() {
    let server = MailServer::start("take").await;
    let one = TestShop::on_postgres(&[("SMTP_URL", &server.url())]).await;
    let other = one.beside().await;

    // Two at a time: more passwords than that are not hashed at once.
    for number in (0..50).step_by(2) {
        let (here, there) = (format!("ada{number}@example.com"), number + 1);
        let there = format!("ada{there}@example.com");
        join(one.sign_up_as(&here, "Ada"), other.sign_up_as(&there, "Ada")).await;
    }

    for number in 0..50 {
        server.first(&format!("ada{number}@example.com")).await;
    }
    nothing_comes_after(&one, &server).await;
    assert_eq!(server.mails().len(), 51);
}

#[actix_rt::test]
async fn nothing_is_sent_in_the_clear_where_encryption_is_wanted() {
    let mut server = MailServer::start("take").await;
    let url = format!("{}?tls=required", server.url());
    let pair = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let (certificate, key) = (server.path("certificate.log"), server.path("key.log"));
    fs::write(&certificate, pair.cert.pem()).unwrap();
    fs::write(&key, pair.signing_key.serialize_pem()).unwrap();
    let trusted = certificate.to_str().unwrap().to_owned();
    let shop = TestShop::with(&[("SMTP_URL", &url), ("SSL_CERT_FILE", &trusted)]).await;
    shop.sign_up_as("ada@example.com", "Ada").await;
    until("a failure", || shop.log().contains("cannot be reached").then_some(())).await;
    assert_eq!(server.mails().len(), 0);

    drop(server.process.take().map(|mut process| process.kill().and_then(|()| process.wait())));
    server.certificate = Some((certificate, key));
    server.run("take").await;

    server.first("ada@example.com").await;
    server.event("encrypted").await;
    let distrusting = TestShop::with(&[("SMTP_URL", &url)]).await;
    distrusting.sign_up_as("eve@example.com", "Eve").await;
    until("a failure", || distrusting.log().contains("cannot be reached").then_some(())).await;
    assert_eq!(server.mails().len(), 1);
}
