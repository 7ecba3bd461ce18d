//! What the hub of an app keeps, and how much it takes.

use std::fmt;
use std::time::Duration;

use agent_sdk::durable::RUN_ORCHESTRATION;
use task_hub::{HubOptions, RetentionPolicy};

/// How long runs of agents are kept after their end, unless the app says otherwise. Their answers
/// are in the sessions.
pub const AGENT_RUN_RETENTION: Duration = Duration::from_hours(7 * 24);

type Setting = Box<dyn FnOnce(HubOptions) -> HubOptions + Send>;

/// How an app wants its embedded hub.
#[derive(Default)]
pub(crate) struct HubSetup {
    setting: Option<Setting>,
}

impl HubSetup {
    pub(crate) fn new(setting: impl FnOnce(HubOptions) -> HubOptions + Send + 'static) -> Self {
        Self {
            setting: Some(Box::new(setting)),
        }
    }

    /// The options of a hub at a place, with what holds for all apps and then what this one says.
    pub(crate) fn apply(self, place: HubOptions) -> HubOptions {
        let runs = RetentionPolicy::new().named(RUN_ORCHESTRATION, Some(AGENT_RUN_RETENTION));
        let options = place.retention(runs);
        match self.setting {
            Some(setting) => setting(options),
            None => options,
        }
    }
}

impl fmt::Debug for HubSetup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HubSetup")
            .field("is_set", &self.setting.is_some())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(setup: HubSetup) -> String {
        format!("{:?}", setup.apply(HubOptions::memory()))
    }

    #[test]
    fn runs_of_agents_go_after_a_week_and_the_app_has_the_last_word() {
        let week = format!("{AGENT_RUN_RETENTION:?}");
        let usual = shown(HubSetup::default());
        assert!(usual.contains(RUN_ORCHESTRATION), "{usual}");
        assert!(usual.contains(&week), "{usual}");
        let own = shown(HubSetup::new(|hub| hub.retention(RetentionPolicy::new())));
        assert!(!own.contains(RUN_ORCHESTRATION), "{own}");
    }
}
