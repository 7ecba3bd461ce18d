//! The messages of histories, field by field.

use serde_json::{Map, Value};

use crate::wire::proto::history_event::EventType;
#[allow(
    clippy::wildcard_imports,
    reason = "every message of a history is here"
)]
use crate::wire::proto::*;

use super::codec::{Json, Problem, object, put, take};

/// A message whose fields have JSON forms of their own.
macro_rules! message {
    ($name:ident { $($field:ident = $json:literal),* $(,)? }) => {
        impl Json for $name {
            fn write(&self) -> Value {
                #[allow(unused_mut, reason = "some messages have no fields")]
                let mut fields = Map::new();
                $(put(&mut fields, $json, &self.$field);)*
                Value::Object(fields)
            }

            fn read(value: Value) -> Result<Self, Problem> {
                #[allow(unused_mut, unused_variables, reason = "some messages have no fields")]
                let mut fields = object(value)?;
                Ok(Self { $($field: take(&mut fields, $json)?),* })
            }

            fn is_absent(&self) -> bool {
                false
            }
        }
    };
}

/// The kinds of events, each with its name.
macro_rules! kinds {
    ($($variant:ident = $json:literal),* $(,)?) => {
        fn write_kind(kind: &EventType) -> (&'static str, Value) {
            match kind {
                $(EventType::$variant(event) => ($json, event.write()),)*
            }
        }

        fn take_kind(fields: &mut Map<String, Value>) -> Result<Option<EventType>, Problem> {
            $(if let Some(value) = fields.remove($json) {
                let event = Json::read(value).map_err(|problem| problem.inside($json))?;
                return Ok(Some(EventType::$variant(event)));
            })*
            match fields.keys().next() {
                None => Ok(None),
                Some(unknown) => Err(Problem::new(format!("`{unknown}` is no kind of event"))),
            }
        }
    };
}

kinds! {
    ExecutionStarted = "executionStarted",
    ExecutionCompleted = "executionCompleted",
    ExecutionTerminated = "executionTerminated",
    TaskScheduled = "taskScheduled",
    TaskCompleted = "taskCompleted",
    TaskFailed = "taskFailed",
    SubOrchestrationInstanceCreated = "subOrchestrationInstanceCreated",
    SubOrchestrationInstanceCompleted = "subOrchestrationInstanceCompleted",
    SubOrchestrationInstanceFailed = "subOrchestrationInstanceFailed",
    TimerCreated = "timerCreated",
    TimerFired = "timerFired",
    OrchestratorStarted = "orchestratorStarted",
    OrchestratorCompleted = "orchestratorCompleted",
    EventSent = "eventSent",
    EventRaised = "eventRaised",
    GenericEvent = "genericEvent",
    HistoryState = "historyState",
    ContinueAsNew = "continueAsNew",
    ExecutionSuspended = "executionSuspended",
    ExecutionResumed = "executionResumed",
    EntityOperationSignaled = "entityOperationSignaled",
    EntityOperationCalled = "entityOperationCalled",
    EntityOperationCompleted = "entityOperationCompleted",
    EntityOperationFailed = "entityOperationFailed",
    EntityLockRequested = "entityLockRequested",
    EntityLockGranted = "entityLockGranted",
    EntityUnlockSent = "entityUnlockSent",
    ExecutionRewound = "executionRewound",
}

impl Json for HistoryEvent {
    fn write(&self) -> Value {
        let mut fields = Map::new();
        // Always there, so that people see it.
        fields.insert(String::from("eventId"), self.event_id.write());
        put(&mut fields, "timestamp", &self.timestamp);
        if let Some(kind) = &self.event_type {
            let (name, value) = write_kind(kind);
            fields.insert(name.to_owned(), value);
        }
        Value::Object(fields)
    }

    fn read(value: Value) -> Result<Self, Problem> {
        let mut fields = object(value)?;
        Ok(Self {
            event_id: take(&mut fields, "eventId")?,
            timestamp: take(&mut fields, "timestamp")?,
            event_type: take_kind(&mut fields)?,
        })
    }

    fn is_absent(&self) -> bool {
        false
    }
}

