//! The log cannot be changed, or not unseen.

use std::process::Output;

use crate::support::TestShop;

/// What the program does once there is much of it.
pub const ALL_INDEXED: &str = "INSERT INTO audit_index \
    SELECT sequence, at, actor, action, object_kind, object_id FROM audit";

#[actix_rt::test]
async fn the_database_itself_refuses_to_change_the_log() {
    let shop = TestShop::start().await;
    let copied = "SELECT * FROM audit WHERE sequence = 1";
    shop.sql(ALL_INDEXED).unwrap();

    for sql in [
        "UPDATE audit SET actor = 'system'",
        "UPDATE audit SET actor = 'system' WHERE sequence = 1",
        "DELETE FROM audit WHERE sequence = 1",
        &format!(
            "INSERT INTO audit {copied} ON CONFLICT (sequence) DO UPDATE SET actor = 'system'"
        ),
        &format!("INSERT OR REPLACE INTO audit {copied}"),
        "UPDATE audit_index SET actor = 'system'",
        "DELETE FROM audit_index",
        "INSERT OR REPLACE INTO audit_index SELECT * FROM audit_index",
        "TRUNCATE audit_index",
        "TRUNCATE audit",
    ] {
        assert!(shop.sql(sql).is_err(), "{sql}");
    }

    is_whole(&shop.rialto(&["audit", "verify"]));
}

