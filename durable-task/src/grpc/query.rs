//! Listings. What the protocol has no filter for is filtered here.

use std::time::Duration;

use tokio::time::Instant;

use crate::wire::proto::purge_instances_request::Request as Which;
use crate::wire::proto::{self, OrchestrationStatus};
use crate::{
    Client, ClientError, EntityFilter, EntityMetadata, Fetch, InstanceFilter, InstanceState, Page,
    Purged, Status,
};

use super::client::{GrpcClient, call};
use super::connection::Role;

/// How many instances are looked at together where a purge needs to look.
const PURGE_PAGE: usize = 100;

/// A page of instances. It may have fewer than asked for, and still another after it.
pub(super) async fn instances(
    client: &GrpcClient,
    filter: &InstanceFilter,
    fetch: Fetch,
    page_size: usize,
    token: Option<&str>,
) -> Result<Page<InstanceState>, ClientError> {
    let query = proto::InstanceQuery {
        runtime_status: statuses(filter),
        created_time_from: filter.created_from.map(Into::into),
        created_time_to: filter.created_to.map(Into::into),
        max_instance_count: i32::try_from(page_size).unwrap_or(i32::MAX),
        continuation_token: token.map(str::to_owned),
        instance_id_prefix: filter.id_prefix.clone(),
        fetch_inputs_and_outputs: fetch == Fetch::Payloads,
        ..proto::InstanceQuery::default()
    };
    let message = proto::QueryInstancesRequest { query: Some(query) };
    let answer = call!(client, query_instances, message)
        .map_err(|error| error.for_client("list instances", None))?;
    let states = answer.orchestration_state.into_iter();
    Ok(Page {
        items: states
            .map(InstanceState::from)
            .filter(|state| selects(filter, state))
            .collect(),
        next: next(answer.continuation_token),
    })
}

fn statuses(filter: &InstanceFilter) -> Vec<i32> {
    let statuses = filter.statuses.iter();
    statuses
        .map(|status| OrchestrationStatus::from(*status).into())
        .collect()
}

/// Whether the filter selects the instance, by all that it says: services differ in what they
/// look at.
fn selects(filter: &InstanceFilter, state: &InstanceState) -> bool {
    let is_in = |time, from: Option<_>, to: Option<_>| {
        from.is_none_or(|from| time >= from) && to.is_none_or(|to| time < to)
    };
    let completed = (filter.completed_from, filter.completed_to);
    let is_completed_in = match state.completed_at {
        Some(time) => is_in(time, completed.0, completed.1),
        None => completed == (None, None),
    };
    let prefix = filter.id_prefix.as_deref();
    is_completed_in
        && is_in(state.created_at, filter.created_from, filter.created_to)
        && (filter.statuses.is_empty() || filter.statuses.contains(&state.status))
        && prefix.is_none_or(|prefix| state.instance_id.as_str().starts_with(prefix))
        && filter.name.as_ref().is_none_or(|name| *name == state.name)
        && (filter.parent.is_none() || filter.parent == state.parent)
        && filter
            .tags
            .iter()
            .all(|(key, value)| state.tags.get(key) == Some(value))
}

/// Whether the service's own filter of purges says all that this one does.
fn is_served(filter: &InstanceFilter) -> bool {
    let InstanceFilter {
        statuses: _,
        created_from: _,
        created_to: _,
        completed_from,
        completed_to,
        name,
        id_prefix,
        parent,
        tags,
    } = filter;
    let texts = name.is_none() && id_prefix.is_none() && parent.is_none();
    texts && completed_from.is_none() && completed_to.is_none() && tags.is_empty()
}

/// Removes ended instances: by the service's filter where that says enough, else one by one.
pub(super) async fn purge_matching(
    client: &GrpcClient,
    filter: &InstanceFilter,
    time: Duration,
) -> Result<Purged, ClientError> {
    let mut filter = filter.clone();
    if filter.statuses.is_empty() {
        filter.statuses = vec![
            Status::Completed,
            Status::Failed,
            Status::Terminated,
            Status::Canceled,
        ];
    }
    filter.statuses.retain(|status| status.is_terminal());
    if filter.statuses.is_empty() {
        return Ok(Purged {
            removed: 0,
            complete: true,
        });
    }
    if !is_served(&filter) {
        return purge_one_by_one(client, &filter, time).await;
    }
    let message = proto::PurgeInstancesRequest {
        recursive: false,
        is_orchestration: true,
        request: Some(Which::PurgeInstanceFilter(proto::PurgeInstanceFilter {
            created_time_from: filter.created_from.map(Into::into),
            created_time_to: filter.created_to.map(Into::into),
            runtime_status: statuses(&filter),
            timeout: prost_types::Duration::try_from(time).ok(),
        })),
    };
    let connection = client.connection();
    let mut service = connection.calls();
    let how = (
        Role::Client,
        connection.options().call_timeout.saturating_add(time),
    );
    let answer = connection
        .call(how, message, |request| async move {
            service.purge_instances(request).await
        })
        .await
        .map_err(|error| error.for_client("purge by a filter", None))?;
    Ok(Purged {
        removed: u64::try_from(answer.deleted_instance_count).unwrap_or(0),
        complete: answer.is_complete.unwrap_or(true),
    })
}

