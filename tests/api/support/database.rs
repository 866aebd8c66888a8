//! The databases of the tests: each is a copy of one that was filled once, by the program itself.

use std::{
    env, fs,
    io::Write,
    process::Stdio,
    sync::{
        LazyLock, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use diesel::{
    Connection, PgConnection, QueryResult, QueryableByName, RunQueryDsl, SqliteConnection,
    connection::SimpleConnection, sql_query, sql_types::Text,
};

use super::{
    ADMIN_EMAIL, PASSWORD,
    server::{Folder, program, run},
};

/// What the tests' shops sell, as Shopify exports it.
const CATALOGUE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/api/shop.csv");

/// Which kind of database a shop stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

impl Kind {
    /// The one that this run of the tests is for.
    pub fn of_this_run() -> Self {
        match env::var("RIALTO_TEST_STORE").as_deref() {
            Ok("postgres") => Kind::Postgres,
            Ok("sqlite") | Err(_) => Kind::Sqlite,
            Ok(other) => panic!("RIALTO_TEST_STORE is sqlite or postgres, not {other}"),
        }
    }
}

pub enum Database {
    /// The file that this folder holds, as `rialto.db`.
    Sqlite {
        url: String,
        _folder: Folder,
    },
    Postgres {
        url: String,
        name: String,
    },
}

/// The PostgreSQL server that the tests may make databases on.
pub fn postgres() -> String {
    let url = env::var("TEST_POSTGRES_URL").ok(); // What is no text is no address either.
    url.expect(
        "TEST_POSTGRES_URL must say where PostgreSQL is: ./test starts one, for a single test \
         too, as in ./test --services cargo test NAME",
    )
}

impl Database {
    /// A database of its own, with the shop's catalogue and its admin.
    pub fn copy(kind: Kind) -> Self {
        match kind {
            Kind::Sqlite => Self::copy_file(),
            Kind::Postgres => Self::copy_database(),
        }
    }

    fn copy_file() -> Self {
        let folder = Folder::make("database");
        for entry in fs::read_dir(SQLITE.path()).unwrap().map(Result::unwrap) {
            fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
        }
        Database::Sqlite { url: sqlite_url(&folder), _folder: folder }
    }

    fn copy_database() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        // Asked here first, so that each test says it that misses the server.
        postgres();
        let name = format!("{}_{}", template_name(), COUNT.fetch_add(1, Ordering::Relaxed));
        make_postgres(&name, Some(&POSTGRES));
        Database::Postgres { url: postgres_url(&name), name }
    }

    /// Runs `sql` beside the program, as whoever owns the database can.
    pub fn execute(&self, sql: &str) -> QueryResult<()> {
        match self {
            Database::Sqlite { url, .. } => {
                let mut conn =
                    SqliteConnection::establish(url.trim_start_matches("sqlite:")).unwrap();
                conn.batch_execute("PRAGMA busy_timeout = 5000")?;
                conn.batch_execute(sql)
            }
            Database::Postgres { url, .. } => {
                PgConnection::establish(url).unwrap().batch_execute(sql)
            }
        }
    }

    /// What a query finds that calls it `found`, a text each.
    pub fn found(&self, sql: &str) -> Vec<String> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = Text)]
            found: String,
        }
        let rows: QueryResult<Vec<Row>> = match self {
            Database::Sqlite { url, .. } => {
                let file = url.trim_start_matches("sqlite:");
                sql_query(sql).load(&mut SqliteConnection::establish(file).unwrap())
            }
            Database::Postgres { url, .. } => {
                sql_query(sql).load(&mut PgConnection::establish(url).unwrap())
            }
        };
        rows.unwrap().into_iter().map(|it| it.found).collect()
    }

    /// As `DATABASE_URL` says it.
    pub fn url(&self) -> Option<&str> {
        match self {
            Database::Sqlite { url, .. } | Database::Postgres { url, .. } => Some(url),
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Database::Postgres { name, .. } = self {
            let mut conn = PgConnection::establish(&postgres()).unwrap();
            conn.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).unwrap();
        }
    }
}

static SQLITE: LazyLock<Folder> = LazyLock::new(|| {
    let folder = Folder::make("template");
    fill(&sqlite_url(&folder));
    folder
});

/// Its name.
static POSTGRES: LazyLock<String> = LazyLock::new(|| {
    let name = template_name();
    make_postgres(&name, None);
    fill(&postgres_url(&name));
    name
});

fn sqlite_url(folder: &Folder) -> String {
    format!("sqlite:{}", folder.path().join("rialto.db").display())
}

fn template_name() -> String {
    format!("rialto_{}_{}", env!("CARGO_CRATE_NAME"), std::process::id())
}

fn postgres_url(name: &str) -> String {
    let server = postgres();
    let (base, _) = server.rsplit_once('/').unwrap();
    format!("{base}/{name}")
}

fn make_postgres(name: &str, template: Option<&str>) {
    /// A database that is being copied must have no other visitors.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let template = template.map(|it| format!(" TEMPLATE {it}")).unwrap_or_default();
    let mut conn = PgConnection::establish(&postgres()).unwrap();
    let _turn = ONE_AT_A_TIME.lock().unwrap();
    conn.batch_execute(&format!("CREATE DATABASE {name}{template}")).unwrap();
}

/// Makes the tables, the catalogue and the admin.
fn fill(url: &str) {
    let folder = Folder::make("fill");
    run(program(folder.path(), Some(url)), &["migrate", "up"]);
    run(program(folder.path(), Some(url)), &["import", CATALOGUE]);
    let mut admin = program(folder.path(), Some(url));
    let mut admin =
        admin.args(["admin", "create", ADMIN_EMAIL]).stdin(Stdio::piped()).spawn().unwrap();
    writeln!(admin.stdin.take().unwrap(), "{PASSWORD}").unwrap();
    assert!(admin.wait().unwrap().success(), "no admin could be made");
}
