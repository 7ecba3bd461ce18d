//! A history as the status document shows it: what was scheduled and how it ended are one entry.

use std::collections::{BTreeMap, BTreeSet};

use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::{
    ExecutionCompletedEvent, ExecutionStartedEvent, HistoryEvent, OrchestrationStatus,
    SubOrchestrationInstanceCreatedEvent, TaskFailureDetails, TaskScheduledEvent, TraceContext,
};
use durable_task::{FAILURE_DEPTH_MAX, Timestamp};

use super::json::{Object, array};
use super::time::exact;

/// What is shown of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) inputs: bool,
    pub(super) outputs: bool,
}

/// The events as a JSON array.
pub(super) fn shaped(events: &[HistoryEvent], shown: Shown) -> String {
    let scheduled = scheduled(events);
    let merged: BTreeSet<usize> = events
        .iter()
        .filter_map(|event| Some(scheduled.get(&completed(event)?)?.place))
        .collect();
    let entries: Vec<String> = events
        .iter()
        .enumerate()
        .filter(|(place, _)| !merged.contains(place))
        .filter_map(|(_, event)| {
            let schedule = completed(event).and_then(|key| scheduled.get(&key));
            entry(event, schedule, shown)
        })
        .collect();
    array(&entries)
}

/// What kind of thing was scheduled, and under which id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Task(i32),
    Child(i32),
}

struct Scheduled<'a> {
    place: usize,
    at: Timestamp,
    name: &'a str,
    input: Option<&'a str>,
    /// The child's id, of a sub-orchestration.
    instance: Option<&'a str>,
}

fn scheduled(events: &[HistoryEvent]) -> BTreeMap<Key, Scheduled<'_>> {
    let mut found = BTreeMap::new();
    for (place, event) in events.iter().enumerate() {
        let at = time_of(event);
        let (key, name, input, instance) = match &event.event_type {
            Some(EventType::TaskScheduled(task)) => {
                (Key::Task(event.event_id), &task.name, &task.input, None)
            }
            Some(EventType::SubOrchestrationInstanceCreated(child)) => {
                let instance = Some(child.instance_id.as_str());
                (
                    Key::Child(event.event_id),
                    &child.name,
                    &child.input,
                    instance,
                )
            }
            _ => continue,
        };
        let scheduled = Scheduled {
            place,
            at,
            name,
            input: input.as_deref(),
            instance,
        };
        found.insert(key, scheduled);
    }
    found
}

/// What a completion completes.
fn completed(event: &HistoryEvent) -> Option<Key> {
    match event.event_type.as_ref()? {
        EventType::TaskCompleted(task) => Some(Key::Task(task.task_scheduled_id)),
        EventType::TaskFailed(task) => Some(Key::Task(task.task_scheduled_id)),
        EventType::SubOrchestrationInstanceCompleted(child) => {
            Some(Key::Child(child.task_scheduled_id))
        }
        EventType::SubOrchestrationInstanceFailed(child) => {
            Some(Key::Child(child.task_scheduled_id))
        }
        _ => None,
    }
}

fn time_of(event: &HistoryEvent) -> Timestamp {
    event.timestamp.map_or(Timestamp::EPOCH, Timestamp::from)
}

/// One entry; `None` for what is not shown.
fn entry(event: &HistoryEvent, schedule: Option<&Scheduled<'_>>, shown: Shown) -> Option<String> {
    let mut writer = Writer {
        object: Object::new(),
        shown,
    };
    let event_type = event.event_type.as_ref()?;
    let is_marker = matches!(
        event_type,
        EventType::OrchestratorStarted(_) | EventType::OrchestratorCompleted(_)
    );
    if is_marker {
        return None;
    }
    writer.own_fields(event_type);
    let object = &mut writer.object;
    object.string("Timestamp", &exact(time_of(event), "Z"));
    if let Some(schedule) = schedule {
        object.string("ScheduledTime", &exact(schedule.at, "+00:00"));
        object.string("FunctionName", schedule.name);
        if shown.inputs {
            object.optional("Input", schedule.input);
        }
        if let Some(instance) = schedule.instance {
            object.string("InstanceId", instance);
        }
    } else if let EventType::ExecutionStarted(started) = event_type {
        object.string("FunctionName", &started.name);
    }
    Some(writer.object.end())
}

struct Writer {
    object: Object,
    shown: Shown,
}