impl Json for OrchestrationStatus {
    fn write(&self) -> Value {
        Value::from(self.as_str_name())
    }

    fn read(value: Value) -> Result<Self, Problem> {
        let known = match &value {
            Value::String(name) => Self::from_str_name(name),
            other => i32::read(other.clone())
                .ok()
                .and_then(|number| Self::try_from(number).ok()),
        };
        known.ok_or_else(|| Problem::new(format!("{value} is no orchestration status")))
    }

    fn is_absent(&self) -> bool {
        *self == Self::Running
    }
}

/// A status field, which protobuf keeps as a number.
fn put_status(fields: &mut Map<String, Value>, status: i32) {
    match OrchestrationStatus::try_from(status) {
        Ok(status) => put(fields, "orchestrationStatus", &status),
        // A status of a newer protocol.
        Err(_) => put(fields, "orchestrationStatus", &status),
    }
}

fn take_status(fields: &mut Map<String, Value>) -> Result<i32, Problem> {
    match fields.get("orchestrationStatus") {
        Some(Value::Number(_)) => take(fields, "orchestrationStatus"),
        _ => take::<OrchestrationStatus>(fields, "orchestrationStatus").map(|status| status as i32),
    }
}

impl Json for ExecutionCompletedEvent {
    fn write(&self) -> Value {
        let mut fields = Map::new();
        put_status(&mut fields, self.orchestration_status);
        put(&mut fields, "result", &self.result);
        put(&mut fields, "failureDetails", &self.failure_details);
        Value::Object(fields)
    }

    fn read(value: Value) -> Result<Self, Problem> {
        let mut fields = object(value)?;
        Ok(Self {
            orchestration_status: take_status(&mut fields)?,
            result: take(&mut fields, "result")?,
            failure_details: take(&mut fields, "failureDetails")?,
        })
    }

    fn is_absent(&self) -> bool {
        false
    }
}

impl Json for OrchestrationState {
    fn write(&self) -> Value {
        let mut fields = Map::new();
        put(&mut fields, "instanceId", &self.instance_id);
        put(&mut fields, "name", &self.name);
        put(&mut fields, "version", &self.version);
        put_status(&mut fields, self.orchestration_status);
        let times = [
            ("scheduledStartTimestamp", &self.scheduled_start_timestamp),
            ("createdTimestamp", &self.created_timestamp),
            ("lastUpdatedTimestamp", &self.last_updated_timestamp),
            ("completedTimestamp", &self.completed_timestamp),
        ];
        for (name, time) in times {
            put(&mut fields, name, time);
        }
        put(&mut fields, "input", &self.input);
        put(&mut fields, "output", &self.output);
        put(&mut fields, "customStatus", &self.custom_status);
        put(&mut fields, "failureDetails", &self.failure_details);
        put(&mut fields, "executionId", &self.execution_id);
        put(&mut fields, "parentInstanceId", &self.parent_instance_id);
        put(&mut fields, "tags", &self.tags);
        Value::Object(fields)
    }

    fn read(value: Value) -> Result<Self, Problem> {
        let fields = &mut object(value)?;
        Ok(Self {
            instance_id: take(fields, "instanceId")?,
            name: take(fields, "name")?,
            version: take(fields, "version")?,
            orchestration_status: take_status(fields)?,
            scheduled_start_timestamp: take(fields, "scheduledStartTimestamp")?,
            created_timestamp: take(fields, "createdTimestamp")?,
            last_updated_timestamp: take(fields, "lastUpdatedTimestamp")?,
            input: take(fields, "input")?,
            output: take(fields, "output")?,
            custom_status: take(fields, "customStatus")?,
            failure_details: take(fields, "failureDetails")?,
            execution_id: take(fields, "executionId")?,
            completed_timestamp: take(fields, "completedTimestamp")?,
            parent_instance_id: take(fields, "parentInstanceId")?,
            tags: take(fields, "tags")?,
        })
    }

    fn is_absent(&self) -> bool {
        false
    }
}

