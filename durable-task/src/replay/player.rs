//! A history that grows, played part by part.

use crate::Registry;
use crate::episode::{EpisodeOptions, Session};
use crate::wire::proto::{HistoryEvent, OrchestratorRequest};
use crate::worker::new_session;

/// Plays a history that grows against the code of today, for those who watch an instance by what
/// its code does: what was played once is not played again. [`replay`](super::replay) is for whole
/// histories, and says where they part from the code.
///
/// Only orchestrator code runs: no activity is called, nothing is sent. It holds the future of the
/// orchestrator, and so stays on the thread on which it was made.
///
/// ```
/// use durable_task::testing::HistoryBuilder;
/// use durable_task::{OrchestrationContext, Player, Registry};
///
/// let mut registry = Registry::new();
/// registry.orchestrator_fn("greet", "", |ctx: OrchestrationContext, name: String| async move {
///     ctx.call_activity::<String>("hello", &name).await
/// })?;
/// let history = HistoryBuilder::new("greet", "instance", "Seattle").task_scheduled(0, "hello");
/// let mut events = history.build();
/// let rest = events.split_off(2);
/// let mut player = Player::new(&registry, &events, false)?;
/// player.play(events);
/// player.play(rest);
/// assert!(!player.has_parted());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Player {
    session: Session,
}

impl std::fmt::Debug for Player {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Player").finish_non_exhaustive()
    }
}

impl Player {
    /// A player of a history that begins with these events: its start is among them. They are not
    /// played yet. A history does not say whether its backend makes long timers out of chains of
    /// shorter ones (`chained`): one that parts from the code may fit it that way. The error says
    /// what code is missing.
    pub fn new(registry: &Registry, first: &[HistoryEvent], chained: bool) -> Result<Self, String> {
        let options = EpisodeOptions {
            chain_long_timers: chained,
            ..EpisodeOptions::default()
        };
        let report = super::described(first);
        let request = OrchestratorRequest {
            instance_id: report.instance_id,
            past_events: first.to_vec(),
            ..OrchestratorRequest::default()
        };
        let (session, _) = new_session(registry, options, &request)?;
        Ok(Self { session })
    }

    /// Plays what comes next in the history.
    pub fn play(&mut self, events: Vec<HistoryEvent>) {
        self.session.play(events);
    }

    /// Whether the code does something else than the history records: from there on it does
    /// nothing more.
    pub fn has_parted(&self) -> bool {
        self.session.has_parted()
    }
}
