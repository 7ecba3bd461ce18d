//! Large messages and slots: an executor's activity is told what they are, not what is in them.
//! Their text stands in the history once, where it came about, and not again for each executor
//! that takes it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use durable_task::{ActivityContext, Client, Failure, Registry, ReplayOutcome, Timestamp, replay};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::orchestrator::Observer;
use crate::app::App;
use crate::workflow::superstep::{Event, EventData, EventKind, RequestId, Run};
use crate::workflow::{Graph, Message};

/// JSON above this many bytes is named by its digest.
pub(crate) const INLINE_BYTES_MAX: usize = 32 * 1024;
/// How much of it a process keeps at hand, in bytes. What is not, is read from the run's history.
const KEPT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What is certain about a value: no two have the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Digest {
    /// Of its JSON text, as 64 hex digits.
    sha256: String,
    /// The length of that text.
    bytes: usize,
}

impl Digest {
    pub(crate) fn of(value: &Message) -> Self {
        let text = value.json();
        let hash = Sha256::digest(text.as_bytes());
        let digits = hash.iter().map(|byte| format!("{byte:02x}"));
        Self {
            sha256: digits.collect(),
            bytes: text.len(),
        }
    }

    fn is_of(&self, value: &Message) -> bool {
        value.json().len() == self.bytes && Self::of(value) == *self
    }
}

/// Whether a value is too large to be written again wherever it is taken.
pub(crate) fn is_large(value: &Message) -> bool {
    value.json().len() > INLINE_BYTES_MAX
}

/// The large values that were needed last.
#[derive(Debug, Default)]
pub(crate) struct LargeValues {
    kept: Mutex<Kept>,
    /// One looks at a time: mostly for what the others look for, too.
    looking: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Kept {
    values: BTreeMap<Digest, Message>,
    /// The oldest first.
    order: VecDeque<Digest>,
    bytes: usize,
}

impl LargeValues {
    pub(crate) fn keep(&self, digest: &Digest, value: &Message) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if digest.bytes > KEPT_BYTES_MAX || kept.values.contains_key(digest) {
            return;
        }
        kept.bytes += digest.bytes;
        kept.order.push_back(digest.clone());
        let value = value.clone().without_conversation();
        kept.values.insert(digest.clone(), value);
        while kept.bytes > KEPT_BYTES_MAX {
            let Some(oldest) = kept.order.pop_front() else {
                return;
            };
            kept.bytes -= oldest.bytes;
            kept.values.remove(&oldest);
        }
    }

    #[cfg(test)]
    pub(crate) fn count(&self) -> usize {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.values.len()
    }

    fn get(&self, digest: &Digest) -> Option<Message> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.values.get(digest).cloned()
    }
}

/// Where an activity gets large values from.
#[derive(Clone)]
pub(crate) struct Values {
    pub(crate) app: App,
    pub(crate) hub: Arc<dyn Client>,
}

impl Values {
    /// What the process has at hand, else what the run's code says while its history is played: an
    /// activity runs while its superstep does, so what it takes is there.
    pub(crate) async fn find(
        &self,
        graph: &'static Graph,
        ctx: &ActivityContext,
        digest: &Digest,
    ) -> Result<Message, Failure> {
        if let Some(value) = self.app.large_values().get(digest) {
            return Ok(value);
        }
        let _looking = self.app.large_values().looking.lock().await;
        if let Some(value) = self.app.large_values().get(digest) {
            return Ok(value);
        }
        let value = self.played(graph, ctx, digest).await?;
        self.app.large_values().keep(digest, &value);
        Ok(value)
    }

