//! What a client does beside starting and waiting: lists, purges, rewinds, restarts, reads what
//! happened, looks at entities.

use std::time::Duration;

use durable_task::wire::proto::history_event::EventType;
use durable_task::{
    Client, ClientError, EntityCleaning, EntityFilter, EntityId, Fetch, InstanceFilter, InstanceId,
    InstanceState, StartRequest, Status, WaitFor,
};
use serde_json::{Value, json};

/// How long anything may take.
const TIMEOUT: Duration = Duration::from_secs(40);
/// How often something is looked at.
const LOOK: Duration = Duration::from_millis(20);

fn id(text: &str) -> InstanceId {
    InstanceId::new(text).unwrap()
}

async fn start(client: &dyn Client, name: &str, steps: &Value) {
    let mut request = StartRequest::new("Script", id(name)).input_json(steps.to_string());
    request.version = Some(String::new());
    client.start(request).await.unwrap();
}

async fn ended(client: &dyn Client, instance: &InstanceId) -> InstanceState {
    let state = client.wait(instance, WaitFor::Completion, TIMEOUT).await;
    let state = state.unwrap();
    assert!(state.status.is_terminal(), "{state:?}");
    state
}

/// Every page of a query.
async fn listed(client: &dyn Client, filter: &InstanceFilter) -> Vec<String> {
    let (mut found, mut token) = (Vec::new(), None::<String>);
    loop {
        let page = client
            .query(filter, Fetch::Metadata, 2, token.as_deref())
            .await
            .unwrap();
        let ids = page.items.iter().map(|state| state.instance_id.to_string());
        found.extend(ids);
        token = page.next;
        if token.is_none() {
            found.sort();
            return found;
        }
    }
}

/// What a service does when it is to remove an instance that has not ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum PurgeOfRunning {
    Refused,
    Done,
}

/// Lists and purges, where `Script` is served.
pub async fn instances(client: &dyn Client, purge_of_running: PurgeOfRunning) {
    let names = ["m-0", "m-1", "m-2", "m-3", "m-4"];
    for name in names {
        start(client, name, &json!([{"call": "Echo", "input": 1}])).await;
    }
    start(client, "m-waits", &json!([{"wait": "go"}])).await;
    for name in names {
        ended(client, &id(name)).await;
    }
    client
        .wait(&id("m-waits"), WaitFor::Start, TIMEOUT)
        .await
        .unwrap();
    let completed = InstanceFilter {
        statuses: vec![Status::Completed],
        id_prefix: Some("m-".into()),
        ..InstanceFilter::default()
    };
    assert_eq!(listed(client, &completed).await, names);
    let running = InstanceFilter {
        statuses: vec![Status::Running],
        ..completed.clone()
    };
    assert_eq!(listed(client, &running).await, ["m-waits"]);
    assert_eq!(client.purge(&id("m-0"), false).await, Ok(1));
    assert_eq!(client.get(&id("m-0"), Fetch::Metadata).await, Ok(None));
    let gone = client.purge(&id("m-0"), false).await;
    assert_eq!(
        gone,
        Err(ClientError::NotFound {
            instance: id("m-0")
        })
    );
    let early = client.purge(&id("m-waits"), false).await;
    match purge_of_running {
        PurgeOfRunning::Refused => {
            let is_refused = matches!(early, Err(ClientError::InvalidState { .. }));
            assert!(is_refused, "{early:?}");
        }
        PurgeOfRunning::Done => {
            assert_eq!(early, Ok(1));
            start(client, "m-waits", &json!([{"wait": "go"}])).await;
        }
    }
    let purged = client.purge_matching(&completed, TIMEOUT).await.unwrap();
    assert_eq!((purged.removed, purged.complete), (4, true));
    assert_eq!(listed(client, &completed).await, Vec::<String>::new());
    client.terminate(&id("m-waits"), None, false).await.unwrap();
    let state = ended(client, &id("m-waits")).await;
    assert_eq!(state.status, Status::Terminated);
}

