//! Rewinding, as far as the engine goes: who waits for whom afterwards.

use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use durable_task::wire::proto::send_entity_message_action::EntityMessageType;
use durable_task::wire::proto::{
    CreateSubOrchestrationAction, EntityLockRequestedEvent, ExecutionRewoundEvent, HistoryEvent,
    OrchestrationStatus, RewindOrchestrationAction, SendEntityMessageAction,
    SubOrchestrationInstanceFailedEvent, TaskFailedEvent, TaskFailureDetails,
};
use durable_task::{InstanceId, Status};

use super::{Outside, activity, complete, id, kind};
use crate::engine::{Delta, Drop, Instance, Message, Orchestration, RowChange, Taking};

fn failure() -> TaskFailureDetails {
    TaskFailureDetails {
        error_type: String::from("Broken"),
        error_message: String::from("no"),
        ..TaskFailureDetails::default()
    }
}

fn fail() -> Action {
    complete(OrchestrationStatus::Failed, "no")
}

fn child(instance: &str) -> Action {
    Action::CreateSubOrchestration(CreateSubOrchestrationAction {
        instance_id: instance.to_owned(),
        name: String::from("child"),
        input: Some(String::from("7")),
        ..CreateSubOrchestrationAction::default()
    })
}

fn order(reason: &str) -> EventType {
    EventType::ExecutionRewound(ExecutionRewoundEvent {
        reason: Some(reason.to_owned()),
        ..ExecutionRewoundEvent::default()
    })
}

/// An instance with its history.
struct Recorded {
    outside: Outside,
    orchestration: Orchestration,
    past: Vec<HistoryEvent>,
    next: i32,
}

impl Recorded {
    fn new(instance: &str) -> Self {
        let mut outside = Outside::new();
        let (orchestration, _) = outside.start(instance);
        Self {
            outside,
            orchestration,
            past: Vec::new(),
            next: 0,
        }
    }

    fn receive(&mut self, event: EventType) -> Delta {
        let target = self.orchestration.id().to_string();
        let message = self.outside.message(&target, event);
        self.orchestration.receive(message, &mut self.outside.env())
    }

    fn episode(&mut self, actions: Vec<Action>) -> Delta {
        let mut env = self.outside.env();
        self.orchestration.begin("", Taking::Everything, &mut env);
        let count = i32::try_from(actions.len()).unwrap();
        let response = super::response(self.next, actions);
        self.next += count;
        let delta = self.orchestration.apply(response, &mut env);
        self.past.extend(delta.history.decode().unwrap());
        delta
    }

    fn rewind(&mut self) -> Delta {
        assert!(self.orchestration.wants_history());
        self.orchestration
            .rewind(&self.past, &mut self.outside.env())
    }
}

fn orders(delta: &Delta) -> Vec<(&InstanceId, &ExecutionRewoundEvent)> {
    let messages = delta.messages.iter();
    messages
        .filter_map(|message| match &message.event.event_type {
            Some(EventType::ExecutionRewound(order)) => Some((&message.target, order)),
            _ => None,
        })
        .collect()
}

#[test]
fn a_failed_activity_is_asked_for_again() {
    let mut run = Recorded::new("a");
    run.episode(vec![activity("x")]);
    run.receive(EventType::TaskFailed(TaskFailedEvent {
        task_scheduled_id: 0,
        failure_details: Some(failure()),
    }));
    run.episode(vec![fail()]);
    assert_eq!(run.orchestration.status(), Status::Failed);
    let before = run.orchestration.identity.execution_id.clone();

    let delta = run.receive(order("fixed"));
    assert!(delta.dropped.is_empty());
    assert_eq!(
        run.orchestration.status(),
        Status::Failed,
        "until its history is there"
    );
    assert_eq!(
        run.receive(order("again")).dropped,
        [Drop::Ended],
        "one order is enough"
    );
    let delta = run.rewind();
    assert_eq!(run.orchestration.status(), Status::Running);
    assert_ne!(run.orchestration.identity.execution_id, before);
    assert_eq!(
        delta.row,
        RowChange::Restarted {
            input: Some(String::from("1"))
        }
    );
    let kinds: Vec<_> = delta.history.decode().unwrap().iter().map(kind).collect();
    assert!(!kinds.contains(&"ExecutionCompleted") && !kinds.contains(&"TaskScheduled"));
    assert_eq!(run.orchestration.history.events, delta.history.events());
    assert_eq!(run.orchestration.history.rows, 0);
    // The order wakes it.
    assert!(run.orchestration.is_ready());
    let mut env = run.outside.env();
    let (events, _) = run.orchestration.begin("", Taking::Everything, &mut env);
    let woken = events.iter().any(|event| {
        matches!(&event.event_type, Some(EventType::ExecutionRewound(order))
            if order.reason.as_deref() == Some("fixed"))
    });
    assert!(woken, "{events:?}");
    let response = super::response(0, vec![activity("x")]);
    let delta = run.orchestration.apply(response, &mut env);
    let [task] = delta.tasks_opened.as_slice() else {
        panic!("{:?}", delta.tasks_opened);
    };
    assert_eq!(task.execution, run.orchestration.identity.execution_id);
}

