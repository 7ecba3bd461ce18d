//! The options of the attributes, as items that an editor can complete and explain.
#![allow(non_upper_case_globals, reason = "named as the user writes them")]

/// Options of `#[tool]`.
pub mod tool {
    /// `name = "look_up"`: the name that the model sees; by default the function's.
    pub const name: () = ();
    /// `description = ".."`: what the model is told; by default the doc comment.
    pub const description: () = ();
    /// `timeout = "30s"`: how long one call may take.
    pub const timeout: () = ();
    /// `strict`: refuse to start if the provider can't hold the model to the schema.
    pub const strict: () = ();
}

/// Options of `#[agent]`.
pub mod agent {
    /// `name = "WeatherAgent"`: the name under which it is hosted; by default the struct's.
    pub const name: () = ();
    /// `model = "gpt-4.1"`: the model's name; by default the host's.
    pub const model: () = ();
    /// `instructions = ".."`: what the model is told first.
    pub const instructions: () = ();
    /// `description = ".."`: what it is for; by default the doc comment.
    pub const description: () = ();
    /// `version = "1.0.0"`: its own version, for people.
    pub const version: () = ();
    /// `tools = [get_weather]`: what the model may call.
    pub const tools: () = ();
    /// `output = Report`: the type of its answers; by default text.
    pub const output: () = ();
    /// `max_tool_rounds = 10`: how many times the model may ask for tools in one run.
    pub const max_tool_rounds: () = ();
    /// `parallel_tool_calls = false`: ask for one tool at a time.
    pub const parallel_tool_calls: () = ();
    /// `temperature = 0.2`: sent to the model only if set.
    pub const temperature: () = ();
    /// `model_attempts = 3`: how many times a failed model call is tried in all.
    pub const model_attempts: () = ();
    /// `timeout = "10m"`: how long a run may take.
    pub const timeout: () = ();
    /// `session_ttl = "30d"`: how long a session is kept after its last turn.
    pub const session_ttl: () = ();
    /// `queued_runs = 100`: how many runs of one session may wait for their turn.
    pub const queued_runs: () = ();
}

/// Options of `#[workflow]`.
pub mod workflow {
    /// `name = "triage"`: the name on the hub and in routes; by default the function's.
    pub const name: () = ();
    /// `description = ".."`: what it is for; by default the doc comment.
    pub const description: () = ();
    /// `state = Mailbox`: the type of its state, with `#[derive(WorkflowState)]`.
    pub const state: () = ();
    /// `version = "2"`: which version this is; by default computed from the graph.
    pub const version: () = ();
    /// `max_supersteps = 100`: after how many supersteps a run fails.
    pub const max_supersteps: () = ();
    /// `retry(attempts = 3, first = "1s")`: how its executors are repeated when they fail, unless
    /// they say it themselves.
    pub const retry: () = ();
    /// `timeout = "1h"`: how long a run may take.
    pub const timeout: () = ();
}

/// Options of `#[executor]`.
pub mod executor {
    pub use durable_task::__private::ide::executor::*;

    /// `reads(Budget)`: slots of the workflow's state that it reads.
    pub const reads: () = ();
    /// `may_read(Mail)`: slots that it reads if they are set.
    pub const may_read: () = ();
    /// `writes(Verdict)`: slots that it always sets.
    pub const writes: () = ();
    /// `may_write(Note)`: slots that it may set.
    pub const may_write: () = ();
    /// `sends(Part)`: it gives any number of messages with `ctx.send(..)`, and returns nothing.
    pub const sends: () = ();
    /// `yields(Report)`: it adds outputs with `ctx.yield_output(..)`.
    pub const yields: () = ();
    /// `concurrency = 4`: how many runs of it may be under way at once.
    pub const concurrency: () = ();
}

/// Options of `#[request_port]`.
pub mod request_port {
    /// `response = Decision`: the type of an answer.
    pub const response: () = ();
    /// `timeout = "3d"`: how long to wait for one.
    pub const timeout: () = ();
    /// `default = Decision::Reject`: what counts as the answer when that time is over.
    pub const default: () = ();
    /// `name = "Approval"`: its name; by default the struct's.
    pub const name: () = ();
    /// `description = ".."`: what is asked; by default the doc comment.
    pub const description: () = ();
}

/// Options of `#[slot]`, on the fields of a state.
pub mod slot {
    /// `default` or `default = Budget(100)`: what is in it at the start.
    pub const default: () = ();
    /// `reduce = add`: merges what is written into what is there.
    pub const reduce: () = ();
}
