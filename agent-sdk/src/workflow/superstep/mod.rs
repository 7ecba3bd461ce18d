//! A run of a workflow, without IO, clock, randomness and runtime.
//!
//! A [`Run`] says what to do next and is told what came of it. Whoever drives it (in memory or
//! durably) starts tasks, waits for answers and keeps time:
//!
//! 1. [`Run::next_step`] gives [`Next::Tasks`]: start all of them at once; when *all* have ended,
//!    hand their results to [`Run::finish`] in the order of the tasks.
//! 2. [`Next::Wait`]: nothing to start. Wait for the tasks that are under way, or for an answer to
//!    an open request ([`Run::answer`]), its time limit ([`Run::expire`]) or its withdrawal
//!    ([`Run::cancel`]), which may come at any time.
//! 3. [`Next::Done`]: that is the end.
//!
//! What a run does depends on nothing but its graph, its input, the results and the order in which
//! answers come between them. So a replay that repeats these repeats the run and its events.
//!
//! A superstep delivers each waiting message as one run of its node. Its tasks see the state as it
//! was when it began; when all have ended, their results are applied in the order of the tasks:
//! state, outputs, then messages in the written order of their targets. A task that fails, fails
//! the run, and nothing of its superstep is applied.

mod agent;
mod answers;
mod error;
mod event;
mod flow;
mod guard;
mod link;
mod note;
mod plan;
mod request;
mod run;
mod size;
mod slots;
mod status;
mod task;

pub use agent::{AgentTask, CONVERSATION_MESSAGES_MAX};
pub use error::RunError;
pub use event::{Event, EventData, EventKind};
pub use request::{AnswerError, Request, RequestId};
pub use run::{MESSAGES_MAX, Next, Run};
pub use size::PAYLOAD_BYTES_MAX;
pub use status::{Child, Status};
pub use task::{START_SOURCE, Task, TaskAnswer, TaskResult, Work};

#[cfg(test)]
mod tests;
