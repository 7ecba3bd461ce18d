//! What a hub says about how much of one name runs at once, and whether that is so.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use durable_task::{Completer, InstanceId, WorkRequest};

use super::executor::Core;
use super::ledger::{self, DIARY, LEDGER};
use super::programs::{NARROW, NARROW_MAX};
use crate::Concurrency;

/// Batches of ledgers that run at once.
const LEDGERS_MAX: usize = 1;

/// What a hub is told.
pub(super) fn concurrency() -> Concurrency {
    Concurrency::default()
        .activity(NARROW, NARROW_MAX)
        .entity(LEDGER, LEDGERS_MAX)
        .orchestration("sequence", 1)
}

/// What one process has handed over and got no answer to, by name.
pub(super) struct Handed {
    core: Arc<Core>,
    out: Mutex<BTreeMap<&'static str, usize>>,
}

impl Handed {
    pub(super) fn new(core: &Arc<Core>) -> Arc<Self> {
        Arc::new(Self {
            core: Arc::clone(core),
            out: Mutex::default(),
        })
    }

    fn change(&self, name: &'static str, change: impl FnOnce(&mut usize)) -> usize {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        let out = out.entry(name).or_default();
        change(out);
        *out
    }

    /// Counts an item until it is answered.
    pub(super) fn count(
        self: &Arc<Self>,
        request: &WorkRequest,
        completer: Completer,
    ) -> Completer {
        let (name, max) = match request {
            WorkRequest::Activity(request) if request.name == NARROW => (NARROW, NARROW_MAX),
            WorkRequest::Entity { request, .. } => {
                match ledger::name_of(&InstanceId::from_stored(request.instance_id.as_str())) {
                    Some(LEDGER) => (LEDGER, LEDGERS_MAX),
                    // There is one.
                    Some(_) => (DIARY, 1),
                    None => return completer,
                }
            }
            _ => return completer,
        };
        let out = self.change(name, |out| *out += 1);
        self.core.expect(out <= max, || {
            format!("{out} of `{name}` run at once, and only {max} may")
        });
        let handed = Arc::clone(self);
        Completer::new(move |answer| {
            handed.change(name, |out| *out = out.saturating_sub(1));
            completer.complete(answer);
        })
    }
}
