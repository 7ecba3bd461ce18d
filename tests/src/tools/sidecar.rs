use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::{Missing, program};

/// Any free port of this machine.
const ANY: &str = "127.0.0.1:0";

/// A running `task-hub serve`, killed when it is dropped.
#[derive(Debug)]
pub struct Sidecar {
    child: Child,
    address: String,
}

impl Sidecar {
    /// Builds the program, if need be, and starts it on a free port.
    pub fn start(hub: &Path, options: &[&str]) -> Result<Self, Missing> {
        Self::spawn(Command::new(build()?), ANY, hub, options)
    }

    /// The same at that address, where another one was.
    pub fn start_at(address: &str, hub: &Path) -> Result<Self, Missing> {
        Self::spawn(Command::new(build()?), address, hub, &[])
    }

    /// Starts it by another program, which has to become it: these words come before its path.
    pub fn start_under(launcher: &[String], hub: &Path) -> Result<Self, Missing> {
        let (first, more) = launcher.split_first().ok_or("no launcher")?;
        let mut command = Command::new(first);
        command.args(more).arg(build()?);
        Self::spawn(command, ANY, hub, &[])
    }

    fn spawn(
        mut command: Command,
        address: &str,
        hub: &Path,
        options: &[&str],
    ) -> Result<Self, Missing> {
        let mut child = command
            .args(["serve", "--listen", address, "--hub"])
            .arg(hub)
            .args(options)
            .stdin(Stdio::null())
            .env("RUST_LOG", "error")
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("task-hub: {error}"))?;
        let output = child.stdout.take().ok_or("task-hub has no output")?;
        let mut first = String::new();
        let read = BufReader::new(output).read_line(&mut first);
        read.map_err(|error| format!("task-hub: {error}"))?;
        let address = first.split_whitespace().last().unwrap_or_default();
        let address = address.trim_start_matches("http://").to_owned();
        if address.contains(':') {
            Ok(Self { child, address })
        } else {
            Err(format!("task-hub said `{first}`"))
        }
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Where a gRPC client finds it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it like a lack of power would.
    pub fn kill(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Sidecar {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The program with its feature.
fn build() -> Result<std::path::PathBuf, Missing> {
    program("task-hub", &["sidecar"])
}
