//! Runs a downloaded history against the code of today.

mod player;
#[cfg(test)]
mod tests;

pub use player::Player;

use std::fmt;

use serde::Serialize;

use crate::Registry;
use crate::episode::{Audit, EpisodeOptions, Finding, Mismatch};
use crate::wire::proto::history_event::EventType;
use crate::wire::proto::{ExecutionStartedEvent, HistoryEvent, OrchestratorRequest};
use crate::worker::new_session;

/// What [`replay`] found. Its `Display` form is for people, its serialized form for programs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReplayReport {
    /// The instance that the history belongs to; empty if it does not say.
    pub instance_id: String,
    /// The orchestrator's name.
    pub orchestrator: String,
    /// The version whose code was run; empty for none.
    pub version: String,
    /// How many events the history has.
    pub events: usize,
    /// How many episodes of it were played.
    pub episodes: usize,
    /// Whether code and history fit together.
    pub outcome: ReplayOutcome,
    /// Decisions that fit, but with other data. They break no instance.
    pub warnings: Vec<String>,
}

/// Whether a history and the code fit together.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReplayOutcome {
    /// The code repeats every decision of the history.
    Matches {
        /// Whether the history has its end; if not, the instance can go on with this code.
        ended: bool,
    },
    /// The code parts from the history.
    Diverges(Divergence),
    /// There is no code for this orchestrator in this version.
    NoCode {
        /// What is missing.
        reason: String,
    },
    /// The events are no history of an orchestration.
    Invalid {
        /// What is wrong.
        reason: String,
    },
}

/// How code and history part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DivergenceKind {
    /// The code decides something else than the history records.
    OtherCommand,
    /// The history records a decision, the code makes none.
    MissingCommand,
    /// The code makes a decision that the history does not have.
    ExtraCommand,
    /// The code makes the same decisions in another order.
    OtherOrder,
    /// The code ends where the history goes on.
    EndsEarlier,
    /// The history ends where the code goes on.
    EndsLater,
    /// Both end, one with a result, the other without.
    EndsOtherwise,
}

/// The first place where code and history part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Divergence {
    /// In short.
    pub kind: DivergenceKind,
    /// The place of the event in the history, counted from 0.
    pub position: usize,
    /// The id of the decision, if it is about one.
    pub event_id: Option<i32>,
    /// What the history records there.
    pub history: String,
    /// What the code does instead.
    pub code: String,
    /// The line of the code, as `file:line:column`, if one is known.
    pub location: Option<String>,
    /// What to do.
    pub advice: String,
}

/// Plays a history, episode by episode, against the code in a registry, and says where they part
/// first. Run it in CI over histories of open instances before a deployment: an instance whose
/// history diverges would fail with `NonDeterministic`.
///
/// Only orchestrator code runs: no activity is called, nothing is sent.
///
/// ```
/// use std::time::Duration;
/// use durable_task::testing::HistoryBuilder;
/// use durable_task::{OrchestrationContext, Registry, ReplayOutcome, replay};
///
/// let mut registry = Registry::new();
/// registry.orchestrator_fn("greet", "", |ctx: OrchestrationContext, name: String| async move {
///     ctx.call_activity::<String>("hello", &name).await
/// })?;
/// let history = HistoryBuilder::new("greet", "instance", "Seattle").task_scheduled(0, "goodbye");
/// let report = replay(&registry, &history.build());
/// let ReplayOutcome::Diverges(divergence) = &report.outcome else { panic!("{report}") };
/// assert_eq!(divergence.position, 2);
/// assert_eq!(divergence.history, "activity `goodbye`");
/// # Ok::<(), durable_task::RegistryError>(())
/// ```
pub fn replay(registry: &Registry, history: &[HistoryEvent]) -> ReplayReport {
    let report = replay_with(registry, EpisodeOptions::default(), history);
    if !matches!(report.outcome, ReplayOutcome::Diverges(_)) {
        return report;
    }
    // A history does not say whether its backend chains long timers.
    let chained = EpisodeOptions {
        chain_long_timers: true,
        ..EpisodeOptions::default()
    };
    let other = replay_with(registry, chained, history);
    match other.outcome {
        ReplayOutcome::Matches { .. } => other,
        _ => report,
    }
}

fn replay_with(
    registry: &Registry,
    options: EpisodeOptions,
    history: &[HistoryEvent],
) -> ReplayReport {
    let mut report = described(history);
    if start_of(history).is_none() {
        let reason = String::from("the history has no start");
        report.outcome = ReplayOutcome::Invalid { reason };
        return report;
    }
    let request = OrchestratorRequest {
        instance_id: report.instance_id.clone(),
        past_events: history.to_vec(),
        ..OrchestratorRequest::default()
    };
    let (session, _) = match new_session(registry, options, &request) {
        Ok(made) => made,
        Err(reason) => {
            report.outcome = ReplayOutcome::NoCode { reason };
            return report;
        }
    };
    report.version = session.version();
    let Audit {
        episodes,
        ended,
        finding,
        differences,
    } = session.audit(request.past_events);
    report.episodes = episodes;
    report.warnings = differences.iter().map(ToString::to_string).collect();
    report.outcome = match finding {
        None => ReplayOutcome::Matches { ended },
        Some(finding) => ReplayOutcome::Diverges(finding.into()),
    };
    report
}

