//! How an entity runs one operation.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use crate::entity::{Operate, OperateLater, Operations};
use crate::{BoxFuture, EntityContext, Failure, json};

/// At once, or later.
#[derive(Clone)]
pub(crate) enum EntityCode {
    Synchronous(Arc<Operate>),
    Asynchronous(Arc<OperateLater>),
}

impl EntityCode {
    pub(super) fn of(operations: Operations) -> Self {
        match operations {
            Operations::Synchronous(run) => Self::synchronous(run),
            Operations::Asynchronous(run) => Self::asynchronous(move |context| run(context)),
        }
    }

    pub(super) fn synchronous<O: Serialize>(
        run: impl Fn(&mut EntityContext) -> Result<O, Failure> + Send + Sync + 'static,
    ) -> Self {
        Self::Synchronous(Arc::new(move |context| operation_result(&run(context)?)))
    }

    pub(super) fn asynchronous(
        run: impl for<'a> Fn(&'a mut EntityContext) -> BoxFuture<'a, Result<Value, Failure>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self::Asynchronous(Arc::new(move |context| {
            let running = run(context);
            Box::pin(async move { operation_result(&running.await?) })
        }))
    }
}

/// An operation without a value has no result.
fn operation_result(value: &impl Serialize) -> Result<Option<String>, Failure> {
    let text = json::encode_output(value)?;
    Ok((text != "null").then_some(text))
}
