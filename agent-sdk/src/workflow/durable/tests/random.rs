//! Random graphs: in memory, on a hub, and on hubs that die in the middle, they are the same run.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use durable_task::InstanceId;
use durable_task::testing::TestRuntime;
use durable_task::wire::proto::history_event::EventType;
use futures_util::future::{Either, select};
use proptest::prelude::*;
use serde_json::{Value, json};
use task_hub::store::memory::MemoryStore;

use super::fixture::*;
use crate::workflow::generate::{Doom, Jitter, Mix, answer_of, graph as generated};
use crate::workflow::runner::GraphRunner;
use crate::workflow::superstep::{Event, EventKind};
use crate::workflow::{Graph, NodeCode, WorkflowError};

/// Longer than any run here takes; reached only by a test that fails.
const STUCK: Duration = Duration::from_mins(1);
/// Between two looks at a run that goes on.
const LOOK: Duration = Duration::from_millis(2);
/// How many seeds are tried to find a graph that does what is wished for.
const SEEDS: u64 = 300;
/// How long executors take their time, where that is not drawn.
const SEED: u64 = 11;
/// Longer than an executor waits before it is tried again.
const RETRIES: Duration = Duration::from_mins(1);

/// What a run comes to: its outputs or why it failed, and its events.
type Ending = (Result<Vec<Value>, String>, Vec<Value>);

fn as_json(events: impl IntoIterator<Item = Event>) -> Vec<Value> {
    let events = events.into_iter();
    events
        .map(|event| serde_json::to_value(event).unwrap())
        .collect()
}

/// How a test drives a graph in memory: what came of it, and what it was asked on the way.
struct Rehearsal {
    ending: Ending,
    /// The requests that were answered, in order.
    answered: Vec<String>,
    /// A run and one of its sub-workflows waited for answers at the same time.
    both_asked: bool,
}

fn is_inner(request: &str) -> bool {
    request.contains('~')
}

/// In memory. Once nothing else is left to do, requests are answered one by one, in the order of
/// their ids.
async fn rehearse(graph: &'static Graph, input: &Value) -> Rehearsal {
    let runner = GraphRunner::new(graph);
    let mut run = runner.start(message(input.clone())).await.unwrap();
    let mut answered = Vec::new();
    let mut both_asked = false;
    loop {
        run.advance(RETRIES).await;
        if run.has_ended() {
            break;
        }
        let requests = run.requests();
        let inner = requests.iter().filter(|open| is_inner(&open.id)).count();
        both_asked |= (1..requests.len()).contains(&inner);
        let first = requests.iter().min_by_key(|open| open.id.clone());
        let open = first.expect("it waits for an answer");
        let answer = answer_of(&open.data);
        run.answer(&open.id, answer.json()).await.unwrap();
        answered.push(open.id.clone());
    }
    let outputs = run.outputs().map_err(|error| error.to_string());
    let outputs = outputs.map(|outputs| outputs.iter().map(value).collect());
    Rehearsal {
        ending: (outputs, as_json(run.events().to_vec())),
        answered,
        both_asked,
    }
}

/// What the histories of a run and of those that it has started say.
#[derive(Debug, PartialEq)]
struct Look {
    /// How long they are.
    lengths: Vec<usize>,
    /// None of them does anything but wait for answers.
    waits: bool,
    /// One of them waits for time.
    sleeps: bool,
}

