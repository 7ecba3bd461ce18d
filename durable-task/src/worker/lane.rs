//! A thread that runs episodes and entity batches, one after the other.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;

use crate::entity::{Batch, Operate};
use crate::episode::{Episode, EpisodeOptions};
use crate::runtime::BoxFuture;
use crate::wire::proto::{OrchestratorRequest, OrchestratorResponse};
use crate::work::{Completer, WorkAnswer};
use crate::{ExecutionId, Registry, Runtime};

use super::WorkerOptions;
use super::rewinding;
use super::running::RunningItem;
use super::sessions::{SessionLimits, Sessions};
use super::start::new_session;

/// An episode that takes longer than this is reported: it blocks the others of its lane.
const SLOW_EPISODE: Duration = Duration::from_secs(1);

/// What a lane is told. Its channel has no bound of its own: an engine hands over no more than the
/// profile of the worker allows.
#[allow(
    clippy::large_enum_variant,
    reason = "a box per item costs more than the moves"
)]
pub(super) enum Job {
    Item(LaneItem),
    Stop,
}

/// Work for a lane.
#[allow(
    clippy::large_enum_variant,
    reason = "a box per item costs more than the moves"
)]
pub(super) enum LaneItem {
    Episode {
        request: OrchestratorRequest,
        warm: bool,
        completer: Completer,
        running: RunningItem,
    },
    Entity {
        operate: Arc<Operate>,
        batch: Batch,
        completer: Completer,
        running: RunningItem,
    },
}

impl LaneItem {
    pub(super) fn instance(&self) -> &str {
        match self {
            Self::Episode { request, .. } => &request.instance_id,
            Self::Entity { batch, .. } => &batch.request.instance_id,
        }
    }
}

pub(super) struct Lane {
    registry: Arc<Registry>,
    runtime: Arc<dyn Runtime>,
    options: EpisodeOptions,
    sessions: Sessions,
}

/// It is time to look for idle sessions.
struct Sweep;

impl Lane {
    pub(super) fn new(
        registry: Arc<Registry>,
        options: &WorkerOptions,
        runtime: Arc<dyn Runtime>,
    ) -> Self {
        let lanes = options.lanes.max(1);
        let limits = SessionLimits {
            count: options.warm_sessions_max.div_ceil(lanes),
            bytes: options.warm_session_bytes_max.div_ceil(lanes),
            idle: options.warm_session_idle,
        };
        Self {
            registry,
            runtime,
            options: EpisodeOptions {
                chain_long_timers: options.chain_long_timers,
                entity_messages: options.entity_messages,
            },
            sessions: Sessions::new(limits),
        }
    }

    /// Runs jobs until it is stopped or nobody can send any more.
    pub(super) async fn run(mut self, mut jobs: UnboundedReceiver<Job>) {
        let mut next_sweep: Option<BoxFuture<'static, ()>> = None;
        loop {
            let next = poll_fn(|context| {
                if let Poll::Ready(job) = jobs.poll_recv(context) {
                    return Poll::Ready(Ok(job));
                }
                match &mut next_sweep {
                    Some(sleep) => sleep.as_mut().poll(context).map(|()| Err(Sweep)),
                    None => Poll::Pending,
                }
            });
            match next.await {
                Ok(Some(Job::Item(item))) => self.contain(item, jobs.is_empty()),
                Ok(Some(Job::Stop) | None) => return,
                Err(Sweep) => {
                    self.sessions.expire(self.runtime.now());
                    next_sweep = None;
                }
            }
            if next_sweep.is_none() {
                let wait = self.sessions.next_expiry(self.runtime.now());
                next_sweep = wait.map(|wait| self.runtime.sleep(wait));
            }
        }
    }

    /// User code is contained where it is called; whatever else panics must not end the lane.
    fn contain(&mut self, item: LaneItem, is_last: bool) {
        if catch_unwind(AssertUnwindSafe(|| self.run_item(item, is_last))).is_err() {
            tracing::error!("a lane panicked; the item is given back");
        }
    }

    fn run_item(&mut self, item: LaneItem, is_last: bool) {
        match item {
            LaneItem::Episode {
                request,
                warm,
                completer,
                running,
            } => {
                let answer = self.run_episode(request, warm);
                self.complete(completer, answer, is_last);
                drop(running);
            }
            LaneItem::Entity {
                operate,
                batch,
                completer,
                running,
            } => {
                let result = batch.run(&*operate, &|| self.runtime.now());
                self.complete(completer, WorkAnswer::Entity(result), is_last);
                drop(running);
            }
        }
    }

    /// Answers. A lane that has nothing else to do goes on with what the answer leads to.
    fn complete(&self, completer: Completer, answer: WorkAnswer, is_last: bool) {
        if is_last {
            self.runtime.host(Box::new(|| completer.complete(answer)));
        } else {
            completer.complete(answer);
        }
    }

    fn run_episode(&mut self, request: OrchestratorRequest, warm: bool) -> WorkAnswer {
        let begun = self.runtime.now();
        self.sessions.expire(begun);
        if rewinding::is_rewind(&request) {
            return self.rewind(request);
        }
        let kept = self.sessions.take(&request.instance_id).filter(|kept| {
            let execution = request.execution_id.as_deref();
            warm && execution.is_none_or(|execution| execution == kept.execution)
        });
        let (mut session, execution) = match kept {
            Some(kept) => (kept.session, kept.execution),
            None if warm => {
                let response = OrchestratorResponse {
                    instance_id: request.instance_id,
                    requires_history: true,
                    ..OrchestratorResponse::default()
                };
                let warm = false;
                return WorkAnswer::Orchestrator { response, warm };
            }
            None => match new_session(&self.registry, self.options, &request) {
                Ok(new) => new,
                Err(reason) => return WorkAnswer::Abandoned { reason },
            },
        };
        let Episode {
            actions,
            custom_status,
            ended,
        } = session.run(request.past_events, request.new_events);
        let now = self.runtime.now();
        if now.saturating_since(begun) > SLOW_EPISODE {
            tracing::warn!(
                instance = request.instance_id,
                orchestrator = session.name(),
                took = ?now.saturating_since(begun),
                "an episode blocked its lane; long work belongs into activities"
            );
        }
        let warm = !ended && {
            let instance = &request.instance_id;
            self.sessions.put(instance, execution, session, now)
        };
        let response = OrchestratorResponse {
            instance_id: request.instance_id,
            actions,
            custom_status,
            ..OrchestratorResponse::default()
        };
        WorkAnswer::Orchestrator { response, warm }
    }

    fn rewind(&mut self, request: OrchestratorRequest) -> WorkAnswer {
        drop(self.sessions.take(&request.instance_id));
        let execution = ExecutionId::new(format!("{:032x}", self.runtime.random()));
        match rewinding::answer(request, execution) {
            Ok(response) => WorkAnswer::Orchestrator {
                response,
                warm: false,
            },
            Err(error) => WorkAnswer::Abandoned {
                reason: error.to_string(),
            },
        }
    }
}
