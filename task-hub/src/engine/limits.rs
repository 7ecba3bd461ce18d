/// How large things may become before the engine refuses them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EngineLimits {
    /// Events in the history of one execution. Beyond it the orchestration fails and is told to
    /// `continue_as_new`. A warning is logged at a tenth.
    pub history_events_max: u64,
    /// Bytes in the history of one execution, as `history_events_max`.
    pub history_bytes_max: u64,
    /// Operations given to a worker in one entity batch.
    pub entity_batch_max: usize,
    /// Bytes of one value that a worker gives: an input, an event, a result, an entity's state.
    /// What is larger is a failure of whoever gave it.
    pub payload_bytes_max: usize,
}

/// The custom status of an orchestration, in bytes of UTF-16: the smallest limit of all backends.
pub const CUSTOM_STATUS_BYTES_MAX: usize = 16 * 1024;

impl Default for EngineLimits {
    fn default() -> Self {
        Self {
            history_events_max: 200_000,
            history_bytes_max: 256 * 1024 * 1024,
            entity_batch_max: 1_000,
            payload_bytes_max: 16 * 1024 * 1024,
        }
    }
}
