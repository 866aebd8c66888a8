//! What goes out of a line, in which order, and when it ends.

use std::{
    io::Read,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Wake,
    time::Duration,
};

use prometheus_client::metrics::gauge::Gauge;
use tokio::io::AsyncWriteExt;

use super::*;
use crate::{http::server::Stream, ws::guard};

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn limits() -> Limits {
    Limits { queue_bytes_max: 4096, ..Limits::default() }
}

fn line() -> Line {
    line_of(None)
}

fn line_of(switch: Option<Switch>) -> Line {
    let budget = Budget::new(Gauge::default(), 1 << 20);
    Line::new(ConnectionId::new(), switch, &limits(), budget, Instant::now())
}

/// A line to a client that has read the head of the response; the connection is open as long as its
/// stream is.
async fn connected() -> (Line, Stream, std::net::TcpStream) {
    let (mut stream, switch, mut client) = guard::tests::connected();
    switch.becomes_socket(Duration::from_secs(45));
    stream.write_all(b"head").await.unwrap();
    assert_eq!(read(&mut client, 4), b"head");
    (line_of(Some(switch)), stream, client)
}

/// The next so many bytes that the client reads.
fn read(client: &mut std::net::TcpStream, length: usize) -> Vec<u8> {
    let mut read = vec![0; length];
    client.read_exact(&mut read).unwrap();
    read
}

/// All that goes out now, and whether the response has ended.
fn sent(line: &Line) -> (Vec<u8>, bool) {
    sent_with(line, &Arc::default())
}

fn sent_with(line: &Line, wakes: &Arc<Wakes>) -> (Vec<u8>, bool) {
    let (waker, mut all) = (Waker::from(Arc::clone(wakes)), Vec::new());
    loop {
        match line.poll_next(&mut Context::from_waker(&waker)) {
            Poll::Ready(Some(piece)) => all.extend_from_slice(&piece),
            Poll::Ready(None) => return (all, true),
            Poll::Pending => return (all, false),
        }
    }
}

fn bytes(frames: &[Bytes]) -> Vec<u8> {
    frames.concat()
}

#[test]
fn a_push_wakes_the_response_once() {
    let (line, wakes) = (line(), Arc::new(Wakes::default()));
    assert_eq!(sent_with(&line, &wakes), (Vec::new(), false));

    line.push(wire::text("1"));
    line.push(wire::text("2"));

    assert_eq!(wakes.0.load(Ordering::Relaxed), 1);
    assert_eq!(sent(&line), (bytes(&[wire::text("1"), wire::text("2")]), false));
}

#[test]
fn a_close_is_the_last_word_and_the_response_ends_when_it_was_answered() {
    let line = line();
    line.push(wire::text("1"));
    line.close(Close::Expired);
    line.close(Close::Revoked);
    line.push(wire::text("2"));

    assert_eq!(sent(&line), (bytes(&[wire::text("1"), Close::Expired.frame()]), false));
    line.close_answered(Some(3005));
    assert_eq!(sent(&line), (Vec::new(), true));
}

#[test]
fn the_close_of_a_client_is_answered_with_its_code() {
    let (with, without) = (line(), line());
    with.close_answered(Some(1001));
    without.close_answered(None);
    assert_eq!(sent(&with), (wire::close(1001, "").to_vec(), true));
    assert_eq!(sent(&without), (wire::bare_close().to_vec(), true));
}

#[test]
fn a_client_for_which_too_much_waits_is_told_so_and_nothing_else() {
    let (line, limits, revoked) = (line(), limits(), Revoked::default());
    for _ in 0..100 {
        line.push(wire::text(&"x".repeat(1000)));
    }

    assert_eq!(sent(&line), (Close::Slow.frame().to_vec(), false));
    let now = Instant::now();
    assert_eq!(line.check(now, &limits, &revoked), Found::Well);
    let later = now + limits.close_within;
    assert_eq!(line.check(later, &limits, &revoked), Found::Cut);
    assert_eq!(line.check(later, &limits, &revoked), Found::Well, "once is enough");
    assert_eq!(sent(&line), (Vec::new(), true));
    line.gone();
    assert_eq!(line.check(now, &limits, &revoked), Found::Gone(Some(3008)));
}

