//! Which calls a program made, noted outside of its process.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How often a file is looked at, by both sides: for calls, and for gates that open.
const LOOK: Duration = Duration::from_millis(2);
/// How long a test waits for a call before it fails.
const PATIENCE: Duration = Duration::from_mins(1);

/// Where a call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// It waits at a gate; nothing was called yet.
    Held,
    /// It was made: the other side has seen it.
    Began,
    /// It is about to give its result to the host.
    Ended,
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Which start of the program wrote it, from 0.
    pub epoch: u32,
    /// `model` or `tool-{leg}`; at a gate the gate's name.
    pub kind: String,
    /// Where it stands.
    pub phase: Phase,
    /// The call's idempotency key; empty at a gate.
    pub key: String,
}

/// A file of calls, and gates at which calls wait. The test and the program each have one on the
/// same folder.
#[derive(Debug, Clone)]
pub struct CallLog {
    folder: PathBuf,
    epoch: u32,
}

impl CallLog {
    /// Of a folder that exists.
    pub fn new(folder: &Path, epoch: u32) -> Self {
        Self {
            folder: folder.to_owned(),
            epoch,
        }
    }

    /// The environment that [`CallLog::from_environment`] reads.
    pub fn environment(folder: &Path, epoch: u32) -> [(&'static str, String); 2] {
        [
            ("CALL_LOG_FOLDER", folder.display().to_string()),
            ("CALL_LOG_EPOCH", epoch.to_string()),
        ]
    }

    /// In the program under test. `None` where it was started by hand.
    pub fn from_environment() -> Option<Self> {
        let folder = std::env::var_os("CALL_LOG_FOLDER")?;
        let epoch = std::env::var("CALL_LOG_EPOCH").ok()?.parse().ok()?;
        Some(Self {
            folder: folder.into(),
            epoch,
        })
    }

    /// Notes a call. One write to a file opened for appending is whole or not there, and what was
    /// written outlives the process without a sync.
    pub fn note(&self, kind: &str, phase: Phase, key: &str) -> std::io::Result<()> {
        let call = Call {
            epoch: self.epoch,
            kind: kind.to_owned(),
            phase,
            key: key.to_owned(),
        };
        let mut line = serde_json::to_vec(&call)?;
        line.push(b'\n');
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.file())?;
        file.write_all(&line)
    }

    /// In the program: waits at a gate as long as the test holds it.
    pub async fn pass(&self, gate: &str) -> std::io::Result<()> {
        let file = self.gate(gate);
        if !file.exists() {
            return Ok(());
        }
        self.note(gate, Phase::Held, "")?;
        while file.exists() {
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// In the test: from now on calls wait at this gate.
    pub fn hold(&self, gate: &str) -> std::io::Result<()> {
        File::create(self.gate(gate)).map(drop)
    }

    /// In the test: lets calls through.
    pub fn release(&self, gate: &str) -> std::io::Result<()> {
        std::fs::remove_file(self.gate(gate))
    }

    /// Everything noted so far.
    pub fn calls(&self) -> std::io::Result<Vec<Call>> {
        let text = match std::fs::read_to_string(self.file()) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            text => text?,
        };
        let calls: Result<Vec<Call>, _> = text.lines().map(serde_json::from_str).collect();
        Ok(calls?)
    }

    /// Waits until a call of this kind and phase was noted in `epoch`.
    pub async fn wait_for(&self, epoch: u32, kind: &str, phase: Phase) -> std::io::Result<Call> {
        let look = async {
            loop {
                let found = self
                    .calls()?
                    .into_iter()
                    .find(|call| call.epoch == epoch && call.kind == kind && call.phase == phase);
                match found {
                    Some(call) => return Ok(call),
                    None => tokio::time::sleep(LOOK).await,
                }
            }
        };
        match tokio::time::timeout(PATIENCE, look).await {
            Ok(found) => found,
            Err(_) => Err(std::io::Error::new(
                std::io::ErrorKind::TimedOut,
                format!("no `{kind}` came to {phase:?} in epoch {epoch}"),
            )),
        }
    }

    /// How many times each call was made: by idempotency key, then by epoch.
    pub fn made(&self) -> std::io::Result<BTreeMap<String, BTreeMap<u32, usize>>> {
        let mut made: BTreeMap<String, BTreeMap<u32, usize>> = BTreeMap::new();
        for call in self.calls()? {
            if call.phase == Phase::Began {
                *made
                    .entry(call.key)
                    .or_default()
                    .entry(call.epoch)
                    .or_default() += 1;
            }
        }
        Ok(made)
    }

    fn file(&self) -> PathBuf {
        self.folder.join("calls.jsonl")
    }

    fn gate(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.gate"))
    }
}
