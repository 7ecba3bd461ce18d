//! The world around the processes of a simulation: what they leave behind, and who asks them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use durable_task::{BoxFuture, Client, ClientError, InstanceId, Runtime};
use futures_util::future::{Either, select};
use tokio::sync::{Notify, oneshot};

use super::disk::{Disk, SimStore};
use super::executor::{Core, Group, SimRuntime};
use super::limits::{self, Handed};
use super::link::{Handler, Link, Quality, Takes};
use super::programs::{Deployment, EPHEMERAL};
use crate::{Attachment, Hub, HubHealth, HubOptions, RetentionPolicy};

/// How long a client waits for an answer before it tries again.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a client waits before it tries again.
pub(super) const PAUSE: Duration = Duration::from_millis(30);
/// How long a client waits for an answer that does not repeat what may still come to pass.
pub(super) const LONG_PATIENCE: Duration = Duration::from_hours(10);

/// How long ended instances of one orchestrator are kept.
pub(super) const RETAINED: Duration = Duration::from_mins(1);

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
    jobs: BTreeMap<usize, String>,
    calm: bool,
    promises: Promises,
    /// What workers have that come now.
    deployment: Option<Deployment>,
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
    /// Workers that get no more work, and do what they have.
    leaving: Vec<Arc<Link>>,
    handed: Arc<Handed>,
    client: Arc<dyn Client>,
    hub: Arc<Hub>,
    stop: Arc<Notify>,
    stopping: bool,
    stopped: bool,
}

impl Process {
    /// The groups of its workers.
    pub(super) fn workers(&self) -> Vec<Group> {
        let links = self.links.iter().map(|(link, _)| link);
        links
            .chain(&self.leaving)
            .map(|link| link.worker_group())
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
            let options = HubOptions::memory().concurrency(limits::concurrency());
            match Hub::with_options(store, &options, runtime).await {
                Ok(hub) => break Arc::new(hub),
                Err(_) => self.pause(100).await,
            }
        };
        hub.retain(RetentionPolicy::new().named(EPHEMERAL, Some(RETAINED)));
        let handed = Handed::new(&self.core);
        let qualities = self.qualities.iter();
        let links = qualities.filter_map(|quality| self.attach(&hub, group, quality, &handed));
        let links = links.collect();
        let stop = Arc::new(Notify::new());
        self.state().process = Some(Process {
            group,
            links,
            leaving: Vec::new(),
            handed,
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
        handed: &Arc<Handed>,
    ) -> Option<(Arc<Link>, Attachment)> {
        let mut quality = quality.clone();
        if self.is_calm() {
            quality.takes = Takes::Everything;
        }
        let deployment = self.state().deployment.unwrap_or(Deployment::Both);
        let link = Link::new(&self.core, &self.disk, group, quality, deployment, handed);
        match hub.attach(Arc::new(Handler(Arc::clone(&link)))) {
            Ok(attachment) => Some((link, attachment)),
            Err(error) => {
                self.core.violated(|| error.to_string());
                None
            }
        }
    }

    /// A worker dies, and another one takes its place without the hub being told. Returns the group
    /// that has to be killed.
    pub(super) fn replace_worker(&self, number: usize) -> Option<Group> {
        let state = self.state();
        let process = state.process.as_ref()?;
        let (link, _) = process.links.get(number % process.links.len().max(1))?;
        Some(link.replace_worker())
    }

    /// A worker is detached. It does what it has, or dies: then the group is returned that has to
    /// be killed.
    pub(super) fn remove_worker(&self, number: usize, dies: bool) -> Option<Group> {
        let mut state = self.state();
        let process = state.process.as_mut()?;
        if process.links.is_empty() {
            return None;
        }
        let (link, attachment) = process.links.remove(number % process.links.len());
        attachment.detach();
        let group = link.worker_group();
        process.leaving.push(link);
        dies.then_some(group)
    }

    /// A worker comes.
    pub(super) fn add_worker(&self, number: usize) {
        let found = {
            let state = self.state();
            let process = state.process.as_ref().filter(|process| !process.stopping);
            process.map(|process| {
                let handed = Arc::clone(&process.handed);
                (Arc::clone(&process.hub), process.group, handed)
            })
        };
        let quality = self.qualities.get(number % self.qualities.len().max(1));
        if let (Some((hub, group, handed)), Some(quality)) = (found, quality) {
            let link = self.attach(&hub, group, quality, &handed);
            if let Some(process) = &mut self.state().process {
                process.links.extend(link);
            }
        }
    }

    /// How many workers are attached.
    pub(super) fn workers(&self) -> usize {
        let state = self.state();
        state
            .process
            .as_ref()
            .map_or(0, |process| process.links.len())
    }

    /// Workers that come from now on have this program.
    pub(super) fn deploy(&self, deployment: Deployment) {
        self.state().deployment = Some(deployment);
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

    pub(super) fn job_begins(&self, number: usize, what: String) {
        self.state().jobs.insert(number, what);
    }

    pub(super) fn job_ends(&self, number: usize) {
        self.state().jobs.remove(&number);
    }

    pub(super) fn open_jobs(&self) -> usize {
        self.state().jobs.len()
    }

    /// What is not done.
    pub(super) fn jobs(&self) -> BTreeMap<usize, String> {
        self.state().jobs.clone()
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
    pub(super) async fn attempt<T: Send + 'static>(
        &self,
        ask: impl FnOnce(Arc<dyn Client>) -> BoxFuture<'static, Result<T, ClientError>>,
    ) -> Option<Result<T, ClientError>> {
        self.attempt_for(PATIENCE, ask).await
    }

    pub(super) async fn attempt_for<T: Send + 'static>(
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
}
