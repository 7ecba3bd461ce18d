use std::time::Duration;

use crate::HubLimits;

/// What a work item has beside its payloads: ids, names, tokens, and the framing of each message.
const ENVELOPE_BYTES: usize = 64 * 1024;

/// How entity work is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EntityForm {
    /// As `entityRequest`, for SDKs from before 2025. The .NET SDK answers it without a token, so a
    /// stream gets one entity item at a time.
    V1,
    /// As `entityRequestV2`, which every SDK of today takes.
    #[default]
    V2,
}

/// How a hub is served.
///
/// ```
/// use task_hub::sidecar::SidecarOptions;
///
/// let mut options = SidecarOptions::default();
/// options.message_bytes_max = 16 * 1024 * 1024;
/// assert!(options.hub_limits().input_bytes_max < options.message_bytes_max);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SidecarOptions {
    /// How entity work is written.
    pub entity_form: EntityForm,
    /// A history of more bytes is streamed to workers that can take that; to others it is sent as
    /// long as it fits into a message.
    pub stream_above_bytes: usize,
    /// Bytes of one message in either direction. gRPC libraries take 4 MiB unless they are told
    /// otherwise: raise it on both sides.
    pub message_bytes_max: usize,
    /// Bytes of an answer that comes in chunks, all of them together.
    pub answer_bytes_max: usize,
    /// Bytes of all answers of a connection of which some chunks are still to come.
    pub unfinished_bytes_max: usize,
    /// How often a worker is shown that the server is alive. SDKs take 120 s of silence for its
    /// death.
    pub ping_every: Duration,
    /// How often a silent connection is asked whether it is alive.
    pub keep_alive_every: Duration,
    /// How long a connection may take to say so. Then its work items return to the queue.
    pub keep_alive_timeout: Duration,
    /// How long work that is out may take to be answered when the server is stopped.
    pub drain: Duration,
}

impl Default for SidecarOptions {
    fn default() -> Self {
        Self {
            entity_form: EntityForm::default(),
            stream_above_bytes: 1024 * 1024,
            message_bytes_max: 4 * 1024 * 1024,
            answer_bytes_max: 64 * 1024 * 1024,
            unfinished_bytes_max: 128 * 1024 * 1024,
            ping_every: Duration::from_secs(30),
            keep_alive_every: Duration::from_secs(20),
            keep_alive_timeout: Duration::from_secs(20),
            drain: Duration::from_secs(25),
        }
    }
}

impl SidecarOptions {
    /// Limits for a hub that is served so: what it takes fits into work items again.
    #[must_use]
    pub fn hub_limits(&self) -> HubLimits {
        let mut limits = HubLimits::default();
        limits.input_bytes_max = limits.input_bytes_max.min(self.payload_bytes_max());
        limits
    }

    /// Bytes of payloads that fit into one message.
    pub(super) fn payload_bytes_max(&self) -> usize {
        self.message_bytes_max
            .saturating_sub(ENVELOPE_BYTES)
            .max(self.message_bytes_max / 2)
    }
}
