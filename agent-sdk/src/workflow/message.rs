//! What travels along the edges: JSON text, typed by the edge.

use std::sync::Arc;

use durable_task::Payload;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::model::ChatMessage;

/// A message between two nodes, as it is recorded. Clones share the text.
#[derive(Debug, Clone)]
pub struct Message {
    value: Arc<RawValue>,
    /// What agents before the next one were asked and answered, on a hop from agent to agent.
    conversation: Option<Arc<[ChatMessage]>>,
}

impl Message {
    /// A message out of JSON text that is known to be JSON.
    pub fn from_raw(value: Box<RawValue>) -> Self {
        Self {
            value: value.into(),
            conversation: None,
        }
    }

    /// Writes a value as a message.
    pub fn of<T: Payload>(value: &T) -> Result<Self, serde_json::Error> {
        RawValue::from_string(value.to_json()?).map(Self::from_raw)
    }

    /// Reads the value.
    pub fn read<T: Payload>(&self) -> Result<T, serde_json::Error> {
        T::from_json(self.value.get())
    }

    /// The JSON text.
    pub fn json(&self) -> &str {
        self.value.get()
    }

    /// The conversation that led to it, if it came from an agent.
    pub fn conversation(&self) -> Option<&[ChatMessage]> {
        self.conversation.as_deref()
    }

    /// The same conversation, to be shared.
    pub(crate) fn shared_conversation(&self) -> Option<Arc<[ChatMessage]>> {
        self.conversation.clone()
    }

    /// The same message with a conversation.
    #[must_use]
    pub fn with_conversation(mut self, conversation: Option<Arc<[ChatMessage]>>) -> Self {
        self.conversation = conversation;
        self
    }

    /// The same message, without what led to it.
    #[must_use]
    pub fn without_conversation(mut self) -> Self {
        self.conversation = None;
        self
    }
}

impl PartialEq for Message {
    fn eq(&self, other: &Self) -> bool {
        self.json() == other.json() && self.conversation == other.conversation
    }
}

/// As JSON it is its value; the conversation stays behind.
impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <Box<RawValue>>::deserialize(deserializer).map(Self::from_raw)
    }
}

/// What an agent is asked by a workflow: a text. On the wire it is a JSON string.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct AgentMessage(pub String);

/// What an agent without an output type gives to the next node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AgentResponse {
    /// The node that answered.
    pub executor_id: String,
    /// The answer.
    pub text: String,
}

impl From<AgentResponse> for String {
    fn from(response: AgentResponse) -> Self {
        response.text
    }
}

/// A type that messages of a workflow can have.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a message of a workflow [AGT669]",
    label = "`{Self}` cannot be recorded as JSON, or has no JSON schema",
    note = "add `#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]` to \
            `{Self}`, or to the types in it"
)]
pub trait Described: 'static {
    /// Its JSON schema.
    fn schema() -> Value;
}

#[diagnostic::do_not_recommend]
impl<T: Payload + schemars::JsonSchema> Described for T {
    fn schema() -> Value {
        schemars::SchemaGenerator::default()
            .into_root_schema_for::<T>()
            .to_value()
    }
}

/// One list of several messages.
pub(crate) fn join(items: &[Message]) -> Result<Message, serde_json::Error> {
    RawValue::from_string(serde_json::to_string(items)?).map(Message::from_raw)
}