#[test]
fn an_order_survives_a_crash_before_and_after_it_is_carried_out() {
    let mut run = Recorded::new("a");
    run.episode(vec![fail()]);
    run.receive(order("why"));
    let mut rows = run.orchestration.store_messages();
    assert_eq!(rows.len(), 1);
    let message = Message::from_row(rows.remove(0)).unwrap();
    // Before: an ended instance and its order.
    let mut before = run.orchestration.clone();
    before.inbox.clear();
    before.receive(message.clone(), &mut run.outside.env());
    assert!(before.wants_history());
    // After: a running instance, and the same row.
    run.rewind();
    let mut after = run.orchestration.clone();
    after.inbox.clear();
    after.receive(message, &mut run.outside.env());
    assert!(after.is_ready() && !after.wants_history());
}

/// A parent whose child has failed, and which has failed for that.
fn parent_of_failed() -> Recorded {
    let mut run = Recorded::new("p");
    run.episode(vec![child("c")]);
    run.receive(EventType::SubOrchestrationInstanceFailed(
        SubOrchestrationInstanceFailedEvent {
            task_scheduled_id: 0,
            failure_details: Some(failure()),
        },
    ));
    run.episode(vec![fail()]);
    run
}

#[test]
fn failed_children_are_rewound_and_answer_the_new_execution() {
    let mut run = parent_of_failed();
    run.receive(order("why"));
    let delta = run.rewind();
    let [(target, to_child)] = orders(&delta)[..] else {
        panic!("{:?}", delta.messages);
    };
    let execution = run.orchestration.identity.execution_id.to_string();
    assert_eq!(target, &id("c"));
    assert_eq!(
        to_child.parent_execution_id.as_deref(),
        Some(execution.as_str())
    );
    assert_eq!(to_child.reason.as_deref(), Some("why"));
    assert_eq!(delta.tasks_opened.len(), 1, "it waits for the child again");

    // A child that is gone begins again with its input, for this parent.
    let mut gone = Instance::absent(id("c"), run.outside.now);
    let delta = gone.receive(delta.messages[0].clone(), &mut run.outside.env());
    let RowChange::Created { input, .. } = delta.row else {
        panic!("{:?}", delta.row);
    };
    assert_eq!(input.as_deref(), Some("7"));
    let parent = gone
        .orchestration()
        .unwrap()
        .identity
        .parent
        .clone()
        .unwrap();
    assert_eq!(parent.task_scheduled_id, 0);
    let parent = parent.orchestration_instance.unwrap();
    assert_eq!(parent.execution_id, Some(execution));
    // Without a parent nothing begins.
    let mut nobody = Instance::absent(id("n"), run.outside.now);
    let message = run.outside.message("n", order("why"));
    let delta = nobody.receive(message, &mut run.outside.env());
    assert_eq!(delta.dropped, [Drop::Absent]);
}

/// A child of `p` after these episodes, and an order from another execution of `p`.
fn ordered_child(episodes: Vec<Vec<Action>>) -> (Recorded, EventType) {
    let mut run = Recorded::new("c");
    let parent = durable_task::wire::proto::ParentInstanceInfo {
        task_scheduled_id: 3,
        orchestration_instance: Some(durable_task::wire::proto::OrchestrationInstance {
            instance_id: String::from("p"),
            execution_id: Some(String::from("old")),
        }),
        ..Default::default()
    };
    std::sync::Arc::make_mut(&mut run.orchestration.identity).parent = Some(parent);
    for actions in episodes {
        run.episode(actions);
    }
    let order = EventType::ExecutionRewound(ExecutionRewoundEvent {
        parent_execution_id: Some(String::from("new")),
        ..ExecutionRewoundEvent::default()
    });
    (run, order)
}

fn parent_execution(orchestration: &Orchestration) -> Option<String> {
    let parent = orchestration.identity.parent.clone()?;
    parent.orchestration_instance?.execution_id
}

#[test]
fn a_child_that_runs_answers_the_new_execution_of_its_parent() {
    let (mut run, order) = ordered_child(vec![vec![activity("x")]]);
    let delta = run.receive(order);
    assert_eq!(delta.row, RowChange::Changed, "that is written");
    assert!(delta.dropped.is_empty());
    assert_eq!(run.orchestration.backlog(), 0);
    assert_eq!(parent_execution(&run.orchestration).as_deref(), Some("new"));
    run.receive(super::completed(0));
    let delta = run.episode(vec![complete(OrchestrationStatus::Completed, "1")]);
    let execution = delta.messages[0].execution.clone().unwrap();
    assert_eq!(execution.as_str(), "new");
}

