//! A hub's file with anything in it: it opens or it does not; what opens can be asked.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use durable_task::{
    Client, EntityFilter, EntityId, Fetch, InstanceFilter, InstanceId, StartRequest, TokioRuntime,
    WaitFor, Worker, WorkerOptions,
};
use task_hub::{Hub, HubOptions};

use super::run::{block_on, check_error, soon};
use super::{Source, Verdict, code};

const PAGE: usize = 4096;

pub fn run(source: &mut Source) -> Verdict {
    let sample = sample()?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let path = folder.path().join("hub.db");
    let bytes = changed(source, sample);
    std::fs::write(&path, bytes).map_err(|error| error.to_string())?;
    if source.one_in(4) {
        let log: Vec<u8> = (0..source.below(9_000)).map(|_| source.byte()).collect();
        let name = *source.pick(&["hub.db-wal", "hub.db-journal"]);
        std::fs::write(folder.path().join(name), log).map_err(|error| error.to_string())?;
    }
    block_on(check(&path))
}

fn changed(source: &mut Source, sample: &[u8]) -> Vec<u8> {
    let mut bytes = sample.to_vec();
    for _ in 0..=source.below(30) {
        let at = source.below(bytes.len());
        bytes[at] = source.byte();
    }
    match source.below(8) {
        // The header and the schema.
        0 => {
            let at = source.below(100);
            bytes[at] = source.byte();
        }
        1 => bytes.truncate(source.below(sample.len())),
        2 => {
            let page = source.below(sample.len() / PAGE) * PAGE;
            bytes[page..page + PAGE].fill(0);
        }
        3 => {
            let from = source.below(sample.len() / PAGE) * PAGE;
            let to = source.below(sample.len() / PAGE) * PAGE;
            bytes.copy_within(from..from + PAGE, to);
        }
        4 => bytes = source.text().into_bytes(),
        _ => {}
    }
    bytes
}

/// A file with ended and open instances and an entity. Its ids and times are new in each process:
/// of this target alone, a seed finds the same place in another file.
fn sample() -> Result<&'static [u8], String> {
    static SAMPLE: OnceLock<Result<Vec<u8>, String>> = OnceLock::new();
    let made = SAMPLE.get_or_init(|| {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let path = folder.path().join("hub.db");
        block_on(fill(&path))?;
        std::fs::read(&path).map_err(|error| error.to_string())
    });
    made.as_deref().map_err(Clone::clone)
}

async fn open(path: &Path) -> Result<Hub, String> {
    let runtime = Arc::new(TokioRuntime::current().ok_or("no runtime")?);
    let opened = soon("the hub", Hub::open(HubOptions::file(path), runtime)).await?;
    opened.map_err(|error| error.to_string())
}

fn attach(hub: &Hub) -> Verdict {
    let registry = code::registry().map_err(|error| error.to_string())?;
    let runtime = Arc::new(TokioRuntime::current().ok_or("no runtime")?);
    let worker = Worker::start(registry, WorkerOptions::default(), runtime);
    hub.attach(worker)
        .map(drop)
        .map_err(|error| error.to_string())
}

async fn fill(path: &Path) -> Verdict {
    let hub = open(path).await?;
    attach(&hub)?;
    let client = hub.client();
    for index in 0..6 {
        let (name, input) = [("sequence", "3"), ("approval", "null")][index % 2];
        let id = InstanceId::from_stored(format!("instance-{index}"));
        let start = StartRequest::new(name, id.clone()).input_json(input);
        client
            .start(start)
            .await
            .map_err(|error| error.to_string())?;
        let until = [WaitFor::Completion, WaitFor::Start][index % 2];
        let wait = client.wait(&id, until, Duration::from_secs(30));
        wait.await.map_err(|error| error.to_string())?;
    }
    let entity = EntityId::new("account", "a").map_err(|error| error.to_string())?;
    let signal = client.signal_entity(&entity, "add", Some(String::from("1")), None);
    signal.await.map_err(|error| error.to_string())?;
    soon("the shutdown", hub.shutdown(Duration::from_secs(5))).await
}

async fn check(path: &Path) -> Verdict {
    let hub = match open(path).await {
        Ok(hub) => hub,
        Err(error) => return check_error(&error),
    };
    attach(&hub)?;
    let client = hub.client();
    soon("answers of a broken hub", ask(client.as_ref())).await??;
    soon("the shutdown", hub.shutdown(Duration::from_secs(1))).await
}

/// Each is answered, or refused with an error.
async fn ask(client: &dyn Client) -> Verdict {
    let (all, entities) = (InstanceFilter::default(), EntityFilter::default());
    let mut refused = Vec::new();
    refused.extend(client.query(&all, Fetch::Payloads, 100, None).await.err());
    refused.extend(
        client
            .query_entities(&entities, true, 100, None)
            .await
            .err(),
    );
    for index in 0..6 {
        let id = InstanceId::from_stored(format!("instance-{index}"));
        refused.extend(client.get(&id, Fetch::Payloads).await.err());
        refused.extend(client.history(&id).await.err());
        let raised = client.raise_event(&id, "approve", Some(String::from("\"me\"")));
        refused.extend(raised.await.err());
    }
    let id = InstanceId::from_stored("new");
    let start = StartRequest::new("sequence", id.clone()).input_json("1");
    if let Err(error) = client.start(start).await {
        refused.push(error);
    } else {
        let wait = client.wait(&id, WaitFor::Completion, Duration::from_secs(2));
        refused.extend(wait.await.err());
    }
    refused.iter().try_for_each(check_error)
}
