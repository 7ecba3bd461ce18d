//! What a superstep starts: activities, runs of agents, runs of other workflows.

use std::collections::BTreeMap;
use std::rc::Rc;

use durable_task::{Failure, InstanceId, OrchestrationError, RetryPolicy};

use serde_json::value::RawValue;

use super::Shared;
use crate::agent::{CorrelationId, RunAnswer, RunId, SessionId};
use crate::durable::{AnswerFormat, RUN_ORCHESTRATION, RunPlan, RunRequest};
use crate::workflow::caught::caught;
use crate::workflow::durable::envelope::{
    ActivityAnswer, ActivityInput, Address, ChildInput, ChildResult, HostContext,
};
use crate::workflow::durable::large::{Digest, is_large};
use crate::workflow::durable::names::{
    activity_name, child_instance, node_session, orchestration_name,
};
use crate::workflow::durable::request_id::child_prefix;
use crate::workflow::superstep::{AgentTask, Task, TaskAnswer, TaskResult, Work};
use crate::workflow::{Graph, GraphNode, Message, NodeCode};

/// The type of failure of a node whose agent the application does not have.
const UNKNOWN_AGENT: &str = "unknown_agent";

impl Shared {
    pub(super) async fn task(self: Rc<Self>, task: Task) -> TaskResult {
        match task.work {
            Work::Executor {
                message,
                state,
                sources,
                requests,
            } => {
                let requests = requests
                    .iter()
                    .map(|(port, id)| (self.node_id(*port).to_owned(), id.to_string()));
                let requests = requests.collect();
                let sources = sources.iter().map(|&id| id.to_owned()).collect();
                let host = self.host_context(task.round, requests);
                let input = self.input(message, &state, sources, host);
                self.executor(task.node, input).await
            }
            Work::Agent(agent) => self.agent(&agent, task.node, task.round).await,
            Work::Workflow { message, graph } => {
                self.workflow(graph, self.node_id(task.node), task.round, message)
                    .await
            }
        }
    }

    /// The input of an executor. What is large is named in it.
    fn input(
        &self,
        message: Message,
        state: &[(usize, Message)],
        source_executor_ids: Vec<String>,
        host_context: HostContext,
    ) -> ActivityInput {
        let mut input = ActivityInput {
            executor_id: String::new(),
            message: message.without_conversation(),
            large_message: None,
            shared_state_snapshot: BTreeMap::new(),
            large_state: BTreeMap::new(),
            source_executor_ids,
            host_context,
        };
        if is_large(&input.message) {
            let digest = Digest::of(&input.message);
            self.keep(&digest, &input.message);
            input.large_message = Some(digest);
            input.message = Message::from_raw(RawValue::NULL.to_owned());
        }
        for (index, value) in state {
            let Some(slot) = self.of.graph.slots.get(*index) else {
                continue;
            };
            let name = slot.name.to_owned();
            if is_large(value) {
                input
                    .large_state
                    .insert(name, self.slot_digest(*index, value));
            } else {
                input.shared_state_snapshot.insert(name, value.clone());
            }
        }
        input
    }

    /// A slot is often read more than once before it changes.
    fn slot_digest(&self, index: usize, value: &Message) -> Digest {
        let mut known = self.large_slots.borrow_mut();
        let digest = match known.get(&index) {
            Some((before, digest)) if std::ptr::eq(before.json(), value.json()) => digest.clone(),
            _ => Digest::of(value),
        };
        known.insert(index, (value.clone(), digest.clone()));
        self.keep(&digest, value);
        digest
    }

    fn keep(&self, digest: &Digest, value: &Message) {
        if !self.ctx.is_replaying() {
            self.of.app.large_values().keep(digest, value);
        }
    }

