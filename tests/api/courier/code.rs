//! What the buyer says at the door: who is shown it, and what comes of a wrong one.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{assign, code_of, courier, first, out, packed, say, seat};
use crate::{
    order::walk::{desk, manual, parcel},
    support::{TestShop, key, purchase::topic, receiver::Receiver},
};

/// Another code than this.
fn another(code: &str) -> String {
    let number: u32 = code.parse().unwrap();
    format!("{:06}", (number + 1) % 1_000_000)
}

#[actix_rt::test]
async fn its_buyer_alone_is_shown_the_code_once_it_is_out() {
    let shop = manual().await;
    let (buyer, courier, order) = packed(&shop).await;
    let admin = shop.admin().await;
    assert_eq!(buyer.order(&order).await["deliveries"][0].get("handover_code"), None);
    for status in ["in_transit", "out_for_delivery"] {
        say(&courier, first(&order), json!({ "status": status })).await.is(200);
    }

    let code = code_of(&buyer, &order).await;

    assert!(code.len() == 6 && code.bytes().all(|it| it.is_ascii_digit()), "{code}");
    assert_eq!(buyer.orders().await[0]["deliveries"][0]["handover_code"], code);
    let delivery = format!("delivery:{}", first(&order));
    let mut socket = buyer.socket().await;
    let snapshot = socket.ask("subscribe", json!({ "topic": delivery })).await["snapshot"].clone();
    assert_eq!(snapshot["handover_code"], code);
    let whole = socket.ask("subscribe", json!({ "topic": topic(&order) })).await;
    assert_eq!(whole["snapshot"]["deliveries"][0]["handover_code"], code);

    let mut desk_socket = admin.socket().await;
    let staff = desk_socket.ask("subscribe", json!({ "topic": delivery })).await;
    assert_eq!((&staff["ok"], staff["snapshot"].get("handover_code")), (&json!(true), None));
    let staff = desk_socket.ask("subscribe", json!({ "topic": topic(&order) })).await;
    assert_eq!(staff["snapshot"]["deliveries"][0].get("handover_code"), None);
    for path in [desk(&order, ""), format!("/orders/{}", order["id"].as_str().unwrap())] {
        let seen = admin.get(path.trim_end_matches('/')).await.is(200);
        assert_eq!(seen["deliveries"][0].get("handover_code"), None);
    }
}

#[actix_rt::test]
async fn a_guest_is_shown_the_code_by_the_token_of_the_order() {
    let shop = manual().await;
    let (guest, courier, admin) = (shop.guest().await, courier(&shop).await, shop.admin().await);
    guest.add(&shop.variant("teapot").await, 1).await;
    let placed = guest.check_out_as_guest().await.is(201);
    let holder = shop.stranger().with("X-Order-Token", placed["order_token"].as_str().unwrap());
    holder.pay(&placed["order"], "tok_success").await.is(200);
    let order = holder.order(&placed["order"]).await;
    assign(&shop, &order, &courier).await.is(200);
    for step in ["process", "ship"] {
        admin.post(&desk(&order, step), Value::Null).await.is(200);
    }
    // Whoever says so, there is a code if a courier has it.
    admin.post(&parcel(&order), json!({ "status": "out_for_delivery" })).await.is(200);

    let code = code_of(&holder, &order).await;

    let topic = format!("delivery:{}", first(&order));
    let ask = json!({ "topic": topic, "order_token": placed["order_token"] });
    let answer = shop.stranger().socket().await.ask("subscribe", ask).await;
    assert_eq!(answer["snapshot"]["handover_code"], code);
    say(&courier, first(&order), json!({ "status": "delivered", "code": code })).await.is(200);
}

