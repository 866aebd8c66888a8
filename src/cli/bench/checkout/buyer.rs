//! The buyers who purchase over HTTP.

use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use serde_json::json;

use super::super::{
    super::Failure,
    raw::Client,
    shop::{self, bearer, check_out, post},
};

/// How often it is looked whether the server is done with what was bought, and how often at the most.
/// It counts its letters once a second.
const LOOK_EVERY: Duration = Duration::from_millis(1_500);
const LOOKS_MAX: u32 = 40;

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
        let admin = shop::admin(&mut client, email).await?;
        let variants = shop::stock(&mut client, &admin).await?;
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
        let placed = check_out(&mut self.client, &self.headers, None).await?;
        placed.pay(&mut self.client, &self.headers).await
    }
}
