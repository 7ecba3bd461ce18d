//! Hub files whose pages were overwritten: what can be read is served and right, the rest says that
//! it is damaged, and nothing panics or hangs.

use std::fs::OpenOptions;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use durable_task::{Client, Fetch, Runtime, StartRequest};
use task_hub::{Hub, HubHealth, HubOptions, OpenError};

use crate::support::script::{self, activity, complete};
use crate::support::{Bench, ScriptedWorker, TestRuntime, id};

/// Of a page of the file.
const PAGE_BYTES: usize = 4_096;
/// How long anything may take that has to happen.
const PATIENCE: Duration = Duration::from_mins(1);
/// Instances that have ended, and as many that wait for an event.
const INSTANCES: usize = 10;
/// The one whose output is damaged.
const DAMAGED: usize = 7;

fn worker() -> ScriptedWorker {
    ScriptedWorker::new()
        .orchestrator("echo", |events| vec![complete(&script::input(events))])
        .orchestrator("listen", |events| {
            let got = script::raised(events, "go");
            got.first().map(|got| complete(got)).into_iter().collect()
        })
        .orchestrator("work", |events| {
            let mut actions = vec![activity("work", "1")];
            if let Some(result) = script::results(events).first() {
                actions.push(complete(result));
            }
            actions
        })
        .activity("work")
}

/// Different for each instance, and larger than a row that lies in one page. The one of
/// [`DAMAGED`] has a row of its own, beside that of its instance.
fn large(number: usize) -> String {
    let pages = if number == DAMAGED { 12 } else { 2 };
    format!("\"{} end of {number}\"", "y".repeat(pages * PAGE_BYTES))
}

/// A hub with instances of each kind, closed.
async fn written(path: &Path) {
    let bench = Bench::open(HubOptions::file(path), worker()).await;
    for number in 0..INSTANCES {
        let (ended, waiting) = (format!("ended-{number}"), format!("waiting-{number}"));
        bench.start("echo", &ended, &large(number)).await;
        bench.completes(&ended, &large(number)).await;
        bench.start("listen", &waiting, "1").await;
    }
    bench.start("work", "working", "1").await;
    drop(bench.worker.started().await);
    bench.hub.shutdown(Duration::ZERO).await;
}

/// A hub on a file, if it can be opened; else the error names the file.
async fn opened(path: &Path) -> Option<Bench> {
    let runtime = TestRuntime::new();
    let hub = Hub::open(
        HubOptions::file(path),
        Arc::clone(&runtime) as Arc<dyn Runtime>,
    )
    .await;
    match hub {
        Ok(hub) => Some(Bench::with(hub, worker(), runtime)),
        Err(error) => {
            let text = error.to_string();
            assert!(matches!(error, OpenError::NotAHub { .. }), "{error:?}");
            assert!(text.contains(&*path.to_string_lossy()), "{text}");
            None
        }
    }
}

/// Reads everything: each answer is right, or says that the file is damaged. How many were given.
async fn read(client: &Arc<dyn Client>) -> usize {
    let mut served = 0;
    for number in 0..INSTANCES {
        for kind in ["ended", "waiting"] {
            let id = id(&format!("{kind}-{number}"));
            match client.get(&id, Fetch::Payloads).await {
                Ok(state) => {
                    let state = state.unwrap_or_else(|| panic!("{id} is taken for unknown"));
                    let output = match kind {
                        "ended" => large(number),
                        _ => number.to_string(),
                    };
                    if state.status.is_terminal() {
                        assert!(state.output.as_ref() == Some(&output), "{id}");
                    }
                    served += 1;
                }
                Err(error) => {
                    let text = error.to_string();
                    assert!(text.contains("can't be read"), "{text}");
                }
            }
        }
    }
    served
}

