//! The first sale, end to end: two people watch an order from the click to the door.

use serde_json::json;

use crate::support::{
    TestShop, each, gapless,
    purchase::{address, checkout, euros, path, topic},
};

/// All that happens to an order that nothing goes wrong with, in this order.
const WHOLE_LIFE: [&str; 15] = [
    "order.placed",
    "payment.authorized",
    "payment.captured",
    "order.paid",
    "delivery.created",
    "order.processing",
    "delivery.packed",
    "order.shipped",
    // It leaves the warehouse, and comes by two sorting centres and a depot.
    "delivery.in_transit",
    "delivery.in_transit",
    "delivery.in_transit",
    "delivery.in_transit",
    "delivery.out_for_delivery",
    "delivery.delivered",
    "order.delivered",
];

/// Two days in a third of a second.
const FAST: [(&str, &str); 1] = [("RIALTO_COURIER_SPEED", "500000")];

#[actix_rt::test]
async fn a_shopper_and_an_admin_watch_an_order_from_the_click_to_the_door() {
    let shop = TestShop::with(&FAST).await;
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    let (mut own, mut feed) = (buyer.follow("me").await, admin.follow("admin:feed").await);
    let teapot = shop.variant("teapot").await;
    let before = shop.available(&teapot).await;

    let placed = buyer.place(&teapot, 2).await;
    let mut live = buyer.follow(&topic(&placed)).await;
    let payment = buyer.pay(&placed, "tok_success").await.is(200);

    assert_eq!(payment["status"], "captured");
    let heard = live.until("order.delivered").await;
    assert_eq!(each(&heard, "type"), WHOLE_LIFE);
    assert_eq!(each(&heard, "sequence"), gapless(WHOLE_LIFE.len()));

    let order = buyer.order(&placed).await;
    assert_eq!(
        (&order["status"], &order["payment"]["status"]),
        (&json!("delivered"), &json!("captured"))
    );
    let parcel = &order["deliveries"][0];
    assert_eq!((&parcel["status"], &parcel["method"]), (&json!("delivered"), &json!("standard")));
    assert!(parcel["tracking_number"].is_string() && parcel["carrier"].is_string());
    assert_eq!(shop.available(&teapot).await, before - 2);

    let timeline = buyer.timeline(&placed).await;
    for (told, kept) in heard.iter().zip(&timeline) {
        for name in ["sequence", "type", "at", "data"] {
            assert_eq!(told[name], kept[name]);
        }
    }
    assert_eq!(timeline.len(), heard.len());

    let placed_by_me = own.until("order.placed").await.pop().unwrap();
    assert_eq!(placed_by_me["topic"], "me");
    assert_eq!(placed_by_me["sequence"], 1);
    assert_eq!(placed_by_me["data"]["order_id"], placed["id"]);

    let all = feed.until("order.delivered").await;
    assert_eq!(each(&all, "sequence"), gapless(all.len()));
    let of_it: Vec<_> = all.iter().filter(|it| it["data"]["order_id"] == placed["id"]).collect();
    let kinds: Vec<_> = of_it.iter().map(|it| &it["type"]).collect();
    assert_eq!(kinds, WHOLE_LIFE);
}

#[actix_rt::test]
async fn each_step_of_a_purchase_shows_what_the_last_one_promised() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let mug = shop.variant("mug").await;

    let cart = buyer.add(&mug, 3).await;
    let line = &cart["items"][0];
    assert_eq!((&line["quantity"], &line["line_total"]), (&json!(3), &euros(3 * mug.price)));
    assert_eq!((&cart["subtotal"], &cart["problems"]), (&euros(2400), &json!([])));

    let quotes = buyer.post("/delivery/quotes", json!({ "address": address() })).await.is(200);
    let standard = &quotes["quotes"][0];
    assert_eq!((&standard["method"], &standard["price"]), (&json!("standard"), &euros(490)));

    let mut body = checkout();
    body["expected_total"] = euros(2400 + 490);
    let answer = buyer.once("once").post("/checkout", body).await.is(201);
    let (order, payment) = (&answer["order"], &answer["payment"]);
    assert_eq!(order["status"], "pending_payment");
    assert_eq!((&order["subtotal"], &order["delivery_price"]), (&euros(2400), &euros(490)));
    assert_eq!((&order["total"], &payment["amount"]), (&euros(2890), &euros(2890)));
    assert_eq!(order["items"][0]["variant_id"], mug.id);
    assert_eq!((&order["address"]["city"], &order["deliveries"]), (&json!("Berlin"), &json!([])));
    assert_eq!(payment["status"], "requires_confirmation");
    assert_eq!(payment["order_id"], order["id"]);
    assert_eq!(&buyer.order(order).await, order);
    assert_eq!(buyer.orders().await, std::slice::from_ref(order));
    assert_eq!(buyer.cart().await["items"], json!([]));

    buyer.pay(order, "tok_success").await.is(200);
    let paid = buyer.order(order).await;
    assert_eq!(
        (&paid["status"], &paid["deliveries"][0]["status"]),
        (&json!("paid"), &json!("pending"))
    );
    assert_eq!(
        paid["payment"],
        buyer.get(&format!("/payments/{}", payment["id"].as_str().unwrap())).await.is(200)
    );
    assert!(paid["version"].as_i64() > order["version"].as_i64());
}

#[actix_rt::test]
async fn an_order_keeps_what_was_bought_at_the_price_of_then() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let (shirt, piano) = (shop.variant("shirt").await, shop.variant("piano").await);

    buyer.add(&shirt, 1).await;
    let order = buyer.place(&piano, 3).await;

    let lines = order["items"].as_array().unwrap();
    assert_eq!(each(lines, "sku"), ["SHIRT-S", "PIANO"]);
    assert_eq!(lines[0]["options"], json!({ "Size": "S", "Colour": "White" }));
    assert_eq!(lines[1]["line_total"], euros(29_400_000));
    assert_eq!((&order["subtotal"], &order["delivery_price"]), (&euros(29_404_990), &euros(0)));
    assert_eq!(shop.available(&piano).await, 0);
    assert!(path(&order).len() > "/orders/".len());
}
