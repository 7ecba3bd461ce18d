//! Completion, failure, termination, continue-as-new.

use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use durable_task::wire::proto::{
    CompleteOrchestrationAction, CreateSubOrchestrationAction, CreateTimerAction, EventRaisedEvent,
    ExecutionSuspendedEvent, ExecutionTerminatedEvent, HistoryEvent, OrchestrationInstance,
    OrchestrationStatus, ParentInstanceInfo, TaskFailureDetails,
};
use durable_task::{ExecutionId, Status};

use super::{Outside, activity, complete, completed, id, kind, kinds};
use crate::engine::{Drop, Orchestration, RowChange, StartOrder, Taking};

fn child() -> Action {
    Action::CreateSubOrchestration(CreateSubOrchestrationAction {
        instance_id: String::from("c"),
        name: String::from("child"),
        ..CreateSubOrchestrationAction::default()
    })
}

fn timer() -> Action {
    Action::CreateTimer(CreateTimerAction::default())
}

fn terminate(recurse: bool) -> EventType {
    EventType::ExecutionTerminated(ExecutionTerminatedEvent {
        input: Some(String::from("why")),
        recurse,
    })
}

/// A child of `p`, after a first episode with these actions.
fn a_child(outside: &mut Outside, tags: &[&str], actions: Vec<Action>) -> crate::engine::Delta {
    let order = StartOrder {
        name: String::from("child"),
        parent: Some(ParentInstanceInfo {
            task_scheduled_id: 4,
            orchestration_instance: Some(OrchestrationInstance {
                instance_id: String::from("p"),
                execution_id: Some(String::from("e")),
            }),
            ..ParentInstanceInfo::default()
        }),
        tags: tags
            .iter()
            .map(|tag| ((*tag).to_owned(), String::new()))
            .collect(),
        ..StartOrder::default()
    };
    let (mut orchestration, _) = Orchestration::start(id("c"), order, &mut outside.env());
    outside.episode(&mut orchestration, actions)
}

#[test]
fn statuses_of_completions() {
    let failed = Action::CompleteOrchestration(CompleteOrchestrationAction {
        orchestration_status: OrchestrationStatus::Failed.into(),
        failure_details: Some(TaskFailureDetails {
            error_message: String::from("no"),
            ..TaskFailureDetails::default()
        }),
        ..CompleteOrchestrationAction::default()
    });
    let unexplained = complete(OrchestrationStatus::Failed, "said so");
    for (action, status, output, failure) in [
        (
            complete(OrchestrationStatus::Completed, "1"),
            Status::Completed,
            Some("1"),
            None,
        ),
        (
            complete(OrchestrationStatus::Canceled, "1"),
            Status::Canceled,
            Some("1"),
            None,
        ),
        (failed, Status::Failed, None, Some("no")),
        (
            unexplained,
            Status::Failed,
            Some("said so"),
            Some("said so"),
        ),
    ] {
        let mut outside = Outside::new();
        let (orchestration, delta) = outside.running("a", vec![action]);
        assert_eq!(orchestration.status(), status);
        let end = delta.end.unwrap();
        assert_eq!(end.output.as_deref(), output);
        let message = end.failure.map(|failure| failure.error_message);
        assert_eq!(message.as_deref(), failure);
    }
}

#[test]
fn an_end_closes_timers_and_children_and_leaves_activities_to_end() {
    let mut outside = Outside::new();
    let done = complete(OrchestrationStatus::Completed, "1");
    let actions = vec![activity("x"), timer(), child(), done];
    let (orchestration, delta) = outside.running("a", actions);
    assert!(orchestration.is_ended());
    let opened: Vec<u64> = delta.tasks_opened.iter().map(|task| task.id).collect();
    assert_eq!(delta.tasks_closed, opened[1..], "the child's");
    let timer = &delta.timers_opened[0];
    assert_eq!(delta.timers_closed, [(timer.fire_at, timer.id)]);
    assert!(delta.tasks_cancelled.is_empty());
}

