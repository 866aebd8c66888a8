//! A shop of a test's own: the real program as another process, on a database of its own.

#![allow(dead_code, reason = "several programs of tests use it, none of them all of it")]

use std::{
    cell::{OnceCell, RefCell},
    future::Future,
    path::Path,
    process::{ExitStatus, Output},
    rc::Rc,
    time::Duration,
};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, SemaphorePermit};
use uuid::Uuid;

#[path = "support/auditor.rs"]
mod auditor;
#[path = "support/browser.rs"]
pub mod browser;
#[path = "support/client.rs"]
pub mod client;
#[path = "support/convoy.rs"]
pub mod convoy;
#[path = "support/database.rs"]
mod database;
#[path = "support/limit.rs"]
pub mod limit;
#[path = "support/lock.rs"]
pub mod lock;
#[path = "support/mail.rs"]
pub mod mail;
#[path = "support/purchase.rs"]
pub mod purchase;
#[path = "support/receiver.rs"]
pub mod receiver;
#[path = "support/roaming.rs"]
pub mod roaming;
#[path = "support/server.rs"]
pub mod server;
#[path = "support/socket.rs"]
pub mod socket;
#[path = "support/thin.rs"]
pub mod thin;

use client::Client;
use database::{Database, Kind};
use purchase::Variant;
use server::{Folder, Server, program};

/// How long a test waits for what must come.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// What everybody here types.
pub const PASSWORD: &str = "correct horse battery";
const ADMIN_EMAIL: &str = "admin@tests.example";

/// How many tests have a shop at once: on a machine of many cores, PostgreSQL would run out of
/// connections.
static TURNS: Semaphore = Semaphore::const_new(TURNS_MAX);
const TURNS_MAX: usize = 8;

