//! The load program, against a real server.

use std::process::Command;

use crate::support::{PASSWORD, TestShop};

/// What the load program says of a shop that it measures as its admin.
fn bench(shop: &TestShop, name: &str, options: &str) -> String {
    let mut bench = Command::new(env!("CARGO_BIN_EXE_rialto"));
    bench.args(["bench", name, "--url", &format!("http://{}", shop.address())]);
    let ended = bench.env("BENCH_PASSWORD", PASSWORD).args(options.split(' ')).output().unwrap();
    let out = String::from_utf8(ended.stdout).unwrap();
    assert!(ended.status.success(), "{out}{}", String::from_utf8_lossy(&ended.stderr));
    out
}

#[actix_rt::test]
async fn a_flood_of_logins_is_measured_beside_the_listing() {
    let shop = TestShop::start().await;
    let options = "--rate 40 --readers 2 --rounds 1 --round 300";
    let out = bench(&shop, "logins", options);

    let line = |name: &str| out.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert!(line("calm").ends_with("ms") && line("logins beside").ends_with("ms"), "{out}");
    // This shop has no demo shopper, so that nobody is let in.
    let logins = out.lines().last().unwrap();
    assert!(logins.contains(" logins · 401: ") && !logins.contains("200: "), "{out}");
}

#[actix_rt::test]
async fn sockets_that_are_told_are_measured_beside_a_bare_loop() {
    let shop = TestShop::with(&[("RIALTO_COURIER", "manual")]).await;
    let options = "--email admin@tests.example --sockets 20 --passes 1 --rounds 2 --burst 2 \
        --order-sockets 5 --paid 10 --orders 100";
    let out = bench(&shop, "fanout", options);

    let begins = |start: &str, name: &str| {
        let row = |line: &&str| line.starts_with(start) && line.contains(name);
        out.lines().find(row).unwrap_or_else(|| panic!("no {name}: {out}"))
    };
    // Of 20 sockets that are told the same, and of 5 that have orders of their own.
    for (sockets, name) in [("20 ", "floor"), ("20 ", "rialto"), ("5 ", "floor"), ("5 ", "rialto")]
    {
        let row = begins(sockets, name);
        assert!(row.contains(" KiB ") && row.contains(" ms ") && row.ends_with("µs"), "{out}");
    }
    assert!(!out.contains("nats-server"), "{out}");
    assert!(out.contains("sockets with orders of their own, 10 in all"), "{out}");
}

#[actix_rt::test]
async fn purchases_are_measured_alone_and_while_admins_watch() {
    let shop = TestShop::with(&[("RIALTO_COURIER", "manual")]).await;
    let options = "--email admin@tests.example --clients 2 --readers 2 --stalled 1 --rounds 1 \
        --round 500";
    let out = bench(&shop, "feed", options);

    let figures = |name: &str| {
        let row = out.lines().find(|line| line.starts_with(name)).unwrap();
        row.split_whitespace().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    // Purchases, two times, events, those left out, and frames that each who watches was told.
    let (alone, watched) = (figures("alone"), figures("watched"));
    let number = |row: &[String], at: usize| row[at].parse::<u64>().unwrap();
    assert!(number(&alone, 0) > 0 && number(&alone, 5) > 0, "{out}");
    assert_eq!(number(&alone, 7), 0, "{out}");
    assert!(number(&watched, 0) > 0 && number(&watched, 7) > 0, "{out}");
    assert!(out.lines().last().unwrap().starts_with("ratio"), "{out}");
}

#[actix_rt::test]
async fn sockets_that_read_are_measured_without_and_with_a_crowd_that_does_not() {
    let shop = TestShop::with(&[("RIALTO_COURIER", "manual")]).await;
    let options = "--email admin@tests.example --good 10 --stalled 5 --vanished 2 --wrong 2 \
        --passes 1 --rounds 5 --every 20";
    let out = bench(&shop, "crowd", options);

    for name in ["1 ", "all "] {
        let row = out.lines().find(|line| line.starts_with(name)).unwrap();
        assert_eq!((row.matches(" ms").count(), row.matches(" MiB").count()), (4, 3), "{out}");
    }
    // Two of each kind, once at least: three kinds are sent away with 3501, and one with 3013.
    let last = out.lines().last().unwrap();
    let count = |name: &str| -> u32 {
        let after = last.split_once(name).unwrap().1;
        let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap()
    };
    assert!(count("3501: ") >= 6 && count("3013: ") >= 2, "{out}");
    assert_eq!(shop.figure("rialto_socket_queued_bytes").await, 0);
}
