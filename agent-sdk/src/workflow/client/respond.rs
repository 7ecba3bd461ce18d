//! Answers to requests, and their withdrawal.
//!
//! The history of the run decides: of all answers and withdrawals of a request, the first that
//! fits counts. Each has an id of its own, so that whoever sent it finds out whether it was that
//! one, whichever server it went through. A gate per request and process saves the others the way.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use durable_task::{Fetch, InstanceId, InstanceState};

use super::events::{LATEST, Look, no_code};
use super::{RequestEnd, WorkflowClient, WorkflowError, ended};
use crate::durable::Gates;
use crate::workflow::caught::caught;
use crate::workflow::durable::{Delivery, cancel_event, child_instance, split_request, stripped};
use crate::workflow::{Graph, GraphNode, InvalidMessage, NodeCode};

/// How long an answer waits until the run has taken it. On the embedded hub that is in the next
/// commit. A run that is suspended takes it later: it is durable all the same.
pub(super) const TAKEN_WAIT: Duration = Duration::from_secs(5);
/// How many answers are remembered that are durable and not taken.
const SENT_MAX: usize = 10_000;

/// What has become of an answer that is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivered {
    /// The run has taken it: it counts.
    Taken,
    /// The run takes it when it goes on: it is suspended, or no worker is there for it. If it turns
    /// out then that another server had sent one before, this one is told of as an event
    /// `request_ignored` of the run.
    Stored,
}

/// One request of one run.
type Key = (InstanceId, String);

/// Lets the answers to each request through one by one.
#[derive(Debug, Default)]
pub(super) struct Answering {
    gates: Gates<Key>,
    /// Answered, and not taken when it was last looked at.
    sent: Mutex<VecDeque<Key>>,
}

impl Answering {
    fn was_sent(&self, key: &Key) -> bool {
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.contains(key)
    }

    fn note_sent(&self, key: Key) {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        if sent.len() >= SENT_MAX {
            sent.pop_front();
        }
        sent.push_back(key);
    }
}

impl WorkflowClient {
    /// Answers a request. The answer is JSON text; it is checked against the type that the port
    /// asks for before anything happens, and when this returns it is durable. Of several answers,
    /// also through several servers, one is taken, and the others are told that there is an answer.
    pub async fn respond(
        &self,
        workflow: &str,
        run: &InstanceId,
        request: &str,
        answer: &str,
    ) -> Result<Delivered, WorkflowError> {
        let (owner, own_id) = self.owner(workflow, run, request).await?;
        let (state, node) = self.open_request(run, request, &owner, &own_id).await?;
        let graph = self.graph_of(&state).ok_or_else(|| no_code(&state))?;
        let checked = checked_answer(graph, request, &node, answer)?;
        self.send(run, request, (owner, own_id.clone()), &own_id, checked)
            .await
    }

    /// Withdraws a request: its path ends there.
    pub async fn cancel_request(
        &self,
        workflow: &str,
        run: &InstanceId,
        request: &str,
    ) -> Result<Delivered, WorkflowError> {
        let (owner, own_id) = self.owner(workflow, run, request).await?;
        let event = cancel_event(&own_id);
        let nothing = String::from("null");
        self.send(run, request, (owner, own_id), &event, nothing)
            .await
    }

