//! From a request to the session that can answer it.

use std::sync::Arc;

use crate::episode::{EpisodeOptions, Identity, Session, Start, VERSION_RECORD};
use crate::registry::OrchestratorCode;
use crate::version::compare_versions;
use crate::wire::proto::history_event::EventType;
use crate::wire::proto::{ExecutionStartedEvent, HistoryEvent, OrchestratorRequest};
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
    let (version, code, records_version) = choose(registry, request, started)?;
    let newest = registry.find_orchestrator(&started.name, None);
    let identity = Identity {
        instance: InstanceId::from_stored(request.instance_id.as_str()),
        execution: ExecutionId::new(execution_of(request, started)),
        name: started.name.clone(),
        version: version.to_owned(),
        newest_version: newest.map_or(version, |(newest, _)| newest).to_owned(),
        parent: parent_of(started),
        tags: started.tags.clone(),
        records_version,
    };
    let execution = identity.execution.as_str().to_owned();
    let code = Arc::clone(code);
    let start: Start = Box::new(move |state, input| code(OrchestrationContext::new(state), input));
    Ok((Session::new(identity, options, start), execution))
}

/// The code that runs, with its version, and whether the history has to say which one that is.
///
/// A start that names no version comes from an engine that does not keep them: then the first
/// episode takes the newest and records it, and all later ones run that.
fn choose<'a>(
    registry: &'a Registry,
    request: &OrchestratorRequest,
    started: &ExecutionStartedEvent,
) -> Result<(&'a str, &'a OrchestratorCode, bool), String> {
    let name = started.name.as_str();
    let no_code = |version: &str| format!("no code for orchestrator `{name}`, version `{version}`");
    let given = started.version.as_deref();
    if given.is_some_and(|version| !version.is_empty()) {
        let found = registry.find_orchestrator(name, given);
        let (version, code) = found.ok_or_else(|| no_code(given.unwrap_or_default()))?;
        return Ok((version, code, false));
    }
    if let Some(recorded) = recorded_version(request) {
        let found = registry.find_orchestrator(name, Some(recorded));
        let exact = found.filter(|(version, _)| compare_versions(version, recorded).is_eq());
        let (version, code) = exact.ok_or_else(|| no_code(recorded))?;
        return Ok((version, code, true));
    }
    let is_start =
        |event: &HistoryEvent| matches!(event.event_type, Some(EventType::ExecutionStarted(_)));
    let has_begun = request.past_events.iter().any(is_start);
    // What began without a record ran the code without a version, if there is such code.
    let wanted = if has_begun { Some("") } else { given };
    let found = registry.find_orchestrator(name, wanted);
    let (version, code) = found.ok_or_else(|| no_code(""))?;
    Ok((version, code, !has_begun && !version.is_empty()))
}

/// The version that the first episode recorded.
fn recorded_version(request: &OrchestratorRequest) -> Option<&str> {
    let mut events = request.past_events.iter().chain(&request.new_events);
    events.find_map(|event| match &event.event_type {
        Some(EventType::EventSent(sent))
            if event.event_id == 0 && sent.instance_id == request.instance_id =>
        {
            sent.name.strip_prefix(VERSION_RECORD)
        }
        _ => None,
    })
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
