//! Does memory grow with what is stored?

use std::error::Error;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use agent_tests::{Http, Program, Running};
use tempfile::TempDir;

use crate::Figures;
use crate::figure::{Figure, Limit};

/// Sessions after which caches are full: from here on nothing may grow with what is stored.
const WARM: usize = 2_000;
const SESSIONS: usize = 10_000;
/// Requests on their way at once.
const CLIENTS: usize = 50;
const AGENT: &str = "Traveller";

pub async fn measure() -> Figures {
    let folder = TempDir::new()?;
    let app = std::env::current_exe()?.with_file_name("crash-app");
    let program = Program::new(app, folder.path());
    let running = program.start().await?;
    one_turn(&running.http(), "warm").await?;
    let idle = resident_bytes(&running)?;
    fill(&running.http(), 0..WARM).await?;
    let warm = resident_bytes(&running)?;
    fill(&running.http(), WARM..SESSIONS).await?;
    let after_load = resident_bytes(&running)?;
    running.terminate().await?;
    let running = program.start().await?;
    one_turn(&running.http(), "warm-again").await?;
    let stored = resident_bytes(&running)?;
    Ok(vec![
        Figure::new("memory-idle", mebibytes(idle), "MiB"),
        Figure::new("memory-after-2000-sessions", mebibytes(warm), "MiB"),
        Figure::new("memory-after-10000-sessions", mebibytes(after_load), "MiB"),
        Figure::new("memory-with-10000-sessions", mebibytes(stored), "MiB"),
        Figure::new(
            "hub-file-with-10000-sessions",
            mebibytes(file_bytes(&program.hub_file())?),
            "MiB",
        ),
        Figure::ratio(
            "memory-after-10000-over-2000-sessions",
            mebibytes(after_load) / mebibytes(warm),
            Limit::AtMost(1.5),
        ),
        Figure::ratio(
            "memory-with-10000-sessions-over-idle",
            mebibytes(stored) / mebibytes(idle),
            Limit::AtMost(1.5),
        ),
    ])
}

/// One turn in each of these sessions.
async fn fill(http: &Http, sessions: Range<usize>) -> Result<(), Box<dyn Error>> {
    let last = sessions.end;
    let next = Arc::new(AtomicUsize::new(sessions.start));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (http, next) = (http.clone(), Arc::clone(&next));
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= last {
                        return Ok(());
                    }
                    let turn = one_turn(&http, &format!("session-{number}")).await;
                    turn.map_err(|error| error.to_string())?;
                }
            })
        })
        .collect();
    for client in clients {
        client.await?.map_err(|error: String| error)?;
    }
    Ok(())
}

async fn one_turn(http: &Http, session: &str) -> Result<(), Box<dyn Error>> {
    let answer = http
        .run(AGENT, session, session, "hello plain", true)
        .await?;
    match answer.status {
        200 => Ok(()),
        _ => Err(format!("{session}: {answer:?}").into()),
    }
}

fn resident_bytes(running: &Running) -> Result<u64, Box<dyn Error>> {
    resident_bytes_of(&running.pid().to_string())
}

/// What this process has.
pub fn own_resident_bytes() -> Result<u64, Box<dyn Error>> {
    resident_bytes_of("self")
}

/// `VmRSS` of Linux.
fn resident_bytes_of(process: &str) -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .ok_or("no VmRSS")?;
    let kibibytes = line.trim().trim_end_matches(" kB").parse::<u64>()?;
    Ok(kibibytes * 1024)
}

fn file_bytes(file: &Path) -> std::io::Result<u64> {
    Ok(std::fs::metadata(file)?.len())
}

#[allow(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]
pub fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / (1024.0 * 1024.0)
}
