//! Which module may name which: the arrows inside of the crates. (Those between the crates are in
//! their manifests.)

use super::source::lies_in;
use super::{Source, Violation};

struct Arrow {
    /// Files whose path starts so.
    from: &'static str,
    /// What they must not name.
    to: &'static [&'static str],
    /// Why.
    because: &'static str,
}

const ARROWS: &[Arrow] = &[
    Arrow {
        from: "agent-macros/src/syntax",
        to: &["crate::model", "crate::expand", "crate::run"],
        because: "syntax -> model -> expand, never back",
    },
    Arrow {
        from: "agent-macros/src/model",
        to: &["crate::expand", "crate::run"],
        because: "syntax -> model -> expand, never back",
    },
    Arrow {
        from: "agent-macros/src/expand",
        to: &["crate::run"],
        because: "syntax -> model -> expand, never back",
    },
    Arrow {
        from: "durable-task/src/episode",
        to: &["crate::worker", "crate::grpc", "crate::testing"],
        because: "the episode core is driven by the worker and knows nothing of it",
    },
    Arrow {
        from: "task-hub/src/engine",
        to: &[
            "crate::dispatch",
            "crate::store::sqlite",
            "crate::store::memory",
        ],
        because: "the engine is a pure transition; the loop around it has the store",
    },
    Arrow {
        from: "task-hub/src/dispatch",
        to: &[
            "crate::store::sqlite",
            "crate::store::memory",
            "crate::store::azure",
        ],
        because: "dispatch sees the storage traits, never a store",
    },
    Arrow {
        from: "task-hub/src",
        to: &[
            "durable_task::OrchestrationContext",
            "durable_task::ActivityContext",
            "durable_task::EntityContext",
            "durable_task::Registry",
            "durable_task::Worker",
            "durable_task::WorkerOptions",
        ],
        because: "the engine uses wire types, history functions and the runtime, not the worker",
    },
    Arrow {
        from: "agent-sdk/src",
        to: &["durable_task::worker", "task_hub", "axum", "rusqlite"],
        because: "agent-sdk has no server and no store",
    },
];

/// Packages that see what users see.
const PUBLIC_API_ONLY: &[&str] = &["examples/", "tests/", "ui-tests/"];

/// A test that is compiled with the crate: it needs what is private, and workers.
const SIMULATION: &str = "task-hub/src/simulation";

/// Wrong arrows in one file.
pub fn check(source: &Source) -> Vec<Violation> {
    if starts_in(&source.path, SIMULATION) {
        return Vec::new();
    }
    let arrows: Vec<&Arrow> = ARROWS
        .iter()
        .filter(|arrow| starts_in(&source.path, arrow.from))
        .collect();
    let public_only = PUBLIC_API_ONLY
        .iter()
        .any(|package| source.path.starts_with(package));
    if !source.is_rust()
        || (arrows.is_empty() && !public_only)
        || (source.is_test() && !public_only)
    {
        return Vec::new();
    }
    let mut found = Vec::new();
    for named in source.names() {
        for arrow in &arrows {
            if arrow.to.iter().any(|to| lies_in(&named.path, to)) {
                found.push(Violation {
                    path: source.path.clone(),
                    line: named.line,
                    message: format!("names `{}`: {}", named.path, arrow.because),
                });
            }
        }
        if public_only && named.path.contains("::__") {
            found.push(Violation {
                path: source.path.clone(),
                line: named.line,
                message: format!("names `{}`: public API only", named.path),
            });
        }
    }
    found.dedup();
    found
}

/// Whether the file is `place`, `place.rs` or in the folder `place`.
pub fn starts_in(path: &str, place: &str) -> bool {
    path.strip_prefix(place)
        .is_some_and(|rest| matches!(rest, "" | ".rs") || rest.starts_with('/'))
}
