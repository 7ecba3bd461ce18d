//! What clients do with whole instances: they take them back, start them again, replace, list and
//! remove them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use durable_task::{
    ClientError, ExecutionId, Fetch, InstanceFilter, InstanceId, InstanceState, Page, StartRequest,
    Status,
};

use super::jobs::{expect, start, wrong_end};
use super::ledger::Entry;
use super::link::REFUSED;
use super::programs::{EPHEMERAL, VERSIONED};
use super::requests::{Control, ended_as};
use super::world::{LONG_PATIENCE, PAUSE, World};
use super::{code, programs};

const ALL_STATUSES: [Status; 8] = [
    Status::Pending,
    Status::Running,
    Status::Suspended,
    Status::Completed,
    Status::Failed,
    Status::Terminated,
    Status::Canceled,
    Status::ContinuedAsNew,
];

/// The sum that a sequence returns.
fn sum(steps: u64) -> String {
    (steps * steps.saturating_sub(1)).to_string()
}

fn part(id: &InstanceId, part: &str) -> InstanceId {
    InstanceId::from_stored(format!("{id}-{part}"))
}

impl World {
    fn chance_of(&self, one_in: u64) -> bool {
        self.core.random(|random| random.one_in(one_in))
    }

    /// Starts an ended instance again, until that is acknowledged. Returns its id.
    async fn restart(self: &Arc<Self>, id: &InstanceId, new_id: bool) -> Option<InstanceId> {
        loop {
            let (world, asked) = (Arc::clone(self), id.clone());
            let answer = self
                .attempt_for(LONG_PATIENCE, move |client| {
                    Box::pin(async move {
                        let started = client.restart(&asked, new_id).await;
                        if let Ok(started) = &started
                            && !world.disk.oracle().knows(started)
                        {
                            world
                                .core
                                .violated(|| format!("`{started}` is not durable and restarted"));
                        }
                        started
                    })
                })
                .await;
            match answer {
                None => {}
                Some(Ok(started)) => return Some(started),
                // An attempt before has done it.
                Some(Err(ClientError::InvalidState { .. })) if !new_id => return Some(id.clone()),
                Some(Err(error)) => {
                    self.core.violated(|| format!("restart {id}: {error}"));
                    return None;
                }
            }
        }
    }

    /// Starts an execution in the place of whatever has the id.
    async fn replace(self: &Arc<Self>, request: &StartRequest, execution: &ExecutionId) {
        loop {
            let (world, request, execution) =
                (Arc::clone(self), request.clone(), execution.clone());
            let id = request.instance_id.clone();
            let answer = self
                .attempt_for(LONG_PATIENCE, move |client| {
                    Box::pin(async move {
                        let id = request.instance_id.clone();
                        let started = client.start(request).await;
                        let is_durable = world.disk.oracle().generation(&id, &execution).is_some();
                        if started.is_ok() && !is_durable {
                            world
                                .core
                                .violated(|| format!("`{execution}` of `{id}` is not durable"));
                        }
                        started
                    })
                })
                .await;
            match answer {
                None => {}
                // It has that execution from an attempt before.
                Some(Ok(_) | Err(ClientError::Invalid { .. })) => return,
                Some(Err(error)) => return self.core.violated(|| format!("replace {id}: {error}")),
            }
        }
    }

    /// Sends an entity an operation, until one attempt is acknowledged.
    async fn operate(self: &Arc<Self>, operation: &str, input: &str) {
        let Ok(entity) = programs::launcher() else {
            return;
        };
        loop {
            let (entity, input) = (entity.clone(), input.to_owned());
            let operation = operation.to_owned();
            let answer = self
                .attempt(move |client| {
                    Box::pin(async move {
                        let input = Some(input);
                        client.signal_entity(&entity, &operation, input, None).await
                    })
                })
                .await;
            match answer {
                None => {}
                Some(Ok(())) => return,
                Some(Err(error)) => return self.core.violated(|| format!("operate: {error}")),
            }
        }
    }

