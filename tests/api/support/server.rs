//! The program as a process: started on a free port, watched until it is ready, and ended.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, SystemTime},
};

use tokio::time::{Instant, interval};

use super::{PATIENCE, client, database::Database};

/// How often a process is looked at that tells nobody when it is ready, or has ended.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// How much of the log is shown where a test fails.
const LOG_LINES: usize = 60;

pub struct Server {
    child: Child,
    folder: Folder,
    address: String,
}

impl Server {
    /// Starts the program on `database`, in `folder` or in a new one, and waits until it is ready.
    pub async fn start(
        database: &Database,
        settings: &[(&'static str, String)],
        folder: Option<Folder>,
    ) -> Self {
        let folder = folder.unwrap_or_else(|| Folder::make("shop"));
        let written = folder.path().join("listen");
        fs::remove_file(&written).ok(); // The first start finds none.
        let mut command = program(folder.path(), database.url());
        command.env("RIALTO_LISTEN", "127.0.0.1:0").env("RIALTO_RATE_LIMITS", "off");
        command.envs(settings.iter().map(|(name, value)| (*name, value)));
        let log = |name| File::options().create(true).append(true).open(folder.path().join(name));
        command.stdout(log("stdout.log").unwrap()).stderr(log("stderr.log").unwrap());
        let child = command.spawn().unwrap();
        let mut server = Server { child, folder, address: String::new() };
        server.address = server.listening(&written).await;
        server.ready().await;
        server
    }

    async fn listening(&mut self, written: &Path) -> String {
        let (mut look, deadline) = (interval(LOOK_EVERY), Instant::now() + PATIENCE);
        loop {
            look.tick().await;
            if let Ok(address) = fs::read_to_string(written) {
                return address.trim().to_owned();
            }
            self.expect_running(deadline);
        }
    }

    async fn ready(&mut self) {
        let (mut look, deadline) = (interval(LOOK_EVERY), Instant::now() + PATIENCE);
        let (http, url) = (client::http(), format!("http://{}/readyz", self.address));
        loop {
            look.tick().await;
            if http.get(&url).send().await.is_ok_and(|it| it.status() == 200) {
                return;
            }
            self.expect_running(deadline);
        }
    }

    fn expect_running(&mut self, deadline: Instant) {
        let ended = self.child.try_wait().unwrap();
        if ended.is_some() || Instant::now() > deadline {
            self.kill();
            self.print_log();
            panic!("the program is not ready: {ended:?}");
        }
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Everything that it has logged, since its first start.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("stderr.log")).unwrap()
    }

    pub fn print_log(&self) {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        let last = &lines[lines.len().saturating_sub(LOG_LINES)..];
        eprintln!("--- the end of the program's log\n{}\n---", last.join("\n"));
    }

    /// Kills it. One that has ended already stays so.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The most memory that it has had so far, in bytes. The kernel reckons it roughly: it may be said to be
    /// a little less than before.
    pub fn memory_peak(&self) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim().trim_end_matches("kB").trim().parse::<usize>().unwrap() * 1024
    }

    /// How many descriptors it has open: each connection is one.
    pub fn descriptors(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count()
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        let kill = format!("kill -TERM {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    pub async fn ended(&mut self) -> ExitStatus {
        let (mut look, deadline) = (interval(LOOK_EVERY), Instant::now() + PATIENCE);
        loop {
            look.tick().await;
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "the program does not end");
        }
    }

    pub fn into_folder(mut self) -> Folder {
        self.kill();
        self.folder
    }
}

/// The program with nothing of our own environment that could change what it does.
pub fn program(folder: &Path, database: Option<&str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rialto"));
    command.env_clear().current_dir(folder).stdin(Stdio::null());
    command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command.env("RIALTO_ENV", "test").env("RIALTO_DATA_DIR", folder);
    command.envs(database.map(|url| ("DATABASE_URL", url)));
    command
}

/// Runs a command of the program to its end, which must be good.
pub fn run(mut command: Command, arguments: &[&str]) {
    let output = command.args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "rialto {arguments:?}: {said}");
}

/// A folder that is gone when it is dropped.
pub struct Folder(PathBuf);

impl Folder {
    pub fn make(name: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = SCRATCH.join(format!("{name}-{count}"));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // After a failed test it may help to see what is left.
        if !std::thread::panicking() {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }
}

/// Where all that this run makes is kept. Nobody ends a run, so the next one tidies up after it.
static SCRATCH: LazyLock<PathBuf> = LazyLock::new(|| {
    const OLD: Duration = Duration::from_secs(3600);
    let all = Path::new(env!("CARGO_TARGET_TMPDIR"));
    for entry in fs::read_dir(all).unwrap().map(Result::unwrap) {
        let made = entry.metadata().and_then(|it| it.modified());
        let age = made.ok().and_then(|made| SystemTime::now().duration_since(made).ok());
        if age.is_some_and(|age| age > OLD) {
            fs::remove_dir_all(entry.path()).ok(); // Another run may be doing the same.
        }
    }
    all.join(format!("{}-{}", env!("CARGO_CRATE_NAME"), std::process::id()))
});
