//! A worker that answers from scripts, at once.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::operation_result::ResultType;
use durable_task::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use durable_task::wire::proto::{
    ActivityRequest, ActivityResponse, EntityBatchRequest, EntityBatchResult, HistoryEvent,
    OperationAction, OperationRequest, OperationResult, OperationResultFailure,
    OperationResultSuccess, OrchestratorAction, OrchestratorRequest, OrchestratorResponse,
};
use durable_task::{
    Accepts, Completer, EntityProfile, Failure, NameAndVersion, WorkAnswer, WorkHandler, WorkItem,
    WorkRequest, WorkerProfile,
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// All that an orchestrator has decided, given the whole history of its execution.
type Script = Arc<dyn Fn(&[HistoryEvent]) -> Vec<Action> + Send + Sync>;
/// State and operation to state, result, actions.
type Operation = Arc<dyn Fn(Option<String>, &OperationRequest) -> Done + Send + Sync>;

/// What an operation did.
pub struct Done {
    pub state: Option<String>,
    pub result: Result<Option<String>, Failure>,
    pub actions: Vec<OperationAction>,
}

impl Done {
    pub fn with(state: Option<String>, result: impl Into<String>) -> Self {
        Self {
            state,
            result: Ok(Some(result.into())),
            actions: Vec::new(),
        }
    }
}

/// An activity that a worker was given and has not answered.
pub struct Started {
    pub request: ActivityRequest,
    pub completer: Completer,
    pub cancelled: CancellationToken,
}

impl Started {
    pub fn complete(self, result: &str) {
        let response = ActivityResponse {
            result: Some(result.to_owned()),
            ..ActivityResponse::default()
        };
        self.completer.complete(WorkAnswer::Activity(response));
    }

    pub fn fail(self, message: &str) {
        let response = ActivityResponse {
            failure_details: Some(Failure::new("Broken", message).into()),
            ..ActivityResponse::default()
        };
        self.completer.complete(WorkAnswer::Activity(response));
    }

    pub fn key(&self) -> String {
        let instance = self.request.orchestration_instance.clone().unwrap();
        format!(
            "{}:{}:{}",
            instance.instance_id,
            instance.execution_id.unwrap(),
            self.request.task_id
        )
    }
}

pub struct ScriptedWorker {
    profile: WorkerProfile,
    scripts: BTreeMap<String, Script>,
    operations: BTreeMap<String, Operation>,
    /// Whether activities answer `done` at once.
    echo: bool,
    warm: bool,
    inside: Mutex<Inside>,
    changed: Notify,
}

#[derive(Default)]
struct Inside {
    sessions: HashMap<String, Vec<HistoryEvent>>,
    started: Vec<Started>,
    held: Option<Vec<WorkItem>>,
    batches: Vec<EntityBatchRequest>,
    requests: Vec<(OrchestratorRequest, bool)>,
    abandon: usize,
    everything: bool,
}

impl ScriptedWorker {
    pub fn new() -> Self {
        Self {
            profile: WorkerProfile {
                orchestrations_max: 1_000,
                activities_max: 1_000,
                entities_max: 1_000,
                ..WorkerProfile::default()
            },
            scripts: BTreeMap::new(),
            operations: BTreeMap::new(),
            echo: false,
            warm: true,
            inside: Mutex::default(),
            changed: Notify::new(),
        }
    }

    pub fn orchestrator(
        self,
        name: &str,
        script: impl Fn(&[HistoryEvent]) -> Vec<Action> + Send + Sync + 'static,
    ) -> Self {
        self.version(name, "", script)
    }

    pub fn version(
        mut self,
        name: &str,
        version: &str,
        script: impl Fn(&[HistoryEvent]) -> Vec<Action> + Send + Sync + 'static,
    ) -> Self {
        only(&mut self.profile.orchestrators).push(NameAndVersion {
            name: name.to_owned(),
            version: Some(version.to_owned()),
        });
        self.scripts
            .insert(format!("{name}/{version}"), Arc::new(script));
        self
    }

    pub fn activity(mut self, name: &str) -> Self {
        only(&mut self.profile.activities).push(NameAndVersion {
            name: name.to_owned(),
            version: None,
        });
        self
    }

    pub fn entity(
        mut self,
        name: &str,
        synchronous: bool,
        operation: impl Fn(Option<String>, &OperationRequest) -> Done + Send + Sync + 'static,
    ) -> Self {
        only(&mut self.profile.entities).push(EntityProfile {
            name: name.to_owned(),
            synchronous,
        });
        self.operations.insert(name.to_owned(), Arc::new(operation));
        self
    }

    /// Answers activities at once.
    pub fn echo(mut self) -> Self {
        self.echo = true;
        self
    }

    /// Keeps no sessions.
    pub fn cold(mut self) -> Self {
        self.warm = false;
        self
    }

    /// Runs in another process.
    pub fn remote(mut self) -> Self {
        self.profile.remote = true;
        self.cold()
    }

    pub fn at_once(mut self, episodes: usize, activities: usize, batches: usize) -> Self {
        self.profile.orchestrations_max = episodes;
        self.profile.activities_max = activities;
        self.profile.entities_max = batches;
        self
    }

    /// From now on takes activities and entities of any name.
    pub fn takes_everything(&self) {
        self.inside.lock().unwrap().everything = true;
    }

    /// Loses all sessions, as a worker does that needs the memory.
    pub fn forget_sessions(&self) {
        self.inside.lock().unwrap().sessions.clear();
    }

    /// From now on keeps orchestrator and entity items unanswered.
    pub fn hold(&self) {
        self.inside.lock().unwrap().held = Some(Vec::new());
    }

    /// How many items are held.
    pub async fn held(&self, count: usize) {
        self.until(|inside| inside.held.as_ref().is_some_and(|held| held.len() >= count))
            .await;
    }

    /// Takes the first item that is held.
    pub fn take_held(&self) -> WorkItem {
        let mut inside = self.inside.lock().unwrap();
        inside.held.as_mut().unwrap().remove(0)
    }

    pub fn held_count(&self) -> usize {
        self.inside
            .lock()
            .unwrap()
            .held
            .as_ref()
            .map_or(0, Vec::len)
    }

    /// Answers what was held, and holds nothing more.
    pub fn release(&self) {
        let held = self.inside.lock().unwrap().held.take();
        for item in held.into_iter().flatten() {
            self.answer(item);
        }
    }

    /// Drops what it has, as a worker does whose connection ends. Returns how much that was.
    pub fn vanish(&self) -> usize {
        let mut inside = self.inside.lock().unwrap();
        let held = inside.held.take().unwrap_or_default();
        let started = std::mem::take(&mut inside.started);
        drop(inside);
        held.len() + started.len()
    }

    /// Gives back the next items.
    pub fn abandon(&self, count: usize) {
        self.inside.lock().unwrap().abandon = count;
    }

    /// Takes the next activity that was started.
    pub async fn started(&self) -> Started {
        self.until(|inside| !inside.started.is_empty()).await;
        self.inside.lock().unwrap().started.remove(0)
    }

    /// Leaves an activity to the next that asks.
    pub fn put_back(&self, started: Started) {
        self.inside.lock().unwrap().started.insert(0, started);
    }

    /// How many activities were started and not taken.
    pub fn started_count(&self) -> usize {
        self.inside.lock().unwrap().started.len()
    }

    pub fn batches(&self) -> Vec<EntityBatchRequest> {
        self.inside.lock().unwrap().batches.clone()
    }

    /// The episodes it was asked to run, and whether as warm ones.
    pub fn requests(&self) -> Vec<(OrchestratorRequest, bool)> {
        self.inside.lock().unwrap().requests.clone()
    }

    async fn until(&self, reached: impl Fn(&Inside) -> bool) {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            if reached(&self.inside.lock().unwrap()) {
                return;
            }
            changed.await;
        }
    }

    fn answer(&self, item: WorkItem) {
        match item.request {
            WorkRequest::Orchestrator { request, warm } => {
                let answer = self.episode(request, warm);
                item.completer.complete(answer);
            }
            WorkRequest::Entity { request, .. } => {
                item.completer.complete(self.batch(&request));
            }
            WorkRequest::Activity(request) => {
                let started = Started {
                    request,
                    completer: item.completer,
                    cancelled: item.cancelled,
                };
                if self.echo {
                    started.complete("\"done\"");
                } else {
                    self.inside.lock().unwrap().started.push(started);
                }
            }
        }
    }

    fn episode(&self, request: OrchestratorRequest, warm: bool) -> WorkAnswer {
        let mut inside = self.inside.lock().unwrap();
        inside.requests.push((request.clone(), warm));
        let id = request.instance_id.clone();
        let mut events = if warm {
            match inside.sessions.remove(&id) {
                Some(events) => events,
                None => {
                    return WorkAnswer::Orchestrator {
                        response: OrchestratorResponse {
                            instance_id: id,
                            requires_history: true,
                            ..OrchestratorResponse::default()
                        },
                        warm: false,
                    };
                }
            }
        } else {
            request.past_events
        };
        let (name, version) = started_as(&events, &request.new_events);
        let decided = events.iter().filter(|event| is_decision(event)).count();
        events.extend(request.new_events);
        let script = self.scripts.get(&format!("{name}/{version}")).unwrap();
        let actions: Vec<OrchestratorAction> = (0..)
            .zip(script(&events))
            .skip(decided)
            .map(|(id, action)| OrchestratorAction {
                id,
                orchestrator_action_type: Some(action),
            })
            .collect();
        if self.warm {
            // A session knows what it has decided; the engine records it as these events.
            events.extend(actions.iter().map(|action| HistoryEvent {
                event_id: action.id,
                timestamp: None,
                event_type: Some(EventType::TimerCreated(
                    durable_task::wire::proto::TimerCreatedEvent::default(),
                )),
            }));
            inside.sessions.insert(id.clone(), events);
        }
        WorkAnswer::Orchestrator {
            response: OrchestratorResponse {
                instance_id: id,
                actions,
                ..OrchestratorResponse::default()
            },
            warm: self.warm,
        }
    }

    fn batch(&self, request: &EntityBatchRequest) -> WorkAnswer {
        self.inside.lock().unwrap().batches.push(request.clone());
        let name = request.instance_id.split('@').nth(1).unwrap().to_owned();
        let operation = self.operations.get(&name).unwrap();
        let mut result = EntityBatchResult {
            entity_state: request.entity_state.clone(),
            ..EntityBatchResult::default()
        };
        for asked in &request.operations {
            let done = operation(result.entity_state.take(), asked);
            result.entity_state = done.state;
            result.actions.extend(done.actions);
            let result_type = match done.result {
                Ok(result) => ResultType::Success(OperationResultSuccess {
                    result,
                    ..OperationResultSuccess::default()
                }),
                Err(failure) => ResultType::Failure(OperationResultFailure {
                    failure_details: Some(failure.into()),
                    ..OperationResultFailure::default()
                }),
            };
            result.results.push(OperationResult {
                result_type: Some(result_type),
            });
        }
        WorkAnswer::Entity(result)
    }
}

