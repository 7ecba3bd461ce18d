//! Documents of sessions: read, written, gone on with.

use agent_sdk::agent::session::{SessionState, Turn};
use durable_task::Timestamp;
use serde_json::{Value, json};

use super::run::check_error;
use super::{Source, Verdict, json};

const INPUTS: usize = 10;

fn sample() -> Value {
    json!({
        "schemaVersion": "1.1.0",
        "data": {
            "conversationHistory": [
                {"$type": "request", "correlationId": "c1",
                 "createdAt": "2026-01-01T10:00:00+00:00", "responseType": "text",
                 "orchestrationId": "i1", "responseSchema": {"type": "object"},
                 "messages": [{"role": "user", "createdAt": "2026-01-01T10:00:00+00:00",
                               "contents": [{"$type": "text", "text": "Hi"}]}]},
                {"$type": "response", "correlationId": "c1",
                 "createdAt": "2026-01-01T10:00:03+00:00",
                 "usage": {"inputTokenCount": 5, "outputTokenCount": 2, "totalTokenCount": 7},
                 "messages": [
                    {"role": "assistant", "contents": [
                        {"$type": "functionCall", "callId": "1", "name": "double",
                         "arguments": {"number": 1}},
                        {"$type": "reasoning", "text": "so"},
                        {"$type": "error", "message": "m", "errorCode": "e", "details": "d"},
                        {"$type": "usage", "usage": {"inputTokenCount": 1}},
                        {"$type": "data", "uri": "data:text/plain;base64,aGk="},
                        {"$type": "somethingElse", "x": 1}]},
                    {"role": "tool", "contents": [
                        {"$type": "functionResult", "callId": "1", "result": 2}]},
                    {"role": "assistant", "authorName": "Joker",
                     "contents": [{"$type": "text", "text": "Hello"}]}]}
            ],
            "expirationTimeUtc": "2026-01-15T10:00:03Z",
            "extensionData": {"k": [1, 2]}
        }
    })
}

pub fn run(source: &mut Source) -> Verdict {
    let sample = sample().to_string();
    for _ in 0..INPUTS {
        let text = json::changed(source, &sample);
        match SessionState::parse(&text) {
            Err(error) => check_error(&error)?,
            Ok(state) => check(source, state).map_err(|problem| format!("{problem}\n{text}"))?,
        }
    }
    Ok(())
}

fn check(source: &mut Source, mut state: SessionState) -> Verdict {
    same_again(&state)?;
    let _ = state.model_input();
    let _ = (state.answer("c1", false), state.answer("c1", true));
    let _ = state.is_expired(Timestamp::now());
    let at = state.expires_at();
    state.set_expires_at(at);
    if state.expires_at() != at {
        return Err(format!("{at:?} is kept as {:?}", state.expires_at()));
    }
    let entries = state.data.conversation_history.clone();
    if let [request, response, ..] = entries.as_slice() {
        let turn = || Turn {
            request: request.clone(),
            response: response.clone(),
        };
        let first = state.append(turn());
        let again = state.append(turn());
        if again.is_new && first.is_new && source.one_in(1) {
            same_again(&state)?;
        }
    }
    state.reset();
    same_again(&state)
}

fn same_again(state: &SessionState) -> Verdict {
    let written = serde_json::to_string(state).map_err(|error| error.to_string())?;
    let again = SessionState::parse(&written).map_err(|e| format!("{e}, of what we wrote"))?;
    if again == *state {
        Ok(())
    } else {
        Err(format!("written and read: {state:#?}\n{again:#?}"))
    }
}
