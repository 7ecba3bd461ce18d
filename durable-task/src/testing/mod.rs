//! Tools for tests: a clock that is moved by hand, histories, and orchestrations run step by step.

mod history;
mod orchestration;
mod runtime;

pub use history::HistoryBuilder;
pub use orchestration::TestOrchestration;
pub use runtime::TestRuntime;