message!(OrchestrationInstance { instance_id = "instanceId", execution_id = "executionId" });
message!(ParentInstanceInfo {
    task_scheduled_id = "taskScheduledId",
    name = "name",
    version = "version",
    orchestration_instance = "orchestrationInstance",
});
message!(TraceContext {
    trace_parent = "traceParent",
    span_id = "spanID",
    trace_state = "traceState",
});
message!(TaskFailureDetails {
    error_type = "errorType",
    error_message = "errorMessage",
    stack_trace = "stackTrace",
    inner_failure = "innerFailure",
    is_non_retriable = "isNonRetriable",
    properties = "properties",
});
message!(ExecutionStartedEvent {
    name = "name",
    version = "version",
    input = "input",
    orchestration_instance = "orchestrationInstance",
    parent_instance = "parentInstance",
    scheduled_start_timestamp = "scheduledStartTimestamp",
    parent_trace_context = "parentTraceContext",
    orchestration_span_id = "orchestrationSpanID",
    tags = "tags",
});
message!(ExecutionTerminatedEvent { input = "input", recurse = "recurse" });
message!(TaskScheduledEvent {
    name = "name",
    version = "version",
    input = "input",
    parent_trace_context = "parentTraceContext",
    tags = "tags",
});
message!(TaskCompletedEvent { task_scheduled_id = "taskScheduledId", result = "result" });
message!(TaskFailedEvent {
    task_scheduled_id = "taskScheduledId",
    failure_details = "failureDetails",
});
message!(SubOrchestrationInstanceCreatedEvent {
    instance_id = "instanceId",
    name = "name",
    version = "version",
    input = "input",
    parent_trace_context = "parentTraceContext",
    tags = "tags",
});
message!(SubOrchestrationInstanceCompletedEvent {
    task_scheduled_id = "taskScheduledId",
    result = "result",
});
message!(SubOrchestrationInstanceFailedEvent {
    task_scheduled_id = "taskScheduledId",
    failure_details = "failureDetails",
});
message!(TimerCreatedEvent { fire_at = "fireAt" });
message!(TimerFiredEvent { fire_at = "fireAt", timer_id = "timerId" });
message!(OrchestratorStartedEvent {});
message!(OrchestratorCompletedEvent {});
message!(EventSentEvent { instance_id = "instanceId", name = "name", input = "input" });
message!(EventRaisedEvent { name = "name", input = "input" });
message!(GenericEvent { data = "data" });
message!(HistoryStateEvent { orchestration_state = "orchestrationState" });
message!(ContinueAsNewEvent { input = "input" });
message!(ExecutionSuspendedEvent { input = "input" });
message!(ExecutionResumedEvent { input = "input" });
message!(EntityOperationSignaledEvent {
    request_id = "requestId",
    operation = "operation",
    scheduled_time = "scheduledTime",
    input = "input",
    target_instance_id = "targetInstanceId",
});
message!(EntityOperationCalledEvent {
    request_id = "requestId",
    operation = "operation",
    scheduled_time = "scheduledTime",
    input = "input",
    parent_instance_id = "parentInstanceId",
    parent_execution_id = "parentExecutionId",
    target_instance_id = "targetInstanceId",
});
message!(EntityLockRequestedEvent {
    critical_section_id = "criticalSectionId",
    lock_set = "lockSet",
    position = "position",
    parent_instance_id = "parentInstanceId",
});
message!(EntityOperationCompletedEvent { request_id = "requestId", output = "output" });
message!(EntityOperationFailedEvent {
    request_id = "requestId",
    failure_details = "failureDetails",
});
message!(EntityUnlockSentEvent {
    critical_section_id = "criticalSectionId",
    parent_instance_id = "parentInstanceId",
    target_instance_id = "targetInstanceId",
});
message!(EntityLockGrantedEvent { critical_section_id = "criticalSectionId" });
message!(ExecutionRewoundEvent {
    reason = "reason",
    parent_execution_id = "parentExecutionId",
    instance_id = "instanceId",
    parent_trace_context = "parentTraceContext",
    name = "name",
    version = "version",
    input = "input",
    parent_instance = "parentInstance",
    tags = "tags",
});
