//! One caller at a time per session, in the order in which they come.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedMutexGuard;

/// Lets the callers of one thing (the starts of a session, the answers to a request) through one by
/// one. Holds nothing for a thing that nobody waits for.
#[derive(Debug)]
pub(crate) struct Gates<K> {
    gates: Mutex<HashMap<K, Arc<tokio::sync::Mutex<()>>>>,
}

impl<K> Default for Gates<K> {
    fn default() -> Self {
        Self {
            gates: Mutex::default(),
        }
    }
}

/// A caller that is through. The next one follows when it is dropped.
#[derive(Debug)]
pub(crate) struct Pass<'a, K: Hash + Eq> {
    gates: &'a Gates<K>,
    entity: K,
    guard: Option<OwnedMutexGuard<()>>,
}

impl<K: Hash + Eq + Clone> Gates<K> {
    /// Waits for its turn, first come, first served.
    pub(crate) async fn enter(&self, entity: &K) -> Pass<'_, K> {
        let gate = {
            let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(gates.entry(entity.clone()).or_default())
        };
        // Made first, so that a caller that gives up while it waits tidies up, too.
        let mut pass = Pass {
            gates: self,
            entity: entity.clone(),
            guard: None,
        };
        pass.guard = Some(gate.lock_owned().await);
        pass
    }
}

impl<K: Hash + Eq> Drop for Pass<'_, K> {
    fn drop(&mut self) {
        drop(self.guard.take());
        let mut gates = self
            .gates
            .gates
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let is_unused = |gate: &Arc<_>| Arc::strong_count(gate) == 1;
        if gates.get(&self.entity).is_some_and(is_unused) {
            gates.remove(&self.entity);
        }
    }
}

#[cfg(test)]
mod tests {
    use durable_task::EntityId;

    use super::*;

    fn entity(key: &str) -> EntityId {
        EntityId::new("e", key).unwrap()
    }

    #[tokio::test]
    async fn callers_of_one_session_follow_each_other_and_others_pass() {
        let gates = Gates::default();
        let order = Mutex::new(Vec::new());
        let first = gates.enter(&entity("a")).await;
        let wait = |number: u32| {
            let (gates, order) = (&gates, &order);
            async move {
                let _pass = gates.enter(&entity("a")).await;
                order.lock().unwrap().push(number);
            }
        };
        let release = async {
            drop(gates.enter(&entity("b")).await);
            assert!(order.lock().unwrap().is_empty());
            drop(first);
        };
        tokio::join!(wait(1), wait(2), wait(3), release);
        assert_eq!(*order.lock().unwrap(), [1, 2, 3]);
        assert!(gates.gates.lock().unwrap().is_empty(), "nothing is kept");
    }

    #[tokio::test]
    async fn a_caller_that_gives_up_leaves_nothing_behind() {
        let gates = Gates::default();
        let first = gates.enter(&entity("a")).await;
        {
            let second_entity = entity("a");
            let mut second = Box::pin(gates.enter(&second_entity));
            assert!(futures_util::poll!(second.as_mut()).is_pending());
        }
        drop(first);
        assert!(gates.gates.lock().unwrap().is_empty());
    }
}
