//! The orchestration `agent-run`: one turn of one session.

use std::time::Duration;

use durable_task::{Either, Failure, OrchestrationContext, OrchestrationError};
use serde_json::Value;

use super::model_call::{ModelInput, ModelOutput};
use super::plan::RunPlan;
use super::session_entity::{APPEND, AppendResult};
use super::tool_call::ToolInput;
use super::{MODEL_ACTIVITY, RunFailure, TOOL_ACTIVITY};
use crate::agent::RunAnswer;
use crate::agent::session::{Entry, ErrorInfo, Turn};
use crate::agent::turn::{
    AskModel, Next, PendingCall, RunTools, TurnAnswer, TurnError, error_result,
};
use crate::model::Role;

/// The pause before the second attempt at a model call; each next one is twice as long.
const MODEL_PAUSE_MIN: Duration = Duration::from_secs(1);
/// The longest pause that a run makes of its own accord.
const MODEL_PAUSE_MAX: Duration = Duration::from_secs(30);
/// The longest delay asked for by a provider that a run sits out; a longer one fails the run, so
/// that its caller can decide.
const RETRY_AFTER_MAX: Duration = Duration::from_mins(1);

/// How a turn ended.
enum End {
    /// The model answered.
    Answered(TurnAnswer),
    /// The session had the answer already.
    Stored(RunAnswer),
}

/// One run, from the lock to the answer.
pub(super) async fn agent_run(
    ctx: OrchestrationContext,
    plan: RunPlan,
) -> Result<RunAnswer, OrchestrationError> {
    let request = &plan.request;
    let entity = request.session.entity(&request.agent).map_err(|error| {
        OrchestrationError::from(Failure::new(RunFailure::SESSION, error.to_string()))
    })?;
    let run = Run {
        ctx: &ctx,
        plan: &plan,
        entity: &entity,
    };
    let lock = ctx.lock(std::slice::from_ref(&entity)).await?;
    // The wait for the lock does not count.
    let deadline = ctx.sleep(plan.timeout());
    let end = match ctx.select(run.turn(), deadline).await {
        Either::Left(end) => end,
        Either::Right(()) => Err(run.timed_out()),
    };
    let result = match end {
        Ok(End::Stored(answer)) => Ok(answer),
        Ok(End::Answered(answer)) => run.append_answer(answer).await,
        Err(failure) => {
            run.append_failure(&failure).await;
            Err(failure)
        }
    };
    lock.release();
    result.map_err(|failure| OrchestrationError::from(Failure::from(failure)))
}

struct Run<'a> {
    ctx: &'a OrchestrationContext,
    plan: &'a RunPlan,
    entity: &'a durable_task::EntityId,
}

