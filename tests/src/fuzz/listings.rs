//! Queries: filters, page sizes and continuation tokens with anything in them, on both stores.

use std::sync::Arc;
use std::time::Duration;

use durable_task::{
    Client, ClientError, EntityCleaning, EntityFilter, EntityId, ExecutionId, Fetch,
    InstanceFilter, InstanceId, StartRequest, Status, Timestamp, TokioRuntime,
};
use task_hub::{Hub, HubHealth, HubOptions};

use super::run::{block_on, check_error, soon};
use super::{Source, Verdict};

const INPUTS: usize = 60;
const INSTANCES: usize = 5;

pub fn run(source: &mut Source) -> Verdict {
    block_on(async {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let options = if source.one_in(2) {
            HubOptions::memory()
        } else {
            HubOptions::file(folder.path().join("hub.db"))
        };
        let runtime = Arc::new(TokioRuntime::current().ok_or("no runtime")?);
        let hub = Hub::open(options, runtime).await;
        let hub = hub.map_err(|error| error.to_string())?;
        let client = hub.client();
        fill(client.as_ref())
            .await
            .map_err(|error| error.to_string())?;
        let tokens = tokens(client.as_ref())
            .await
            .map_err(|error| error.to_string())?;
        for _ in 0..INPUTS {
            match soon("a listing", ask(source, client.as_ref(), &tokens)).await? {
                Ok(()) => {}
                Err(ClientError::Unavailable { reason }) => return Err(reason),
                Err(error) => check_error(&error)?,
            }
        }
        if hub.health() != HubHealth::Healthy {
            return Err(format!("the hub is {:?}", hub.health()));
        }
        let filter = InstanceFilter::default();
        let all = client.query(&filter, Fetch::Metadata, 100, None);
        let all = soon("the last query", all)
            .await?
            .map_err(|e| e.to_string())?;
        soon("the shutdown", hub.shutdown(Duration::from_secs(1))).await?;
        match all.items.len() {
            INSTANCES => Ok(()),
            count => Err(format!("{count} instances are left")),
        }
    })
}

async fn fill(client: &dyn Client) -> Result<(), ClientError> {
    for index in 0..INSTANCES {
        let id = InstanceId::from_stored(format!("instance-{index}"));
        client.start(StartRequest::new("Order", id)).await?;
    }
    for key in ["a", "b", "c"] {
        if let Ok(entity) = EntityId::new("counter", key) {
            client.signal_entity(&entity, "add", None, None).await?;
        }
    }
    Ok(())
}

/// Continuation tokens as they are given out.
async fn tokens(client: &dyn Client) -> Result<Vec<String>, ClientError> {
    let all = InstanceFilter::default();
    let instances = client.query(&all, Fetch::Metadata, 1, None).await?;
    let filter = EntityFilter {
        include_transient: true,
        ..EntityFilter::default()
    };
    let entities = client.query_entities(&filter, false, 1, None).await?;
    Ok([instances.next, entities.next]
        .into_iter()
        .flatten()
        .collect())
}

async fn ask(
    source: &mut Source,
    client: &dyn Client,
    tokens: &[String],
) -> Result<(), ClientError> {
    let token = match source.below(4) {
        0 => None,
        1 => Some(source.text()),
        _ => tokens.first().map(|_| {
            let token = source.pick(tokens).clone();
            source.changed_text(&token)
        }),
    };
    let token = token.as_deref();
    let size = *source.pick(&[0, 1, 2, 1_000, usize::MAX, usize::MAX / 2]);
    match source.below(6) {
        0 | 1 => {
            let filter = instances(source);
            let page = client.query(&filter, Fetch::Payloads, size, token);
            page.await.map(drop)
        }
        2 => {
            let filter = entities(source);
            let page = client.query_entities(&filter, true, size, token);
            page.await.map(drop)
        }
        3 => client
            .clean_entities(EntityCleaning::default(), token)
            .await
            .map(drop),
        4 => {
            let id = InstanceId::from_stored(source.text());
            client.get(&id, Fetch::Payloads).await.map(drop)
        }
        _ => {
            let id = InstanceId::from_stored("instance-0");
            let execution = source.one_in(2).then(|| ExecutionId::new(source.text()));
            let from = source.one_in(2).then(|| source.number());
            client
                .history_part(&id, execution.as_ref(), from)
                .await
                .map(drop)
        }
    }
}

fn time(source: &mut Source) -> Option<Timestamp> {
    source
        .one_in(3)
        .then(|| Timestamp::from_ticks(source.number().cast_signed()))
}

fn instances(source: &mut Source) -> InstanceFilter {
    InstanceFilter {
        statuses: if source.one_in(2) {
            Vec::new()
        } else {
            vec![Status::Pending, Status::Pending, Status::Canceled]
        },
        created_from: time(source),
        created_to: time(source),
        completed_from: time(source),
        completed_to: time(source),
        name: source.one_in(4).then(|| source.text()),
        id_prefix: source.one_in(2).then(|| source.text()),
        parent: source
            .one_in(4)
            .then(|| InstanceId::from_stored(source.text())),
        tags: if source.one_in(4) {
            [(source.text(), source.text())].into()
        } else {
            std::collections::BTreeMap::new()
        },
    }
}

fn entities(source: &mut Source) -> EntityFilter {
    EntityFilter {
        id_prefix: source.one_in(2).then(|| source.text()),
        modified_from: time(source),
        modified_to: time(source),
        include_transient: source.one_in(2),
    }
}
