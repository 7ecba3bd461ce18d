//! The official .NET SDK, as it is, on a hub served over gRPC.

mod process;
mod proxy;
mod scripts;

use std::path::{Path, PathBuf};

use agent_tests::tools::{Sidecar, need, reference_hub};
use serde_json::{Value, json};

use self::process::{Form, Sdk};
use self::proxy::Proxy;
use self::scripts::Check;

/// How many steps keep a script going while its workers die.
const STEPS: usize = 20;

/// A served hub and the SDK, if it is here.
fn scene(hub: &Path, form: Form, options: &[&str]) -> Option<(Sidecar, Sdk)> {
    let program: PathBuf = need(reference_hub())?;
    let server = need(Sidecar::start(hub, options))?;
    let sdk = Sdk::new(program, server.address(), form);
    Some((server, sdk))
}

fn memory() -> &'static Path {
    Path::new("memory")
}

/// Runs every step kind and compares the outputs.
async fn every_step(form: Form, options: &[&str]) {
    let Some((_server, sdk)) = scene(memory(), form, options) else {
        return;
    };
    let _worker = sdk.worker(&[]).await;
    let (mut children, mut expected, mut alone) = (Vec::new(), Vec::new(), Vec::new());
    for script in scripts::all() {
        match script.check {
            Check::Gives(output) => {
                let (id, input) = (script.id, script.steps);
                children.push(json!({"sub": "Script", "instance": id, "input": input}));
                expected.push(output);
            }
            Check::Ends(check) => {
                let mut arguments = vec!["--id", script.id];
                arguments.extend(script.options);
                sdk.start(&arguments, &script.steps).await;
                alone.push((script.id, check));
            }
        }
    }
    let all = json!([{"parallel": children}]);
    sdk.start(&["--id", "all"], &all).await;
    for event in scripts::EVENTS {
        let [id, name, data] = *event;
        sdk.ask("raise", &["--id", id, "--event", name, "--data", data])
            .await;
    }
    for (id, check) in alone {
        check(&sdk.wait(id).await);
    }
    assert_eq!(process::output(&sdk.wait("all").await), json!([expected]));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_kind_gives_what_it_should() {
    every_step(Form::Plain, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_kind_gives_what_it_should_in_the_schedulers_form() {
    every_step(Form::Scheduler, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_kind_gives_what_it_should_with_entity_work_in_the_first_form() {
    every_step(Form::Plain, &["--entity-form", "v1"]).await;
}

/// A script of many steps with an output that shows all of them.
fn long_script() -> (Value, Value) {
    let call = |n: usize| json!({"call": "Echo", "input": n});
    let step = |n: usize| match n % 4 {
        0 => json!({"timerMs": 10}),
        1 => json!({"parallel": [call(n), call(n + 1)]}),
        2 => json!({"entityCall": {"entity": "@counter@long", "op": "add", "input": 1}}),
        _ => call(n),
    };
    let result = |n: usize| match n % 4 {
        0 => json!("fired"),
        1 => json!([n, n + 1]),
        2 => json!(n / 4 + 1),
        _ => json!(n),
    };
    (
        (0..STEPS).map(step).collect(),
        (0..STEPS).map(result).collect(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_that_are_killed_lose_nothing() {
    let Some((_server, sdk)) = scene(memory(), Form::Plain, &[]) else {
        return;
    };
    let (steps, output) = long_script();
    sdk.start(&["--id", "long"], &steps).await;
    let slow = json!([{"call": "Sleep", "input": 3_000}, {"call": "Echo", "input": 1}]);
    sdk.start(&["--id", "slow"], &slow).await;
    for _ in 0..3 {
        let before = sdk.events("long").await;
        let worker = sdk.worker(&[]).await;
        sdk.goes_on("long", before).await;
        worker.kill();
    }
    let _worker = sdk.worker(&[]).await;
    let state = sdk.wait("long").await;
    // Each operation says how many there have been: none has run twice.
    assert_eq!(process::output(&state), output);
    let count = (STEPS / 4).to_string();
    sdk.entity("@counter@long", &count).await;
    assert_eq!(process::output(&sdk.wait("slow").await), json!([3_000, 1]));
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_cut_lose_nothing() {
    let Some((server, sdk)) = scene(memory(), Form::Plain, &[]) else {
        return;
    };
    let proxy = Proxy::start(server.address()).await;
    let _worker = sdk.through(&proxy.address()).worker(&[]).await;
    let (steps, output) = long_script();
    sdk.start(&["--id", "long"], &steps).await;
    for _ in 0..3 {
        let before = sdk.events("long").await;
        sdk.goes_on("long", before).await;
        proxy.cut();
    }
    assert_eq!(process::output(&sdk.wait("long").await), output);
}

#[tokio::test(flavor = "multi_thread")]
async fn histories_and_answers_above_four_megabytes_go_through() {
    let Some((_server, sdk)) = scene(memory(), Form::Plain, &[]) else {
        return;
    };
    let _worker = sdk.worker(&["--chunk-bytes", "1048576"]).await;
    let big = |_| json!({"call": "Big", "input": 900_000});
    let echo = |_| json!({"call": "Echo", "input": "y".repeat(100_000)});
    let steps = json!([
        {"parallel": (0..8).map(big).collect::<Value>()},
        {"parallel": (0..30).map(echo).collect::<Value>()},
        {"call": "Hello", "input": "a"},
        {"complete": "all of it"},
    ]);
    sdk.start(&["--id", "big"], &steps).await;
    let state = sdk.wait("big").await;
    assert_eq!(process::output(&state), json!("all of it"));
    let history = sdk.ask("history", &["--id", "big"]).await;
    assert!(history.to_string().len() > 4 * 1024 * 1024, "it was large");
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_are_kept_to() {
    let Some((_server, sdk)) = scene(memory(), Form::Plain, &[]) else {
        return;
    };
    let _worker = sdk.worker(&["--filters"]).await;
    sdk.start(
        &["--id", "known"],
        &json!([{"call": "Hello", "input": "a"}]),
    )
    .await;
    let waits = json!([{"call": "Nobody", "input": "a"}]);
    sdk.start(&["--id", "unknown"], &waits).await;
    let state = sdk.wait("known").await;
    assert_eq!(process::output(&state), json!(["Hello, a!"]));
    // Without filters, the worker says that it has no such activity.
    let _all = sdk.worker(&[]).await;
    let state = sdk.wait("unknown").await;
    assert_eq!(state["status"], "Failed", "{state}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_verb_of_the_client_is_answered() {
    let Some((_server, sdk)) = scene(memory(), Form::Plain, &[]) else {
        return;
    };
    let _worker = sdk.worker(&[]).await;
    sdk.start(&["--id", "c1"], &json!([{"status": "s"}, {"wait": "go"}]))
        .await;
    let begun = sdk.ask("wait-start", &["--id", "c1"]).await;
    assert_eq!(begun["status"], "Running", "{begun}");
    sdk.ask("suspend", &["--id", "c1", "--reason", "r"]).await;
    sdk.ask("resume", &["--id", "c1", "--reason", "r"]).await;
    sdk.ask("raise", &["--id", "c1", "--event", "go", "--data", "5"])
        .await;
    let state = sdk.wait("c1").await;
    assert_eq!(process::output(&state), json!([null, 5]));
    let history = sdk.ask("history", &["--id", "c1"]).await;
    assert!(history.to_string().contains("go"), "{history}");
    let again = sdk.ask("restart", &["--id", "c1", "--new-id"]).await;
    let id = again["instanceId"].as_str().unwrap_or_default().to_owned();
    assert!(!id.is_empty() && id != "c1", "{again}");
    sdk.ask("terminate", &["--id", &id, "--reason", "bye"])
        .await;
    let ended = sdk.wait(&id).await;
    assert_eq!(ended["status"], "Terminated", "{ended}");
    let failing = json!([{"failWith": {"message": "m"}}]);
    sdk.start(&["--id", "c2"], &failing).await;
    assert_eq!(sdk.wait("c2").await["status"], "Failed");
    // It fails the first time only: what is not rewound stays failed.
    let once = json!([{"call": "FailTimes", "input": {"key": "rewound", "times": 1}}]);
    sdk.start(&["--id", "c3"], &once).await;
    assert_eq!(sdk.wait("c3").await["status"], "Failed");
    sdk.ask("rewind", &["--id", "c3", "--reason", "again"])
        .await;
    let state = sdk.wait("c3").await;
    assert_eq!(process::output(&state), json!(["succeeded after 1"]));
    let listed = sdk.ask("query", &["--prefix", "c"]).await.to_string();
    assert!(listed.contains("c1") && listed.contains("c2"), "{listed}");
    let listed = sdk.ask("list-ids", &[]).await.to_string();
    assert!(listed.contains("c1") && listed.contains("c2"), "{listed}");
    let signal = ["--entity", "@counter@c", "--op", "add", "--input", "2"];
    sdk.ask("signal", &signal).await;
    let entity = sdk.entity("@counter@c", "2").await;
    assert_eq!(entity["state"], json!("2"), "{entity}");
    let listed = sdk.ask("entities", &["--prefix", "@counter@"]).await;
    assert!(listed.to_string().contains("@counter@c"), "{listed}");
    let cleaned = sdk.ask("clean-entities", &[]).await;
    assert!(cleaned.is_object(), "{cleaned}");
    let purged = sdk.ask("purge", &["--id", "c1"]).await;
    assert_eq!(purged["instancesDeleted"], 1, "{purged}");
    let none = sdk.ask("get", &["--id", "c1"]).await;
    assert_eq!(none["found"], false, "{none}");
    let failed = ["--from", "2020-01-01T00:00:00Z", "--status", "Failed"];
    let purged = sdk.ask("purge-filter", &failed).await;
    assert_eq!(purged["instancesDeleted"], 1, "{purged}");
    let again = sdk.ask("restart", &["--id", &id]).await;
    assert_eq!(again["instanceId"], id.as_str(), "{again}");
}
