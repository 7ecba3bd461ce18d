//! One app that is killed and started again, and what must hold of it however often.

use std::collections::BTreeSet;
use std::error::Error;
use std::time::Duration;

use agent_tests::{Answer, CallLog, Http, HubFile, Phase, Program, Running};
use serde_json::Value;
use tempfile::TempDir;

/// What a test gives back.
pub type TestResult = Result<(), Box<dyn Error>>;

/// Calls: the kind of each, and the epochs in which it was made.
pub type MadeCalls = Vec<(String, Vec<u32>)>;

/// The agent of `crash-app`.
pub const AGENT: &str = "Traveller";
/// A session, where a test needs only one.
pub const SESSION: &str = "s1";

/// How long an answer may take in all.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(1);
/// How often it is asked for.
const LOOK: Duration = Duration::from_millis(10);

/// `crash-app` in a folder of its own.
pub struct Scene {
    pub log: CallLog,
    pub epoch: u32,
    folder: TempDir,
    environment: Vec<(String, String)>,
    running: Option<Running>,
    /// By epoch: the calls whose results were committed when it was killed.
    committed: Vec<BTreeSet<String>>,
}

impl Scene {
    /// Starts the app.
    pub async fn new() -> Result<Self, Box<dyn Error>> {
        Self::with_environment(&[]).await
    }

    /// Starts the app with more variables in its environment, at every start.
    pub async fn with_environment(more: &[(&str, &str)]) -> Result<Self, Box<dyn Error>> {
        let folder = TempDir::new()?;
        let mut scene = Self {
            log: CallLog::new(folder.path(), 0),
            epoch: 0,
            folder,
            environment: more
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            running: None,
            committed: Vec::new(),
        };
        scene.start().await?;
        Ok(scene)
    }

    /// Its program, as of now.
    pub fn program(&self) -> Program {
        let folder = self.folder.path();
        let mut program = Program::new(env!("CARGO_BIN_EXE_crash-app"), folder);
        for (name, value) in &self.environment {
            program = program.env(name, value);
        }
        for (name, value) in CallLog::environment(folder, self.epoch) {
            program = program.env(name, value);
        }
        program
    }

    /// Starts it after [`Scene::kill`].
    pub async fn start(&mut self) -> TestResult {
        self.running = Some(self.program().start().await?);
        Ok(())
    }

    /// `kill -9`; then the hub's file is read. The next start is the next epoch.
    pub fn kill(&mut self) -> TestResult {
        self.running()?.kill()?;
        let hub = HubFile::copy(&self.hub_file())?;
        self.committed.push(hub.finished_calls()?);
        self.epoch += 1;
        Ok(())
    }

    /// Takes the process out of the scene.
    pub fn running(&mut self) -> Result<Running, Box<dyn Error>> {
        Ok(self.running.take().ok_or("the app does not run")?)
    }

    /// A client of the app as it runs now.
    pub fn http(&self) -> Result<Http, Box<dyn Error>> {
        Ok(self.running.as_ref().ok_or("the app does not run")?.http())
    }

    /// The hub's file as it is now.
    pub fn hub(&self) -> Result<HubFile, Box<dyn Error>> {
        HubFile::open(&self.hub_file())
    }

    /// Where the hub's file is.
    pub fn hub_file(&self) -> std::path::PathBuf {
        self.program().hub_file()
    }

    /// Sends a message and does not wait for its answer; it is accepted when this returns.
    pub async fn send(&self, key: &str, message: &str) -> TestResult {
        let answer = self
            .http()?
            .run(AGENT, SESSION, key, message, false)
            .await?;
        accepted(&answer)
    }

    /// Waits for the answer of a message that was accepted.
    pub async fn answer(&self, key: &str) -> Result<Value, Box<dyn Error>> {
        let http = self.http()?;
        let fetch = async {
            loop {
                let answer = http.fetch(AGENT, SESSION, key).await?;
                match answer.status {
                    200 => return Ok(answer.body["response"].clone()),
                    202 => tokio::time::sleep(LOOK).await,
                    _ => return Err(format!("`{key}` was accepted and is lost: {answer:?}").into()),
                }
            }
        };
        tokio::time::timeout(ANSWER_TIMEOUT, fetch).await?
    }

    /// The calls that were made, in the order in which each was first made: kind, then the epochs.
    pub fn calls(&self) -> Result<MadeCalls, Box<dyn Error>> {
        let mut made: Vec<(String, String, Vec<u32>)> = Vec::new();
        for call in self.log.calls()? {
            if call.phase != Phase::Began {
                continue;
            }
            match made.iter_mut().find(|(key, ..)| *key == call.key) {
                Some((_, kind, epochs)) => {
                    assert_eq!(*kind, call.kind, "two calls with the key {}", call.key);
                    epochs.push(call.epoch);
                }
                None => made.push((call.key, call.kind, vec![call.epoch])),
            }
        }
        Ok(made
            .into_iter()
            .map(|(_, kind, epochs)| (kind, epochs))
            .collect())
    }

    /// What holds after any number of kills: no call whose result was committed is made again,
    /// every other call at most once per life of the process, and each has a key.
    pub fn assert_no_finished_call_was_repeated(&self) -> TestResult {
        for (key, epochs) in self.log.made()? {
            assert!(!key.is_empty(), "a call without an idempotency key");
            for (epoch, count) in epochs {
                assert_eq!(count, 1, "{key} was made {count} times in epoch {epoch}");
                let finished_before = self
                    .committed
                    .iter()
                    .take(usize::try_from(epoch)?)
                    .position(|finished| finished.contains(&key));
                assert_eq!(
                    finished_before, None,
                    "{key} was made in epoch {epoch}; its result had been committed in the epoch \
                     on the right"
                );
            }
        }
        Ok(())
    }

    /// How many calls had been finished when the app was last killed.
    pub fn finished_calls(&self) -> usize {
        self.committed.last().map_or(0, BTreeSet::len)
    }

    /// The session holds these turns, each once and whole, in this order.
    pub async fn assert_turns(&self, turns: &[(&str, &str)]) -> TestResult {
        let found = self.http()?.conversation(AGENT, SESSION).await?;
        let mut expected = Vec::new();
        for (key, message) in turns {
            expected.push((false, (*key).to_owned(), (*message).to_owned()));
            expected.push((true, (*key).to_owned(), format!("done {message}")));
        }
        assert_eq!(texts(&found), texts(&expected));
        Ok(())
    }
}

/// A response may hold the tool calls before the answer; its text is what counts.
fn texts(entries: &[(bool, String, String)]) -> Vec<String> {
    entries
        .iter()
        .map(|(is_response, key, text)| {
            let kind = if *is_response { "response" } else { "request" };
            format!("{kind} {key}: {text}")
        })
        .collect()
}

/// Whether a message was accepted.
pub fn accepted(answer: &Answer) -> TestResult {
    match answer.status {
        202 => Ok(()),
        _ => Err(format!("not accepted: {answer:?}").into()),
    }
}
