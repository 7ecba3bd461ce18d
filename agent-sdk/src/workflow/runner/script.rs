//! Answers that are known before anybody asks.

use std::any::TypeId;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::workflow::{Message, Node, RouteError};

/// Makes the answer to a question.
type Reply = Arc<dyn Fn(&Message) -> Result<Message, RouteError> + Send + Sync>;

/// Answers by the type of the port.
#[derive(Clone, Default)]
pub(super) struct Script {
    replies: HashMap<TypeId, Reply>,
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Script").finish_non_exhaustive()
    }
}

impl Script {
    pub(super) fn add<P: Node>(
        &mut self,
        reply: impl Fn(P::Input) -> P::Output + Send + Sync + 'static,
    ) {
        let reply = move |question: &Message| {
            let answer = reply(P::read_input(question)?);
            P::write_output(&answer)
        };
        self.replies.insert(TypeId::of::<P>(), Arc::new(reply));
    }

    pub(super) fn reply(
        &self,
        port: TypeId,
        question: &Message,
    ) -> Option<Result<Message, RouteError>> {
        self.replies.get(&port).map(|reply| reply(question))
    }
}

/// A question that waits for an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenRequest {
    /// Its id; of a sub-workflow `{node}~{ordinal}~..~{id}`.
    pub id: String,
    /// The node that asks.
    pub port: &'static str,
    /// The question.
    pub data: Message,
}
