//! What a script came to, without what differs from run to run.

use durable_task::{Failure, InstanceState, Timestamp};
use serde_json::{Value, json};

/// Everything that two workers must agree in.
pub fn outcome(state: &InstanceState) -> Value {
    let json = |text: &Option<String>| match text.as_deref() {
        None => Value::Null,
        Some(text) => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
    };
    // The output of a failed instance is a repetition of its failure, on some backends.
    let output = match state.failure {
        Some(_) => Value::Null,
        None => json(&state.output),
    };
    alike(json!({
        "status": format!("{:?}", state.status),
        "output": output,
        "customStatus": json(&state.custom_status),
        "failure": state.failure.as_ref().map(describe),
    }))
}

fn describe(failure: &Failure) -> Value {
    json!({
        "type": failure.error_type,
        "message": failure.message,
        "inner": failure.inner.as_deref().map(describe),
    })
}

fn alike(value: Value) -> Value {
    match value {
        Value::String(text) => alike_text(&text).into(),
        Value::Array(items) => items.into_iter().map(alike).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| (name, alike(value)))
            .collect(),
        other => other,
    }
}

/// Ids, times and numbers of tasks are each run's own.
fn alike_text(text: &str) -> String {
    let is_hex = |text: &str| text.chars().all(|c| c.is_ascii_hexdigit());
    let is_guid = |text: &str| match text.len() {
        36 => text.split('-').map(str::len).eq([8, 4, 4, 4, 12]) && is_hex(&text.replace('-', "")),
        32 => is_hex(text),
        _ => false,
    };
    if is_guid(text) {
        return "<guid>".into();
    }
    if Timestamp::parse(text).is_some() {
        return "<time>".into();
    }
    match text.split_once(" (#") {
        None => text.to_owned(),
        Some((before, after)) => {
            let rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
            let rest = rest.strip_prefix(')').unwrap_or(rest);
            format!("{before}{}", alike_text(rest))
        }
    }
}

#[test]
fn only_what_differs_from_run_to_run_is_left_out() {
    for (text, expected) in [
        ("5703e3e0-471e-53ff-bbd5-1705e69255e0", "<guid>"),
        ("fa232cce7e805c188f853227d6ad3e75", "<guid>"),
        ("2026-11-21T13:39:12.9944167Z", "<time>"),
        ("Task 'Fail' (#12) failed: m", "Task 'Fail' failed: m"),
        ("a (#1) b (#2) c", "a b c"),
        ("12", "12"),
        ("no-guid", "no-guid"),
    ] {
        assert_eq!(alike_text(text), expected);
    }
}
