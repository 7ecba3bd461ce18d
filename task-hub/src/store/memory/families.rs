use std::collections::{BTreeMap, BTreeSet};

use durable_task::InstanceId;

use crate::store::Identity;

/// Which instances have started which: a large family is removed child by child, and a look at all
/// instances for each of them would take for ever.
#[derive(Debug, Clone, Default)]
pub(super) struct Families(BTreeMap<InstanceId, BTreeSet<InstanceId>>);

impl Families {
    pub(super) fn add(&mut self, child: &Identity) {
        if let Some(parent) = child.parent_id() {
            let children = self.0.entry(InstanceId::from_stored(parent)).or_default();
            children.insert(child.instance_id.clone());
        }
    }

    pub(super) fn remove(&mut self, child: &Identity) {
        let Some(parent) = child.parent_id().map(InstanceId::from_stored) else {
            return;
        };
        if let Some(children) = self.0.get_mut(&parent) {
            children.remove(&child.instance_id);
            if children.is_empty() {
                self.0.remove(&parent);
            }
        }
    }

    pub(super) fn children(&self, parent: &InstanceId) -> impl Iterator<Item = &InstanceId> {
        self.0.get(parent).into_iter().flatten()
    }
}
