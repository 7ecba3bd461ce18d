//! Work items, as they are written to a stream.

use std::sync::Arc;
use std::time::Duration;

use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::work_item::Request;
use durable_task::wire::proto::{
    EntityBatchRequest, EntityOperationCalledEvent, EntityOperationSignaledEvent, EntityRequest,
    HistoryEvent, OperationRequest, OrchestrationInstance, OrchestratorEntityParameters,
    OrchestratorRequest, WorkItem,
};
use durable_task::{Timestamp, WorkAnswer, WorkRequest};
use prost::Message as _;

use super::EntityForm;
use super::answers::{fail_activity, fail_operation, fail_orchestration, too_large};
use super::table::{Episode, OutKind};

/// How long SDKs keep entity messages to put them in order. The engine delivers them in order, so
/// it is never used; workers expect it to be there.
const REORDER_WINDOW: Duration = Duration::from_mins(30);

/// What one stream takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Takes {
    pub(super) form: EntityForm,
    /// Whether its worker fetches histories as streams.
    pub(super) streams: bool,
    /// Whether some worker does.
    pub(super) any_streams: bool,
    /// A history of more bytes is fetched as a stream.
    pub(super) stream_above_bytes: usize,
    /// Bytes of one message.
    pub(super) message_bytes_max: usize,
}

/// What becomes of a work item.
#[derive(Debug)]
pub(super) enum Outgoing {
    /// It is written, without its token.
    Write(Box<WorkItem>, OutKind),
    /// No worker can be asked: it is answered in the worker's place.
    Answer(Box<WorkAnswer>),
}

impl Takes {
    /// Writes a work item.
    pub(super) fn write(&self, request: WorkRequest, now: Timestamp) -> Outgoing {
        match request {
            WorkRequest::Orchestrator { request, .. } => self.episode(request),
            WorkRequest::Activity(request) => {
                let bytes = request.encoded_len();
                if self.fits(bytes) {
                    let item = item(Request::ActivityRequest(request));
                    return Outgoing::Write(item, OutKind::Activity);
                }
                let failure = too_large("the activity's input", bytes, self.message_bytes_max);
                Outgoing::Answer(Box::new(fail_activity(failure)))
            }
            WorkRequest::Entity { request, callers } => self.entity(request, callers, now),
        }
    }

    /// Whether so many bytes fit beside a token.
    fn fits(&self, bytes: usize) -> bool {
        const TOKEN_BYTES: usize = 64;
        bytes.saturating_add(TOKEN_BYTES) <= self.message_bytes_max
    }

    fn episode(&self, mut request: OrchestratorRequest) -> Outgoing {
        request.entity_parameters = Some(OrchestratorEntityParameters {
            entity_message_reorder_window: REORDER_WINDOW.try_into().ok(),
        });
        let whole = request.encoded_len();
        let past: usize = request
            .past_events
            .iter()
            .map(prost::Message::encoded_len)
            .sum();
        let mut history = None;
        if past > 0 && self.streams && (past > self.stream_above_bytes || !self.fits(whole)) {
            history = Some(Arc::new(std::mem::take(&mut request.past_events)));
            request.requires_history_streaming = true;
        }
        let bytes = request.encoded_len();
        if self.fits(bytes) {
            let (instance, execution) = (&request.instance_id, &request.execution_id);
            let episode = Episode::new(instance.clone(), execution.clone(), history);
            let item = item(Request::OrchestratorRequest(request));
            return Outgoing::Write(item, OutKind::Orchestrator(episode));
        }
        let new = bytes.saturating_sub(past);
        Outgoing::Answer(Box::new(if !self.streams && self.fits(new) {
            self.refuse_history(past)
        } else {
            let what = "the new events of this orchestration's episode";
            fail_orchestration(too_large(what, bytes, self.message_bytes_max))
        }))
    }

    /// This worker can't take the history. Another one may.
    fn refuse_history(&self, bytes: usize) -> WorkAnswer {
        let max = self.message_bytes_max;
        if self.any_streams {
            return WorkAnswer::Abandoned {
                reason: format!(
                    "its history has {bytes} bytes; this worker takes messages of at most {max} \
                     bytes and no streamed histories"
                ),
            };
        }
        let mut failure = too_large("the history", bytes, max);
        failure.message.push_str(
            ", and no connected worker takes streamed histories: use `continue_as_new`, or raise \
             the limit of messages on the server and in the worker",
        );
        fail_orchestration(failure)
    }

    /// As many operations as fit into a message: those that are not answered wait again.
    fn entity(
        &self,
        mut request: EntityBatchRequest,
        mut callers: Vec<Option<OrchestrationInstance>>,
        now: Timestamp,
    ) -> Outgoing {
        loop {
            let item = item(match self.form {
                EntityForm::V1 => Request::EntityRequest(request.clone()),
                EntityForm::V2 => Request::EntityRequestV2(second(&request, &callers, now)),
            });
            let bytes = item.encoded_len();
            if self.fits(bytes) {
                return Outgoing::Write(item, OutKind::Entity);
            }
            if request.operations.len() <= 1 {
                let what = "the entity's state with the operation's input";
                let failure = too_large(what, bytes, self.message_bytes_max);
                return Outgoing::Answer(Box::new(fail_operation(request, failure)));
            }
            let half = request.operations.len().div_ceil(2);
            request.operations.truncate(half);
            callers.truncate(half);
        }
    }
}

fn item(request: Request) -> Box<WorkItem> {
    Box::new(WorkItem {
        completion_token: String::new(),
        request: Some(request),
    })
}

/// A batch in its second form.
fn second(
    request: &EntityBatchRequest,
    callers: &[Option<OrchestrationInstance>],
    now: Timestamp,
) -> EntityRequest {
    let callers = callers.iter().map(Option::as_ref);
    let callers = callers.chain(std::iter::repeat(None));
    let operations = request.operations.iter().zip(callers);
    EntityRequest {
        instance_id: request.instance_id.clone(),
        execution_id: String::new(),
        entity_state: request.entity_state.clone(),
        operation_requests: operations
            .map(|(operation, caller)| HistoryEvent {
                event_id: -1,
                timestamp: Some(now.into()),
                event_type: Some(called_or_signaled(&request.instance_id, operation, caller)),
            })
            .collect(),
    }
}

fn called_or_signaled(
    entity: &str,
    operation: &OperationRequest,
    caller: Option<&OrchestrationInstance>,
) -> EventType {
    match caller {
        Some(caller) => EventType::EntityOperationCalled(EntityOperationCalledEvent {
            request_id: operation.request_id.clone(),
            operation: operation.operation.clone(),
            scheduled_time: None,
            input: operation.input.clone(),
            parent_instance_id: Some(caller.instance_id.clone()),
            parent_execution_id: caller.execution_id.clone(),
            target_instance_id: Some(entity.to_owned()),
        }),
        None => EventType::EntityOperationSignaled(EntityOperationSignaledEvent {
            request_id: operation.request_id.clone(),
            operation: operation.operation.clone(),
            scheduled_time: None,
            input: operation.input.clone(),
            target_instance_id: Some(entity.to_owned()),
        }),
    }
}

#[cfg(test)]
mod tests;
