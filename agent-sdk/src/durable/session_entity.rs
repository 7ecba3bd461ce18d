//! The entity that is a session: its operations, as a function of its state.

use std::time::Duration;

use durable_task::{Failure, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::RunFailure;
use crate::agent::session::{SessionState, Turn};

/// Adds a finished turn. Repeatable: the correlation id decides whether it is there already.
pub(super) const APPEND: &str = "append";
/// Deletes the session.
pub(super) const DELETE: &str = "delete";
/// Empties the session.
const RESET: &str = "reset";
/// Deletes the session if its time has come, else looks again when it comes.
pub(super) const CHECK_EXPIRY: &str = "CheckAndDeleteIfExpired";

/// The least time between an interaction and the look whether the session has expired.
const EXPIRY_CHECK_DELAY_MIN: Duration = Duration::from_mins(5);

/// What [`APPEND`] answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AppendResult {
    /// How many entries the session has up to and with the turn's response.
    pub(super) message_count: usize,
}

/// What one operation did.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Operated {
    pub(super) result: Result<Value, Failure>,
    pub(super) change: Change,
    /// When [`CHECK_EXPIRY`] has to be sent to the session itself.
    pub(super) check_at: Option<Timestamp>,
}

/// What becomes of the state.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Change {
    Keep,
    Set(Box<SessionState>),
    Delete,
}

impl Operated {
    fn kept(result: Value) -> Self {
        Self {
            result: Ok(result),
            change: Change::Keep,
            check_at: None,
        }
    }

    fn set(result: Value, state: SessionState) -> Self {
        Self {
            change: Change::Set(Box::new(state)),
            ..Self::kept(result)
        }
    }

    fn deleted(result: Value) -> Self {
        Self {
            change: Change::Delete,
            ..Self::kept(result)
        }
    }

    fn failed(problem: &impl ToString) -> Self {
        let failure = RunFailure::new(RunFailure::SESSION, problem.to_string());
        Self {
            result: Err(failure.into()),
            change: Change::Keep,
            check_at: None,
        }
    }
}

/// Does one operation. Names compare without case, as everywhere on a hub.
///
/// The inline form (`run`, which holds a whole turn in one operation) has its place here.
pub(super) fn operate(
    operation: &str,
    input: Value,
    state: Option<&str>,
    now: Timestamp,
    ttl: Option<Duration>,
) -> Operated {
    let is = |name: &str| operation.eq_ignore_ascii_case(name);
    if is(DELETE) {
        return Operated::deleted(json!({ "status": "deleted" }));
    }
    if !(is(APPEND) || is(RESET) || is(CHECK_EXPIRY)) {
        return Operated::kept(json!({ "error": format!("Unknown operation: {operation}") }));
    }
    let state = match state.map(SessionState::parse).transpose() {
        Ok(state) => state,
        // The run that appends has to know; whoever else asks is told in the result.
        Err(error) if is(APPEND) => return Operated::failed(&error),
        Err(error) => {
            let error = error.to_string();
            return Operated::kept(json!({ "error": error, "status": "error" }));
        }
    };
    if is(APPEND) {
        append(input, state.unwrap_or_default(), now, ttl)
    } else if is(RESET) {
        let mut state = state.unwrap_or_default();
        state.reset();
        Operated::set(json!({ "status": "reset" }), state)
    } else {
        check_expiry(state, now)
    }
}

fn append(
    input: Value,
    mut state: SessionState,
    now: Timestamp,
    ttl: Option<Duration>,
) -> Operated {
    let turn: Turn = match serde_path_to_error::deserialize(input) {
        Ok(turn) => turn,
        Err(error) => return Operated::failed(&format!("`{}`: {}", error.path(), error.inner())),
    };
    let is_answer = turn.response.error_info().is_none();
    let appended = state.append(turn);
    let message_count = appended.message_count;
    let result = json!(AppendResult { message_count });
    if !appended.is_new {
        return Operated::kept(result);
    }
    let mut check_at = None;
    if is_answer {
        let expires_at = ttl.map(|ttl| now.saturating_add(ttl));
        let is_first = state.expires_at().is_none();
        state.set_expires_at(expires_at);
        check_at = expires_at
            .filter(|_| is_first)
            .map(|time| next_check(time, now));
    }
    Operated {
        check_at,
        ..Operated::set(result, state)
    }
}

fn check_expiry(state: Option<SessionState>, now: Timestamp) -> Operated {
    let expires_at = state.and_then(|state| state.expires_at());
    match expires_at {
        Some(time) if time <= now => Operated::deleted(Value::Null),
        Some(time) => Operated {
            check_at: Some(next_check(time, now)),
            ..Operated::kept(Value::Null)
        },
        None => Operated::kept(Value::Null),
    }
}

