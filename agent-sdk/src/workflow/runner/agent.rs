//! Agents as nodes of a run in memory: one session per node.

use std::collections::BTreeMap;
use std::sync::Arc;

use durable_task::Failure;

use crate::agent::{AgentDefinition, RunAnswer, Runner};
use crate::model::{ChatMessage, ChatModel, Role};
use crate::tool::Resources;
use crate::workflow::superstep::{AgentTask, TaskResult};

/// What was said in each session of a run.
pub(super) type Sessions = BTreeMap<String, Vec<ChatMessage>>;

/// What came of a question: the session with it and the answer, and the result of the task.
pub(super) struct Asked {
    pub session: String,
    pub said: Vec<ChatMessage>,
    pub result: TaskResult,
}

pub(super) async fn ask(
    definition: AgentDefinition,
    model: Option<Arc<dyn ChatModel>>,
    resources: Arc<Resources>,
    task: AgentTask,
    mut said: Vec<ChatMessage>,
) -> Asked {
    said.extend(task.messages.iter().cloned());
    let answered = answer(definition, model, resources, &said).await;
    let result = answered.and_then(|answer| {
        said.push(ChatMessage::text(Role::Assistant, answer.text.clone()));
        task.answer(&answer)
    });
    Asked {
        session: task.session,
        said,
        result,
    }
}

async fn answer(
    definition: AgentDefinition,
    model: Option<Arc<dyn ChatModel>>,
    resources: Arc<Resources>,
    said: &[ChatMessage],
) -> Result<RunAnswer, Failure> {
    let model = model.ok_or_else(|| Failure::new("NoModel", "no model is set"))?;
    let runner = Runner::with_resources(Arc::new(definition), model, resources);
    let answered = runner.run_messages(said.to_vec()).await;
    answered.map_err(|error| Failure::new("AgentFailed", error.to_string()))
}
