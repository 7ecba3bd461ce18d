use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::operation_action::OperationActionType;
use durable_task::wire::proto::operation_result::ResultType;
use durable_task::wire::proto::{
    EntityBatchRequest, EntityBatchResult, EntityLockGrantedEvent, EntityLockRequestedEvent,
    EntityOperationCompletedEvent, EntityOperationFailedEvent, EntityOperationSignaledEvent,
    ExecutionStartedEvent, OperationAction, OperationRequest, OrchestrationInstance,
    ParentInstanceInfo, SendSignalAction, StartNewOrchestrationAction, TaskFailureDetails,
};
use durable_task::{ExecutionId, Failure, InstanceId, Timestamp};
use prost::Message as _;

use super::Env;
use super::delta::{Delta, Drop};
use super::ending::FIRE_AND_FORGET;
use super::message::{Message, Taking};
use super::{payload, sent_event};
use crate::store::{EntityLock, EntityRow, MessageRow};

/// An entity: its state, its lock, and what waits for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entity {
    id: InstanceId,
    state: Option<Arc<str>>,
    lock: Option<EntityLock>,
    modified_at: Timestamp,
    queue: VecDeque<Message>,
    /// Operations that a worker has been asked to run.
    batch: Option<Vec<Message>>,
}

impl Entity {
    /// An entity of which nothing is known.
    pub fn new(id: InstanceId, now: Timestamp) -> Self {
        let row = EntityRow {
            state: None,
            lock: None,
            modified_at: now,
        };
        Self::from_row(id, row)
    }

    /// Gives back the room that messages took.
    pub(super) fn rest(&mut self) {
        self.queue.shrink_to_fit();
    }

    /// What a store knows of it. Messages are received afterwards.
    pub fn from_row(id: InstanceId, row: EntityRow) -> Self {
        Self {
            id,
            state: row.state,
            lock: row.lock,
            modified_at: row.modified_at,
            queue: VecDeque::new(),
            batch: None,
        }
    }

    /// Its state as JSON text.
    pub fn state(&self) -> Option<&Arc<str>> {
        self.state.as_ref()
    }

    /// Who holds it.
    pub fn lock(&self) -> Option<&EntityLock> {
        self.lock.as_ref()
    }

    /// When it last changed.
    pub fn modified_at(&self) -> Timestamp {
        self.modified_at
    }

    /// Whether a worker runs operations of it.
    pub fn in_batch(&self) -> bool {
        self.batch.is_some()
    }

    /// Whether an operation can run.
    pub fn is_ready(&self) -> bool {
        self.batch.is_none() && self.next_operation().is_some()
    }

    /// How many messages wait.
    pub fn backlog(&self) -> usize {
        self.queue.len() + self.batch.as_ref().map_or(0, Vec::len)
    }

    /// Takes notice of a message: an operation or lock request queues, a release acts at once.
    pub fn receive(&mut self, mut message: Message, env: &mut Env<'_>) -> Delta {
        let mut delta = Delta::default();
        message.understand();
        if let Some(closes) = message.closes {
            delta.close(closes);
        }
        match message.kind() {
            Some(EventType::EntityUnlockSent(unlock)) => {
                let (section, holder) = (&unlock.critical_section_id, &unlock.parent_instance_id);
                if self.withdraw(section, &mut delta) || !self.is_held(section, holder.as_deref()) {
                    delta.drop_message(&message, Drop::NoChange);
                } else {
                    self.lock = None;
                    self.change(env.now, &mut delta);
                    delta.consume(&message);
                }
            }
            Some(
                EventType::EntityOperationCalled(_)
                | EventType::EntityOperationSignaled(_)
                | EventType::EntityLockRequested(_),
            ) => self.queue.push_back(Message {
                closes: None,
                ..message
            }),
            _ => delta.drop_message(&message, Drop::NotUnderstood),
        }
        self.settle(env, &mut delta);
        delta
    }

    fn is_held(&self, section: &str, holder: Option<&str>) -> bool {
        self.lock.as_ref().is_some_and(|lock| {
            lock.section == section && holder.is_none_or(|holder| lock.holder.as_str() == holder)
        })
    }

