//! Runs that failed go on after a rewind, and runs that were suspended go on where they stood.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use agent_sdk::App;
use agent_sdk::prelude::*;
use agent_sdk::workflow::Workflow;
use durable_task::{Fetch, InstanceId, Status, WaitFor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::stage::{Outcome, PATIENCE, Stage, Story};

/// A part that breaks, and how often what was done.
#[derive(Clone, Default)]
struct Machine {
    breaks: Arc<AtomicBool>,
    runs: Arc<Mutex<BTreeMap<String, u32>>>,
}

impl Machine {
    fn ran(&self, what: impl Into<String>) {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        *runs.entry(what.into()).or_default() += 1;
    }

    fn runs(&self) -> BTreeMap<String, u32> {
        let runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        runs.clone()
    }

    /// A failure as long as it is broken, for one of the parts.
    fn works(&self, is_this: bool) -> Result<(), ExecutorError> {
        if is_this && self.breaks.load(Ordering::SeqCst) {
            return Err(ExecutorError::failed("the part is broken"));
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
enum Place {
    /// One of several at once.
    Item,
    /// Within a sub-workflow.
    Inner,
    /// The last.
    End,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Order {
    place: Place,
    count: u32,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Weak(Place);

#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
struct Log(Vec<u32>);

impl Log {
    fn join(mut self, mut later: Self) -> Self {
        self.0.append(&mut later.0);
        self
    }
}

#[derive(WorkflowState)]
struct Plant {
    weak: Weak,
    #[slot(default, reduce = Log::join)]
    log: Log,
}

#[executor(writes(Weak))]
async fn plan(
    order: Order,
    machine: &Machine,
    ctx: &WorkflowContext<plan>,
) -> Result<Vec<u32>, ExecutorError> {
    machine.ran("plan");
    ctx.set::<Weak>(Weak(order.place));
    Ok((0..order.count).collect())
}

#[executor(reads(Weak), writes(Log))]
async fn make(
    item: u32,
    machine: &Machine,
    ctx: &WorkflowContext<make>,
) -> Result<u32, ExecutorError> {
    machine.ran(format!("make {item}"));
    ctx.set::<Log>(Log(vec![item]));
    ctx.add_event("made", &item);
    machine.works(item == 1 && ctx.get::<Weak>().0 == Place::Item)?;
    Ok(item * 10)
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Load {
    place: Place,
    items: Vec<u32>,
}

#[executor(reads(Weak))]
async fn pack(
    items: Vec<u32>,
    machine: &Machine,
    ctx: &WorkflowContext<pack>,
) -> Result<Load, ExecutorError> {
    machine.ran("pack");
    let place = ctx.get::<Weak>().0;
    Ok(Load { place, items })
}

#[executor]
async fn lift(load: Load, machine: &Machine) -> Result<Load, ExecutorError> {
    machine.ran("lift");
    Ok(load)
}

#[executor]
async fn drive(load: Load, machine: &Machine) -> Result<u32, ExecutorError> {
    machine.ran("drive");
    machine.works(load.place == Place::Inner)?;
    Ok(load.items.iter().sum())
}

#[executor(reads(Weak, Log))]
async fn sign(
    sum: u32,
    machine: &Machine,
    ctx: &WorkflowContext<sign>,
) -> Result<Vec<u32>, ExecutorError> {
    machine.ran("sign");
    machine.works(ctx.get::<Weak>().0 == Place::End)?;
    let mut signed = ctx.get::<Log>().0;
    signed.push(sum);
    Ok(signed)
}

#[workflow]
fn haul(load: Load) -> u32 {
    lift >> drive;
}

#[workflow(state = Plant)]
fn produce(order: Order) -> Vec<u32> {
    plan >> each(make) >> pack >> haul >> sign;
}

async fn stage(machine: &Machine) -> Outcome<Stage> {
    let app = App::builder()
        .workflow::<produce>()
        .workflow::<yard>()
        .workflow::<filing>();
    Stage::new(app.resource(machine.clone()).build()?).await
}

/// The kinds and nodes of its events.
fn outline(story: &Story) -> Vec<(&Value, &Value, &Value)> {
    let events = story.events.iter();
    events
        .map(|event| (&event["type"], &event["executor_id"], &event["iteration"]))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rewound_run_repeats_what_failed_and_nothing_else() -> Outcome {
    for (place, node, repeated) in [
        (Place::Item, "make", vec!["make 1"]),
        (Place::Inner, "haul", vec!["drive"]),
        (Place::End, "sign", vec!["sign"]),
    ] {
        let machine = Machine::default();
        let stage = stage(&machine).await?;
        let order = serde_json::to_value(Order { place, count: 3 })?;
        // One that never fails tells what is to come of it.
        let smooth = stage.run(produce::NAME, &order).await?;
        let once = machine.runs();
        machine.breaks.store(true, Ordering::SeqCst);
        let run = stage.start(produce::NAME, &order).await?;
        let failed = stage.story(produce::NAME, &run).await?;
        let failure = failed.failure.ok_or("it did not fail")?;
        assert!(
            failure.starts_with(&format!("node `{node}` failed")),
            "{failure}"
        );
        assert!(failure.contains("the part is broken"), "{failure}");
        machine.breaks.store(false, Ordering::SeqCst);
        stage
            .hub
            .client()
            .rewind(&run, Some(String::from("mended")))
            .await?;
        let mended = stage.story(produce::NAME, &run).await?;
        assert_eq!(
            mended.outputs,
            Some(vec![json!([0, 1, 2, 30])]),
            "{place:?}"
        );
        assert_eq!(outline(&mended), outline(&smooth), "{place:?}");
        assert_eq!(mended, smooth, "{place:?}");
        for (what, runs) in machine.runs() {
            let before = once.get(&what).copied().unwrap_or_default();
            let expected = if repeated.contains(&what.as_str()) {
                3
            } else {
                2 * before
            };
            assert_eq!(runs, expected, "{place:?}: {what}");
        }
    }
    Ok(())
}

#[request_port(response = u32)]
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Toll {
    item: u32,
}

#[executor]
async fn split(count: u32, machine: &Machine) -> Result<Vec<u32>, ExecutorError> {
    machine.ran("split");
    Ok((0..count).collect())
}

#[executor]
async fn tow(item: u32, machine: &Machine) -> Result<Toll, ExecutorError> {
    machine.ran(format!("tow {item}"));
    Ok(Toll { item })
}

#[executor]
async fn weigh(paid: u32, machine: &Machine) -> Result<u32, ExecutorError> {
    machine.ran(format!("weigh {paid}"));
    machine.works(paid > 0)?;
    Ok(paid + 1)
}

#[executor]
async fn tell(weights: Vec<u32>, machine: &Machine) -> Result<Vec<u32>, ExecutorError> {
    machine.ran("tell");
    Ok(weights)
}

#[workflow]
fn bay(paid: u32) -> u32 {
    weigh;
}

#[workflow]
fn lane(item: u32) -> u32 {
    tow >> Toll >> bay;
}

#[workflow]
fn yard(count: u32) -> Vec<u32> {
    split >> each(lane) >> tell;
}

/// A run of `yard` with three lanes, each of which has its answer.
async fn paid(stage: &Stage) -> Outcome<InstanceId> {
    let run = stage.start(yard::NAME, &json!(3)).await?;
    let asks = stage.once(yard::NAME, &run, |status| status.pending.len() == 3);
    for (open, pays) in asks.await?.pending.iter().zip(["0", "10", "20"]) {
        let client = &stage.client;
        client.respond(yard::NAME, &run, &open.id, pays).await?;
    }
    Ok(run)
}

/// How each lane of a run stands, and its bay.
async fn lanes(stage: &Stage, run: &InstanceId) -> Outcome<Vec<[Status; 2]>> {
    let hub = stage.hub.client();
    let mut lanes = Vec::new();
    for number in 0..3 {
        let lane = format!("{run}::lane::{number}");
        let bay = format!("{lane}::bay::0");
        let mut stands = [Status::Pending; 2];
        for (id, stands) in [lane, bay].into_iter().zip(&mut stands) {
            let id = InstanceId::from_stored(id);
            let found = hub.get(&id, Fetch::Metadata).await?;
            *stands = found.ok_or("it was never started")?.status;
        }
        lanes.push(stands);
    }
    Ok(lanes)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rewound_run_rewinds_the_sub_workflows_that_failed_and_no_other() -> Outcome {
    const WELL: [Status; 2] = [Status::Completed; 2];
    const ILL: [Status; 2] = [Status::Failed; 2];
    let machine = Machine::default();
    let stage = stage(&machine).await?;
    let smooth = paid(&stage).await?;
    let smooth = stage.story(yard::NAME, &smooth).await?;
    assert_eq!(smooth.outputs, Some(vec![json!([1, 11, 21])]));

    machine.breaks.store(true, Ordering::SeqCst);
    let run = paid(&stage).await?;
    let failed = stage.story(yard::NAME, &run).await?;
    let failure = failed.failure.clone().ok_or("it did not fail")?;
    assert!(failure.starts_with("node `lane` failed"), "{failure}");
    assert!(failure.contains("the part is broken"), "{failure}");
    assert_eq!(lanes(&stage, &run).await?, [WELL, ILL, ILL]);
    // Nothing is mended yet: it fails once more, in the same way.
    let hub = stage.hub.client();
    hub.rewind(&run, None).await?;
    let again = stage.once(yard::NAME, &run, |status| {
        let runs = machine.runs();
        status.status.is_terminal() && runs["weigh 10"] == 3 && runs["weigh 20"] == 3
    });
    again.await?;
    assert_eq!(stage.story(yard::NAME, &run).await?, failed);
    assert_eq!(lanes(&stage, &run).await?, [WELL, ILL, ILL]);

    machine.breaks.store(false, Ordering::SeqCst);
    hub.rewind(&run, Some(String::from("mended"))).await?;
    // What was answered is not asked again: it ends by itself.
    let mended = stage.story(yard::NAME, &run).await?;
    assert_eq!(mended, smooth);
    assert_eq!(lanes(&stage, &run).await?, [WELL; 3]);
    let mut expected: BTreeMap<String, u32> = ["split", "tell", "weigh 0"]
        .map(|what| (what.to_owned(), 2))
        .into();
    expected.extend((0..3).map(|item| (format!("tow {item}"), 2)));
    expected.extend(["weigh 10", "weigh 20"].map(|what| (what.to_owned(), 4)));
    assert_eq!(machine.runs(), expected);
    Ok(())
}

#[request_port(response = u32)]
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Clerk {
    sheet: u32,
}

#[executor]
async fn sheets(count: u32) -> Result<Vec<Clerk>, ExecutorError> {
    Ok((0..count).map(|sheet| Clerk { sheet }).collect())
}

#[workflow]
fn office(count: u32) -> Vec<u32> {
    sheets >> each(Clerk);
}

#[executor]
async fn count(answers: Vec<u32>, machine: &Machine) -> Result<u32, ExecutorError> {
    machine.ran("count");
    Ok(answers.into_iter().sum())
}

#[workflow]
fn filing(sheets: u32) -> u32 {
    office >> count;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspended_run_takes_its_answers_when_it_is_resumed() -> Outcome {
    let machine = Machine::default();
    let stage = stage(&machine).await?;
    let run = stage.start(filing::NAME, &json!(3)).await?;
    let asks = stage.once(filing::NAME, &run, |status| status.pending.len() == 3);
    let ids: Vec<String> = asks
        .await?
        .pending
        .into_iter()
        .map(|open| open.id)
        .collect();
    let hub = stage.hub.client();
    let inner = InstanceId::from_stored(format!("{run}::office::0"));
    for instance in [&inner, &run] {
        hub.suspend(instance, None).await?;
    }
    for (id, answer) in ids.iter().zip([1, 20, 300]) {
        stage
            .client
            .respond(filing::NAME, &run, id, &answer.to_string())
            .await?;
    }
    let status = stage.client.status(filing::NAME, &run).await?;
    assert_eq!(status.status, Status::Suspended);
    assert_eq!(machine.runs(), BTreeMap::new(), "nothing goes on");
    // The inner one goes on by itself; the outer one still waits.
    hub.resume(&inner, None).await?;
    let waited = hub.wait(&inner, WaitFor::Completion, PATIENCE).await?;
    assert_eq!(waited.status, Status::Completed);
    assert_eq!(machine.runs(), BTreeMap::new(), "nothing goes on");
    hub.resume(&run, None).await?;
    let story = stage.story(filing::NAME, &run).await?;
    assert_eq!(story.outputs, Some(vec![json!(321)]));
    assert_eq!(machine.runs(), BTreeMap::from([(String::from("count"), 1)]));
    Ok(())
}