/// Ends its process when it is dropped; if the test has failed, it prints the log first.
pub struct TestShop {
    settings: Vec<(&'static str, String)>,
    database: Rc<Database>,
    server: Option<Server>,
    /// Another one after each start.
    address: Rc<RefCell<String>>,
    http: awc::Client,
    admin: OnceCell<Client>,
    /// The first node of a shop has it.
    turn: Option<SemaphorePermit<'static>>,
}

impl TestShop {
    /// A shop that sells what `shop.csv` lists, and whose parcels take two days.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// The same with `settings` of the environment.
    pub async fn with(settings: &[(&'static str, &str)]) -> Self {
        Self::of(Kind::of_this_run(), settings, 1).await
    }

    /// The same while no other test of this program has a shop: for what is measured.
    pub async fn alone(settings: &[(&'static str, &str)]) -> Self {
        Self::of(Kind::of_this_run(), settings, TURNS_MAX).await
    }

    /// The same on PostgreSQL, whatever this run is for.
    pub async fn on_postgres(settings: &[(&'static str, &str)]) -> Self {
        Self::of(Kind::Postgres, settings, 1).await
    }

    async fn of(kind: Kind, settings: &[(&'static str, &str)], turns: usize) -> Self {
        let turn = TURNS.acquire_many(turns.try_into().unwrap()).await.unwrap();
        let mut shop = Self::on(Rc::new(Database::copy(kind)), settings).await;
        shop.turn = Some(turn);
        shop
    }

    /// Another node, on the same database and with the same settings.
    pub async fn beside(&self) -> Self {
        let settings: Vec<(&str, &str)> =
            self.settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Self::on(Rc::clone(&self.database), &settings).await
    }

    async fn on(database: Rc<Database>, settings: &[(&'static str, &str)]) -> Self {
        let settings = settings.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let address = Rc::new(RefCell::new(String::new()));
        let (http, admin) = (client::http(), OnceCell::new());
        let (server, turn) = (None, None);
        let mut shop = TestShop { settings, database, server, address, http, admin, turn };
        shop.start_again().await;
        shop
    }
    /// Starts the program on what was stored before.
    pub async fn start_again(&mut self) {
        let folder = self.server.take().map(Server::into_folder);
        let server = Server::start(&self.database, &self.settings, folder).await;
        *self.address.borrow_mut() = server.address().to_owned();
        self.server = Some(server);
    }

    /// Changes a setting for the next start.
    pub fn set(&mut self, name: &'static str, value: &str) {
        self.settings.retain(|(known, _)| *known != name);
        self.settings.push((name, value.to_owned()));
    }

    /// Kills the process. Unlike a power cut that leaves what the kernel has (ADR 37).
    pub fn kill(&mut self) {
        self.server_mut().kill();
    }

    /// Asks the process to end, as an operator does.
    pub fn terminate(&self) {
        self.server().terminate();
    }

    /// How the process ended, once it has.
    pub async fn ended(&mut self) -> ExitStatus {
        self.server_mut().ended().await
    }

    /// Its data directory.
    pub fn folder(&self) -> &Path {
        self.server().folder()
    }

    /// The most memory that the process has had so far, in bytes.
    pub fn memory_peak(&self) -> usize {
        self.server().memory_peak()
    }

    /// How many descriptors the process has open: each connection is one.
    pub fn descriptors(&self) -> usize {
        self.server().descriptors()
    }

    /// All that the program has logged so far.
    pub fn log(&self) -> String {
        self.server().log()
    }

    /// `127.0.0.1:` and the port.
    pub fn address(&self) -> String {
        self.address.borrow().clone()
    }

    fn server(&self) -> &Server {
        self.server.as_ref().expect("the shop has been started")
    }

    fn server_mut(&mut self) -> &mut Server {
        self.server.as_mut().expect("the shop has been started")
    }

    /// Runs `sql` beside the program, as whoever owns the database can.
    pub fn sql(&self, sql: &str) -> diesel::QueryResult<()> {
        self.database.execute(sql)
    }

    /// What `sql` finds beside the program, under the name `found`.
    pub fn found(&self, sql: &str) -> Vec<String> {
        self.database.found(sql)
    }

    /// Takes away what keeps the audit log from being changed.
    pub fn let_the_log_be_changed(&self) {
        self.sql_of(
            "DROP TRIGGER audit_is_not_updated; DROP TRIGGER audit_is_not_deleted; \
             DROP TRIGGER audit_is_not_replaced; \
             DROP TRIGGER audit_index_is_not_updated; DROP TRIGGER audit_index_is_not_deleted; \
             DROP TRIGGER audit_index_is_not_replaced",
            "DROP TRIGGER audit_is_append_only ON audit; \
             DROP TRIGGER audit_index_is_append_only ON audit_index",
        );
    }

    /// Runs what is written otherwise for each database.
    pub fn sql_of(&self, sqlite: &str, postgres: &str) {
        let sql = match *self.database {
            Database::Sqlite { .. } => sqlite,
            Database::Postgres { .. } => postgres,
        };
        self.sql(sql).unwrap();
    }

    /// Runs a command of the program on this shop's database.
    pub fn rialto(&self, arguments: &[&str]) -> Output {
        let folder = Folder::make("command");
        program(folder.path(), self.database.url()).args(arguments).output().unwrap()
    }

    /// Somebody without any credentials.
    pub fn stranger(&self) -> Client {
        Client::new(self.http.clone(), Rc::clone(&self.address))
    }

    /// Somebody with an account that nobody else has.
    pub async fn sign_up(&self) -> Client {
        let email = format!("{}@example.com", Uuid::new_v4().simple());
        let body = json!({ "email": email, "password": PASSWORD, "name": "Ada Byron" });
        let session = self.stranger().post("/auth/register", body).await.is(201);
        self.stranger().signed_in(session)
    }

    /// Somebody with an account of this address and name.
    pub async fn sign_up_as(&self, email: &str, name: &str) -> Client {
        let body = json!({ "email": email, "password": PASSWORD, "name": name });
        let session = self.stranger().post("/auth/register", body).await.is(201);
        self.stranger().signed_in(session)
    }

    /// A figure of `/metrics`.
    pub async fn figure(&self, name: &str) -> i64 {
        let text = self.stranger().get("/metrics").await.text;
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
    }

    /// Somebody with a cart and no account.
    pub async fn guest(&self) -> Client {
        let cart = self.stranger().post("/carts", Value::Null).await.is(201);
        self.stranger().with("X-Cart-Token", cart["token"].as_str().unwrap())
    }

    /// Who runs the shop.
    pub async fn admin(&self) -> Client {
        if let Some(admin) = self.admin.get() {
            return admin.clone();
        }
        let admin = self.log_in_admin().await;
        self.admin.get_or_init(|| admin).clone()
    }

    /// The same in a session of their own.
    pub async fn log_in_admin(&self) -> Client {
        let body = json!({ "email": ADMIN_EMAIL, "password": PASSWORD });
        let session = self.stranger().post("/auth/login", body).await.is(200);
        self.stranger().signed_in(session)
    }

    /// The first variant of the product with this slug.
    pub async fn variant(&self, product: &str) -> Variant {
        let product = self.stranger().get(&format!("/products/{product}")).await.is(200);
        Variant::of(&product)
    }

    /// How many units of it can be bought now.
    pub async fn available(&self, variant: &Variant) -> i64 {
        let product = self.stranger().get(&format!("/products/{}", variant.product)).await.is(200);
        let all = product["variants"].as_array().unwrap();
        let one = all.iter().find(|it| it["id"] == variant.id).unwrap();
        one["stock"]["available"].as_i64().unwrap()
    }

    /// Has the admin set how many can be bought.
    pub async fn stock(&self, variant: &Variant, units: i64) {
        let path = format!("/admin/variants/{}/stock", variant.id);
        let body = json!({ "set": units, "reason": "counted" });
        self.admin().await.post(&path, body).await.is(200);
    }
}

impl Drop for TestShop {
    fn drop(&mut self) {
        // A process that still runs would hold its database.
        if let Some(server) = &mut self.server {
            server.kill();
            if std::thread::panicking() {
                server.print_log();
            }
        }
    }
}

/// The outcome of `work`, which must come in time.
pub async fn soon<T>(what: &str, work: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(outcome) => outcome,
        Err(_) => panic!("{what} did not come in {PATIENCE:?}"),
    }
}

/// The numbers from 1 to `count`: what a timeline without a gap is numbered by.
pub fn gapless(count: usize) -> Vec<i64> {
    (1..).take(count).collect()
}

/// The moment that a field of an answer names.
pub fn time(value: &Value) -> DateTime<Utc> {
    value.as_str().unwrap().parse().unwrap()
}

/// What stands under `name` in each of `all`.
pub fn each<'a>(all: &'a [Value], name: &str) -> Vec<&'a Value> {
    all.iter().map(|it| &it[name]).collect()
}

/// A new idempotency key.
pub fn key() -> String {
    Uuid::new_v4().to_string()
}
