//! The custom status of a run: what it waits for and which runs it has started.

use std::collections::BTreeMap;

use durable_task::{CUSTOM_STATUS_UTF16_BYTES_MAX, InstanceId};
use serde::{Deserialize, Serialize};

use super::names::child_instance;
use crate::workflow::Message;
use crate::workflow::superstep::{Request, Status};

/// A run is at work.
pub(crate) const RUNNING: &str = "running";
/// A run waits for an answer.
pub(crate) const WAITING: &str = "waiting_for_human_input";

/// What a run says of itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct RunStatus {
    pub(crate) state: String,
    /// While it waits for an answer, nodes are at work too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) busy: bool,
    /// By id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) pending_requests: BTreeMap<String, PendingData>,
    /// There are more than fit: the history knows them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) requests_omitted: bool,
    /// The runs that nodes have started, by node: those that have not ended.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) subworkflows: BTreeMap<String, Vec<String>>,
    /// There are more than fit: the history knows them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) subworkflows_omitted: bool,
}

/// An open request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct PendingData {
    pub(crate) request_id: String,
    pub(crate) source_executor_id: String,
    /// Null where it is left out.
    pub(crate) data: Option<Message>,
    pub(crate) request_type: String,
    pub(crate) response_type: String,
    /// The data is too large for here: the history knows it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) data_omitted: bool,
}

impl PendingData {
    pub(crate) fn of(request: &Request) -> Self {
        Self {
            request_id: request.id.as_str().to_owned(),
            source_executor_id: request.node_id.to_owned(),
            data: Some(request.data.clone().without_conversation()),
            request_type: (request.port.request_type)().to_owned(),
            response_type: (request.port.response_type)().to_owned(),
            data_omitted: false,
        }
    }

    fn without_data(mut self) -> Self {
        self.data = None;
        self.data_omitted = true;
        self
    }
}

impl RunStatus {
    /// The whole status of a run, whatever its size.
    pub(crate) fn of(run: &InstanceId, status: &Status<'_>) -> Self {
        let requests = status.requests.iter();
        let pending = requests.map(|request| {
            let data = PendingData::of(request);
            (data.request_id.clone(), data)
        });
        let mut subworkflows: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for child in &status.children {
            let id = child_instance(run, child.node_id, child.ordinal);
            let of_node = subworkflows.entry(child.node_id.to_owned()).or_default();
            of_node.push(id.as_str().to_owned());
        }
        let asks = !status.requests.is_empty();
        Self {
            state: String::from(if asks { WAITING } else { RUNNING }),
            busy: asks && !status.waiting,
            pending_requests: pending.collect(),
            requests_omitted: false,
            subworkflows,
            subworkflows_omitted: false,
        }
    }

    /// As much of it as every backend keeps: first without large data, then without any, then
    /// without what is most.
    pub(crate) fn bounded(mut self) -> Self {
        let max = CUSTOM_STATUS_UTF16_BYTES_MAX;
        if self.utf16_bytes() <= max {
            return self;
        }
        let share = max / 2 / self.pending_requests.len().max(1);
        self.leave_out_data(share);
        if self.utf16_bytes() > max {
            self.leave_out_data(0);
        }
        if self.utf16_bytes() > max && !self.subworkflows.is_empty() {
            self.subworkflows.clear();
            self.subworkflows_omitted = true;
        }
        if self.utf16_bytes() > max {
            self.pending_requests.clear();
            self.requests_omitted = true;
        }
        self
    }

    /// Whether something is left out of it.
    pub(crate) fn is_shortened(&self) -> bool {
        let mut requests = self.pending_requests.values();
        self.requests_omitted
            || self.subworkflows_omitted
            || requests.any(|request| request.data_omitted)
    }

    fn leave_out_data(&mut self, larger_than: usize) {
        let pending = std::mem::take(&mut self.pending_requests).into_iter();
        self.pending_requests = pending
            .map(|(id, request)| {
                let bytes = |data: &Message| data.json().encode_utf16().count() * 2;
                let is_large = request
                    .data
                    .as_ref()
                    .is_some_and(|data| bytes(data) > larger_than);
                let request = if is_large {
                    request.without_data()
                } else {
                    request
                };
                (id, request)
            })
            .collect();
    }

    fn utf16_bytes(&self) -> usize {
        let text = serde_json::to_string(self).unwrap_or_default();
        text.encode_utf16().count() * 2
    }
}