#[test]
fn a_child_that_has_ended_well_or_was_terminated_says_so_again() {
    for (status, well) in [
        (OrchestrationStatus::Completed, true),
        (OrchestrationStatus::Terminated, false),
    ] {
        let (mut run, order) = ordered_child(vec![vec![complete(status, "5")]]);
        run.receive(order);
        let before = run.orchestration.status();
        let delta = run.rewind();
        assert_eq!(run.orchestration.status(), before);
        assert!(!run.orchestration.wants_history());
        assert!(delta.history.is_empty());
        let [message] = delta.messages.as_slice() else {
            panic!("{:?}", delta.messages);
        };
        assert_eq!(message.execution.as_ref().unwrap().as_str(), "new");
        match &message.event.event_type {
            Some(EventType::SubOrchestrationInstanceCompleted(done)) => {
                assert!(well);
                assert_eq!(
                    (done.task_scheduled_id, done.result.as_deref()),
                    (3, Some("5"))
                );
            }
            Some(EventType::SubOrchestrationInstanceFailed(failed)) => {
                assert!(!well);
                assert_eq!(failed.task_scheduled_id, 3);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_worker_may_rewind_the_history_itself() {
    let mut run = parent_of_failed();
    run.receive(order("why"));
    let delta = run.rewind();
    let history = delta.history.decode().unwrap();
    let rewound = |history: Vec<HistoryEvent>| {
        Action::RewindOrchestration(RewindOrchestrationAction {
            new_history: history,
        })
    };
    let before = run.orchestration.identity.execution_id.clone();
    let delta = run.episode(vec![rewound(history.clone())]);
    assert!(matches!(delta.row, RowChange::Restarted { .. }));
    assert_eq!(orders(&delta).len(), 1, "the open child is rewound, too");
    assert_eq!(delta.consumed.len(), 0);
    assert_ne!(run.orchestration.identity.execution_id, before);
    assert!(run.orchestration.is_ready(), "another episode asks again");
    // What can't be taken fails the instance.
    let mut ended = history.clone();
    ended.push(HistoryEvent {
        event_id: 9,
        event_type: Some(EventType::ExecutionCompleted(
            durable_task::wire::proto::ExecutionCompletedEvent::default(),
        )),
        ..HistoryEvent::default()
    });
    let mut other = history;
    for event in &mut other {
        if let Some(EventType::ExecutionStarted(start)) = &mut event.event_type {
            start.name = String::from("other");
        }
    }
    for (history, why) in [
        (Vec::new(), "no start"),
        (ended, "an end"),
        (other, "another orchestrator"),
    ] {
        let mut run = Recorded::new("a");
        let delta = run.episode(vec![rewound(history)]);
        assert_eq!(run.orchestration.status(), Status::Failed);
        let failure = delta.end.unwrap().failure.unwrap();
        assert_eq!(failure.error_type, "InvalidRewind");
        assert!(failure.error_message.contains(why), "{failure:?}");
    }
}

#[test]
fn a_second_order_may_come_from_another_execution_of_the_parent() {
    let (mut run, from_parent) = ordered_child(vec![vec![fail()]]);
    run.receive(order("by a client"));
    assert!(run.orchestration.wants_history());
    let delta = run.receive(from_parent);
    assert_eq!(delta.dropped, [Drop::Ended]);
    assert_eq!(delta.row, RowChange::Changed, "that is written");
    run.rewind();
    assert_eq!(run.orchestration.status(), Status::Running);
    let delta = run.episode(vec![complete(OrchestrationStatus::Completed, "1")]);
    let execution = delta.messages[0].execution.clone().unwrap();
    assert_eq!(execution.as_str(), "new");
}

#[test]
fn a_worker_that_rewinds_what_has_not_ended_leaves_nothing_locked_or_open() {
    let mut run = Recorded::new("a");
    let lock = EntityMessageType::EntityLockRequested(EntityLockRequestedEvent {
        critical_section_id: String::from("s"),
        lock_set: vec![String::from("@door@k")],
        ..EntityLockRequestedEvent::default()
    });
    let lock = Action::SendEntityMessage(SendEntityMessageAction {
        entity_message_type: Some(lock),
    });
    let delta = run.episode(vec![lock, child("c")]);
    let [task] = delta.tasks_opened.as_slice() else {
        panic!("{:?}", delta.tasks_opened);
    };
    let history: Vec<_> = run.past.iter().take(2).cloned().collect();
    let message = run.outside.raised("a", "go");
    run.orchestration.receive(message, &mut run.outside.env());
    let delta = run.episode(vec![Action::RewindOrchestration(
        RewindOrchestrationAction {
            new_history: history,
        },
    )]);
    assert!(delta.is_restart());
    assert_eq!(delta.tasks_closed, [task.id]);
    let released = delta.messages.iter().filter_map(Message::releases);
    assert_eq!(released.collect::<Vec<_>>(), ["s"]);
}

#[test]
fn a_child_that_begins_again_has_the_labels_of_its_parent() {
    let mut run = Recorded::new("p");
    std::sync::Arc::make_mut(&mut run.orchestration.identity).tags =
        [(String::from("team"), String::from("north"))].into();
    run.episode(vec![child("c"), fail()]);
    run.receive(order("why"));
    let delta = run.rewind();
    let [(_, to_child)] = orders(&delta)[..] else {
        panic!("{:?}", delta.messages);
    };
    assert_eq!(to_child.tags.get("team").map(String::as_str), Some("north"));
}
