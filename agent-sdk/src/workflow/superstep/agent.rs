//! What an agent is asked by a workflow, and what its answer becomes.

use std::sync::Arc;

use durable_task::Failure;

use super::TaskAnswer;
use crate::agent::RunAnswer;
use crate::model::{ChatMessage, Role};
use crate::workflow::{AgentMessage, AgentResponse, Message};

/// How much of a conversation travels from agent to agent: the last messages of it.
pub const CONVERSATION_MESSAGES_MAX: usize = 100;

/// One question to an agent.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentTask {
    /// The node.
    pub node_id: &'static str,
    /// The session within the run: one per node, and one per item of `each`.
    pub session: String,
    /// What the agent is asked: what its session does not hold yet.
    pub messages: Vec<ChatMessage>,
    /// The message as it came, with the conversation before it.
    message: Message,
}

impl AgentTask {
    pub(super) fn new(
        node_id: &'static str,
        session: String,
        message: Message,
    ) -> Result<Self, serde_json::Error> {
        let AgentMessage(text) = message.read()?;
        let conversation = message.conversation();
        let mut messages = conversation.map_or_else(Vec::new, |all| unseen(node_id, all));
        if messages.is_empty() {
            messages.push(ChatMessage::text(Role::User, text));
        }
        Ok(Self {
            node_id,
            session,
            messages,
            message,
        })
    }

    /// The message that the node got.
    pub fn message(&self) -> &Message {
        &self.message
    }

    /// What the answer gives to the next node: a value of the agent's type, else an
    /// [`AgentResponse`]; beside it travels the conversation.
    pub fn answer(&self, answer: &RunAnswer) -> Result<TaskAnswer, Failure> {
        let written = match &answer.structured {
            Some(value) => Message::of(value),
            None => Message::of(&AgentResponse {
                executor_id: self.node_id.to_owned(),
                text: answer.text.clone(),
            }),
        };
        let message = written.map_err(|error| Failure::new("AgentAnswer", error.to_string()))?;
        let conversation = self.with_answer(&answer.text);
        Ok(TaskAnswer::message(
            message.with_conversation(Some(conversation)),
        ))
    }

    fn with_answer(&self, text: &str) -> Arc<[ChatMessage]> {
        let before = self.message.conversation().unwrap_or(&self.messages);
        let rest = before.len().saturating_sub(CONVERSATION_MESSAGES_MAX - 1);
        let mut answer = ChatMessage::text(Role::Assistant, text);
        answer.author = Some(self.node_id.to_owned());
        before.iter().skip(rest).cloned().chain([answer]).collect()
    }
}

/// What an agent has not seen of a conversation: all after its own last answer. What other agents
/// said is said to it, so that it does not take it for its own words.
fn unseen(node_id: &str, conversation: &[ChatMessage]) -> Vec<ChatMessage> {
    let is_own = |message: &ChatMessage| message.author.as_deref() == Some(node_id);
    let seen = conversation
        .iter()
        .rposition(is_own)
        .map_or(0, |last| last + 1);
    let others = conversation.iter().skip(seen).cloned();
    others
        .map(|mut message| {
            if message.role == Role::Assistant {
                message.role = Role::User;
            }
            message
        })
        .collect()
}
