//! What travels to and from activities and the runs of sub-workflows.

use std::collections::BTreeMap;

use durable_task::Failure;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::large::Digest;
use super::markers::{ADDRESS_KEY, INPUT_KEY, RESULT_KEY};
use crate::workflow::superstep::TaskAnswer;
use crate::workflow::{CustomEvent, Graph, Message};

/// The input of an executor's activity.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ActivityInput {
    pub(crate) executor_id: String,
    /// Null if it is large.
    pub(crate) message: Message,
    /// Which message it is, if it is large.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) large_message: Option<Digest>,
    /// The slots that it reads, by name; absent ones are not set, or large.
    pub(crate) shared_state_snapshot: BTreeMap<String, Message>,
    /// The large slots that it reads, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) large_state: BTreeMap<String, Digest>,
    pub(crate) source_executor_ids: Vec<String>,
    pub(crate) host_context: HostContext,
}

/// The run that an executor runs for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HostContext {
    /// The run that was started from outside.
    pub(crate) instance_id: String,
    /// The workflow of that run.
    pub(crate) workflow_name: String,
    /// What the ids of requests of this run begin with there.
    pub(crate) request_path_prefix: String,
    /// The version of the graph that the node belongs to.
    pub(crate) workflow_version: String,
    /// How often the node has been run before in its run.
    pub(crate) round: u32,
    /// The requests that belong to the message, by the ids of their ports.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) requests: BTreeMap<String, String>,
}

/// What an executor's activity gives back.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct ActivityAnswer {
    pub(crate) sent_messages: Vec<SentMessage>,
    pub(crate) outputs: Vec<Message>,
    /// The executor's own events; all others follow from the history.
    #[serde(default)]
    pub(crate) events: Vec<CustomEvent>,
    /// What was written to slots that hold what was written last, in order.
    #[serde(default, with = "in_order")]
    pub(crate) shared_state_updates: Vec<(String, Message)>,
    /// What was written to slots that merge, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) shared_state_merges: Vec<(String, Message)>,
    /// Always empty: a slot is never taken away.
    #[serde(default)]
    pub(crate) shared_state_deletes: Vec<String>,
    /// Always empty: questions are nodes.
    #[serde(default)]
    pub(crate) pending_request_info_events: Vec<Message>,
}

/// A message that an executor sent.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SentMessage {
    pub(crate) message: Message,
    /// Always null: the graph says where messages go.
    pub(crate) target_id: Option<String>,
    pub(crate) source_id: String,
}

impl ActivityAnswer {
    /// The wire form of what a function gave.
    pub(crate) fn of(graph: &Graph, node: &str, answer: TaskAnswer) -> Result<Self, Failure> {
        let sent = answer.messages.into_iter().map(|message| SentMessage {
            message,
            target_id: None,
            source_id: node.to_owned(),
        });
        let mut wire = Self {
            sent_messages: sent.collect(),
            outputs: answer.outputs,
            events: answer.events,
            ..Self::default()
        };
        for (index, value) in answer.updates {
            let slot = graph.slots.get(index).ok_or_else(|| {
                let problem = format!("the state has no slot {index}");
                Failure::new("UnknownSlot", problem).non_retriable()
            })?;
            let name = slot.name.to_owned();
            if slot.merge.is_some() {
                wire.shared_state_merges.push((name, value));
            } else {
                wire.shared_state_updates
                    .retain(|(known, _)| *known != name);
                wire.shared_state_updates.push((name, value));
            }
        }
        Ok(wire)
    }

    /// What it says of a task.
    pub(crate) fn into_task(self, graph: &Graph) -> Result<TaskAnswer, Failure> {
        let plain = self.shared_state_updates.into_iter();
        let updates = plain.chain(self.shared_state_merges).map(|(name, value)| {
            let index = graph.slots.iter().position(|slot| slot.name == name);
            let problem = || {
                let problem = format!("the state of the workflow has no slot `{name}`");
                Failure::new("UnknownSlot", problem).non_retriable()
            };
            Ok((index.ok_or_else(problem)?, value))
        });
        let sent = self.sent_messages.into_iter();
        Ok(TaskAnswer {
            messages: sent.map(|sent| sent.message).collect(),
            outputs: self.outputs,
            updates: updates.collect::<Result<_, Failure>>()?,
            events: self.events,
        })
    }
}

/// An object whose fields keep their order.
mod in_order {
    use std::fmt;

    use serde::de::{MapAccess, Visitor};
    use serde::{Deserializer, Serializer};

    use crate::workflow::Message;

    type Fields = Vec<(String, Message)>;

    pub(super) fn serialize<S: Serializer>(
        fields: &[(String, Message)],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_map(fields.iter().map(|(name, value)| (name, value)))
    }

    struct InOrder;

    impl<'de> Visitor<'de> for InOrder {
        type Value = Fields;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
            let mut fields = Fields::new();
            while let Some(field) = map.next_entry()? {
                fields.push(field);
            }
            Ok(fields)
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Fields, D::Error> {
        deserializer.deserialize_map(InOrder)
    }
}

/// Where a run of a sub-workflow belongs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Address {
    pub(crate) root_instance_id: String,
    pub(crate) root_workflow_name: String,
    /// Before the ids of its requests, as they are known outside.
    pub(crate) request_path_prefix: String,
}

/// The input of a run of a sub-workflow.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ChildInput {
    #[serde(rename = "__subworkflow_input__")]
    pub(crate) input: Message,
    #[serde(rename = "__subworkflow_address__")]
    pub(crate) address: Address,
}

impl ChildInput {
    /// Reads an input that is one; `None` if it is any other.
    pub(crate) fn of(input: &RawValue) -> Option<Self> {
        let text = input.get();
        let may_be = text.contains(INPUT_KEY) && text.contains(ADDRESS_KEY);
        may_be.then(|| serde_json::from_str(text).ok()).flatten()
    }
}

/// The result of a run of a sub-workflow.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ChildResult {
    #[serde(rename = "__subworkflow_result__")]
    pub(crate) is_result: bool,
    pub(crate) outputs: Vec<Message>,
    #[serde(default)]
    pub(crate) events: Vec<Message>,
}

impl ChildResult {
    pub(crate) fn new(outputs: Vec<Message>) -> Self {
        debug_assert_eq!(RESULT_KEY, "__subworkflow_result__");
        Self {
            is_result: true,
            outputs,
            events: Vec::new(),
        }
    }
}
