//! Histories, which come in streams.

use std::time::Duration;

use prost::Message;
use tonic::Streaming;

use crate::wire::proto::{
    HistoryChunk, HistoryEvent, OrchestratorRequest, StreamInstanceHistoryRequest,
};

use super::connection::{Connection, Role};
use super::error::CallError;

/// The largest history that is taken in, in bytes; more are an error.
const HISTORY_BYTES_MAX: usize = 512 * 1024 * 1024;

/// The past of an orchestration that is to run an episode.
pub(super) async fn of_work_item(
    connection: &Connection,
    request: &OrchestratorRequest,
) -> Result<Vec<HistoryEvent>, CallError> {
    let ask = StreamInstanceHistoryRequest {
        instance_id: request.instance_id.clone(),
        execution_id: request.execution_id.clone(),
        for_work_item_processing: true,
    };
    let (events, _) = read(connection, Role::Worker, ask, 0, usize::MAX).await?;
    Ok(events)
}

/// Up to `count` events after the first `skip`, and whether there are more.
pub(super) async fn read(
    connection: &Connection,
    role: Role,
    ask: StreamInstanceHistoryRequest,
    mut skip: usize,
    count: usize,
) -> Result<(Vec<HistoryEvent>, bool), CallError> {
    let timeout = connection.options().call_timeout;
    let request = connection.request(role, ask).await?;
    let mut service = match role {
        Role::Worker => connection.work(),
        Role::Client => connection.calls(),
    };
    let opened = within(timeout, service.stream_instance_history(request)).await?;
    let mut stream = connection.accepted(opened).await?.into_inner();
    let (mut events, mut bytes) = (Vec::new(), 0_usize);
    while let Some(chunk) = next(&mut stream, timeout).await? {
        bytes = bytes.saturating_add(chunk.encoded_len());
        if bytes > HISTORY_BYTES_MAX {
            let problem = format!("the history has more than {HISTORY_BYTES_MAX} bytes");
            return Err(CallError::AnswerTooLarge { problem });
        }
        for event in chunk.events {
            if skip > 0 {
                skip -= 1;
            } else if events.len() == count {
                return Ok((events, true));
            } else {
                events.push(event);
            }
        }
    }
    Ok((events, false))
}

async fn next(
    stream: &mut Streaming<HistoryChunk>,
    timeout: Duration,
) -> Result<Option<HistoryChunk>, CallError> {
    Ok(within(timeout, stream.message()).await??)
}

async fn within<T>(timeout: Duration, answer: impl Future<Output = T>) -> Result<T, CallError> {
    tokio::time::timeout(timeout, answer)
        .await
        .map_err(|_| CallError::TimedOut(timeout))
}