#[test]
fn a_ping_overtakes_what_waits() {
    let (line, limits) = (line(), limits());
    line.admitted();
    line.push(wire::text("1"));

    line.check(Instant::now() + limits.ping_every, &limits, &Revoked::default());

    assert_eq!(sent(&line).0, bytes(&[wire::ping(), wire::text("1")]));
}

#[test]
fn a_session_is_told_of_the_end_though_its_answer_never_came() {
    let (line, first, second) = (line(), SessionId::new(), SessionId::new());
    line.belongs(first);
    line.belongs(first);
    line.belongs(second);
    line.left(first);
    assert_eq!(line.sessions(), [second]);
}

#[actix_rt::test]
async fn there_is_room_again_when_the_client_has_read() {
    let line = Arc::new(line());
    line.push(wire::text(&"x".repeat(3000)));
    let mut waits = Box::pin(line.room());
    let late = tokio::time::timeout(Duration::from_millis(1), &mut waits).await;
    assert!(late.is_err());

    sent(&line);

    assert!(waits.await.is_some());
}

#[actix_rt::test]
async fn there_is_no_room_on_a_line_that_is_over() {
    let line = Arc::new(line());
    line.push(wire::text(&"x".repeat(3000)));
    let mut waits = Box::pin(line.room());
    assert!(tokio::time::timeout(Duration::from_millis(1), &mut waits).await.is_err());

    line.gone();

    assert!(waits.await.is_none());
}

#[actix_rt::test]
async fn what_was_put_goes_out_in_one_piece_and_wakes_nobody() {
    let ((line, _stream, mut client), wakes) = (connected().await, Arc::new(Wakes::default()));
    sent_with(&line, &wakes);

    assert!(line.put(wire::text("1")));
    assert!(!line.put(wire::text("2")), "once is enough");
    line.flush();
    assert!(line.put(wire::text("3")));
    line.flush();

    let all = bytes(&["1", "2", "3"].map(wire::text));
    assert_eq!(read(&mut client, all.len()), all);
    assert_eq!(wakes.0.load(Ordering::Relaxed), 0);
    assert_eq!(sent(&line), (Vec::new(), false));
}

#[actix_rt::test]
async fn the_response_sends_what_the_client_does_not_take_at_once() {
    let ((line, _stream, mut client), wakes) = (connected().await, Arc::new(Wakes::default()));
    sent_with(&line, &wakes);
    let frame = wire::text(&"x".repeat(1000));

    let mut put = 0;
    while wakes.0.load(Ordering::Relaxed) == 0 {
        assert!(line.put(frame.clone()));
        line.flush();
        put += 1;
    }
    assert!(!line.put(wire::text("last")), "the response sees to it");
    assert!(put > 10, "much fits between them: {put}");

    let (rest, _) = sent(&line);
    let last = wire::text("last").len();
    let mut all = read(&mut client, put * frame.len() + last - rest.len());
    all.extend(rest);
    assert_eq!(all, [frame.repeat(put), wire::text("last").to_vec()].concat());
}

#[actix_rt::test]
async fn nothing_goes_past_a_piece_that_the_response_sends() {
    let (line, stream, mut client) = connected().await;
    line.push(wire::text("1"));
    let (waker, mut all) = (Waker::noop(), Vec::new());
    let Poll::Ready(Some(piece)) = line.poll_next(&mut Context::from_waker(waker)) else {
        panic!("something waits");
    };

    assert!(!line.put(wire::text("2")));
    line.flush();
    all.extend_from_slice(&piece);
    all.extend_from_slice(&sent(&line).0);

    assert_eq!(all, bytes(&["1", "2"].map(wire::text)));
    drop(stream);
    assert_eq!(client.read(&mut [0]).unwrap(), 0, "of it the client has read nothing");
}