/// Looks at a run and then at what it has started: where one of those waits for an answer, it did
/// not end meanwhile, and the run above did not go on.
async fn look(scene: &Scene, run: &InstanceId) -> Look {
    let hub = scene.hub.client();
    let mut look = Look {
        lengths: Vec::new(),
        waits: true,
        sleeps: false,
    };
    let mut runs = vec![run.clone()];
    while let Some(run) = runs.pop() {
        // One that was just started is not there yet.
        let history = hub.history(&run).await.unwrap_or_default();
        look.lengths.push(history.len());
        look.waits &= !history.is_empty();
        let mut open = BTreeMap::new();
        for event in &history {
            let Some(what) = &event.event_type else {
                continue;
            };
            match what {
                EventType::TaskScheduled(_)
                | EventType::TimerCreated(_)
                | EventType::SubOrchestrationInstanceCreated(_) => {
                    open.insert(event.event_id, what);
                }
                EventType::TaskCompleted(end) => drop(open.remove(&end.task_scheduled_id)),
                EventType::TaskFailed(end) => drop(open.remove(&end.task_scheduled_id)),
                EventType::TimerFired(end) => drop(open.remove(&end.timer_id)),
                EventType::SubOrchestrationInstanceCompleted(end) => {
                    open.remove(&end.task_scheduled_id);
                }
                EventType::SubOrchestrationInstanceFailed(end) => {
                    open.remove(&end.task_scheduled_id);
                }
                EventType::ExecutionCompleted(_) => look.waits = false,
                _ => {}
            }
        }
        for what in open.into_values() {
            match what {
                EventType::SubOrchestrationInstanceCreated(child) => {
                    runs.push(InstanceId::from_stored(child.instance_id.clone()));
                }
                what => {
                    look.waits = false;
                    look.sleeps |= matches!(what, EventType::TimerCreated(_));
                }
            }
        }
    }
    look
}

/// On a hub, from wherever it stands there, in the same order of answers.
async fn on_hub(scene: &Scene, runtime: &TestRuntime, input: &Value) -> Ending {
    let started = scene
        .client
        .start_named("generated", &input.to_string(), Some("r"))
        .await;
    let run = &started.unwrap().run;
    loop {
        let before = look(scene, run).await;
        let status = scene.client.status("generated", run).await.unwrap();
        if status.status.is_terminal() {
            let outputs = match &status.outputs {
                Some(outputs) => Ok(outputs.iter().map(value).collect()),
                None => Err(status.failure.unwrap().message),
            };
            return (outputs, events(scene, run).await);
        }
        // An answer of an earlier life may be taken at any time.
        if !before.waits || before != look(scene, run).await {
            if before.sleeps {
                runtime.advance(RETRIES);
            }
            tokio::time::sleep(LOOK).await;
            continue;
        }
        let first = status.pending.iter().min_by_key(|open| open.id.clone());
        let open = first.expect("it waits for an answer");
        let answer = answer_of(open.data.as_ref().unwrap());
        let done = scene
            .client
            .respond("generated", run, &open.id, answer.json());
        match done.await {
            // One of an earlier life came first.
            Ok(_) | Err(WorkflowError::RequestClosed { .. }) => {}
            Err(error) => panic!("{error}"),
        }
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
    let runtime = TestRuntime::new();
    let scene = Scene::on(
        app.build().unwrap(),
        Arc::clone(store),
        Arc::new(runtime.clone()),
    )
    .await;
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
    let work = std::pin::pin!(on_hub(&scene, &runtime, input));
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

/// Everything in one graph: ports, sub-workflows with ports, executors that fail at first.
fn graph_of(seed: u64, size: u64, failures: bool) -> &'static Graph {
    let mix = Mix {
        ports: true,
        workflows: true,
        failures,
        flaky: true,
    };
    generated(seed, size, mix)
}

/// Whether an executor of it was tried more than once: each that is tried again fails at first.
fn was_tried_again(graph: &Graph, rehearsal: &Rehearsal) -> bool {
    graph.nodes.iter().any(|node| {
        let is_flaky = match node.code() {
            Some(NodeCode::Executor(executor)) => executor.retry.is_some(),
            _ => false,
        };
        let of_node =
            |event: &Value| event["type"] == "executor_invoked" && event["executor_id"] == node.id;
        is_flaky && rehearsal.ending.1.iter().any(of_node)
    })
}

fn ball(value: u64) -> Value {
    json!({"value": value, "fuel": 3})
}

/// A graph that a test wants, from a seed on, with what comes of it in memory; else the last that
/// was looked at.
async fn sought(
    (seed, size, failures): (u64, u64, bool),
    input: &Value,
    seeds: u64,
    is_wanted: impl Fn(&Graph, &Rehearsal) -> bool,
) -> (&'static Graph, Rehearsal) {
    let mut seed = seed;
    for _ in 1..seeds {
        let graph = graph_of(seed, size, failures);
        let rehearsal = rehearse(graph, input).await;
        if is_wanted(graph, &rehearsal) {
            return (graph, rehearsal);
        }
        seed = seed.wrapping_add(1);
    }
    let graph = graph_of(seed, size, failures);
    (graph, rehearse(graph, input).await)
}

/// What a case of the property may ask for.
#[derive(Debug, Clone, Copy)]
enum Wish {
    Anything,
    /// A question inside of a sub-workflow, and an executor that is tried again.
    Inner,
    /// A question inside at the same time as one outside.
    Both,
}

impl Wish {
    fn holds(self, graph: &Graph, rehearsal: &Rehearsal) -> bool {
        match self {
            Self::Anything => true,
            Self::Inner => {
                let asked_inside = rehearsal.answered.iter().any(|id| is_inner(id));
                asked_inside && was_tried_again(graph, rehearsal)
            }
            Self::Both => rehearsal.both_asked,
        }
    }
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
        wish in prop_oneof![Just(Wish::Anything), Just(Wish::Inner), Just(Wish::Both)],
        failures in proptest::bool::weighted(0.3),
        crashes in proptest::collection::vec(death(), 0..5),
        given in 0_u64..1000,
    ) {
        let input = ball(given);
        let (expected, found) = block_on(async {
            let wanted = |graph: &Graph, rehearsal: &Rehearsal| wish.holds(graph, rehearsal);
            let (graph, rehearsal) = sought((seed, size, failures), &input, SEEDS, wanted).await;
            let found = with_crashes(graph, &crashes, (&input, seed));
            (rehearsal.ending, tokio::time::timeout(STUCK, found).await)
        });
        let found = found.map_err(|_| TestCaseError::fail("it is stuck"))?;
        prop_assert_eq!(found.0, expected.0);
        prop_assert_eq!(found.1, expected.1);
    }
}

