//! Workflows as durable orchestrations: `docs/workflows.md` has the formats.

mod activity;
mod call;
mod delivery;
mod envelope;
mod hosted;
mod large;
mod markers;
mod names;
mod orchestrator;
mod problem;
mod register;
mod request_id;
mod status;
#[cfg(test)]
mod tests;

pub use call::{WorkflowCall, WorkflowCalls};
pub(crate) use delivery::Delivery;
pub(crate) use hosted::{Hosted, HostedWorkflows, Root};
pub(crate) use large::LargeValues;
pub use markers::strip_markers;
pub(crate) use markers::stripped;
pub use names::{WORKFLOW_NAMES_RESERVED, activity_name, orchestration_name};
pub(crate) use names::{child_instance, is_child_form, is_run_of, workflow_of};
pub(crate) use orchestrator::{Observer, cancel_event, cancelled_request};
pub use problem::WorkflowProblem;
pub(crate) use request_id::{child_prefix, split as split_request};
pub(crate) use status::{PendingData, RunStatus};
