//! A server of the tour's own: another process of this program, on a free port, with a folder that
//! is gone at the end.

use std::{
    env, fs,
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use tokio::time::sleep;
use uuid::Uuid;

use super::super::{Failure, IN_PART};
use crate::config::{SETTING_PREFIX, SETTINGS};

/// How long a start may take: migrations, and the demo shop's images on a slow machine.
const START_MAX: Duration = Duration::from_secs(120);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// A day to the door takes nine seconds.
const COURIER_SPEED: &str = "10000";
const LOG: &str = "server.log";
/// How much of the log is shown where the tour fails.
const LOG_LINES: usize = 20;

/// Dropped, it ends its process and removes its folder.
pub struct Server {
    base: String,
    about: String,
    // In this order: a process that still runs would write into a folder that is being removed.
    _process: Process,
    folder: Folder,
}

impl Server {
    /// Starts it and waits until it listens; first it takes over `catalogue`, if there is one.
    pub async fn start(catalogue: Option<&Path>) -> Result<Self, Failure> {
        let folder = Folder::make()?;
        let started = match catalogue {
            Some(file) => import(&folder, file).await,
            None => Ok("the demo shop".to_owned()),
        };
        let started = match started {
            Ok(about) => serve(&folder).await.map(|(process, base)| (about, process, base)),
            Err(failure) => Err(failure),
        };
        match started {
            Ok((about, process, base)) => Ok(Server { base, about, _process: process, folder }),
            Err(failure) => {
                show_log(&folder)?;
                Err(failure)
            }
        }
    }

    /// `http://` and its address.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// What it sells.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// Prints the end of its log to standard error.
    pub fn show_log(&self) -> io::Result<()> {
        show_log(&self.folder)
    }
}

async fn serve(folder: &Folder) -> Result<(Process, String), Failure> {
    let mut process = Process(folder.command("serve")?.stdout(folder.log()?).spawn()?);
    let began = Instant::now();
    loop {
        // It is there by rename, so it is whole; and then requests are taken.
        match fs::read_to_string(folder.0.join("listen")) {
            Ok(address) => return Ok((process, format!("http://{}", address.trim()))),
            Err(err) if err.kind() == io::ErrorKind::NotFound => {}
            Err(err) => return Err(err.into()),
        }
        if let Some(status) = process.0.try_wait()? {
            return Err(Failure::new(format!("the server ended at its start: {status}")));
        }
        if began.elapsed() > START_MAX {
            return Err(Failure::new("the server did not start in two minutes"));
        }
        sleep(LOOK_EVERY).await;
    }
}

/// Fills the shop that is still empty, and says with what. Lines that it must leave out are shown;
/// the tour goes on with the others.
async fn import(folder: &Folder, catalogue: &Path) -> Result<String, Failure> {
    let file = fs::canonicalize(catalogue)
        .map_err(|err| Failure::new(format!("{}: {err}", catalogue.display())))?;
    let told = folder.0.join("import.txt");
    let mut command = folder.command("import")?;
    command.arg(&file).stdout(File::create(&told)?).stderr(Stdio::inherit());
    let mut process = Process(command.spawn()?);
    let status = process.ended().await?;
    if !status.success() && status.code() != Some(i32::from(IN_PART)) {
        return Err(Failure::new(format!("{} could not be imported", catalogue.display())));
    }
    let told = fs::read_to_string(&told)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    Ok(format!("{name}: {}", told.lines().last().unwrap_or("nothing")))
}

fn show_log(folder: &Folder) -> io::Result<()> {
    let text = fs::read_to_string(folder.0.join(LOG)).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let end = lines.iter().skip(lines.len().saturating_sub(LOG_LINES));
    let mut out = io::stderr().lock();
    writeln!(out, "--- the end of the server's log")?;
    end.into_iter().try_for_each(|line| writeln!(out, "{line}"))
}

/// A process that ends when it is dropped.
struct Process(Child);

impl Process {
    async fn ended(&mut self) -> io::Result<ExitStatus> {
        loop {
            if let Some(status) = self.0.try_wait()? {
                return Ok(status);
            }
            sleep(LOOK_EVERY).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended already is not there to be killed, which is as well.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// A folder that is removed when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn make() -> io::Result<Self> {
        let path = env::temp_dir().join(format!("rialto-tour-{}", Uuid::new_v4().simple()));
        fs::create_dir(&path)?;
        Ok(Folder(path))
    }

    /// This program with `argument` and settings of its own: none of the environment or of a file
    /// in the working directory reaches it.
    fn command(&self, argument: &str) -> io::Result<Command> {
        let mut command = Command::new(env::current_exe()?);
        command.arg(argument).current_dir(&self.0).stdin(Stdio::null()).stderr(self.log()?);
        let ours = |name: &str| name.starts_with(SETTING_PREFIX);
        let inherited = env::vars_os().filter_map(|(name, _)| name.into_string().ok()); // Not ours.
        for name in inherited.filter(|name| ours(name)) {
            command.env_remove(name);
        }
        for setting in SETTINGS {
            command.env_remove(setting.name);
        }
        command
            .env("RIALTO_DATA_DIR", &self.0)
            .env("RIALTO_LISTEN", "127.0.0.1:0")
            .env("RIALTO_COURIER_SPEED", COURIER_SPEED);
        Ok(command)
    }

    fn log(&self) -> io::Result<File> {
        File::options().create(true).append(true).open(self.0.join(LOG))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(err) = fs::remove_dir_all(&self.0) {
            writeln!(io::stderr(), "{}: {err}", self.0.display()).ok(); // Nowhere else to say it.
        }
    }
}