/// Rewinds, restarts and histories.
pub async fn past(client: &dyn Client) {
    let steps = json!([{"call": "Echo", "input": 1},
                       {"call": "FailTimes", "input": {"key": "rewound", "times": 1}}]);
    start(client, "rewound", &steps).await;
    let first = ended(client, &id("rewound")).await;
    assert_eq!(first.status, Status::Failed);
    client
        .rewind(&id("rewound"), Some("again".into()))
        .await
        .unwrap();
    let rewound = async {
        loop {
            let state = client
                .get(&id("rewound"), Fetch::Payloads)
                .await
                .unwrap()
                .unwrap();
            if state.status == Status::Completed {
                return state;
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    let rewound = tokio::time::timeout(TIMEOUT, rewound).await.unwrap();
    let output: Value = serde_json::from_str(rewound.output.as_deref().unwrap()).unwrap();
    assert_eq!(output[0], 1);
    // Only what has failed can be rewound.
    assert!(client.rewind(&id("rewound"), None).await.is_err());

    start(
        client,
        "restarted",
        &json!([{"call": "Hello", "input": "a"}]),
    )
    .await;
    let first = ended(client, &id("restarted")).await;
    let other = client.restart(&id("restarted"), true).await.unwrap();
    assert_ne!(other, id("restarted"));
    assert_eq!(ended(client, &other).await.output, first.output);
    let same = client.restart(&id("restarted"), false).await.unwrap();
    assert_eq!(same, id("restarted"));
    assert_eq!(ended(client, &same).await.output, first.output);

    let events = client.history(&other).await.unwrap();
    let position = |wanted: fn(&EventType) -> bool| {
        let mut types = events.iter().map(|event| event.event_type.as_ref());
        types.position(|event| event.is_some_and(wanted))
    };
    let order = [
        position(|event| matches!(event, EventType::ExecutionStarted(_))),
        position(|event| matches!(event, EventType::TaskScheduled(_))),
        position(|event| matches!(event, EventType::TaskCompleted(_))),
        position(|event| matches!(event, EventType::ExecutionCompleted(_))),
    ];
    assert!(
        order[0].is_some() && order.is_sorted_by(|a, b| a < b),
        "{order:?}"
    );
    let part = client.history_part(&other, None, Some(1)).await.unwrap();
    assert_eq!(part.events, events[1..]);
}

/// Signals, states and listings of entities.
pub async fn entities(client: &dyn Client) {
    let entity = |key: &str| EntityId::parse(&format!("@counter@{key}")).unwrap();
    let keys = ["managed-0", "managed-1", "managed-2"];
    for key in keys {
        let input = Some(String::from("3"));
        client
            .signal_entity(&entity(key), "add", input, None)
            .await
            .unwrap();
    }
    for key in keys {
        let has_state = async {
            loop {
                let found = client.get_entity(&entity(key), true).await.unwrap();
                if found.and_then(|found| found.state).as_deref() == Some("3") {
                    return;
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::time::timeout(TIMEOUT, has_state).await.unwrap();
    }
    let filter = EntityFilter {
        id_prefix: Some("@counter@managed-".into()),
        ..EntityFilter::default()
    };
    let (mut found, mut token) = (Vec::new(), None::<String>);
    loop {
        let page = client
            .query_entities(&filter, true, 2, token.as_deref())
            .await
            .unwrap();
        found.extend(
            page.items
                .into_iter()
                .map(|one| (one.id.to_string(), one.state)),
        );
        token = page.next;
        if token.is_none() {
            break;
        }
    }
    found.sort();
    let expected = keys.map(|key| (entity(key).to_string(), Some(String::from("3"))));
    assert_eq!(found, expected);
    assert_eq!(client.get_entity(&entity("nobody"), true).await, Ok(None));
    let cleaning = EntityCleaning {
        remove_empty: true,
        release_orphaned_locks: true,
    };
    client.clean_entities(cleaning, None).await.unwrap();
    // What has a state is left alone.
    assert!(
        client
            .get_entity(&entity(keys[0]), false)
            .await
            .unwrap()
            .is_some()
    );
}
