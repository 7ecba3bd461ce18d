//! Starting what has ended once more.

use durable_task::{Client as _, ClientError, Fetch, InstanceId, StartRequest, Status};

use super::{HubClient, failed, invalid_state};
use crate::store::LoadedBody;

impl HubClient {
    /// Starts an orchestration once more: with its name, its input, its tags, and its version if
    /// whoever started it chose one. Under its own id it must have ended.
    pub(super) async fn start_again(
        &self,
        instance: &InstanceId,
        new_instance_id: bool,
    ) -> Result<InstanceId, ClientError> {
        let not_found = || ClientError::NotFound {
            instance: instance.clone(),
        };
        let state = self.get(instance, Fetch::Payloads).await?;
        let state = state.ok_or_else(not_found)?;
        if !new_instance_id && !state.status.is_terminal() {
            return Err(invalid_state(instance, "restarted", state.status));
        }
        let loaded = self.store.load(instance).await.map_err(failed)?;
        let LoadedBody::Orchestration(row) = loaded.body else {
            return Err(not_found());
        };
        let instance_id = if new_instance_id {
            InstanceId::from_stored(format!("{:032x}", self.runtime.random()))
        } else {
            instance.clone()
        };
        let request = StartRequest {
            version: row
                .identity
                .version
                .filter(|_| !row.identity.version_by_hub),
            input: state.input,
            tags: state.tags,
            replaceable: vec![
                Status::Completed,
                Status::Failed,
                Status::Terminated,
                Status::Canceled,
            ],
            ..StartRequest::new(state.name, instance_id.clone())
        };
        self.start(request).await?;
        Ok(instance_id)
    }
}
