//! The world around the processes of a simulation: what they leave behind, and who asks them.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use durable_task::{
    BoxFuture, Client, ClientError, EntityId, EntityMetadata, Fetch, InstanceId, InstanceState,
    Runtime, StartRequest, Status, WaitFor,
};
use futures_util::future::{Either, select};
use tokio::sync::{Notify, oneshot};

use super::bug::{self, Bug};
use super::disk::{Disk, SimStore};
use super::executor::{Core, Group, SimRuntime};
use super::link::{Handler, Link, Quality};
use crate::{Attachment, Hub, HubHealth, HubLimits};

/// How long a client waits for an answer before it tries again.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a client waits before it tries again.
const PAUSE: Duration = Duration::from_millis(30);
/// How long a client waits for an answer that does not repeat what may still come to pass.
const LONG_PATIENCE: Duration = Duration::from_hours(10);

/// How bad the network between clients and hub is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Network {
    /// One in so many requests or answers is lost; 0: none.
    pub(super) lost_one_in: u64,
    /// One in so many requests is late; 0: none.
    pub(super) late_one_in: u64,
}

pub(super) struct World {
    pub(super) core: Arc<Core>,
    pub(super) disk: Arc<Disk>,
    pub(super) network: Network,
    /// Of the workers that a process has.
    qualities: Vec<Quality>,
    state: Mutex<WorldState>,
}

#[derive(Default)]
struct WorldState {
    process: Option<Process>,
    jobs: usize,
    calm: bool,
    promises: Promises,
}

/// What was acknowledged, or may have been done.
#[derive(Default)]
pub(super) struct Promises {
    /// Events that were taken: instance and number.
    pub(super) events: BTreeSet<(InstanceId, u64)>,
    /// Entries of ledgers that were taken.
    pub(super) entries: BTreeSet<String>,
}

/// What runs at the moment.
pub(super) struct Process {
    pub(super) group: Group,
    links: Vec<(Arc<Link>, Attachment)>,
    client: Arc<dyn Client>,
    hub: Arc<Hub>,
    stop: Arc<Notify>,
    stopping: bool,
    stopped: bool,
}

impl Process {
    /// The groups of its workers.
    pub(super) fn workers(&self) -> Vec<Group> {
        self.links
            .iter()
            .map(|(link, _)| link.worker_group())
            .collect()
    }
}

impl World {
    pub(super) fn new(
        core: &Arc<Core>,
        disk: &Arc<Disk>,
        network: Network,
        qualities: Vec<Quality>,
    ) -> Arc<Self> {
        Arc::new(Self {
            core: Arc::clone(core),
            disk: Arc::clone(disk),
            network,
            qualities,
            state: Mutex::default(),
        })
    }

    fn state(&self) -> MutexGuard<'_, WorldState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a process, which opens the hub after a while.
    pub(super) fn boot(self: &Arc<Self>) -> Group {
        let group = self.core.new_group();
        let runtime = SimRuntime::new(&self.core, group);
        let process = Arc::clone(self).run(group, Arc::clone(&runtime));
        runtime.spawn("process", Box::pin(process));
        group
    }

    async fn run(self: Arc<Self>, group: Group, runtime: Arc<SimRuntime>) {
        self.pause(200).await;
        let store = SimStore::new(&self.disk);
        let hub = loop {
            let (store, runtime) = (Arc::clone(&store), Arc::clone(&runtime));
            match Hub::with_store(store, HubLimits::default(), runtime).await {
                Ok(hub) => break Arc::new(hub),
                Err(_) => self.pause(100).await,
            }
        };
        let qualities = self.qualities.iter();
        let links = qualities.filter_map(|quality| self.attach(&hub, group, quality));
        let links = links.collect();
        let stop = Arc::new(Notify::new());
        self.state().process = Some(Process {
            group,
            links,
            client: hub.client(),
            hub: Arc::clone(&hub),
            stop: Arc::clone(&stop),
            stopping: false,
            stopped: false,
        });
        stop.notified().await;
        hub.shutdown(Duration::from_millis(500)).await;
        if let Some(process) = &mut self.state().process {
            process.stopped = true;
        }
    }

    fn attach(
        &self,
        hub: &Hub,
        group: Group,
        quality: &Quality,
    ) -> Option<(Arc<Link>, Attachment)> {
        let link = Link::new(&self.core, &self.disk, group, quality.clone());
        match hub.attach(Arc::new(Handler(Arc::clone(&link)))) {
            Ok(attachment) => Some((link, attachment)),
            Err(error) => {
                self.core.violated(|| error.to_string());
                None
            }
        }
    }

