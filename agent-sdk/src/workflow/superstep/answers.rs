//! Requests and their answers.

use super::guard::guarded;
use super::run::Answer;
use super::{AnswerError, Event, EventData, EventKind, Request, RequestId, Run, RunError};
use crate::workflow::caught::caught;
use crate::workflow::{InvalidMessage, Message, NodeCode};

impl Run {
    /// The open requests, in the order in which they were asked.
    pub fn open_requests(&self) -> impl Iterator<Item = &Request> {
        let ended = self.end.is_some();
        self.requests.iter().filter(move |_| !ended)
    }

    /// Whether JSON from outside is an answer to an open request; if so, the answer.
    pub fn check_answer(&self, id: &RequestId, json: &str) -> Result<Message, AnswerError> {
        let request = self.open(id)?;
        let checked = caught(|| (request.port.check)(json)).unwrap_or_else(|panic| {
            Err(InvalidMessage {
                path: String::from("."),
                problem: format!("the check of answers panicked: {panic}"),
            })
        });
        checked.map_err(|problem| AnswerError::Invalid {
            id: id.clone(),
            problem,
        })
    }

    /// Takes the answer to an open request. It goes on its way in the next superstep.
    pub fn answer(&mut self, id: &RequestId, answer: Message) -> Result<(), AnswerError> {
        let data = Some(answer.clone());
        self.close(id, EventKind::RequestAnswered, data, vec![answer])
    }

    /// The time for the answer to an open request is over: the default counts as its answer, or the
    /// run fails.
    pub fn expire(&mut self, id: &RequestId) -> Result<(), AnswerError> {
        let request = self.open(id)?;
        let (node, request_id) = (request.node_id, id.clone());
        let limit = request.port.timeout.unwrap_or_default();
        let default = request.port.default.map(|make| {
            let place = || format!("the default answer of `{node}`");
            let failed = |cause| RunError::Default {
                request: request_id.clone(),
                node,
                cause: Box::new(cause),
            };
            guarded(|| make(&request.data), place, failed)
        });
        match default {
            Some(Ok(answer)) => {
                let data = Some(answer.clone());
                return self.close(id, EventKind::RequestExpired, data, vec![answer]);
            }
            Some(Err(error)) => {
                self.close(id, EventKind::RequestExpired, None, Vec::new())?;
                self.fail(error);
            }
            None => {
                self.close(id, EventKind::RequestExpired, None, Vec::new())?;
                self.fail(RunError::Expired {
                    request: request_id,
                    node,
                    limit,
                });
            }
        }
        Ok(())
    }

    /// Withdraws an open request: its path ends there, as if it were dropped; an item of `each` is
    /// left out of the list.
    pub fn cancel(&mut self, id: &RequestId) -> Result<(), AnswerError> {
        self.close(id, EventKind::RequestCancelled, None, Vec::new())?;
        self.cancelled.push(id.clone());
        Ok(())
    }

    fn open(&self, id: &RequestId) -> Result<&Request, AnswerError> {
        let open = self.requests.get(id).filter(|_| self.end.is_none());
        open.ok_or_else(|| {
            if self.was_asked(id) {
                AnswerError::Closed(id.clone())
            } else {
                AnswerError::Unknown(id.clone())
            }
        })
    }

    fn was_asked(&self, id: &RequestId) -> bool {
        let Some((port, round)) = id.parts() else {
            return false;
        };
        let mut nodes = self.graph.nodes.iter().zip(&self.rounds).zip(&self.codes);
        nodes.any(|((node, &rounds), code)| {
            node.id == port && round < rounds && matches!(code, Some(NodeCode::Port(_)))
        })
    }

    fn close(
        &mut self,
        id: &RequestId,
        kind: EventKind,
        data: Option<Message>,
        messages: Vec<Message>,
    ) -> Result<(), AnswerError> {
        self.open(id)?;
        let Some(request) = self.requests.close(id) else {
            return Ok(());
        };
        self.emit(Event {
            request_id: Some(request.id),
            source_executor_id: Some(request.node_id),
            data: data.map(EventData::One),
            ..Event::new(kind, self.superstep)
        });
        self.answers.push(Answer {
            node: request.node,
            item: request.item,
            messages,
        });
        Ok(())
    }
}
