//! Every statement finds its rows by an index.

use durable_task::{Fetch, InstanceFilter, InstanceId, Status, Timestamp};

use rusqlite::StatementStatus;

use super::File;
use crate::store::listing::Cursor;
use crate::store::sqlite::query::{self, Query};
use crate::store::sqlite::{commit, entity, instance, listing, load, open_work, remove};

fn plan(file: &File, sql: &str) -> Vec<String> {
    let mut statement = file
        .connection
        .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
        .unwrap();
    // Parameters that are not bound are null, which does not matter to a plan.
    let mut rows = statement.raw_query();
    let mut details = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        details.push(row.get(3).unwrap());
    }
    details
}

fn is_direct(detail: &str) -> bool {
    !detail.contains("TEMP B-TREE") && !detail.starts_with("SCAN")
}

#[test]
fn hot_statements_search_and_never_sort() {
    let file = File::new();
    let mut statements = vec![
        instance::KEY,
        instance::STEP,
        instance::END,
        entity::HEAD,
        entity::SPLICED,
        entity::SPLICES,
        entity::ROW,
        load::INSTANCE,
        load::TASKS,
        load::TIMERS,
        load::MESSAGES,
        load::EXECUTION,
        load::HISTORY,
        open_work::NEXT_TARGET,
        open_work::ACTIVITIES,
        open_work::TIMERS,
        open_work::PARKED,
        open_work::CHUNKS,
        query::CHILDREN,
        query::BACKLOG,
        listing::ENTITIES,
        listing::ONLY_MESSAGES,
        listing::ENDED,
        query::ENTITY,
        query::ENTITY_STATE,
    ];
    statements.extend(remove::STATEMENTS);
    for removal in [commit::TASK, commit::TIMER, commit::MESSAGE] {
        statements.extend([removal.payload, removal.row]);
    }
    for sql in statements {
        let plan = plan(&file, sql);
        assert!(!plan.is_empty(), "{sql}");
        let direct = plan.iter().all(|detail| is_direct(detail));
        assert!(direct, "{sql}\n{plan:#?}");
    }
}

#[test]
fn hot_windows_use_the_index_made_for_them() {
    let file = File::new();
    for (sql, index) in [
        (load::TASKS, "tasks_by_instance"),
        (load::TIMERS, "timers_by_target"),
        (load::MESSAGES, "messages_by_target"),
        (open_work::NEXT_TARGET, "COVERING INDEX messages_by_target"),
        (open_work::TIMERS, "timers_by_time"),
        (open_work::PARKED, "COVERING INDEX instances_parked"),
        (listing::ENDED, "instances_by_end"),
        (query::CHILDREN, "COVERING INDEX instances_by_parent"),
        (query::BACKLOG, "COVERING INDEX messages_by_target"),
    ] {
        let plan = plan(&file, sql);
        let used = plan.iter().any(|detail| detail.contains(index));
        assert!(used, "{sql}\n{plan:#?}");
    }
}

#[test]
fn listings_read_an_index_in_their_order() {
    let file = File::new();
    let all = InstanceFilter::default();
    let by_status = InstanceFilter {
        statuses: vec![Status::Completed, Status::Failed],
        name: Some("Order".to_owned()),
        completed_to: Some(Timestamp::EPOCH),
        ..InstanceFilter::default()
    };
    let by_time = InstanceFilter {
        created_from: Some(Timestamp::EPOCH),
        created_to: Some(Timestamp::EPOCH),
        ..InstanceFilter::default()
    };
    let children = InstanceFilter {
        parent: Some(InstanceId::from_stored("p")),
        ..InstanceFilter::default()
    };
    let cursor = Cursor {
        created_at: Timestamp::EPOCH,
        id: "a".to_owned(),
    };
    for (filter, index) in [
        (all, "instances_by_creation"),
        (by_status, "instances_by_creation"),
        (by_time, "instances_by_creation"),
        (children, "instances_by_parent"),
    ] {
        for fetch in [Fetch::Metadata, Fetch::Payloads] {
            for after in [None, Some(&cursor)] {
                let query = Query::new(&filter, fetch, after, 10);
                let plan = plan(&file, &query.sql);
                let sorted = plan.iter().any(|detail| detail.contains("TEMP B-TREE"));
                let used = plan.iter().any(|detail| detail.contains(index));
                assert!(used && !sorted, "{}\n{plan:#?}", query.sql);
                if after.is_some() {
                    let searched = plan.iter().all(|detail| is_direct(detail));
                    assert!(searched, "{}\n{plan:#?}", query.sql);
                }
            }
        }
    }
}

#[test]
fn text_of_a_query_holds_no_value() {
    let filter = InstanceFilter {
        statuses: vec![Status::Completed],
        name: Some("'; DROP".to_owned()),
        id_prefix: Some("secret".to_owned()),
        parent: Some(InstanceId::from_stored("secret")),
        tags: [("secret".to_owned(), "secret".to_owned())].into(),
        ..InstanceFilter::default()
    };
    let query = Query::new(&filter, Fetch::Metadata, None, 10);
    assert!(!query.sql.contains("secret") && !query.sql.contains("DROP"));
    assert_eq!(query.sql.matches('?').count(), query.parameters.len());
}

#[test]
fn statements_about_one_instance_are_planned_once() {
    let file = File::new();
    let of_one = [Fetch::Metadata, Fetch::Payloads].map(query::of_one);
    for sql in [instance::KEY, load::INSTANCE, &of_one[0], &of_one[1]] {
        let mut statement = file.connection.prepare(sql).unwrap();
        for id in ["a", "b", "c"] {
            let mut rows = statement.query([id]).unwrap();
            assert!(rows.next().unwrap().is_none());
        }
        let planned_again = statement.get_status(StatementStatus::RePrepare);
        assert_eq!(planned_again, 0, "{sql}");
    }
}