impl WorkHandler for ScriptedWorker {
    fn profile(&self) -> WorkerProfile {
        let mut profile = self.profile.clone();
        if self.inside.lock().unwrap().everything {
            profile.activities = Accepts::Everything;
            profile.entities = Accepts::Everything;
        }
        profile
    }

    fn dispatch(&self, item: WorkItem) {
        {
            let mut inside = self.inside.lock().unwrap();
            if inside.abandon > 0 {
                inside.abandon -= 1;
                drop(inside);
                item.completer.complete(WorkAnswer::Abandoned {
                    reason: String::from("scripted"),
                });
                return;
            }
            if !matches!(item.request, WorkRequest::Activity(_))
                && let Some(held) = &mut inside.held
            {
                held.push(item);
                drop(inside);
                self.changed.notify_waiters();
                return;
            }
        }
        self.answer(item);
        self.changed.notify_waiters();
    }
}

fn started_as(past: &[HistoryEvent], new: &[HistoryEvent]) -> (String, String) {
    past.iter()
        .chain(new)
        .find_map(|event| match &event.event_type {
            Some(EventType::ExecutionStarted(start)) => Some((
                start.name.clone(),
                start.version.clone().unwrap_or_default(),
            )),
            _ => None,
        })
        .unwrap()
}

fn is_decision(event: &HistoryEvent) -> bool {
    event.event_id >= 0
        && !matches!(
            event.event_type,
            Some(EventType::ExecutionCompleted(_)) | None
        )
}

/// What a scripted worker takes: never everything.
fn only<T>(accepts: &mut Accepts<T>) -> &mut Vec<T> {
    match accepts {
        Accepts::Only(some) => some,
        Accepts::Everything => panic!("it takes everything"),
    }
}