/// What a history says of its instance.
fn described(history: &[HistoryEvent]) -> ReplayReport {
    let start = start_of(history);
    ReplayReport {
        instance_id: start.and_then(instance_of).unwrap_or_default(),
        orchestrator: start.map(|start| start.name.clone()).unwrap_or_default(),
        version: start
            .and_then(|start| start.version.clone())
            .unwrap_or_default(),
        events: history.len(),
        episodes: 0,
        outcome: ReplayOutcome::Matches { ended: false },
        warnings: Vec::new(),
    }
}

fn start_of(history: &[HistoryEvent]) -> Option<&ExecutionStartedEvent> {
    history.iter().find_map(|event| match &event.event_type {
        Some(EventType::ExecutionStarted(started)) => Some(started),
        _ => None,
    })
}

fn instance_of(start: &ExecutionStartedEvent) -> Option<String> {
    let instance = start.orchestration_instance.as_ref()?;
    Some(instance.instance_id.clone())
}

/// For every change that open instances can't follow.
const KEEP_THE_OLD: &str = "register the changed code as a new version and keep this one until \
                            its instances have ended";

impl From<Finding> for Divergence {
    fn from(finding: Finding) -> Self {
        match finding {
            Finding::Mismatch(mismatch) => of_mismatch(&mismatch),
            Finding::Extra {
                position,
                id,
                given,
                at,
            } => Self {
                kind: DivergenceKind::ExtraCommand,
                position,
                event_id: Some(id),
                history: format!("no command {id} in the episode that ends here"),
                code: format!("the code's command {id} is {given}"),
                location: Some(at.to_string()),
                advice: format!("take the new command out, or {KEEP_THE_OLD}"),
            },
            Finding::EndsEarlier {
                position,
                recorded,
                given,
            } => Self {
                kind: DivergenceKind::EndsEarlier,
                position,
                event_id: None,
                history: recorded
                    .unwrap_or_else(|| String::from("the orchestration goes on after this")),
                code: given,
                location: None,
                advice: format!("let the code go on here, or {KEEP_THE_OLD}"),
            },
            Finding::EndsLater {
                position,
                recorded,
                given,
                awaited,
            } => ends_later(position, recorded, given, awaited),
            Finding::EndsOtherwise {
                position,
                recorded,
                given,
            } => Self {
                kind: DivergenceKind::EndsOtherwise,
                position,
                event_id: None,
                history: recorded,
                code: given,
                location: None,
                advice: String::from(
                    "an instance that has ended is not touched by this; check whether open ones \
                     may come here",
                ),
            },
        }
    }
}

fn of_mismatch(mismatch: &Mismatch) -> Divergence {
    Divergence {
        kind: match (mismatch.elsewhere(), mismatch.at()) {
            (Some(_), _) => DivergenceKind::OtherOrder,
            (None, Some(_)) => DivergenceKind::OtherCommand,
            (None, None) => DivergenceKind::MissingCommand,
        },
        position: mismatch.position,
        event_id: Some(mismatch.id),
        history: mismatch.recorded(),
        code: mismatch.given(),
        location: mismatch.at().map(ToString::to_string),
        advice: match mismatch.elsewhere() {
            Some(id) => format!(
                "the code gives the same as command {id}: restore the order, or {KEEP_THE_OLD}"
            ),
            None => format!("restore the old command here, or {KEEP_THE_OLD}"),
        },
    }
}

type Line = &'static std::panic::Location<'static>;

fn ends_later(
    position: usize,
    history: String,
    given: Option<(String, Line)>,
    awaited: Option<Line>,
) -> Divergence {
    let (code, location) = match given {
        Some((given, at)) => (format!("the code goes on with {given}"), Some(at)),
        None => (String::from("the code still waits"), awaited),
    };
    Divergence {
        kind: DivergenceKind::EndsLater,
        position,
        event_id: None,
        history,
        code,
        location: location.map(ToString::to_string),
        advice: String::from(
            "an instance that has ended is not touched by this; check whether open ones may come \
             here",
        ),
    }
}

impl ReplayReport {
    /// Whether open instances with this history can go on with the code.
    pub fn is_match(&self) -> bool {
        matches!(self.outcome, ReplayOutcome::Matches { .. })
    }
}

impl fmt::Display for ReplayReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = match self.version.as_str() {
            "" => String::new(),
            version => format!(", version `{version}`"),
        };
        writeln!(
            f,
            "instance `{}` of `{}`{version}: {} events, {} episodes played",
            self.instance_id, self.orchestrator, self.events, self.episodes
        )?;
        match &self.outcome {
            ReplayOutcome::Matches { ended } => {
                let open = if *ended {
                    ""
                } else {
                    ", and can go on from it"
                };
                write!(f, "the code repeats the history{open}")?;
            }
            ReplayOutcome::Diverges(divergence) => divergence.fmt(f)?,
            ReplayOutcome::NoCode { reason } | ReplayOutcome::Invalid { reason } => {
                f.write_str(reason)?;
            }
        }
        for warning in &self.warnings {
            write!(f, "\nwarning: {warning}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self
            .event_id
            .map_or_else(String::new, |id| format!(" (id {id})"));
        writeln!(f, "the code diverges at event {}{id}", self.position)?;
        writeln!(f, "  history: {}", self.history)?;
        let at = self.location.as_ref();
        let at = at.map_or_else(String::new, |at| format!(" (at {at})"));
        writeln!(f, "  code:    {}{at}", self.code)?;
        write!(f, "  advice:  {}", self.advice)
    }
}
