//! Random graphs: in memory, on a hub, and on hubs that die in the middle, they are the same run.

use std::sync::Arc;
use std::time::Duration;

use durable_task::InstanceId;
use durable_task::testing::TestRuntime;
use futures_util::future::{Either, select};
use proptest::prelude::*;
use serde_json::{Value, json};
use task_hub::store::memory::MemoryStore;

use super::fixture::*;
use crate::workflow::generate::{Doom, Jitter, Mix, answer_of, graph as generated};
use crate::workflow::runner::GraphRunner;
use crate::workflow::superstep::{Event, EventKind};
use crate::workflow::{Graph, WorkflowStatus};

/// Longer than any run here takes; reached only by a test that fails.
const STUCK: Duration = Duration::from_mins(1);

/// What a run comes to: its outputs or why it failed, and its events.
type Ending = (Result<Vec<Value>, String>, Vec<Value>);

fn as_json(events: impl IntoIterator<Item = Event>) -> Vec<Value> {
    let events = events.into_iter();
    events
        .map(|event| serde_json::to_value(event).unwrap())
        .collect()
}

/// In memory. Requests are answered one by one, in the order of their ids.
async fn in_memory(graph: &'static Graph, input: &Value) -> Ending {
    let runner = GraphRunner::new(graph);
    let mut run = runner.start(message(input.clone())).await.unwrap();
    while !run.has_ended() {
        let requests = run.requests();
        let first = requests.iter().min_by_key(|open| open.id.clone());
        let open = first.expect("it waits for an answer");
        let answer = answer_of(&open.data);
        run.answer(&open.id, answer.json()).await.unwrap();
    }
    let outputs = run.outputs().map_err(|error| error.to_string());
    let outputs = outputs.map(|outputs| outputs.iter().map(value).collect());
    (outputs, as_json(run.events().to_vec()))
}

/// On a hub, from wherever it stands there, in the same order of answers.
async fn on_hub(scene: &Scene, input: &Value) -> Ending {
    let started = scene
        .client
        .start_named("generated", &input.to_string(), Some("r"))
        .await;
    let run = &started.unwrap().run;
    loop {
        let stands = |status: &WorkflowStatus| {
            let custom = status.custom_status.as_ref();
            let waits = custom.is_some_and(|custom| {
                custom["state"] == "waiting_for_human_input" && custom["busy"] != true
            });
            waits || status.status.is_terminal()
        };
        let status = scene.once("generated", run, stands).await;
        if status.status.is_terminal() {
            let outputs = match &status.outputs {
                Some(outputs) => Ok(outputs.iter().map(value).collect()),
                None => Err(status.failure.unwrap().message),
            };
            return (outputs, events(scene, run).await);
        }
        let first = status.pending.iter().min_by_key(|open| open.id.clone());
        let Some(open) = first else { continue };
        let answer = answer_of(open.data.as_ref().unwrap());
        let done = scene
            .client
            .respond("generated", run, &open.id, answer.json());
        done.await.unwrap();
    }
}

async fn events(scene: &Scene, run: &InstanceId) -> Vec<Value> {
    let page = scene.client.events("generated", run, 0).await.unwrap();
    let events = page.events.into_iter().map(|recorded| recorded.event);
    // An answer may come twice, where a process died in between.
    as_json(events.filter(|event| event.kind != EventKind::RequestIgnored))
}

/// When a process dies.
#[derive(Debug, Clone, Copy)]
enum Death {
    /// The commit after so many is never made.
    Commits(usize),
    /// An executor that has begun never ends, after so many steps of executors.
    Steps(usize),
    Never,
}

fn death() -> impl Strategy<Value = Death> {
    prop_oneof![
        (0_usize..12).prop_map(Death::Commits),
        (0_usize..30).prop_map(Death::Steps),
    ]
}

/// One process: the run goes on until it ends, or the process dies.
async fn life(
    graph: &'static Graph,
    store: &Arc<MemoryStore>,
    death: Death,
    (input, seed): (&Value, u64),
) -> Option<Ending> {
    let steps = match death {
        Death::Steps(steps) => steps,
        _ => usize::MAX,
    };
    let doom = Doom::after(steps);
    let app = app(&[graph]).resource(Jitter(seed)).resource(doom.clone());
    let runtime = Arc::new(TestRuntime::new());
    let scene = Scene::on(app.build().unwrap(), Arc::clone(store), runtime).await;
    let faults = store.faults();
    if let Death::Commits(commits) = death {
        faults.hold_after(commits);
    }
    let dies = async {
        match death {
            Death::Commits(_) => faults.commit_is_held().await,
            Death::Steps(_) => doom.has_struck().await,
            Death::Never => std::future::pending().await,
        }
    };
    let work = std::pin::pin!(on_hub(&scene, input));
    let ending = match select(std::pin::pin!(dies), work).await {
        Either::Left(((), _)) => None,
        Either::Right((ending, _)) => Some(ending),
    };
    if ending.is_none() {
        // What executors do when they are told to end is not heard of.
        faults.hold_after(0);
    }
    scene.worker.drain(Duration::ZERO).await;
    ending
}

