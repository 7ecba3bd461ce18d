//! The future of an orchestrator, polled by the history.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::Failure;
use crate::panics::orchestrator_panic;
use crate::runtime::LocalBoxFuture;
use crate::wire::proto::{HistoryEvent, OrchestratorAction};

use super::probe::Probe;
use super::replay::Effect;
use super::{EpisodeOptions, Handle, Identity, Outcome, State};

/// Makes the orchestrator's future, once its input is known.
pub(crate) type Start = Box<dyn FnOnce(Handle, Option<String>) -> LocalBoxFuture<'static, Outcome>>;

/// What an episode gives.
#[derive(Debug, PartialEq)]
pub(crate) struct Episode {
    /// New commands in the order of their ids.
    pub(crate) actions: Vec<OrchestratorAction>,
    /// The custom status that holds now, as JSON text.
    pub(crate) custom_status: Option<String>,
    /// Whether the execution has ended: the session is of no more use.
    pub(crate) ended: bool,
}

/// One execution with its live future: cold it replays its history, warm it goes on with new
/// events.
pub(crate) struct Session {
    pub(super) state: Handle,
    start: Option<Start>,
    future: Option<LocalBoxFuture<'static, Outcome>>,
    probe: Probe,
    position: usize,
    ended: bool,
}

impl Session {
    pub(crate) fn new(identity: Identity, options: EpisodeOptions, start: Start) -> Self {
        Self {
            state: Rc::new(RefCell::new(State::new(identity, options))),
            start: Some(start),
            future: None,
            probe: Probe::new(),
            position: 0,
            ended: false,
        }
    }

    /// Runs an episode: replays `past` (empty where the session is warm), then takes in `new`.
    pub(crate) fn run(&mut self, past: Vec<HistoryEvent>, new: Vec<HistoryEvent>) -> Episode {
        for (events, replaying) in [(past, true), (new, false)] {
            self.state.borrow_mut().replaying = replaying;
            for event in events {
                let position = self.position;
                self.position += 1;
                self.take_in(event, position);
            }
        }
        let mut state = self.state.borrow_mut();
        self.ended |= state.end_is_recorded || state.completion.is_some();
        Episode {
            actions: state.take_actions(),
            custom_status: state.custom_status().map(str::to_owned),
            ended: self.ended,
        }
    }

    /// Plays a part of a history, and hands nothing out. For sessions that are only played.
    pub(crate) fn play(&mut self, events: Vec<HistoryEvent>) {
        self.state.borrow_mut().replaying = true;
        for event in events {
            let position = self.position;
            self.position += 1;
            self.take_in(event, position);
        }
    }

    /// Whether the code has parted from the history that was played.
    pub(crate) fn has_parted(&self) -> bool {
        self.state.borrow().mismatch.is_some()
    }

    /// About how many bytes the session holds: its future, unread events and replies.
    pub(crate) fn bytes(&self) -> usize {
        let future = self
            .future
            .as_ref()
            .map_or(0, |future| size_of_val(&**future));
        size_of::<Self>() + future + self.state.borrow().bytes()
    }

    /// The orchestrator's name.
    pub(crate) fn name(&self) -> String {
        self.state.borrow().identity.name.clone()
    }

    /// The version that runs; empty for none.
    pub(crate) fn version(&self) -> String {
        self.state.borrow().identity.version.clone()
    }

    pub(super) fn take_in(&mut self, event: HistoryEvent, position: usize) {
        let effect = self.state.borrow_mut().apply(event, position);
        match effect {
            Err(failure) => self.break_off(failure),
            Ok(Effect::Nothing) => {}
            Ok(Effect::Start(input)) => self.begin(input),
            Ok(Effect::Progress) => self.poll(),
            Ok(Effect::Resumed(held)) => {
                for event in held {
                    self.take_in(event, position);
                }
            }
        }
        if self.state.borrow().completion.is_some() {
            self.close();
        }
    }

    fn begin(&mut self, input: Option<String>) {
        let Some(start) = self.start.take() else {
            return;
        };
        if self.state.borrow().completion.is_some() {
            return;
        }
        self.state.borrow_mut().begin(input.as_deref());
        let state = Rc::clone(&self.state);
        match catch_unwind(AssertUnwindSafe(|| start(state, input))) {
            Ok(future) => {
                self.future = Some(future);
                self.poll();
            }
            Err(panic) => self
                .state
                .borrow_mut()
                .finish(Err(orchestrator_panic(&*panic))),
        }
    }

    fn poll(&mut self) {
        let Some(future) = &mut self.future else {
            return;
        };
        self.state.borrow_mut().scopes.begin();
        let mut context = Context::from_waker(self.probe.waker());
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut context)));
        let mut state = self.state.borrow_mut();
        match polled {
            Ok(Poll::Ready(outcome)) => state.finish(outcome),
            Ok(Poll::Pending) => {
                if let Some(failure) = pending_for_ever(&state, &self.probe) {
                    state.break_off(failure);
                }
            }
            Err(panic) => state.finish(Err(orchestrator_panic(&*panic))),
        }
        if let Some(failure) = state.take_misuse() {
            state.break_off(failure);
        }
    }

    fn break_off(&mut self, failure: Failure) {
        self.state.borrow_mut().break_off(failure);
        self.close();
    }

    /// Drops the future; nothing that its parts do on the way counts.
    fn close(&mut self) {
        let Some(future) = self.future.take() else {
            return;
        };
        self.state.borrow_mut().set_closed(true);
        // A destructor of the user's that panics is no more than the end of its future.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(future)));
        self.state.borrow_mut().set_closed(false);
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.close();
    }
}

/// Why a pending future will never be woken by an event, if so.
fn pending_for_ever(state: &State, probe: &Probe) -> Option<Failure> {
    if state.completion.is_some() {
        return None;
    }
    let after = match state.last_awaited() {
        Some(line) => format!("after the durable operation awaited at {line}"),
        None => String::from("before any durable operation"),
    };
    if probe.has_foreign_await() {
        let message = format!(
            "the orchestrator awaited something that is not a durable operation, {after}. Timers, \
             tasks, channels and IO belong into activities; an orchestrator awaits what its \
             context gives. `futures::join_all` over more than 30 futures and `FuturesUnordered` \
             use wakers, too: use `ctx.join_all`"
        );
        return Some(Failure::new("ForeignAwait", message).non_retriable());
    }
    if !state.scopes.is_waiting() {
        let message = format!(
            "the orchestrator waits, {after}, but for no durable operation: nothing can wake it"
        );
        return Some(Failure::new("NothingToWaitFor", message).non_retriable());
    }
    None
}
