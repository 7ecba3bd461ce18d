//! Kills at random moments under load: nothing acknowledged is lost, nothing finished is repeated.

use std::error::Error;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use agent_tests::{Http, Random};

use crate::scene::{AGENT, Scene, TestResult};

/// Conversations that are led at the same time.
const SESSIONS: usize = 20;
/// How many times the app is killed.
const KILLS: u32 = 50;
/// The app lives this long after it answered for the first time.
const LIFE_MS: std::ops::Range<u64> = 10..400;
/// How long a client waits before it tries again.
const PAUSE: Duration = Duration::from_millis(10);
/// How long one message may take, kills included, before the test gives up.
const PATIENCE: Duration = Duration::from_mins(2);

/// What the clients and the killer share.
struct Shared {
    app: Mutex<Http>,
    stop: AtomicBool,
    repeated: AtomicU32,
}

impl Shared {
    fn http(&self) -> Http {
        self.app
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn set_http(&self, http: Http) {
        *self.app.lock().unwrap_or_else(PoisonError::into_inner) = http;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_kills_under_load_lose_and_repeat_nothing() -> TestResult {
    let mut random = Random::from_environment();
    let mut scene = Scene::with_environment(&[("CRASH_APP_DELAY_MS_MAX", "40")]).await?;
    let shared = Arc::new(Shared {
        app: Mutex::new(scene.http()?),
        stop: AtomicBool::new(false),
        repeated: AtomicU32::new(0),
    });
    let clients: Vec<_> = (0..SESSIONS)
        .map(|number| tokio::spawn(converse(number, Arc::clone(&shared))))
        .collect();
    for _ in 0..KILLS {
        let life = random.between(LIFE_MS.start, LIFE_MS.end);
        tokio::time::sleep(Duration::from_millis(life)).await;
        scene.kill()?;
        scene.start().await?;
        shared.set_http(scene.http()?);
    }
    shared.stop.store(true, Ordering::Relaxed);
    let mut turns = 0;
    for (number, client) in clients.into_iter().enumerate() {
        let sent = client
            .await?
            .map_err(|error| format!("session {number}: {error}"))?;
        assert!(!sent.is_empty(), "session {number} never got an answer");
        turns += sent.len();
        let found = scene.http()?.conversation(AGENT, &session(number)).await?;
        let expected: Vec<(bool, String, String)> = sent
            .into_iter()
            .flat_map(|(key, message)| {
                let answer = format!("done {message}");
                [(false, key.clone(), message), (true, key, answer)]
            })
            .collect();
        assert_eq!(found, expected, "session {number}");
    }
    scene.assert_no_finished_call_was_repeated()?;
    assert!(
        scene.finished_calls() > 0,
        "no result was found in the hub's file"
    );
    let calls = scene.calls()?;
    let cut_off = calls.iter().filter(|(_, epochs)| epochs.len() > 1).count();
    println!(
        "{turns} turns, {} calls, {cut_off} of them cut off by one of {KILLS} kills and made \
         again, {} requests repeated",
        calls.len(),
        shared.repeated.load(Ordering::Relaxed),
    );
    assert!(cut_off > 0, "no kill met a call: the test shows nothing");
    Ok(())
}

fn session(number: usize) -> String {
    format!("session-{number}")
}

/// Leads one conversation until it is told to stop; the messages in their order.
async fn converse(
    number: usize,
    shared: Arc<Shared>,
) -> Result<Vec<(String, String)>, Box<dyn Error + Send + Sync>> {
    let session = session(number);
    let mut sent = Vec::new();
    while !shared.stop.load(Ordering::Relaxed) {
        let turn = sent.len();
        let key = format!("{session}-{turn}");
        let plan = ["plain", "tools:2", "plain", "rounds:2"][turn % 4];
        let message = format!("{key} {plan}");
        let wait = (turn + number).is_multiple_of(2);
        let talk = one_turn(&shared, &session, &key, &message, wait);
        let text = tokio::time::timeout(PATIENCE, talk)
            .await
            .map_err(|_| format!("no answer to `{key}` in {PATIENCE:?}"))??;
        assert_eq!(text, format!("done {message}"));
        sent.push((key, message));
    }
    Ok(sent)
}

/// Sends until it is acknowledged, then waits for the answer without sending again.
async fn one_turn(
    shared: &Shared,
    session: &str,
    key: &str,
    message: &str,
    wait: bool,
) -> Result<String, Box<dyn Error + Send + Sync>> {
    loop {
        match shared.http().run(AGENT, session, key, message, wait).await {
            Ok(answer) if answer.status == 200 => {
                return Ok(text(&answer.body));
            }
            Ok(answer) if answer.status == 202 => break,
            Ok(answer) if answer.status != 503 => {
                return Err(format!("`{key}`: {answer:?}").into());
            }
            _ => {
                shared.repeated.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    loop {
        match shared.http().fetch(AGENT, session, key).await {
            Ok(answer) if answer.status == 200 => return Ok(text(&answer.body)),
            Ok(answer) if !matches!(answer.status, 202 | 503) => {
                return Err(format!("`{key}` was acknowledged and is lost: {answer:?}").into());
            }
            _ => tokio::time::sleep(PAUSE).await,
        }
    }
}

fn text(body: &serde_json::Value) -> String {
    body["response"].as_str().unwrap_or_default().to_owned()
}
