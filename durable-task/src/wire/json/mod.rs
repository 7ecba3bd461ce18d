//! Histories as text: the canonical JSON form of the protocol's `HistoryEvent`, without a loss.
//!
//! Field names are in camel case, enumerations by name, times as RFC 3339, wrapped strings as plain
//! ones, defaults left out: what any protobuf library reads and writes as JSON.

mod codec;
mod messages;
#[cfg(test)]
mod tests;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use prost::Message;
use serde_json::Value;

use crate::wire::proto::{HistoryChunk, HistoryEvent};

use codec::Json;

/// Why a text or a file is no history. It is a mistake in the input: repeating does not help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryFormatError {
    /// It is not JSON at all.
    #[error("the history is not JSON: {problem}")]
    Syntax {
        /// What the parser said.
        problem: String,
    },
    /// It is JSON, but not of a history.
    #[error("the history can't be read at `{path}`: {problem}")]
    Shape {
        /// Where, for example `[3].taskScheduled.name`.
        path: String,
        /// What is wrong there.
        problem: String,
    },
    /// It is the short form of a status document, which leaves out the ids that a replay needs.
    #[error(
        "the history at `{path}` is a listing without event ids; download the history itself \
         instead of a status document with `showHistory=true`"
    )]
    Abridged {
        /// Which event, for example `[0]`.
        path: String,
    },
    /// It is not a protobuf `HistoryChunk`.
    #[error("the history is neither JSON nor a protobuf HistoryChunk: {problem}")]
    Protobuf {
        /// What the decoder said.
        problem: String,
    },
}

/// Writes a history as JSON text: an array with one event per line.
///
/// ```
/// use durable_task::testing::HistoryBuilder;
/// use durable_task::{history_from_json, history_to_json};
///
/// let history = HistoryBuilder::new("greet", "instance", "Seattle").build();
/// let text = history_to_json(&history);
/// assert_eq!(history_from_json(&text)?, history);
/// # Ok::<(), durable_task::HistoryFormatError>(())
/// ```
pub fn history_to_json(events: &[HistoryEvent]) -> String {
    let lines: Vec<String> = events
        .iter()
        .map(|event| event_to_json(event).to_string())
        .collect();
    format!("[{}]", lines.join(",\n"))
}

/// One event in the form of [`history_to_json`].
pub fn event_to_json(event: &HistoryEvent) -> Value {
    event.write()
}

/// Reads a history from JSON text: an array of events, or an object that holds one as `events` or
/// `historyEvents`. Unknown fields are ignored; an unknown kind of event is an error.
///
/// # Errors
///
/// If the text is not such a history; the error names the place.
pub fn history_from_json(text: &str) -> Result<Vec<HistoryEvent>, HistoryFormatError> {
    let value = serde_json::from_str(text).map_err(|error| HistoryFormatError::Syntax {
        problem: error.to_string(),
    })?;
    let events = match value {
        Value::Array(events) => events,
        Value::Object(mut fields) => {
            let found = ["events", "historyEvents"]
                .into_iter()
                .find_map(|name| fields.remove(name));
            match found {
                Some(Value::Array(events)) => events,
                _ => return Err(no_history("an object without a list `events`")),
            }
        }
        _ => {
            return Err(no_history(
                "neither a list of events nor an object with one",
            ));
        }
    };
    let read = events.into_iter().enumerate().map(|(index, event)| {
        let path = format!("[{index}]");
        if event.get("EventType").is_some() {
            return Err(HistoryFormatError::Abridged { path });
        }
        HistoryEvent::read(event).map_err(|problem| problem.at(path))
    });
    read.collect()
}

/// Reads a downloaded history in whichever form it is: JSON text as [`history_from_json`] reads it,
/// the bytes of a protobuf `HistoryChunk`, or these as base64.
///
/// # Errors
///
/// If it is none of these.
pub fn history_from_bytes(bytes: &[u8]) -> Result<Vec<HistoryEvent>, HistoryFormatError> {
    let text = std::str::from_utf8(bytes).ok().map(str::trim);
    // A byte order mark comes from editors of Windows.
    let text = text.map(|text| text.trim_start_matches('\u{feff}').trim_start());
    match text {
        // The length of the first event of a chunk can be that of a bracket, after a line break.
        Some(text) if text.starts_with(['[', '{']) => match history_from_json(text) {
            Err(error @ HistoryFormatError::Syntax { .. }) => {
                history_from_chunk(bytes).map_err(|_| error)
            }
            read => read,
        },
        Some(text) if let Ok(decoded) = STANDARD.decode(text) => history_from_chunk(&decoded),
        _ => history_from_chunk(bytes),
    }
}

fn history_from_chunk(bytes: &[u8]) -> Result<Vec<HistoryEvent>, HistoryFormatError> {
    let chunk = HistoryChunk::decode(bytes).map_err(|error| HistoryFormatError::Protobuf {
        problem: error.to_string(),
    })?;
    Ok(chunk.events)
}

fn no_history(problem: &str) -> HistoryFormatError {
    HistoryFormatError::Shape {
        path: String::from("."),
        problem: problem.to_owned(),
    }
}