async fn purge_one_by_one(
    client: &GrpcClient,
    filter: &InstanceFilter,
    time: Duration,
) -> Result<Purged, ClientError> {
    let begun = Instant::now();
    let (mut removed, mut token) = (0, None);
    loop {
        let page = instances(
            client,
            filter,
            Fetch::Metadata,
            PURGE_PAGE,
            token.as_deref(),
        )
        .await?;
        for state in page.items {
            if begun.elapsed() >= time {
                let complete = false;
                return Ok(Purged { removed, complete });
            }
            match client.purge(&state.instance_id, false).await {
                Ok(count) => removed += count,
                // Somebody else was faster, or has started it once more.
                Err(ClientError::NotFound { .. } | ClientError::InvalidState { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        token = page.next;
        if token.is_none() {
            let complete = true;
            return Ok(Purged { removed, complete });
        }
    }
}

/// A page of entities.
pub(super) async fn entities(
    client: &GrpcClient,
    filter: &EntityFilter,
    include_state: bool,
    page_size: usize,
    token: Option<&str>,
) -> Result<Page<EntityMetadata>, ClientError> {
    let query = proto::EntityQuery {
        instance_id_starts_with: filter.id_prefix.clone(),
        last_modified_from: filter.modified_from.map(Into::into),
        last_modified_to: filter.modified_to.map(Into::into),
        include_state,
        include_transient: filter.include_transient,
        page_size: Some(i32::try_from(page_size).unwrap_or(i32::MAX)),
        continuation_token: token.map(str::to_owned),
    };
    let message = proto::QueryEntitiesRequest { query: Some(query) };
    let answer = call!(client, query_entities, message)
        .map_err(|error| error.for_client("list entities", None))?;
    Ok(Page {
        items: answer
            .entities
            .into_iter()
            .map(entity)
            .collect::<Result<_, _>>()?,
        next: next(answer.continuation_token),
    })
}

/// An entity as the service tells of it.
pub(super) fn entity(metadata: proto::EntityMetadata) -> Result<EntityMetadata, ClientError> {
    metadata.try_into().map_err(|id| ClientError::Invalid {
        field: "answer",
        // Shortened: it may be anything.
        problem: format!("the service calls `{id:.120}` an entity"),
    })
}

/// Services write the end of a listing as no token or as an empty one.
pub(super) fn next(token: Option<String>) -> Option<String> {
    token.filter(|token| !token.is_empty())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{InstanceId, Timestamp};

    #[test]
    fn what_is_no_entity_is_shown_shortened() {
        let metadata = proto::EntityMetadata {
            instance_id: "x".repeat(5_000),
            ..proto::EntityMetadata::default()
        };
        let error = entity(metadata).unwrap_err().to_string();
        assert!(error.contains("xxx` an entity"), "{error}");
        assert!(error.len() < 300, "{error}");
    }

    fn state() -> InstanceState {
        InstanceState {
            parent: Some(InstanceId::from_stored("p")),
            tags: BTreeMap::from([("a".into(), "b".into()), ("c".into(), "d".into())]),
            completed_at: Some(Timestamp::from_ticks(20)),
            created_at: Timestamp::from_ticks(10),
            ..proto::OrchestrationState {
                instance_id: "abc".into(),
                name: "n".into(),
                orchestration_status: 1,
                ..Default::default()
            }
            .into()
        }
    }

    #[test]
    fn a_filter_selects_by_all_that_it_says() {
        let at = |ticks| Some(Timestamp::from_ticks(ticks));
        let all = InstanceFilter {
            statuses: vec![Status::Completed],
            created_from: at(10),
            created_to: at(11),
            completed_from: at(20),
            completed_to: at(21),
            name: Some("n".into()),
            id_prefix: Some("ab".into()),
            parent: Some(InstanceId::from_stored("p")),
            tags: BTreeMap::from([("a".into(), "b".into())]),
        };
        assert!(selects(&InstanceFilter::default(), &state()));
        assert!(selects(&all, &state()));
        let changes: [fn(&mut InstanceFilter); 9] = [
            |filter| filter.statuses = vec![Status::Failed],
            |filter| filter.created_from = Some(Timestamp::from_ticks(11)),
            |filter| filter.created_to = Some(Timestamp::from_ticks(10)),
            |filter| filter.completed_from = Some(Timestamp::from_ticks(21)),
            |filter| filter.completed_to = Some(Timestamp::from_ticks(20)),
            |filter| filter.name = Some("m".into()),
            |filter| filter.id_prefix = Some("bc".into()),
            |filter| filter.parent = Some(InstanceId::from_stored("q")),
            |filter| filter.tags = BTreeMap::from([("a".into(), "c".into())]),
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let mut filter = all.clone();
            change(&mut filter);
            assert!(!selects(&filter, &state()), "change {number}");
        }
        let running = InstanceState {
            completed_at: None,
            ..state()
        };
        assert!(!selects(&all, &running));
    }

    #[test]
    fn what_the_service_can_filter_is_left_to_it() {
        let mut filter = InstanceFilter {
            statuses: vec![Status::Failed],
            created_to: Some(Timestamp::EPOCH),
            ..InstanceFilter::default()
        };
        assert!(is_served(&filter));
        assert_eq!(statuses(&filter), [3]);
        filter.id_prefix = Some("a".into());
        assert!(!is_served(&filter));
    }

    #[test]
    fn an_empty_token_is_the_end() {
        assert_eq!(next(Some(String::new())), None);
        assert_eq!(next(Some("t".into())).as_deref(), Some("t"));
    }
}
