//! The load program, against a real server.

use std::process::Command;

use crate::support::TestShop;

#[actix_rt::test]
async fn a_flood_of_logins_is_measured_beside_the_listing() {
    let shop = TestShop::start().await;
    let url = format!("http://{}", shop.address());

    let mut bench = Command::new(env!("CARGO_BIN_EXE_rialto"));
    bench.args(["bench", "logins", "--url", &url, "--rate", "40", "--readers", "2"]);
    let ended = bench.args(["--rounds", "1", "--round", "300"]).output().unwrap();

    let out = String::from_utf8(ended.stdout).unwrap();
    assert!(ended.status.success(), "{out}{}", String::from_utf8_lossy(&ended.stderr));
    let line = |name: &str| out.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert!(line("calm").ends_with("ms") && line("logins beside").ends_with("ms"), "{out}");
    // This shop has no demo shopper, so that nobody is let in.
    let logins = out.lines().last().unwrap();
    assert!(logins.contains(" logins · 401: ") && !logins.contains("200: "), "{out}");
}
