use super::super::fixture::{Counter, FakeHub, app, entity};
use super::*;
use crate::agent::session::{Entry, ErrorInfo, Turn};
use crate::model::{ChatMessage, FinishReason, Role, Usage};
use durable_task::{Failure, InstanceId, Timestamp};

fn client() -> (AgentClient, Arc<FakeHub>) {
    let hub = Arc::new(FakeHub::default());
    let app = app(Counter, |joker| joker.queued_runs_max = 2);
    (AgentClient::new(app, hub.clone()), hub)
}

fn answer() -> RunAnswer {
    RunAnswer {
        text: "Ha.".into(),
        message_count: 2,
        usage: Usage::default(),
        finish_reason: FinishReason::Stop,
        tool_results: Vec::new(),
        structured: None,
        max_rounds_reached: false,
    }
}

fn session() -> SessionId {
    SessionId::new("s").unwrap()
}

fn request() -> RunRequest {
    RunRequest::new("joker", "Hi").in_session(session())
}

/// A session with one answered and one failed turn.
fn stored() -> String {
    let mut state = SessionState::default();
    let question = [ChatMessage::text(Role::User, "Hi")];
    let reply = [ChatMessage::text(Role::Assistant, "Ha.")];
    let error = ErrorInfo {
        code: Some("rate_limit".into()),
        message: "slow down".into(),
    };
    let time = Timestamp::EPOCH;
    state.append(Turn {
        request: Entry::request("good", time, &question),
        response: Entry::response("good", time, &reply, Usage::default()),
    });
    state.append(Turn {
        request: Entry::request("bad", time, &question),
        response: Entry::error("bad", time, &error),
    });
    serde_json::to_string(&state).unwrap()
}

#[tokio::test]
async fn a_start_records_the_request_and_the_agents_own_name() {
    let (client, hub) = client();
    let started = client.start(request()).await.unwrap();
    assert!(!started.attached);
    let instances = hub.instances.lock().unwrap();
    let state = &instances[started.run.instance_id()];
    assert_eq!(state.name, "agent-run");
    let plan: RunPlan = serde_json::from_str(state.input.as_ref().unwrap()).unwrap();
    assert_eq!(plan.request.agent, "Joker");
    assert_eq!(plan.timeout(), Duration::from_mins(10));
}

