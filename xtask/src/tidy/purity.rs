//! What pure cores must not name, and what loops must take from the `Runtime`.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;

use super::arrows::starts_in;
use super::source::lies_in;
use super::{Source, Violation};

/// State machines: no clock, no IO, no randomness, no async runtime, no map with random order.
const CORES: &[&str] = &[
    "durable-task/src/episode",
    "task-hub/src/engine",
    "agent-sdk/src/agent/turn",
    "agent-macros/src/model",
];

/// What they must not name.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::env",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "std::collections::HashMap",
    "std::collections::HashSet",
    "tokio",
    "tokio_util",
    "async_trait",
    "reqwest",
    "rusqlite",
    "axum",
    "hyper",
    "time::OffsetDateTime::now_utc",
    "uuid::Uuid::new_v4",
    "uuid::Uuid::now_v7",
];

/// Loops that a simulator must be able to own.
const LOOPS: &[&str] = &[
    "durable-task/src/worker",
    "task-hub/src/engine",
    "task-hub/src/dispatch",
];

/// What they must take from the `Runtime` trait instead.
const UNOWNED: &[&str] = &[
    "tokio::spawn",
    "tokio::task",
    "tokio::time",
    "tokio::runtime",
    "std::thread::spawn",
    "std::thread::sleep",
    "std::thread::Builder",
    "std::time::Instant",
    "std::time::SystemTime",
    "uuid::Uuid::new_v4",
    "uuid::Uuid::now_v7",
];

/// Names that break a promise of the file's place.
pub fn check(source: &Source) -> Vec<Violation> {
    let in_any = |places: &[&str]| places.iter().any(|place| starts_in(&source.path, place));
    let (core, in_loop) = (in_any(CORES), in_any(LOOPS));
    if !source.is_rust() || source.is_test() || !(core || in_loop) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut report = |line: usize, message: String| {
        found.push(Violation {
            path: source.path.clone(),
            line,
            message,
        });
    };
    for named in source.names() {
        let names = |list: &[&str]| list.iter().any(|to| lies_in(&named.path, to));
        if core && names(IMPURE) {
            report(
                named.line,
                format!("names `{}`: this is a pure core", named.path),
            );
        } else if in_loop && names(UNOWNED) {
            report(
                named.line,
                format!("names `{}`: take it from the `Runtime`", named.path),
            );
        }
    }
    if let Some(file) = source.production() {
        unbiased_selects(file.to_token_stream(), &mut |line| {
            report(
                line,
                String::from("`select!` picks at random: begin it with `biased;`"),
            );
        });
    }
    found
}

/// Calls `found` with the line of every `select! { .. }` that does not begin with `biased`.
fn unbiased_selects(tokens: TokenStream, found: &mut impl FnMut(usize)) {
    let mut before: Vec<TokenTree> = Vec::new();
    for token in tokens {
        if let TokenTree::Group(group) = &token {
            if let [.., TokenTree::Ident(name), TokenTree::Punct(bang)] = before.as_slice()
                && bang.as_char() == '!'
                && name == "select"
                && group
                    .stream()
                    .into_iter()
                    .next()
                    .map(|token| token.to_string())
                    != Some(String::from("biased"))
            {
                found(name.span().start().line);
            }
            unbiased_selects(group.stream(), found);
        }
        before.push(token);
    }
}
