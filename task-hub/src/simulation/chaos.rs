//! One simulation, from its seed to its end.

use std::sync::Arc;
use std::time::Duration;

use durable_task::{EntityMessageForm, WorkerOptions};

use super::bug::{self, Bug};
use super::disk::{Disk, Pace};
use super::executor::{Executor, Group, Stepped};
use super::jobs;
use super::last;
use super::link::{Quality, Takes};
use super::programs::Deployment;
use super::random::Random;
use super::world::{Network, Process, World};

/// A simulation that has more steps than this goes round in circles.
const STEPS_MAX: u64 = 400_000;
/// A job that takes longer than this, with nothing going wrong, is stuck.
const JOB_MAX: Duration = Duration::from_hours(3);
/// Nothing that went wrong has consequences for longer.
const SETTLED_AFTER: Duration = Duration::from_mins(10);
/// How long an end without anything left to do is waited for, by the clock that does not jump.
const END_MAX: Duration = Duration::from_hours(3);

/// A simulation that came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// How many steps it had.
    pub steps: u64,
    /// The same for two runs in which the same happened in the same order.
    pub hash: u64,
    /// How many crashes it had.
    pub crashes: u32,
}

/// A simulation in which something did not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("seed {seed}, step {step}: {problem}")]
pub struct Failure {
    /// The seed that shows it again.
    pub seed: u64,
    /// At which step it was found.
    pub step: u64,
    /// What did not hold.
    pub problem: String,
    /// What happened last, if it was recorded.
    pub trace: Vec<String>,
}

/// Runs the simulation of a seed; with a deliberate bug, if one is given. Recording what happens
/// costs time, so a failing seed is run again with `record`.
pub fn simulate(seed: u64, bug: Option<Bug>, record: bool) -> Result<Run, Failure> {
    bug::begin(bug);
    let mut simulation = Simulation::new(seed, record);
    let result = simulation.run();
    // What is dropped with it may still ask.
    drop(simulation);
    bug::end();
    result
}

struct Simulation {
    seed: u64,
    executor: Executor,
    world: Arc<World>,
    /// Decides what goes wrong when; apart from the executor's randomness.
    random: Random,
    process: Group,
    troubles: u64,
    next_trouble: u64,
    trouble_gap: u64,
    crashes: u32,
    /// When the last trouble was.
    calm_since: Duration,
    /// Whether the last worker has come.
    settled: bool,
}

impl Simulation {
    fn new(seed: u64, record: bool) -> Self {
        let mut random = Random::new(seed ^ 0x5eed);
        let mut executor = Executor::new(seed, record);
        let core = Arc::clone(executor.core());
        let disk = Disk::new(&core, draw_pace(&mut random));
        let world = World::new(
            &core,
            &disk,
            draw_network(&mut random),
            draw_workers(&mut random),
        );
        let count = random.between(3, 10);
        for (number, job) in jobs::draw(&mut random, count).into_iter().enumerate() {
            core.trace(0, || format!("job {number}: {job:?}"));
            world.job_begins(number, format!("{job:?}"));
            let work = jobs::work(Arc::clone(&world), number, job);
            executor.spawn("job", Box::pin(work));
        }
        let process = world.boot();
        let trouble_gap = random.between(50, 1_500);
        Self {
            seed,
            executor,
            process,
            troubles: random.between(1, 10),
            next_trouble: random.below(trouble_gap),
            trouble_gap,
            random,
            world,
            crashes: 0,
            calm_since: Duration::ZERO,
            settled: false,
        }
    }

    fn run(&mut self) -> Result<Run, Failure> {
        let mut end = None;
        while !self.is_over(&mut end) {
            let steps = self.executor.core().steps();
            if steps >= self.next_trouble {
                self.trouble();
                self.next_trouble = steps + 1 + self.random.below(self.trouble_gap);
            }
            self.settle();
            self.bury();
            let stepped = self.executor.step();
            self.check(stepped, steps);
            if let Some(problem) = self.executor.core().violation() {
                return Err(self.failure(problem));
            }
        }
        last::check(&self.world);
        if let Some(problem) = self.executor.core().violation() {
            return Err(self.failure(problem));
        }
        let core = self.executor.core();
        Ok(Run {
            steps: core.steps(),
            hash: core.hash(),
            crashes: self.crashes,
        })
    }

    /// Whether all jobs are done and nothing is left to do; or it takes too long.
    fn is_over(&mut self, end: &mut Option<Duration>) -> bool {
        if self.world.open_jobs() > 0 {
            return false;
        }
        if end.is_none() {
            self.calm();
        }
        let clock = self.executor.core().clock();
        let until = *end.get_or_insert(clock + END_MAX);
        self.world.is_healthy() && last::open_work(&self.world.disk).is_none() || clock > until
    }

    fn check(&self, stepped: Stepped, steps: u64) {
        let core = self.executor.core();
        if let Some(reason) = self.world.failure() {
            core.violated(|| format!("the hub has failed: {reason}"));
        }
        let late = core.clock() > self.calm_since + JOB_MAX && self.world.open_jobs() > 0;
        if stepped == Stepped::Idle || steps > STEPS_MAX || late && self.troubles == 0 {
            let open = last::open_work(&self.world.disk);
            let jobs = self.world.jobs();
            core.violated(|| format!("{stepped:?}: jobs are never done: {jobs:?}; {open:?}"));
        }
    }

    fn failure(&self, problem: String) -> Failure {
        let core = self.executor.core();
        for line in last::open_instances(&self.world.disk) {
            core.trace(0, || line);
        }
        Failure {
            seed: self.seed,
            step: core.steps(),
            problem,
            trace: core.lines(),
        }
    }

