//! Batches of operations that may touch the world.

use std::collections::HashMap;

use durable_task::InstanceId;
use tokio_util::sync::CancellationToken;

/// Those that workers have. An entity has one at a time, also where the store was opened again
/// meanwhile: then the answer counts for nothing, but only with it has the batch ended.
#[derive(Default)]
pub(super) struct Batches {
    out: HashMap<InstanceId, Batch>,
}

struct Batch {
    token: u64,
    cancel: CancellationToken,
}

impl Batches {
    /// Whether a worker has one of the entity.
    pub(super) fn is_out(&self, id: &InstanceId) -> bool {
        self.out.contains_key(id)
    }

    /// Notes one, and returns how to tell it that nobody wants its answer.
    pub(super) fn begin(&mut self, id: &InstanceId, token: u64) -> CancellationToken {
        let cancel = CancellationToken::new();
        let batch = Batch {
            token,
            cancel: cancel.clone(),
        };
        self.out.insert(id.clone(), batch);
        cancel
    }

    /// It was answered or given back.
    pub(super) fn ended(&mut self, id: &InstanceId, token: u64) {
        if self.out.get(id).is_some_and(|batch| batch.token == token) {
            self.out.remove(id);
        }
    }

    /// Tells all that nobody wants their answers.
    pub(super) fn cancel_all(&self) {
        for batch in self.out.values() {
            batch.cancel.cancel();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entity_has_one_batch_at_a_time_until_its_own_answer_comes() {
        let (a, b) = (
            InstanceId::from_stored("@e@a"),
            InstanceId::from_stored("@e@b"),
        );
        let mut batches = Batches::default();
        let first = batches.begin(&a, 1);
        assert!(batches.is_out(&a) && !batches.is_out(&b));
        let second = batches.begin(&b, 2);
        batches.ended(&a, 7);
        assert!(batches.is_out(&a), "that was another one");
        batches.ended(&a, 1);
        assert!(!batches.is_out(&a));
        batches.cancel_all();
        assert!(!first.is_cancelled(), "it had ended");
        assert!(second.is_cancelled() && batches.is_out(&b));
    }
}
