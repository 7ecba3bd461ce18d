//! A batch of operations that wait.

use std::pin::pin;
use std::sync::Arc;

use futures_util::future::{Either, select};

use crate::entity::{Batch, OperateLater};
use crate::work::{Completer, WorkAnswer};

use super::grace::Grace;
use super::running::RunningItem;

pub(super) struct EntityItem {
    pub(super) operate: Arc<OperateLater>,
    pub(super) batch: Batch,
    pub(super) completer: Completer,
    pub(super) grace: Grace,
    pub(super) running: RunningItem,
}

impl EntityItem {
    /// Runs the operations and answers. What is given back leaves no trace in the state.
    pub(super) async fn run(self) {
        let id = self.batch.request.instance_id.clone();
        let runtime = Arc::clone(&self.grace.runtime);
        let clock = move || runtime.now();
        let operating = pin!(self.batch.run_later(&*self.operate, &clock));
        let limit = pin!(self.grace.cancelled_for_too_long());
        let result = match select(operating, limit).await {
            Either::Left((result, _)) => result,
            Either::Right(_) => None,
        };
        self.completer.complete(match result {
            Some(result) => WorkAnswer::Entity(result),
            None => WorkAnswer::Abandoned {
                reason: format!("the operations of `{id}` were cancelled"),
            },
        });
        drop(self.running);
    }
}
