//! Real programs, started on free ports and killed.

use std::ffi::OsString;
use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use crate::Http;

/// How long a program may take until it answers.
const START_TIMEOUT: Duration = Duration::from_mins(1);
/// How long a program that was asked to end may take.
const END_TIMEOUT: Duration = Duration::from_mins(1);
/// How often a program is looked at.
const LOOK: Duration = Duration::from_millis(5);
/// A port that was free a moment ago may be taken by someone else.
const STARTS_MAX: u32 = 5;
/// What on the machine of a developer would have a say in which engine and model an app uses, and
/// in its links.
const SETTINGS: [&str; 8] = [
    "AGENT_BASE_URL",
    "AGENT_HUB",
    "AGENT_BACKEND",
    "AGENT_ENDPOINT",
    "DURABLE_TASK_SCHEDULER_CONNECTION_STRING",
    "TASKHUB_NAME",
    "OPENAI_API_KEY",
    "WEBSITE_HOSTNAME",
];

/// How to start an app.
#[derive(Debug, Clone)]
pub struct Program {
    path: PathBuf,
    launcher: Vec<OsString>,
    folder: PathBuf,
    hub: OsString,
    backend: Option<Vec<OsString>>,
    environment: Vec<(String, String)>,
}

impl Program {
    /// An app binary that will run in `folder`, with a hub file there.
    pub fn new(path: impl Into<PathBuf>, folder: &Path) -> Self {
        Self {
            path: path.into(),
            launcher: Vec::new(),
            folder: folder.to_owned(),
            hub: folder.join("hub.db").into(),
            backend: None,
            environment: Vec::new(),
        }
    }

    /// Where its hub is.
    pub fn hub_file(&self) -> PathBuf {
        self.hub.clone().into()
    }

    /// Sets a variable of its environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Starts it with these arguments instead of a hub file.
    #[must_use]
    pub fn on<S: Into<OsString>>(mut self, backend: impl IntoIterator<Item = S>) -> Self {
        self.backend = Some(backend.into_iter().map(Into::into).collect());
        self
    }

    /// Starts it by another program, which has to become it: these words come before its path.
    #[must_use]
    pub fn under<S: Into<OsString>>(mut self, launcher: impl IntoIterator<Item = S>) -> Self {
        self.launcher = launcher.into_iter().map(Into::into).collect();
        self
    }

    /// The program with these arguments, on the offline model whatever keys this machine has.
    pub fn command<S: Into<OsString>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = match self.launcher.split_first() {
            None => Command::new(&self.path),
            Some((first, more)) => {
                let mut command = Command::new(first);
                command.args(more).arg(&self.path);
                command
            }
        };
        command
            .args(arguments.into_iter().map(Into::into))
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .env("AGENT_MODEL", "offline");
        for setting in SETTINGS {
            command.env_remove(setting);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Starts it on a free port and waits until it is healthy.
    pub async fn start(&self) -> std::io::Result<Running> {
        self.start_until(200).await
    }

    /// Starts it on a free port and waits until it says that it can't work.
    pub async fn start_unwell(&self) -> std::io::Result<Running> {
        self.start_until(500).await
    }

    async fn start_until(&self, health: u16) -> std::io::Result<Running> {
        let mut problem = String::new();
        for _ in 0..STARTS_MAX {
            match self.try_start(health).await? {
                Ok(running) => return Ok(running),
                Err(text) => problem = text,
            }
        }
        Err(std::io::Error::other(problem))
    }

    /// The inner error is its output, where it ended by itself.
    async fn try_start(&self, health: u16) -> std::io::Result<Result<Running, String>> {
        let port = free_port()?;
        let log = self.folder.join(format!("output-{port}.log"));
        let output = File::create(&log)?;
        let arguments: [OsString; 3] = ["run".into(), "--port".into(), port.to_string().into()];
        let embedded = || vec!["--hub".into(), self.hub.clone()];
        let backend = self.backend.clone().unwrap_or_else(embedded);
        let child = self
            .command(arguments.into_iter().chain(backend))
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()?;
        let http = Http::new(port);
        let mut running = Running { child, http, log };
        let reached = async {
            loop {
                if let Some(status) = running.child.try_wait()? {
                    return Ok(Some(format!("ended ({status}):\n{}", running.output())));
                }
                if running.http.health().await == Some(health) {
                    return Ok::<_, std::io::Error>(None);
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        match tokio::time::timeout(START_TIMEOUT, reached).await {
            Ok(ended) => Ok(ended?.map_or_else(|| Ok(running), Err)),
            Err(_) => Err(std::io::Error::other(format!(
                "its health is not {health} after {START_TIMEOUT:?}:\n{}",
                running.output()
            ))),
        }
    }
}

/// A program that runs; dropping it kills it.
#[derive(Debug)]
pub struct Running {
    child: Child,
    http: Http,
    log: PathBuf,
}

impl Running {
    /// A client of it.
    pub fn http(&self) -> Http {
        self.http.clone()
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it wrote so far.
    pub fn output(&self) -> String {
        let bytes = std::fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// `kill -9`. It is gone when this returns.
    pub fn kill(mut self) -> std::io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(drop)
    }

    /// `kill -TERM`, and waits for its end.
    pub async fn terminate(mut self) -> std::io::Result<ExitStatus> {
        let pid = self.pid().to_string();
        Command::new("kill").args(["-TERM", &pid]).status()?;
        let ended = async {
            loop {
                match self.child.try_wait()? {
                    Some(status) => return Ok(status),
                    None => tokio::time::sleep(LOOK).await,
                }
            }
        };
        match tokio::time::timeout(END_TIMEOUT, ended).await {
            Ok(status) => status,
            Err(_) => Err(std::io::Error::other("it does not end")),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port of this machine that nobody has.
pub fn free_port() -> std::io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}
