//! Runs all tasks of a simulation on one thread, in an order that the seed decides.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use durable_task::{BoxFuture, LocalBoxFuture, Runtime, Timestamp};

use super::random::{Random, mix};

/// 2024-01-01T00:00:00Z, in seconds since 1970.
const START_S: u64 = 1_704_067_200;
/// How many lines of the trace are kept.
const TRACE_LINES: usize = 500_000;
/// A step takes no time but once in so many.
const TIME_PASSES_ONE_IN: u64 = 16;
/// How long a step takes that does take time, in microseconds.
const STEP_US_MAX: u64 = 400;

/// Tasks that die together. The world outside of all processes is [`WORLD`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Group(u64);

/// Clients and whatever else survives a crash.
pub(super) const WORLD: Group = Group(0);

/// What tasks share with the executor: clock, timers, what is ready, randomness, the trace.
pub(super) struct Core {
    state: Mutex<State>,
}

struct State {
    random: Random,
    /// Time that does not jump, since the start.
    clock: Duration,
    /// What the wall clock shows beyond it, in ticks.
    wall_offset: i64,
    latest_wall: Timestamp,
    ready: BTreeSet<u64>,
    spawned: Vec<(u64, Group, &'static str, Start)>,
    dead: BTreeSet<Group>,
    groups: u64,
    tasks: u64,
    sleepers: BTreeMap<(Duration, u64), Option<Waker>>,
    sleeps: u64,
    steps: u64,
    hash: u64,
    /// Kept only if somebody is going to read it.
    lines: Option<VecDeque<String>>,
    /// The first invariant that did not hold.
    violation: Option<String>,
}

enum Start {
    Task(BoxFuture<'static, ()>),
    Lane(Box<dyn FnOnce() -> LocalBoxFuture<'static, ()> + Send>),
}

impl Core {
    fn new(seed: u64, trace: bool) -> Self {
        let start = Timestamp::EPOCH.saturating_add(Duration::from_secs(START_S));
        Self {
            state: Mutex::new(State {
                random: Random::new(seed),
                clock: Duration::ZERO,
                wall_offset: 0,
                latest_wall: start,
                ready: BTreeSet::new(),
                spawned: Vec::new(),
                dead: BTreeSet::new(),
                groups: 0,
                tasks: 0,
                sleepers: BTreeMap::new(),
                sleeps: 0,
                steps: 0,
                hash: seed,
                lines: trace.then(VecDeque::new),
                violation: None,
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // One thread, and nothing panics while it holds the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn random<T>(&self, draw: impl FnOnce(&mut Random) -> T) -> T {
        draw(&mut self.state().random)
    }

    /// The wall clock.
    pub(super) fn now(&self) -> Timestamp {
        self.state().wall()
    }

    /// The latest time that the wall clock has shown.
    pub(super) fn latest_wall(&self) -> Timestamp {
        let mut state = self.state();
        state.see_wall();
        state.latest_wall
    }

    /// The clock that does not jump.
    pub(super) fn clock(&self) -> Duration {
        self.state().clock
    }

    /// Sets the wall clock forward or, with a negative number, back.
    pub(super) fn jump(&self, seconds: i64) {
        let mut state = self.state();
        state.see_wall();
        state.wall_offset += seconds * 10_000_000;
        state.see_wall();
    }

    /// Writes a line into the trace, and its number into the trace's hash.
    pub(super) fn trace(&self, number: u64, line: impl FnOnce() -> String) {
        let mut state = self.state();
        state.hash = mix(state.hash ^ number);
        let at = (state.steps, state.clock);
        if let Some(lines) = &mut state.lines {
            if lines.len() == TRACE_LINES {
                lines.pop_front();
            }
            lines.push_back(format!("{:>6} {:>12.6?} {}", at.0, at.1, line()));
        }
    }

    /// Says that an invariant does not hold. The first one counts.
    pub(super) fn violated(&self, what: impl FnOnce() -> String) {
        let mut state = self.state();
        if state.violation.is_none() {
            state.violation = Some(what());
        }
    }

    /// Says that an invariant does not hold, if it doesn't.
    pub(super) fn expect(&self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.violated(what);
        }
    }

    pub(super) fn violation(&self) -> Option<String> {
        self.state().violation.clone()
    }

    pub(super) fn steps(&self) -> u64 {
        self.state().steps
    }

    pub(super) fn hash(&self) -> u64 {
        self.state().hash
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.state().lines.iter().flatten().cloned().collect()
    }

    /// A new group, alive.
    pub(super) fn new_group(&self) -> Group {
        let mut state = self.state();
        state.groups += 1;
        Group(state.groups)
    }

    fn spawn(&self, group: Group, name: &'static str, start: Start) {
        let mut state = self.state();
        if state.dead.contains(&group) {
            return;
        }
        state.tasks += 1;
        let id = state.tasks;
        state.spawned.push((id, group, name, start));
        state.ready.insert(id);
    }

    pub(super) fn sleep(self: &Arc<Self>, duration: Duration) -> BoxFuture<'static, ()> {
        let mut state = self.state();
        state.sleeps += 1;
        let key = (state.clock.saturating_add(duration), state.sleeps);
        if !duration.is_zero() {
            state.sleepers.insert(key, None);
        }
        drop(state);
        Box::pin(Sleep {
            core: Arc::clone(self),
            key,
        })
    }
}

impl State {
    fn wall(&self) -> Timestamp {
        let start = Timestamp::EPOCH.saturating_add(Duration::from_secs(START_S));
        let steady = start.saturating_add(self.clock);
        Timestamp::from_ticks(steady.ticks() + self.wall_offset)
    }

    fn see_wall(&mut self) {
        self.latest_wall = self.latest_wall.max(self.wall());
    }

    /// Moves the clock, at most to the next deadline, and takes who is to wake up then.
    fn pass_time(&mut self, limit: Option<Duration>) -> Vec<Waker> {
        let next = self.sleepers.keys().next().map(|(deadline, _)| *deadline);
        let to = match (next, limit) {
            (Some(next), Some(limit)) => next.min(self.clock + limit),
            (Some(next), None) => next,
            (None, Some(limit)) => self.clock + limit,
            (None, None) => return Vec::new(),
        };
        self.clock = self.clock.max(to);
        self.see_wall();
        let mut wakers = Vec::new();
        while let Some(entry) = self.sleepers.first_entry()
            && entry.key().0 <= self.clock
        {
            wakers.extend(entry.remove());
        }
        wakers
    }
}

struct Sleep {
    core: Arc<Core>,
    key: (Duration, u64),
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        match self.core.state().sleepers.get_mut(&self.key) {
            None => Poll::Ready(()),
            Some(waker) => {
                *waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        let waker = self.core.state().sleepers.remove(&self.key);
        // Dropped without the lock: it may be the last of a task.
        drop(waker);
    }
}

struct TaskWaker {
    core: Arc<Core>,
    id: u64,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.core.state().ready.insert(self.id);
    }
}

/// Time, tasks and randomness of one process, as the hub and its workers get them.
pub(super) struct SimRuntime {
    core: Arc<Core>,
    group: Group,
}

impl SimRuntime {
    pub(super) fn new(core: &Arc<Core>, group: Group) -> Arc<Self> {
        Arc::new(Self {
            core: Arc::clone(core),
            group,
        })
    }
}

impl Runtime for SimRuntime {
    fn now(&self) -> Timestamp {
        self.core.now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.core.sleep(duration)
    }

    fn spawn(&self, name: &'static str, task: BoxFuture<'static, ()>) {
        self.core.spawn(self.group, name, Start::Task(task));
    }

    fn spawn_lane(
        &self,
        _name: String,
        task: Box<dyn FnOnce() -> LocalBoxFuture<'static, ()> + Send>,
    ) {
        self.core.spawn(self.group, "lane", Start::Lane(task));
    }

    fn random(&self) -> u128 {
        self.core
            .random(|random| u128::from(random.bits()) << 64 | u128::from(random.bits()))
    }
}

struct Task {
    group: Group,
    name: &'static str,
    future: LocalBoxFuture<'static, ()>,
    waker: Waker,
}

/// The one thread.
pub(super) struct Executor {
    core: Arc<Core>,
    tasks: BTreeMap<u64, Task>,
}

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stepped {
    /// A task was polled.
    Polled,
    /// Nothing was ready, so the clock went on to the next deadline.
    Waited,
    /// Nothing is ready and nobody sleeps: nothing will ever happen again.
    Idle,
}

impl Executor {
    pub(super) fn new(seed: u64, trace: bool) -> Self {
        Self {
            core: Arc::new(Core::new(seed, trace)),
            tasks: BTreeMap::new(),
        }
    }

    pub(super) fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// Adds a task of the world.
    pub(super) fn spawn(&mut self, name: &'static str, future: LocalBoxFuture<'static, ()>) {
        let id = {
            let mut state = self.core.state();
            state.tasks += 1;
            let id = state.tasks;
            state.ready.insert(id);
            id
        };
        self.insert(id, WORLD, name, future);
    }

    fn insert(
        &mut self,
        id: u64,
        group: Group,
        name: &'static str,
        future: LocalBoxFuture<'static, ()>,
    ) {
        let waker = Waker::from(Arc::new(TaskWaker {
            core: Arc::clone(&self.core),
            id,
        }));
        let task = Task {
            group,
            name,
            future,
            waker,
        };
        self.tasks.insert(id, task);
    }

    /// Polls one task that is ready, or lets time pass.
    pub(super) fn step(&mut self) -> Stepped {
        let spawned = std::mem::take(&mut self.core.state().spawned);
        for (id, group, name, start) in spawned {
            let future = match start {
                Start::Task(task) => task,
                Start::Lane(task) => task(),
            };
            self.insert(id, group, name, future);
        }
        let mut state = self.core.state();
        state.steps += 1;
        if state.random.one_in(TIME_PASSES_ONE_IN) {
            let step = state.random.below(STEP_US_MAX);
            let wakers = state.pass_time(Some(Duration::from_micros(step)));
            wake(state, wakers);
            state = self.core.state();
        }
        let Some(id) = state.take_ready() else {
            if state.sleepers.is_empty() {
                return Stepped::Idle;
            }
            let wakers = state.pass_time(None);
            wake(state, wakers);
            return Stepped::Waited;
        };
        drop(state);
        self.poll(id);
        Stepped::Polled
    }

    fn poll(&mut self, id: u64) {
        // A waker of a task that has ended.
        let Some(mut task) = self.tasks.remove(&id) else {
            return;
        };
        self.core.trace(id, || format!("{} {id}", task.name));
        let mut context = Context::from_waker(&task.waker);
        if task.future.as_mut().poll(&mut context).is_pending() {
            self.tasks.insert(id, task);
        }
    }

    /// Drops all tasks of a group, wherever they are. Nothing runs in it again.
    pub(super) fn kill(&mut self, group: Group) {
        let spawned = {
            let mut state = self.core.state();
            state.dead.insert(group);
            let (dead, alive) = std::mem::take(&mut state.spawned)
                .into_iter()
                .partition(|(_, of, ..)| *of == group);
            state.spawned = alive;
            let dead: Vec<_> = dead;
            dead
        };
        drop(spawned);
        let ids: Vec<u64> = self
            .tasks
            .iter()
            .filter(|(_, task)| task.group == group)
            .map(|(id, _)| *id)
            .collect();
        for id in ids {
            drop(self.tasks.remove(&id));
        }
    }
}

impl State {
    fn take_ready(&mut self) -> Option<u64> {
        let place = self.random.place(self.ready.len());
        let id = self.ready.iter().nth(place).copied()?;
        self.ready.remove(&id);
        Some(id)
    }
}

/// Wakes without the lock.
fn wake(state: MutexGuard<'_, State>, wakers: Vec<Waker>) {
    drop(state);
    for waker in wakers {
        waker.wake();
    }
}
