//! The loop around the engine: it takes inputs, runs episodes on state that is ahead of the store,
//! groups their deltas into commits, and releases effects when a commit is durable.
//!
//! `docs/storage.md` has the commit order. One task owns everything here. It sleeps until something
//! happens: an answer of a worker, a request of a client, the end of a commit or read, an alarm.
//! Nothing polls.

mod activities;
mod alarm;
mod answers;
mod asks;
mod batches;
mod clearing;
mod client;
mod commit;
mod concurrency;
mod fair;
mod flow;
mod hand_over;
mod lanes;
mod open_commit;
mod parked;
mod profile;
mod recovery;
mod request;
mod resident;
mod retention;
mod rewinding;
mod run_activities;
mod run_entities;
mod salvage;
mod settings;
mod shared;
mod timers;

use std::any::Any;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};

use durable_task::wire::proto::HistoryEvent;
use durable_task::{
    BoxFuture, ExecutionId, InstanceId, Kept, Runtime, Timestamp, WorkAnswer, WorkHandler,
    WorkerProfile,
};
use futures_util::FutureExt as _;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::sync::{mpsc, oneshot};

pub(crate) use client::HubClient;
pub use concurrency::Concurrency;
pub use parked::{Parked, ParkedReason};
pub use profile::WorkKind;
pub(crate) use profile::WorkerId;
pub(crate) use request::Control;
pub use retention::RetentionPolicy;
pub(crate) use retention::Sweeper;
pub use settings::HubLimits;
pub(crate) use shared::Shared;
pub use shared::{HubHealth, HubStats};

use self::activities::Activities;
use self::alarm::Alarms;
use self::batches::Batches;
use self::commit::Writing;
use self::concurrency::{NameLimits, Place};
use self::fair::Lines;
use self::open_commit::OpenCommit;
use self::profile::Workers;
use self::recovery::{Mode, Scan};
use self::resident::Residents;
use self::timers::Timers;
use crate::engine::{Env, IdSource, Message};
use crate::store::{Loaded, Opened, Store, StoreError, TaskRow, TimerRow};

/// How many events are taken in before the loop looks at what they led to.
const EVENTS_AT_ONCE: usize = 512;
/// How often the loop looks for events in a row before it lets the thread that polls it do
/// something else: that may be a lane with episodes of its own.
const PASSES_AT_ONCE: usize = 16;
/// How many instances are read at once because the store has work for them.
const LOADS_AT_ONCE: usize = 64;
/// How many instances may be ready in memory, for workers that are full, before no more are read
/// because the store has work for them.
const READY_FOUND_MAX: usize = 4_096;

/// The loop.
pub(crate) struct Dispatcher {
    runtime: Arc<dyn Runtime>,
    store: Arc<dyn Store>,
    limits: HubLimits,
    shared: Arc<Shared>,
    controls: mpsc::Receiver<Control>,
    notices: mpsc::UnboundedReceiver<Notice>,
    noticing: mpsc::UnboundedSender<Notice>,
    mode: Mode,
    /// How many commits, reads or attempts to open have failed in a row.
    failures: u32,
    /// How many work items workers have.
    out: Out,
    /// The last work item's number.
    tokens: u64,
    /// The last one before the store failed: no answer to an episode or batch up to there can be
    /// taken any more, and all of them are given out again.
    forgotten: u64,
    ids: Ids,
    residents: Residents,
    /// Orchestrations that may have something to do, by name and version.
    ready: Lines<InstanceId>,
    /// The same for entities: workers have a limit for each kind.
    ready_entities: Lines<InstanceId>,
    /// Those that have had as many episodes in the open commit as one may have.
    next_commit: Vec<InstanceId>,
    /// Messages on their way.
    outbox: VecDeque<Message>,
    open: OpenCommit,
    writing: Option<Writing>,
    /// The last commit that is durable.
    durable: u64,
    /// Messages below this id are durable or used up.
    durable_id: u64,
    reads: FuturesUnordered<BoxFuture<'static, Read>>,
    /// Reads that must end before a commit closes, since they lead to episodes in it.
    reads_awaited: usize,
    activities: Activities,
    batches: Batches,
    timers: Timers,
    alarms: Alarms,
    workers: Workers,
    /// How much of one name may run at once.
    names: NameLimits,
    scan: Scan,
    /// Whether the store may have messages for instances that are not in memory and not searched
    /// for: no worker had code for them.
    forgot_ready: bool,
    /// Answers that came while the store was being opened again.
    deferred: Vec<Answer>,
    /// Who has asked for the hub to be cleared.
    clears: Vec<request::Reply<()>>,
    on_stopped: Option<oneshot::Sender<()>>,
}

