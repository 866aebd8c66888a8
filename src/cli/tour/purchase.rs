//! What is played: both arrive, the shopper looks around, buys, pays, and waits at the door.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    super::Failure,
    Tour,
    http::{Request, list, number, text},
    journal::Seen,
    look::{self, Who, cut, money},
    socket::Socket,
    verdict,
};

/// What the topic of an order, and with it the admins' feed, must tell of a purchase.
pub const STEPS: [&str; 12] = [
    "order.placed",
    "payment.authorized",
    "payment.captured",
    "order.paid",
    "delivery.created",
    "order.processing",
    "delivery.packed",
    "order.shipped",
    "delivery.in_transit",
    "delivery.out_for_delivery",
    "delivery.delivered",
    "order.delivered",
];
pub const FEED: &str = "admin:feed";
/// How many units are bought, if there are as many.
const UNITS: i64 = 2;

/// What the shopper chose.
pub struct Choice {
    pub slug: String,
    pub name: String,
    pub variant: String,
    pub units: i64,
    /// In stock before the purchase.
    pub available: i64,
}

/// What was ordered.
pub struct Order {
    pub id: String,
    pub number: String,
    payment: String,
}

impl Order {
    pub fn topic(&self) -> String {
        format!("order:{}", self.id)
    }
}

/// Plays all of it. The first step that does not come ends it.
pub async fn play(tour: &Tour) -> Result<(), Failure> {
    tour.journal.title("Somebody comes in, and somebody watches")?;
    let shopper = register(tour).await?;
    let admin = log_in(tour).await?;
    let mut watching = Socket::open(tour, Who::Admin, &admin).await?;
    watching.subscribe(tour, FEED, false).await?;
    let mut following = Socket::open(tour, Who::Shopper, &shopper).await?;
    following.subscribe(tour, "me", false).await?;

    tour.journal.title("Looking around")?;
    let choice = browse(tour).await?;

    tour.journal.title("Cart and checkout")?;
    let order = buy(tour, &shopper, &choice).await?;
    following.subscribe(tour, &order.topic(), true).await?;
    heard(tour, &order, STEPS.first().into_iter()).await?;

    tour.journal.title("Paid, and on its way to the door")?;
    pay(tour, &shopper, &order).await?;
    heard(tour, &order, STEPS.iter()).await?;

    tour.journal.title("What is on record")?;
    verdict::give(tour, &shopper, &order, &choice).await?;
    following.close().await;
    watching.close().await;
    Ok(())
}

async fn register(tour: &Tour) -> Result<String, Failure> {
    let name = Uuid::new_v4().simple().to_string();
    let body = json!({
        "email": format!("tour-{}@example.com", cut(&name, 13).replace('…', "")),
        "password": Uuid::new_v4().to_string(),
        "name": "Ada Lovelace",
    });
    let request = Request::post(Who::Shopper, "/auth/register", body);
    let answer = tour.http.send(request, |_| "a new account".to_owned()).await?;
    Ok(text(&answer, "/access_token")?.to_owned())
}

async fn log_in(tour: &Tour) -> Result<String, Failure> {
    let (email, password) = &tour.admin;
    let body = json!({ "email": email, "password": password });
    let role = |answer: &Value| {
        format!("role {}", answer.pointer("/user/role").and_then(Value::as_str).unwrap_or("?"))
    };
    let answer = tour.http.send(Request::post(Who::Admin, "/auth/login", body), role).await?;
    Ok(text(&answer, "/access_token")?.to_owned())
}

async fn browse(tour: &Tour) -> Result<Choice, Failure> {
    let counted = |answer: &Value| format!("{} categories", categories(answer));
    tour.http.send(Request::get(Who::Shopper, "/categories"), counted).await?;
    let in_stock = |answer: &Value| {
        let total = answer.get("total").and_then(Value::as_i64).unwrap_or_default();
        format!("{total} products")
    };
    let path = "/products?in_stock=true";
    let listing = tour.http.send(Request::get(Who::Shopper, path), in_stock).await?;
    let first = list(&listing, "/items")?.first();
    let first = first.ok_or_else(|| Failure::new("the shop has nothing in stock"))?;
    let slug = text(first, "/slug")?.to_owned();
    let path = format!("/products/{slug}");
    let product = tour.http.send(Request::get(Who::Shopper, &path), describe).await?;
    let variants = list(&product, "/variants")?;
    let in_stock = variants.iter().find(|variant| units(variant) > 0);
    let variant = in_stock.ok_or_else(|| Failure::new(format!("{path} is not in stock")))?;
    Ok(Choice {
        name: text(&product, "/name")?.to_owned(),
        variant: text(variant, "/id")?.to_owned(),
        units: units(variant).min(UNITS),
        available: units(variant),
        slug,
    })
}

/// How many categories a tree has.
fn categories(tree: &Value) -> usize {
    let branches = tree.as_array().or_else(|| tree.get("items").and_then(Value::as_array));
    let below = |branch: &Value| 1 + branch.get("children").map_or(0, categories);
    branches.map_or(0, |branches| branches.iter().map(below).sum())
}

/// The units of a variant that can be bought.
pub fn units(variant: &Value) -> i64 {
    variant.pointer("/stock/available").and_then(Value::as_i64).unwrap_or_default()
}

fn describe(product: &Value) -> String {
    let name = product.get("name").and_then(Value::as_str).unwrap_or_default();
    let price = product.get("price_from").map(money).unwrap_or_default();
    format!("{}, {price}", cut(name, 26))
}