    /// A worker dies, and another one comes: in its place, or as a new one. Returns the group that
    /// has to be killed.
    pub(super) fn replace_worker(&self, number: usize, in_place: bool) -> Option<Group> {
        let mut state = self.state();
        let process = state.process.as_mut()?;
        let number = number % process.links.len().max(1);
        let (link, attachment) = process.links.get_mut(number)?;
        if in_place {
            return Some(link.replace_worker());
        }
        let dead = link.worker_group();
        attachment.detach();
        let (hub, group) = (Arc::clone(&process.hub), process.group);
        let quality = self.qualities.get(number)?;
        if !process.stopping {
            process.links[number] = self.attach(&hub, group, quality)?;
        }
        Some(dead)
    }

    async fn pause(&self, millis: u64) {
        let millis = self.core.random(|random| random.below(millis));
        self.core.sleep(Duration::from_millis(millis)).await;
    }

    /// Takes the process away, if there is one, and if `only_stopped` only one that has been shut
    /// down.
    pub(super) fn take_process(&self, only_stopped: bool) -> Option<Process> {
        let mut state = self.state();
        let process = state.process.as_ref()?;
        if only_stopped && !process.stopped {
            return None;
        }
        state.process.take()
    }

    /// Asks the process to shut down in order.
    pub(super) fn stop(&self) {
        if let Some(process) = &mut self.state().process {
            process.stopping = true;
            process.stop.notify_one();
        }
    }

    /// Whether the hub has failed by a fault of its own.
    pub(super) fn failure(&self) -> Option<String> {
        match self.state().process.as_ref()?.hub.health() {
            HubHealth::Failed { reason } => Some(reason),
            _ => None,
        }
    }

    pub(super) fn is_healthy(&self) -> bool {
        let state = self.state();
        let process = state.process.as_ref();
        process.is_some_and(|process| process.hub.health() == HubHealth::Healthy)
    }

    pub(super) fn is_calm(&self) -> bool {
        self.state().calm
    }

    /// No more trouble from now on.
    pub(super) fn calm(&self) {
        self.state().calm = true;
        self.disk.calm();
    }

    pub(super) fn job_begins(&self) {
        self.state().jobs += 1;
    }

    pub(super) fn job_ends(&self) {
        self.state().jobs -= 1;
    }

    pub(super) fn open_jobs(&self) -> usize {
        self.state().jobs
    }

    pub(super) fn promises<T>(&self, look: impl FnOnce(&mut Promises) -> T) -> T {
        look(&mut self.state().promises)
    }

    fn chance(&self, one_in: u64) -> bool {
        one_in > 0 && !self.is_calm() && self.core.random(|random| random.one_in(one_in))
    }