    /// Something goes wrong, if there is anything left of what was planned.
    fn trouble(&mut self) {
        if self.troubles == 0 {
            return;
        }
        self.troubles -= 1;
        let core = Arc::clone(self.executor.core());
        let kind = self.random.below(14);
        core.trace(kind, || format!("trouble {kind}"));
        match kind {
            0..=4 => self.crash(),
            5 => {
                let number = self.random.place(8);
                let dead = self.world.replace_worker(number);
                self.kill(dead);
            }
            6 => self.world.stop(),
            7 => self.come_or_go(),
            8 | 9 => {
                let all = [Deployment::Old, Deployment::Both, Deployment::New];
                let deployment = all[self.random.place(all.len())];
                self.deploy(deployment);
            }
            10 => {
                let millis = self.random.below(3_000);
                self.world.disk.fill(Duration::from_millis(millis));
            }
            _ => {
                let seconds = i64::try_from(self.random.below(1_200)).unwrap_or(0);
                core.jump(seconds - 600);
            }
        }
        self.calm_since = core.clock();
        if self.troubles == 0 {
            self.calm();
        }
    }

    /// No more trouble; what nobody had code for, or what was refused, can be done.
    fn calm(&mut self) {
        self.troubles = 0;
        if !self.world.is_calm() {
            self.world.calm();
            self.deploy(Deployment::Both);
        }
    }

    /// What was lost or refused while there was trouble may be given back, and parked, for a while
    /// after: workers come once more.
    fn settle(&mut self) {
        let clock = self.executor.core().clock();
        if self.world.is_calm() && !self.settled && clock > self.calm_since + SETTLED_AFTER {
            self.settled = true;
            self.deploy(Deployment::Both);
        }
    }

    fn kill(&mut self, group: Option<Group>) {
        if let Some(group) = group {
            self.executor.kill(group);
        }
    }

    /// All workers go, and as many come with another program.
    fn deploy(&mut self, deployment: Deployment) {
        self.executor
            .core()
            .trace(5, || format!("deployed: {deployment:?}"));
        self.world.deploy(deployment);
        let workers = self.world.workers();
        for number in 0..workers.max(1) {
            // The new ones come before the old ones go, or after.
            let first = self.random.one_in(2);
            if first {
                self.world.add_worker(number);
            }
            if workers > 0 {
                let dead = self.world.remove_worker(0, self.random.one_in(2));
                self.kill(dead);
            }
            if !first {
                self.world.add_worker(number);
            }
        }
    }

    fn come_or_go(&mut self) {
        let (number, dies) = (self.random.place(8), self.random.one_in(2));
        if self.random.one_in(2) {
            self.world.add_worker(number);
        } else {
            let dead = self.world.remove_worker(number, dies);
            self.kill(dead);
        }
    }

    /// The process dies at whatever point each of its tasks waits.
    fn crash(&mut self) {
        self.crashes += 1;
        let process = self.world.take_process(false);
        for worker in process.iter().flat_map(Process::workers) {
            self.executor.kill(worker);
        }
        self.executor.kill(self.process);
        drop(process);
        self.world.disk.crashed();
        self.process = self.world.boot();
    }

    /// What was shut down is cleared away, and the next process starts.
    fn bury(&mut self) {
        if let Some(process) = self.world.take_process(true) {
            for worker in process.workers() {
                self.executor.kill(worker);
            }
            self.executor.kill(process.group);
            self.process = self.world.boot();
        }
    }
}

fn draw_pace(random: &mut Random) -> Pace {
    let slow = [1, 300, 3_000, 40_000];
    let errors = [0, 0, 40, 8];
    Pace {
        commit_us_max: slow[random.place(slow.len())],
        read_us_max: slow[random.place(slow.len())],
        commit_error_one_in: errors[random.place(errors.len())],
        read_error_one_in: 4 * errors[random.place(errors.len())],
    }
}

fn draw_network(random: &mut Random) -> Network {
    let rates = [0, 0, 30, 6];
    Network {
        lost_one_in: rates[random.place(rates.len())],
        late_one_in: rates[random.place(rates.len())],
    }
}

/// One worker or several, in the process or elsewhere.
fn draw_workers(random: &mut Random) -> Vec<Quality> {
    let counts = [1, 1, 2, 3];
    let count = counts[random.place(counts.len())];
    // One program has one form, and one set of entities that it refuses.
    let form = if random.one_in(3) {
        EntityMessageForm::SendEvent
    } else {
        EntityMessageForm::SendEntityMessage
    };
    let refuses_entities = random.one_in(12);
    (0..count)
        .map(|_| {
            let mut quality = draw_quality(random);
            quality.options.entity_messages = form;
            quality.refuses_entities = refuses_entities;
            quality
        })
        .collect()
}

fn draw_quality(random: &mut Random) -> Quality {
    let takes = [
        Takes::Everything,
        Takes::Everything,
        Takes::Everything,
        Takes::Everything,
        Takes::OnlyActivities,
        Takes::NoActivities,
        Takes::NoEntities,
    ];
    let rates = [0, 0, 30, 6];
    let sessions = [0, 1, 1_000, 1_000];
    let many = [1, 3, 1_000];
    Quality {
        late_one_in: rates[random.place(rates.len())],
        lost_one_in: rates[random.place(rates.len())],
        twice_one_in: rates[random.place(rates.len())],
        asynchronous: random.one_in(3),
        remote: random.one_in(3),
        takes: takes[random.place(takes.len())],
        refuses_entities: false,
        options: WorkerOptions {
            lanes: 1 + random.place(2),
            orchestrations_max: many[random.place(many.len())],
            activities_max: many[random.place(many.len())],
            entities_max: many[random.place(many.len())],
            warm_sessions_max: sessions[random.place(sessions.len())],
            ..WorkerOptions::default()
        },
    }
}
