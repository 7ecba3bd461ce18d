//! Reads histories of runs, each row once: a thread keeps the runs that were looked at last.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use durable_task::wire::proto::HistoryEvent;
use durable_task::{ExecutionId, InstanceId};
use tokio::sync::oneshot;

use super::fold::Fold;
use super::told::Told;
use crate::app::App;
use crate::durable::Gates;
use crate::workflow::Graph;

/// How many runs are kept.
const RUNS_MAX: usize = 64;
/// They are let go when nobody has asked for this long.
const IDLE: Duration = Duration::from_mins(1);

type Job = Box<dyn FnOnce(&mut Folds) + Send>;

/// The thread, and turns at each run.
#[derive(Default)]
pub(super) struct Reader {
    /// Started when it is first needed; ends with this.
    jobs: Mutex<Option<Sender<Job>>>,
    pub(super) turns: Gates<InstanceId>,
}

impl Reader {
    /// Does something on the thread.
    pub(super) async fn on_thread<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Folds) -> T + Send + 'static,
    ) -> Result<T, String> {
        let (tell, told) = oneshot::channel();
        self.send(Box::new(move |folds| {
            // Nobody may wait any more.
            let _ = tell.send(job(folds));
        }))?;
        let panicked = |_| String::from("reading its history panicked");
        told.await.map_err(panicked)
    }

    fn send(&self, job: Job) -> Result<(), String> {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let jobs = match &mut *jobs {
            Some(jobs) => jobs,
            none => {
                let (sender, receiver) = channel();
                let thread = std::thread::Builder::new().name(String::from("workflow-reader"));
                let started = thread.spawn(move || work(&receiver));
                started.map_err(|error| format!("no thread could be started: {error}"))?;
                none.insert(sender)
            }
        };
        jobs.send(job)
            .map_err(|_| String::from("the thread that reads histories has ended"))
    }
}

fn work(jobs: &Receiver<Job>) {
    let mut folds = Folds::default();
    loop {
        match jobs.recv_timeout(IDLE) {
            Ok(job) => {
                if catch_unwind(AssertUnwindSafe(|| job(&mut folds))).is_err() {
                    folds = Folds::default();
                }
            }
            Err(RecvTimeoutError::Timeout) => folds = Folds::default(),
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// The runs that were looked at last.
#[derive(Default)]
pub(super) struct Folds {
    runs: HashMap<InstanceId, Kept>,
    /// Counts the looks.
    clock: u64,
}

struct Kept {
    execution: ExecutionId,
    fold: Fold,
    /// Where the rest of its history begins.
    rest: u64,
    chained: bool,
    used: u64,
}

/// A run to be read.
#[derive(Clone)]
pub(super) struct Wanted {
    pub(super) app: Arc<App>,
    pub(super) graph: &'static Graph,
    pub(super) run: InstanceId,
    pub(super) execution: ExecutionId,
}

/// A part of a history.
pub(super) struct Part {
    pub(super) from: u64,
    pub(super) events: Vec<HistoryEvent>,
    pub(super) end: u64,
    /// Whether nothing follows, for now.
    pub(super) is_last: bool,
}

/// What came of playing a part.
pub(super) enum Step<T, A> {
    /// It was the last one: the answer.
    Told(T),
    /// It was not; the question.
    On(A),
    /// Read all again; the question.
    Again {
        /// For a backend that chains its long timers.
        chained: bool,
        ask: A,
    },
}

/// How a part was played.
#[derive(Debug, PartialEq, Eq)]
enum Played {
    /// The history goes on from there.
    On,
    /// The run has not begun.
    NotBegun,
    /// What came before it is not kept any more.
    Lost,
    /// The code does something else; it may fit when all is read again for a backend that chains
    /// its long timers.
    Parted,
}

impl Folds {
    /// Where to read on, for somebody who wants the events from an index on.
    pub(super) fn rest(&mut self, wanted: &Wanted, from: usize) -> u64 {
        let fits = |kept: &Kept| kept.execution == wanted.execution && kept.fold.told.reaches(from);
        if self.runs.get(&wanted.run).is_some_and(|kept| !fits(kept)) {
            self.runs.remove(&wanted.run);
        }
        self.runs.get(&wanted.run).map_or(0, |kept| kept.rest)
    }

    /// Plays a part, and asks what is known now if it was the last.
    pub(super) fn step<T, A: FnOnce(&Told) -> T>(
        &mut self,
        wanted: &Wanted,
        (part, chained): (Part, bool),
        ask: A,
    ) -> Result<Step<T, A>, String> {
        let is_last = part.is_last;
        Ok(match self.play(wanted, part, chained)? {
            Played::On if is_last => Step::Told(self.ask(&wanted.run, ask)),
            Played::On => Step::On(ask),
            Played::NotBegun => Step::Told(ask(&Told::default())),
            Played::Lost => Step::Again { chained, ask },
            Played::Parted => {
                let chained = true;
                Step::Again { chained, ask }
            }
        })
    }

    /// Plays a part that begins where the run's rest does, or at the start of its history.
    fn play(&mut self, wanted: &Wanted, part: Part, chained: bool) -> Result<Played, String> {
        self.clock += 1;
        let known = self.runs.get(&wanted.run).map_or(0, |kept| kept.rest);
        if known != part.from {
            self.runs.remove(&wanted.run);
            return Ok(Played::Lost);
        }
        if !self.runs.contains_key(&wanted.run) {
            let first = (part.events.as_slice(), chained);
            let Some(fold) = Fold::new(&wanted.app, wanted.graph, &wanted.run, first)? else {
                return Ok(Played::NotBegun);
            };
            self.make_room();
            let kept = Kept {
                execution: wanted.execution.clone(),
                fold,
                rest: 0,
                chained,
                used: self.clock,
            };
            self.runs.insert(wanted.run.clone(), kept);
        }
        let Some(kept) = self.runs.get_mut(&wanted.run) else {
            return Ok(Played::NotBegun);
        };
        kept.rest = part.end;
        kept.used = self.clock;
        if kept.fold.play(part.events) || kept.chained {
            return Ok(Played::On);
        }
        self.runs.remove(&wanted.run);
        Ok(Played::Parted)
    }

    /// What is known of the run; of one that has not begun, nothing.
    fn ask<T>(&mut self, run: &InstanceId, ask: impl FnOnce(&Told) -> T) -> T {
        let Some(kept) = self.runs.get_mut(run) else {
            return ask(&Told::default());
        };
        let answer = ask(&kept.fold.told);
        kept.fold.told.trim();
        answer
    }

    fn make_room(&mut self) {
        if self.runs.len() < RUNS_MAX {
            return;
        }
        let oldest = self.runs.iter().min_by_key(|(_, kept)| kept.used);
        if let Some(oldest) = oldest.map(|(run, _)| run.clone()) {
            self.runs.remove(&oldest);
        }
    }
}