#[test]
fn the_parent_learns_of_the_end() {
    let ends = [
        (complete(OrchestrationStatus::Completed, "1"), Ok("1")),
        (complete(OrchestrationStatus::Failed, "no"), Err("no")),
        (
            complete(OrchestrationStatus::Terminated, "why"),
            Err("orchestration `c` ended: why"),
        ),
    ];
    for (action, expected) in ends {
        let mut outside = Outside::new();
        let delta = a_child(&mut outside, &[], vec![action]);
        let [message] = delta.messages.as_slice() else {
            panic!("{:?}", delta.messages);
        };
        assert_eq!(message.target.as_str(), "p");
        assert_eq!(message.execution, Some(ExecutionId::new("e")));
        match (message.event.event_type.clone().unwrap(), expected) {
            (EventType::SubOrchestrationInstanceCompleted(event), Ok(result)) => {
                assert_eq!(event.task_scheduled_id, 4);
                assert_eq!(event.result.as_deref(), Some(result));
            }
            (EventType::SubOrchestrationInstanceFailed(event), Err(text)) => {
                assert_eq!(event.task_scheduled_id, 4);
                assert_eq!(event.failure_details.unwrap().error_message, text);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn nobody_learns_of_the_end_of_what_was_forgotten() {
    let mut outside = Outside::new();
    let done = complete(OrchestrationStatus::Completed, "1");
    let delta = a_child(&mut outside, &["FireAndForget"], vec![done]);
    assert!(delta.messages.is_empty());
}

#[test]
fn termination_ends_at_once_whatever_the_instance_does() {
    for stage in ["pending", "running", "in episode", "suspended"] {
        let mut outside = Outside::new();
        let (mut orchestration, _) = outside.start("a");
        if stage != "pending" {
            outside.episode(&mut orchestration, vec![activity("x"), timer(), child()]);
            let go = outside.raised("a", "go");
            orchestration.receive(go, &mut outside.env());
        }
        if stage == "in episode" {
            orchestration.begin("", Taking::Everything, &mut outside.env());
        }
        if stage == "suspended" {
            let suspend = EventType::ExecutionSuspended(ExecutionSuspendedEvent::default());
            let suspend = outside.message("a", suspend);
            orchestration.receive(suspend, &mut outside.env());
        }
        let message = outside.message("a", terminate(false));
        let delta = orchestration.receive(message, &mut outside.env());
        assert_eq!(orchestration.status(), Status::Terminated, "{stage}");
        assert!(!orchestration.in_episode() && !orchestration.is_ready());
        assert_eq!(orchestration.backlog(), 0);
        assert_eq!(delta.end.clone().unwrap().output.as_deref(), Some("why"));
        let recorded = kinds(&delta);
        let last = [
            "ExecutionTerminated",
            "ExecutionCompleted",
            "OrchestratorCompleted",
        ];
        assert!(recorded.ends_with(&last), "{stage}: {recorded:?}");
        assert_eq!(recorded[0], "OrchestratorStarted");
        assert_eq!(recorded.contains(&"ExecutionStarted"), stage == "pending");
        assert_eq!(recorded.contains(&"EventRaised"), stage == "in episode");
        let open = usize::from(stage != "pending");
        assert_eq!(delta.tasks_cancelled.len(), open);
        assert_eq!(delta.tasks_closed.len(), 2 * open);
        assert_eq!(delta.timers_closed.len(), open);
        assert!(delta.messages.is_empty(), "children go on");
    }
}

#[test]
fn recursive_termination_is_passed_on_to_open_children() {
    let mut outside = Outside::new();
    let (mut orchestration, _) = outside.running("a", vec![child()]);
    let message = outside.message("a", terminate(true));
    let delta = orchestration.receive(message, &mut outside.env());
    let [message] = delta.messages.as_slice() else {
        panic!("{:?}", delta.messages);
    };
    assert_eq!(message.target.as_str(), "c");
    assert_eq!(message.event.event_type, Some(terminate(true)));
}

fn again(carried: &[&str]) -> Action {
    Action::CompleteOrchestration(CompleteOrchestrationAction {
        orchestration_status: OrchestrationStatus::ContinuedAsNew.into(),
        result: Some(String::from("2")),
        carryover_events: carried
            .iter()
            .map(|name| HistoryEvent {
                event_id: -1,
                timestamp: None,
                event_type: Some(EventType::EventRaised(EventRaisedEvent {
                    name: (*name).to_owned(),
                    input: None,
                })),
            })
            .collect(),
        ..CompleteOrchestrationAction::default()
    })
}

#[test]
fn continue_as_new_keeps_nothing_of_the_old_execution() {
    let mut outside = Outside::new();
    let (mut orchestration, _) = outside.running("a", vec![activity("x"), timer(), child()]);
    let old = orchestration.identity.execution_id.clone();
    let go = outside.raised("a", "go");
    orchestration.receive(go, &mut outside.env());
    orchestration.begin("", Taking::Everything, &mut outside.env());
    // These come while the episode runs: a reply to the old execution, and an event for any.
    let reply = outside
        .message("a", completed(0))
        .for_execution(old.clone());
    orchestration.receive(reply, &mut outside.env());
    let mut event = outside.raised("a", "later");
    event.stored = true;
    let row = event.id;
    orchestration.receive(event, &mut outside.env());
    let delta = orchestration.apply(
        super::response(3, vec![again(&["kept"])]),
        &mut outside.env(),
    );
    let input = Some(String::from("2"));
    assert_eq!(delta.row, RowChange::Restarted { input });
    assert!(delta.history.is_empty() && delta.end.is_none());
    assert_eq!(delta.dropped, [Drop::OtherExecution]);
    assert_eq!(
        delta.consumed,
        [row],
        "it gets a new id, after what is carried over"
    );
    assert_ne!(orchestration.identity.execution_id, old);
    assert_eq!(orchestration.identity.generation, 1);
    assert_eq!(orchestration.history.events, 0);
    assert_eq!(orchestration.status(), Status::Running);
    let ids: Vec<u64> = orchestration
        .store_messages()
        .iter()
        .map(|row| row.id)
        .collect();
    assert!(ids.is_sorted(), "{ids:?}");
    let (events, _) = orchestration.begin("3", Taking::Everything, &mut outside.env());
    let kinds: Vec<_> = events.iter().map(kind).collect();
    assert_eq!(
        kinds,
        [
            "OrchestratorStarted",
            "ExecutionStarted",
            "EventRaised",
            "EventRaised"
        ]
    );
    assert_eq!(
        orchestration.identity.version.as_deref(),
        Some("3"),
        "the newest"
    );
    let late = outside.message("a", completed(0)).for_execution(old);
    let delta = orchestration.receive(late, &mut outside.env());
    assert_eq!(delta.dropped, [Drop::OtherExecution]);
}

#[test]
fn a_termination_in_the_same_turn_wins() {
    let mut outside = Outside::new();
    let (mut orchestration, _) = outside.running("a", vec![again(&[])]);
    let message = outside.message("a", terminate(false));
    orchestration.receive(message, &mut outside.env());
    assert_eq!(orchestration.status(), Status::Terminated);
}