    /// One page of the instances with this beginning of their ids.
    async fn page(&self, prefix: &str, token: Option<String>) -> Option<Page<InstanceState>> {
        loop {
            let (prefix, token) = (prefix.to_owned(), token.clone());
            let answer = self
                .attempt(move |client| {
                    Box::pin(async move {
                        let filter = InstanceFilter {
                            id_prefix: Some(prefix),
                            ..InstanceFilter::default()
                        };
                        client
                            .query(&filter, Fetch::Metadata, 2, token.as_deref())
                            .await
                    })
                })
                .await;
            match answer {
                None => {}
                Some(Ok(page)) => return Some(page),
                Some(Err(error)) => {
                    self.core.violated(|| format!("query: {error}"));
                    return None;
                }
            }
        }
    }

    /// Removes all ended instances with this beginning of their ids.
    async fn purge_matching(&self, prefix: &str) {
        loop {
            let prefix = prefix.to_owned();
            let answer = self
                .attempt_for(LONG_PATIENCE, move |client| {
                    Box::pin(async move {
                        let filter = InstanceFilter {
                            id_prefix: Some(prefix),
                            ..InstanceFilter::default()
                        };
                        client.purge_matching(&filter, Duration::from_secs(5)).await
                    })
                })
                .await;
            match answer {
                Some(Ok(purged)) if purged.complete => return,
                None | Some(Ok(_)) => {}
                Some(Err(error)) => return self.core.violated(|| format!("purge: {error}")),
            }
        }
    }
}

/// What fails is taken back until it does not.
pub(super) async fn rewind(world: &Arc<World>, id: InstanceId, name: &str, steps: u64) {
    start(world, &id, name, steps.to_string()).await;
    let output = match name {
        "fragile" => sum(steps),
        _ => (2 * steps * steps.saturating_sub(1)).to_string(),
    };
    while let Some(state) = world.end(&id).await {
        if state.status == Status::Failed {
            world.control(&id, Control::Rewind).await;
        } else {
            if !ended_as(&state, &output) {
                wrong_end(world, &state, &output);
            }
            world.read_history(&id).await;
            return;
        }
    }
}

pub(super) async fn restart(world: &Arc<World>, id: InstanceId, steps: u64) {
    start(world, &id, "sequence", steps.to_string()).await;
    for new_id in [false, true] {
        expect(world, &id, &sum(steps)).await;
        if let Some(started) = world.restart(&id, new_id).await {
            expect(world, &started, &sum(steps)).await;
        }
    }
}

/// An instance runs the version that it began with, whatever is deployed.
pub(super) async fn version(world: &Arc<World>, id: InstanceId, steps: u64) {
    let wanted = [None, Some("1"), Some("2")];
    let wanted = wanted[world.core.random(|random| random.place(wanted.len()))];
    let request = StartRequest {
        version: wanted.map(str::to_owned),
        ..StartRequest::new(VERSIONED, id.clone())
    };
    world.start(request.input_json(steps.to_string())).await;
    if let Some(state) = world.end(&id).await {
        let ran = wanted.unwrap_or(&state.version);
        if !["1", "2"].contains(&ran) || !ended_as(&state, &format!("\"{ran}\"")) {
            wrong_end(world, &state, ran);
        }
    }
}

/// An entity starts an instance.
pub(super) async fn launch(world: &Arc<World>, id: InstanceId, steps: u64) {
    let launched = part(&id, "launched");
    world
        .operate("launch", &format!("[\"{launched}\",{steps}]"))
        .await;
    while !matches!(world.read(&launched).await, Some(Some(_))) {
        world.core.sleep(PAUSE).await;
    }
    expect(world, &launched, &sum(steps)).await;
}

/// Delayed signals become due while their entity is locked.
pub(super) async fn locker(world: &Arc<World>, number: usize, id: InstanceId, count: u64) {
    start(world, &id, "locker", count.to_string()).await;
    if let Ok(book) = code::ledger(count) {
        let sender = Entry::late(&format!("locked-out-{number}"));
        for signal in 0..count {
            let millis = world.core.random(|random| random.below(700));
            let entry = |attempt| Entry::new(&sender, signal, attempt).to_string();
            world
                .signal(&book, entry, Some(Duration::from_millis(millis)))
                .await;
        }
    }
    expect(world, &id, "\"alone\"").await;
}

/// What has ended is removed some time later.
pub(super) async fn ephemeral(world: &Arc<World>, id: InstanceId, steps: u64) {
    start(world, &id, EPHEMERAL, steps.to_string()).await;
    loop {
        match world.read(&id).await {
            Some(None) => return,
            Some(Some(state)) if state.status.is_terminal() && !ended_as(&state, &sum(steps)) => {
                return wrong_end(world, &state, "completion");
            }
            _ => world.core.sleep(Duration::from_secs(20)).await,
        }
    }
}

