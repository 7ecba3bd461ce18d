//! What a run is asked.

use durable_task::Timestamp;
use serde::{Deserialize, Serialize};

use crate::agent::{CorrelationId, RunId, SessionId, recorded_session};
use crate::model::{ChatMessage, Role};

/// One request to an agent in a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRequest {
    /// The agent's name; case does not count.
    pub agent: String,
    /// The conversation.
    #[serde(with = "recorded_session")]
    pub session: SessionId,
    /// Links request and answer. The same id with the same request is the same run.
    pub correlation: CorrelationId,
    /// What is said. Must not be empty.
    pub messages: Vec<ChatMessage>,
    /// Whether the agent may use its tools.
    pub enable_tool_calls: bool,
    /// The form in which the caller wants the answer; noted in the session.
    pub answer_format: AnswerFormat,
    /// When it was asked.
    pub created_at: Timestamp,
}

impl RunRequest {
    /// A text to an agent, in a new session.
    pub fn new(agent: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            agent: agent.into(),
            session: SessionId::random(),
            correlation: CorrelationId::random(),
            messages: vec![ChatMessage::text(Role::User, text)],
            enable_tool_calls: true,
            answer_format: AnswerFormat::Text,
            created_at: Timestamp::now(),
        }
    }

    /// The same request in this session.
    #[must_use]
    pub fn in_session(mut self, session: SessionId) -> Self {
        self.session = session;
        self
    }

    /// The same request under this correlation id.
    #[must_use]
    pub fn correlated(mut self, correlation: CorrelationId) -> Self {
        self.correlation = correlation;
        self
    }

    /// The run that it starts or joins.
    pub fn run_id(&self) -> RunId {
        RunId::of(&self.agent, &self.session, &self.correlation)
    }

    /// Whether another request asks for the same: everything counts but the time and the case of
    /// the agent's name.
    pub fn asks_the_same(&self, other: &Self) -> bool {
        let Self {
            agent,
            session,
            correlation,
            messages,
            enable_tool_calls,
            answer_format,
            created_at: _,
        } = self;
        agent.to_lowercase() == other.agent.to_lowercase()
            && *session == other.session
            && *correlation == other.correlation
            && *messages == other.messages
            && *enable_tool_calls == other.enable_tool_calls
            && *answer_format == other.answer_format
    }
}

/// The form of the answer to the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AnswerFormat {
    /// Plain text.
    #[default]
    Text,
    /// JSON.
    Json,
}

impl AnswerFormat {
    /// As it stands in the session.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_time_and_case_of_the_agent_do_not_count() {
        let request = RunRequest::new("Joker", "Hi");
        let same = RunRequest {
            agent: String::from("JOKER"),
            created_at: Timestamp::EPOCH,
            ..request.clone()
        };
        assert!(request.asks_the_same(&same));
        assert_eq!(request.run_id(), same.run_id());
        let others = [
            RunRequest {
                messages: Vec::new(),
                ..request.clone()
            },
            RunRequest {
                enable_tool_calls: false,
                ..request.clone()
            },
            RunRequest {
                answer_format: AnswerFormat::Json,
                ..request.clone()
            },
            request.clone().in_session(SessionId::random()),
            request.clone().correlated(CorrelationId::random()),
            RunRequest {
                agent: String::from("Poet"),
                ..request.clone()
            },
        ];
        for other in others {
            assert!(!request.asks_the_same(&other), "{other:?}");
        }
    }

    #[test]
    fn a_request_survives_its_wire_form() {
        let request = RunRequest::new("Joker", "Hi");
        let json = serde_json::to_string(&request).unwrap();
        assert_eq!(serde_json::from_str::<RunRequest>(&json).unwrap(), request);
    }
}
