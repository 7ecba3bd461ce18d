//! Where histories come from: files, standard input, a running app, a hub file.

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use durable_task::{
    Client, Fetch, InstanceFilter, InstanceId, Runtime, Status, TokioRuntime, history_to_json,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use tokio::runtime::Handle;

use crate::backend::{Backend, Engine};
use crate::cli::ReplayOptions;
use crate::config::HubLocation;
use crate::error::HostError;

/// The longest history that is read, in bytes. More than any hub of ours lets grow.
const HISTORY_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// How many instances are listed at once.
const PAGE: usize = 100;
/// What has not ended, and so has to go on with the new code.
const RUNNING: [Status; 3] = [Status::Running, Status::Pending, Status::Suspended];
/// How long an app may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(1);
/// How long the hub may take to close.
const CLOSE: Duration = Duration::from_secs(5);
/// The API that hands out histories.
const API: &str = "/runtime/webhooks/durabletask";

/// One history, or why it can't be read; with where it comes from.
pub(super) type Source = (String, Result<Vec<u8>, String>);

/// What the command line names.
pub(super) enum Reached {
    Files,
    App(RemoteApp),
    Hub { name: String, hub: Engine },
}

impl Reached {
    /// Reaches what is asked for. A hub file that is not there is not made.
    pub(super) async fn open(
        backend: &Backend,
        options: &ReplayOptions,
    ) -> Result<Self, HostError> {
        if !options.files.is_empty() {
            return Ok(Self::Files);
        }
        if let Some(url) = &options.url {
            let key = options
                .code
                .as_ref()
                .map(|code| SecretString::from(code.0.as_str()));
            return Ok(Self::App(RemoteApp::new(url, key)?));
        }
        if let Backend::Embedded(HubLocation::File(file)) = backend
            && !file.is_file()
        {
            let problem = format!("there is no hub file {}", file.display());
            return Err(HostError::Replay { problem });
        }
        let runtime: Arc<dyn Runtime> = Arc::new(TokioRuntime::new(Handle::current()));
        Ok(Self::Hub {
            name: backend.to_string(),
            hub: Engine::open(backend, runtime).await?,
        })
    }

    /// The ids or files whose histories are replayed.
    pub(super) async fn names(&self, options: &ReplayOptions) -> Result<Vec<String>, HostError> {
        let mut names = match self {
            Self::Files => return Ok(options.files.clone()),
            _ => options.instance.clone(),
        };
        if options.all_running {
            names.extend(match self {
                Self::Files => Vec::new(),
                Self::App(app) => app.running().await?,
                Self::Hub { hub, .. } => running(&*hub.client()).await?,
            });
        }
        Ok(names)
    }

    /// Reads one history.
    pub(super) async fn read(&self, name: &str) -> Source {
        match self {
            Self::Files => {
                let read = if name == "-" {
                    limited(std::io::stdin().lock())
                } else {
                    std::fs::File::open(Path::new(name)).and_then(limited)
                };
                (name.to_owned(), read.map_err(|error| error.to_string()))
            }
            Self::App(app) => (name.to_owned(), app.history(name).await),
            Self::Hub {
                name: hub,
                hub: engine,
            } => {
                let id = InstanceId::from_stored(name);
                let history = engine.client().history(&id).await;
                let history = history.map(|events| history_to_json(&events).into_bytes());
                let history = history.map_err(|error| format!("{hub}: {error}"));
                (name.to_owned(), history)
            }
        }
    }

    pub(super) async fn close(self) {
        if let Self::Hub { hub, .. } = self {
            hub.shutdown(CLOSE).await;
        }
    }
}

fn limited(source: impl std::io::Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(HISTORY_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > HISTORY_BYTES_MAX {
        let problem = format!("it is longer than {HISTORY_BYTES_MAX} bytes");
        return Err(std::io::Error::other(problem));
    }
    Ok(bytes)
}

async fn running(client: &dyn Client) -> Result<Vec<String>, HostError> {
    let filter = InstanceFilter {
        statuses: RUNNING.to_vec(),
        ..InstanceFilter::default()
    };
    let (mut ids, mut token) = (Vec::new(), None);
    loop {
        let page = client
            .query(&filter, Fetch::Metadata, PAGE, token.as_deref())
            .await
            .map_err(|error| HostError::Replay {
                problem: error.to_string(),
            })?;
        let some = page.items.into_iter();
        ids.extend(some.map(|state| state.instance_id.to_string()));
        token = page.next;
        if token.is_none() {
            return Ok(ids);
        }
    }
}

/// A running app, by its management API.
pub(super) struct RemoteApp {
    http: reqwest::Client,
    base: String,
    key: Option<SecretString>,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(rename = "instanceId")]
    instance_id: String,
}

impl RemoteApp {
    fn new(url: &str, key: Option<SecretString>) -> Result<Self, HostError> {
        let url = url.trim_end_matches('/');
        let has_api = url.to_ascii_lowercase().ends_with(API);
        let base = if has_api {
            url.to_owned()
        } else {
            format!("{url}{API}")
        };
        let http = reqwest::Client::builder().timeout(ANSWER_TIMEOUT).build();
        match http {
            Ok(http) => Ok(Self { http, base, key }),
            Err(error) => Err(HostError::Replay {
                problem: error.to_string(),
            }),
        }
    }

    /// Asks; anything but a 200 is a problem. Keys are in a header, where no log has them.
    async fn get(&self, path: &str, token: Option<&str>) -> Result<reqwest::Response, String> {
        let mut request = self.http.get(format!("{}{path}", self.base));
        if let Some(key) = &self.key {
            request = request.header("x-functions-key", key.expose_secret());
        }
        if let Some(token) = token {
            request = request.header("x-ms-continuation-token", token);
        }
        let response = request.send().await.map_err(|error| error.to_string())?;
        match response.status().as_u16() {
            200 => Ok(response),
            401 => Err(String::from("the app wants a key: give one with --code")),
            404 => Err(String::from("the app has no such instance, or no such API")),
            status => Err(format!("the app answered with status {status}")),
        }
    }

    async fn history(&self, id: &str) -> Result<Vec<u8>, String> {
        let id = crate::routes::encoded(id);
        let mut response = self.get(&format!("/instances/{id}/history"), None).await?;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| error.to_string())? {
            bytes.extend_from_slice(&chunk);
            if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > HISTORY_BYTES_MAX {
                return Err(format!("it is longer than {HISTORY_BYTES_MAX} bytes"));
            }
        }
        Ok(bytes)
    }

    async fn running(&self) -> Result<Vec<String>, HostError> {
        self.list().await.map_err(|problem| HostError::Replay {
            problem: format!("{}: {problem}", self.base),
        })
    }

    async fn list(&self) -> Result<Vec<String>, String> {
        let path = "/instances?runtimeStatus=Running,Pending,Suspended&showInput=false&top=1000";
        let (mut ids, mut token) = (Vec::new(), None);
        loop {
            let response = self.get(path, token.as_deref()).await?;
            let next = response.headers().get("x-ms-continuation-token");
            let next = next.and_then(|value| Some(value.to_str().ok()?.to_owned()));
            let page: Vec<Listed> = response.json().await.map_err(|error| error.to_string())?;
            ids.extend(page.into_iter().map(|listed| listed.instance_id));
            token = next.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(ids);
            }
        }
    }
}
