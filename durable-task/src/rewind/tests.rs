use super::*;
use crate::testing::{HistoryBuilder, TestOrchestration};
use crate::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use crate::{Failure, OrchestrationContext, OrchestrationError, Registry, RetryPolicy, replay};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn order() -> Rewind {
    Rewind {
        reason: Some(String::from("repaired")),
        execution_id: ExecutionId::new("execution-1"),
        parent_execution_id: None,
        at: Timestamp::parse("2024-01-02T00:00:00Z").unwrap(),
    }
}

fn broken() -> Failure {
    Failure::new("Io", "broken")
}

/// What an orchestrator says of the failure of an activity.
fn because(failure: Failure) -> Failure {
    Failure::new("ActivityFailed", "activity `a` failed").caused_by(failure)
}

/// Decisions and answers that are left, in short; markers left out.
fn left(rewound: &Rewound) -> Vec<String> {
    let lines = rewound.history.iter().filter_map(|event| {
        let id = event.event_id;
        Some(match event.event_type.as_ref()? {
            EventType::TaskScheduled(_) => format!("activity {id}"),
            EventType::TaskCompleted(done) => format!("done {}", done.task_scheduled_id),
            EventType::TaskFailed(failed) => format!("failed {}", failed.task_scheduled_id),
            EventType::TimerCreated(_) => format!("timer {id}"),
            EventType::TimerFired(fired) => format!("fired {}", fired.timer_id),
            EventType::SubOrchestrationInstanceCreated(_) => format!("child {id}"),
            EventType::SubOrchestrationInstanceCompleted(done) => {
                format!("done {}", done.task_scheduled_id)
            }
            EventType::SubOrchestrationInstanceFailed(failed) => {
                format!("failed {}", failed.task_scheduled_id)
            }
            EventType::EventRaised(raised) => format!("event {}", raised.name),
            EventType::ExecutionCompleted(_) => String::from("end"),
            _ => return None,
        })
    });
    lines.collect()
}

fn begin() -> HistoryBuilder {
    HistoryBuilder::new("test", "i", &())
}

#[test]
fn what_ended_the_orchestration_is_taken_back() {
    let table = [
        (
            "one activity",
            begin()
                .task_scheduled(0, "a")
                .batch_after(SECOND)
                .task_failed(0, broken())
                .failed(1, because(broken())),
            vec![],
        ),
        (
            "results stay, also those that came later",
            begin()
                .task_scheduled(0, "a")
                .task_scheduled(1, "b")
                .task_scheduled(2, "c")
                .batch_after(SECOND)
                .task_completed(2, &1)
                .task_failed(0, broken())
                .task_completed(1, &1)
                .failed(3, because(broken())),
            vec!["activity 1", "activity 2", "done 2", "done 1"],
        ),
        (
            "all failures at the end, and what had not answered",
            begin()
                .task_scheduled(0, "a")
                .task_scheduled(1, "b")
                .task_scheduled(2, "c")
                .timer_created(3, Timestamp::EPOCH)
                .batch_after(SECOND)
                .task_failed(0, broken())
                .task_failed(1, broken())
                .failed(4, because(broken())),
            vec![],
        ),
        (
            "the last attempt only",
            begin()
                .task_scheduled(0, "a")
                .batch_after(SECOND)
                .task_failed(0, broken())
                .timer_created(1, Timestamp::EPOCH)
                .batch_after(SECOND)
                .timer_fired(1)
                .task_scheduled(2, "a")
                .batch_after(SECOND)
                .task_failed(2, broken())
                .failed(3, because(broken())),
            vec!["activity 0", "failed 0", "timer 1", "fired 1"],
        ),
        (
            "what made up for the failure",
            begin()
                .task_scheduled(0, "a")
                .batch_after(SECOND)
                .task_failed(0, broken())
                .task_scheduled(1, "undo")
                .batch_after(SECOND)
                .event_raised("go", &1)
                .task_completed(1, &1)
                .failed(2, because(broken())),
            vec!["event go"],
        ),
        (
            "a failure that the code dealt with stays",
            begin()
                .task_scheduled(0, "a")
                .batch_after(SECOND)
                .task_failed(0, broken())
                .task_scheduled(1, "b")
                .batch_after(SECOND)
                .task_completed(1, &1)
                .failed(2, Failure::new("Own", "no")),
            vec!["activity 0", "failed 0", "activity 1", "done 1"],
        ),
        (
            "a child stays",
            begin()
                .child_created(0, "c", "kid")
                .child_created(1, "c", "other")
                .batch_after(SECOND)
                .child_failed(0, broken())
                .failed(2, because(broken())),
            vec!["child 0", "child 1"],
        ),
    ];
    for (name, history, expected) in table {
        let history = history.batch_after(SECOND).build();
        let rewound = rewind(&history, &order()).unwrap();
        assert_eq!(left(&rewound), expected, "{name}");
    }
}

