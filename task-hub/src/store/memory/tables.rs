use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use durable_task::{
    EntityFilter, EntityId, EntityMetadata, ExecutionId, Fetch, InstanceFilter, InstanceId,
    InstanceState, Page, Timestamp,
};

use super::families::Families;
use super::stored::Stored;
use crate::store::listing::{Cursor, entity_token, is_listed, matches};
use crate::store::{
    Commit, EndedRow, EntityRow, EntityWrite, HistoryPage, Identity, InstanceChange, InstanceRow,
    InstanceWrite, Loaded, LoadedBody, MessageRow, OpenTask, OpenTimer, StateChange, StoreError,
    StreamChunk, TaskKind, TaskRow, TimerRow,
};

/// What is committed.
#[derive(Debug, Clone, Default)]
pub(super) struct Tables {
    instances: BTreeMap<InstanceId, Stored>,
    families: Families,
    entities: BTreeMap<InstanceId, EntityRow>,
    messages: BTreeMap<u64, MessageRow>,
    tasks: BTreeMap<u64, Arc<TaskRow>>,
    timers: BTreeMap<(Timestamp, u64), TimerRow>,
    timer_times: BTreeMap<u64, Timestamp>,
    chunks: BTreeMap<(InstanceId, u64), Vec<u8>>,
    /// Which messages, tasks and timers an id has.
    owned: BTreeMap<InstanceId, Owned>,
}

#[derive(Debug, Clone, Default)]
struct Owned {
    messages: BTreeSet<u64>,
    tasks: BTreeSet<u64>,
    timers: BTreeSet<u64>,
}

impl Tables {
    pub(super) fn next_id(&self) -> u64 {
        let last = [
            self.messages.keys().next_back(),
            self.tasks.keys().next_back(),
            self.timer_times.keys().next_back(),
        ];
        last.into_iter().flatten().max().map_or(1, |last| last + 1)
    }

    /// Checks the whole commit before it changes anything.
    pub(super) fn apply(&mut self, commit: Commit) -> Result<(), StoreError> {
        for write in &commit.instances {
            self.check(write, &commit.purged)?;
        }
        for id in &commit.purged {
            self.remove(id);
        }
        for write in commit.instances {
            self.write_instance(write);
        }
        for write in commit.entities {
            self.write_entity(write);
        }
        for id in commit.tasks_closed {
            if let Some(task) = self.tasks.remove(&id) {
                self.disown(&task.instance, |owned| owned.tasks.remove(&id));
            }
        }
        for task in commit.tasks_opened {
            self.owned(&task.instance).tasks.insert(task.id);
            self.tasks.insert(task.id, task);
        }
        for id in commit.timers_closed {
            self.remove_timer(id);
        }
        for timer in commit.timers_opened {
            self.owned(&timer.target).timers.insert(timer.id);
            self.timer_times.insert(timer.id, timer.fire_at);
            self.timers.insert((timer.fire_at, timer.id), timer);
        }
        for id in commit.messages_removed {
            if let Some(message) = self.messages.remove(&id) {
                self.disown(&message.target, |owned| owned.messages.remove(&id));
            }
        }
        for message in commit.messages_added {
            self.owned(&message.target).messages.insert(message.id);
            self.messages.insert(message.id, message);
        }
        for chunk in commit.stream_chunks {
            self.chunks
                .insert((chunk.instance, chunk.number), chunk.data);
        }
        Ok(())
    }

    fn check(&self, write: &InstanceWrite, purged: &[InstanceId]) -> Result<(), StoreError> {
        let id = &write.identity.instance_id;
        let exists = self.instances.get(id).filter(|_| !purged.contains(id));
        match (&write.change, exists) {
            (InstanceChange::Create { replace }, Some(stored))
                if !replace.contains(&stored.step.status) =>
            {
                Err(StoreError::Conflict {
                    instance: id.clone(),
                })
            }
            (InstanceChange::Restart | InstanceChange::Step, None) => Err(StoreError::Corrupt {
                operation: "commit",
                what: format!("instance `{id}` has no row"),
            }),
            _ => Ok(()),
        }
    }

