//! From what a worker can do to what it asks for, and from what a service sends to work.

use std::collections::BTreeMap;

use crate::wire::proto::history_event::EventType;
use crate::wire::proto::{
    self, ActivityFilter, EntityBatchRequest, EntityRequest, GetWorkItemsRequest, OperationInfo,
    OperationRequest, OrchestrationFilter, OrchestrationInstance, WorkItemFilters,
    WorkerCapability,
};
use crate::{Accepts, NameAndVersion, WorkerProfile};

/// What a worker asks for.
pub(super) fn ask(profile: &WorkerProfile, worker_id: &str, filters: bool) -> GetWorkItemsRequest {
    // Without code of a kind there is no room for it: an empty filter would mean everything.
    let room = |accepts: bool, max: usize| {
        let max = if accepts { max } else { 0 };
        i32::try_from(max).unwrap_or(i32::MAX)
    };
    let WorkerProfile {
        orchestrators,
        activities,
        entities,
        ..
    } = profile;
    GetWorkItemsRequest {
        max_concurrent_orchestration_work_items: room(
            some(orchestrators),
            profile.orchestrations_max,
        ),
        max_concurrent_activity_work_items: room(some(activities), profile.activities_max),
        max_concurrent_entity_work_items: room(some(entities), profile.entities_max),
        capabilities: vec![WorkerCapability::HistoryStreaming.into()],
        work_item_filters: filters.then(|| WorkItemFilters {
            orchestrations: by_name(orchestrators)
                .into_iter()
                .map(|(name, versions)| OrchestrationFilter { name, versions })
                .collect(),
            activities: by_name(activities)
                .into_iter()
                .map(|(name, versions)| ActivityFilter { name, versions })
                .collect(),
            entities: match entities {
                Accepts::Everything => Vec::new(),
                Accepts::Only(entities) => entities
                    .iter()
                    .map(|entity| proto::EntityFilter {
                        name: entity.name.clone(),
                    })
                    .collect(),
            },
        }),
        worker_instance_id: worker_id.to_owned(),
    }
}

fn some<T>(accepts: &Accepts<T>) -> bool {
    match accepts {
        Accepts::Everything => true,
        Accepts::Only(list) => !list.is_empty(),
    }
}

/// Versions by name. No versions are all; an empty one is none.
fn by_name(accepts: &Accepts<NameAndVersion>) -> BTreeMap<String, Vec<String>> {
    let Accepts::Only(list) = accepts else {
        return BTreeMap::new();
    };
    let mut names: BTreeMap<&str, Vec<Option<&str>>> = BTreeMap::new();
    for NameAndVersion { name, version } in list {
        names.entry(name).or_default().push(version.as_deref());
    }
    let versions_of = |versions: Vec<Option<&str>>| {
        if versions.contains(&None) {
            return Vec::new();
        }
        // A start without a version runs the newest one.
        let mut texts = vec![String::new()];
        let others = versions
            .into_iter()
            .flatten()
            .filter(|text| !text.is_empty());
        texts.extend(others.map(str::to_owned));
        texts
    };
    names
        .into_iter()
        .map(|(name, versions)| (name.to_owned(), versions_of(versions)))
        .collect()
}

