//! What clients ask, each until it is acknowledged, and what has to hold of the answers.

use std::sync::Arc;
use std::time::Duration;

use durable_task::{
    ClientError, EntityId, EntityMetadata, Fetch, InstanceId, InstanceState, StartRequest, Status,
    WaitFor,
};

use super::world::{LONG_PATIENCE, PAUSE, World};

impl World {
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
                        client.raise_event(&asked, "go", input).await?;
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
            let (world, asked) = (Arc::clone(self), id.clone());
            let answer = self
                .attempt_for(LONG_PATIENCE, move |client| {
                    Box::pin(async move {
                        let before = world.disk.oracle().executions(&asked);
                        let done = match control {
                            Control::Suspend => client.suspend(&asked, None).await,
                            Control::Resume => client.resume(&asked, None).await,
                            Control::Terminate => client.terminate(&asked, None, true).await,
                            Control::Purge => client.purge(&asked, false).await.map(drop),
                            Control::Rewind => client.rewind(&asked, None).await,
                        };
                        if done.is_ok() {
                            world.check_control(&asked, control, before);
                        }
                        done
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

    /// What was done to an instance is durable, or waits for it. It had so many executions before.
    fn check_control(&self, id: &InstanceId, control: Control, before: usize) {
        let status = self.disk.instance(id).map(|state| state.status);
        let holds = match control {
            Control::Purge => status.is_none(),
            Control::Rewind => self.disk.oracle().executions(id) > before,
            Control::Terminate => {
                status.is_none_or(Status::is_terminal) || !self.disk.load(id).messages.is_empty()
            }
            // Others may have done the opposite since.
            Control::Suspend | Control::Resume => true,
        };
        self.core.expect(holds, || {
            format!("{control:?} of `{id}` was acknowledged and is not durable: {status:?}")
        });
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
    Rewind,
}

/// Whether an end is as it was promised.
pub(super) fn ended_as(state: &InstanceState, output: &str) -> bool {
    state.status == Status::Completed && state.output.as_deref() == Some(output)
}
