//! The buyers who purchase over HTTP.

use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::super::{
    super::{Failure, seed::DEMO_ADMIN},
    raw::Client,
};
use crate::domain::id::PaymentId;

/// How many variants are bought from: enough that not everybody wants the same one.
const VARIANTS: usize = 100;
/// Units of each: more than a run can sell.
const UNITS: i64 = 100_000_000;
/// How often it is looked whether the server is done with what was bought, and how often at the most.
/// It counts its letters once a second.
const LOOK_EVERY: Duration = Duration::from_millis(1_500);
const LOOKS_MAX: u32 = 40;
const ADDRESS: &str = r#"{"name":"Ada Byron","line1":"Lindenstr. 5","city":"Berlin","postal_code":"10969","country":"DE"}"#;

/// The shop, with those who buy in it.
pub struct Shop {
    base: String,
    variants: Vec<String>,
    buyers: Vec<Buyer>,
}

/// Somebody with an account and a connection.
struct Buyer {
    client: Client,
    headers: String,
    number: usize,
    bought: usize,
}

impl Shop {
    /// Sees to it that there is enough of what will be bought.
    pub async fn open(base: &str, email: &str) -> Result<Self, Failure> {
        let mut client = Client::connect(base).await?;
        let password =
            std::env::var("BENCH_PASSWORD").unwrap_or_else(|_| DEMO_ADMIN.password.to_owned());
        let login = json!({ "email": email, "password": password });
        let session = post(&mut client, "/api/v1/auth/login", "", &login.to_string()).await?;
        let bearer = bearer(&session)?;
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
            post(&mut client, &path, &bearer, &stock).await?;
        }
        if variants.is_empty() {
            return Err(Failure::new("the shop sells nothing".to_owned()));
        }
        Ok(Shop { base: base.to_owned(), variants, buyers: Vec::new() })
    }

    /// Has as many buyers as that.
    pub async fn admit(&mut self, buyers: usize) -> Result<(), Failure> {
        for number in self.buyers.len()..buyers {
            let mut client = Client::connect(&self.base).await?;
            let email = format!("bench-{}@example.com", uuid::Uuid::now_v7().simple());
            let who = json!({ "email": email, "password": "a long benchmark", "name": "Bench" });
            let account = post(&mut client, "/api/v1/auth/register", "", &who.to_string()).await?;
            let headers = bearer(&account)?;
            self.buyers.push(Buyer { client, headers, number, bought: 0 });
        }
        Ok(())
    }

    /// The first so many buyers purchase for so long; how long each purchase took.
    pub async fn round(
        &mut self,
        buyers: usize,
        lasting: Duration,
    ) -> Result<Vec<Duration>, Failure> {
        // The server has closed what was idle while the others had their turn.
        for buyer in self.buyers.iter_mut().take(buyers) {
            buyer.client = Client::connect(&self.base).await?;
        }
        let (began, variants) = (Instant::now(), &self.variants);
        let buying = self.buyers.iter_mut().take(buyers).map(async |buyer| {
            let mut took = Vec::new();
            while began.elapsed() < lasting {
                let began = Instant::now();
                buyer.fill(variants, 1).await?;
                buyer.purchase().await?;
                took.push(began.elapsed());
            }
            Ok::<_, Failure>(took)
        });
        Ok(try_join_all(buying).await?.concat())
    }

    /// Waits until nobody is left to be told of what was bought, which would weigh on whoever has the
    /// next turn.
    pub async fn rest(&self) -> Result<(), Failure> {
        for _ in 0..LOOKS_MAX {
            tokio::time::sleep(LOOK_EVERY).await;
            let figures = Client::connect(&self.base).await?.text("/metrics").await?;
            if figures.lines().any(|line| line == "rialto_mails_waiting 0") {
                break;
            }
        }
        Ok(())
    }

    /// One buyer purchases so many lines; how long that took once they were in the cart.
    pub async fn purchase(&mut self, lines: usize) -> Result<Duration, Failure> {
        let nobody = || Failure::new("nobody is there to buy".to_owned());
        let buyer = self.buyers.first_mut().ok_or_else(nobody)?;
        buyer.client = Client::connect(&self.base).await?;
        buyer.fill(&self.variants, lines).await?;
        let began = Instant::now();
        buyer.purchase().await?;
        Ok(began.elapsed())
    }
}

impl Buyer {
    async fn fill(&mut self, variants: &[String], lines: usize) -> Result<(), Failure> {
        for line in 0..lines {
            let at = (self.number * 31 + self.bought * 7 + line) % variants.len().max(1);
            let variant = variants.get(at).map(String::as_str).unwrap_or_default();
            let body = format!(r#"{{"variant_id":"{variant}","quantity":1}}"#);
            post(&mut self.client, "/api/v1/cart/items", &self.headers, &body).await?;
        }
        self.bought += 1;
        Ok(())
    }

    async fn purchase(&mut self) -> Result<(), Failure> {
        let once = format!("{}idempotency-key: {}\r\n", self.headers, uuid::Uuid::now_v7());
        let body = format!(
            r#"{{"address":{ADDRESS},"delivery_method":"standard","payment":{{"method":"card"}}}}"#
        );
        let answer = post(&mut self.client, "/api/v1/checkout", &once, &body).await?;
        let Placed { payment } = parse(&answer)?;
        let path = format!("/api/v1/payments/{}/confirm", payment.id);
        let paid = post(&mut self.client, &path, &once, r#"{"token":"tok_success"}"#).await?;
        if paid.contains(r#""status":"captured""#) {
            return Ok(());
        }
        Err(Failure::new(format!("a payment came to {paid}")))
    }
}

/// What is read of the answer to a checkout.
#[derive(Deserialize)]
struct Placed {
    payment: Payment,
}

#[derive(Deserialize)]
struct Payment {
    id: PaymentId,
}

async fn post(
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

fn bearer(session: &str) -> Result<String, Failure> {
    let session: Value = parse(session)?;
    let token = session.get("access_token").and_then(Value::as_str).unwrap_or_default();
    Ok(format!("authorization: Bearer {token}\r\n"))
}

fn parse<T: DeserializeOwned>(json: &str) -> Result<T, Failure> {
    serde_json::from_str(json).map_err(|err| Failure::new(format!("an answer is no JSON: {err}")))
}

fn ids(product: &Value) -> Vec<String> {
    let variants = product.get("variants").and_then(Value::as_array).cloned().unwrap_or_default();
    variants.iter().filter_map(|it| Some(it.get("id")?.as_str()?.to_owned())).collect()
}