async fn buy(tour: &Tour, token: &str, choice: &Choice) -> Result<Order, Failure> {
    let Choice { variant, units, name, .. } = choice;
    let body = json!({ "variant_id": variant, "quantity": units });
    let in_cart = |cart: &Value| {
        let subtotal = cart.get("subtotal").map(money).unwrap_or_default();
        format!("{units} × {}: {subtotal}", cut(name, 20))
    };
    let request = Request::post(Who::Shopper, "/cart/items", body).by(token);
    tour.http.send(request, in_cart).await?;
    let address = json!({
        "name": "Ada Lovelace", "line1": "Lindenstraße 5",
        "city": "Berlin", "postal_code": "10969", "country": "DE",
    });
    let request = Request::post(Who::Shopper, "/delivery/quotes", json!({ "address": address }));
    let quotes = tour.http.send(request.by(token), prices).await?;
    // Times in UTC sort as their texts do.
    let arrival = |quote: &&Value| text(quote, "/eta_max").unwrap_or_default().to_owned();
    let fastest = list(&quotes, "/quotes")?.iter().min_by_key(arrival);
    let fastest = fastest.ok_or_else(|| Failure::new("nobody delivers to Berlin"))?;
    let body = json!({
        "address": address,
        "delivery_method": text(fastest, "/method")?,
        "payment": { "method": "card" },
    });
    let key = Uuid::new_v4().to_string();
    let request = Request::post(Who::Shopper, "/checkout", body).by(token).once(&key);
    let placed = tour.http.send(request, ordered).await?;
    Ok(Order {
        id: text(&placed, "/order/id")?.to_owned(),
        number: text(&placed, "/order/number")?.to_owned(),
        payment: text(&placed, "/payment/id")?.to_owned(),
    })
}

fn prices(quotes: &Value) -> String {
    let quotes = quotes.get("quotes").and_then(Value::as_array);
    let price = |quote: &Value| {
        let method = quote.get("method").and_then(Value::as_str).unwrap_or_default();
        format!("{method} {}", quote.get("price").map(money).unwrap_or_default())
    };
    let all: Vec<String> = quotes.into_iter().flatten().map(price).collect();
    all.join(", ")
}

fn ordered(placed: &Value) -> String {
    let order = placed.get("order").unwrap_or(&Value::Null);
    let number = order.get("number").and_then(Value::as_str).unwrap_or_default();
    format!("{number}, {}", order.get("total").map(money).unwrap_or_default())
}

async fn pay(tour: &Tour, token: &str, order: &Order) -> Result<(), Failure> {
    let path = format!("/payments/{}/confirm", order.payment);
    let key = Uuid::new_v4().to_string();
    let body = json!({ "token": "tok_success" });
    let request = Request::post(Who::Shopper, &path, body).by(token).once(&key);
    let status = |payment: &Value| {
        let status = payment.get("status").and_then(Value::as_str).unwrap_or_default();
        format!("tok_success: {status}")
    };
    tour.http.send(request, status).await?;
    Ok(())
}

/// Waits until both sockets have told each of `steps`, and the shopper's own topic of the order.
async fn heard(
    tour: &Tour,
    order: &Order,
    steps: impl Iterator<Item = &&'static str>,
) -> Result<(), Failure> {
    let topic = order.topic();
    for step in steps {
        hear(tour, order, Who::Shopper, &topic, step).await?;
        hear(tour, order, Who::Admin, FEED, step).await?;
    }
    hear(tour, order, Who::Shopper, "me", "order.placed").await
}

async fn hear(
    tour: &Tour,
    order: &Order,
    who: Who,
    topic: &str,
    step: &str,
) -> Result<(), Failure> {
    let what = format!("{step} on the {who}'s topic {}", look::topic(topic));
    let find = |seen: &Seen| {
        let mut pushes = seen.pushes.iter();
        pushes.any(|push| push.is_of(order, topic) && push.kind == step).then_some(())
    };
    tour.journal.until(&what, tour.patience, find).await
}

impl super::journal::Push {
    /// Whether it came on `topic` and concerns `order`.
    pub fn is_of(&self, order: &Order, topic: &str) -> bool {
        let named = self.data.get("order_id").and_then(Value::as_str);
        self.topic == topic && named.is_none_or(|id| id == order.id)
    }
}

/// The units of the chosen variant that are left.
pub async fn left(tour: &Tour, choice: &Choice) -> Result<i64, Failure> {
    let path = format!("/products/{}", choice.slug);
    let of_choice = |product: &Value| {
        let variants = product.get("variants").and_then(Value::as_array);
        let mut variants = variants.into_iter().flatten();
        variants.find(|it| text(it, "/id").is_ok_and(|id| id == choice.variant)).map_or(0, units)
    };
    let note = |product: &Value| format!("{} left of {}", of_choice(product), choice.available);
    let product = tour.http.send(Request::get(Who::Shopper, &path), note).await?;
    Ok(of_choice(&product))
}

/// The sequence and kind of each event of the order, as its timeline has them.
pub async fn timeline(
    tour: &Tour,
    token: &str,
    order: &Order,
) -> Result<Vec<(i64, String)>, Failure> {
    let path = format!("/orders/{}/events?limit=100", order.id);
    let counted = |answer: &Value| {
        let events = answer.get("items").and_then(Value::as_array);
        format!("{} events", events.map_or(0, Vec::len))
    };
    let answer = tour.http.send(Request::get(Who::Shopper, &path).by(token), counted).await?;
    let events = list(&answer, "/items")?.iter();
    events.map(|it| Ok((number(it, "/sequence")?, text(it, "/type")?.to_owned()))).collect()
}
