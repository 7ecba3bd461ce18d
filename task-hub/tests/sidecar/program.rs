//! The program itself: what it says, and how it ends.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use durable_task::wire::proto::work_item::Request;
use durable_task::wire::proto::{GetWorkItemsRequest, OrchestrationStatus};
use tonic::transport::Channel;

use crate::support::worker::{complete, everything};
use crate::support::{Client, Worker, is, refuses_starts, start, state};

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_task-hub"));
    command.args(arguments).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs it to its end, which comes by itself.
fn ends(arguments: &[&str]) -> (i32, String) {
    let Output { status, stderr, .. } = program(arguments).output().unwrap();
    let said = String::from_utf8(stderr).unwrap();
    (status.code().unwrap(), said)
}

/// A program that serves; it is killed when it is dropped.
struct Running {
    child: Child,
    address: String,
}

impl Running {
    fn start(hub: &Path) -> Self {
        let hub = hub.to_str().unwrap();
        let mut child = program(&["serve", "--listen", "127.0.0.1:0", "--hub", hub])
            .env("RUST_LOG", "info")
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let address = line.strip_prefix("task-hub serves at ").unwrap();
        Self {
            address: address.trim().to_owned(),
            child,
        }
    }

    async fn client(&self) -> Client {
        let channel = Channel::from_shared(format!("http://{}", self.address)).unwrap();
        Client::new(channel.connect().await.unwrap())
    }

    #[cfg(unix)]
    fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for its end: its code, and what it has logged.
    async fn ended(mut self) -> (Option<i32>, String) {
        tokio::task::spawn_blocking(move || {
            let mut logged = String::new();
            let mut stderr = self.child.stderr.take().unwrap();
            stderr.read_to_string(&mut logged).unwrap();
            (self.child.wait().unwrap().code(), logged)
        })
        .await
        .unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn arguments_that_make_no_sense_are_refused_before_anything_is_created() {
    let folder = tempfile::tempdir().unwrap();
    let hub = folder.path().join("hub.db");
    let hub = hub.to_str().unwrap();
    let table: [(&[&str], &str); 6] = [
        (&["--listen", "here"], "invalid socket address"),
        (
            &["--max-message-bytes", "1000"],
            "between 262144 and 1073741824",
        ),
        (&["--max-message-bytes", "much"], "invalid digit"),
        (&["--entity-form", "v3"], "possible values: v1, v2"),
        (&["--stream-above-bytes=-1"], "invalid digit"),
        (&["--unknown"], "unexpected argument"),
    ];
    for (arguments, expected) in table {
        let all = [&["serve", "--hub", hub], arguments].concat();
        let (code, said) = ends(&all);
        assert_eq!(code, 2, "{arguments:?}: {said}");
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
    assert_eq!(ends(&[]).0, 2, "a command is needed");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn an_address_for_other_machines_needs_a_word_of_consent() {
    let folder = tempfile::tempdir().unwrap();
    let hub = folder.path().join("hub.db");
    let hub = hub.to_str().unwrap();
    for address in ["0.0.0.0:0", "[::]:0"] {
        let (code, said) = ends(&["serve", "--listen", address, "--hub", hub]);
        assert_eq!(code, 1, "{said}");
        let expected = format!("error: {address} can be reached from other machines");
        assert!(said.contains(&expected), "{said}");
        assert!(said.contains("--allow-remote"), "{said}");
    }
    assert!(!folder.path().join("hub.db").exists(), "nothing is created");
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, said) = ends(&["serve", "--listen", &address]);
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains(&format!("error: can't listen at {address}")),
        "{said}"
    );
}

#[test]
fn a_hub_file_that_is_none_and_one_in_use_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.db");
    std::fs::write(
        &broken,
        "this is no hub, whatever its name says".repeat(100),
    )
    .unwrap();
    let (code, said) = ends(&[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--hub",
        broken.to_str().unwrap(),
    ]);
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains("error: ") && said.contains("broken.db"),
        "{said}"
    );

    let hub = folder.path().join("hub.db");
    let first = Running::start(&hub);
    let (code, said) = ends(&[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--hub",
        hub.to_str().unwrap(),
    ]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("hub.db") && said.contains("in use"), "{said}");
    assert!(
        said.contains(&first.address),
        "it says who serves it: {said}"
    );
}

#[cfg(unix)]
#[test]
fn a_name_that_sqlite_would_read_as_another_file_is_that_file() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for name in ["file:hub.db", ":memory:"] {
        let mut command = program(&["serve", "--listen", &address, "--hub", name]);
        let output = command.current_dir(folder.path()).output().unwrap();
        // The hub is opened before the port is found to be taken.
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("can't listen"), "{said}");
    }
    let mut names: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let expected = [
        ":memory:",
        ":memory:.lock",
        "file:hub.db",
        "file:hub.db.lock",
    ];
    assert_eq!(names, expected, "what is locked is what is used");
}

#[cfg(unix)]
#[tokio::test]
async fn at_a_signal_what_is_out_may_be_answered_and_nothing_more_goes_out() {
    let folder = tempfile::tempdir().unwrap();
    let hub = folder.path().join("hub.db");
    let running = Running::start(&hub);
    let mut client = running.client().await;
    let one_at_once = GetWorkItemsRequest {
        max_concurrent_orchestration_work_items: 1,
        ..everything()
    };
    let mut worker = Worker::of(running.client().await, one_at_once).await;
    for id in ["a", "b"] {
        let started = client.start_instance(start(id, "Order", "1")).await;
        started.unwrap();
    }
    let episode = worker.episode().await;
    assert_eq!(episode.request.instance_id, "a");
    running.signal("-TERM");
    refuses_starts(&mut client).await;
    worker.decide(&episode.token, vec![complete(0, "7")]).await;
    // It has room for `b` now.
    while let Some(message) = worker.message().await {
        assert!(matches!(message.request, Some(Request::HealthPing(_))));
    }
    let (code, logged) = running.ended().await;
    assert_eq!(code, Some(0), "{logged}");
    assert!(logged.contains("draining"), "{logged}");
    assert!(!logged.contains('\u{1b}'), "colours for nobody: {logged:?}");

    let again = Running::start(&hub);
    let mut client = again.client().await;
    let ended = state(&mut client, "a").await;
    assert!(is(&ended, OrchestrationStatus::Completed), "{ended:?}");
    assert_eq!(ended.output.as_deref(), Some("7"));
    let waits = state(&mut client, "b").await;
    assert!(is(&waits, OrchestrationStatus::Pending), "{waits:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let running = Running::start(Path::new("memory"));
    let mut client = running.client().await;
    let mut worker = Worker::of(running.client().await, everything()).await;
    client
        .start_instance(start("a", "Order", "1"))
        .await
        .unwrap();
    let _never_answered = worker.episode().await;
    running.signal("-INT");
    refuses_starts(&mut client).await;
    running.signal("-INT");
    let (code, logged) = running.ended().await;
    assert_eq!(code, Some(130), "{logged}");
}
