//! What a program finds at its start that it has no code for: runs of versions that are gone.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use durable_task::{Client, ClientError, Fetch, InstanceFilter, InstanceState};
use tokio_util::sync::CancellationToken;

use crate::routes::durable::Functions;

/// How many instances are looked at, the oldest first: a start reads no more, however large its hub
/// is. What comes after them shows in their status only.
const LOOKED_AT_MAX: usize = 50_000;
/// How many instances are read at once.
const PAGE: usize = 1_000;
/// The pause after each page: nobody waits for this, others want to read.
const PAUSE: Duration = Duration::from_millis(10);
/// What the orchestration of a workflow has before its name.
const WORKFLOW: &str = "dafx-";

/// How many instances wait, by name and version.
type Waiting = BTreeMap<(String, String), usize>;

/// Says once for each name and version how many instances wait for code that is not there. Ends
/// with the server.
pub(crate) async fn tell(
    client: Arc<dyn Client>,
    functions: Functions,
    closing: CancellationToken,
) {
    let waiting = tokio::select! {
        biased;
        () = closing.cancelled() => return,
        waiting = waiting(&*client, &functions) => waiting,
    };
    match waiting {
        Ok(waiting) => waiting.into_iter().for_each(say),
        Err(error) => tracing::warn!(%error, "what waits for older code could not be looked for"),
    }
}

fn say(((name, version), count): ((String, String), usize)) {
    if let Some(workflow) = name.strip_prefix(WORKFLOW) {
        tracing::warn!(
            workflow,
            version,
            count,
            "runs of a version that is not registered wait, and nothing touches them: add it with \
             `.workflow_version::<..>()`"
        );
    } else {
        tracing::warn!(
            orchestrator = name,
            version,
            count,
            "instances of an orchestrator or version that is not registered wait"
        );
    }
}

async fn waiting(client: &dyn Client, functions: &Functions) -> Result<Waiting, ClientError> {
    let filter = InstanceFilter::default();
    let (mut waiting, mut token) = (Waiting::new(), None);
    for _ in 0..LOOKED_AT_MAX / PAGE {
        let page = client
            .query(&filter, Fetch::Metadata, PAGE, token.as_deref())
            .await?;
        for state in page.items {
            if waits(&state, functions) {
                *waiting.entry((state.name, state.version)).or_default() += 1;
            }
        }
        token = page.next;
        if token.is_none() {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(waiting)
}

fn waits(state: &InstanceState, functions: &Functions) -> bool {
    !state.status.is_terminal() && !functions.has_code(&state.name, &state.version)
}

#[cfg(test)]
mod tests {
    use durable_task::{
        Accepts, InstanceId, NameAndVersion, Runtime, StartRequest, TokioRuntime, WorkerProfile,
    };
    use task_hub::{Hub, HubOptions};
    use tokio::runtime::Handle;

    use super::*;

    #[tokio::test]
    async fn what_has_not_ended_and_has_no_code_is_counted_by_name_and_version() {
        let runtime: Arc<dyn Runtime> = Arc::new(TokioRuntime::new(Handle::current()));
        let hub = Hub::open(HubOptions::memory(), runtime).await.unwrap();
        let client = hub.client();
        let mut ended = None;
        for (number, (name, version)) in [
            ("dafx-review", "1"),
            ("dafx-review", "1"),
            ("dafx-review", "2"),
            ("dafx-review", "1"),
            ("Gone", "7"),
            ("Kept", "1"),
        ]
        .into_iter()
        .enumerate()
        {
            let id = InstanceId::new(format!("r{number}")).unwrap();
            ended = ended.or_else(|| Some(id.clone()));
            let request = StartRequest {
                version: Some(version.to_owned()),
                ..StartRequest::new(name, id)
            };
            client.start(request).await.unwrap();
        }
        client
            .terminate(&ended.unwrap(), None, false)
            .await
            .unwrap();
        let known = |name: &str, version: &str| NameAndVersion {
            name: name.to_owned(),
            version: Some(version.to_owned()),
        };
        let orchestrators = vec![known("dafx-review", "2"), known("Kept", "1")];
        let functions = Functions::of(WorkerProfile {
            orchestrators: Accepts::Only(orchestrators),
            ..WorkerProfile::default()
        });
        let of = |name: &str, version: &str| (name.to_owned(), version.to_owned());
        let expected = [(of("Gone", "7"), 1), (of("dafx-review", "1"), 2)];
        let found = waiting(&*client, &functions).await.unwrap();
        assert_eq!(found, Waiting::from(expected));
        hub.shutdown(Duration::ZERO).await;
    }
}
