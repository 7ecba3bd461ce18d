//! Broken input for every decoder: samples, changed at random from a seed, and what has to hold
//! whatever comes. `docs/fuzzing.md` says how to run it.

mod answers;
mod code;
mod connection;
mod engine;
mod histories;
mod history_json;
mod http;
mod hub_file;
mod json;
mod listings;
mod models;
mod proto;
mod raw;
mod run;
mod samples;
mod service;
mod sessions;
mod small;
mod source;
mod work;

use source::Source;

/// What a target says of one seed: an error is a property that does not hold.
type Verdict = Result<(), String>;

/// One test per target, so that the usual test run is the bounded one. The number is how many seeds
/// that takes.
macro_rules! targets {
    ($($name:ident: $seeds:literal, $run:path;)*) => {
        /// Their names, for `cargo xtask fuzz NAME`.
        const TARGETS: &[&str] = &[$(stringify!($name)),*];

        $(#[test]
        fn $name() {
            run::target(stringify!($name), $seeds, $run);
        })*
    };
}

targets! {
    connection_answers: 12, connection::run;
    engine_answers: 200, engine::answers;
    entity_messages: 200, engine::entity_messages;
    history_texts: 300, history_json::run;
    http_requests: 5, http::run;
    hub_files: 12, hub_file::run;
    listings: 12, listings::run;
    model_answers: 12, models::run;
    replays: 400, histories::run;
    service_calls: 12, service::run;
    session_documents: 200, sessions::run;
    small_texts: 300, small::run;
    work_items: 300, work::run;
}

#[test]
fn every_name_that_is_asked_for_is_a_target() {
    for name in run::asked() {
        assert!(
            TARGETS.contains(&name.as_str()),
            "there is no target `{name}`; there are {TARGETS:?}"
        );
    }
}
