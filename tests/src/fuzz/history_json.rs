//! Downloaded histories: JSON, protobuf, base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use durable_task::wire::proto::{HistoryChunk, HistoryEvent};
use durable_task::{history_from_bytes, history_from_json, history_to_json};
use prost::Message as _;

use super::run::check_error;
use super::{Source, Verdict, json, proto, samples};

const INPUTS: usize = 10;

pub fn run(source: &mut Source) -> Verdict {
    for _ in 0..INPUTS {
        let bytes = input(source);
        match history_from_bytes(&bytes) {
            Err(error) => check_error(&error)?,
            Ok(events) => {
                let text = history_to_json(&events);
                let again = history_from_json(&text)
                    .map_err(|error| format!("{error}, read from what was written: {text}"))?;
                same(&events, &again).map_err(|problem| format!("{problem} in {text}"))?;
                if history_to_json(&again) != text {
                    return Err(format!("written otherwise the second time: {text}"));
                }
            }
        }
    }
    Ok(())
}

/// What was written and read is what it was. Times that are none (a nanosecond of another second, a
/// year that no text has) come back as the nearest that are.
fn same(events: &[HistoryEvent], again: &[HistoryEvent]) -> Verdict {
    if events == again {
        return Ok(());
    }
    let (before, after) = (format!("{events:#?}"), format!("{again:#?}"));
    let is_time = |line: &str| {
        let line = line.trim_start();
        line.starts_with("seconds: ") || line.starts_with("nanos: ")
    };
    let lines = before.lines().zip(after.lines());
    let mut differ = lines.filter(|(before, after)| before != after);
    match differ.find(|(before, after)| !(is_time(before) && is_time(after))) {
        Some((before, after)) => Err(format!("`{before}` came back as `{after}`")),
        None if before.lines().count() != after.lines().count() => {
            Err(String::from("something is missing at the end"))
        }
        None => Ok(()),
    }
}

fn input(source: &mut Source) -> Vec<u8> {
    let history = source.pick(samples::histories()).clone();
    if source.one_in(2) {
        let text = history_to_json(&history);
        let text = if source.one_in(3) {
            format!(r#"{{"events": {text}}}"#)
        } else {
            text
        };
        return json::changed_bytes(source, &text);
    }
    let bytes = HistoryChunk { events: history }.encode_to_vec();
    let changed = proto::changed(source, &bytes, &bytes);
    if source.one_in(3) {
        let text = STANDARD.encode(changed);
        return if source.one_in(4) {
            source.changed_bytes(text.as_bytes(), text.as_bytes())
        } else {
            text.into_bytes()
        };
    }
    changed
}
