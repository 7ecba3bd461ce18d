//! Deletes a session.

use std::time::Duration;

use durable_task::{Client, ClientError, EntityId, EntityMetadata};

/// How long a deletion is watched before it is reported as queued.
const WATCH_MAX: Duration = Duration::from_secs(2);
/// The pause between two looks. The embedded hub is done at the first.
const WATCH_PAUSE: Duration = Duration::from_millis(20);

/// What became of a deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletion {
    /// The session is gone.
    Deleted,
    /// It will be, after the turns that hold it or wait for it.
    Queued,
    /// There was none.
    NotFound,
}

/// Sends the deletion, which queues behind the session's lock, and looks whether it is done.
pub(super) async fn delete_session(
    hub: &dyn Client,
    entity: &EntityId,
) -> Result<Deletion, ClientError> {
    let Some(known) = hub.get_entity(entity, true).await? else {
        return Ok(Deletion::NotFound);
    };
    if known.state.is_none() && !is_busy(&known) {
        return Ok(Deletion::NotFound);
    }
    hub.signal_entity(entity, super::session_entity::DELETE, None, None)
        .await?;
    if is_busy(&known) {
        return Ok(Deletion::Queued);
    }
    let mut looks = WATCH_MAX.as_millis() / WATCH_PAUSE.as_millis();
    loop {
        match hub.get_entity(entity, true).await? {
            None => return Ok(Deletion::Deleted),
            Some(known) if known.state.is_none() => return Ok(Deletion::Deleted),
            Some(known) if known.locked_by.is_some() => return Ok(Deletion::Queued),
            Some(_) if looks == 0 => return Ok(Deletion::Queued),
            Some(_) => looks -= 1,
        }
        tokio::time::sleep(WATCH_PAUSE).await;
    }
}

fn is_busy(known: &EntityMetadata) -> bool {
    known.locked_by.is_some() || known.backlog > 0
}
