//! Puts an application's agents into a worker's registry.

use std::sync::Arc;
use std::time::Duration;

use durable_task::{ActivityContext, Client, EntityContext, Failure, Registry, RegistryError};
use serde_json::Value;

use super::model_call::{ModelCall, ModelInput};
use super::plan::RunPlan;
use super::run::agent_run;
use super::session_entity::{CHECK_EXPIRY, Change, operate};
use super::tool_call::{ToolInput, call_tool};
use super::{MODEL_ACTIVITY, RUN_ORCHESTRATION, RunFailure, TOOL_ACTIVITY};
use crate::agent::{AgentDefinition, entity_name};
use crate::app::App;

/// How much longer than its run a step may take, so that the run's own deadline comes first.
const OUTLIVED_GRACE: Duration = Duration::from_secs(1);

impl App {
    /// Registers the application's own code, and, if it has agents, everything that their runs
    /// need: the orchestration `agent-run`, the activities `agent-model` and `agent-tool`, and the
    /// entity `dafx-{agent}` of each agent. `hub` is where sessions are read.
    pub fn register(
        &self,
        registry: &mut Registry,
        hub: Arc<dyn Client>,
    ) -> Result<(), RegistryError> {
        if self.all_agents().next().is_some() {
            self.register_runs(registry, Arc::clone(&hub))?;
        }
        self.register_workflows(registry, hub)?;
        registry.merge(self.registry().clone())
    }

    fn register_runs(
        &self,
        registry: &mut Registry,
        hub: Arc<dyn Client>,
    ) -> Result<(), RegistryError> {
        registry.orchestrator_fn(RUN_ORCHESTRATION, "", |ctx, plan: RunPlan| {
            agent_run(ctx, plan)
        })?;
        let app = self.clone();
        registry.activity_fn(
            MODEL_ACTIVITY,
            move |ctx: ActivityContext, input: ModelInput| {
                let (app, hub) = (app.clone(), Arc::clone(&hub));
                async move {
                    let call = ModelCall {
                        app: &app,
                        hub: &hub,
                        run: ctx.instance_id(),
                        idempotency_key: ctx.idempotency_key(),
                        cancelled: ctx.cancelled(),
                    };
                    let limit_ms = input.timeout_ms;
                    within(limit_ms, call.run(input)).await
                }
            },
        )?;
        let app = self.clone();
        registry.activity_fn(
            TOOL_ACTIVITY,
            move |ctx: ActivityContext, input: ToolInput| {
                let app = app.clone();
                async move {
                    let key = ctx.idempotency_key();
                    let limit_ms = input.timeout_ms;
                    within(limit_ms, call_tool(&app, input, &key, ctx.cancelled())).await
                }
            },
        )?;
        for agent in self.all_agents() {
            self.register_session(agent, registry)?;
        }
        Ok(())
    }

    fn register_session(
        &self,
        agent: &AgentDefinition,
        registry: &mut Registry,
    ) -> Result<(), RegistryError> {
        let ttl = self.session_ttl(agent);
        registry.entity_fn(entity_name(&agent.name), move |ctx: &mut EntityContext| {
            let operation = ctx.operation().to_owned();
            let input = ctx.input::<Value>()?;
            let operated = operate(&operation, input, ctx.state_json(), ctx.now(), ttl);
            match operated.change {
                Change::Keep => {}
                Change::Set(state) => ctx.set_state(&state)?,
                Change::Delete => ctx.delete_state(),
            }
            if let Some(time) = operated.check_at {
                let session = ctx.id().clone();
                ctx.signal(&session, CHECK_EXPIRY, &(), Some(time))?;
            }
            operated.result
        })
    }
}

/// Ends a step that has outlived its run. A backend may not tell it that nobody waits any more, and
/// it would hold its place for ever.
async fn within<T>(
    limit_ms: u64,
    step: impl Future<Output = Result<T, RunFailure>>,
) -> Result<T, Failure> {
    let limit = Duration::from_millis(limit_ms);
    let outcome = tokio::time::timeout(limit.saturating_add(OUTLIVED_GRACE), step).await;
    let result = outcome.unwrap_or_else(|_| Err(RunFailure::timed_out(limit)));
    result.map_err(Failure::from)
}
