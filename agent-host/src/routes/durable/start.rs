//! Starts: of a new instance, and of an old one once more.

use std::time::Duration;

use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use durable_task::wire::proto::TraceContext;
use durable_task::{ClientError, Fetch, InstanceId, StartRequest, Status, WaitFor};
use uuid::Uuid;

use super::call::Call;
use super::document::output;
use super::instances::{Shape, answer};
use super::query::{Parameters, status_name};
use super::refusal::{Refusal, json};

/// The longest wait for an end.
const WAIT_MAX: Duration = Duration::from_mins(10);
/// The instances that a start with their id replaces: those that have ended.
const REPLACEABLE: [Status; 4] = [
    Status::Completed,
    Status::Failed,
    Status::Terminated,
    Status::Canceled,
];

/// `POST /orchestrators/{name}[/{id}]`.
pub(super) async fn start(
    call: &Call<'_>,
    name: &str,
    id: Option<String>,
) -> Result<Response, Refusal> {
    let wait = Wait::of(&call.parameters)?;
    let version = call.parameters.text("version").map(str::to_owned);
    let name = call.functions().orchestrator(name, version.as_deref())?;
    let id = match id {
        Some(text) => checked(&text)?,
        None => fresh(),
    };
    let request = StartRequest {
        version,
        input: call.json_body()?,
        ..start_request(name, id, &call.headers)
    };
    begin_and_wait(call, request, wait).await
}

/// `POST /instances/{id}/restart`.
pub(super) async fn restart(call: &Call<'_>, id: &str) -> Result<Response, Refusal> {
    let wait = Wait::of(&call.parameters)?;
    let is_new = call.parameters.flag("restartWithNewInstanceId", true)?;
    let source = InstanceId::from_stored(id);
    let Some(state) = call.find(&source, Fetch::Metadata).await? else {
        return Err(unknown_source(id));
    };
    call.functions().orchestrator(&state.name, None)?;
    match call.client().restart(&source, is_new).await {
        Ok(id) => Ok(wait_for(call, &id, wait).await),
        Err(ClientError::NotFound { .. }) => Err(unknown_source(id)),
        Err(ClientError::InvalidState { status, .. }) => Err(in_use(status)),
        Err(error) => Err(error.into()),
    }
}

/// `POST /instances/{id}/restartWithOptions`.
pub(super) async fn restart_with_options(call: &Call<'_>, id: &str) -> Result<Response, Refusal> {
    let wait = Wait::of(&call.parameters)?;
    let Some(new_id) = call.parameters.text("newInstanceId") else {
        let text = "The query parameter 'newInstanceId' is required";
        return Err(Refusal::bad_request(text));
    };
    let new_id = checked(new_id)?;
    let source = InstanceId::from_stored(id);
    let Some(state) = call.find(&source, Fetch::Payloads).await? else {
        return Err(unknown_source(id));
    };
    let version = call.parameters.text("version").map(str::to_owned);
    let name = call
        .functions()
        .orchestrator(&state.name, version.as_deref())?;
    let request = StartRequest {
        version,
        input: state.input,
        tags: state.tags,
        ..start_request(name, new_id, &call.headers)
    };
    begin_and_wait(call, request, wait).await
}

fn start_request(name: String, id: InstanceId, headers: &HeaderMap) -> StartRequest {
    StartRequest {
        replaceable: REPLACEABLE.to_vec(),
        trace_context: trace_context(headers),
        ..StartRequest::new(name, id)
    }
}

async fn begin_and_wait(
    call: &Call<'_>,
    request: StartRequest,
    wait: Option<Wait>,
) -> Result<Response, Refusal> {
    let id = request.instance_id.clone();
    match call.client().start(request).await {
        Ok(_) => Ok(wait_for(call, &id, wait).await),
        Err(ClientError::AlreadyExists { instance }) => {
            let state = call.find(&instance, Fetch::Metadata).await?;
            Err(in_use(state.map_or(Status::Pending, |state| state.status)))
        }
        Err(error) => Err(error.into()),
    }
}

/// Waits if that was asked for. What is started stays started: if the end can't be seen in time,
/// the answer says where to look.
async fn wait_for(call: &Call<'_>, id: &InstanceId, wait: Option<Wait>) -> Response {
    let links = call.links();
    let Some(wait) = wait else {
        return links.check_status(id.as_str());
    };
    let links = links.with_error_on_failure(wait.error_on_failure);
    let client = call.client();
    let ended = tokio::select! {
        biased;
        result = client.wait(id, WaitFor::Completion, wait.timeout) => match result {
            Ok(state) if state.status.is_terminal() => Some(state),
            Ok(_) => None,
            Err(error) => {
                tracing::warn!(instance = %id, %error, "the end could not be waited for");
                None
            }
        },
        () = call.host.closing.cancelled() => None,
    };
    match ended {
        None => links.check_status(id.as_str()),
        Some(state) if state.status == Status::Completed => json(StatusCode::OK, output(&state)),
        Some(state) => {
            let shape = Shape {
                show_input: true,
                error_on_failure: wait.error_on_failure,
                history: None,
            };
            answer(call, &state, &shape)
        }
    }
}