/// What a verification printed as the head, of a log that it found whole.
fn is_whole(ended: &Output) -> String {
    let (out, err) = (text(&ended.stdout), text(&ended.stderr));
    assert_eq!(ended.status.code(), Some(0), "{err}");
    out.lines().find_map(|line| line.strip_prefix("head ")).unwrap_or_default().to_owned()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[actix_rt::test]
async fn a_log_that_was_tampered_with_is_found_out() {
    let shop = TestShop::start().await;
    shop.sign_up().await.buy(&shop.variant("teapot").await, 1).await;
    let verify = || shop.rialto(&["audit", "verify"]);
    let head = is_whole(&verify());
    let (last, _) = head.split_once(':').unwrap();
    let last: i64 = last.parse().unwrap();
    assert!(last > 6, "{head}");
    // As somebody may who owns the database.
    shop.let_the_log_be_changed();
    shop.sql("CREATE TABLE kept AS SELECT * FROM audit").unwrap();
    let changed = "is not what was written there";
    let copied = "format, at, actor, session_id, address, request_id, action, object_kind, \
                  object_id, before, after, hash FROM kept WHERE sequence = 3";

    for (sql, said) in [
        ("UPDATE audit SET actor = 'guest' WHERE sequence = 3", format!("row 3 {changed}")),
        ("UPDATE audit SET after = '{}' WHERE sequence = 1", format!("row 1 {changed}")),
        ("UPDATE audit SET request_id = '' WHERE sequence = 1", format!("row 1 {changed}")),
        (
            "UPDATE audit SET at = '2026-11-21 08:00:00' WHERE sequence = 3",
            format!("row 3 {changed}"),
        ),
        ("UPDATE audit SET format = 2 WHERE sequence = 3", format!("row 3 {changed}")),
        (
            "UPDATE audit SET hash = (SELECT hash FROM kept WHERE sequence = 2) WHERE sequence = 3",
            format!("row 3 {changed}"),
        ),
        ("DELETE FROM audit WHERE sequence = 1", "row 1 is missing".to_owned()),
        ("DELETE FROM audit WHERE sequence = 4", "row 4 is missing".to_owned()),
        (
            "DELETE FROM audit WHERE sequence = 3; UPDATE audit SET sequence = 3 WHERE sequence = 4",
            format!("row 3 {changed}"),
        ),
        (
            "UPDATE audit SET sequence = 99 WHERE sequence = 3; \
             UPDATE audit SET sequence = 3 WHERE sequence = 4; \
             UPDATE audit SET sequence = 4 WHERE sequence = 99",
            format!("row 3 {changed}"),
        ),
        (
            &format!("INSERT INTO audit SELECT {}, {copied}", last + 1),
            format!("row {} {changed}", last + 1),
        ),
        (
            &format!("INSERT INTO audit SELECT {}, {copied}", last + 2),
            format!("row {} is missing", last + 1),
        ),
    ] {
        shop.sql(sql).unwrap();
        let ended = verify();
        assert_eq!(ended.status.code(), Some(1), "{sql}");
        let err = text(&ended.stderr);
        assert!(err.contains(&said), "{sql}: {err}");
        shop.sql("DELETE FROM audit; INSERT INTO audit SELECT * FROM kept").unwrap();
        assert_eq!(is_whole(&verify()), head);
    }
}

#[actix_rt::test]
async fn an_index_that_was_tampered_with_is_found_out() {
    let shop = TestShop::start().await;
    shop.sign_up().await.buy(&shop.variant("teapot").await, 1).await;
    let verify = || shop.rialto(&["audit", "verify"]);
    let head = is_whole(&verify());
    let (last, _) = head.split_once(':').unwrap();
    shop.let_the_log_be_changed();
    shop.sql(ALL_INDEXED).unwrap();
    assert_eq!(is_whole(&verify()), head);

    for (sql, row) in [
        ("UPDATE audit_index SET at = '2026-11-21 08:00:00' WHERE sequence = 3", "3"),
        ("UPDATE audit_index SET actor = 'guest' WHERE sequence = 3", "3"),
        ("UPDATE audit_index SET action = 'x' WHERE sequence = 3", "3"),
        ("UPDATE audit_index SET object_kind = 'x' WHERE sequence = 3", "3"),
        ("UPDATE audit_index SET object_id = 'x' WHERE sequence = 3", "3"),
        ("DELETE FROM audit_index WHERE sequence = 3", "3"),
        // All that is done from now on would be looked for before it.
        ("UPDATE audit_index SET sequence = 999 WHERE sequence = 1", "1"),
        ("INSERT INTO audit_index VALUES (999, '2026-11-21 08:00:00', '', '', '', '')", "999"),
        (&format!("DELETE FROM audit WHERE sequence = {last}"), last),
    ] {
        shop.sql(&format!("DELETE FROM audit_index; {ALL_INDEXED}; {sql}")).unwrap();
        let ended = verify();
        assert_eq!(ended.status.code(), Some(1), "{sql}");
        let said = format!("row {row} is not what the index of the log says");
        assert!(text(&ended.stderr).contains(&said), "{sql}: {}", text(&ended.stderr));
    }
}

#[actix_rt::test]
async fn a_log_whose_end_was_cut_off_is_found_out_by_a_head_that_was_kept() {
    let shop = TestShop::start().await;
    shop.sign_up().await;
    let head = is_whole(&shop.rialto(&["audit", "verify"]));
    let (last, hash) = head.split_once(':').unwrap();
    let verify = |head: &str| shop.rialto(&["audit", "verify", "--head", head]);
    assert_eq!(is_whole(&verify(&head)), head);
    shop.sign_up().await;
    assert_ne!(is_whole(&verify(&head)), head);
    let wrong = format!("{last}:{}", hash.chars().rev().collect::<String>());
    assert_eq!(verify(&wrong).status.code(), Some(1));
    assert_eq!(verify("here").status.code(), Some(1));
    shop.let_the_log_be_changed();

    for cut in
        [format!("DELETE FROM audit WHERE sequence >= {last}"), "DELETE FROM audit".to_owned()]
    {
        shop.sql(&cut).unwrap();

        is_whole(&shop.rialto(&["audit", "verify"]));
        let ended = verify(&head);
        assert_eq!(ended.status.code(), Some(1));
        assert!(text(&ended.stderr).contains("was cut off"), "{}", text(&ended.stderr));
    }
}
