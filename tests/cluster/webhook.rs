//! Webhooks of two nodes: each event is told once, and what is sent is signed as Standard Webhooks has
//! it, by the word of that specification's own library.

use std::{
    env, fs,
    io::{BufRead, BufReader, Lines, Write},
    process::{Child, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};

use crate::{
    SHARED,
    support::{
        TestShop, each,
        purchase::topic,
        receiver::{Answer, Received, Receiver, place},
        server::Folder,
        soon,
    },
};

/// What the library says of each message, to a receiver that has `secret`.
fn verdicts(secret: &Value, received: &[Received]) -> Vec<String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cluster/webhook_verifier.py");
    let mut command = Command::new(python());
    command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut process = command.spawn().unwrap();
    let mut input = process.stdin.take().unwrap();
    for it in received {
        let headers = json!({
            "webhook-id": it.id,
            "webhook-timestamp": it.timestamp,
            "webhook-signature": it.signature,
        });
        let line = json!({ "secret": secret, "headers": headers, "body": it.text });
        writeln!(input, "{line}").unwrap();
    }
    drop(input);
    let output = process.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// A receiver that speaks TLS; it ends when it is dropped.
struct Secure {
    process: Child,
    said: Option<Lines<BufReader<ChildStdout>>>,
    _folder: Folder,
    /// What vouches for it.
    certificate: String,
}

impl Secure {
    fn start() -> Self {
        let folder = Folder::make("tls");
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let path = |name| folder.path().join(name);
        let (certificate, key) = (path("certificate.pem"), path("key.pem"));
        fs::write(&certificate, made.cert.pem()).unwrap();
        fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cluster/webhook_server.py");
        let mut command = Command::new(python());
        command.arg(script).args([&certificate, &key]).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let said = Some(BufReader::new(process.stdout.take().unwrap()).lines());
        let certificate = certificate.to_str().unwrap().to_owned();
        Secure { process, said, _folder: folder, certificate }
    }

    /// What it says next.
    async fn line(&mut self) -> String {
        let mut said = self.said.take().unwrap();
        let read = tokio::task::spawn_blocking(move || (said.next(), said));
        let (line, said) = soon("a message by TLS", read).await.unwrap();
        self.said = Some(said);
        line.unwrap().unwrap()
    }
}

impl Drop for Secure {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

fn python() -> String {
    env::var("TEST_WEBHOOK_PYTHON").expect("TEST_WEBHOOK_PYTHON is not set: run ./test")
}

fn are_signed(secret: &Value, received: &[Received]) -> bool {
    let verdicts = verdicts(secret, received);
    verdicts.len() == received.len() && verdicts.iter().all(|it| it == "signed")
}

async fn two_nodes() -> (TestShop, TestShop) {
    let own = [("RIALTO_WEBHOOK_PRIVATE", "on"), ("RIALTO_WEBHOOK_RETRY", "50ms")];
    let one = TestShop::on_postgres(&[&SHARED[..], &own].concat()).await;
    let other = one.beside().await;
    (one, other)
}

#[actix_rt::test]
async fn two_nodes_tell_each_event_once_and_the_reference_library_believes_it() {
    let ((one, other), receiver) = (two_nodes().await, Receiver::open());
    let hook = one.hook(&receiver.url, &[]).await;
    let (here, there) = (one.sign_up().await, other.sign_up().await);
    let teapot = one.variant("teapot").await;
    let orders = [here.buy(&teapot, 1).await, there.buy(&teapot, 2).await];

    let mut timelines = Vec::new();
    for (buyer, order) in [&here, &there].into_iter().zip(&orders) {
        buyer.follow(&topic(order)).await.until("order.delivered").await;
        timelines.push(buyer.timeline(order).await);
    }
    let is_done = |all: &[Value]| all.iter().all(|it| it["status"] == "delivered");
    receiver.until(|all| all.iter().filter(|it| it.kind() == "order.delivered").count() == 2).await;
    one.deliveries_until(&hook, is_done).await;

    let received = receiver.received();
    for (order, timeline) in orders.iter().zip(&timelines) {
        let told: Vec<Value> = received
            .iter()
            .filter(|it| it.is_of(order))
            .map(|it| it.body["data"]["order_sequence"].clone())
            .collect();
        assert_eq!(told.iter().collect::<Vec<_>>(), each(timeline, "sequence"));
    }
    assert!(are_signed(&hook["secret"], &received));
}

#[actix_rt::test]
async fn nothing_is_believed_by_another_secret_or_with_another_word_in_it() {
    let ((one, _other), receiver) = (two_nodes().await, Receiver::open());
    let hook = one.hook(&receiver.url, &["order.placed"]).await;
    let stranger = one.hook(&receiver.url, &["order.expired"]).await;
    one.sign_up().await.place(&one.variant("teapot").await, 1).await;
    let received = receiver.until(|all| !all.is_empty()).await;
    let changed = |change: fn(&mut Received)| {
        let mut one = received.clone();
        one.iter_mut().for_each(change);
        one
    };

    assert!(are_signed(&hook["secret"], &received));
    let (wrong, none) = (&stranger["secret"], "No matching signature found");
    assert_eq!(verdicts(wrong, &received), [none]);
    let body = changed(|it| it.text = it.text.replace("order.placed", "order.paid"));
    assert_eq!(verdicts(&hook["secret"], &body), [none]);
    let id = changed(|it| it.id.push('0'));
    assert_eq!(verdicts(&hook["secret"], &id), [none]);
    let late = changed(|it| it.timestamp = "1614265330".to_owned());
    assert_eq!(verdicts(&hook["secret"], &late), ["Message timestamp too old"]);
}

#[actix_rt::test]
async fn whoever_has_the_old_secret_or_the_new_one_believes_it_for_a_day() {
    let ((one, other), receiver) = (two_nodes().await, Receiver::open());
    let (admin, teapot) = (one.admin().await, one.variant("teapot").await);
    let buyer = one.sign_up().await;
    let hook = one.hook(&receiver.url, &["order.placed"]).await;

    let rotate = format!("{}/rotate", place(&hook));
    let rotated = admin.at(&other.address()).post(&rotate, Value::Null).await.is(200);
    receiver.answer([Answer::Status(500)]);
    buyer.place(&teapot, 1).await;
    // The second attempt is signed anew.
    let received = receiver.until(|all| all.len() == 2).await;

    assert_eq!(received[0].id, received[1].id);
    assert!(are_signed(&hook["secret"], &received));
    assert!(are_signed(&rotated["secret"], &received));

    one.sql("UPDATE webhooks SET old_until = created_at").unwrap();
    buyer.place(&teapot, 1).await;

    let received = receiver.until(|all| all.len() == 3).await;
    assert!(!are_signed(&hook["secret"], &received[2..]));
    assert!(are_signed(&rotated["secret"], &received[2..]));
}

#[actix_rt::test]
async fn what_a_node_had_in_hand_when_it_died_is_sent_by_the_other() {
    let ((mut one, other), receiver) = (two_nodes().await, Receiver::open());
    let (buyer, teapot) = (one.sign_up().await, one.variant("teapot").await);
    let there = buyer.at(&other.address());
    one.hook(&receiver.url, &["order.placed"]).await;
    receiver.answer([Answer::Never]);
    let first = buyer.place(&teapot, 1).await;
    receiver.until(|all| all.len() == 1).await;

    one.kill();
    // As if the minute had passed in which it may yet be alive.
    let ended = "UPDATE webhook_deliveries SET due_at = created_at WHERE status = 'sending'";
    one.sql(ended).unwrap();
    let last = there.place(&teapot, 1).await;

    for order in [&first, &last] {
        receiver.until(|all| all.iter().skip(1).any(|it| it.is_of(order))).await;
    }
}

#[actix_rt::test]
async fn a_message_goes_by_tls_to_whom_the_machine_trusts_alone() {
    let mut server = Secure::start();
    let url = format!("https://localhost:{}/hooks", server.line().await);
    let private = ("RIALTO_WEBHOOK_PRIVATE", "on");
    let certificate = server.certificate.clone();
    let trust = ("SSL_CERT_FILE", certificate.as_str());
    let trusting = TestShop::on_postgres(&[&SHARED[..], &[private, trust]].concat()).await;
    let distrusting = TestShop::on_postgres(&[&SHARED[..], &[private]].concat()).await;

    let hook = distrusting.hook(&url, &["order.placed"]).await;
    let teapot = distrusting.variant("teapot").await;
    distrusting.sign_up().await.place(&teapot, 1).await;
    let refused = |all: &[Value]| all.iter().any(|it| it["error"] == "unreachable");
    distrusting.deliveries_until(&hook, refused).await;

    let hook = trusting.hook(&url, &["order.placed"]).await;
    trusting.sign_up().await.place(&trusting.variant("teapot").await, 1).await;
    let message: Value = serde_json::from_str(&server.line().await).unwrap();
    let header = |name: &str| message["headers"][name].as_str().unwrap().to_owned();
    assert!(header("host").starts_with("localhost:"), "{message}");
    assert!(header("user-agent").starts_with("Rialto-Webhooks/"), "{message}");
    let received = Received {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
        text: message["body"].as_str().unwrap().to_owned(),
        body: Value::Null,
    };
    assert!(are_signed(&hook["secret"], &[received]));
}
