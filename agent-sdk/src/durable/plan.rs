//! The recorded input of a run.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::RunRequest;
use crate::agent::AgentDefinition;
use crate::agent::turn::TurnPolicy;

/// The request, and of the agent what steers the run. Recorded at the start, so that a deployment
/// with another definition does not change the course of a run that replays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RunPlan {
    pub(crate) request: RunRequest,
    pub(crate) policy: TurnPolicy,
    pub(crate) parallel_tool_calls: bool,
    pub(crate) model_attempts_max: u32,
    pub(crate) timeout_ms: u64,
}

impl RunPlan {
    pub(crate) fn new(request: RunRequest, definition: &AgentDefinition) -> Self {
        Self {
            policy: TurnPolicy::of(definition, request.enable_tool_calls),
            parallel_tool_calls: definition.parallel_tool_calls,
            model_attempts_max: definition.model_attempts_max,
            timeout_ms: u64::try_from(definition.timeout.as_millis()).unwrap_or(u64::MAX),
            request,
        }
    }

    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }
}
