//! Open activities: handed to workers.

use durable_task::WorkRequest;
use durable_task::wire::proto::ActivityRequest;

use super::activities::ACTIVITIES_KEPT;
use super::profile::{Kind, Pick};
use super::shared::count;
use super::{Dispatcher, Item, Read, salvage};
use crate::store::{TaskKind, TaskRow};

impl Dispatcher {
    /// Hands over activities, as many as workers take, and reads more where there are more.
    pub(super) fn run_activities(&mut self) {
        if self.workers.is_empty() || self.mode.is_draining() {
            return;
        }
        let mut busy = Vec::new();
        while let Some(task) = self.activities.next() {
            let pick = request(&task).map_or(Pick::Nobody, |request| {
                let version = request.version.as_deref();
                self.workers
                    .pick(Kind::Activity, &request.name, version, None)
            });
            match pick {
                Pick::Busy => busy.push(task),
                Pick::Nobody => {
                    let name = request(&task).map(|request| request.name.as_str());
                    tracing::warn!(activity = name, "no worker has code for it; it waits");
                    self.activities.leave(task.id);
                }
                Pick::Worker(worker) => {
                    if let Some((id, request, cancelled)) = self.activities.start(task) {
                        count(&self.shared.counters.activities_started);
                        let request = WorkRequest::Activity(request);
                        let item = Item::Activity(id);
                        self.hand_over(worker, Kind::Activity, request, item, cancelled);
                    }
                }
            }
        }
        self.activities.put_back(busy);
        if let Some(after) = self.activities.next_read() {
            self.read(
                false,
                move |store| salvage::open_activities(store, after, ACTIVITIES_KEPT),
                Read::Activities,
            );
        }
    }
}

fn request(task: &TaskRow) -> Option<&ActivityRequest> {
    match &task.kind {
        TaskKind::Activity(request) => Some(request),
        TaskKind::SubOrchestration(_) => None,
    }
}
