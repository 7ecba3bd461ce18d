//! The history of one run, played by the code that made it, as far as it has been read.

use std::sync::{Arc, Mutex, PoisonError};

use durable_task::wire::proto::HistoryEvent;
use durable_task::wire::proto::history_event::EventType;
use durable_task::{InstanceId, Player, Registry, Timestamp};

use super::told::Told;
use crate::app::App;
use crate::workflow::Graph;
use crate::workflow::durable::{Observer, RunStatus};
use crate::workflow::superstep::{Event, RequestId, Run};

/// A run as its history tells it. It holds the run's code at work, and so stays on its thread.
pub(super) struct Fold {
    player: Player,
    seen: Arc<Seen>,
    pub(super) told: Told,
}

/// What the run's code says of what is being played.
struct Seen {
    instance: InstanceId,
    now: Mutex<Sight>,
}

#[derive(Default)]
struct Sight {
    /// With the recorded time of their episodes.
    events: Vec<(Timestamp, Vec<Event>)>,
    ends: Vec<(RequestId, Option<String>)>,
    status: Option<RunStatus>,
}

impl Seen {
    fn with<T>(&self, act: impl FnOnce(&mut Sight) -> T) -> T {
        act(&mut self.now.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Observer for Seen {
    fn ends(&self, request: &RequestId, by: Option<&str>) {
        self.with(|sight| sight.ends.push((request.clone(), by.map(str::to_owned))));
    }

    fn sees(&self, now: Timestamp, events: Vec<Event>, run: &Run) {
        let status = RunStatus::of(&self.instance, &run.status());
        self.with(|sight| {
            sight.events.push((now, events));
            sight.status = Some(status);
        });
    }
}

impl Fold {
    /// A run whose history begins with these events, which are not played yet. `None` if its start
    /// is not among them.
    pub(super) fn new(
        app: &App,
        graph: &'static Graph,
        run: &InstanceId,
        (first, chained): (&[HistoryEvent], bool),
    ) -> Result<Option<Self>, String> {
        let is_start =
            |event: &HistoryEvent| matches!(event.event_type, Some(EventType::ExecutionStarted(_)));
        if !first.iter().any(is_start) {
            return Ok(None);
        }
        let seen = Arc::new(Seen {
            instance: run.clone(),
            now: Mutex::default(),
        });
        let mut registry = Registry::new();
        let observer: Arc<dyn Observer> = Arc::clone(&seen) as _;
        app.register_run(&mut registry, graph, Some(observer))
            .map_err(|error| error.to_string())?;
        Ok(Some(Self {
            player: Player::new(&registry, first, chained)?,
            seen,
            told: Told::default(),
        }))
    }

    /// Plays what comes next. Whether the code still does what the history records.
    pub(super) fn play(&mut self, events: Vec<HistoryEvent>) -> bool {
        for event in events {
            self.take_in(event);
        }
        !self.player.has_parted()
    }

    fn take_in(&mut self, event: HistoryEvent) {
        let at = event.timestamp.map_or(Timestamp::EPOCH, Timestamp::from);
        let mut end = None;
        match &event.event_type {
            Some(EventType::EventRaised(raised)) => {
                self.told.arrives(&raised.name, raised.input.as_deref(), at);
            }
            Some(EventType::ExecutionCompleted(completed)) => end = Some(completed.clone()),
            _ => {}
        }
        self.player.play(vec![event]);
        let sight = self.seen.with(std::mem::take);
        let mut ends = sight.ends;
        for (now, events) in sight.events {
            self.told.happens(now, events, &mut ends);
        }
        if sight.status.is_some() {
            self.told.status = sight.status;
        }
        if let Some(end) = end {
            self.told.ends(&end, at);
        }
    }
}
