//! Where code and history differ.

use std::fmt;
use std::panic::Location;

use serde_json::Value;

use crate::wire::proto::history_event::EventType;
use crate::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use crate::wire::proto::send_entity_message_action::EntityMessageType as Message;
use crate::{Failure, Timestamp};

use super::decision::Decision;
use super::state::Command;

/// A recorded decision that the code does not repeat.
#[derive(Debug, Clone)]
pub(crate) struct Mismatch {
    /// Of the event in the history.
    pub(crate) position: usize,
    pub(crate) id: i32,
    pub(super) recorded: Decision,
    /// The code's command of that id, and its line.
    pub(super) given: Option<(Decision, &'static Location<'static>)>,
    /// Another open command of the code that does fit.
    pub(super) elsewhere: Option<i32>,
    /// How many commands the code has given.
    pub(super) commands: i32,
    /// Whether the code had ended before.
    pub(crate) ended: bool,
}

impl Mismatch {
    /// What the history has.
    pub(crate) fn recorded(&self) -> String {
        self.recorded.to_string()
    }

    /// What the code has.
    pub(crate) fn given(&self) -> String {
        match &self.given {
            Some((given, _)) => format!("the code's command {} is {given}", self.id),
            None if self.ended => String::from("the code has ended before"),
            None => format!(
                "the code gave no command {}, it has given {} so far",
                self.id, self.commands
            ),
        }
    }

    /// The line of the code's command.
    pub(crate) fn at(&self) -> Option<&'static Location<'static>> {
        self.given.as_ref().map(|(_, at)| *at)
    }

    /// Whether the same decision is there under another id.
    pub(crate) fn elsewhere(&self) -> Option<i32> {
        self.elsewhere
    }

    /// The failure of an instance that meets it.
    pub(super) fn failure(&self) -> Failure {
        let at = self
            .at()
            .map_or_else(String::new, |at| format!(" (at {at})"));
        let order = self.elsewhere.map_or_else(String::new, |id| {
            format!(" It gave the same as command {id}: the order has changed.")
        });
        let message = format!(
            "history event {} (id {}) records {}, but {}{at}.{order} The orchestrator does not \
             repeat what it did when the history was written: it depends on something outside of \
             its input and history, or its code was changed while instances were open",
            self.position,
            self.id,
            self.recorded,
            self.given()
        );
        Failure::new("NonDeterministic", message).non_retriable()
    }
}

/// A decision that agrees with the history, but with other data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    pub(crate) position: usize,
    pub(crate) id: i32,
    /// What is different.
    pub(crate) what: String,
    pub(crate) recorded: String,
    pub(crate) given: String,
    pub(crate) at: &'static Location<'static>,
}

impl Difference {
    /// All differences between a command and the event that confirms it.
    pub(super) fn between(
        command: &Command,
        event: &EventType,
        id: i32,
        position: usize,
    ) -> Vec<Self> {
        let mut pairs = Pairs::default();
        pairs.compare(&command.action, event);
        let decision = Decision::of_action(&command.action);
        let found = pairs.0.into_iter();
        found
            .map(|(field, recorded, given)| Self {
                position,
                id,
                what: format!("the {field} of {decision}"),
                recorded,
                given,
                at: command.at,
            })
            .collect()
    }
}

/// Fields that are not the same: name, recorded, given.
#[derive(Default)]
struct Pairs(Vec<(&'static str, String, String)>);

impl Pairs {
    fn compare(&mut self, action: &Action, event: &EventType) {
        match (action, event) {
            (Action::ScheduleTask(task), EventType::TaskScheduled(recorded)) => {
                self.json("input", recorded.input.as_ref(), task.input.as_ref());
                self.text("version", recorded.version.as_ref(), task.version.as_ref());
            }
            (
                Action::CreateSubOrchestration(child),
                EventType::SubOrchestrationInstanceCreated(recorded),
            ) => {
                self.json("input", recorded.input.as_ref(), child.input.as_ref());
                self.text("version", recorded.version.as_ref(), child.version.as_ref());
                let (before, now) = (&recorded.instance_id, &child.instance_id);
                self.text("instance id", Some(before), Some(now));
            }
            (Action::CreateTimer(timer), EventType::TimerCreated(recorded)) => {
                let text = |time: Option<prost_types::Timestamp>| {
                    time.map(|time| Timestamp::from(time).to_round_trip())
                };
                let (before, now) = (text(recorded.fire_at), text(timer.fire_at));
                self.text("time", before.as_ref(), now.as_ref());
            }
            (Action::SendEvent(sent), EventType::EventSent(recorded)) => {
                let target = sent.instance.as_ref().map(|target| &target.instance_id);
                self.text("target", Some(&recorded.instance_id), target);
                if !recorded.instance_id.starts_with('@') {
                    self.json("payload", recorded.input.as_ref(), sent.data.as_ref());
                }
            }
            (Action::SendEntityMessage(message), event) => {
                if let Some(message) = &message.entity_message_type {
                    self.entity_message(message, event);
                }
            }
            _ => {}
        }
    }

    fn entity_message(&mut self, message: &Message, event: &EventType) {
        match (message, event) {
            (Message::EntityOperationCalled(call), EventType::EntityOperationCalled(recorded)) => {
                self.json("input", recorded.input.as_ref(), call.input.as_ref());
            }
            (
                Message::EntityOperationSignaled(signal),
                EventType::EntityOperationSignaled(recorded),
            ) => {
                self.json("input", recorded.input.as_ref(), signal.input.as_ref());
            }
            (Message::EntityLockRequested(lock), EventType::EntityLockRequested(recorded)) => {
                let (before, now) = (recorded.lock_set.join(", "), lock.lock_set.join(", "));
                self.text("set of entities", Some(&before), Some(&now));
            }
            _ => {}
        }
    }

    /// What the history leaves out is not compared.
    fn text(&mut self, field: &'static str, recorded: Option<&String>, given: Option<&String>) {
        if let Some(recorded) = recorded
            && given.is_none_or(|given| given != recorded)
            && !(given.is_none() && recorded.is_empty())
        {
            let given = given.map_or_else(|| String::from("nothing"), Clone::clone);
            self.0.push((field, recorded.clone(), given));
        }
    }

    fn json(&mut self, field: &'static str, recorded: Option<&String>, given: Option<&String>) {
        let value = |text: &String| serde_json::from_str::<Value>(text).ok();
        let same = match (recorded, given) {
            (Some(recorded), Some(given)) => {
                recorded == given
                    || value(recorded).is_some_and(|recorded| Some(recorded) == value(given))
            }
            _ => false,
        };
        if !same {
            self.text(field, recorded, given);
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "history event {} (id {}): {} was {}, is now {} (at {})",
            self.position,
            self.id,
            self.what,
            shortened(&self.recorded),
            shortened(&self.given),
            self.at
        )
    }
}

/// The beginning of a text that may be long.
fn shortened(text: &str) -> String {
    const CHARS_MAX: usize = 120;
    match text.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("{} ...", &text[..end]),
        None => text.to_owned(),
    }
}
