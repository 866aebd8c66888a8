//! The store on a database of its own, SQLite or PostgreSQL as `RIALTO_TEST_STORE` says.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

use chrono::TimeDelta;
use diesel::{Connection, connection::SimpleConnection};
use tokio::sync::{oneshot, watch};

use super::{
    Migration, Store, Url,
    commands::{Command, Lanes, Replies},
    migrate, migration_status, now, postgres, read, sqlite,
    writer::Loop,
};
use crate::domain::{
    Error,
    account::{Email, Register, Role},
    audit::{Action, Origin, chain::Head, reading::Filter},
    cart::{
        Cart, Quantity,
        change::{Edit, Moments, Save},
    },
    catalogue::{
        import::{Description, Import, NewCategory, NewProduct, NewVariant},
        stock::{ChangeStock, StockChange},
    },
    id::{CartId, ItemId, UserId, VariantId},
    money::Money,
    page::Page,
};

mod cart;
mod feed;
mod import;
mod order;
mod panic;
mod review;
mod statements;
mod tree;

/// A database that is gone when the test is.
pub(crate) struct Database {
    pub(crate) url: Url,
    drop_with: Option<(String, String)>,
}

impl Database {
    /// An empty one; nothing has been migrated.
    pub(crate) fn empty() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("rialto_store_{}_{count}", std::process::id());
        match std::env::var("RIALTO_TEST_STORE").as_deref() {
            Ok("postgres") => {
                let server = std::env::var("TEST_POSTGRES_URL").unwrap();
                let mut admin = postgres::Conn::establish(&server).unwrap();
                admin.batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
                let (base, _) = server.rsplit_once('/').unwrap();
                let url = Url::Postgres(format!("{base}/{name}"));
                Database { url, drop_with: Some((server, name)) }
            }
            _ => {
                let path: PathBuf = std::env::temp_dir().join(format!("{name}.db"));
                Database { url: Url::Sqlite(path), drop_with: None }
            }
        }
    }

    /// One with all tables, and a variant of which there are ten.
    async fn stocked() -> (Self, Store, VariantId) {
        let database = Database::empty();
        migrate(&database.url, Migration::Up).unwrap();
        let store = Store::open(&database.url).unwrap();
        store.write(teapots()).await.unwrap();
        let product = read!(store, catalogue::product("teapot".to_owned())).unwrap();
        (database, store, product.variants[0].id)
    }

    /// Runs `sql` beside the store.
    fn execute(&self, sql: &str) -> diesel::QueryResult<()> {
        match &self.url {
            Url::Sqlite(path) => {
                sqlite::Conn::establish(path.to_str().unwrap()).unwrap().batch_execute(sql)
            }
            Url::Postgres(url) => postgres::Conn::establish(url).unwrap().batch_execute(sql),
        }
    }

    fn serve(&self, lanes: Lanes, replies: Replies) {
        let (told, _) = watch::channel(0);
        match &self.url {
            Url::Sqlite(path) => {
                let path = path.to_str().unwrap().to_owned();
                Loop::<sqlite::Sqlite>::new(path, told).unwrap().serve(lanes, replies);
            }
            Url::Postgres(url) => {
                Loop::<postgres::Planned>::new(url.clone(), told).unwrap().serve(lanes, replies);
            }
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Url::Sqlite(path) = &self.url {
            for end in ["", "-wal", "-shm"] {
                std::fs::remove_file(format!("{}{end}", path.display())).ok(); // It may not be there.
            }
        }
        if let Some((server, name)) = &self.drop_with {
            let mut admin = postgres::Conn::establish(server).unwrap();
            admin.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).unwrap();
        }
    }
}

fn teapots() -> Import {
    let category = NewCategory {
        slug: "tea".into(),
        name: "Tea".into(),
        parent: None,
        attributes: Vec::new(),
    };
    let variant = NewVariant {
        line: 0,
        sku: "TEAPOT".into(),
        name: String::new(),
        options: BTreeMap::new(),
        price: Money::euros(1_250),
        compare_at_price: None,
        on_hand: Some(10),
        weight_grams: Some(900),
        low_threshold: None,
    };
    let product = NewProduct {
        line: 0,
        slug: "teapot".into(),
        name: "Teapot".into(),
        description: Some(Description { text: "It pours.".into(), html: None }),
        brand: None,
        category: Some("tea".into()),
        attributes: None,
        status: None,
        images: None,
        variants: vec![variant],
    };
    Import { categories: vec![category], products: vec![product] }
}

fn saved(cart: CartId, variant: VariantId) -> Save {
    let quantity = Quantity::try_from(1).unwrap();
    let edit = Edit::Add { item: ItemId::new(), variant, quantity };
    let day = now() + TimeDelta::days(1);
    let moments = Moments { now: now(), held_until: day, expires_at: day };
    Cart::empty(cart).after(&edit, &moments).unwrap().unwrap().1
}

fn queue<C: Command>(
    command: C,
    lanes: &mut Lanes,
    replies: &mut Replies,
) -> oneshot::Receiver<Result<C::Outcome, Error>> {
    let (reply, answered) = oneshot::channel();
    lanes.push(command.enqueue(Origin::SYSTEM, reply), replies);
    answered
}

/// How many entries of an action are in the audit log, which must be whole.
async fn left(store: &Store, action: Action) -> usize {
    let walked = read!(store, audit::walk(Head::START, 1000, None, true)).unwrap();
    assert_eq!((walked.fault, walked.is_last), (None, true));
    let filter = Filter { action: Some(action), ..Filter::default() };
    read!(store, audit::page(filter, Page { limit: 100, after: None })).unwrap().items.len()
}