/// The operations of an entity request of the newer form, and what the answer has to tell of each.
pub(super) fn batch(request: EntityRequest) -> (EntityBatchRequest, Vec<OperationInfo>) {
    let mut operations = Vec::with_capacity(request.operation_requests.len());
    let mut infos = Vec::with_capacity(request.operation_requests.len());
    for event in request.operation_requests {
        let (request_id, operation, input, caller) = match event.event_type {
            Some(EventType::EntityOperationSignaled(signal)) => {
                (signal.request_id, signal.operation, signal.input, None)
            }
            Some(EventType::EntityOperationCalled(call)) => {
                let caller = call
                    .parent_instance_id
                    .map(|instance_id| OrchestrationInstance {
                        instance_id,
                        execution_id: call.parent_execution_id,
                    });
                (call.request_id, call.operation, call.input, caller)
            }
            // Locks are the service's own business.
            _ => continue,
        };
        operations.push(OperationRequest {
            operation,
            request_id: request_id.clone(),
            input,
            trace_context: None,
        });
        infos.push(OperationInfo {
            request_id,
            response_destination: caller,
        });
    }
    let batch = EntityBatchRequest {
        instance_id: request.instance_id,
        entity_state: request.entity_state,
        operations,
        ..EntityBatchRequest::default()
    };
    (batch, infos)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EntityProfile;
    use crate::wire::proto::{
        EntityLockRequestedEvent, EntityOperationCalledEvent, EntityOperationSignaledEvent,
        HistoryEvent,
    };

    fn named(list: &[(&str, Option<&str>)]) -> Accepts<NameAndVersion> {
        let pairs = list.iter().map(|(name, version)| NameAndVersion {
            name: (*name).to_owned(),
            version: version.map(str::to_owned),
        });
        Accepts::Only(pairs.collect())
    }

    #[test]
    fn a_worker_asks_for_what_it_has_code_for() {
        let profile = WorkerProfile {
            orchestrators: named(&[
                ("a", Some("")),
                ("b", Some("")),
                ("b", Some("1.0")),
                ("b", Some("2.0")),
                ("c", Some("1.0")),
            ]),
            activities: named(&[("x", None)]),
            entities: Accepts::Only(vec![EntityProfile {
                name: "counter".into(),
                synchronous: true,
            }]),
            orchestrations_max: 1,
            activities_max: 2,
            entities_max: usize::MAX,
            remote: false,
            events_bytes_max: None,
        };
        let request = ask(&profile, "w", true);
        assert_eq!(request.max_concurrent_orchestration_work_items, 1);
        assert_eq!(request.max_concurrent_activity_work_items, 2);
        assert_eq!(request.max_concurrent_entity_work_items, i32::MAX);
        assert_eq!(request.capabilities, [1]);
        assert_eq!(request.worker_instance_id, "w");
        let filters = request.work_item_filters.unwrap();
        let found: Vec<(&str, Vec<&str>)> = filters
            .orchestrations
            .iter()
            .map(|filter| {
                let versions = filter.versions.iter().map(String::as_str).collect();
                (filter.name.as_str(), versions)
            })
            .collect();
        let expected = [
            ("a", vec![""]),
            ("b", vec!["", "1.0", "2.0"]),
            ("c", vec!["", "1.0"]),
        ];
        assert_eq!(found, expected);
        assert_eq!(filters.activities.len(), 1);
        assert_eq!(filters.activities[0].versions, Vec::<String>::new());
        assert_eq!(filters.entities[0].name, "counter");
    }

    #[test]
    fn a_kind_without_code_has_no_room_and_filters_can_be_left_out() {
        let profile = WorkerProfile {
            activities: Accepts::Everything,
            orchestrations_max: 10,
            activities_max: 10,
            entities_max: 10,
            ..WorkerProfile::default()
        };
        let request = ask(&profile, "w", false);
        assert_eq!(request.max_concurrent_orchestration_work_items, 0);
        assert_eq!(request.max_concurrent_activity_work_items, 10);
        assert_eq!(request.max_concurrent_entity_work_items, 0);
        assert_eq!(request.work_item_filters, None);
    }

    #[test]
    fn operations_are_kept_in_order_with_their_callers() {
        let event = |event_type| HistoryEvent {
            event_type: Some(event_type),
            ..HistoryEvent::default()
        };
        let call = EventType::EntityOperationCalled(EntityOperationCalledEvent {
            request_id: "1".into(),
            operation: "get".into(),
            parent_instance_id: Some("o".into()),
            parent_execution_id: Some("e".into()),
            ..EntityOperationCalledEvent::default()
        });
        let lock = EventType::EntityLockRequested(EntityLockRequestedEvent::default());
        let signal = EventType::EntityOperationSignaled(EntityOperationSignaledEvent {
            request_id: "2".into(),
            operation: "add".into(),
            input: Some("3".into()),
            ..EntityOperationSignaledEvent::default()
        });
        let (batch, infos) = batch(EntityRequest {
            instance_id: "@counter@k".into(),
            entity_state: Some("7".into()),
            operation_requests: vec![event(call), event(lock), event(signal)],
            ..EntityRequest::default()
        });
        assert_eq!(batch.entity_state.as_deref(), Some("7"));
        let names: Vec<&str> = batch.operations.iter().map(|one| &*one.operation).collect();
        assert_eq!(names, ["get", "add"]);
        assert_eq!(batch.operations[1].input.as_deref(), Some("3"));
        let destination = infos[0].response_destination.as_ref().unwrap();
        assert_eq!(destination.instance_id, "o");
        assert_eq!(destination.execution_id.as_deref(), Some("e"));
        assert_eq!(infos[1].request_id, "2");
        assert_eq!(infos[1].response_destination, None);
    }
}
