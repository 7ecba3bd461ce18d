//! The side of the history: each event confirms a command, completes a task, or moves the clock.

use crate::wire::proto::history_event::EventType;
use crate::wire::proto::{EventRaisedEvent, HistoryEvent, TaskFailureDetails};
use crate::{Failure, Timestamp};

use super::complete::Completion;
use super::decision::{Decision, is_recorded};
use super::entity_reply;
use super::mismatch::{Difference, Mismatch};
use super::scope::Awaited;
use super::state::{State, TaskKind, VERSION_RECORD};

/// The timer that marks an episode that an engine has split. It has no command.
pub(super) const SPLIT_EPISODE_TIMER_ID: i32 = -100;

/// What an event means for the orchestrator.
#[derive(Debug)]
pub(super) enum Effect {
    /// Nothing to poll for.
    Nothing,
    /// It begins with this input, unless it has begun.
    Start(Option<String>),
    /// Something it may wait for has come.
    Progress,
    /// It goes on after a suspension, with the events that were held back.
    Resumed(Vec<HistoryEvent>),
}

impl State {
    /// Takes in the event at `position` of the history.
    pub(super) fn apply(
        &mut self,
        event: HistoryEvent,
        position: usize,
    ) -> Result<Effect, Failure> {
        let Some(kind) = &event.event_type else {
            return Ok(Effect::Nothing);
        };
        if let Some(recorded) = Decision::of_event(kind) {
            self.confirm(event.event_id, recorded, kind, position)?;
            return Ok(Effect::Nothing);
        }
        match kind {
            EventType::OrchestratorStarted(_) => self.begin_batch(event.timestamp),
            EventType::ExecutionCompleted(_) => self.end_is_recorded = true,
            EventType::ExecutionTerminated(terminated) => self.terminated(terminated.input.clone()),
            EventType::ExecutionSuspended(_) if self.completion.is_none() => {
                self.suspension.get_or_insert_default();
            }
            EventType::ExecutionResumed(_) => {
                let held = self.suspension.take().unwrap_or_default();
                return Ok(Effect::Resumed(held.into()));
            }
            _ => {
                if let Some(held) = &mut self.suspension {
                    held.push_back(event);
                } else {
                    return Ok(self.receive(event));
                }
            }
        }
        Ok(Effect::Nothing)
    }

    /// Takes in an event that a suspension holds back.
    fn receive(&mut self, event: HistoryEvent) -> Effect {
        let Some(kind) = event.event_type else {
            return Effect::Nothing;
        };
        match kind {
            EventType::ExecutionStarted(started) => {
                if self.clock.is_none() {
                    self.begin_batch(event.timestamp);
                }
                Effect::Start(started.input)
            }
            EventType::TaskCompleted(done) => {
                self.complete_task(done.task_scheduled_id, TaskKind::Activity, Ok(done.result))
            }
            EventType::TaskFailed(failed) => self.complete_task(
                failed.task_scheduled_id,
                TaskKind::Activity,
                Err(failure(failed.failure_details)),
            ),
            EventType::SubOrchestrationInstanceCompleted(done) => self.complete_task(
                done.task_scheduled_id,
                TaskKind::SubOrchestration,
                Ok(done.result),
            ),
            EventType::SubOrchestrationInstanceFailed(failed) => self.complete_task(
                failed.task_scheduled_id,
                TaskKind::SubOrchestration,
                Err(failure(failed.failure_details)),
            ),
            EventType::TimerFired(fired) => {
                self.complete_task(fired.timer_id, TaskKind::Timer, Ok(None))
            }
            EventType::EventRaised(raised) => self.raised(raised, event.timestamp),
            EventType::EntityOperationCompleted(done) => {
                self.entity_answered(&done.request_id.to_lowercase(), Ok(done.output))
            }
            EventType::EntityOperationFailed(failed) => self.entity_answered(
                &failed.request_id.to_lowercase(),
                Err(failure(failed.failure_details)),
            ),
            EventType::EntityLockGranted(granted) => {
                self.lock_granted(&granted.critical_section_id.to_lowercase())
            }
            _ => Effect::Nothing,
        }
    }

    /// A batch of events begins: the clock moves, never back.
    fn begin_batch(&mut self, timestamp: Option<prost_types::Timestamp>) {
        if let Some(timestamp) = timestamp {
            let recorded = Timestamp::from(timestamp);
            self.clock = self.clock.max(Some(recorded));
        }
        if self.suspension.is_none() {
            // What history does not record was handed out with the batch before.
            self.commands
                .retain(|_, command| is_recorded(&command.action));
        }
    }

    fn raised(
        &mut self,
        raised: EventRaisedEvent,
        timestamp: Option<prost_types::Timestamp>,
    ) -> Effect {
        if raised.name.starts_with(VERSION_RECORD) && raised.input.is_none() {
            // The record of a version, come back.
            return Effect::Nothing;
        }
        let name = raised.name.to_lowercase();
        if self.requests.contains_key(&name) {
            let outcome = entity_reply::decode(raised.input.as_deref());
            return self.entity_answered(&name, outcome);
        }
        match self.events.arrive(raised, timestamp) {
            Some(waiter) => {
                self.scopes.done(Awaited::Event(waiter));
                Effect::Progress
            }
            None => Effect::Nothing,
        }
    }

    /// Terminated from outside. It wins over continue-as-new, not over a result.
    fn terminated(&mut self, reason: Option<String>) {
        if !matches!(
            self.completion,
            None | Some(Completion::ContinueAsNew { .. })
        ) {
            return;
        }
        if self.suspension.take().is_some() {
            self.commands.clear();
        }
        self.completion = Some(Completion::Terminated { reason });
    }

    /// The history records a decision: the code must have made the same one.
    fn confirm(
        &mut self,
        id: i32,
        recorded: Decision,
        event: &EventType,
        position: usize,
    ) -> Result<(), Failure> {
        if id == SPLIT_EPISODE_TIMER_ID && recorded == Decision::Timer {
            return Ok(());
        }
        let command = self.commands.remove(&id);
        if let Some(command) = &command
            && Decision::of_action(&command.action).agrees_with(&recorded)
        {
            if let Some(differences) = &mut self.differences {
                differences.extend(Difference::between(command, event, id, position));
            }
            return Ok(());
        }
        let mismatch = Mismatch {
            position,
            id,
            given: command.map(|command| (Decision::of_action(&command.action), command.at)),
            elsewhere: self.find_command(&recorded),
            recorded,
            commands: self.next_id,
            ended: self.completion.is_some(),
        };
        self.next_id = self.next_id.max(id.saturating_add(1));
        let failure = mismatch.failure();
        self.mismatch.get_or_insert(mismatch);
        Err(failure)
    }

    /// A command that the history does not confirm, and that fits a recorded decision.
    fn find_command(&self, recorded: &Decision) -> Option<i32> {
        let mut open = self.commands.iter();
        let found =
            open.find(|(_, command)| Decision::of_action(&command.action).agrees_with(recorded))?;
        Some(*found.0)
    }
}

fn failure(details: Option<TaskFailureDetails>) -> Failure {
    details.map_or_else(
        || Failure::new("Unknown", "the failure has no details"),
        Failure::from,
    )
}
