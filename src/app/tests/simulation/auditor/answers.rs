//! I9 and I10: what was answered once is answered again, is kept, and is so.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Complaint, holds, int, text};
use crate::{
    app::tests::simulation::{
        request::Request,
        shop::Shop,
        shopper::{Entry, Heard, Hope, placed},
    },
    domain::{
        id::OrderId,
        idempotency::{Answer, Claim, Outcome},
    },
    store::sqlite::tests::simulated::Base,
};

pub fn check(base: &mut Base, shop: &Shop, asked: &[Entry]) -> Result<(), Complaint> {
    let kept = kept(base);
    of_keys(&kept, asked)?;
    one_order_each(base, &kept)?;
    acknowledged(base, asked)?;
    carts(base, shop, asked)?;
    let fault = asked.iter().find(|it| match &it.answer {
        Hope::Heard(Heard::Failed(word)) => word.starts_with("internal"),
        Hope::Heard(_) | Hope::Waiting | Hope::Lost => false,
    });
    holds(fault.is_none(), "I10", || format!("a fault of ours: {fault:?}"))
}

/// What the shop keeps: the request and the outcome, by key.
fn kept(base: &mut Base) -> BTreeMap<String, (String, Outcome)> {
    let sql = "SELECT json_array(key, request, outcome) AS row FROM idempotency_keys";
    let row = |row: Value| {
        let outcome = serde_json::from_str(text(&row[2])).unwrap();
        (text(&row[0]).to_owned(), (text(&row[1]).to_owned(), outcome))
    };
    base.rows(sql).into_iter().map(row).collect()
}

fn of_keys(kept: &BTreeMap<String, (String, Outcome)>, asked: &[Entry]) -> Result<(), Complaint> {
    let mut fresh: BTreeSet<String> = BTreeSet::new();
    for entry in asked {
        let (Some(claim), Hope::Heard(Heard::Kept(answer))) =
            (entry.request.claim(), &entry.answer)
        else {
            continue;
        };
        let Claim { key, request } = claim;
        let says = |what: &str| format!("{what}: {key}, {}, {answer:?}", entry.request.name());
        let found = kept.get(&key);
        holds(found.is_some(), "I9", || says("an answer that was given is not kept"))?;
        let (first, outcome) = found.unwrap();
        holds(*first == request, "I9", || says("another body was answered under the key"))?;
        let same = *outcome == answer.outcome;
        holds(same, "I9", || format!("{}, but it keeps {outcome:?}", says("another answer")))?;
        let is = answer.replayed || fresh.insert(key.clone());
        holds(is, "I9", || says("it was done twice under one key"))?;
    }
    Ok(())
}

/// Each order was made under one key, and each cart made one of each of its versions.
fn one_order_each(
    base: &mut Base,
    kept: &BTreeMap<String, (String, Outcome)>,
) -> Result<(), Complaint> {
    let is_checkout = |outcome: &&Outcome| match outcome {
        Outcome::Done(body) => body.contains("\"order\":"),
        Outcome::Refused(_) => false,
    };
    let made = kept.values().map(|(_, outcome)| outcome).filter(is_checkout);
    let made: Vec<OrderId> = made.filter_map(placed).collect();
    let rows = base.rows("SELECT json_array(id, cart_id, cart_version) AS row FROM orders");
    let mut carts = BTreeSet::new();
    for row in &rows {
        let id: OrderId = text(&row[0]).parse().unwrap();
        let keys = made.iter().filter(|it| **it == id).count();
        holds(keys == 1, "I9", || format!("{keys} keys have made an order: {row}"))?;
        let is = carts.insert((text(&row[1]).to_owned(), int(&row[2])));
        holds(is, "I9", || format!("a cart was checked out twice: {row}"))?;
    }
    holds(made.len() == rows.len(), "I10", || "an order is lost".to_owned())
}

/// What was said to be done is done.
fn acknowledged(base: &mut Base, asked: &[Entry]) -> Result<(), Complaint> {
    let orders = base.rows(
        "SELECT json_array(o.id, o.total, o.stage, p.status) AS row
            FROM orders o JOIN payments p ON p.order_id = o.id",
    );
    for entry in asked {
        let Hope::Heard(heard) = &entry.answer else { continue };
        let is = is_so(base, &orders, &entry.request, heard);
        holds(is, "I10", || format!("what was acknowledged is not so: {entry:?}"))?;
    }
    Ok(())
}

