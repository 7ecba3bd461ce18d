//! Puts an application's agents into a worker's registry.

use std::sync::Arc;

use durable_task::{ActivityContext, Client, EntityContext, Failure, Registry, RegistryError};
use serde_json::Value;

use super::model_call::{ModelCall, ModelInput};
use super::plan::RunPlan;
use super::run::agent_run;
use super::session_entity::{CHECK_EXPIRY, Change, operate};
use super::tool_call::{ToolInput, call_tool};
use super::{MODEL_ACTIVITY, RUN_ORCHESTRATION, TOOL_ACTIVITY};
use crate::agent::{AgentDefinition, entity_name};
use crate::app::App;

impl App {
    /// Registers everything that runs of this application's agents need: the orchestration
    /// `agent-run`, the activities `agent-model` and `agent-tool`, and the entity `dafx-{agent}` of
    /// each agent. `hub` is where sessions are read.
    pub fn register(
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
                    call.run(input).await.map_err(Failure::from)
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
                    let called = call_tool(&app, input, &key, ctx.cancelled()).await;
                    called.map_err(Failure::from)
                }
            },
        )?;
        for agent in self.agents() {
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
            let operated = operate(&operation, input, ctx.state()?, ctx.now(), ttl);
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
