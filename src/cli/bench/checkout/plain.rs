//! The plain way: the rows of the same steps, by a pool of connections.

use std::{
    path::PathBuf,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use chrono::TimeDelta;

use super::super::super::Failure;
use crate::{
    demo,
    domain::{
        Error,
        account::{Email, Register, Role},
        address::Address,
        audit::{
            Actor, Origin,
            index::{INDEXED_MAX, Index},
        },
        cart::{
            self, Cart, Quantity,
            change::{Edit, Moments},
        },
        delivery::Method,
        event::{Event, Kind, Published},
        id::{CartId, DeliveryId, EventId, ItemId, OrderId, SessionId, UserId, VariantId},
        idempotency::{Answer, Claim, Outcome},
        notification::order::{self as notification, Bought, BoughtLine, Facts, News, Tell},
        order::{
            Line, Order,
            change::{Advance, Claimed, NewDelivery},
            place::Place,
        },
        payment::{ProviderName, Verdict},
    },
    store::{
        self, Migration, Store, Url,
        plain::{self, Transaction},
        read,
    },
};

/// Connections that write.
const POOL: usize = 8;
/// How many entries a purchase leaves in the audit log.
const ENTRIES: usize = 4;
/// How many of its variants are bought from, as over HTTP.
const VARIANTS: usize = 100;

/// Somebody with an account, and their cart.
struct Buyer {
    user: UserId,
    cart: Mutex<Cart>,
}

pub struct Plain {
    store: plain::Plain,
    buyers: Vec<Buyer>,
    variants: Vec<VariantId>,
    kind: &'static str,
    /// A file that is deleted at the end.
    file: Option<PathBuf>,
    /// How many purchases there were.
    bought: AtomicUsize,
}

impl Plain {
    /// Makes the shop in an empty database, with so many accounts.
    pub async fn open(url: Option<&str>, accounts: usize) -> Result<Self, Failure> {
        let (url, file) = match url {
            Some(url) if url.starts_with("postgres://") => (Url::Postgres(url.to_owned()), None),
            Some(path) => (Url::Sqlite(path.trim_start_matches("sqlite:").into()), None),
            None => {
                let path = std::env::temp_dir()
                    .join(format!("rialto-bench-{}.db", uuid::Uuid::now_v7().simple()));
                (Url::Sqlite(path.clone()), Some(path))
            }
        };
        let kind = match url {
            Url::Sqlite(_) => "SQLite",
            Url::Postgres(_) => "PostgreSQL",
        };
        let (variants, buyers) = stocked(&url, accounts).await.map_err(failed)?;
        let store = plain::Plain::open(&url, POOL).map_err(failed)?;
        Ok(Plain { store, buyers, variants, kind, file, bought: AtomicUsize::new(0) })
    }

    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// So many clients purchase for so long; how long each purchase took. It blocks.
    pub fn round(&self, clients: usize, lasting: Duration) -> Result<Vec<Duration>, Failure> {
        let began = Instant::now();
        let bought = thread::scope(|scope| {
            let buyers = self.buyers.iter().enumerate().take(clients);
            let clients: Vec<_> = buyers
                .map(|(number, buyer)| scope.spawn(move || self.buy(number, buyer, began, lasting)))
                .collect();
            let joined = clients.into_iter().map(|it| it.join().unwrap_or(Err(Error::Busy)));
            joined.collect::<Result<Vec<Vec<Duration>>, Error>>()
        });
        Ok(bought.map_err(failed)?.concat())
    }

    fn buy(
        &self,
        number: usize,
        buyer: &Buyer,
        began: Instant,
        lasting: Duration,
    ) -> Result<Vec<Duration>, Error> {
        let mut took = Vec::new();
        let mut cart = buyer.cart.lock().unwrap_or_else(PoisonError::into_inner);
        while began.elapsed() < lasting {
            let began = Instant::now();
            let at = (number * 31 + took.len() * 7) % self.variants.len().max(1);
            let variant = self.variants.get(at).copied().ok_or(Error::NotFound("variant"))?;
            *cart = self.purchase(buyer.user, &cart, variant)?;
            took.push(began.elapsed());
            self.index()?;
        }
        Ok(took)
    }

    /// Writes what the entries of the audit log are looked up by, in a transaction of its own and when
    /// there are as many as one takes.
    fn index(&self) -> Result<(), Error> {
        let bought = self.bought.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        if bought.is_multiple_of(usize::from(INDEXED_MAX) / ENTRIES) {
            self.store.write(&Origin::SYSTEM, vec![Index])?;
        }
        Ok(())
    }

    /// A line, a checkout, and a payment; the cart after that.
    fn purchase(&self, user: UserId, cart: &Cart, variant: VariantId) -> Result<Cart, Error> {
        let (now, origin) = (store::now(), origin(user));
        let quantity = Quantity::try_from(1)?;
        let edit = Edit::Add { item: ItemId::new(), variant, quantity };
        let later = now + TimeDelta::days(30);
        let moments = Moments { now, held_until: later, expires_at: later };
        let (cart, save) = cart.after(&edit, &moments)?.ok_or(Error::Stale)?;
        self.store.write(&origin, vec![save])?;
        let placed = self.store.write(&origin, vec![place(user, &cart)?])?;
        let order = placed.order.ok_or(Error::NotFound("order"))?;
        let mut confirmation = Transaction::default();
        let told = confirmation.add(&origin, tell(user, &order)?);
        let confirmed = confirm(&order)?.map(|it| confirmation.add(&origin, it));
        self.store.run(confirmation)?;
        told.outcome()?;

        confirmed.into_iter().try_for_each(|it| it.outcome().map(drop))?;
        Ok(cart.emptied())
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        for file in self.file.iter().flat_map(|path| {
            ["", "-wal", "-shm"].map(|end| format!("{}{end}", path.to_string_lossy()))
        }) {
            std::fs::remove_file(file).ok(); // Some of them need not be there.
        }
    }
}

/// Makes the tables, goods of which there is enough, and accounts.
async fn stocked(url: &Url, accounts: usize) -> Result<(Vec<VariantId>, Vec<Buyer>), Error> {
    store::migrate(url, Migration::Up)?;
    let store = Store::open(url)?;
    let mut shop = demo::catalogue();
    for variant in shop.products.iter_mut().flat_map(|it| &mut it.variants) {
        variant.on_hand = Some(100_000_000);
    }
    store.write(shop).await?;
    let (tell, told) = mpsc::channel();
    read!(store, catalogue::all(move |changes| tell.send(changes).unwrap_or_default()))?;
    let products = told.into_iter().flat_map(|changes| changes.products);
    let variants = products.filter_map(|it| it.shown).flat_map(|it| it.product.variants);
    let mut buyers = Vec::new();
    for _ in 0..accounts {
        let user = UserId::new();
        store.write(account(user)?).await?;
        buyers.push(Buyer { user, cart: Mutex::new(Cart::empty(CartId::of(user))) });
    }
    Ok((variants.map(|it| it.id).take(VARIANTS).collect(), buyers))
}

fn account(id: UserId) -> Result<Register, Error> {
    Ok(Register {
        id,
        email: Email::parse(&format!("{id}@example.com"))?,
        password_hash: String::new(),
        name: "Bench".to_owned(),
        role: Role::Customer,
        session: None,
        confirm: None,
    })
}

/// Where the command of somebody comes from, as the server knows it of each request.
fn origin(user: UserId) -> Origin {
    Origin {
        actor: Actor::User(user),
        session: Some(SessionId::new()),
        address: Some("127.0.0.1".into()),
        request: Some(uuid::Uuid::now_v7().to_string().into()),
    }
}

fn place(user: UserId, cart: &Cart) -> Result<Place, Error> {
    let now = store::now();
    Ok(Place {
        order: OrderId::new(),
        buyer: cart::Buyer::User(user),
        email: None,
        language: None,
        customer: format!("cart:{}", cart.id),
        cart_version: cart.version,
        items: cart.items.clone(),
        codes: Vec::new(),
        address: address()?,
        method: Method::Standard,
        provider: ProviderName::Emulator,
        expected_total: None,
        expires_at: now + TimeDelta::minutes(30),
        claim: claim(),
    })
}

/// What a confirmation writes: the attempt, and what the provider said of it.
fn confirm(order: &Order) -> Result<[Advance; 2], Error> {
    let (now, claim) = (store::now(), claim());
    let attempt = order.attempt("tok_success", &claim, now + TimeDelta::seconds(10), now)?;
    let (after, verdict) =
        (attempt.order.clone(), Verdict::Captured { reference: format!("emu_{}", order.id) });
    let delivery = NewDelivery { id: DeliveryId::new(), eta: None, due_at: None };
    let settled = after.settle(after.payment.attempt, &verdict, delivery, now)?;
    let settled = settled.ok_or(Error::Stale)?;
    let answer = Outcome::Done(serde_json::json!(settled.order.payment).to_string());
    let unanswered = Claimed::Unanswered(claim.clone());
    let answered = Claimed::Answered(claim, Answer::fresh(answer));
    Ok([
        Advance { change: attempt, claim: unanswered },
        Advance { change: settled, claim: answered },
    ])
}

/// What the buyer is told: that the order was placed, and that it is paid, in the inbox and by letter.
fn tell(user: UserId, order: &Order) -> Result<Tell, Error> {
    let line = |it: &Line| BoughtLine {
        name: it.name.clone(),
        quantity: it.quantity.get(),
        total: it.line_total,
    };
    let bought = Bought {
        lines: order.items.iter().map(line).collect(),
        discount: order.discount,
        delivery: order.delivery_price,
        tax: order.tax,
        total: order.total,
    };
    let facts = Facts {
        id: order.id,
        number: order.number.clone(),
        buyer: notification::Buyer::User(user),
        bought,
        address: order.address.clone(),
        carrier: None,
        tracking_number: None,
        past: Vec::new(),
    };
    let news = [Kind::OrderPlaced, Kind::OrderPaid].map(|kind| {
        let (id, at, data) = (EventId::new(), order.placed_at, serde_json::Value::Null.into());
        let event = Event { id, order: Some((order.id, 1)), user: Some(user), kind, at, data };
        News::of(&Published { sequence: 0, user_sequence: None, event }, &facts)
    });
    let news = news.into_iter().filter_map(Result::transpose).collect::<Result<_, Error>>()?;
    Ok(Tell { from: 0, to: 0, news, seller: None })
}

fn claim() -> Claim {
    let key = uuid::Uuid::now_v7().simple().to_string();
    Claim { request: key.clone(), key }
}

fn address() -> Result<Address, Error> {
    let address = Address {
        name: "Ada Byron".to_owned(),
        line1: "Lindenstr. 5".to_owned(),
        line2: None,
        city: "Berlin".to_owned(),
        region: None,
        postal_code: "10969".to_owned(),
        country: "DE".to_owned(),
        phone: None,
    };
    address.checked()
}

fn failed(error: Error) -> Failure {
    Failure::new(format!("the plain way failed: {error:?}"))
}
