//! The options of the attributes, as items that an editor can complete and explain.
#![allow(non_upper_case_globals, reason = "named as the user writes them")]

/// Options of `#[orchestrator]`.
pub mod orchestrator {
    /// `name = "publish"`: the name on the hub; by default the function's.
    pub const name: () = ();
    /// `version = "2"`: which version this is; several can stand side by side.
    pub const version: () = ();
}

/// Options of `#[executor]`.
pub mod executor {
    /// `name = "charge"`: the name on the hub; by default the function's.
    pub const name: () = ();
    /// `description = ".."`: what it is for; by default the doc comment.
    pub const description: () = ();
    /// `timeout = "30s"`: how long one attempt may take.
    pub const timeout: () = ();
    /// `retry(attempts = 3, first = "1s", backoff = 2.0, max = "30s", timeout = "5m")`: how a call
    /// is repeated when it fails, unless the call says otherwise.
    pub const retry: () = ();
}

/// Options of `#[event]`, beside `#[derive(Event)]`.
pub mod event {
    /// `name = "approval"`: the event's name; by default the type's.
    pub const name: () = ();
}

/// Options of `#[entity]`.
pub mod entity {
    /// `name = "counter"`: the name on the hub; by default the type's.
    pub const name: () = ();
}