impl Writer {
    /// Writes the name of the event and its own fields.
    fn own_fields(&mut self, event: &EventType) {
        match event {
            EventType::ExecutionStarted(started) => self.started(started),
            EventType::ExecutionCompleted(completed) => self.completed(completed),
            EventType::ExecutionTerminated(event) => {
                self.kind("ExecutionTerminated")
                    .input(event.input.as_deref());
            }
            EventType::ExecutionSuspended(event) => {
                self.kind("ExecutionSuspended")
                    .reason(event.input.as_deref());
            }
            EventType::ExecutionResumed(event) => {
                self.kind("ExecutionResumed").reason(event.input.as_deref());
            }
            EventType::ExecutionRewound(event) => {
                self.kind("ExecutionRewound")
                    .reason(event.reason.as_deref());
            }
            EventType::ContinueAsNew(event) => {
                self.kind("ContinueAsNew").result(event.input.as_deref());
            }
            EventType::EventSent(event) => {
                self.kind("EventSent")
                    .field("InstanceId", &event.instance_id);
                self.field("Name", &event.name)
                    .input(event.input.as_deref());
            }
            EventType::EventRaised(event) => {
                self.kind("EventRaised").field("Name", &event.name);
                self.input(event.input.as_deref());
                self.object.raw("ParentTraceContext", "null");
            }
            EventType::GenericEvent(event) => {
                self.kind("GenericEvent")
                    .optional("Data", event.data.as_deref());
            }
            EventType::HistoryState(_) => {
                self.kind("HistoryState");
            }
            EventType::TimerCreated(event) => {
                self.kind("TimerCreated").time("FireAt", event.fire_at);
            }
            EventType::TimerFired(event) => {
                self.kind("TimerFired").time("FireAt", event.fire_at);
            }
            other => self.work(other),
        }
    }

    /// Tasks, sub-orchestrations and entities.
    fn work(&mut self, event: &EventType) {
        match event {
            EventType::TaskScheduled(task) => self.task(task),
            EventType::TaskCompleted(task) => {
                self.kind("TaskCompleted").result(task.result.as_deref());
            }
            EventType::TaskFailed(task) => {
                self.kind("TaskFailed")
                    .failed(task.failure_details.as_ref());
            }
            EventType::SubOrchestrationInstanceCreated(child) => self.child(child),
            EventType::SubOrchestrationInstanceCompleted(child) => {
                self.kind("SubOrchestrationInstanceCompleted");
                self.result(child.result.as_deref());
            }
            EventType::SubOrchestrationInstanceFailed(child) => {
                self.kind("SubOrchestrationInstanceFailed");
                self.failed(child.failure_details.as_ref());
            }
            other => self.entity(other),
        }
    }

    fn entity(&mut self, event: &EventType) {
        match event {
            EventType::EntityOperationSignaled(event) => {
                self.kind("EntityOperationSignaled")
                    .field("RequestId", &event.request_id);
                self.field("Operation", &event.operation);
                self.time("ScheduledTime", event.scheduled_time);
                self.input(event.input.as_deref());
                self.optional("TargetInstanceId", event.target_instance_id.as_deref());
            }
            EventType::EntityOperationCalled(event) => {
                self.kind("EntityOperationCalled")
                    .field("RequestId", &event.request_id);
                self.field("Operation", &event.operation);
                self.time("ScheduledTime", event.scheduled_time);
                self.input(event.input.as_deref());
                self.optional("TargetInstanceId", event.target_instance_id.as_deref());
            }
            EventType::EntityOperationCompleted(event) => {
                self.kind("EntityOperationCompleted")
                    .field("RequestId", &event.request_id);
                if self.shown.outputs {
                    self.object.stored("Output", event.output.as_deref());
                }
            }
            EventType::EntityOperationFailed(event) => {
                self.kind("EntityOperationFailed")
                    .field("RequestId", &event.request_id);
                let failure = details(event.failure_details.as_ref());
                self.object.raw("FailureDetails", &failure);
            }
            EventType::EntityLockRequested(event) => {
                self.kind("EntityLockRequested");
                self.field("CriticalSectionId", &event.critical_section_id);
                let locks = event.lock_set.iter().map(|lock| super::json::quoted(lock));
                self.object
                    .raw("LockSet", &array(&locks.collect::<Vec<_>>()));
                self.object.raw("Position", &event.position.to_string());
            }
            EventType::EntityLockGranted(event) => {
                self.kind("EntityLockGranted");
                self.field("CriticalSectionId", &event.critical_section_id);
            }
            EventType::EntityUnlockSent(event) => {
                self.kind("EntityUnlockSent");
                self.field("CriticalSectionId", &event.critical_section_id);
                self.optional("TargetInstanceId", event.target_instance_id.as_deref());
            }
            // Everything else was written before.
            _ => {}
        }
    }