/// Almost every wish is granted; else the comparison would say little.
#[test]
fn graphs_are_found_that_ask_inside_and_outside_at_once() {
    let input = ball(7);
    block_on(async {
        for wish in [Wish::Inner, Wish::Both] {
            let mut granted = 0;
            for case in 0..10 {
                let wanted = |graph: &Graph, rehearsal: &Rehearsal| wish.holds(graph, rehearsal);
                let from = (case * 1_000_000, 1 + case, false);
                let (graph, rehearsal) = sought(from, &input, SEEDS, wanted).await;
                granted += u32::from(wish.holds(graph, &rehearsal));
            }
            assert!(granted >= 7, "{wish:?}: {granted} of 10");
        }
    });
}

/// A run with many supersteps, in which everything happens.
async fn long_run(input: &Value) -> (&'static Graph, Ending) {
    let is_long = |graph: &Graph, rehearsal: &Rehearsal| {
        let supersteps = rehearsal.ending.1.iter();
        let begun = supersteps.filter(|event| event["type"] == "superstep_started");
        rehearsal.ending.0.is_ok()
            && (8..15).contains(&begun.count())
            && rehearsal.both_asked
            && was_tried_again(graph, rehearsal)
    };
    let (graph, rehearsal) = sought((0, 8, false), input, u64::MAX, is_long).await;
    (graph, rehearsal.ending)
}

/// Every commit of a run, one after the other: between two supersteps, and while executors run.
#[test]
fn a_crash_before_any_commit_changes_nothing() {
    every_crash(Death::Commits, 8);
}

/// Every step of every executor, one after the other: it has begun, and never ends.
#[test]
fn a_crash_inside_of_any_executor_changes_nothing() {
    every_crash(Death::Steps, 16);
}

fn every_crash(death: fn(usize) -> Death, at_least: usize) {
    let input = ball(7);
    block_on(async {
        let (graph, expected) = long_run(&input).await;
        for number in 0.. {
            let mut store: Arc<MemoryStore> = Arc::default();
            let first = life(graph, &store, death(number), (&input, SEED)).await;
            if first.is_some() {
                assert!(number > at_least, "only {number}");
                break;
            }
            store = Arc::new(store.after_crash());
            let ending = life(graph, &store, Death::Never, (&input, SEED + 1)).await;
            assert_eq!(ending.as_ref(), Some(&expected), "{:?}", death(number));
        }
    });
}