fn next_check(expires_at: Timestamp, now: Timestamp) -> Timestamp {
    expires_at.max(now.saturating_add(EXPIRY_CHECK_DELAY_MIN))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::session::{Entry, ErrorInfo};
    use crate::model::{ChatMessage, Role, Usage};

    const HOUR: Duration = Duration::from_hours(1);

    fn run(
        operation: &str,
        input: Value,
        state: Option<Value>,
        now: Timestamp,
        ttl: Option<Duration>,
    ) -> Operated {
        let state = state.map(|state| state.to_string());
        operate(operation, input, state.as_deref(), now, ttl)
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_ticks(seconds * 10_000_000)
    }

    fn turn(correlation: &str) -> Value {
        json!(Turn {
            request: Entry::request(correlation, at(0), &[ChatMessage::text(Role::User, "q")]),
            response: Entry::response(
                correlation,
                at(0),
                &[ChatMessage::text(Role::Assistant, "a")],
                Usage::default(),
            ),
        })
    }

    fn failed_turn(correlation: &str) -> Value {
        let error = ErrorInfo {
            code: None,
            message: "boom".into(),
        };
        json!(Turn {
            request: Entry::request(correlation, at(0), &[ChatMessage::text(Role::User, "q")]),
            response: Entry::error(correlation, at(0), &error),
        })
    }

    fn state_of(operated: &Operated) -> Value {
        match &operated.change {
            Change::Set(state) => json!(state),
            other => panic!("no new state: {other:?}"),
        }
    }

    #[test]
    fn append_adds_a_turn_once() {
        let first = run("append", turn("c1"), None, at(0), None);
        assert_eq!(first.result, Ok(json!({"message_count": 2})));
        let state = state_of(&first);
        let second = run("append", turn("c2"), Some(state.clone()), at(0), None);
        assert_eq!(second.result, Ok(json!({"message_count": 4})));
        let again = run("append", turn("c1"), Some(state_of(&second)), at(0), None);
        assert_eq!(again.result, Ok(json!({"message_count": 2})));
        assert_eq!(again.change, Change::Keep, "a repetition writes nothing");
    }

    #[test]
    fn append_tells_what_it_can_not_read() {
        let bad_state = json!({"schemaVersion": "2.0.0", "data": {}});
        let operated = run("append", turn("c1"), Some(bad_state), at(0), None);
        let failure = operated.result.unwrap_err();
        assert_eq!(failure.error_type, RunFailure::SESSION);
        assert!(failure.message.contains("version '2.0.0' is not supported"));
        assert_eq!(operated.change, Change::Keep);
        let operated = run("append", json!({"request": 1}), None, at(0), None);
        assert!(operated.result.unwrap_err().message.contains("request"));
    }

    #[test]
    fn reset_empties_and_keeps_the_session() {
        let state = state_of(&run("append", turn("c1"), None, at(0), None));
        let operated = run("reset", Value::Null, Some(state), at(0), None);
        assert_eq!(operated.result, Ok(json!({"status": "reset"})));
        assert_eq!(
            state_of(&operated)["data"]["conversationHistory"],
            json!([])
        );
        let operated = run("reset", Value::Null, Some(json!({"data": {}})), at(0), None);
        let error = "The durable agent state is missing the 'schemaVersion' property.";
        assert_eq!(
            operated.result,
            Ok(json!({"error": error, "status": "error"}))
        );
        assert_eq!(operated.change, Change::Keep, "nothing is reset silently");
    }

    #[test]
    fn delete_deletes_whatever_is_there() {
        for state in [None, Some(json!({"schemaVersion": "9.9.9"}))] {
            let operated = run("Delete", Value::Null, state, at(0), None);
            assert_eq!(operated.change, Change::Delete);
        }
    }

    #[test]
    fn unknown_operations_are_answered_and_change_nothing() {
        for operation in ["run", "run_agent", "", "appendix"] {
            let operated = run(operation, json!("Hi"), None, at(0), Some(HOUR));
            let error = format!("Unknown operation: {operation}");
            assert_eq!(operated, Operated::kept(json!({ "error": error })));
        }
    }

    #[test]
    fn an_answer_sets_the_expiry_and_the_first_one_its_check() {
        let first = run("append", turn("c1"), None, at(0), Some(HOUR));
        assert_eq!(first.check_at, Some(at(3600)));
        let state = state_of(&first);
        assert_eq!(state["data"]["expirationTimeUtc"], "1970-01-01T01:00:00Z");
        let second = run("append", turn("c2"), Some(state), at(60), Some(HOUR));
        assert_eq!(second.check_at, None, "the first check is on its way");
        let state = state_of(&second);
        assert_eq!(state["data"]["expirationTimeUtc"], "1970-01-01T01:01:00Z");
        let third = run("append", turn("c3"), Some(state), at(90), None);
        let expiry = state_of(&third)["data"].get("expirationTimeUtc").cloned();
        assert_eq!(expiry, None, "without a time to live nothing expires");
    }

    #[test]
    fn a_short_time_to_live_is_checked_after_the_least_delay() {
        let first = run(
            "append",
            turn("c1"),
            None,
            at(0),
            Some(Duration::from_secs(1)),
        );
        assert_eq!(first.check_at, Some(at(300)));
    }

    #[test]
    fn a_failure_leaves_the_expiry_alone() {
        let operated = run("append", failed_turn("c1"), None, at(0), Some(HOUR));
        assert_eq!(operated.check_at, None);
        assert!(
            state_of(&operated)["data"]
                .get("expirationTimeUtc")
                .is_none()
        );
    }

    #[test]
    fn the_check_deletes_what_has_expired_and_else_comes_again() {
        let state = state_of(&run("append", turn("c1"), None, at(0), Some(HOUR)));
        let check = |state: Option<Value>, now| {
            run(
                "CheckAndDeleteIfExpired",
                Value::Null,
                state,
                now,
                Some(HOUR),
            )
        };
        let early = check(Some(state.clone()), at(10));
        assert_eq!(
            (early.change, early.check_at),
            (Change::Keep, Some(at(3600)))
        );
        let late = check(Some(state.clone()), at(3599));
        assert_eq!(late.check_at, Some(at(3599 + 300)));
        assert_eq!(check(Some(state), at(3600)).change, Change::Delete);
        assert_eq!(check(None, at(0)), Operated::kept(Value::Null));
        let ever = state_of(&run("append", turn("c1"), None, at(0), None));
        assert_eq!(check(Some(ever), at(0)), Operated::kept(Value::Null));
    }
}