    /// Asks the hub, over the network. `None`: nobody knows whether it was done. A patient client
    /// never repeats what may still come to pass.
    async fn ask<T: Send + 'static>(
        &self,
        patience: Duration,
        ask: impl FnOnce(Arc<dyn Client>) -> BoxFuture<'static, T>,
    ) -> Option<T> {
        let found = {
            let state = self.state();
            let process = state.process.as_ref();
            process.map(|process| (process.group, Arc::clone(&process.client)))
        };
        let Some((group, client)) = found.filter(|_| !self.chance(self.network.lost_one_in)) else {
            self.core.sleep(PAUSE).await;
            return None;
        };
        let is_late = patience == PATIENCE && self.chance(self.network.late_one_in);
        let seconds = if is_late { 2 * patience.as_secs() } else { 0 };
        let late = self.core.random(|random| random.below(seconds));
        let late = self.core.sleep(Duration::from_secs(late));
        let (answering, answer) = oneshot::channel();
        let asked = ask(client);
        let request = async move {
            late.await;
            // Nobody waits any more: the answer is lost.
            let _ = answering.send(asked.await);
        };
        SimRuntime::new(&self.core, group).spawn("request", Box::pin(request));
        let answer = match select(answer, self.core.sleep(patience)).await {
            Either::Left((answer, _)) => answer.ok(),
            Either::Right(_) => None,
        };
        if answer.is_none() || self.chance(self.network.lost_one_in) {
            self.core.sleep(PAUSE).await;
            return None;
        }
        answer
    }

    /// The same for what may have to be repeated: `None` also for errors that a retry may help
    /// with. Other errors are violations.
    async fn attempt<T: Send + 'static>(
        &self,
        ask: impl FnOnce(Arc<dyn Client>) -> BoxFuture<'static, Result<T, ClientError>>,
    ) -> Option<Result<T, ClientError>> {
        self.attempt_for(PATIENCE, ask).await
    }

    async fn attempt_for<T: Send + 'static>(
        &self,
        patience: Duration,
        ask: impl FnOnce(Arc<dyn Client>) -> BoxFuture<'static, Result<T, ClientError>>,
    ) -> Option<Result<T, ClientError>> {
        match self.ask(patience, ask).await? {
            Err(error) if error.is_retryable() => {
                self.core.sleep(PAUSE).await;
                None
            }
            answer => Some(answer),
        }
    }

    /// Starts an instance, until that is acknowledged.
    pub(super) async fn start(self: &Arc<Self>, request: StartRequest) {
        loop {
            let (world, request) = (Arc::clone(self), request.clone());
            let id = request.instance_id.clone();
            let answer = self
                .attempt(move |client| {
                    Box::pin(async move {
                        let id = request.instance_id.clone();
                        let started = client.start(request).await;
                        if started.is_ok() && !world.disk.oracle().knows(&id) {
                            world.core.violated(|| {
                                format!("the start of `{id}` was acknowledged, and is not durable")
                            });
                        }
                        started
                    })
                })
                .await;
            match answer {
                None => {}
                Some(Ok(_) | Err(ClientError::AlreadyExists { .. })) => {
                    self.core.trace(1, || format!("started {id}"));
                    return;
                }
                Some(Err(error)) => return self.core.violated(|| format!("start {id}: {error}")),
            }
        }
    }

    /// Waits for the end of an instance that was started.
    pub(super) async fn end(self: &Arc<Self>, id: &InstanceId) -> Option<InstanceState> {
        loop {
            let (world, asked) = (Arc::clone(self), id.clone());
            let answer = self
                .attempt(move |client| {
                    Box::pin(async move {
                        let wait = Duration::from_secs(3);
                        let state = client.wait(&asked, WaitFor::Completion, wait).await;
                        if let Ok(state) = &state {
                            world.check_read(state);
                        }
                        state
                    })
                })
                .await;
            match answer {
                Some(Ok(state)) if state.status.is_terminal() => return Some(state),
                Some(Err(error)) => {
                    self.core.violated(|| format!("wait for {id}: {error}"));
                    return None;
                }
                _ => self.core.sleep(PAUSE).await,
            }
        }
    }

    /// Reads an instance; `None` if nobody answered.
    pub(super) async fn read(self: &Arc<Self>, id: &InstanceId) -> Option<Option<InstanceState>> {
        let (world, asked) = (Arc::clone(self), id.clone());
        let answer = self
            .attempt(move |client| {
                Box::pin(async move {
                    let existed = world.disk.oracle().knows(&asked);
                    let state = client.get(&asked, Fetch::Payloads).await;
                    match &state {
                        Ok(Some(state)) => world.check_read(state),
                        Ok(None) if existed && !world.disk.oracle().was_removed(&asked) => {
                            world
                                .core
                                .violated(|| format!("`{asked}` is durable and not found"));
                        }
                        _ => {}
                    }
                    state
                })
            })
            .await?;
        answer.ok()
    }

    /// What a client has read is durable at this moment, or was.
    fn check_read(&self, read: &InstanceState) {
        let id = &read.instance_id;
        let oracle = self.disk.oracle();
        let read_generation = oracle.generation(id, &read.execution_id);
        let Some(durable) = self.disk.instance(id) else {
            if !oracle.was_removed(id) {
                self.core
                    .violated(|| format!("`{id}` was read and is not durable"));
            }
            return;
        };
        let generation = oracle.generation(id, &durable.execution_id);
        if oracle.was_removed(id) {
            return;
        }
        let same = read_generation == generation;
        let ahead = same
            && (read.updated_at > durable.updated_at
                || read.status.is_terminal() && !durable.status.is_terminal()
                || steps(read) > steps(&durable));
        if read_generation.is_none() || read_generation > generation || ahead {
            self.core
                .violated(|| format!("`{id}` was read as {read:?}, durable is {durable:?}"));
        }
    }

    /// Reads a history, which has to be the beginning of the durable one.
    pub(super) async fn read_history(self: &Arc<Self>, id: &InstanceId) {
        let (world, asked) = (Arc::clone(self), id.clone());
        let _ = self
            .attempt(move |client| {
                Box::pin(async move {
                    let events = client.history(&asked).await?;
                    let durable: Vec<_> = world
                        .disk
                        .chunks(&asked)
                        .iter()
                        .flat_map(|chunk| crate::engine::decode_chunk(chunk).unwrap_or_default())
                        .collect();
                    // The first event has the id of the execution.
                    let same = durable.get(..2) == events.get(..2);
                    if same && !durable.starts_with(&events) {
                        world
                            .core
                            .violated(|| format!("a history of `{asked}` was read ahead"));
                    }
                    Ok(())
                })
            })
            .await;
    }

    /// Sends an event, until that is acknowledged. Each attempt has a payload of its own.
    pub(super) async fn raise(self: &Arc<Self>, id: &InstanceId, number: u64) {
        for attempt in 1_u64.. {
            let payload = format!("[{number},{attempt}]");
            let (world, asked) = (Arc::clone(self), id.clone());
            let answer = self
                .attempt(move |client| {
                    Box::pin(async move {
                        let input = Some(payload.clone());
                        let forgotten = bug::has(Bug::EventNotTaken)
                            && world.core.random(|random| random.one_in(4));
                        if !forgotten {
                            client.raise_event(&asked, "go", input).await?;
                        }
                        world.check_event(&asked, number, &payload);
                        Ok(())
                    })
                })
                .await;
            match answer {
                None => {}
                Some(Ok(())) => {
                    self.promises(|all| all.events.insert((id.clone(), number)));
                    return;
                }
                // It has ended, with what came before.
                Some(Err(ClientError::InvalidState { .. } | ClientError::NotFound { .. })) => {
                    return;
                }
                Some(Err(error)) => return self.core.violated(|| format!("raise {id}: {error}")),
            }
        }
    }

    /// An event that was acknowledged is in a history, or waits, or was carried into the input of a
    /// later execution, or met an instance that had ended.
    fn check_event(&self, id: &InstanceId, number: u64, payload: &str) {
        let waits = self.disk.load(id).messages.iter().any(|message| {
            let mut parts = message.event.windows(payload.len());
            parts.any(|part| part == payload.as_bytes())
        });
        let ended = self.disk.instance(id).is_none_or(|state| {
            let input = state.input.unwrap_or_default();
            let seen = serde_json::from_str::<(u64, Vec<u64>)>(&input);
            state.status.is_terminal() || seen.is_ok_and(|(_, seen)| seen.contains(&number))
        });
        if !waits && !ended && self.disk.oracle().raised(id, payload) == 0 {
            self.core
                .violated(|| format!("event {payload} for `{id}` was acknowledged, and is lost"));
        }
    }

    /// Signals an entity, until that is acknowledged. `entry` is made for each attempt. Returns at
    /// which attempt it was.
    pub(super) async fn signal(
        self: &Arc<Self>,
        entity: &EntityId,
        entry: impl Fn(u64) -> String,
        late: Option<Duration>,
    ) -> u64 {
        for attempt in 1_u64.. {
            let entry = entry(attempt);
            let at = late.map(|late| self.core.now().saturating_add(late));
            let (asked, input) = (entity.clone(), serde_json::Value::from(entry.clone()));
            let answer = self
                .attempt(move |client| {
                    Box::pin(async move {
                        let input = Some(input.to_string());
                        client.signal_entity(&asked, "write", input, at).await
                    })
                })
                .await;
            match answer {
                None => {}
                Some(Ok(())) => {
                    self.promises(|all| all.entries.insert(entry));
                    return attempt;
                }
                Some(Err(error)) => {
                    self.core.violated(|| format!("signal {entity}: {error}"));
                    return attempt;
                }
            }
        }
        0
    }

    /// Does something to an instance until that is acknowledged, or refused because of where the
    /// instance stands.
    pub(super) async fn control(self: &Arc<Self>, id: &InstanceId, control: Control) {
        loop {
            let asked = id.clone();
            let answer = self
                .attempt_for(LONG_PATIENCE, move |client| {
                    Box::pin(async move {
                        match control {
                            Control::Suspend => client.suspend(&asked, None).await,
                            Control::Resume => client.resume(&asked, None).await,
                            Control::Terminate => client.terminate(&asked, None, true).await,
                            Control::Purge => client.purge(&asked, false).await.map(drop),
                        }
                    })
                })
                .await;
            match answer {
                None => {}
                Some(
                    Ok(()) | Err(ClientError::InvalidState { .. } | ClientError::NotFound { .. }),
                ) => return,
                Some(Err(error)) => {
                    return self.core.violated(|| format!("{control:?} {id}: {error}"));
                }
            }
        }
    }

    /// Reads an entity, which has to be durable as it is read, or was.
    pub(super) async fn read_entity(self: &Arc<Self>, id: &EntityId) -> Option<EntityMetadata> {
        let asked = id.clone();
        let answer = self
            .attempt(move |client| Box::pin(async move { client.get_entity(&asked, true).await }))
            .await?;
        answer.ok().flatten()
    }
}

/// How many steps a sequence says it has made.
fn steps(state: &InstanceState) -> u64 {
    let status = state.custom_status.as_deref();
    status.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// What can be done to an instance from outside.
#[derive(Debug, Clone, Copy)]
pub(super) enum Control {
    Suspend,
    Resume,
    Terminate,
    Purge,
}

/// Whether an end is as it was promised.
pub(super) fn ended_as(state: &InstanceState, output: &str) -> bool {
    state.status == Status::Completed && state.output.as_deref() == Some(output)
}