#[test]
fn failed_and_open_children_are_listed() {
    let detached = crate::wire::proto::SubOrchestrationInstanceCreatedEvent {
        instance_id: String::from("free"),
        tags: [(String::from("FireAndForget"), String::new())].into(),
        ..crate::wire::proto::SubOrchestrationInstanceCreatedEvent::default()
    };
    let history = begin()
        .child_created(0, "c", "failed")
        .child_created(1, "c", "open")
        .child_created(2, "c", "done")
        .event(3, EventType::SubOrchestrationInstanceCreated(detached))
        .batch_after(SECOND)
        .child_completed(2, &1)
        .child_failed(0, broken())
        .failed(4, because(broken()))
        .build();
    let rewound = rewind(&history, &order()).unwrap();
    let id = |text| InstanceId::new(text).unwrap();
    assert_eq!(rewound.failed_children, [(0, id("failed"))]);
    assert_eq!(rewound.open_children, [(1, id("open"))]);
}

#[test]
fn the_new_execution_has_its_ids_and_says_why() {
    let mut history = begin().failed(0, broken()).build();
    let Some(EventType::ExecutionStarted(started)) = &mut history[1].event_type else {
        panic!("no start");
    };
    started.parent_instance = Some(crate::wire::proto::ParentInstanceInfo {
        orchestration_instance: started.orchestration_instance.clone(),
        ..crate::wire::proto::ParentInstanceInfo::default()
    });
    let order = Rewind {
        parent_execution_id: Some(ExecutionId::new("parent-1")),
        ..order()
    };
    let rewound = rewind(&history, &order).unwrap().history;
    let Some(EventType::ExecutionStarted(started)) = &rewound[1].event_type else {
        panic!("no start");
    };
    let execution = |of: &Option<crate::wire::proto::OrchestrationInstance>| {
        of.as_ref().and_then(|of| of.execution_id.clone())
    };
    assert_eq!(
        execution(&started.orchestration_instance).as_deref(),
        Some("execution-1")
    );
    let parent = started.parent_instance.as_ref().unwrap();
    assert_eq!(
        execution(&parent.orchestration_instance).as_deref(),
        Some("parent-1")
    );
    let Some(EventType::ExecutionRewound(event)) = &rewound.last().unwrap().event_type else {
        panic!("no trace of the rewind");
    };
    assert_eq!(event.reason.as_deref(), Some("repaired"));
    assert_eq!(event.parent_execution_id.as_deref(), Some("parent-1"));
    assert_eq!(rewound.last().unwrap().timestamp, Some(order.at.into()));
}

#[test]
fn only_what_has_failed_can_be_rewound() {
    let terminated = begin().terminated("no").build();
    let table = [
        (Vec::new(), RewindError::NoStart),
        (
            begin().build(),
            RewindError::NotFailed {
                status: Status::Running,
            },
        ),
        (
            begin().completed(0, &1).build(),
            RewindError::NotFailed {
                status: Status::Completed,
            },
        ),
        (
            terminated,
            RewindError::NotFailed {
                status: Status::Running,
            },
        ),
    ];
    for (history, expected) in table {
        assert_eq!(rewind(&history, &order()), Err(expected));
    }
}

