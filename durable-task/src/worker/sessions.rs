//! The live futures that a lane keeps between episodes.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use crate::Timestamp;
use crate::episode::Session;

/// How much is kept, and how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct SessionLimits {
    pub(super) count: usize,
    pub(super) bytes: usize,
    pub(super) idle: Duration,
}

/// One kept session.
pub(super) struct Kept {
    pub(super) session: Session,
    pub(super) execution: String,
    bytes: usize,
    use_number: u64,
    used_at: Timestamp,
}

/// Sessions by instance; the least recently used ones go first.
pub(super) struct Sessions {
    limits: SessionLimits,
    by_instance: HashMap<Arc<str>, Kept>,
    by_use: BTreeMap<u64, Arc<str>>,
    next_use: u64,
    bytes: usize,
}

impl Sessions {
    pub(super) fn new(limits: SessionLimits) -> Self {
        Self {
            limits,
            by_instance: HashMap::new(),
            by_use: BTreeMap::new(),
            next_use: 0,
            bytes: 0,
        }
    }

    /// Takes an instance's session out.
    pub(super) fn take(&mut self, instance: &str) -> Option<Kept> {
        let kept = self.by_instance.remove(instance)?;
        self.by_use.remove(&kept.use_number);
        self.bytes -= kept.bytes;
        Some(kept)
    }

    /// Keeps a session, and drops the least recently used ones beyond the limits. Returns whether
    /// this one is kept.
    pub(super) fn put(
        &mut self,
        instance: &str,
        execution: String,
        session: Session,
        now: Timestamp,
    ) -> bool {
        let bytes = session.bytes();
        if self.limits.count == 0 || bytes > self.limits.bytes {
            return false;
        }
        // An instance has one session.
        drop(self.take(instance));
        let instance: Arc<str> = Arc::from(instance);
        let use_number = self.next_use;
        self.next_use += 1;
        self.bytes += bytes;
        self.by_use.insert(use_number, Arc::clone(&instance));
        let kept = Kept {
            session,
            execution,
            bytes,
            use_number,
            used_at: now,
        };
        self.by_instance.insert(instance, kept);
        while self.by_instance.len() > self.limits.count || self.bytes > self.limits.bytes {
            drop(self.take_oldest());
        }
        true
    }

    /// Drops what has been idle for too long.
    pub(super) fn expire(&mut self, now: Timestamp) {
        while let Some(since) = self.idle_since() {
            if now.saturating_since(since) < self.limits.idle {
                return;
            }
            drop(self.take_oldest());
        }
    }

    /// When the next one has been idle for too long, counted from now.
    pub(super) fn next_expiry(&self, now: Timestamp) -> Option<Duration> {
        let idle = now.saturating_since(self.idle_since()?);
        Some(self.limits.idle.saturating_sub(idle))
    }

    fn idle_since(&self) -> Option<Timestamp> {
        let (_, instance) = self.by_use.first_key_value()?;
        Some(self.by_instance.get(instance)?.used_at)
    }

    fn take_oldest(&mut self) -> Option<Kept> {
        let (_, instance) = self.by_use.first_key_value()?;
        let instance = Arc::clone(instance);
        self.take(&instance)
    }
}