/// Uses a hub, whatever it is still good for; how much could be read.
async fn used(bench: &Bench) -> usize {
    let served = read(&bench.client).await;
    for number in 0..INSTANCES {
        let waiting = id(&format!("waiting-{number}"));
        let raised = bench
            .client
            .raise_event(&waiting, "go", Some(number.to_string()));
        if let Err(error) = raised.await {
            assert!(!error.to_string().is_empty());
        }
    }
    let request = StartRequest::new("echo", id("new")).input_json("1");
    if let Err(error) = bench.client.start(request).await {
        assert!(!error.to_string().is_empty());
    }
    let health = bench.hub.health();
    assert!(!matches!(health, HubHealth::Failed { .. }), "{health:?}");
    served
}

/// Within [`PATIENCE`].
async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what)
        .await
        .unwrap_or_else(|_| panic!("it hangs"))
}

fn overwrite(path: &Path, from: usize, bytes: &[u8]) {
    let mut file = OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(from as u64)).unwrap();
    file.write_all(bytes).unwrap();
}

/// Bytes that are no text: other text in the place of a value would be taken for it.
fn garbage(page: usize) -> [u8; PAGE_BYTES] {
    let mut random = page as u64 | 1;
    std::array::from_fn(|at| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        match page % 2 {
            0 => 0xFF,
            _ if at % 16 == 0 => 0xFE,
            _ => random.to_le_bytes()[0],
        }
    })
}

#[tokio::test]
async fn each_page_may_be_overwritten_between_two_runs() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole.db");
    written(&whole).await;
    let pages = std::fs::read(&whole).unwrap().len() / PAGE_BYTES;
    assert!(pages > 50, "{pages}");
    let (mut usable, mut reads) = (0, 0);
    for page in 0..pages {
        let path = folder.path().join("damaged.db");
        std::fs::copy(&whole, &path).unwrap();
        overwrite(&path, page * PAGE_BYTES, &garbage(page));
        soon(async {
            // The second time with what the first one may have written.
            for _ in 0..2 {
                if let Some(bench) = opened(&path).await {
                    usable += 1;
                    reads += used(&bench).await;
                    bench.hub.shutdown(Duration::ZERO).await;
                }
            }
        })
        .await;
    }
    println!(
        "{pages} pages: {usable} of {} openings, {reads} reads",
        2 * pages
    );
    assert!(usable > pages, "{usable} of {pages}");
    assert!(reads > usable * INSTANCES, "{reads} in {usable}");
}

#[tokio::test]
async fn a_file_may_be_overwritten_while_it_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub.db");
    written(&path).await;
    let bench = opened(&path).await.unwrap();
    let bytes = std::fs::read(&path).unwrap().len();
    overwrite(&path, 0, &vec![0xFF; bytes]);
    soon(used(&bench)).await;
    soon(bench.hub.shutdown(Duration::ZERO)).await;
    assert!(soon(opened(&path)).await.is_none());
}

#[tokio::test]
async fn an_output_that_was_overwritten_concerns_its_instance_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub.db");
    written(&path).await;
    let bytes = std::fs::read(&path).unwrap();
    let end = format!("end of {DAMAGED}\"");
    for (page, bytes) in bytes.chunks(PAGE_BYTES).enumerate() {
        // Pages that go on with a value begin with a number; trees have an old copy of anything.
        let goes_on = bytes.first() == Some(&0);
        if goes_on
            && bytes
                .windows(end.len())
                .any(|found| found == end.as_bytes())
        {
            overwrite(&path, page * PAGE_BYTES, &[0xFF; PAGE_BYTES]);
        }
    }
    let bench = opened(&path).await.unwrap();
    let error = bench
        .client
        .get(&id(&format!("ended-{DAMAGED}")), Fetch::Payloads)
        .await;
    let text = error.unwrap_err().to_string();
    assert!(text.contains("can't be read"), "{text}");
    for number in 0..INSTANCES {
        let waiting = format!("waiting-{number}");
        bench.raise(&waiting, "go", &number.to_string()).await;
        bench.completes(&waiting, &number.to_string()).await;
    }
    bench.worker.started().await.complete("1");
    bench.completes("working", "1").await;
    assert_eq!(read(&bench.client).await, 2 * INSTANCES - 1);
    assert_eq!(bench.hub.health(), HubHealth::Healthy);
}