    #[cfg(feature = "simulation")]
    pub(super) fn forget_first_history_row(&mut self, id: &InstanceId) {
        if let Some(stored) = self.instances.get_mut(id)
            && stored.history.len() > 1
        {
            stored.history.remove(0);
        }
    }

    fn owned(&mut self, id: &InstanceId) -> &mut Owned {
        self.owned.entry(id.clone()).or_default()
    }

    fn disown(&mut self, id: &InstanceId, remove: impl FnOnce(&mut Owned) -> bool) {
        if let Some(owned) = self.owned.get_mut(id) {
            remove(owned);
            if owned.messages.is_empty() && owned.tasks.is_empty() && owned.timers.is_empty() {
                self.owned.remove(id);
            }
        }
    }

    fn remove_timer(&mut self, id: u64) {
        if let Some(fire_at) = self.timer_times.remove(&id)
            && let Some(timer) = self.timers.remove(&(fire_at, id))
        {
            self.disown(&timer.target, |owned| owned.timers.remove(&id));
        }
    }

    fn remove(&mut self, id: &InstanceId) {
        if let Some(stored) = self.instances.remove(id) {
            self.families.remove(&stored.identity);
        }
        self.entities.remove(id);
        let owned = self.owned.remove(id).unwrap_or_default();
        for message in owned.messages {
            self.messages.remove(&message);
        }
        for task in owned.tasks {
            self.tasks.remove(&task);
        }
        for timer in owned.timers {
            if let Some(fire_at) = self.timer_times.remove(&timer) {
                self.timers.remove(&(fire_at, timer));
            }
        }
        let chunks: Vec<_> = self
            .chunks
            .range((id.clone(), 0)..=(id.clone(), u64::MAX))
            .map(|(key, _)| key.clone())
            .collect();
        for chunk in chunks {
            self.chunks.remove(&chunk);
        }
    }

    fn write_instance(&mut self, write: InstanceWrite) {
        let id = write.identity.instance_id.clone();
        let creates = matches!(write.change, InstanceChange::Create { .. });
        if creates && self.instances.contains_key(&id) {
            self.remove(&id);
        }
        self.families.add(&write.identity);
        let stored = self.instances.entry(id).or_insert_with(|| Stored {
            identity: Arc::clone(&write.identity),
            step: write.step.clone(),
            input: None,
            output: None,
            failure: None,
            completed_at: None,
            history: Vec::new(),
        });
        stored.identity = write.identity;
        stored.step = write.step;
        if write.change != InstanceChange::Step {
            stored.input = write.input;
            stored.history.clear();
            (stored.output, stored.failure, stored.completed_at) = (None, None, None);
        }
        stored.history.extend(write.history);
        if let Some(end) = write.end {
            stored.output = end.output;
            stored.failure = end.failure;
            stored.completed_at = Some(end.completed_at);
        }
    }

    fn write_entity(&mut self, write: EntityWrite) {
        let kept = self.entities.remove(&write.id).and_then(|row| row.state);
        let state = match write.state {
            StateChange::Keep => kept,
            StateChange::Replace { to, .. } => to,
        };
        if state.is_some() || write.lock.is_some() {
            let row = EntityRow {
                state,
                lock: write.lock,
                modified_at: write.modified_at,
            };
            self.entities.insert(write.id, row);
        }
    }

    pub(super) fn load(&self, id: &InstanceId) -> Loaded {
        let none = Owned::default();
        let owned = self.owned.get(id).unwrap_or(&none);
        let body = if let Some(stored) = self.instances.get(id) {
            let current = &stored.identity.execution_id;
            let tasks = owned.tasks.iter().filter_map(|id| self.tasks.get(id));
            let timers = owned.timers.iter().filter_map(|id| {
                let fire_at = *self.timer_times.get(id)?;
                self.timers.get(&(fire_at, *id))
            });
            LoadedBody::Orchestration(Box::new(InstanceRow {
                identity: (*stored.identity).clone(),
                step: stored.step.clone(),
                tasks: tasks
                    .filter(|task| task.execution == *current)
                    .map(|task| open_task(task))
                    .collect(),
                timers: timers
                    .filter(|timer| timer.execution.as_ref() == Some(current))
                    .filter_map(open_timer)
                    .collect(),
            }))
        } else {
            match self.entities.get(id) {
                Some(row) => LoadedBody::Entity(row.clone()),
                None => LoadedBody::Absent,
            }
        };
        let messages = owned.messages.iter().filter_map(|id| self.messages.get(id));
        Loaded {
            body,
            messages: messages.cloned().collect(),
        }
    }