    /// Removes the waiting lock requests of critical sections.
    pub(super) fn withdraw_all(&mut self, sections: &BTreeSet<String>) -> Delta {
        let mut delta = Delta::default();
        for section in sections {
            self.withdraw(section, &mut delta);
        }
        delta
    }

    /// Removes a waiting lock request.
    fn withdraw(&mut self, section: &str, delta: &mut Delta) -> bool {
        let asks = |message: &Message| match message.kind() {
            Some(EventType::EntityLockRequested(request)) => request.critical_section_id == section,
            _ => false,
        };
        let Some(place) = self.queue.iter().position(asks) else {
            return false;
        };
        if let Some(request) = self.queue.remove(place) {
            delta.drop_message(&request, Drop::Withdrawn);
        }
        true
    }

    fn change(&mut self, now: Timestamp, delta: &mut Delta) {
        self.modified_at = self.modified_at.max(now);
        delta.touch();
    }

    /// Grants the lock if a request for it is next.
    fn settle(&mut self, env: &mut Env<'_>, delta: &mut Delta) {
        let held = self.lock.is_some() && !has_bug!(LockGrantedTwice);
        if self.batch.is_some() || held {
            return;
        }
        let next_asks = self
            .queue
            .front()
            .is_some_and(|next| matches!(next.kind(), Some(EventType::EntityLockRequested(_))));
        if !next_asks {
            return;
        }
        let Some(message) = self.queue.pop_front() else {
            return;
        };
        delta.consume(&message);
        let as_event = message.is_sent_as_event();
        let Some(EventType::EntityLockRequested(request)) = message.event.event_type else {
            return;
        };
        let holder =
            InstanceId::from_stored(request.parent_instance_id.clone().unwrap_or_default());
        self.lock = Some(EntityLock {
            holder: holder.clone(),
            section: request.critical_section_id.clone(),
        });
        self.change(env.now, delta);
        let (target, event) = pass_on(request, holder, as_event);
        let message = Message::new(env.row(), target, env.now, event).sent_by(self.id.clone());
        delta.messages.push(match message.requests_lock() {
            Some(_) if as_event => message.sent_as_event(),
            _ => message,
        });
    }

    /// The place of the operation that may run next: while it is locked only the holder's, else
    /// what is first.
    fn next_operation(&self) -> Option<usize> {
        match &self.lock {
            None => self
                .queue
                .front()
                .filter(|next| is_operation(next))
                .map(|_| 0),
            Some(lock) => self
                .queue
                .iter()
                .position(|next| is_operation(next) && next.sender.as_ref() == Some(&lock.holder)),
        }
    }

    /// Gives out at most `limit` operations that may run now.
    pub fn begin(&mut self, limit: usize, taking: Taking) -> Option<EntityBatchRequest> {
        if self.batch.is_some() {
            return None;
        }
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while batch.len() < limit
            && let Some(place) = self.next_operation()
            && let Some(next) = self.queue.get(place)
            && taking.allows(next, bytes)
            && let Some(message) = self.queue.remove(place)
        {
            bytes += message.event.encoded_len();
            batch.push(message);
        }
        if batch.is_empty() {
            return None;
        }
        if has_bug!(OperationsReordered) {
            batch.reverse();
        }
        self.batch = Some(batch);
        Some(self.resend())
    }

    /// The batch that is running, to send it again.
    pub fn resend(&self) -> EntityBatchRequest {
        let operations = self.batch.iter().flatten().filter_map(operation_request);
        EntityBatchRequest {
            instance_id: self.id.to_string(),
            entity_state: self.state.as_deref().map(str::to_owned),
            operations: operations.collect(),
            ..EntityBatchRequest::default()
        }
    }

    /// Who waits for each operation of the batch that is running; `None` for a signal.
    pub fn callers(&self) -> Vec<Option<OrchestrationInstance>> {
        let batch = self.batch.iter().flatten();
        let operations = batch.filter(|message| operation_request(message).is_some());
        operations
            .map(|message| match &message.event.event_type {
                Some(EventType::EntityOperationCalled(called)) => Some(OrchestrationInstance {
                    instance_id: called.parent_instance_id.clone().unwrap_or_default(),
                    execution_id: called.parent_execution_id.clone(),
                }),
                _ => None,
            })
            .collect()
    }

