//! What a stream of work items is for.

use durable_task::wire::proto::{GetWorkItemsRequest, WorkItemFilters};
use durable_task::{Accepts, EntityProfile, NameAndVersion, WorkerProfile};
use tonic::Status;

use super::status::invalid;
use super::{EntityForm, SidecarOptions};

/// How many items of a kind a worker gets at once that does not say how many it wants.
const ITEMS_DEFAULT: usize = 100;
/// How many items of a kind a worker gets at once that wants more.
const ITEMS_MAX: usize = 10_000;

/// What a worker asks for.
pub(super) fn profile(
    request: &GetWorkItemsRequest,
    options: &SidecarOptions,
) -> Result<WorkerProfile, Status> {
    let filters = request.work_item_filters.as_ref();
    let filters = filters.filter(|filters| **filters != WorkItemFilters::default());
    let entities_max = items_max(
        "maxConcurrentEntityWorkItems",
        request.max_concurrent_entity_work_items,
    )?;
    Ok(WorkerProfile {
        orchestrators: only(filters, |filters| {
            let filters = filters.orchestrations.iter();
            filters
                .flat_map(|filter| names(&filter.name, &filter.versions))
                .collect()
        }),
        activities: only(filters, |filters| {
            let filters = filters.activities.iter();
            filters
                .flat_map(|filter| names(&filter.name, &filter.versions))
                .collect()
        }),
        entities: only(filters, |filters| {
            let names = filters.entities.iter();
            names
                .map(|filter| EntityProfile {
                    name: filter.name.to_lowercase(),
                    synchronous: false,
                })
                .collect()
        }),
        orchestrations_max: items_max(
            "maxConcurrentOrchestrationWorkItems",
            request.max_concurrent_orchestration_work_items,
        )?,
        activities_max: items_max(
            "maxConcurrentActivityWorkItems",
            request.max_concurrent_activity_work_items,
        )?,
        entities_max: match options.entity_form {
            EntityForm::V1 => 1,
            EntityForm::V2 => entities_max,
        },
        remote: true,
        events_bytes_max: Some(options.payload_bytes_max()),
    })
}

fn items_max(field: &str, asked: i32) -> Result<usize, Status> {
    match usize::try_from(asked) {
        Ok(0) => Ok(ITEMS_DEFAULT),
        Ok(asked) => Ok(asked.min(ITEMS_MAX)),
        Err(_) => Err(invalid(field, format_args!("{asked} is less than none"))),
    }
}

fn only<T>(
    filters: Option<&WorkItemFilters>,
    of: impl FnOnce(&WorkItemFilters) -> Vec<T>,
) -> Accepts<T> {
    filters.map_or(Accepts::Everything, |filters| Accepts::Only(of(filters)))
}

/// A name with the versions that are taken; none means all.
fn names(name: &str, versions: &[String]) -> Vec<NameAndVersion> {
    let of = |version: Option<String>| NameAndVersion {
        name: name.to_owned(),
        version,
    };
    if versions.is_empty() {
        return vec![of(None)];
    }
    versions
        .iter()
        .map(|version| of(Some(version.clone())))
        .collect()
}

#[cfg(test)]
mod tests {
    use durable_task::wire::proto::{ActivityFilter, EntityFilter, OrchestrationFilter};

    use super::*;

    fn of_form(entity_form: EntityForm) -> SidecarOptions {
        SidecarOptions {
            entity_form,
            ..SidecarOptions::default()
        }
    }

    fn of(filters: Option<WorkItemFilters>) -> WorkerProfile {
        let request = GetWorkItemsRequest {
            work_item_filters: filters,
            ..GetWorkItemsRequest::default()
        };
        profile(&request, &of_form(EntityForm::V2)).unwrap()
    }

    #[test]
    fn without_filters_and_with_empty_ones_everything_is_taken() {
        for filters in [None, Some(WorkItemFilters::default())] {
            let profile = of(filters);
            assert_eq!(profile.orchestrators, Accepts::Everything);
            assert_eq!(profile.activities, Accepts::Everything);
            assert_eq!(profile.entities, Accepts::Everything);
            assert!(profile.remote);
        }
    }

    #[test]
    fn a_kind_that_filters_do_not_name_is_not_taken() {
        let profile = of(Some(WorkItemFilters {
            orchestrations: vec![OrchestrationFilter {
                name: String::from("Order"),
                versions: vec![String::from("1.0"), String::from("2.0")],
            }],
            activities: vec![ActivityFilter {
                name: String::from("Pay"),
                versions: Vec::new(),
            }],
            entities: Vec::new(),
        }));
        let named = |name: &str, version: Option<&str>| NameAndVersion {
            name: name.to_owned(),
            version: version.map(str::to_owned),
        };
        assert_eq!(
            profile.orchestrators,
            Accepts::Only(vec![
                named("Order", Some("1.0")),
                named("Order", Some("2.0"))
            ])
        );
        assert_eq!(profile.activities, Accepts::Only(vec![named("Pay", None)]));
        assert_eq!(profile.entities, Accepts::Only(Vec::new()));
    }

    #[test]
    fn names_of_entities_have_no_case() {
        let profile = of(Some(WorkItemFilters {
            entities: vec![EntityFilter {
                name: String::from("Counter"),
            }],
            ..WorkItemFilters::default()
        }));
        let Accepts::Only(entities) = profile.entities else {
            panic!("everything");
        };
        assert_eq!(entities[0].name, "counter");
        assert!(!entities[0].synchronous, "its effects leave the process");
    }

    #[test]
    fn a_worker_gets_as_many_items_as_it_wants_within_bounds() {
        for (asked, got) in [(0, ITEMS_DEFAULT), (1, 1), (i32::MAX, ITEMS_MAX)] {
            let request = GetWorkItemsRequest {
                max_concurrent_orchestration_work_items: asked,
                max_concurrent_activity_work_items: asked,
                max_concurrent_entity_work_items: asked,
                ..GetWorkItemsRequest::default()
            };
            let v2 = profile(&request, &of_form(EntityForm::V2)).unwrap();
            let counts = [v2.orchestrations_max, v2.activities_max, v2.entities_max];
            assert_eq!(counts, [got; 3]);
            let v1 = profile(&request, &of_form(EntityForm::V1)).unwrap();
            assert_eq!(v1.entities_max, 1);
        }
        let request = GetWorkItemsRequest {
            max_concurrent_activity_work_items: -1,
            ..GetWorkItemsRequest::default()
        };
        let status = profile(&request, &of_form(EntityForm::V2)).unwrap_err();
        assert_eq!(
            status.message(),
            "maxConcurrentActivityWorkItems: -1 is less than none"
        );
    }
}