impl Run<'_> {
    /// The loop, with activities for its steps.
    async fn turn(&self) -> Result<End, RunFailure> {
        let messages = self.plan.request.messages.clone();
        let mut ask = AskModel::start(self.plan.policy.clone(), messages);
        loop {
            let completion = match self.ask(&ask).await? {
                ModelOutput::Completed(completion) => *completion,
                ModelOutput::Stored(answer) => return Ok(End::Stored(*answer)),
            };
            ask = match ask.completed(completion) {
                Next::Ask(ask) => ask,
                Next::Run(tools) => self.run_tools(tools).await,
                Next::Done(Ok(answer)) => return Ok(End::Answered(answer)),
                Next::Done(Err(error @ TurnError::Output { .. })) => {
                    let problem = error.to_string();
                    return Err(RunFailure::new(RunFailure::INVALID_OUTPUT, problem).retryable());
                }
            };
        }
    }

    async fn ask(&self, ask: &AskModel) -> Result<ModelOutput, RunFailure> {
        let request = &self.plan.request;
        let input = ModelInput {
            agent: request.agent.clone(),
            session: request.session.clone(),
            correlation: request.correlation.clone(),
            messages: ask.messages().to_vec(),
            tool_use: ask.tool_use(),
            timeout_ms: self.plan.timeout_ms,
        };
        let mut attempt = 1;
        loop {
            let called = self
                .ctx
                .call_activity::<ModelOutput>(MODEL_ACTIVITY, &input)
                .await;
            let failure = match called {
                Ok(output) => return Ok(output),
                Err(error) => step_failure(&error),
            };
            let pause =
                retry_pause(&failure, attempt).filter(|_| attempt < self.plan.model_attempts_max);
            let Some(pause) = pause else {
                return Err(failure);
            };
            self.ctx.sleep(pause).await;
            attempt += 1;
        }
    }

    async fn run_tools(&self, tools: RunTools) -> AskModel {
        let calls = tools.calls();
        let results = if self.plan.parallel_tool_calls {
            let runs = calls.iter().map(|call| self.run_tool(call));
            self.ctx.join_all(runs).await
        } else {
            let mut results = Vec::with_capacity(calls.len());
            for call in &calls {
                results.push(self.run_tool(call).await);
            }
            results
        };
        tools.finished(results)
    }

    async fn run_tool(&self, call: &PendingCall) -> Value {
        let input = ToolInput {
            agent: self.plan.request.agent.clone(),
            session: self.plan.request.session.clone(),
            call_id: call.call_id.clone(),
            tool: call.name.clone(),
            arguments: call.arguments.clone(),
            timeout_ms: self.plan.timeout_ms,
        };
        let called = self.ctx.call_activity::<Value>(TOOL_ACTIVITY, &input).await;
        called.unwrap_or_else(|error| {
            let failure = step_failure(&error);
            error_result(format!("Tool '{}' failed: {}", call.name, failure.message))
        })
    }

    async fn append_answer(&self, answer: TurnAnswer) -> Result<RunAnswer, RunFailure> {
        let text = answer.text();
        let mut messages = answer.messages;
        for message in &mut messages {
            if message.role == Role::Assistant && message.author.is_none() {
                message.author = Some(self.plan.request.agent.clone());
            }
        }
        let correlation = self.plan.request.correlation.as_str();
        let response = Entry::response(correlation, self.ctx.now(), &messages, answer.usage);
        let appended = self.append(response).await?;
        Ok(RunAnswer {
            text,
            message_count: appended.message_count,
            usage: answer.usage,
            finish_reason: answer.finish_reason,
            tool_results: answer.tool_results,
            structured: answer.structured,
            max_rounds_reached: answer.max_rounds_reached,
        })
    }

    /// Notes the failure in the session. The run fails with it in any case: that the note could not
    /// be made is the smaller trouble.
    async fn append_failure(&self, failure: &RunFailure) {
        let correlation = self.plan.request.correlation.as_str();
        let error = ErrorInfo {
            code: Some(failure.error_type.clone()),
            message: failure.message.clone(),
        };
        let response = Entry::error(correlation, self.ctx.now(), &error);
        if let Err(error) = self.append(response).await
            && !self.ctx.is_replaying()
        {
            tracing::warn!(entity = %self.entity, %error, "a failed turn could not be noted");
        }
    }

    async fn append(&self, response: Entry) -> Result<AppendResult, RunFailure> {
        let request = &self.plan.request;
        let correlation = request.correlation.as_str();
        let mut entry = Entry::request(correlation, request.created_at, &request.messages);
        entry.response_type = Some(request.answer_format.as_str().to_owned());
        let turn = Turn {
            request: entry,
            response,
        };
        let called = self
            .ctx
            .call_entity::<AppendResult>(self.entity, APPEND, &turn)
            .await;
        called.map_err(|error| step_failure(&error))
    }

    fn timed_out(&self) -> RunFailure {
        RunFailure::timed_out(self.plan.timeout()).retryable()
    }
}

/// How long to wait before the next attempt; `None` where no attempt makes sense.
fn retry_pause(failure: &RunFailure, attempt: u32) -> Option<Duration> {
    let asked = failure.retry_after.unwrap_or_default();
    if !failure.retryable || asked > RETRY_AFTER_MAX {
        return None;
    }
    let factor = 2_u32.saturating_pow(attempt.saturating_sub(1));
    let own = MODEL_PAUSE_MIN.saturating_mul(factor).min(MODEL_PAUSE_MAX);
    Some(own.max(asked))
}

/// What a step recorded of its failure, without the words around it.
fn step_failure(error: &OrchestrationError) -> RunFailure {
    let internal = || RunFailure::new(RunFailure::INTERNAL, error.to_string());
    error.failure().map_or_else(internal, RunFailure::from)
}

#[cfg(test)]
mod tests;
