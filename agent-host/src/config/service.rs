//! The service behind the backend `grpc`.

use std::sync::Arc;

use durable_task::grpc::{EntraTokens, GrpcOptions, SchedulerConnection};

use crate::backend::Backend;
use crate::cli::CommonOptions;

use super::{SettingError, Variables};

/// Says where the service is.
const ENDPOINT: &str = "--endpoint (AGENT_ENDPOINT)";
/// Says where a scheduler is, and how to authenticate.
const CONNECTION: &str = "DURABLE_TASK_SCHEDULER_CONNECTION_STRING";
/// Names the hub of a service that has several.
const TASK_HUB: &str = "TASKHUB_NAME";

/// The service at `--endpoint`, else the scheduler of the connection string.
pub(super) fn backend(
    options: &CommonOptions,
    variables: &Variables,
) -> Result<Backend, SettingError> {
    let task_hub = variables.get(TASK_HUB);
    let endpoint = options.endpoint.clone();
    if let Some(endpoint) = endpoint.or_else(|| variables.get("AGENT_ENDPOINT")) {
        let mut options = GrpcOptions::new(endpoint);
        options.task_hub = task_hub;
        return Ok(Backend::Grpc(options));
    }
    let Some(text) = variables.get(CONNECTION) else {
        return Err(SettingError::Service {
            setting: ENDPOINT,
            problem: format!("say where the service is, here or in {CONNECTION}"),
        });
    };
    let wrong = |problem: String| SettingError::Service {
        setting: CONNECTION,
        problem,
    };
    let connection = SchedulerConnection::parse(&text, task_hub.as_deref())
        .map_err(|error| wrong(error.to_string()))?;
    let tokens = EntraTokens::new(&connection, |name| variables.get(name))
        .map_err(|error| wrong(error.to_string()))?;
    let mut options = GrpcOptions::scheduler(&connection);
    options.tokens = tokens.map(|tokens| Arc::new(tokens) as _);
    Ok(Backend::Grpc(options))
}
