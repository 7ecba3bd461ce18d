//! From a request to the session that can answer it.

use std::sync::Arc;

use crate::episode::{EpisodeOptions, Identity, Session, Start};
use crate::wire::proto::history_event::EventType;
use crate::wire::proto::{ExecutionStartedEvent, OrchestratorRequest};
use crate::{ExecutionId, InstanceId, OrchestrationContext, Registry};

/// A cold session for a request, with its execution id; or why there is no code for it.
pub(crate) fn new_session(
    registry: &Registry,
    options: EpisodeOptions,
    request: &OrchestratorRequest,
) -> Result<(Session, String), String> {
    let Some(started) = find_start(request) else {
        return Err(format!(
            "the history of instance `{}` has no start",
            request.instance_id
        ));
    };
    let found = registry.find_orchestrator(&started.name, started.version.as_deref());
    let Some((version, code)) = found else {
        return Err(format!(
            "no code for orchestrator `{}`, version `{}`",
            started.name,
            started.version.as_deref().unwrap_or_default()
        ));
    };
    let newest = registry.find_orchestrator(&started.name, None);
    let identity = Identity {
        instance: InstanceId::from_stored(request.instance_id.as_str()),
        execution: ExecutionId::new(execution_of(request, started)),
        name: started.name.clone(),
        version: version.to_owned(),
        newest_version: newest.map_or(version, |(newest, _)| newest).to_owned(),
        parent: parent_of(started),
        tags: started.tags.clone(),
    };
    let execution = identity.execution.as_str().to_owned();
    let code = Arc::clone(code);
    let start: Start = Box::new(move |state, input| code(OrchestrationContext::new(state), input));
    Ok((Session::new(identity, options, start), execution))
}

fn find_start(request: &OrchestratorRequest) -> Option<&ExecutionStartedEvent> {
    let mut events = request.past_events.iter().chain(&request.new_events);
    events.find_map(|event| match &event.event_type {
        Some(EventType::ExecutionStarted(started)) => Some(started),
        _ => None,
    })
}

fn execution_of(request: &OrchestratorRequest, started: &ExecutionStartedEvent) -> String {
    let of_start = || {
        started
            .orchestration_instance
            .as_ref()?
            .execution_id
            .clone()
    };
    let of_request = request.execution_id.clone();
    of_request.or_else(of_start).unwrap_or_default()
}

fn parent_of(started: &ExecutionStartedEvent) -> Option<InstanceId> {
    let parent = started.parent_instance.as_ref()?;
    let instance = parent.orchestration_instance.as_ref()?;
    Some(InstanceId::from_stored(instance.instance_id.as_str()))
}
