//! What clients ask about entities.

use durable_task::wire::proto::{
    CleanEntityStorageRequest, CleanEntityStorageResponse, GetEntityRequest, GetEntityResponse,
    QueryEntitiesRequest, QueryEntitiesResponse, SignalEntityRequest,
};
use durable_task::{EntityCleaning, EntityFilter, EntityId};
use prost::Message as _;
use tonic::Status;

use super::Core;
use super::convert::{count, entity, text, time};
use super::listing::{fitting, page_size};
use super::status::{invalid, status};

/// Bytes of the id that a client gives to a signal.
const REQUEST_ID_BYTES_MAX: usize = 256;

fn entity_id(text: &str) -> Result<EntityId, Status> {
    let parsed = EntityId::parse(text).ok_or_else(|| {
        invalid(
            "instanceId",
            format_args!("`{text}` is not an entity; one is written `@name@key`"),
        )
    })?;
    EntityId::new(parsed.name(), parsed.key()).map_err(|error| invalid("instanceId", error))
}

impl Core {
    /// Sends a one-way operation.
    pub(super) async fn signal(&self, request: SignalEntityRequest) -> Result<(), Status> {
        let target = entity_id(&request.instance_id)?;
        if request.name.is_empty() {
            return Err(invalid("name", "it must not be empty"));
        }
        let at = time("scheduledTime", request.scheduled_time)?;
        let request_id = match request.request_id {
            id if id.is_empty() => self.random_id(),
            id if id.len() > REQUEST_ID_BYTES_MAX => {
                let problem = format_args!("it has more than {REQUEST_ID_BYTES_MAX} bytes");
                return Err(invalid("requestId", problem));
            }
            id => id,
        };
        let hub = self.hub.own_client();
        let signaled = hub.signal(&target, &request.name, request.input, at, request_id);
        signaled.await.map_err(status)
    }

    /// Reads an entity. SDKs read its state without a look whether it has one: without a state it
    /// does not exist for them. Who has locked it and how much waits for it is said all the same,
    /// for clients that look.
    pub(super) async fn get_entity(
        &self,
        request: GetEntityRequest,
    ) -> Result<GetEntityResponse, Status> {
        let id = entity_id(&request.instance_id)?;
        let mut found = self.client.get_entity(&id, true).await.map_err(status)?;
        let exists = found.as_ref().is_some_and(|entity| entity.state.is_some());
        if let Some(entity) = found.as_mut().filter(|_| !request.include_state) {
            entity.state = None;
        }
        Ok(GetEntityResponse {
            exists,
            entity: found.map(entity),
        })
    }

    /// Lists entities: at most as many as asked for, fewer where they would not fit into a message.
    pub(super) async fn query_entities(
        &self,
        request: QueryEntitiesRequest,
    ) -> Result<QueryEntitiesResponse, Status> {
        let query = request.query.unwrap_or_default();
        let filter = EntityFilter {
            id_prefix: text(query.instance_id_starts_with),
            modified_from: time("lastModifiedFrom", query.last_modified_from)?,
            modified_to: time("lastModifiedTo", query.last_modified_to)?,
            include_transient: query.include_transient,
        };
        let token = text(query.continuation_token);
        let mut size = page_size("pageSize", query.page_size.unwrap_or_default())?;
        let bytes_max = self.options.payload_bytes_max();
        loop {
            let (state, token) = (query.include_state, token.as_deref());
            let page = self.client.query_entities(&filter, state, size, token);
            let page = page.await.map_err(status)?;
            let shown: Vec<_> = page.items.into_iter().map(entity).collect();
            let fit = fitting(
                shown.iter().map(|entity| entity.encoded_len() + 8),
                bytes_max,
            );
            if fit >= shown.len() {
                return Ok(QueryEntitiesResponse {
                    entities: shown,
                    continuation_token: page.next,
                });
            }
            // Asked again, so that the token goes on where this page ends.
            size = fit;
        }
    }

    /// Removes what nobody needs of entities.
    pub(super) async fn clean_entities(
        &self,
        request: CleanEntityStorageRequest,
    ) -> Result<CleanEntityStorageResponse, Status> {
        let cleaning = EntityCleaning {
            remove_empty: request.remove_empty_entities,
            release_orphaned_locks: request.release_orphaned_locks,
        };
        let token = text(request.continuation_token);
        let cleaned = self.client.clean_entities(cleaning, token.as_deref()).await;
        let cleaned = cleaned.map_err(status)?;
        Ok(CleanEntityStorageResponse {
            continuation_token: cleaned.next,
            empty_entities_removed: count(cleaned.removed),
            orphaned_locks_released: count(cleaned.released),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_entities_are_checked() {
        assert_eq!(
            entity_id("@Counter@a@b").unwrap().to_string(),
            "@counter@a@b"
        );
        for wrong in ["", "order", "@", "@counter", "@@k", "@counter@", "@a/b@k"] {
            let status = entity_id(wrong).unwrap_err();
            assert_eq!(status.code(), tonic::Code::InvalidArgument, "{wrong}");
            assert!(status.message().starts_with("instanceId: "), "{status}");
        }
    }
}
