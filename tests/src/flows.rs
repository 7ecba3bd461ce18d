//! Workflows that the tests and the benchmarks run, with everything that a graph can have.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use agent_sdk::prelude::*;
use agent_sdk::workflow::{Graph, Message, Workflow};
use agent_sdk::{App, AppError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An executor takes up to this long, so that kills meet it at work.
const WORK_MS_MAX: u64 = 5;
/// The text of these workflows' application that is certainly in a binary with them.
pub const IN_THE_BINARY: &str = "the sum is not what was asked for";

/// How far a journey is, and how many rounds it still has.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Leg {
    /// A number that every step mixes.
    pub value: u64,
    /// How many rounds are left.
    pub rounds: u64,
}

/// What comes after a round.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub enum Turn {
    /// Another round.
    Again(Leg),
    /// The stops of what follows.
    On(Vec<u64>),
}

/// The state of a journey.
#[derive(WorkflowState)]
pub struct Luggage {
    /// Set at the start.
    pub ticket: Ticket,
    /// Both sides of a fork write it.
    #[slot(default, reduce = Stamps::join)]
    pub stamps: Stamps,
}

/// Which journey this is.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
pub struct Ticket(pub u64);

/// Where a journey has been, in order.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Stamps(pub Vec<u64>);

impl Stamps {
    fn join(mut self, mut later: Self) -> Self {
        self.0.append(&mut later.0);
        self
    }
}

/// A question to somebody outside.
#[request_port(response = Visa)]
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Border {
    /// For which stop.
    pub stop: u64,
}

/// The answer.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Visa {
    /// A number.
    pub days: u64,
}

/// What a [`Border`] is answered: always the same for the same question.
pub fn visa(question: &Message) -> Result<Visa, serde_json::Error> {
    let border: Border = serde_json::from_str(question.json())?;
    Ok(Visa {
        days: mix(border.stop, 17) % 30,
    })
}

/// What a journey gives.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Diary {
    sum: u64,
    stamps: usize,
    ticket: u64,
}

