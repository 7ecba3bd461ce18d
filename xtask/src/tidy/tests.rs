//! Each rule finds what it forbids and leaves the rest alone; the workspace breaks none.

use std::path::Path;

use super::{Source, Violation, arrows, manifests, modules, purity, size, words};

fn source(path: &str, text: &str) -> Source {
    Source {
        path: path.to_owned(),
        text: text.to_owned(),
    }
}

fn messages(found: &[Violation]) -> Vec<String> {
    found
        .iter()
        .map(|violation| format!("{}: {}", violation.line, violation.message))
        .collect()
}

/// One line per violation that contains these texts, in this order, and no other violation.
#[track_caller]
fn assert_found(found: &[Violation], expected: &[&str]) {
    let found = messages(found);
    assert_eq!(found.len(), expected.len(), "found {found:#?}");
    for (message, text) in found.iter().zip(expected) {
        assert!(message.contains(text), "{message:?} lacks {text:?}");
    }
}

#[test]
fn the_workspace_is_tidy() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let found = super::violations(&root).expect("the workspace can be read");
    let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "\n{}\n", lines.join("\n"));
}

#[test]
fn forbidden_words_are_found_where_they_stand() {
    let text = [
        "fine",
        concat!("see /wor", "k/main"),
        concat!("// TO", "DO: later"),
        concat!("out = \"/tm", "p/x\""),
        concat!("TO", "DOS and /tm", "p/{id} are fine"),
        concat!("https://index.crates", ".io/"),
    ]
    .join("\n");
    assert_found(
        &words::check(&source("docs/a.md", &text)),
        &["2: ", "3: ", "4: ", "6: "],
    );
}

#[test]
fn long_lines_are_found_in_code_and_not_in_prose() {
    let line = format!("// {}", "x".repeat(98));
    assert_found(
        &words::check(&source("a/src/b.rs", &line)),
        &["101 columns"],
    );
    assert_found(&words::check(&source("a/README.md", &line)), &[]);
}

#[test]
fn long_functions_are_found_also_in_impls_and_traits() {
    let body = "    drop(());\n".repeat(69);
    let long = format!("fn long() {{\n{body}}}\n");
    assert_found(
        &size::check(&source("a/src/b.rs", &long)),
        &["1: `long` has 71 lines"],
    );
    let method = format!("impl A {{\n{long}}}\ntrait B {{\n{long}}}\n");
    assert_found(
        &size::check(&source("a/src/b.rs", &method)),
        &["2: `long`", "75: `long`"],
    );
    let short = format!("fn short() {{\n{}}}\n", "    drop(());\n".repeat(68));
    assert_found(&size::check(&source("a/src/b.rs", &short)), &[]);
}

#[test]
fn functions_of_tests_may_be_long_tables() {
    let long = format!("fn long() {{\n{}}}\n", "    drop(());\n".repeat(69));
    assert_found(&size::check(&source("a/src/b/tests.rs", &long)), &[]);
    let inside = format!("#[cfg(test)]\nmod tests {{\n{long}}}\n");
    assert_found(&size::check(&source("a/src/b.rs", &inside)), &[]);
}

#[test]
fn the_size_of_a_file_does_not_count_its_tests() {
    let code = "const A: u8 = 0;\n".repeat(400);
    let tests = format!(
        "#[cfg(test)]\nmod tests {{\n{}}}\n",
        "const B: u8 = 0;\n".repeat(200)
    );
    assert_found(
        &size::check(&source("a/src/b.rs", &format!("{code}{tests}"))),
        &[],
    );
    assert_found(
        &size::check(&source("a/src/b.rs", &format!("{code}{code}"))),
        &["800 lines without tests"],
    );
    assert_found(
        &size::check(&source("a/src/b/tests.rs", &format!("{code}{code}"))),
        &[],
    );
}

#[test]
fn a_lib_file_is_short_without_its_docs() {
    let docs = "//! Prose.\n".repeat(300);
    let items = "pub use a::B;\n".repeat(101);
    assert_found(
        &size::check(&source("a/src/lib.rs", &format!("{docs}{items}"))),
        &["101 lines without docs"],
    );
    assert_found(&size::check(&source("a/src/lib.rs", &docs)), &[]);
}

#[test]
fn arrows_back_are_found_in_every_spelling() {
    for text in [
        "use crate::expand::tool;",
        "use crate::{errors::Errors, expand};",
        "use super::super::expand::tool as t;",
        "fn f() { crate::expand::tool(); }",
        "fn f() { assert!(crate::expand::tool()); }",
    ] {
        let found = arrows::check(&source("agent-macros/src/model/tool.rs", text));
        assert_found(&found, &["crate::expand"]);
    }
    let forward = source(
        "agent-macros/src/expand/tool.rs",
        "use crate::model::tool::Tool;",
    );
    assert_found(&arrows::check(&forward), &[]);
    let longer = source(
        "agent-macros/src/model/tool.rs",
        "use crate::expanded::tool;",
    );
    assert_found(&arrows::check(&longer), &[]);
}

#[test]
fn the_engine_does_not_know_its_stores_or_the_worker() {
    let engine = source(
        "task-hub/src/engine/state.rs",
        "use crate::store::sqlite::Sqlite;\nuse durable_task::{Registry, Status};",
    );
    assert_found(
        &arrows::check(&engine),
        &["1: ", "2: names `durable_task::Registry`"],
    );
    let dispatch = source(
        "task-hub/src/dispatch/mod.rs",
        "use crate::store::Store;\nuse crate::store::sqlite;",
    );
    assert_found(&arrows::check(&dispatch), &["2: "]);
}