    pub(super) fn history(
        &self,
        id: &InstanceId,
        execution: Option<&ExecutionId>,
        from: u64,
        bytes_max: usize,
    ) -> HistoryPage {
        let mut page = HistoryPage::default();
        let Some(stored) = self.instances.get(id) else {
            return page;
        };
        if execution.is_some_and(|execution| *execution != stored.identity.execution_id) {
            return page;
        }
        let mut bytes = 0;
        for row in stored.history.iter().filter(|row| row.row >= from) {
            if !page.chunks.is_empty() && bytes + row.events.len() > bytes_max {
                page.next = Some(row.row);
                break;
            }
            bytes += row.events.len();
            page.chunks.push(row.events.clone());
        }
        page
    }

    pub(super) fn instance(&self, id: &InstanceId, fetch: Fetch) -> Option<InstanceState> {
        self.instances.get(id).map(|stored| stored.state(fetch))
    }

    pub(super) fn children(&self, id: &InstanceId) -> Vec<InstanceId> {
        let mut children: Vec<&Identity> = self
            .families
            .children(id)
            .filter_map(|child| Some(&*self.instances.get(child)?.identity))
            .filter(|child| child.parent_id() == Some(id.as_str()))
            .collect();
        children.sort_by_key(|child| (child.created_at, &child.instance_id));
        let ids = children.iter().map(|child| child.instance_id.clone());
        ids.collect()
    }

    pub(super) fn query(
        &self,
        filter: &InstanceFilter,
        fetch: Fetch,
        page_size: usize,
        token: Option<&str>,
    ) -> Result<Page<InstanceState>, StoreError> {
        let after = token.map(Cursor::parse).transpose()?;
        let mut found: Vec<InstanceState> = self
            .instances
            .values()
            .map(|stored| stored.state(fetch))
            .filter(|state| matches(filter, state))
            .filter(|state| {
                after
                    .as_ref()
                    .is_none_or(|after| Cursor::after(state) > *after)
            })
            .collect();
        found.sort_by_key(Cursor::after);
        let more = found.len() > page_size;
        found.truncate(page_size);
        let next = found.last().filter(|_| more).map(Cursor::after);
        Ok(Page {
            next: next.map(|cursor| cursor.to_token()),
            items: found,
        })
    }

    pub(super) fn entity(&self, id: &InstanceId, include_state: bool) -> Option<EntityMetadata> {
        let row = self.entities.get(id);
        let owned = self.owned.get(id);
        let backlog = owned.map_or(0, |owned| owned.messages.len());
        if row.is_none() && backlog == 0 {
            return None;
        }
        let state = row.and_then(|row| row.state.as_deref()).map(str::to_owned);
        let lock = row.and_then(|row| row.lock.as_ref());
        Some(EntityMetadata {
            id: EntityId::parse(id.as_str())?,
            state: state.filter(|_| include_state),
            modified_at: row.map_or(Timestamp::EPOCH, |row| row.modified_at),
            backlog,
            locked_by: lock.map(|lock| lock.holder.clone()),
        })
    }