#[actix_rt::test]
async fn one_poisoned_command_of_a_batch_fails_alone() {
    let (database, store, variant) = Database::stocked().await;
    let mut poison = saved(CartId::new(), variant);
    let twin = crate::domain::cart::Item { id: ItemId::new(), ..poison.upserts[0] };
    poison.upserts.push(twin); // Two lines of one variant: only the database can refuse them.
    let poisoned = poison.cart;
    let (mut lanes, mut replies) = (Lanes::default(), Replies::default());
    let mut good = Vec::new();
    for _ in 0..20 {
        let cart = CartId::new();
        good.push((cart, queue(saved(cart, variant), &mut lanes, &mut replies)));
    }
    let bad = queue(poison, &mut lanes, &mut replies);
    for _ in 0..20 {
        let cart = CartId::new();
        good.push((cart, queue(saved(cart, variant), &mut lanes, &mut replies)));
    }

    database.serve(lanes, replies);

    assert!(matches!(bad.await.unwrap(), Err(Error::Internal { .. })));
    assert_eq!(read!(store, cart::get(poisoned)).unwrap(), Cart::empty(poisoned));
    for (cart, answered) in good {
        answered.await.unwrap().unwrap();
        assert_eq!(read!(store, cart::get(cart)).unwrap().items.len(), 1);
    }
    assert_eq!(left(&store, Action::CartChanged).await, 40);
}

#[actix_rt::test]
async fn a_command_that_is_refused_undoes_nothing_else_of_its_batch() {
    let (database, store, variant) = Database::stocked().await;
    let user = |email: &str| Register {
        id: UserId::new(),
        email: Email::parse(email).unwrap(),
        name: "Ada".into(),
        password_hash: "$argon2id$".into(),
        role: Role::Customer,
        session: None,
        confirm: None,
    };
    let (mut lanes, mut replies) = (Lanes::default(), Replies::default());
    let first = queue(user("ada@example.com"), &mut lanes, &mut replies);
    let twin = queue(user("ADA@example.com"), &mut lanes, &mut replies);
    let other = queue(user("bob@example.com"), &mut lanes, &mut replies);
    let too_much =
        ChangeStock { variant, change: StockChange::Adjust(-11), reason: "count".into() };
    let too_much = queue(too_much, &mut lanes, &mut replies);

    database.serve(lanes, replies);

    first.await.unwrap().unwrap();
    other.await.unwrap().unwrap();
    assert_eq!(twin.await.unwrap().unwrap_err().code(), "email_taken");
    assert_eq!(too_much.await.unwrap().unwrap_err().code(), "stock_reserved");
    assert!(
        read!(store, account::credentials(Email::parse("bob@example.com").unwrap()))
            .unwrap()
            .is_some()
    );
    assert_eq!(left(&store, Action::AccountRegistered).await, 2);
    assert_eq!(left(&store, Action::StockChanged).await, 0);
}

#[actix_rt::test]
async fn of_two_edits_of_the_same_version_in_a_batch_one_is_stale() {
    let (database, store, variant) = Database::stocked().await;
    let cart = CartId::new();
    let (mut lanes, mut replies) = (Lanes::default(), Replies::default());
    let first = queue(saved(cart, variant), &mut lanes, &mut replies);
    let second = queue(saved(cart, variant), &mut lanes, &mut replies);

    database.serve(lanes, replies);

    first.await.unwrap().unwrap();
    assert!(matches!(second.await.unwrap(), Err(Error::Stale)));
    assert_eq!(read!(store, cart::get(cart)).unwrap().version, 1);
    assert_eq!(left(&store, Action::CartChanged).await, 1);
}

#[actix_rt::test]
async fn the_schema_goes_up_down_and_up_again() {
    let database = Database::empty();
    let all = migrate(&database.url, Migration::Up).unwrap();
    assert!(!all.is_empty());
    assert_eq!(migrate(&database.url, Migration::Up).unwrap(), Vec::<String>::new());

    for _ in &all {
        migrate(&database.url, Migration::Down).unwrap();
    }
    assert!(migration_status(&database.url).unwrap().iter().all(|(_, applied)| !applied));

    assert_eq!(migrate(&database.url, Migration::Up).unwrap(), all);
    Store::open(&database.url).unwrap().write(teapots()).await.unwrap();
}

#[actix_rt::test]
async fn a_reader_cannot_write() {
    let (_database, store, _) = Database::stocked().await;

    let sql = "UPDATE stock SET on_hand = 1000";
    let refused = match store.readers() {
        super::Databases::Sqlite(readers) => {
            readers.run(|conn| conn.batch_execute(sql).map_err(Error::from)).await
        }
        super::Databases::Postgres(readers) => {
            readers.run(|conn| conn.batch_execute(sql).map_err(Error::from)).await
        }
    };

    assert!(matches!(refused, Err(Error::Internal { .. })));
}

#[actix_rt::test]
async fn the_database_itself_refuses_to_oversell() {
    let (database, _store, _) = Database::stocked().await;

    assert!(database.execute("UPDATE stock SET reserved = 11").is_err());
    assert!(database.execute("UPDATE stock SET reserved = -1").is_err());
    assert!(database.execute("UPDATE stock SET reserved = 10").is_ok());
}

#[actix_rt::test]
async fn what_is_imported_twice_is_there_once() {
    let (_database, store, variant) = Database::stocked().await;

    let again = store.write(teapots()).await.unwrap();

    assert_eq!((again.created, again.updated, again.unchanged), (0, 0, 1));
    let product = read!(store, catalogue::product("teapot".to_owned())).unwrap();
    assert_eq!((product.variants.len(), product.variants[0].id), (1, variant));
    assert_eq!(product.variants[0].stock.available, 10);
}