/// Dies again and again, and then lives on.
async fn with_crashes(
    graph: &'static Graph,
    crashes: &[Death],
    (input, seed): (&Value, u64),
) -> Ending {
    let mut store: Arc<MemoryStore> = Arc::default();
    let lives = crashes.iter().copied().chain([Death::Never]);
    for (number, death) in lives.enumerate() {
        let seed = seed + number as u64;
        if let Some(ending) = life(graph, &store, death, (input, seed)).await {
            return ending;
        }
        store = Arc::new(store.after_crash());
    }
    panic!("the last life ends with the run");
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(work)
}

fn graph_of(seed: u64, size: u64, ports: bool, failures: bool) -> &'static Graph {
    // Which of two runs at once waits is not said from outside: either ports or sub-workflows.
    let mix = Mix {
        ports,
        workflows: !ports,
        failures,
        flaky: false,
    };
    generated(seed, size, mix)
}

fn ball(value: u64) -> Value {
    json!({"value": value, "fuel": 3})
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24,
        max_shrink_iters: 20,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_run_is_the_same_in_memory_on_a_hub_and_after_crashes(
        seed: u64,
        size in 1_u64..14,
        ports: bool,
        failures in proptest::bool::weighted(0.3),
        crashes in proptest::collection::vec(death(), 0..5),
        given in 0_u64..1000,
    ) {
        let graph = graph_of(seed, size, ports, failures);
        let input = ball(given);
        let (expected, found) = block_on(async {
            let expected = in_memory(graph, &input).await;
            let found = with_crashes(graph, &crashes, (&input, seed));
            (expected, tokio::time::timeout(STUCK, found).await)
        });
        let found = found.map_err(|_| TestCaseError::fail("it is stuck"))?;
        prop_assert_eq!(found.0, expected.0);
        prop_assert_eq!(found.1, expected.1);
    }
}

/// A run with many supersteps.
async fn long_run(ports: bool, input: &Value) -> (u64, &'static Graph, Ending) {
    for seed in 0.. {
        let graph = graph_of(seed, 8, ports, false);
        let ending = in_memory(graph, input).await;
        let supersteps = ending.1.iter();
        let begun = supersteps.filter(|event| event["type"] == "superstep_started");
        if ending.0.is_ok() && (8..15).contains(&begun.count()) {
            return (seed, graph, ending);
        }
    }
    unreachable!("there is no end of seeds")
}

/// Every commit of a run, one after the other: between two supersteps, and while executors run.
#[test]
fn a_crash_before_any_commit_changes_nothing() {
    for ports in [true, false] {
        let input = ball(7);
        block_on(async {
            let (seed, graph, expected) = long_run(ports, &input).await;
            for commits in 0.. {
                let mut store: Arc<MemoryStore> = Arc::default();
                let death = Death::Commits(commits);
                let first = life(graph, &store, death, (&input, seed)).await;
                if first.is_some() {
                    assert!(commits > 4, "only {commits} commits");
                    break;
                }
                store = Arc::new(store.after_crash());
                let ending = life(graph, &store, Death::Never, (&input, seed + 1)).await;
                assert_eq!(ending.as_ref(), Some(&expected), "after {commits} commits");
            }
        });
    }
}

/// Every step of every executor, one after the other: it has begun, and never ends.
#[test]
fn a_crash_inside_of_any_executor_changes_nothing() {
    for ports in [true, false] {
        let input = ball(7);
        block_on(async {
            let (seed, graph, expected) = long_run(ports, &input).await;
            for steps in 0.. {
                let mut store: Arc<MemoryStore> = Arc::default();
                let first = life(graph, &store, Death::Steps(steps), (&input, seed)).await;
                if first.is_some() {
                    assert!(steps > 8, "only {steps} steps");
                    break;
                }
                store = Arc::new(store.after_crash());
                let ending = life(graph, &store, Death::Never, (&input, seed + 1)).await;
                assert_eq!(ending.as_ref(), Some(&expected), "after {steps} steps");
            }
        });
    }
}