    async fn played(
        &self,
        graph: &'static Graph,
        ctx: &ActivityContext,
        digest: &Digest,
    ) -> Result<Message, Failure> {
        let run = ctx.instance_id();
        let unreadable = |problem: String| {
            let problem = format!("the history of run `{run}` can't be read: {problem}");
            Failure::new("HistoryUnreadable", problem)
        };
        let history = self.hub.history(run).await.map_err(|error| {
            if error.is_retryable() {
                ctx.give_back(format!("the history of the run can't be read: {error}"));
            }
            unreadable(error.to_string())
        })?;
        let seeker = Arc::new(Seeker {
            wanted: digest.clone(),
            found: Mutex::default(),
        });
        let mut registry = Registry::new();
        let observer: Arc<dyn Observer> = Arc::clone(&seeker) as _;
        self.app
            .register_run(&mut registry, graph, Some(observer))
            .map_err(|error| unreadable(error.to_string()))?;
        let report = replay(&registry, &history);
        if let ReplayOutcome::NoCode { reason } | ReplayOutcome::Invalid { reason } = report.outcome
        {
            return Err(unreadable(reason));
        }
        let mut found = seeker.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.take().ok_or_else(|| {
            let bytes = digest.bytes;
            let problem = format!("it has no value of {bytes} bytes that was handed to the node");
            unreadable(problem).non_retriable()
        })
    }
}

/// Looks for a value among the messages and slots of a run.
struct Seeker {
    wanted: Digest,
    found: Mutex<Option<Message>>,
}

impl Observer for Seeker {
    fn ends(&self, _: &RequestId, _: Option<&str>) {}

    fn sees(&self, _: Timestamp, events: Vec<Event>, run: &Run) {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if found.is_some() {
            return;
        }
        let messages = events.iter().filter_map(|event| match &event.data {
            Some(EventData::One(message)) if event.kind == EventKind::ExecutorInvoked => {
                Some(message)
            }
            _ => None,
        });
        let mut values = messages.chain(run.slot_values());
        *found = values.find(|value| self.wanted.is_of(value)).cloned();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(letter: &str, bytes: usize) -> Message {
        Message::of(&letter.repeat(bytes - 2)).unwrap()
    }

    #[test]
    fn a_value_is_known_by_its_text() {
        let value = Message::of(&"abc".to_owned()).unwrap();
        let digest = Digest::of(&value);
        // printf '"abc"' | sha256sum
        let sha256 = "6cc43f858fbb763301637b5af970e2a46b46f461f27e5a0f41e009c59b827b25";
        assert_eq!((digest.sha256.as_str(), digest.bytes), (sha256, 5));
        assert!(digest.is_of(&value));
        assert!(!digest.is_of(&Message::of(&"abd".to_owned()).unwrap()));
        assert!(!digest.is_of(&Message::of(&"ab".to_owned()).unwrap()));
    }

    #[test]
    fn what_is_large_is_above_the_limit() {
        assert!(!is_large(&text("a", INLINE_BYTES_MAX)));
        assert!(is_large(&text("a", INLINE_BYTES_MAX + 1)));
    }

    #[test]
    fn the_oldest_values_make_room() {
        let values = LargeValues::default();
        let half = KEPT_BYTES_MAX / 2;
        let all: Vec<(Digest, Message)> = ["a", "b", "c"]
            .iter()
            .map(|letter| text(letter, half))
            .map(|value| (Digest::of(&value), value))
            .collect();
        let is_kept = || -> Vec<bool> {
            let of = |(digest, _): &(Digest, Message)| values.get(digest).is_some();
            all.iter().map(of).collect()
        };
        for (digest, value) in &all[..2] {
            values.keep(digest, value);
            values.keep(digest, value);
        }
        assert_eq!(is_kept(), [true, true, false]);
        values.keep(&all[2].0, &all[2].1);
        assert_eq!(is_kept(), [false, true, true]);
        assert_eq!(values.kept.lock().unwrap().bytes, 2 * half);
        let huge = text("d", KEPT_BYTES_MAX + 1);
        values.keep(&Digest::of(&huge), &huge);
        assert_eq!(is_kept(), [false, true, true]);
    }
}
