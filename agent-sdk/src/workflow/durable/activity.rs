//! The activity that runs an executor's node.

use std::sync::Arc;

use durable_task::{ActivityContext, Failure};
use tokio::sync::Semaphore;

use super::envelope::{ActivityAnswer, ActivityInput};
use super::large::Values;
use crate::workflow::superstep::TaskAnswer;
use crate::workflow::{ExecutorDefinition, Graph, NodeCall, Place, linked_requests};

/// The code of a node in one version of its workflow.
pub(crate) struct NodeActivity {
    graph: &'static Graph,
    node: &'static str,
    executor: ExecutorDefinition,
    /// Holds the places of runs at once, if there is a limit.
    places: Option<Semaphore>,
}

impl NodeActivity {
    pub(crate) fn new(
        graph: &'static Graph,
        node: &'static str,
        executor: ExecutorDefinition,
    ) -> Self {
        Self {
            graph,
            node,
            places: executor
                .concurrency
                .map(|limit| Semaphore::new(limit.max(1))),
            executor,
        }
    }

    pub(crate) fn version(&self) -> &'static str {
        self.graph.version
    }

    async fn run(
        &self,
        ctx: ActivityContext,
        input: ActivityInput,
        values: &Values,
    ) -> Result<ActivityAnswer, Failure> {
        let input = self.complete(&ctx, input, values).await?;
        // The wait for a place is not part of the attempt's time.
        let _place = match &self.places {
            Some(places) => places.acquire().await.ok(),
            None => None,
        };
        let cancelled = ctx.cancelled().clone();
        let call = self.call(ctx, input)?;
        let mut run = (self.executor.run)(call);
        let answer = match self.executor.timeout {
            None => run.await?,
            Some(limit) => {
                let Ok(answer) = tokio::time::timeout(limit, &mut run).await else {
                    // What it has started learns of it before it is dropped.
                    cancelled.cancel();
                    let problem = format!("node `{}` took longer than {limit:?}", self.node);
                    return Err(Failure::new("Timeout", problem));
                };
                answer?
            }
        };
        let answer = TaskAnswer::of_executor(self.graph, answer)?;
        ActivityAnswer::of(self.graph, self.node, answer)
    }

    /// Puts in what is only named.
    async fn complete(
        &self,
        ctx: &ActivityContext,
        mut input: ActivityInput,
        values: &Values,
    ) -> Result<ActivityInput, Failure> {
        if let Some(digest) = input.large_message.take() {
            input.message = values.find(self.graph, ctx, &digest).await?;
        }
        for (name, digest) in std::mem::take(&mut input.large_state) {
            let value = values.find(self.graph, ctx, &digest).await?;
            input.shared_state_snapshot.insert(name, value);
        }
        Ok(input)
    }

    fn call(&self, ctx: ActivityContext, input: ActivityInput) -> Result<NodeCall, Failure> {
        let mut given = input.shared_state_snapshot;
        // In the order of the slots, as everywhere.
        let slots = self.graph.slots.iter();
        let state = slots.filter_map(|slot| {
            let value = given.remove(slot.name)?;
            Some(((slot.type_id)(), value))
        });
        let state = state.collect();
        if let Some(name) = given.keys().next() {
            let problem = format!("the state of the workflow has no slot `{name}`");
            return Err(Failure::new("UnknownSlot", problem).non_retriable());
        }
        let host = input.host_context;
        let reduced = self.graph.slots.iter().filter(|slot| slot.merge.is_some());
        Ok(NodeCall {
            message: input.message,
            state,
            reduced: reduced.map(|slot| (slot.type_id)()).collect(),
            requests: linked_requests(self.graph, |_, id| host.requests.get(id).cloned()),
            sources: input.source_executor_ids,
            place: Place {
                workflow: self.graph.name.to_owned(),
                node: self.node.to_owned(),
                instance: ctx.instance_id().as_str().to_owned(),
                root_instance: host.instance_id,
                root_workflow: host.workflow_name,
                request_prefix: host.request_path_prefix,
                round: host.round,
            },
            activity: ctx,
        })
    }
}

/// Runs a node in the version that its run has. Without code for that version the call is given
/// back: other code might do something else, so it waits, as its run does.
pub(crate) async fn run_node(
    versions: Arc<[NodeActivity]>,
    values: Values,
    ctx: ActivityContext,
    input: ActivityInput,
) -> Result<ActivityAnswer, Failure> {
    let wanted = &input.host_context.workflow_version;
    let exact = versions.iter().find(|node| node.version() == wanted);
    let Some(node) = exact else {
        let problem = format!(
            "no code for node `{}` in version `{wanted}` of its workflow; add that version with \
             `.workflow_version::<..>()`",
            input.executor_id
        );
        ctx.give_back(problem.clone());
        return Err(Failure::new("UnknownNode", problem));
    };
    node.run(ctx, input, &values).await
}
