//! Open activities: handed to workers.

use std::sync::Arc;

use durable_task::WorkRequest;

use super::activities::NextRead;
use super::fair::Line;
use super::parked::{Entry, ParkedItem, ParkedReason};
use super::profile::{Pick, WorkKind, WorkerId};
use super::shared::count;
use super::{Dispatcher, Item, Read, salvage};
use crate::store::TaskRow;

impl Dispatcher {
    /// Hands over activities, as many as workers take, and reads more where there are more.
    pub(super) fn run_activities(&mut self) {
        if self.workers.is_empty() || self.mode.is_draining() {
            return;
        }
        let mut blocked = Vec::new();
        while let Some(line) = self.activities.next_line() {
            let version = line.version.as_deref();
            let pick = self.pick(WorkKind::Activity, &line.name, version, None);
            if pick == Pick::Busy {
                blocked.push(line);
                continue;
            }
            let Some(task) = self.activities.next(line.clone()) else {
                continue;
            };
            match pick {
                Pick::Worker(worker) => self.run_activity(task, line, worker),
                _ => self.leave_activity(&task, &line),
            }
        }
        self.activities.give_back(blocked);
        if let Some(NextRead { after, limit }) = self.activities.next_read() {
            self.read(
                false,
                move |store| salvage::open_activities(store, after, limit),
                move |tasks| Read::Activities(limit, tasks),
            );
        }
    }

    fn run_activity(&mut self, task: Arc<TaskRow>, line: Line, worker: WorkerId) {
        // What waits here is an activity.
        if let Some((id, request, cancelled)) = self.activities.start(task, line) {
            let place = self.names.take(WorkKind::Activity, &request.name);
            count(&self.shared.counters.activities_started);
            let request = WorkRequest::Activity(request);
            let item = Item::Activity(id);
            self.hand_over(worker, WorkKind::Activity, place, request, item, cancelled);
        }
    }

    /// Nobody has code for it.
    fn leave_activity(&mut self, task: &TaskRow, line: &Line) {
        tracing::warn!(
            instance = %task.instance, activity = &*line.name, version = line.version.as_deref(),
            "no worker has code for it; it waits"
        );
        self.activities.leave(task.id);
        let entry = Entry {
            kind: WorkKind::Activity,
            name: line.name.to_string(),
            version: line.version.as_deref().map(str::to_owned),
            reason: ParkedReason::NoCode,
            instance: task.instance.clone(),
        };
        self.shared.parked.add(ParkedItem::Activity(task.id), entry);
    }
}
