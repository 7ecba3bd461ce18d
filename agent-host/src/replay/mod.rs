//! `replay`: runs downloaded histories against the code of this program, before it is deployed.
//! `docs/replay.md` is its contract.

mod source;

use std::io::Write;

use durable_task::{HistoryFormatError, Registry, ReplayOutcome, ReplayReport, replay};
use serde_json::{Value, json};

use crate::app::FunctionApp;
use crate::cli::ReplayOptions;
use crate::config::Settings;
use crate::error::HostError;
use source::Reached;

/// Every history fits.
pub(crate) const FITS: i32 = 0;
/// A history does not fit the code.
pub(crate) const DIVERGES: i32 = 1;
/// A history could not be read, so that nobody knows whether it fits.
pub(crate) const UNREADABLE: i32 = 2;

/// What came of one history.
enum Verdict {
    Replayed(Box<ReplayReport>),
    Unreadable(String),
}

impl Verdict {
    fn of(registry: &Registry, history: Result<Vec<u8>, String>) -> Self {
        let events = history.and_then(|bytes| {
            durable_task::history_from_bytes(&bytes)
                .map_err(|error: HistoryFormatError| error.to_string())
        });
        match events {
            Ok(events) if events.is_empty() => Self::Unreadable(String::from(
                "the history has no events: nothing has run yet",
            )),
            Ok(events) => Self::Replayed(Box::new(replay(registry, &events))),
            Err(problem) => Self::Unreadable(problem),
        }
    }

    fn exit_code(&self) -> i32 {
        match self {
            Self::Replayed(report) if report.is_match() => FITS,
            Self::Replayed(report) => match report.outcome {
                ReplayOutcome::Invalid { .. } => UNREADABLE,
                _ => DIVERGES,
            },
            Self::Unreadable(_) => UNREADABLE,
        }
    }

    fn word(&self) -> &'static str {
        match self.exit_code() {
            FITS => "OK",
            DIVERGES => "DIVERGES",
            _ => "UNREADABLE",
        }
    }

    fn text(&self, source: &str) -> String {
        let said = match self {
            Self::Replayed(report) => report.to_string(),
            Self::Unreadable(problem) => problem.clone(),
        };
        let mut text = format!("{} {source}", self.word());
        for line in said.lines() {
            text.push_str("\n  ");
            text.push_str(line);
        }
        text
    }

    fn json(&self, source: &str) -> Value {
        let verdict = self.word();
        match self {
            Self::Replayed(report) => {
                json!({"source": source, "verdict": verdict, "report": report})
            }
            Self::Unreadable(problem) => {
                json!({"source": source, "verdict": verdict, "problem": problem})
            }
        }
    }
}

/// Replays everything that the command line names. Returns the code with which the process ends:
/// the worst of all histories.
pub(crate) async fn run(
    app: FunctionApp,
    settings: &Settings,
    options: &ReplayOptions,
    output: &mut (impl Write + Send),
) -> Result<i32, HostError> {
    let registry = app.into_registry().await?;
    let reached = Reached::open(&settings.backend, options).await?;
    let names = reached.names(options).await?;
    let mut worst = FITS;
    for name in &names {
        let (source, history) = reached.read(name).await;
        let verdict = Verdict::of(&registry, history);
        worst = worst.max(verdict.exit_code());
        let line = if options.json {
            verdict.json(&source).to_string()
        } else {
            verdict.text(&source)
        };
        writeln!(output, "{line}").map_err(HostError::Unwritten)?;
    }
    reached.close().await;
    if names.is_empty() && !options.json {
        writeln!(output, "no running instances").map_err(HostError::Unwritten)?;
    }
    output.flush().map_err(HostError::Unwritten)?;
    Ok(worst)
}

#[cfg(test)]
mod tests;