    fn started(&mut self, event: &ExecutionStartedEvent) {
        self.kind("ExecutionStarted").input(event.input.as_deref());
        self.object.raw("Correlation", "null");
        self.trace(event.parent_trace_context.as_ref());
        self.time("ScheduledStartTime", event.scheduled_start_timestamp);
        let generation = if event.parent_instance.is_some() {
            "null"
        } else {
            "0"
        };
        self.object.raw("Generation", generation);
        self.object.raw("GenerateNewTrace", "false");
    }

    fn completed(&mut self, event: &ExecutionCompletedEvent) {
        self.kind("ExecutionCompleted");
        let status = match event.orchestration_status() {
            OrchestrationStatus::Running => "Running",
            OrchestrationStatus::Completed => "Completed",
            OrchestrationStatus::ContinuedAsNew => "ContinuedAsNew",
            OrchestrationStatus::Failed => "Failed",
            OrchestrationStatus::Canceled => "Canceled",
            OrchestrationStatus::Terminated => "Terminated",
            OrchestrationStatus::Pending => "Pending",
            OrchestrationStatus::Suspended => "Suspended",
        };
        self.field("OrchestrationStatus", status);
        self.result(event.result.as_deref());
        let failure = details(event.failure_details.as_ref());
        self.object.raw("FailureDetails", &failure);
    }

    /// A task that has not ended.
    fn task(&mut self, task: &TaskScheduledEvent) {
        self.kind("TaskScheduled").field("Name", &task.name);
        self.input(task.input.as_deref());
        self.trace(task.parent_trace_context.as_ref());
        self.tags(&task.tags);
    }

    /// A sub-orchestration that has not ended.
    fn child(&mut self, child: &SubOrchestrationInstanceCreatedEvent) {
        self.kind("SubOrchestrationInstanceCreated")
            .field("Name", &child.name);
        self.field("InstanceId", &child.instance_id);
        self.input(child.input.as_deref());
        self.tags(&child.tags);
    }

    fn kind(&mut self, name: &str) -> &mut Self {
        self.field("EventType", name)
    }

    fn field(&mut self, name: &str, value: &str) -> &mut Self {
        self.object.string(name, value);
        self
    }

    fn optional(&mut self, name: &str, value: Option<&str>) {
        self.object.optional(name, value);
    }

    fn reason(&mut self, reason: Option<&str>) {
        self.optional("Reason", reason);
    }

    /// The input as text, as the extension shows it.
    fn input(&mut self, input: Option<&str>) {
        if self.shown.inputs {
            self.optional("Input", input);
        }
    }

    /// The result as a value.
    fn result(&mut self, result: Option<&str>) {
        if self.shown.outputs {
            self.object.stored("Result", result);
        }
    }

    fn failed(&mut self, failure: Option<&TaskFailureDetails>) {
        let reason = failure.map(|failure| failure.error_message.as_str());
        self.optional("Reason", reason);
        self.optional("Details", None);
        self.object.raw("FailureDetails", &details(failure));
    }

    fn time(&mut self, name: &str, time: Option<impl Into<Timestamp>>) {
        let time = time.map(|time| exact(time.into(), "Z"));
        self.optional(name, time.as_deref());
    }

    fn trace(&mut self, trace: Option<&TraceContext>) {
        let text = trace.map(|trace| {
            let mut object = Object::new();
            object.string("TraceParent", &trace.trace_parent);
            object.optional("TraceState", trace.trace_state.as_deref());
            object.string("SpanId", &trace.span_id);
            object.end()
        });
        let text = text.as_deref().unwrap_or("null");
        self.object.raw("ParentTraceContext", text);
    }

    fn tags(&mut self, tags: &BTreeMap<String, String>) {
        let mut object = Object::new();
        for (name, value) in tags {
            object.string(name, value);
        }
        let text = if tags.is_empty() {
            String::from("null")
        } else {
            object.end()
        };
        self.object.raw("Tags", &text);
    }
}

/// A failure with its causes. Where it happened is left out: it shows the inside of the program.
fn details(failure: Option<&TaskFailureDetails>) -> String {
    let chain = std::iter::successors(failure, |failure| failure.inner_failure.as_deref());
    let chain: Vec<_> = chain.take(FAILURE_DEPTH_MAX).collect();
    chain
        .into_iter()
        .rev()
        .fold(String::from("null"), |inner, failure| {
            let mut object = Object::new();
            object.string("ErrorType", &failure.error_type);
            object.string("ErrorMessage", &failure.error_message);
            object.optional("StackTrace", None);
            object.raw("InnerFailure", &inner);
            let is_final = if failure.is_non_retriable {
                "true"
            } else {
                "false"
            };
            object.raw("IsNonRetriable", is_final);
            object.end()
        })
}

#[cfg(test)]
mod tests;
