//! The end of an execution, and what an episode hands out.

use std::panic::Location;

use crate::Failure;
use crate::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use crate::wire::proto::{CompleteOrchestrationAction, OrchestrationStatus, OrchestratorAction};

use super::Outcome;
use super::state::{Command, State};

/// How an execution ends.
#[derive(Debug)]
pub(super) enum Completion {
    /// The function returned.
    Finished(Outcome),
    /// The next execution begins.
    ContinueAsNew { input: String, keep_events: bool },
    /// Ended from outside.
    Terminated { reason: Option<String> },
}

impl State {
    /// The function has returned.
    pub(super) fn finish(&mut self, outcome: Outcome) {
        if self.completion.is_none() {
            self.completion = Some(Completion::Finished(outcome));
        }
    }

    /// A rule is broken: nothing that the code asked for since the last episode can be trusted.
    pub(super) fn break_off(&mut self, failure: Failure) {
        self.commands.clear();
        self.suspension = None;
        self.completion = Some(Completion::Finished(Err(failure)));
    }

    /// What the episode hands out, in the order of ids. While suspended, nothing.
    pub(super) fn take_actions(&mut self) -> Vec<OrchestratorAction> {
        if self.end_is_recorded {
            self.completion = None;
            return Vec::new();
        }
        if let Some(completion) = self.completion.take() {
            self.release_locks(Location::caller());
            let action = self.completion_action(completion);
            let id = self.next_id;
            self.next_id += 1;
            let at = Location::caller();
            self.commands.insert(id, Command { action, at });
        } else if self.suspension.is_some() {
            return Vec::new();
        }
        std::mem::take(&mut self.commands)
            .into_iter()
            .map(|(id, command)| OrchestratorAction {
                id,
                orchestrator_action_type: Some(command.action),
            })
            .collect()
    }

    fn completion_action(&mut self, completion: Completion) -> Action {
        let mut complete = CompleteOrchestrationAction::default();
        let status = match completion {
            Completion::Finished(Ok(result)) => {
                complete.result = result;
                OrchestrationStatus::Completed
            }
            Completion::Finished(Err(failure)) => {
                complete.failure_details = Some(failure.into());
                OrchestrationStatus::Failed
            }
            Completion::Terminated { reason } => {
                complete.result = reason;
                OrchestrationStatus::Terminated
            }
            Completion::ContinueAsNew { input, keep_events } => {
                complete.result = Some(input);
                let identity = &self.identity;
                if identity.newest_version != identity.version {
                    complete.new_version = Some(identity.newest_version.clone());
                }
                if keep_events {
                    complete.carryover_events = self.events.carry_over();
                }
                OrchestrationStatus::ContinuedAsNew
            }
        };
        complete.set_orchestration_status(status);
        Action::CompleteOrchestration(complete)
    }
}
