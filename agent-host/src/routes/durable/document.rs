//! The status document of an instance, and how a list shows an entity.

use durable_task::{EntityMetadata, Failure, InstanceState, Status};

use super::json::Object;
use super::query::status_name;
use super::time::{exact, seconds};

/// The document. `history` is the array of shaped events, if it was asked for.
pub(super) fn status_document(
    state: &InstanceState,
    show_input: bool,
    history: Option<&str>,
) -> String {
    let mut document = Object::new();
    document.string("name", &state.name);
    if !state.version.is_empty() {
        document.string("version", &state.version);
    }
    document.string("instanceId", state.instance_id.as_str());
    if let Some(parent) = &state.parent {
        document.string("parentInstanceId", parent.as_str());
    }
    document.string("runtimeStatus", status_name(state.status));
    let input = state.input.as_deref().filter(|_| show_input);
    document.stored("input", input);
    document.stored("customStatus", state.custom_status.as_deref());
    document.raw("output", &output(state));
    document.string("createdTime", &seconds(state.created_at));
    document.string("lastUpdatedTime", &seconds(state.updated_at));
    if let Some(history) = history {
        document.raw("historyEvents", history);
    }
    if let Some(failure) = failure(state) {
        document.raw("failureDetails", &failure_details(failure));
    }
    if state.parked {
        document.raw("parked", "true");
    }
    document.end()
}

/// The output as JSON. A failure without one is told as text.
pub(super) fn output(state: &InstanceState) -> String {
    match (&state.output, failure(state)) {
        (None, Some(failure)) => {
            super::json::quoted(&format!("{}: {}", failure.error_type, failure.message))
        }
        (output, _) => super::json::embedded(output.as_deref()).into_owned(),
    }
}

fn failure(state: &InstanceState) -> Option<&Failure> {
    state
        .failure
        .as_ref()
        .filter(|_| state.status == Status::Failed)
}

/// A failure with its causes, which are few: hubs keep them bounded.
fn failure_details(failure: &Failure) -> String {
    let chain = std::iter::successors(Some(failure), |failure| failure.inner.as_deref());
    let chain: Vec<&Failure> = chain.take(durable_task::FAILURE_DEPTH_MAX).collect();
    let text = chain
        .into_iter()
        .rev()
        .fold(None, |inner: Option<String>, failure| {
            let mut details = Object::new();
            details.string("errorType", &failure.error_type);
            details.string("errorMessage", &failure.message);
            let is_final = if failure.non_retriable {
                "true"
            } else {
                "false"
            };
            details.raw("isNonRetriable", is_final);
            details.raw("innerFailure", inner.as_deref().unwrap_or("null"));
            Some(details.end())
        });
    text.unwrap_or_else(|| String::from("null"))
}

/// An entity in a list.
pub(super) fn entity_document(entity: &EntityMetadata) -> String {
    let mut id = Object::new();
    id.string("name", entity.id.name());
    id.string("key", entity.id.key());
    let mut document = Object::new();
    document.raw("entityId", &id.end());
    document.string("lastOperationTime", &exact(entity.modified_at, "Z"));
    document.stored("state", entity.state.as_deref());
    document.end()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use durable_task::{EntityId, ExecutionId, InstanceId, Timestamp};

    use super::*;

    fn state(status: Status) -> InstanceState {
        InstanceState {
            instance_id: InstanceId::new("abc").unwrap(),
            execution_id: ExecutionId::new("e"),
            name: String::from("Hello"),
            version: String::new(),
            status,
            parked: false,
            input: Some(String::from("\"Tokyo\"")),
            output: None,
            failure: None,
            custom_status: None,
            parent: None,
            tags: BTreeMap::new(),
            created_at: Timestamp::from_ticks(19_999_999),
            updated_at: Timestamp::from_ticks(30_000_000),
            completed_at: None,
            scheduled_at: None,
        }
    }

    #[test]
    fn a_plain_document_has_its_fields_in_order() {
        let expected = r#"{"name":"Hello","instanceId":"abc","runtimeStatus":"Running","#
            .to_owned()
            + r#""input":"Tokyo","customStatus":null,"output":null,"#
            + r#""createdTime":"1970-01-01T00:00:01Z","lastUpdatedTime":"1970-01-01T00:00:03Z"}"#;
        assert_eq!(
            status_document(&state(Status::Running), true, None),
            expected
        );
    }

    #[test]
    fn a_full_document_has_its_fields_in_order() {
        let mut state = state(Status::Failed);
        state.version = String::from("1.2");
        state.parent = Some(InstanceId::new("p").unwrap());
        state.custom_status = Some(String::from("{\"b\":1,\"a\":2}"));
        state.parked = true;
        let cause = Failure::new("Io", "disk").non_retriable();
        let mut failure = Failure::new("My.Error", "broke").caused_by(cause);
        failure.stack_trace = Some(String::from("secret frames"));
        state.failure = Some(failure);
        let expected = r#"{"name":"Hello","version":"1.2","instanceId":"abc","#.to_owned()
            + r#""parentInstanceId":"p","runtimeStatus":"Failed","input":null,"#
            + r#""customStatus":{"b":1,"a":2},"output":"My.Error: broke","#
            + r#""createdTime":"1970-01-01T00:00:01Z","lastUpdatedTime":"1970-01-01T00:00:03Z","#
            + r#""historyEvents":[],"failureDetails":{"errorType":"My.Error","#
            + r#""errorMessage":"broke","isNonRetriable":false,"innerFailure":{"errorType":"Io","#
            + r#""errorMessage":"disk","isNonRetriable":true,"innerFailure":null}},"parked":true}"#;
        assert_eq!(status_document(&state, false, Some("[]")), expected);
    }

    #[test]
    fn the_output_of_a_failure_is_its_own_where_there_is_one() {
        let mut failed = state(Status::Failed);
        failed.failure = Some(Failure::new("E", "m"));
        failed.output = Some(String::from("{\"message\":\"x\"}"));
        assert_eq!(output(&failed), "{\"message\":\"x\"}");
        let mut running = state(Status::Running);
        running.failure = failed.failure;
        assert_eq!(output(&running), "null");
    }

    #[test]
    fn an_entity_in_a_list() {
        let entity = EntityMetadata {
            id: EntityId::new("Counter", "K").unwrap(),
            state: Some(String::from("7")),
            modified_at: Timestamp::from_ticks(10_500_000),
            backlog: 0,
            locked_by: None,
        };
        let text = r#"{"entityId":{"name":"counter","key":"K"},"#.to_owned()
            + r#""lastOperationTime":"1970-01-01T00:00:01.05Z","state":7}"#;
        assert_eq!(entity_document(&entity), text);
    }
}