fn is_so(base: &mut Base, orders: &[Value], request: &Request, heard: &Heard) -> bool {
    let order = |id: OrderId| orders.iter().find(|it| text(&it[0]) == id.to_string());
    match (request, heard) {
        (Request::CheckOut { .. }, Heard::Kept(Answer { outcome: Outcome::Done(body), .. })) => {
            let body: Value = serde_json::from_str(body).unwrap();
            let id = text(&body["order"]["id"]).parse().unwrap();
            order(id).is_some_and(|it| it[1] == body["order"]["total"]["amount"])
        }
        (
            Request::Confirm { order: id, .. },
            Heard::Kept(Answer { outcome: Outcome::Done(body), .. }),
        ) => {
            let body: Value = serde_json::from_str(body).unwrap();
            let was_paid = text(&body["status"]) == "captured";
            let paid = ["captured", "partially_refunded", "refunded"];
            !was_paid || order(*id).is_some_and(|it| paid.contains(&text(&it[3])))
        }
        (Request::Refund { key, .. }, Heard::Kept(Answer { outcome: Outcome::Done(_), .. })) => {
            let name = &key.name;
            is_one(base, &format!("refunds WHERE claim_key = '{name}' AND status = 'done'"))
        }
        (Request::Return { .. }, Heard::Kept(Answer { outcome: Outcome::Done(body), .. })) => {
            let body: Value = serde_json::from_str(body).unwrap();
            let id = text(&body["id"]);
            is_one(base, &format!("returns WHERE id = '{id}'"))
        }
        (Request::TakeIn { id, .. }, Heard::Order(_)) => {
            is_one(base, &format!("returns WHERE id = '{id}' AND status = 'received'"))
        }
        (Request::Cancel { order: id }, Heard::Order(_))
        | (Request::Abandon { order: id }, Heard::Done) => {
            order(*id).is_some_and(|it| text(&it[2]) == "cancelled")
        }
        (Request::Restock { units, reason, .. }, Heard::Done) => {
            let row = format!("stock_ledger WHERE reason = '{reason}'");
            is_one(base, &row) && is_one(base, &format!("{row} AND units = {units}"))
        }
        _ => true,
    }
}

/// Whether there is one row of a table like that.
fn is_one(base: &mut Base, of: &str) -> bool {
    int(&base.row(&format!("SELECT json_array(COUNT(*)) AS row FROM {of}"))[0]) == 1
}

/// No edit of a cart is lost or made twice: units that somebody only ever put in are in the cart or
/// in an order, and no two edits were told the same version.
fn carts(base: &mut Base, shop: &Shop, asked: &[Entry]) -> Result<(), Complaint> {
    let mut versions = BTreeSet::new();
    for entry in asked {
        if let Hope::Heard(Heard::Cart(version)) = entry.answer {
            let edits = matches!(entry.request, Request::Add { .. } | Request::Clear);
            let is = !edits || versions.insert((entry.who, version));
            holds(is, "I8", || format!("two edits of a cart made one version: {entry:?}"))?;
        }
    }
    let is_merged = asked.iter().any(|it| matches!(it.request, Request::Merge { .. }));
    let all: Vec<usize> = (0..shop.buyers.len()).collect();
    // What was merged may be in any of them.
    let groups = if is_merged { vec![all] } else { all.iter().map(|who| vec![*who]).collect() };
    for group in groups {
        let own: Vec<&Entry> = asked.iter().filter(|it| group.contains(&it.who)).collect();
        if own.iter().all(|it| it.request != Request::Clear) {
            let carts = group.iter().map(|who| format!("'{}'", shop.buyers[*who].cart()));
            let carts = carts.collect::<Vec<_>>().join(", ");
            nothing_is_gone(base, shop, &carts, &own, is_merged)?;
        }
    }
    Ok(())
}

fn nothing_is_gone(
    base: &mut Base,
    shop: &Shop,
    carts: &str,
    own: &[&Entry],
    is_merged: bool,
) -> Result<(), Complaint> {
    for (variant, id) in shop.variants.iter().enumerate() {
        let sql = format!(
            "SELECT json_array(
                (SELECT COALESCE(SUM(quantity), 0) FROM cart_items
                    WHERE cart_id IN ({carts}) AND variant_id = '{id}')
                + (SELECT COALESCE(SUM(quantity), 0) FROM order_lines l
                    JOIN orders o ON o.id = l.order_id
                    WHERE o.cart_id IN ({carts}) AND l.variant_id = '{id}')) AS row"
        );
        let found = int(&base.row(&sql)[0]);
        let (put, most) = put_in(own, variant);
        // A merge takes no more over than can be bought.
        let least = if is_merged { 0 } else { put };
        let is = (least..=most).contains(&found);
        holds(is, "I10", || format!("{least} to {most} of {variant} were put in, not {found}"))?;
    }
    Ok(())
}

/// How many units were put in for certain, and how many at the most.
fn put_in(own: &[&Entry], of: usize) -> (i64, i64) {
    let (mut least, mut most) = (0, 0);
    for entry in own {
        let Request::Add { variant, units } = entry.request else { continue };
        if variant != of {
            continue;
        }
        most += units;
        if let Hope::Heard(Heard::Cart(_)) = entry.answer {
            least += units;
        }
    }
    (least, most)
}
