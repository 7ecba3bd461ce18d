//! Engines that keep no versions: the history does.

use durable_task::testing::{HistoryBuilder, TestRuntime};
use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use durable_task::wire::proto::{
    EventRaisedEvent, EventSentEvent, OrchestratorAction, OrchestratorRequest,
};
use durable_task::{OrchestrationContext, Registry, WorkRequest};
use std::time::Duration;

use crate::support::{abandoned, ask, cold, completion, response, worker};

const SECOND: Duration = Duration::from_secs(1);

fn registry(versions: &[&str]) -> Registry {
    let mut registry = Registry::new();
    for version in versions {
        let run = |ctx: OrchestrationContext, again: bool| async move {
            if again {
                ctx.call_activity::<()>("a", &ctx.version()).await?;
                return ctx.continue_as_new(&false).await;
            }
            ctx.call_activity::<()>("a", &ctx.version()).await?;
            Ok(ctx.version())
        };
        registry
            .orchestrator_fn("versioned", *version, run)
            .unwrap();
    }
    registry
}

fn begin(again: bool) -> HistoryBuilder {
    HistoryBuilder::new("versioned", "i", &again)
}

/// The first episode as an engine records it.
fn recorded(again: bool, version: &str) -> HistoryBuilder {
    let sent = EventSentEvent {
        instance_id: String::from("i"),
        name: format!("version:{version}"),
        input: None,
    };
    begin(again)
        .event(0, EventType::EventSent(sent))
        .task_scheduled(1, "a")
}

fn past(events: HistoryBuilder, new: HistoryBuilder) -> WorkRequest {
    let request = OrchestratorRequest {
        instance_id: String::from("i"),
        past_events: events.build(),
        new_events: new.build(),
        ..OrchestratorRequest::default()
    };
    WorkRequest::Orchestrator {
        request,
        warm: false,
    }
}

fn next() -> HistoryBuilder {
    HistoryBuilder::empty(durable_task::Timestamp::EPOCH)
}

/// Names of the events that are sent, with their targets.
fn sent(actions: &[OrchestratorAction]) -> Vec<(i32, String, String)> {
    let sent = actions.iter().filter_map(|action| {
        let Some(Action::SendEvent(event)) = &action.orchestrator_action_type else {
            return None;
        };
        assert_eq!(event.data, None);
        let target = event.instance.clone()?.instance_id;
        Some((action.id, target, event.name.clone()))
    });
    sent.collect()
}

#[tokio::test]
async fn the_first_episode_records_the_version_that_it_runs() {
    let table = [
        (&["1.9", "1.10"][..], Some("version:1.10")),
        (&["", "1.9"][..], Some("version:1.9")),
        // Without a version there is nothing to tell apart.
        (&[""][..], None),
    ];
    for (versions, expected) in table {
        let worker = worker(registry(versions), &TestRuntime::new());
        let (response, _) = response(ask(&worker, cold("i", begin(false))).await);
        let expected: Vec<_> = expected
            .map(|name| (0, String::from("i"), name.to_owned()))
            .into_iter()
            .collect();
        assert_eq!(sent(&response.actions), expected);
    }
}

#[tokio::test]
async fn later_episodes_run_the_recorded_version() {
    let worker = worker(registry(&["", "1.9", "1.10"]), &TestRuntime::new());
    let back = EventRaisedEvent {
        name: String::from("version:1.9"),
        input: None,
    };
    let new = next().event(-1, EventType::EventRaised(back));
    let item = past(recorded(false, "1.9"), new.task_completed(1, &()));
    let (answer, _) = response(ask(&worker, item).await);
    assert_eq!(completion(&answer), Some(Ok(String::from("\"1.9\""))));

    // What began without a record runs the code without a version.
    let old = begin(false).task_scheduled(0, "a");
    let (answer, _) = response(ask(&worker, past(old, next().task_completed(0, &()))).await);
    assert_eq!(completion(&answer), Some(Ok(String::from("\"\""))));
}

#[tokio::test]
async fn a_recorded_version_without_code_is_given_back() {
    let worker = worker(registry(&["", "2.0"]), &TestRuntime::new());
    let item = past(recorded(false, "1.9"), next().task_completed(1, &()));
    assert_eq!(
        abandoned(ask(&worker, item).await),
        "no code for orchestrator `versioned`, version `1.9`"
    );
}

#[tokio::test]
async fn the_next_execution_moves_to_the_newest_and_keeps_no_record() {
    let worker = worker(registry(&["1.9", "1.10"]), &TestRuntime::new());
    let back = EventRaisedEvent {
        name: String::from("version:1.9"),
        input: None,
    };
    let new = next().event(-1, EventType::EventRaised(back));
    let item = past(recorded(true, "1.9"), new.task_completed(1, &()));
    let (answer, _) = response(ask(&worker, item).await);
    let [action] = answer.actions.as_slice() else {
        panic!("{answer:?}");
    };
    let Some(Action::CompleteOrchestration(end)) = &action.orchestrator_action_type else {
        panic!("{action:?}");
    };
    assert_eq!(end.new_version.as_deref(), Some("1.10"));
    assert!(end.carryover_events.is_empty());
}

#[tokio::test]
async fn a_history_with_a_record_replays() {
    let history = recorded(false, "1.9")
        .batch_after(SECOND)
        .task_completed(1, &());
    let report = durable_task::replay(&registry(&["1.9", "1.10"]), &history.build());
    assert!(report.is_match(), "{report}");
    assert_eq!(report.version, "1.9");
}