#[test]
fn test_code_may_name_anything() {
    let text = "#[cfg(test)]\nmod tests { use durable_task::Worker; }";
    assert_found(&arrows::check(&source("task-hub/src/hub.rs", text)), &[]);
    let text = "use durable_task::Worker;";
    assert_found(&arrows::check(&source("task-hub/tests/hub.rs", text)), &[]);
    assert_found(
        &arrows::check(&source("task-hub/src/hub/tests.rs", text)),
        &[],
    );
}

#[test]
fn hidden_items_are_not_for_tests_and_examples() {
    let text = "fn f() { agent_sdk::__private::f(); }";
    assert_found(
        &arrows::check(&source("tests/src/a.rs", text)),
        &["public API only"],
    );
    assert_found(
        &arrows::check(&source("examples/a/src/main.rs", text)),
        &["public API only"],
    );
}

#[test]
fn cores_name_no_clock_io_or_random_order() {
    for name in [
        "std::time::Instant",
        "std::collections::HashMap",
        "std::fs",
        "tokio::sync::mpsc",
    ] {
        let text = format!("use {name};");
        let found = purity::check(&source("durable-task/src/episode/replay.rs", &text));
        assert_found(&found, &[name]);
    }
    let found = purity::check(&source(
        "durable-task/src/episode.rs",
        "use std::time;\nfn f() { time::Instant::now(); let _ = time::Duration::ZERO; }",
    ));
    assert_found(&found, &["2: names `std::time::Instant::now`"]);
    let found = purity::check(&source(
        "durable-task/src/worker/lane.rs",
        "use tokio::sync::mpsc;\nuse std::collections::HashMap;",
    ));
    assert_found(&found, &[]);
}

#[test]
fn loops_take_time_and_tasks_from_the_runtime() {
    let text = "fn f() { tokio::spawn(async {}); }\nuse tokio::time::sleep;";
    let found = purity::check(&source("task-hub/src/dispatch/mod.rs", text));
    assert_found(
        &found,
        &["1: names `tokio::spawn`", "2: names `tokio::time::sleep`"],
    );
}

#[test]
fn a_select_that_picks_at_random_is_found() {
    let text = "fn f() {\n tokio::select! { a = b => {} }\n select! { biased; a = b => {} } }";
    let found = purity::check(&source("durable-task/src/worker/mod.rs", text));
    assert_found(&found, &["2: `select!`"]);
}

#[test]
fn a_file_that_nothing_declares_is_dead() {
    let sources = [
        source("a/Cargo.toml", "[[bin]]\npath = \"odd/root.rs\""),
        source("a/odd/root.rs", ""),
        source(
            "a/src/lib.rs",
            "mod one;\nmod two;\n#[path = \"five/six.rs\"]\nmod six;",
        ),
        source("a/src/one.rs", "mod three;"),
        source("a/src/one/three.rs", ""),
        source("a/src/two/mod.rs", "mod four;"),
        source("a/src/two/four.rs", ""),
        source("a/src/five/six.rs", ""),
        source("a/tests/root.rs", ""),
        source("a/tests/whole/main.rs", "mod part;"),
        source("a/tests/whole/part.rs", ""),
        source("a/src/one/dead.rs", ""),
        source("a/src/dead.rs", ""),
    ];
    let found = modules::check(&sources);
    let dead: Vec<&str> = found
        .iter()
        .map(|violation| violation.path.as_str())
        .collect();
    assert_eq!(dead, ["a/src/one/dead.rs", "a/src/dead.rs"]);
}

const COMPLETE: &str = r#"
[package]
name = "task-hub"
description = "Text."
version.workspace = true
edition.workspace = true
rust-version.workspace = true
license.workspace = true
repository.workspace = true
keywords.workspace = true
categories.workspace = true
readme = "README.md"

[lints]
workspace = true
"#;

fn manifest(text: &str) -> Vec<Violation> {
    manifests::check(&[
        source("task-hub/Cargo.toml", text),
        source("task-hub/README.md", "1\n2\n3\n4\n5\n"),
        source(
            "task-hub/src/lib.rs",
            "use serde::Serialize; use durable_task::Status;",
        ),
    ])
}

#[test]
fn a_complete_manifest_passes() {
    let text = format!("{COMPLETE}[dependencies]\ndurable-task.workspace = true\n");
    assert_found(&manifest(&text), &[]);
}

#[test]
fn gaps_in_a_manifest_are_found() {
    for (gap, message) in [
        ("description = \"Text.\"\n", "`description` is missing"),
        ("license.workspace = true\n", "license.workspace"),
        ("keywords.workspace = true\n", "keywords.workspace"),
        ("readme = \"README.md\"\n", "`readme`"),
        ("[lints]\nworkspace = true\n", "[lints]"),
    ] {
        assert_found(&manifest(&COMPLETE.replace(gap, "")), &[message]);
    }
}

#[test]
fn dependencies_follow_the_arrows_share_versions_and_are_used() {
    for (line, message) in [
        (
            "agent-sdk.workspace = true",
            "`task-hub` must not depend on `agent-sdk`",
        ),
        ("serde = \"1\"", "take the version from the workspace"),
        ("uuid.workspace = true", "`uuid` is not used"),
        ("axum.workspace = true", "`axum` does not belong"),
    ] {
        let text = format!("{COMPLETE}[dependencies]\n{line}\n");
        let found = messages(&manifest(&text));
        assert!(
            found.iter().any(|found| found.contains(message)),
            "{line}: {found:?}"
        );
    }
}