/// How long a start waits for the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Wait {
    timeout: Duration,
    error_on_failure: bool,
}

impl Wait {
    fn of(parameters: &Parameters) -> Result<Option<Self>, Refusal> {
        let timeout = parameters.seconds("timeout")?;
        let interval = parameters.seconds("pollingInterval")?;
        let error_on_failure = parameters.flag("returnInternalServerErrorOnFailure", false)?;
        let Some(timeout) = timeout else {
            return Ok(None);
        };
        if interval.is_some_and(|interval| interval > timeout) {
            let text = "The query parameter 'pollingInterval' must not be longer than 'timeout'";
            return Err(Refusal::bad_request(text));
        }
        Ok(Some(Self {
            timeout: timeout.min(WAIT_MAX),
            error_on_failure,
        }))
    }
}

fn checked(id: &str) -> Result<InstanceId, Refusal> {
    InstanceId::new(id)
        .map_err(|error| Refusal::bad_request(format!("Invalid instance id: {error}")))
}

/// A new id of 32 hex digits.
fn fresh() -> InstanceId {
    InstanceId::from_stored(Uuid::new_v4().simple().to_string())
}

fn unknown_source(id: &str) -> Refusal {
    Refusal::bad_request(format!("An instance with id '{id}' was not found"))
}

fn in_use(status: Status) -> Refusal {
    let status = status_name(status);
    let text = format!("An Orchestration instance with the status {status} already exists.");
    Refusal::new(StatusCode::CONFLICT, text)
}

/// The span that the request belongs to, if it names one in the form of W3C trace context.
fn trace_context(headers: &HeaderMap) -> Option<TraceContext> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let parent = text("traceparent")?;
    let mut parts = parent.split('-');
    let (version, trace) = (parts.next()?, parts.next()?);
    let (span, flags) = (parts.next()?, parts.next()?);
    let fits = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let is_sound = fits(version, 2) && fits(trace, 32) && fits(span, 16) && fits(flags, 2);
    (is_sound && parts.next().is_none()).then(|| TraceContext {
        trace_parent: parent.to_owned(),
        span_id: span.to_owned(),
        trace_state: text("tracestate").map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn wait(pairs: &[(&str, &str)]) -> Result<Option<Wait>, Refusal> {
        let pairs = pairs.iter();
        let pairs = pairs.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Wait::of(&Parameters::new(pairs.collect()))
    }

    #[test]
    fn a_wait_needs_a_timeout_that_is_not_shorter_than_the_interval() {
        assert_eq!(wait(&[]).unwrap(), None);
        assert_eq!(wait(&[("pollingInterval", "1")]).unwrap(), None);
        let asked = wait(&[("timeout", "2.5"), ("pollingInterval", "2.5")]);
        let expected = Wait {
            timeout: Duration::from_millis(2500),
            error_on_failure: false,
        };
        assert_eq!(asked.unwrap(), Some(expected));
        assert!(wait(&[("timeout", "1"), ("pollingInterval", "2")]).is_err());
        assert!(wait(&[("timeout", "soon")]).is_err());
        let long = wait(&[("timeout", "999999")]).unwrap().unwrap();
        assert_eq!(long.timeout, WAIT_MAX);
    }

    #[test]
    fn only_a_sound_trace_context_is_taken_over() {
        let mut headers = HeaderMap::new();
        assert_eq!(trace_context(&headers), None);
        let parent = "00-396dd61a98d051d4492d304b9987442c-d68256d66cd3cd45-00";
        headers.insert("traceparent", HeaderValue::from_static(parent));
        headers.insert("tracestate", HeaderValue::from_static("a=b"));
        let trace = trace_context(&headers).unwrap();
        assert_eq!(trace.trace_parent, parent);
        assert_eq!(trace.span_id, "d68256d66cd3cd45");
        assert_eq!(trace.trace_state.as_deref(), Some("a=b"));
        for bad in [
            "",
            "00",
            "00-x-y-00",
            "00-396dd61a98d051d4492d304b9987442c-d68256d66cd3cd45",
        ] {
            headers.insert("traceparent", HeaderValue::from_static(bad));
            assert_eq!(trace_context(&headers), None, "{bad}");
        }
    }

    #[test]
    fn a_fresh_id_is_a_valid_one() {
        let id = fresh();
        assert_eq!(id.as_str().len(), 32);
        assert_eq!(checked(id.as_str()).unwrap(), id);
        for bad in ["@a@b", "a/b", "a#b", &"x".repeat(257)] {
            assert!(checked(bad).is_err(), "{bad}");
        }
    }
}
