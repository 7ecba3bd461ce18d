//! What clients do in a simulation: each job is one client with one aim, which it does not give up.

use std::sync::Arc;
use std::time::Duration;

use durable_task::{InstanceId, InstanceState, StartRequest, Status};

use super::ledger::Entry;
use super::random::Random;
use super::requests::{Control, ended_as};
use super::world::World;
use super::{code, lives};

/// Something that a client wants.
#[derive(Debug, Clone, Copy)]
pub(super) enum Job {
    /// Starts an orchestrator with a number, and expects this output.
    Run(&'static str, u64, u64),
    /// The same, some time later by the hub's clock.
    Schedule(u64),
    /// Sends as many events, to an instance that sums them up.
    Collect(u64),
    /// The same, to one that begins a new execution with each.
    Eternal(u64),
    /// Sends an event that may come too late.
    Patience(u64),
    /// Moves money.
    Transfer(u64, u64),
    /// Locks accounts, and is terminated at some time.
    Holder(u64),
    /// Writes into a ledger from an orchestration.
    Scribe(u64),
    /// Writes into a ledger from outside.
    Signals(u64),
    /// Terminates a tree of instances.
    Family,
    /// Holds an instance back and lets it go on.
    Suspend(u64),
    /// Removes an instance and starts it again.
    Purge(u64),
    /// Takes an instance back until it succeeds: this orchestrator.
    Rewind(&'static str, u64),
    /// Starts an instance again from its input, under its id and under a new one.
    Restart(u64),
    /// Starts an orchestrator that has versions.
    Version(u64),
    /// Starts an orchestrator that starts both versions of another.
    Both(u64),
    /// Has an entity start an instance.
    Launch(u64),
    /// Signals an entity for later, which somebody holds then.
    Locker(u64),
    /// Waits until an instance is swept away.
    Ephemeral(u64),
    /// Removes instances by the beginning of their ids.
    PurgeMatching(u64),
    /// Starts what workers give back.
    Unloved(u64),
    /// Starts what panics.
    Clumsy(u64),
    /// Lists instances page by page.
    List(u64),
    /// Starts an id again and again.
    Replace(u64),
}

/// The jobs of one simulation.
pub(super) fn draw(random: &mut Random, count: u64) -> Vec<Job> {
    (0..count).map(|_| draw_one(random)).collect()
}

fn draw_one(random: &mut Random) -> Job {
    let small = random.between(1, 4);
    match random.below(36) {
        0 => Job::Run("sequence", 3 * small, 3 * small * (3 * small - 1)),
        1 => Job::Run("fan", 4 * small, 4 * small * (4 * small - 1)),
        2 => Job::Run("sleepy", small, small),
        3 => Job::Run("family", 1 + small % 2, 4 << (small % 2)),
        4 => Job::Run("retrying", small, small * (small - 1)),
        5 => Job::Run("messenger", small, small * (small - 1) / 2),
        6 => Job::Schedule(small),
        7 | 8 => Job::Collect(small),
        9 | 10 => Job::Eternal(small),
        11 => Job::Patience(small * 2),
        12 | 13 => {
            let from = random.below(code::ACCOUNTS);
            Job::Transfer(from, from + 1 + random.below(code::ACCOUNTS - 1))
        }
        14 => Job::Holder(small),
        15 | 16 => Job::Scribe(small),
        17 => Job::Signals(2 * small),
        18 => match small {
            1 => Job::Family,
            _ => Job::Suspend(small),
        },
        19 => Job::Purge(small),
        20 => Job::Rewind("fragile", small),
        21 => Job::Rewind("fragile-family", small),
        22 => Job::Restart(small),
        23 | 24 => Job::Version(small),
        25 => Job::Run("narrow-fan", 2 * small, 2 * small * (2 * small - 1)),
        26 => Job::Launch(small),
        27 | 28 => Job::Locker(small),
        29 => Job::Ephemeral(small),
        30 => Job::PurgeMatching(small),
        31 => Job::Unloved(small),
        32 => Job::Clumsy(small),
        33 => Job::List(small),
        34 => Job::Replace(small),
        _ => Job::Both(small),
    }
}

/// Works until its aim is reached.
pub(super) async fn work(world: Arc<World>, number: usize, job: Job) {
    let id = InstanceId::from_stored(format!("job-{number}"));
    let before = world.core.random(|random| random.below(300));
    world.core.sleep(Duration::from_millis(before)).await;
    match job {
        Job::Run(name, input, output) => run(&world, id, name, input, output).await,
        Job::Schedule(steps) => schedule(&world, id, steps).await,
        Job::Collect(count) => collect(&world, id, "collect", count).await,
        Job::Eternal(count) => collect(&world, id, "eternal", count).await,
        Job::Patience(seconds) => patience(&world, id, seconds).await,
        Job::Transfer(from, to) => transfer(&world, id, from, to).await,
        Job::Holder(first) => holder(&world, id, first).await,
        Job::Scribe(count) => scribe(&world, id, count).await,
        Job::Signals(count) => signals(&world, number, count).await,
        Job::Family => family(&world, id).await,
        Job::Suspend(steps) => suspend(&world, id, steps).await,
        Job::Purge(steps) => purge(&world, id, steps).await,
        Job::Rewind(name, steps) => lives::rewind(&world, id, name, steps).await,
        Job::Restart(steps) => lives::restart(&world, id, steps).await,
        Job::Version(steps) => lives::version(&world, id, steps).await,
        Job::Both(steps) => {
            start(&world, &id, "both-versions", steps.to_string()).await;
            expect(&world, &id, "\"12\"").await;
        }
        Job::Launch(steps) => lives::launch(&world, id, steps).await,
        Job::Locker(count) => lives::locker(&world, number, id, count).await,
        Job::Ephemeral(steps) => lives::ephemeral(&world, id, steps).await,
        Job::PurgeMatching(steps) => lives::purge_matching(&world, id, steps).await,
        Job::Unloved(count) => lives::unloved(&world, id, count).await,
        Job::Clumsy(steps) => lives::clumsy(&world, id, steps).await,
        Job::List(steps) => lives::list(&world, id, steps).await,
        Job::Replace(steps) => lives::replace(&world, id, steps).await,
    }
    world
        .core
        .trace(2, || format!("job {number} is done: {job:?}"));
    world.job_ends(number);
}

pub(super) async fn start(world: &Arc<World>, id: &InstanceId, name: &str, input: String) {
    let request = StartRequest::new(name, id.clone());
    world.start(request.input_json(input)).await;
}

/// Waits for the end, which has to be a completion with that output.
pub(super) async fn expect(world: &Arc<World>, id: &InstanceId, output: &str) {
    if let Some(state) = world.end(id).await
        && !ended_as(&state, output)
    {
        wrong_end(world, &state, output);
    }
}

pub(super) fn wrong_end(world: &World, state: &InstanceState, wanted: &str) {
    world
        .core
        .violated(|| format!("wanted {wanted}, but it ended so: {state:?}"));
}

async fn run(world: &Arc<World>, id: InstanceId, name: &str, input: u64, output: u64) {
    start(world, &id, name, input.to_string()).await;
    world.read(&id).await;
    world.read_history(&id).await;
    expect(world, &id, &output.to_string()).await;
    world.read_history(&id).await;
}

async fn schedule(world: &Arc<World>, id: InstanceId, steps: u64) {
    let request = StartRequest {
        scheduled_at: Some(code::soon(world.core.now())),
        ..StartRequest::new("sequence", id.clone())
    };
    world.start(request.input_json(steps.to_string())).await;
    world.read(&id).await;
    expect(world, &id, &(steps * (steps - 1)).to_string()).await;
}

async fn collect(world: &Arc<World>, id: InstanceId, name: &str, count: u64) {
    let input = match name {
        "eternal" => format!("[{count},[]]"),
        _ => count.to_string(),
    };
    start(world, &id, name, input).await;
    for number in 0..count {
        world.raise(&id, number).await;
        if world.core.random(|random| random.one_in(3)) {
            world.read(&id).await;
        }
    }
    expect(world, &id, &(count * (count - 1) / 2).to_string()).await;
}

async fn patience(world: &Arc<World>, id: InstanceId, seconds: u64) {
    start(world, &id, "patience", seconds.to_string()).await;
    let wait = world.core.random(|random| random.below(2_000 * seconds));
    world.core.sleep(Duration::from_millis(wait)).await;
    if world.core.random(|random| random.one_in(2)) {
        world.raise(&id, 0).await;
    }
    if let Some(state) = world.end(&id).await
        && !ended_as(&state, "\"event\"")
        && !ended_as(&state, "\"timeout\"")
    {
        wrong_end(world, &state, "event or timeout");
    }
}

async fn transfer(world: &Arc<World>, id: InstanceId, from: u64, to: u64) {
    start(world, &id, "transfer", format!("[{from},{to}]")).await;
    expect(world, &id, "\"done\"").await;
    if let Ok(account) = code::account(from) {
        world.read_entity(&account).await;
    }
}

async fn holder(world: &Arc<World>, id: InstanceId, first: u64) {
    start(world, &id, "holder", first.to_string()).await;
    let wait = world.core.random(|random| random.below(3_000));
    world.core.sleep(Duration::from_millis(wait)).await;
    if world.core.random(|random| random.one_in(2)) {
        world.control(&id, Control::Terminate).await;
    }
    if let Some(state) = world.end(&id).await
        && !ended_as(&state, "\"held\"")
        && state.status != Status::Terminated
    {
        wrong_end(world, &state, "held or terminated");
    }
}

async fn scribe(world: &Arc<World>, id: InstanceId, count: u64) {
    start(world, &id, "scribe", count.to_string()).await;
    expect(world, &id, "\"written\"").await;
    world.promises(|all| {
        for number in 0..=count {
            let entry = Entry::new(id.as_str(), number, 1);
            all.entries.insert(entry.to_string());
        }
        for number in 0..2 {
            let entry = Entry::new(Entry::late(id.as_str()), number, 1);
            all.entries.insert(entry.to_string());
        }
    });
}

async fn signals(world: &Arc<World>, number: usize, count: u64) {
    let mut sender = format!("client-{number}");
    let Ok(book) = code::ledger(count) else {
        return;
    };
    for signal in 0..count {
        let (from, delay) = if world.core.random(|random| random.one_in(4)) {
            let millis = world.core.random(|random| random.below(700));
            (Entry::late(&sender), Some(Duration::from_millis(millis)))
        } else {
            (sender.clone(), None)
        };
        let entry = |attempt| Entry::new(&from, signal, attempt).to_string();
        if world.signal(&book, entry, delay).await > 1 {
            // An attempt that failed may come after all that follows.
            sender.push('+');
        }
    }
}

async fn family(world: &Arc<World>, id: InstanceId) {
    start(world, &id, "waiting-family", String::from("2")).await;
    let wait = world.core.random(|random| random.below(100));
    world.core.sleep(Duration::from_millis(wait)).await;
    world.control(&id, Control::Terminate).await;
    if let Some(state) = world.end(&id).await
        && state.status != Status::Terminated
    {
        wrong_end(world, &state, "termination");
    }
}

async fn suspend(world: &Arc<World>, id: InstanceId, steps: u64) {
    start(world, &id, "sequence", steps.to_string()).await;
    for _ in 0..2 {
        world.control(&id, Control::Suspend).await;
        world.read(&id).await;
        world.control(&id, Control::Resume).await;
    }
    expect(world, &id, &(steps * (steps - 1)).to_string()).await;
}

async fn purge(world: &Arc<World>, id: InstanceId, steps: u64) {
    for _ in 0..2 {
        run(world, id.clone(), "fan", steps, steps * (steps - 1)).await;
        world.control(&id, Control::Purge).await;
    }
}