    /// Takes back the batch that is running: its operations wait again, in their old order.
    pub fn put_back(&mut self) {
        for message in self.batch.take().into_iter().flatten().rev() {
            self.queue.push_front(message);
        }
    }

    /// Applies a worker's answer. Operations without a result wait again, or fail with the batch.
    pub fn apply(&mut self, result: EntityBatchResult, env: &mut Env<'_>) -> Delta {
        let mut delta = Delta::default();
        let Some(batch) = self.batch.take() else {
            return delta;
        };
        let result = payload::bounded_batch(result, env.limits);
        let state = result.entity_state.map(Arc::from);
        if result.failure_details.is_none() || !result.results.is_empty() {
            self.state = state;
        }
        self.change(env.now, &mut delta);
        let mut results = result.results.into_iter();
        let mut left = Vec::new();
        for message in batch {
            let outcome = match (results.next(), &result.failure_details) {
                (Some(outcome), _) => outcome.result_type,
                (None, Some(failure)) => Some(failed(failure.clone())),
                (None, None) => {
                    left.push(message);
                    continue;
                }
            };
            if has_bug!(OperationAppliedTwice) && !message.stored {
                left.push(message);
                continue;
            }
            delta.consume(&message);
            self.reply(message, outcome, env, &mut delta);
        }
        for action in result.actions {
            self.act(action, env, &mut delta);
        }
        for message in left.into_iter().rev() {
            self.queue.push_front(message);
        }
        self.settle(env, &mut delta);
        delta
    }

    fn reply(
        &self,
        message: Message,
        outcome: Option<ResultType>,
        env: &mut Env<'_>,
        delta: &mut Delta,
    ) {
        let as_event = message.is_sent_as_event();
        let call = match message.event.event_type {
            Some(EventType::EntityOperationCalled(call)) => call,
            Some(EventType::EntityOperationSignaled(signal)) => {
                return self.tell_unheard(&signal.operation, outcome);
            }
            _ => return,
        };
        let event = answer(call.request_id, outcome, as_event);
        let target = InstanceId::from_stored(call.parent_instance_id.unwrap_or_default());
        let reply = Message::new(env.row(), target, env.now, event).sent_by(self.id.clone());
        delta.messages.push(match call.parent_execution_id {
            Some(execution) => reply.for_execution(ExecutionId::new(execution)),
            None => reply,
        });
    }

    /// Nobody gets the answer to a signal: without a line in the log its failure would be lost. The
    /// text of the failure stays out of it, since it may quote the input.
    fn tell_unheard(&self, operation: &str, outcome: Option<ResultType>) {
        if let Some(ResultType::Failure(failure)) = outcome {
            let failure = failure.failure_details.unwrap_or_default();
            tracing::warn!(
                entity = %self.id, operation, error_type = failure.error_type,
                "a signalled operation has failed; it changed nothing, and nobody else is told"
            );
        }
    }

    fn act(&self, action: OperationAction, env: &mut Env<'_>, delta: &mut Delta) {
        let (target, event, due) = match action.operation_action_type {
            Some(OperationActionType::SendSignal(signal)) => signalled(signal, env),
            Some(OperationActionType::StartNewOrchestration(start)) => {
                started(start, &self.id, env)
            }
            None => return,
        };
        let message = Message::new(env.row(), target, env.now, event).sent_by(self.id.clone());
        delta.post(message, due, env.now);
    }

    /// Rows for messages that wait, or are in a running batch, and have none yet.
    pub fn store_messages(&mut self) -> Vec<MessageRow> {
        let waiting = self.batch.iter_mut().flatten().chain(&mut self.queue);
        waiting
            .filter(|message| !message.stored)
            .map(|message| {
                message.stored = true;
                message.to_row()
            })
            .collect()
    }
}