/// What workers, and those that attach them, tell the loop.
pub(crate) enum Notice {
    /// An answer to a work item.
    Answer(Answer),
    /// Give work to this worker from now on.
    Attach {
        id: WorkerId,
        worker: Arc<dyn WorkHandler>,
        profile: WorkerProfile,
    },
    /// It runs something else now.
    Update {
        id: WorkerId,
        profile: WorkerProfile,
    },
    /// A worker that had no room has some.
    Room,
    /// Give it no more work.
    Detach(WorkerId),
}

/// A worker's answer to a work item.
pub(crate) struct Answer {
    item: Item,
    worker: WorkerId,
    said: WorkAnswer,
    /// The room that the item took of the limit of its name.
    place: Option<Place>,
    /// Who wants to know when it is durable.
    kept: Option<Kept>,
}

/// Which work item.
enum Item {
    Episode(InstanceId, Handed),
    Batch(InstanceId, Handed),
    Activity(u64),
}

/// An episode or batch that a worker has.
#[derive(Debug, Clone, Copy)]
struct Handed {
    token: u64,
    /// Whether it runs ahead of the store.
    ahead: bool,
}

/// How many work items are handed over and not answered, beside activities.
#[derive(Debug, Default)]
struct Out {
    /// Episodes and entity batches that run ahead of the store.
    ahead: usize,
    /// Those whose messages were durable before.
    after: usize,
}

impl Out {
    fn of(&mut self, handed: Handed) -> &mut usize {
        if handed.ahead {
            &mut self.ahead
        } else {
            &mut self.after
        }
    }
}

/// What a read of the store brought.
enum Read {
    Instance(InstanceId, Result<Loaded, StoreError>),
    History(Fetching, Result<Vec<HistoryEvent>, StoreError>),
    Rewinding(rewinding::Rewinding, Result<Vec<HistoryEvent>, StoreError>),
    /// How many were asked for, and what came.
    Activities(usize, Result<Vec<TaskRow>, StoreError>),
    Activity(u64, Result<Option<TaskRow>, StoreError>),
    Timers(Result<Vec<TimerRow>, StoreError>),
    /// By which read.
    Targets(u64, Result<Vec<InstanceId>, StoreError>),
}

/// Which history is read, for an episode that is to begin.
struct Fetching {
    id: InstanceId,
    execution: ExecutionId,
    /// Tells it from other reads of the same history.
    token: u64,
    /// Who is to run the episode.
    worker: WorkerId,
    /// The room that it keeps of the limit of its name.
    place: Option<Place>,
    /// Whether the episode is to be in the open commit.
    ahead: bool,
}

/// What the loop wakes up for.
enum Event {
    Notice(Notice),
    Control(Control),
    /// Nobody can ask anything any more.
    Abandoned,
    Written(Result<(), StoreError>),
    Read(Read),
    Opened(Result<Opened, StoreError>),
    /// The commit of that number has been open for as long as it may, if it is still open.
    Overdue(u64),
    /// A timer may be due, or a work item may be tried again.
    Alarm,
    /// The time for a shutdown is over.
    Deadline,
}

/// Where ids come from.
struct Ids {
    next: u64,
    runtime: Arc<dyn Runtime>,
}

impl IdSource for Ids {
    fn row(&mut self) -> u64 {
        let id = self.next;
        self.next += 1;
        id
    }

    fn random(&mut self) -> u128 {
        self.runtime.random()
    }
}

/// What a loop is made of.
pub(crate) struct Parts {
    pub(crate) runtime: Arc<dyn Runtime>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) limits: HubLimits,
    pub(crate) concurrency: Concurrency,
    pub(crate) shared: Arc<Shared>,
    pub(crate) controls: mpsc::Receiver<Control>,
    pub(crate) notices: (
        mpsc::UnboundedSender<Notice>,
        mpsc::UnboundedReceiver<Notice>,
    ),
    pub(crate) opened: Opened,
}

impl Dispatcher {
    pub(crate) fn new(parts: Parts) -> Self {
        let (noticing, notices) = parts.notices;
        let mut activities = Activities::default();
        activities.rescan();
        Self {
            ids: Ids {
                next: parts.opened.next_id,
                runtime: Arc::clone(&parts.runtime),
            },
            runtime: parts.runtime,
            store: parts.store,
            limits: parts.limits,
            shared: parts.shared,
            controls: parts.controls,
            notices,
            noticing,
            mode: Mode::Serving,
            failures: 0,
            out: Out::default(),
            tokens: 0,
            forgotten: 0,
            residents: Residents::default(),
            ready: Lines::default(),
            ready_entities: Lines::default(),
            next_commit: Vec::new(),
            outbox: VecDeque::new(),
            open: OpenCommit::new(1),
            writing: None,
            durable: 0,
            durable_id: parts.opened.next_id,
            reads: FuturesUnordered::new(),
            reads_awaited: 0,
            activities,
            batches: Batches::default(),
            timers: Timers::default(),
            alarms: Alarms::default(),
            workers: Workers::default(),
            names: NameLimits::new(&parts.concurrency),
            scan: Scan::default(),
            forgot_ready: true,
            deferred: Vec::new(),
            clears: Vec::new(),
            on_stopped: None,
        }
    }

