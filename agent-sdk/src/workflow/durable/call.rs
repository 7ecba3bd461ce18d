//! Workflows called by orchestrators.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use durable_task::{InstanceId, OrchestrationContext, OrchestrationError, SubOrchestrationCall};

use super::orchestration_name;
use crate::workflow::{Message, RouteError, Workflow, decode_outputs};

/// What workflows add to an [`OrchestrationContext`].
pub trait WorkflowCalls {
    /// Starts a run of a workflow when awaited, in the version of the program, and waits for what
    /// it gives.
    #[track_caller]
    fn call_workflow<W: Workflow>(&self, input: W::Input) -> WorkflowCall<W>;
}

impl WorkflowCalls for OrchestrationContext {
    #[track_caller]
    fn call_workflow<W: Workflow>(&self, input: W::Input) -> WorkflowCall<W> {
        let call = W::write_input(&input).map(|input| {
            let name = orchestration_name(W::GRAPH.name);
            let call = self.call_sub_orchestration(name, &input);
            if W::GRAPH.version.is_empty() {
                call
            } else {
                call.version(W::GRAPH.version)
            }
        });
        WorkflowCall {
            call,
            of: PhantomData,
        }
    }
}

/// A run of a workflow. Made by [`WorkflowCalls::call_workflow`].
#[must_use = "a workflow is started when the call is awaited"]
pub struct WorkflowCall<W> {
    /// An input that can't be written fails the call, not the orchestrator that holds it.
    call: Result<SubOrchestrationCall<Vec<Message>>, RouteError>,
    of: PhantomData<fn() -> W>,
}

impl<W> WorkflowCall<W> {
    /// Sets the id of the run.
    pub fn instance_id(mut self, id: InstanceId) -> Self {
        self.call = self.call.map(|call| call.instance_id(id));
        self
    }
}

impl<W: Workflow> Future for WorkflowCall<W> {
    type Output = Result<W::Output, OrchestrationError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let what = || format!("workflow `{}`", W::GRAPH.name);
        match &mut self.call {
            Err(error) => Poll::Ready(Err(OrchestrationError::Encode {
                what: format!("the input of {}", what()),
                problem: error.to_string(),
            })),
            Ok(call) => Pin::new(call).poll(context).map(|outputs| {
                decode_outputs::<W>(&outputs?).map_err(|problem| OrchestrationError::Decode {
                    what: format!("the result of {}", what()),
                    problem,
                })
            }),
        }
    }
}

impl<W: Workflow> fmt::Debug for WorkflowCall<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WorkflowCall").field(&W::GRAPH.name).finish()
    }
}