    pub(super) fn entities(
        &self,
        filter: &EntityFilter,
        include_state: bool,
        page_size: usize,
        token: Option<&str>,
    ) -> Result<Page<EntityMetadata>, StoreError> {
        let prefix = filter.id_prefix.as_deref().unwrap_or("@");
        let from = entity_token(token)?.unwrap_or_default().max(prefix);
        let range = InstanceId::from_stored(from)..;
        let within = |id: &&InstanceId| id.as_str().starts_with(prefix);
        let known = self.entities.range(range.clone()).map(|(id, _)| id);
        let owned = self.owned.range(range);
        let waiting = owned.filter_map(|(id, owned)| (!owned.messages.is_empty()).then_some(id));
        // An id may be in both.
        let all = known.take_while(within).chain(waiting.take_while(within));
        let ids: BTreeSet<&InstanceId> = all.collect();
        let mut items: Vec<EntityMetadata> = ids
            .into_iter()
            .filter(|id| token != Some(id.as_str()))
            .filter_map(|id| {
                let has_state = self.entities.get(id).is_some_and(|row| row.state.is_some());
                self.entity(id, include_state)
                    .filter(|entity| is_listed(filter, entity, has_state))
            })
            .take(page_size.saturating_add(1))
            .collect();
        let more = items.len() > page_size;
        items.truncate(page_size);
        let next = items.last().filter(|_| more);
        Ok(Page {
            next: next.map(|last| last.id.to_string()),
            items,
        })
    }

    pub(super) fn ended(
        &self,
        after: Option<&(Timestamp, InstanceId)>,
        limit: usize,
    ) -> Vec<EndedRow> {
        let mut ended: Vec<EndedRow> = self
            .instances
            .values()
            .filter(|stored| stored.step.status.is_terminal())
            .filter_map(|stored| {
                Some(EndedRow {
                    instance: stored.identity.instance_id.clone(),
                    name: stored.identity.name.clone(),
                    status: stored.step.status,
                    completed_at: stored.completed_at?,
                })
            })
            .filter(|row| after.is_none_or(|after| ended_key(row) > *after))
            .collect();
        ended.sort_by_key(ended_key);
        ended.truncate(limit);
        ended
    }

    pub(super) fn message_targets(
        &self,
        after: Option<&InstanceId>,
        limit: usize,
    ) -> Vec<InstanceId> {
        let targets = self.owned.range((exclusive(after), Bound::Unbounded));
        targets
            .filter(|(_, owned)| !owned.messages.is_empty())
            .map(|(id, _)| id.clone())
            .take(limit)
            .collect()
    }

    pub(super) fn tasks_after(&self, after: u64) -> impl Iterator<Item = &Arc<TaskRow>> {
        self.tasks
            .range((Bound::Excluded(after), Bound::Unbounded))
            .map(|(_, task)| task)
    }

    pub(super) fn timers_after(
        &self,
        after: Option<(Timestamp, u64)>,
        limit: usize,
    ) -> Vec<TimerRow> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let timers = self.timers.range((start, Bound::Unbounded));
        timers.map(|(_, timer)| timer.clone()).take(limit).collect()
    }

    pub(super) fn parked(&self, after: Option<&InstanceId>, limit: usize) -> Vec<InstanceId> {
        let instances = self.instances.range((exclusive(after), Bound::Unbounded));
        instances
            .filter(|(_, stored)| stored.step.parked)
            .map(|(id, _)| id.clone())
            .take(limit)
            .collect()
    }

    pub(super) fn chunks(&self, id: &InstanceId, from: u64, limit: usize) -> Vec<StreamChunk> {
        self.chunks
            .range((id.clone(), from)..=(id.clone(), u64::MAX))
            .take(limit)
            .map(|((instance, number), data)| StreamChunk {
                instance: instance.clone(),
                number: *number,
                data: data.clone(),
            })
            .collect()
    }
}

fn ended_key(row: &EndedRow) -> (Timestamp, InstanceId) {
    (row.completed_at, row.instance.clone())
}

fn exclusive(after: Option<&InstanceId>) -> Bound<InstanceId> {
    after.map_or(Bound::Unbounded, |after| Bound::Excluded(after.clone()))
}

fn open_task(task: &TaskRow) -> OpenTask {
    OpenTask {
        id: task.id,
        task_id: task.task_id,
        child: match &task.kind {
            TaskKind::Activity(_) => None,
            TaskKind::SubOrchestration(child) => Some(child.clone()),
        },
    }
}

fn open_timer(timer: &TimerRow) -> Option<OpenTimer> {
    Some(OpenTimer {
        id: timer.id,
        timer_id: timer.timer_id?,
        fire_at: timer.fire_at,
    })
}