    /// Raises the event, once, and waits until the run has taken it.
    async fn send(
        &self,
        run: &InstanceId,
        request: &str,
        key: Key,
        event: &str,
        data: String,
    ) -> Result<Delivered, WorkflowError> {
        let _turn = self.answering.gates.enter(&key).await;
        let (owner, own_id) = &key;
        self.open_request(run, request, owner, own_id).await?;
        if self.answering.was_sent(&key) {
            return Err(closed(run, request, RequestEnd::Answered));
        }
        let delivery = Delivery::new(data);
        let payload = delivery.payload();
        let payload = payload.map_err(|error| invalid_answer(request, &error))?;
        self.hub.raise_event(owner, event, Some(payload)).await?;
        let is_taken = move || -> Look<'_> {
            Box::pin(async move {
                let state = self.hub.get(owner, Fetch::Metadata).await?;
                let Some(state) = state.filter(|state| !state.status.is_terminal()) else {
                    return Ok(true);
                };
                let status = self.whole_status(&state).await?;
                Ok(!status.pending_requests.contains_key(own_id))
            })
        };
        // The answer is durable, whatever the look says.
        if matches!(self.until(owner, self.taken_wait, is_taken).await, Ok(true)) {
            return self.outcome(run, request, &key, delivery.id).await;
        }
        self.answering.note_sent(key);
        Ok(Delivered::Stored)
    }

    /// Whether it was this answer that ended the request.
    async fn outcome(
        &self,
        run: &InstanceId,
        request: &str,
        (owner, own_id): &Key,
        id: Option<String>,
    ) -> Result<Delivered, WorkflowError> {
        let Some(state) = self.hub.get(owner, Fetch::Metadata).await? else {
            return Err(WorkflowError::UnknownRun { run: run.clone() });
        };
        match self.end_of(&state, own_id).await? {
            Some((_, by)) if by == id => Ok(Delivered::Taken),
            Some((end, _)) => Err(closed(run, request, end)),
            // The run ended before it came.
            None if state.status.is_terminal() => Err(ended(&state)),
            None => Ok(Delivered::Stored),
        }
    }

    /// The run that asks, and what it calls the request.
    async fn owner(
        &self,
        workflow: &str,
        run: &InstanceId,
        request: &str,
    ) -> Result<Key, WorkflowError> {
        let state = self.instance(workflow, run, Fetch::Metadata).await?;
        if state.status.is_terminal() {
            return Err(ended(&state));
        }
        let (mut owner, mut rest) = (run.clone(), request);
        while let Some((node, ordinal, inner)) = split_request(rest) {
            owner = child_instance(&owner, node, ordinal);
            rest = inner;
        }
        Ok((owner, rest.to_owned()))
    }

    /// The run that asks and the port, if the request is open.
    async fn open_request(
        &self,
        run: &InstanceId,
        request: &str,
        owner: &InstanceId,
        own_id: &str,
    ) -> Result<(InstanceState, String), WorkflowError> {
        let unknown = || WorkflowError::UnknownRequest {
            run: run.clone(),
            request: request.to_owned(),
        };
        let state = self.hub.get(owner, Fetch::Metadata).await?;
        let state = state.ok_or_else(unknown)?;
        if owner == run && state.status.is_terminal() {
            return Err(ended(&state));
        }
        if !state.status.is_terminal() {
            let mut status = self.whole_status(&state).await?;
            if let Some(pending) = status.pending_requests.remove(own_id) {
                return Ok((state, pending.source_executor_id));
            }
        }
        match self.end_of(&state, own_id).await? {
            Some((end, _)) => Err(closed(run, request, end)),
            None => Err(unknown()),
        }
    }

    /// How a request ended that is not open, and by which answer; `None` if it was never asked.
    async fn end_of(
        &self,
        state: &InstanceState,
        request: &str,
    ) -> Result<Option<(RequestEnd, Option<String>)>, WorkflowError> {
        let request = request.to_owned();
        self.told(state, LATEST, move |told| told.end(&request))
            .await
    }
}

/// The answer as the port wants it.
fn checked_answer(
    graph: &Graph,
    request: &str,
    node: &str,
    answer: &str,
) -> Result<String, WorkflowError> {
    let clean = stripped(answer).map_err(|error| invalid_answer(request, &error))?;
    if clean == "null" && answer.trim() != "null" {
        let problem = "it is a pickled value, which is not read";
        return Err(invalid_answer(request, &problem));
    }
    let asks = graph.nodes.iter().find(|known| known.id == node);
    let Some(NodeCode::Port(port)) = asks.and_then(GraphNode::code) else {
        let problem = "this program has no such port any more";
        return Err(invalid_answer(request, &problem));
    };
    let checked = caught(|| (port.check)(&clean)).map_err(|problem| {
        let what = format!("the check of answers to port `{node}`");
        WorkflowError::Panicked { what, problem }
    })?;
    let message = checked.map_err(|problem| WorkflowError::InvalidAnswer {
        request: request.to_owned(),
        problem,
    })?;
    Ok(message.json().to_owned())
}

/// An answer that is wrong as a whole.
fn invalid_answer(request: &str, problem: &dyn std::fmt::Display) -> WorkflowError {
    WorkflowError::InvalidAnswer {
        request: request.to_owned(),
        problem: InvalidMessage {
            path: String::from("."),
            problem: problem.to_string(),
        },
    }
}

fn closed(run: &InstanceId, request: &str, end: RequestEnd) -> WorkflowError {
    WorkflowError::RequestClosed {
        run: run.clone(),
        request: request.to_owned(),
        end,
    }
}