#[actix_rt::test]
async fn after_five_wrong_codes_the_shop_has_to_settle_it() {
    let shop = manual().await;
    let (buyer, courier, order) = out(&shop).await;
    let (admin, code) = (shop.admin().await, code_of(&buyer, &order).await);
    let wrong = json!({ "status": "delivered", "code": another(&code) });
    let right = json!({ "status": "delivered", "code": code });

    // A repeat is no other try.
    let keyed = courier.once(&key());
    for _ in 0..3 {
        let answer = say(&keyed, first(&order), wrong.clone()).await;
        assert_eq!(answer.refused(409, "wrong_code")["tries_left"], 4);
    }
    for left in [3, 2, 1, 0] {
        let answer = say(&courier, first(&order), wrong.clone()).await;
        assert_eq!(answer.refused(409, "wrong_code")["tries_left"], left);
    }
    say(&courier, first(&order), right).await.refused(409, "code_locked");
    let path = format!("/courier/deliveries/{}", first(&order));
    assert_eq!(courier.get(&path).await.is(200)["code_tries_left"], 0);
    assert_eq!(code_of(&buyer, &order).await, code);

    admin.post(&parcel(&order), json!({ "status": "delivered" })).await.is(200);
    assert_eq!(buyer.order(&order).await["status"], "delivered");
    let asked = format!("/admin/audit?object=order:{}", order["id"].as_str().unwrap());
    let log = admin.get(&format!("{asked}&action=delivery.code_refused")).await.is(200);
    assert_eq!(log["items"].as_array().unwrap().len(), 5);
    assert_eq!(log["items"][0]["after"]["couriers"][0]["wrong_codes"], 5);
    assert_eq!(log["items"][0]["actor"], courier.user_id());
    shop.audit();
}

#[actix_rt::test]
async fn of_many_wrong_codes_at_once_five_are_tried() {
    let shop = manual().await;
    let (buyer, courier, order) = out(&shop).await;
    let wrong = another(&code_of(&buyer, &order).await);

    let tries = (0..12)
        .map(|_| say(&courier, first(&order), json!({ "status": "delivered", "code": wrong })));
    let answers = join_all(tries).await;

    let of = |code: &str| answers.iter().filter(|it| it.body["code"] == code).count();
    assert_eq!((of("wrong_code"), of("code_locked")), (5, 7));
}

#[actix_rt::test]
async fn another_courier_has_another_code_and_all_tries() {
    let shop = manual().await;
    let (buyer, one, order) = out(&shop).await;
    let (admin, code) = (shop.admin().await, code_of(&buyer, &order).await);
    let wrong = json!({ "status": "delivered", "code": another(&code) });
    for _ in 0..5 {
        say(&one, first(&order), wrong.clone()).await.refused(409, "wrong_code");
    }

    admin.delete(&seat(first(&order))).await.is(200);
    assert_eq!(buyer.order(&order).await["deliveries"][0].get("handover_code"), None);
    assign(&shop, &order, &one).await.is(200);

    let fresh = code_of(&buyer, &order).await;
    let done = json!({ "status": "delivered", "code": fresh });
    assert_eq!(say(&one, first(&order), done).await.is(200)["code_tries_left"], 5);
}

#[actix_rt::test]
async fn neither_the_log_nor_what_is_told_of_an_order_has_the_code() {
    let receiver = Receiver::open();
    let talkative =
        [("RIALTO_COURIER", "manual"), ("RIALTO_LOG", "trace"), ("RIALTO_WEBHOOK_PRIVATE", "on")];
    let shop = TestShop::with(&talkative).await;
    let admin = shop.admin().await;
    shop.hook(&receiver.url, &[]).await;
    let mut feed = admin.follow("admin:feed").await;
    let (buyer, courier, order) = out(&shop).await;
    let code = code_of(&buyer, &order).await;
    let wrong = another(&code);
    for code in [&wrong, &code] {
        say(&courier, first(&order), json!({ "status": "delivered", "code": code })).await;
    }

    let told = feed.until("order.delivered").await;
    receiver.until_kind("order.delivered").await;
    let timeline = buyer.timeline(&order).await;
    let audit = admin.get("/admin/audit?limit=100").await.text;
    let mail = shop.found("SELECT letter AS found FROM mails").concat();
    let hooks: String = receiver.received().into_iter().map(|it| it.text).collect();
    let said = |code: &str| {
        let quoted = format!("\"{code}\"");
        let all = [json!(told).to_string(), json!(timeline).to_string(), audit.clone()];
        all.iter().chain([&mail, &hooks, &shop.log()]).any(|it| it.contains(&quoted))
    };
    assert!(!said(&code) && !said(&wrong));
}