fn mix(one: u64, other: u64) -> u64 {
    (one ^ other.rotate_left(9)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16
}

/// How many points have been passed in this process.
static POINTS: AtomicU64 = AtomicU64::new(0);
/// The point that ends the process.
static DEATH: AtomicU64 = AtomicU64::new(u64::MAX);

/// Ends this process, without any farewell, when an executor has passed so many more points: in the
/// middle of its function.
pub fn die_after(points: u64) {
    let passed = POINTS.load(Ordering::SeqCst);
    DEATH.store(passed.saturating_add(points), Ordering::SeqCst);
}

/// A place in the middle of an executor.
fn point() {
    if POINTS.fetch_add(1, Ordering::SeqCst) >= DEATH.load(Ordering::SeqCst) {
        std::process::abort();
    }
}

async fn work(number: u64) {
    point();
    tokio::time::sleep(Duration::from_millis(number % (WORK_MS_MAX + 1))).await;
}

#[executor(writes(Ticket))]
async fn depart(leg: Leg, ctx: &WorkflowContext<depart>) -> Result<Leg, ExecutorError> {
    work(leg.value).await;
    ctx.set::<Ticket>(Ticket(leg.value));
    ctx.add_event("departed", &leg);
    point();
    Ok(leg)
}

#[executor]
async fn go_on(leg: Leg) -> Result<Leg, ExecutorError> {
    work(leg.rounds).await;
    Ok(leg)
}

#[executor(writes(Stamps))]
async fn by_road(leg: Leg, ctx: &WorkflowContext<by_road>) -> Result<Leg, ExecutorError> {
    work(leg.value).await;
    ctx.set::<Stamps>(Stamps(vec![leg.value]));
    ctx.add_event("stamped", &leg.value);
    point();
    Ok(Leg {
        value: mix(leg.value, 1),
        ..leg
    })
}

#[executor(reads(Ticket), writes(Stamps))]
async fn by_sea(leg: Leg, ctx: &WorkflowContext<by_sea>) -> Result<Leg, ExecutorError> {
    work(leg.rounds).await;
    ctx.set::<Stamps>(Stamps(vec![leg.rounds]));
    point();
    ctx.add_event("stamped", &leg.rounds);
    Ok(Leg {
        value: mix(leg.value, ctx.get::<Ticket>().0),
        ..leg
    })
}

#[executor]
async fn meet((road, sea): (Leg, Leg)) -> Result<Turn, ExecutorError> {
    let value = mix(road.value, sea.value);
    work(value).await;
    if road.rounds > 0 {
        let rounds = road.rounds - 1;
        return Ok(Turn::Again(Leg { value, rounds }));
    }
    Ok(Turn::On(
        (0..4 + value % 3).map(|stop| mix(value, stop)).collect(),
    ))
}

#[executor]
async fn visit(stop: u64) -> Result<u64, ExecutorError> {
    work(stop).await;
    Ok(mix(stop, 3))
}

#[executor]
async fn arrive(stops: Vec<u64>) -> Result<Border, ExecutorError> {
    let stop = stops.into_iter().fold(0, mix);
    work(stop).await;
    Ok(Border { stop })
}

#[executor]
async fn pass(visa: Visa) -> Result<u64, ExecutorError> {
    work(visa.days).await;
    Ok(visa.days)
}

#[executor]
async fn ask_around(days: u64) -> Result<Vec<Border>, ExecutorError> {
    work(days).await;
    Ok((0..2 + days % 2)
        .map(|stop| Border {
            stop: mix(days, stop),
        })
        .collect())
}

#[executor]
async fn add_up(visas: Vec<Visa>) -> Result<u64, ExecutorError> {
    let sum = visas.iter().map(|visa| visa.days).sum();
    work(sum).await;
    Ok(sum)
}

#[executor(reads(Ticket), may_read(Stamps))]
async fn write_down(sum: u64, ctx: &WorkflowContext<write_down>) -> Result<Diary, ExecutorError> {
    if sum > 1_000 {
        return Err(ExecutorError::failed(IN_THE_BINARY));
    }
    let stamps = ctx.try_get::<Stamps>();
    Ok(Diary {
        sum,
        stamps: stamps.map_or(0, |stamps| stamps.0.len()),
        ticket: ctx.get::<Ticket>().0,
    })
}

/// Asks about several stops at once.
#[workflow]
pub fn stay(days: u64) -> u64 {
    ask_around >> each(Border) >> add_up;
}

/// A loop over a fork, a list, a question, another workflow that asks, and state.
#[workflow(state = Luggage, max_supersteps = 200)]
pub fn journey(leg: Leg) -> Diary {
    depart >> go_on >> (by_road, by_sea) >> meet;
    match meet {
        Turn::Again(leg) => go_on(leg),
        Turn::On(stops) => each(visit)(stops) >> arrive >> Border >> pass >> stay >> write_down,
    }
}

#[executor]
async fn numbers(count: u64) -> Result<Vec<u64>, ExecutorError> {
    Ok((0..count).collect())
}

/// Many executors at once, each of whose results is an output.
#[workflow]
pub fn crowd(count: u64) -> Vec<u64> {
    numbers >> each(visit);
}

/// The state of a fair.
#[derive(WorkflowState)]
pub struct Stalls {
    /// By what was sold.
    pub sold: Sold,
}

/// How much was paid for what.
pub type Sold = Keyed<u64, u64>;

/// Sends any number of messages.
#[executor(sends(u64))]
async fn hawk(count: u64, ctx: &WorkflowContext<hawk>) -> Result<(), ExecutorError> {
    for item in 0..=count % 4 {
        ctx.send(mix(count, item));
        point();
        ctx.add_event("hawked", &item);
    }
    work(count).await;
    Ok(())
}

#[executor(yields(u64), writes(Sold))]
async fn sell(item: u64, ctx: &WorkflowContext<sell>) -> Result<u64, ExecutorError> {
    work(item).await;
    ctx.set::<Sold>((item, mix(item, 5)));
    ctx.yield_output(item);
    point();
    ctx.add_event("sold", &item);
    Ok(mix(item, 5))
}

#[executor(reads(Sold))]
async fn close(price: u64, ctx: &WorkflowContext<close>) -> Result<u64, ExecutorError> {
    let sold = ctx.get::<Sold>();
    let sum = sold
        .iter()
        .fold(price, |sum, (item, paid)| mix(sum ^ item, *paid));
    work(sum).await;
    Ok(sum)
}

/// Messages that are sent, outputs that are yielded, a keyed slot.
#[workflow(state = Stalls)]
pub fn fair(count: u64) -> Vec<u64> {
    hawk >> sell >> close;
}

/// The graph of one of these workflows.
pub fn graph(name: &str) -> &'static Graph {
    match name {
        crowd::NAME => crowd::GRAPH,
        fair::NAME => fair::GRAPH,
        _ => journey::GRAPH,
    }
}

/// The application of these workflows.
pub fn app() -> Result<App, AppError> {
    let app = App::builder()
        .workflow::<journey>()
        .workflow::<crowd>()
        .workflow::<fair>();
    app.build()
}