fn registry<Fut>(run: impl Fn(OrchestrationContext) -> Fut + Send + Sync + 'static) -> Registry
where
    Fut: Future<Output = Result<u32, OrchestrationError>> + 'static,
{
    let mut registry = Registry::new();
    registry
        .orchestrator_fn("test", "", move |ctx, (): ()| run(ctx))
        .unwrap();
    registry
}

#[test]
fn a_rewound_retry_makes_its_last_attempt_again() {
    let registry = registry(|ctx| async move {
        let policy = RetryPolicy::new(2, SECOND);
        let first = ctx
            .call_activity::<u32>("a", &ctx.random())
            .retry(policy)
            .await?;
        Ok(first + ctx.call_activity::<u32>("b", &()).await?)
    });
    let mut test = TestOrchestration::start(&registry, begin());
    test.episode(SECOND, |events| events.task_failed(0, broken()));
    test.episode(SECOND, |events| events.timer_fired(1));
    test.episode(SECOND, |events| events.task_failed(2, broken()));
    assert!(matches!(test.result(), Some(Err(_))));
    let rewound = rewind(test.history(), &order()).unwrap();
    let mut again = TestOrchestration::resume(&registry, rewound.history);
    let [action] = again.actions() else {
        panic!("{:?}", again.actions());
    };
    assert_eq!(action.id, 2);
    again.episode(SECOND, |events| events.task_completed(2, &1));
    again.episode(SECOND, |events| events.task_completed(3, &2));
    assert_eq!(again.result(), Some(Ok(3.into())));
    let report = replay(&registry, again.history());
    assert!(report.is_match(), "{report}");
}

/// A critical section with two activities in it.
fn locking() -> Registry {
    registry(|ctx| async move {
        let entity = crate::EntityId::new("account", "k").unwrap();
        let _guard = ctx.lock(&[entity]).await?;
        ctx.call_activity::<u32>("a", &()).await?;
        ctx.call_activity::<u32>("b", &()).await
    })
}

/// The grant of the lock that was requested last.
fn granted(test: &TestOrchestration) -> EventType {
    let found = test.actions().iter().find_map(|action| {
        let Some(Action::SendEntityMessage(message)) = &action.orchestrator_action_type else {
            return None;
        };
        match message.entity_message_type.as_ref()? {
            crate::wire::proto::send_entity_message_action::EntityMessageType
                ::EntityLockRequested(lock) => Some(lock.critical_section_id.clone()),
            _ => None,
        }
    });
    EventType::EntityLockGranted(crate::wire::proto::EntityLockGrantedEvent {
        critical_section_id: found.expect("a lock request"),
    })
}

#[test]
fn a_critical_section_that_the_end_has_left_is_entered_again() {
    let registry = locking();
    for by_engine in [false, true] {
        let mut test = TestOrchestration::start(&registry, begin());
        let lock = granted(&test);
        test.episode(SECOND, |events| events.event(-1, lock));
        test.episode(SECOND, |events| events.task_completed(1, &1));
        let mut history = test.history().to_vec();
        if by_engine {
            // Its locks are gone, and nothing says so.
            history.push(HistoryEvent {
                event_id: -1,
                timestamp: Some(Timestamp::EPOCH.into()),
                event_type: Some(EventType::ExecutionCompleted(ExecutionCompletedEvent {
                    orchestration_status: OrchestrationStatus::Failed.into(),
                    failure_details: Some(Failure::new("HistoryTooLarge", "").into()),
                    ..ExecutionCompletedEvent::default()
                })),
            });
        } else {
            test.episode(SECOND, |events| events.task_failed(2, broken()));
            assert!(matches!(test.result(), Some(Err(_))));
            history = test.history().to_vec();
        }
        let rewound = rewind(&history, &order()).unwrap();
        assert!(left(&rewound).is_empty(), "{:?}", left(&rewound));
        let mut again = TestOrchestration::resume(&registry, rewound.history);
        let lock = granted(&again);
        again.episode(SECOND, |events| events.event(-1, lock));
        again.episode(SECOND, |events| events.task_completed(1, &1));
        again.episode(SECOND, |events| events.task_completed(2, &2));
        assert_eq!(
            again.result(),
            Some(Ok(2.into())),
            "by the engine: {by_engine}"
        );
    }
}

#[test]
fn repaired_code_goes_on_where_the_old_one_failed() {
    let old = registry(|ctx| async move {
        ctx.call_activity::<u32>("a", &()).await?;
        Err(OrchestrationError::failed("a bug"))
    });
    let repaired = registry(|ctx| async move { ctx.call_activity::<u32>("a", &()).await });
    let mut test = TestOrchestration::start(&old, begin());
    test.episode(SECOND, |events| events.task_completed(0, &5));
    let rewound = rewind(test.history(), &order()).unwrap();
    let again = TestOrchestration::resume(&old, rewound.history.clone());
    assert!(matches!(again.result(), Some(Err(_))));
    let again = TestOrchestration::resume(&repaired, rewound.history);
    assert_eq!(again.result(), Some(Ok(5.into())));
}
