use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use super::{Missing, workspace};

static BUILDING: Mutex<()> = Mutex::new(());

/// A running `task-hub serve`, killed when it is dropped.
#[derive(Debug)]
pub struct Sidecar {
    child: Child,
    address: String,
}

impl Sidecar {
    /// Builds the program, if need be, and starts it on a free port.
    pub fn start(hub: &Path, options: &[&str]) -> Result<Self, Missing> {
        let program = build()?;
        let mut child = Command::new(program)
            .args(["serve", "--listen", "127.0.0.1:0", "--hub"])
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

    /// Ends it like a lack of power would.
    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Sidecar {
    fn drop(&mut self) {
        self.end();
    }
}

/// The program with its feature, which a test build of the workspace does not have.
fn build() -> Result<std::path::PathBuf, Missing> {
    let _one = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
    let root = workspace();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--quiet", "--locked", "--message-format=json"])
        .args(["--package", "task-hub", "--features", "sidecar"])
        .args(["--bin", "task-hub"])
        .current_dir(&root)
        .output()
        .map_err(|error| format!("cargo: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("task-hub can't be built: {said}"));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let messages = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    let executable = messages
        .filter_map(|message: serde_json::Value| Some(message["executable"].as_str()?.to_owned()))
        .next_back();
    executable
        .map(Into::into)
        .ok_or_else(|| String::from("cargo named no program"))
}