#[tokio::test]
async fn the_same_request_joins_and_another_is_refused() {
    let (client, _hub) = client();
    let request = request();
    let first = client.start(request.clone()).await.unwrap();
    let again = RunRequest {
        created_at: Timestamp::EPOCH,
        ..request.clone()
    };
    let second = client.start(again).await.unwrap();
    assert!(second.attached);
    assert_eq!(second.run, first.run);
    let other = RunRequest {
        messages: vec![ChatMessage::text(Role::User, "Ho")],
        ..request
    };
    let error = client.start(other).await.unwrap_err();
    assert_eq!(error, RunError::DifferentRequest { run: first.run });
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn a_full_queue_refuses_new_runs_and_joins_known_ones() {
    let (client, hub) = client();
    let known = client.start(request()).await.unwrap();
    let known_request = request();
    let in_queue = client.start(known_request.clone()).await.unwrap();
    assert_ne!(known.run, in_queue.run);
    hub.show([Some(entity(None, Some("run-1"), 2))]);
    let error = client.start(request()).await.unwrap_err();
    assert_eq!(
        error,
        RunError::QueueFull {
            session: session(),
            limit: 2
        }
    );
    assert!(error.is_retryable());
    assert!(client.start(known_request).await.unwrap().attached);
    hub.show([Some(entity(None, Some("run-1"), 1))]);
    assert!(!client.start(request()).await.unwrap().attached);
}

#[tokio::test]
async fn bad_requests_start_nothing() {
    let (client, hub) = client();
    let unknown = RunRequest::new("poet", "Hi");
    let error = client.start(unknown).await.unwrap_err();
    assert_eq!(error.to_string(), "Agent 'poet' not found");
    let empty = RunRequest {
        messages: Vec::new(),
        ..request()
    };
    assert_eq!(client.start(empty).await.unwrap_err(), RunError::NoMessage);
    assert!(hub.instances.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_wait_tells_where_the_run_stands() {
    let (client, hub) = client();
    let run = client.start(request()).await.unwrap().run;
    let wait = || client.wait(&run, Duration::ZERO);
    assert_eq!(wait().await.unwrap(), RunState::Running);
    let output = serde_json::to_string(&answer()).unwrap();
    hub.end(run.instance_id(), Status::Completed, Some(output));
    assert_eq!(wait().await.unwrap(), RunState::Answered(answer()));
    hub.end(run.instance_id(), Status::Completed, Some("{".into()));
    assert!(matches!(wait().await, Err(RunError::Unreadable { .. })));
    hub.end(run.instance_id(), Status::Terminated, None);
    let RunState::Failed(failure) = wait().await.unwrap() else {
        panic!("it was terminated");
    };
    assert_eq!(failure.error_type, RunFailure::TERMINATED);
    let mut failure = RunFailure::new("rate_limit", "slow down");
    failure.retry_after = Some(Duration::from_secs(3));
    hub.end(run.instance_id(), Status::Failed, None);
    let recorded = Failure::from(failure.clone());
    hub.instances
        .lock()
        .unwrap()
        .get_mut(run.instance_id())
        .unwrap()
        .failure = Some(recorded);
    assert_eq!(wait().await.unwrap(), RunState::Failed(failure));
    let other = request().run_id();
    let missing = client.wait(&other, Duration::ZERO).await.unwrap_err();
    assert_eq!(missing, RunError::NotFound { run: other });
}

#[tokio::test]
async fn a_late_answer_is_found_in_the_run_else_in_the_session() {
    let (client, hub) = client();
    let find = async |correlation: &str| {
        let correlation = CorrelationId::new(correlation).unwrap();
        client
            .find("JOKER", &session(), &correlation)
            .await
            .unwrap()
    };
    assert_eq!(find("good").await, None);
    hub.show([Some(entity(Some(&stored()), None, 0))]);
    assert_eq!(find("good").await, Some(RunState::Answered(answer())));
    let failure = RunFailure::new("rate_limit", "slow down");
    assert_eq!(find("bad").await, Some(RunState::Failed(failure)));
    assert_eq!(find("none").await, None);
    let correlation = CorrelationId::new("good").unwrap();
    client
        .start(request().correlated(correlation))
        .await
        .unwrap();
    assert_eq!(
        find("good").await,
        Some(RunState::Running),
        "the run knows better"
    );
}

#[tokio::test]
async fn a_session_is_given_as_it_is_stored() {
    let (client, hub) = client();
    assert_eq!(client.session("joker", &session()).await.unwrap(), None);
    hub.show([Some(entity(None, Some("run-1"), 0))]);
    assert_eq!(client.session("joker", &session()).await.unwrap(), None);
    let document = r#"{"schemaVersion":"7.0.0","later":1}"#;
    hub.show([Some(entity(Some(document), None, 0))]);
    let value = client.session("joker", &session()).await.unwrap().unwrap();
    assert_eq!(value["later"], 1, "to read it is not to understand it");
    let correlation = CorrelationId::random();
    let error = client
        .find("joker", &session(), &correlation)
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("'7.0.0' is not supported"),
        "{error}"
    );
}

#[tokio::test]
async fn a_deletion_is_done_or_queued_or_needless() {
    let (client, hub) = client();
    let there = || Some(entity(Some("{}"), None, 0));
    let held = || Some(entity(Some("{}"), Some("run-1"), 0));
    let first_turn = || Some(entity(None, Some("run-1"), 0));
    let waited_for = || Some(entity(Some("{}"), None, 1));
    let empty = || Some(entity(None, None, 0));
    let cases = [
        (vec![None], Deletion::NotFound, 0),
        (vec![empty()], Deletion::NotFound, 0),
        (vec![there(), None], Deletion::Deleted, 1),
        (vec![there(), empty()], Deletion::Deleted, 1),
        (vec![there(), there(), None], Deletion::Deleted, 1),
        (vec![held()], Deletion::Queued, 1),
        (vec![first_turn()], Deletion::Queued, 1),
        (vec![waited_for()], Deletion::Queued, 1),
        (vec![there(), held()], Deletion::Queued, 1),
    ];
    for (looks, expected, signals) in cases {
        hub.show(looks.clone());
        hub.signals.lock().unwrap().clear();
        let deletion = client.delete_session("joker", &session()).await.unwrap();
        assert_eq!(deletion, expected, "{looks:?}");
        assert_eq!(*hub.signals.lock().unwrap(), vec!["delete"; signals]);
    }
}

#[test]
fn an_instance_without_failure_details_has_failed_all_the_same() {
    let run = request().run_id();
    let state = InstanceState {
        instance_id: InstanceId::from_stored("i"),
        execution_id: durable_task::ExecutionId::new("e"),
        name: String::new(),
        version: String::new(),
        status: Status::Failed,
        parked: false,
        input: None,
        output: None,
        failure: None,
        custom_status: None,
        parent: None,
        tags: std::collections::BTreeMap::new(),
        created_at: Timestamp::EPOCH,
        updated_at: Timestamp::EPOCH,
        completed_at: None,
        scheduled_at: None,
    };
    let failed = run_state(&run, &state).unwrap();
    assert!(matches!(failed, RunState::Failed(failure) if failure.error_type == "internal"));
}