    /// Runs until it is shut down, or until nobody can ask it anything any more. If it panics, it
    /// ends in order: all that asked or wait are told, and the store is closed.
    pub(crate) async fn run(self) {
        let (shared, store) = (Arc::clone(&self.shared), Arc::clone(&self.store));
        // What the panic left half done is dropped with the loop.
        let ended = AssertUnwindSafe(self.work()).catch_unwind().await;
        if let Err(panic) = ended {
            let reason = format!("its loop panicked: {}", panic_message(&*panic));
            tracing::error!(
                reason,
                "the hub has failed; what is durable goes on when reopened"
            );
            store.close().await;
            shared.set_health(HubHealth::Failed { reason });
            shared.notify_all();
        }
    }

    async fn work(mut self) {
        self.advance();
        let mut passes = 0;
        loop {
            let event = poll_fn(|context| self.poll_next(&mut passes, context)).await;
            self.handle(event);
            for _ in 0..EVENTS_AT_ONCE {
                let more = poll_fn(|context| {
                    Poll::Ready(match self.poll_event(context) {
                        Poll::Ready(event) => Some(event),
                        Poll::Pending => None,
                    })
                });
                match more.await {
                    Some(event) => self.handle(event),
                    None => break,
                }
            }
            self.advance();
            if self.has_stopped() {
                break;
            }
        }
        self.stop().await;
    }

    /// The next event, unless too many came in a row.
    fn poll_next(&mut self, passes: &mut usize, context: &mut Context<'_>) -> Poll<Event> {
        if *passes >= PASSES_AT_ONCE {
            *passes = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let event = self.poll_event(context);
        *passes = if event.is_ready() { *passes + 1 } else { 0 };
        event
    }

    fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Event> {
        if let Some(writing) = &mut self.writing
            && let Poll::Ready(result) = writing.future.as_mut().poll(context)
        {
            return Poll::Ready(Event::Written(result));
        }
        if let Poll::Ready(Some(read)) = self.reads.poll_next_unpin(context) {
            return Poll::Ready(Event::Read(read));
        }
        if let Poll::Ready(Some(notice)) = self.notices.poll_recv(context) {
            return Poll::Ready(Event::Notice(notice));
        }
        if let Some(event) = self.mode.poll(context) {
            return Poll::Ready(event);
        }
        if let Poll::Ready(event) = self.poll_controls(context) {
            return Poll::Ready(event);
        }
        self.alarms.poll(context)
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Notice(Notice::Answer(answer)) => self.answered(answer),
            Event::Notice(notice) => self.workers_changed(notice),
            Event::Control(Control::Instance(request)) => self.ask(request),
            Event::Control(Control::Shutdown { deadline, reply }) => {
                self.on_stopped = Some(reply);
                self.drain(deadline);
            }
            Event::Control(Control::Clear { reply }) => self.order_clear(reply),
            Event::Abandoned => self.drain(self.limits.drain_after_drop),
            Event::Written(result) => self.written(result),
            Event::Read(read) => self.has_read(read),
            Event::Opened(result) => self.reopened(result),
            Event::Overdue(commit) => self.open.overdue |= self.open.number == commit,
            // What is due is looked at after each event.
            Event::Alarm => {}
            Event::Deadline => self.deadline(),
        }
        self.pump();
    }

    /// Does what can be done now.
    fn advance(&mut self) {
        self.clear_if_asked();
        if self.mode.is_opening() {
            return;
        }
        self.fire_timers();
        loop {
            self.run_ready();
            self.run_activities();
            if !self.close_commit() {
                break;
            }
        }
        // After what is ready was looked at: what can't go on makes room.
        self.scan();
        self.set_alarms();
        self.shared.counters.in_memory(self.residents.len());
    }

    fn now(&self) -> Timestamp {
        self.runtime.now()
    }

    /// Begins a read of the store.
    fn read<T, F>(
        &mut self,
        awaited: bool,
        ask: impl FnOnce(Arc<dyn Store>) -> F,
        wrap: impl FnOnce(Result<T, StoreError>) -> Read + Send + 'static,
    ) where
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        let asked = ask(Arc::clone(&self.store));
        self.reads.push(Box::pin(async move { wrap(asked.await) }));
        self.reads_awaited += usize::from(awaited);
    }
}

impl Drop for Dispatcher {
    /// A loop that is dropped before its end, as with its runtime, leaves nobody waiting for it.
    fn drop(&mut self) {
        if !std::thread::panicking() && !self.shared.has_ended() {
            self.shared.set_health(HubHealth::Stopped);
            self.shared.notify_all();
        }
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

/// What the engine gets from outside.
fn env<'a>(ids: &'a mut Ids, limits: &'a HubLimits, now: Timestamp) -> Env<'a> {
    Env {
        now,
        limits: &limits.engine,
        ids,
    }
}