    fn node_id(&self, index: usize) -> &'static str {
        let node = self.of.graph.nodes.get(index);
        node.map_or("", |node| node.id)
    }

    fn host_context(&self, round: u32, requests: BTreeMap<String, String>) -> HostContext {
        HostContext {
            instance_id: self.address.root_instance_id.clone(),
            workflow_name: self.address.root_workflow_name.clone(),
            request_path_prefix: self.address.request_path_prefix.clone(),
            workflow_version: self.of.graph.version.to_owned(),
            round,
            requests,
        }
    }

    async fn executor(&self, index: usize, mut input: ActivityInput) -> TaskResult {
        let id = self.node_id(index);
        id.clone_into(&mut input.executor_id);
        let name = activity_name(self.of.graph.name, id);
        let call = self.ctx.call_activity::<ActivityAnswer>(name, &input);
        let call = match self.retry(index) {
            Some(policy) => call.retry(policy),
            None => call,
        };
        let answer = call.await.map_err(failure)?;
        answer.into_task(self.of.graph)
    }

    /// How a node is repeated.
    fn retry(&self, index: usize) -> Option<RetryPolicy> {
        let mut known = self.retries.borrow_mut();
        let policy = known.entry(index).or_insert_with(|| {
            let graph = self.of.graph;
            let of_node = match graph.nodes.get(index)?.code() {
                Some(NodeCode::Executor(executor)) => executor.retry,
                _ => None,
            };
            of_node.or_else(|| graph.retry.map(|policy| policy()))
        });
        policy.clone()
    }

    async fn agent(&self, agent: &AgentTask, index: usize, round: u32) -> TaskResult {
        let answer = self.ask(agent, index, round).await?;
        agent.answer(&answer)
    }

    async fn ask(&self, agent: &AgentTask, index: usize, round: u32) -> Result<RunAnswer, Failure> {
        let node = self.of.graph.nodes.get(index);
        let definition = match node.and_then(GraphNode::code) {
            Some(NodeCode::Agent(definition)) => caught(definition).ok(),
            _ => None,
        };
        let name = definition.ok_or_else(|| unknown_agent(agent.node_id))?.name;
        let definition = self.of.app.any_agent(&name);
        let definition = definition.ok_or_else(|| unknown_agent(&name))?;
        let session: SessionId = node_session(&self.ctx.instance_id(), &agent.session);
        let correlation = CorrelationId::new(format!("{}-{round}", agent.node_id))
            .map_err(|error| Failure::new("Internal", error.to_string()))?;
        let request = RunRequest {
            agent: definition.name.to_string(),
            session,
            correlation,
            messages: agent.messages.clone(),
            enable_tool_calls: true,
            answer_format: AnswerFormat::Text,
            created_at: self.ctx.now(),
        };
        let run: RunId = request.run_id();
        let plan = RunPlan::new(request, definition);
        let call = self
            .ctx
            .call_sub_orchestration::<RunAnswer>(RUN_ORCHESTRATION, &plan)
            .instance_id(run.instance_id().clone());
        self.watched(run.instance_id(), call).await
    }

    async fn workflow(
        &self,
        inner: &'static Graph,
        node: &str,
        ordinal: u32,
        message: Message,
    ) -> TaskResult {
        let instance = child_instance(&self.ctx.instance_id(), node, ordinal);
        let Address {
            root_instance_id,
            root_workflow_name,
            request_path_prefix,
        } = self.address.clone();
        let input = ChildInput {
            input: message.without_conversation(),
            address: Address {
                root_instance_id,
                root_workflow_name,
                request_path_prefix: child_prefix(&request_path_prefix, node, ordinal),
            },
        };
        let call = self
            .ctx
            .call_sub_orchestration::<ChildResult>(orchestration_name(inner.name), &input)
            .version(inner.version)
            .instance_id(instance.clone());
        let result = self.watched(&instance, call).await?;
        TaskAnswer::of_workflow(inner, &result.outputs).map_err(Failure::from)
    }

    /// Waits for a child, which ends with this run if this run ends first.
    async fn watched<T>(
        &self,
        child: &InstanceId,
        call: impl Future<Output = Result<T, OrchestrationError>>,
    ) -> Result<T, Failure> {
        self.children.borrow_mut().insert(child.clone());
        let ended = call.await;
        self.children.borrow_mut().remove(child);
        ended.map_err(failure)
    }
}

fn unknown_agent(name: &str) -> Failure {
    Failure::new(UNKNOWN_AGENT, format!("agent `{name}` is not registered")).non_retriable()
}

/// What an operation recorded of its failure, without the words around it.
#[allow(clippy::needless_pass_by_value, reason = "it is what `map_err` gives")]
fn failure(error: OrchestrationError) -> Failure {
    let own = || Failure::new("OrchestrationFailed", error.to_string()).non_retriable();
    error.failure().cloned().unwrap_or_else(own)
}
