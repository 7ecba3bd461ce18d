//! Answers to requests, and their withdrawal.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use durable_task::{Fetch, InstanceId, InstanceState};

use super::events::{Look, no_code};
use super::{RequestEnd, WorkflowClient, WorkflowError, ended};
use crate::durable::Gates;
use crate::workflow::durable::{cancel_event, child_instance, split_request, stripped};
use crate::workflow::superstep::EventKind;
use crate::workflow::{Graph, InvalidMessage, NodeCode};

/// How long an answer waits until the run has taken it. On the embedded hub that is in the next
/// commit. A run that is suspended takes it later: it is durable all the same.
const TAKEN_WAIT: Duration = Duration::from_secs(5);
/// How many answers are remembered that are durable and not taken.
const SENT_MAX: usize = 10_000;

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
    /// asks for before anything happens, and when this returns it is durable. Of two answers at
    /// once, one is taken, and the other is told that there is an answer.
    pub async fn respond(
        &self,
        workflow: &str,
        run: &InstanceId,
        request: &str,
        answer: &str,
    ) -> Result<(), WorkflowError> {
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
    ) -> Result<(), WorkflowError> {
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
    ) -> Result<(), WorkflowError> {
        let _turn = self.answering.gates.enter(&key).await;
        let (owner, own_id) = &key;
        self.open_request(run, request, owner, own_id).await?;
        if self.answering.was_sent(&key) {
            return Err(closed(run, request, RequestEnd::Answered));
        }
        self.hub.raise_event(owner, event, Some(data)).await?;
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
        if !matches!(self.until(owner, TAKEN_WAIT, is_taken).await, Ok(true)) {
            self.answering.note_sent(key);
        }
        Ok(())
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
            Some(end) => Err(closed(run, request, end)),
            None => Err(unknown()),
        }
    }

    /// How a request ended that is not open; `None` if it was never asked.
    async fn end_of(
        &self,
        state: &InstanceState,
        request: &str,
    ) -> Result<Option<RequestEnd>, WorkflowError> {
        let events = self.replayed(state).await?.events;
        let of_request = events
            .iter()
            .map(|recorded| &recorded.event)
            .filter(|event| {
                let id = event.request_id.as_ref();
                id.is_some_and(|id| id.as_str() == request)
            });
        let mut ends = of_request.map(|event| match event.kind {
            EventKind::RequestExpired => RequestEnd::Expired,
            EventKind::RequestCancelled => RequestEnd::Cancelled,
            _ => RequestEnd::Answered,
        });
        Ok(ends.next_back())
    }
}

/// The answer as the port wants it.
fn checked_answer(
    graph: &Graph,
    request: &str,
    node: &str,
    answer: &str,
) -> Result<String, WorkflowError> {
    let invalid = |problem: InvalidMessage| WorkflowError::InvalidAnswer {
        request: request.to_owned(),
        problem,
    };
    let at_all = |problem: &dyn std::fmt::Display| {
        invalid(InvalidMessage {
            path: String::from("."),
            problem: problem.to_string(),
        })
    };
    let clean = stripped(answer).map_err(|error| at_all(&error))?;
    if clean == "null" && answer.trim() != "null" {
        return Err(at_all(&"it is a pickled value, which is not read"));
    }
    let asks = graph.nodes.iter().find(|known| known.id == node);
    match asks.map(|node| (node.definition)().code) {
        Some(NodeCode::Port(port)) => {
            let message = (port.check)(&clean).map_err(invalid)?;
            Ok(message.json().to_owned())
        }
        _ => Err(at_all(&"this program has no such port any more")),
    }
}

fn closed(run: &InstanceId, request: &str, end: RequestEnd) -> WorkflowError {
    WorkflowError::RequestClosed {
        run: run.clone(),
        request: request.to_owned(),
        end,
    }
}
