//! Reading histories.

use durable_task::wire::proto::HistoryEvent;
use durable_task::{ClientError, ExecutionId, HistoryPart, InstanceId};

use super::{HubClient, failed};
use crate::dispatch::settings::HISTORY_PAGE_BYTES;
use crate::engine::decode_chunk;

/// How often a history is read from its start because a new execution has begun meanwhile.
const HISTORY_ATTEMPTS_MAX: usize = 5;

impl HubClient {
    /// The history of the current execution.
    pub(super) async fn whole_history(
        &self,
        instance: &InstanceId,
    ) -> Result<Vec<HistoryEvent>, ClientError> {
        for _ in 0..HISTORY_ATTEMPTS_MAX {
            let execution = self.execution(instance).await?;
            if let Some(events) = self.history_of(instance, &execution).await? {
                return Ok(events);
            }
        }
        Err(ClientError::Unavailable {
            reason: format!("`{instance}` continued as new while its history was read"),
        })
    }

    /// A part of the history of an execution. Only the current one has a history.
    pub(super) async fn part_of_history(
        &self,
        instance: &InstanceId,
        execution: Option<&ExecutionId>,
        from: Option<u64>,
    ) -> Result<HistoryPart, ClientError> {
        let page = self
            .store
            .history(instance, execution, from.unwrap_or(0), HISTORY_PAGE_BYTES)
            .await
            .map_err(failed)?;
        if page.chunks.is_empty() {
            let current = self.execution(instance).await?;
            if execution.is_some_and(|execution| *execution != current) {
                return Err(ClientError::NotFound {
                    instance: instance.clone(),
                });
            }
        }
        let mut events = Vec::new();
        for chunk in &page.chunks {
            events.append(&mut decode_chunk(chunk).map_err(failed)?);
        }
        // The rows of an execution are numbered without gaps.
        let end = from.unwrap_or(0) + page.chunks.len() as u64;
        Ok(HistoryPart {
            events,
            next: page.next,
            end,
        })
    }

    /// The history of an execution; `None` if another one has begun before it was read.
    async fn history_of(
        &self,
        instance: &InstanceId,
        execution: &ExecutionId,
    ) -> Result<Option<Vec<HistoryEvent>>, ClientError> {
        let (mut events, mut from) = (Vec::new(), 0);
        loop {
            let page = self
                .store
                .history(instance, Some(execution), from, HISTORY_PAGE_BYTES)
                .await
                .map_err(failed)?;
            // The execution has no events yet, or is no longer the current one.
            if page.chunks.is_empty() && self.execution(instance).await? != *execution {
                return Ok(None);
            }
            for chunk in &page.chunks {
                events.append(&mut decode_chunk(chunk).map_err(failed)?);
            }
            match page.next {
                Some(next) => from = next,
                None => return Ok(Some(events)),
            }
        }
    }
}
