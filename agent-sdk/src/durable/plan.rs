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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::fixture;

    #[test]
    fn what_steers_the_run_is_recorded() {
        let mut agent = AgentDefinition::new("Joker");
        agent.tools = vec![fixture::tool("look")];
        agent.tool_rounds_max = 3;
        agent.timeout = Duration::from_secs(5);
        let request = RunRequest {
            enable_tool_calls: false,
            ..RunRequest::new("Joker", "Hi")
        };
        let plan = RunPlan::new(request, &agent);
        assert_eq!(plan.timeout(), Duration::from_secs(5));
        assert_eq!(plan.policy.tools, ["look"]);
        assert_eq!(plan.policy.tool_rounds_max, 3);
        assert!(!plan.policy.tools_enabled);
        let json = serde_json::to_string(&plan).unwrap();
        assert_eq!(serde_json::from_str::<RunPlan>(&json).unwrap(), plan);
    }
}
