//! Histories that no code has made, into the orchestration core: replayed and rewound.

use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::{HistoryChunk, HistoryEvent};
use durable_task::{ExecutionId, Registry, Rewind, Timestamp, replay, rewind};

use super::run::check_error;
use super::{Source, Verdict, code, proto, samples};

const INPUTS: usize = 6;

pub fn run(source: &mut Source) -> Verdict {
    let registry = code::registry().map_err(|error| error.to_string())?;
    for _ in 0..INPUTS {
        let history = changed(source);
        check_replay(&registry, &history)?;
        let order = Rewind {
            reason: source.one_in(2).then(|| source.text()),
            execution_id: ExecutionId::new("the-new-one"),
            parent_execution_id: source.one_in(2).then(|| ExecutionId::new(source.text())),
            at: Timestamp::from_ticks(source.number().cast_signed()),
        };
        match rewind(&history, &order) {
            Err(error) => check_error(&error)?,
            Ok(rewound) => {
                let last = rewound.history.last().and_then(|e| e.event_type.as_ref());
                if !matches!(last, Some(EventType::ExecutionRewound(_))) {
                    return Err(format!("a rewound history ends with {last:?}"));
                }
                check_replay(&registry, &rewound.history)?;
                if rewind(&rewound.history, &order).is_ok() {
                    return Err(String::from("an instance that goes on was rewound"));
                }
            }
        }
    }
    Ok(())
}

fn check_replay(registry: &Registry, history: &[HistoryEvent]) -> Verdict {
    let report = replay(registry, history);
    if report.events != history.len() || report.episodes > history.len() {
        return Err(format!("{report}"));
    }
    if report != replay(registry, history) {
        return Err(format!("replayed twice, another report than {report}"));
    }
    serde_json::to_string(&report).map_err(|error| error.to_string())?;
    Ok(())
}

/// A history with changed events, and events that are missing, repeated, or of another history.
pub fn changed(source: &mut Source) -> Vec<HistoryEvent> {
    let mut events = source.pick(samples::histories()).clone();
    for _ in 0..source.below(4) {
        let other = source.pick(samples::histories());
        let at = source.below(events.len());
        match source.below(5) {
            0 if events.len() > 1 => drop(events.remove(at)),
            1 if !events.is_empty() => events.insert(at, events[at].clone()),
            2 if !events.is_empty() => {
                let to = source.below(events.len());
                events.swap(at, to);
            }
            3 => events.insert(at, source.pick(other).clone()),
            _ => events.extend_from_slice(&other[source.below(other.len())..]),
        }
    }
    // Names that have code, so that not all end at the door.
    for event in &mut events {
        if let Some(EventType::ExecutionStarted(start)) = &mut event.event_type
            && !code::ORCHESTRATORS.contains(&start.name.as_str())
        {
            (*source.pick(code::ORCHESTRATORS)).clone_into(&mut start.name);
            start.version = None;
        }
    }
    if source.one_in(4) {
        return events;
    }
    proto::changed_message(source, &HistoryChunk { events }).events
}
