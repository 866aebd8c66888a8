//! What the load programs ask of a shop: goods of which there is enough, and answers that are read.

use clap::Args;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    super::{Failure, seed::DEMO_ADMIN},
    raw::Client,
};
use crate::domain::id::{OrderId, PaymentId};

/// How many variants are bought from: enough that not everybody wants the same one.
const VARIANTS: usize = 100;
/// Units of each: more than a run can sell.
const UNITS: i64 = 100_000_000;
/// The address and the rest of a checkout, in which an e-mail address may follow.
const CHECKOUT: &str = r#""address":{"name":"Ada Byron","line1":"Lindenstr. 5","city":"Berlin","postal_code":"10969","country":"DE"},"delivery_method":"standard","payment":{"method":"card"}"#;

/// An order that waits for its payment, as a checkout is answered.
#[derive(Debug, Clone, Deserialize)]
pub struct Placed {
    order: Named<OrderId>,
    payment: Named<PaymentId>,
    /// What opens the order of a guest.
    order_token: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct Named<T> {
    id: T,
}

/// The server that is measured, by whom it is prepared.
#[derive(Debug, Args)]
pub struct Measured {
    /// The server to measure; one that runs with `RIALTO_RATE_LIMITS=off` and `RIALTO_COURIER=manual`
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    pub url: String,
    /// The admin who sees to the stock, and says what is new; the password is `BENCH_PASSWORD` of the
    /// environment, or the demo shop's
    #[arg(long, value_name = "EMAIL", default_value = DEMO_ADMIN.email)]
    pub email: String,
}

/// Logs the admin in: the header that says so. The password is `BENCH_PASSWORD` of the environment, or
/// the demo shop's.
pub async fn admin(client: &mut Client, email: &str) -> Result<String, Failure> {
    let password =
        std::env::var("BENCH_PASSWORD").unwrap_or_else(|_| DEMO_ADMIN.password.to_owned());
    let login = json!({ "email": email, "password": password });
    let session = post(client, "/api/v1/auth/login", "", &login.to_string()).await?;
    bearer(&session)
}

/// Sees to it that there is enough of what will be bought, and says which variants that is.
pub async fn stock(client: &mut Client, admin: &str) -> Result<Vec<String>, Failure> {
    let mut variants = Vec::new();
    let mut path = "/api/v1/products?limit=100".to_owned();
    while variants.len() < VARIANTS {
        let page: Value = parse(&client.text(&path).await?)?;
        let slugs = page.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
        for slug in slugs.iter().filter_map(|it| it.get("slug")?.as_str()) {
            let product = client.text(&format!("/api/v1/products/{slug}")).await?;
            variants.extend(ids(&parse(&product)?));
        }
        match page.get("next_cursor").and_then(Value::as_str) {
            Some(cursor) => path = format!("/api/v1/products?limit=100&cursor={cursor}"),
            None => break,
        }
    }
    variants.truncate(VARIANTS);
    for id in &variants {
        let path = format!("/api/v1/admin/variants/{id}/stock");
        let stock = json!({ "set": UNITS, "reason": "for a benchmark" }).to_string();
        post(client, &path, admin, &stock).await?;
    }
    if variants.is_empty() {
        return Err(Failure::new("the shop sells nothing".to_owned()));
    }
    Ok(variants)
}

/// Checks out the cart that `headers` open; an e-mail address is a guest's.
pub async fn check_out(
    client: &mut Client,
    headers: &str,
    email: Option<&str>,
) -> Result<Placed, Failure> {
    let email = email.map(|it| format!(r#","email":"{it}""#)).unwrap_or_default();
    let body = format!("{{{CHECKOUT}{email}}}");
    parse(&post(client, "/api/v1/checkout", &once(headers), &body).await?)
}

impl Placed {
    pub fn id(&self) -> OrderId {
        self.order.id
    }

    /// What opens the order of a guest.
    pub fn token(&self) -> &str {
        self.order_token.as_deref().unwrap_or_default()
    }

    /// Pays, as whoever `headers` say.
    pub async fn pay(&self, client: &mut Client, headers: &str) -> Result<(), Failure> {
        let path = format!("/api/v1/payments/{}/confirm", self.payment.id);
        let paid = post(client, &path, &once(headers), r#"{"token":"tok_success"}"#).await?;
        if paid.contains(r#""status":"captured""#) {
            return Ok(());
        }
        Err(Failure::new(format!("a payment came to {paid}")))
    }
}

/// The headers with a key that is used this once.
fn once(headers: &str) -> String {
    format!("{headers}idempotency-key: {}\r\n", uuid::Uuid::now_v7())
}

/// The body of an answer that says that it was done.
pub async fn post(
    client: &mut Client,
    path: &str,
    headers: &str,
    body: &str,
) -> Result<String, Failure> {
    let (status, answer) = client.post(path, headers, body).await?;
    if (200..300).contains(&status) {
        return Ok(answer);
    }
    Err(Failure::new(format!("POST {path} was answered by {status}: {answer}")))
}

/// The header of whoever a session is of.
pub fn bearer(session: &str) -> Result<String, Failure> {
    let session: Value = parse(session)?;
    let token = session.get("access_token").and_then(Value::as_str).unwrap_or_default();
    Ok(format!("authorization: Bearer {token}\r\n"))
}

pub fn parse<T: DeserializeOwned>(json: &str) -> Result<T, Failure> {
    serde_json::from_str(json).map_err(|err| Failure::new(format!("an answer is no JSON: {err}")))
}

fn ids(product: &Value) -> Vec<String> {
    let variants = product.get("variants").and_then(Value::as_array).cloned().unwrap_or_default();
    variants.iter().filter_map(|it| Some(it.get("id")?.as_str()?.to_owned())).collect()
}