fn is_operation(message: &Message) -> bool {
    matches!(
        message.kind(),
        Some(EventType::EntityOperationCalled(_) | EventType::EntityOperationSignaled(_))
    )
}

fn operation_request(message: &Message) -> Option<OperationRequest> {
    let (operation, request_id, input) = match message.kind()? {
        EventType::EntityOperationCalled(call) => (&call.operation, &call.request_id, &call.input),
        EventType::EntityOperationSignaled(signal) => {
            (&signal.operation, &signal.request_id, &signal.input)
        }
        _ => return None,
    };
    Some(OperationRequest {
        operation: operation.clone(),
        request_id: request_id.clone(),
        input: input.clone(),
        trace_context: None,
    })
}

/// Where a granted request goes: to the next entity of its set, or back to whoever asked.
fn pass_on(
    mut request: EntityLockRequestedEvent,
    holder: InstanceId,
    as_event: bool,
) -> (InstanceId, EventType) {
    request.position += 1;
    let next = usize::try_from(request.position)
        .ok()
        .and_then(|position| request.lock_set.get(position));
    match next {
        Some(next) => (
            InstanceId::from_stored(next.as_str()),
            EventType::EntityLockRequested(request),
        ),
        None if as_event => (holder, sent_event::granted(request.critical_section_id)),
        None => (
            holder,
            EventType::EntityLockGranted(EntityLockGrantedEvent {
                critical_section_id: request.critical_section_id,
            }),
        ),
    }
}

/// The reply to a call, in the form of the call.
fn answer(request_id: String, outcome: Option<ResultType>, as_event: bool) -> EventType {
    let outcome = match outcome {
        Some(ResultType::Success(success)) => Ok(success.result),
        Some(ResultType::Failure(failure)) => Err(failure.failure_details.unwrap_or_default()),
        None => Err(Failure::new("NoResult", "the worker gave no result for the operation").into()),
    };
    match outcome {
        outcome if as_event => {
            let outcome = outcome.as_ref().map(Option::as_deref);
            sent_event::reply(request_id, outcome)
        }
        Ok(output) => EventType::EntityOperationCompleted(EntityOperationCompletedEvent {
            request_id,
            output,
        }),
        Err(details) => EventType::EntityOperationFailed(EntityOperationFailedEvent {
            request_id,
            failure_details: Some(details),
        }),
    }
}

pub(super) fn failed(failure: TaskFailureDetails) -> ResultType {
    ResultType::Failure(durable_task::wire::proto::OperationResultFailure {
        failure_details: Some(failure),
        ..Default::default()
    })
}

type Sent = (InstanceId, EventType, Option<Timestamp>);

fn signalled(signal: SendSignalAction, env: &mut Env<'_>) -> Sent {
    let due = signal.scheduled_time.map(Timestamp::from);
    let event = EventType::EntityOperationSignaled(EntityOperationSignaledEvent {
        request_id: env.execution().to_string(),
        operation: signal.name,
        scheduled_time: signal.scheduled_time,
        input: signal.input,
        target_instance_id: Some(signal.instance_id.clone()),
    });
    (InstanceId::from_stored(signal.instance_id), event, due)
}

/// A start by an entity. It is the parent, and does not wait for the end.
fn started(start: StartNewOrchestrationAction, entity: &InstanceId, env: &mut Env<'_>) -> Sent {
    let target = if start.instance_id.is_empty() {
        env.execution().to_string()
    } else {
        start.instance_id
    };
    let mut tags = start.tags;
    tags.insert(String::from(FIRE_AND_FORGET), String::new());
    let event = EventType::ExecutionStarted(ExecutionStartedEvent {
        name: start.name,
        version: start.version,
        input: start.input,
        parent_instance: Some(ParentInstanceInfo {
            task_scheduled_id: 0,
            name: Some(entity.to_string()),
            version: None,
            orchestration_instance: Some(OrchestrationInstance {
                instance_id: entity.to_string(),
                execution_id: None,
            }),
        }),
        scheduled_start_timestamp: start.scheduled_time,
        tags,
        ..ExecutionStartedEvent::default()
    });
    (InstanceId::from_stored(target), event, None)
}