/// What has ended is removed, and what goes on is not.
pub(super) async fn purge_matching(world: &Arc<World>, id: InstanceId, steps: u64) {
    let waiting = part(&id, "purged-waiting");
    start(world, &waiting, "collect", String::from("1")).await;
    let ended: Vec<_> = (0..3).map(|n| part(&id, &format!("purged-{n}"))).collect();
    for id in &ended {
        start(world, id, "fan", steps.to_string()).await;
    }
    for id in &ended {
        expect(world, id, &sum(steps)).await;
    }
    world.purge_matching(&format!("{id}-purged-")).await;
    for id in &ended {
        if let Some(state) = world.disk.instance(id) {
            wrong_end(world, &state, "its removal");
        }
    }
    if world.disk.instance(&waiting).is_none() {
        world
            .core
            .violated(|| format!("`{waiting}` was removed while it ran"));
    }
    world.raise(&waiting, 0).await;
    expect(world, &waiting, "0").await;
}

/// Workers give back the episodes of one, and the activity of the other.
pub(super) async fn unloved(world: &Arc<World>, id: InstanceId, number: u64) {
    let refused = InstanceId::from_stored(format!("{id}{REFUSED}"));
    start(world, &refused, "sequence", number.to_string()).await;
    start(world, &id, "unloved", number.to_string()).await;
    expect(world, &id, &(2 * number).to_string()).await;
    expect(world, &refused, &sum(number)).await;
}

/// What user code panics over fails, and nothing else.
pub(super) async fn clumsy(world: &Arc<World>, id: InstanceId, steps: u64) {
    let fainting = part(&id, "faint");
    start(world, &fainting, "faint", steps.to_string()).await;
    start(world, &id, "clumsy", steps.to_string()).await;
    expect(world, &id, &sum(steps)).await;
    if let Some(state) = world.end(&fainting).await
        && state.status != Status::Failed
    {
        wrong_end(world, &state, "failure");
    }
}

/// Whatever changes between two pages, what is there all the time is listed once.
pub(super) async fn list(world: &Arc<World>, id: InstanceId, steps: u64) {
    let prefix = format!("{id}-listed-");
    let waiting: Vec<_> = (0..2).map(|n| part(&id, &format!("listed-w{n}"))).collect();
    let running: Vec<_> = (0..3).map(|n| part(&id, &format!("listed-r{n}"))).collect();
    for id in &waiting {
        start(world, id, "collect", String::from("1")).await;
    }
    for id in &running {
        start(world, id, "fan", steps.to_string()).await;
    }
    let mut times: BTreeMap<InstanceId, u32> = BTreeMap::new();
    let (mut token, mut raised) = (None, 0);
    while let Some(page) = world.page(&prefix, token).await {
        for state in page.items {
            *times.entry(state.instance_id).or_default() += 1;
        }
        if let Some(id) = waiting.get(raised)
            && world.chance_of(2)
        {
            world.raise(id, 0).await;
            raised += 1;
        }
        token = page.next;
        if token.is_none() {
            break;
        }
    }
    for id in waiting.iter().chain(&running) {
        let listed = times.get(id).copied().unwrap_or_default();
        world.core.expect(listed == 1, || {
            format!("`{id}` was listed {listed} times: {times:?}")
        });
    }
    for id in waiting.iter().skip(raised) {
        world.raise(id, 0).await;
    }
    for id in &waiting {
        expect(world, id, "0").await;
    }
    for id in &running {
        expect(world, id, &sum(steps)).await;
    }
}

/// An id is started again and again; the last one stays.
pub(super) async fn replace(world: &Arc<World>, id: InstanceId, steps: u64) {
    for number in 0..3 {
        let execution = ExecutionId::new(format!("{id}-execution-{number}"));
        let request = StartRequest {
            replaceable: ALL_STATUSES.to_vec(),
            execution_id: Some(execution.clone()),
            ..StartRequest::new("sequence", id.clone())
        };
        let request = request.input_json((steps + number).to_string());
        world.replace(&request, &execution).await;
        let wait = world.core.random(|random| random.below(60));
        world.core.sleep(Duration::from_millis(wait)).await;
    }
    expect(world, &id, &sum(steps + 2)).await;
}
