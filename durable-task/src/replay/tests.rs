use std::future::Future;
use std::time::Duration;

use super::*;
use crate::testing::HistoryBuilder;
use crate::{Failure, OrchestrationContext, OrchestrationError, Timestamp};

const SECOND: Duration = Duration::from_secs(1);

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

fn begin() -> HistoryBuilder {
    HistoryBuilder::new("test", "i", &())
}

/// `a`, then `b`, then the end.
fn two_steps() -> Registry {
    registry(|ctx| async move {
        let first = ctx.call_activity::<u32>("a", &1).await?;
        Ok(first + ctx.call_activity::<u32>("b", &2).await?)
    })
}

fn diverges(registry: &Registry, history: HistoryBuilder) -> Divergence {
    let report = replay(registry, &history.build());
    match report.outcome {
        ReplayOutcome::Diverges(divergence) => divergence,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_first_divergence_is_named() {
    use DivergenceKind::*;
    let first = || begin().task_scheduled(0, "a").batch_after(SECOND);
    let second = || first().task_completed(0, &1);
    let both = || second().task_scheduled(1, "b").batch_after(SECOND);
    let done = || both().task_completed(1, &2);
    let table = [
        (
            begin().task_scheduled(0, "x").batch_after(SECOND),
            OtherCommand,
            2,
            Some(0),
            "activity `x`",
            "the code's command 0 is activity `a`",
        ),
        (
            first().timer_created(1, Timestamp::EPOCH),
            MissingCommand,
            5,
            Some(1),
            "a timer",
            "the code gave no command 1, it has given 1 so far",
        ),
        (
            begin().batch_after(SECOND),
            ExtraCommand,
            2,
            Some(0),
            "no command 0 in the episode that ends here",
            "the code's command 0 is activity `a`",
        ),
        (
            second().batch_after(SECOND).task_scheduled(1, "b"),
            ExtraCommand,
            6,
            Some(1),
            "no command 1 in the episode that ends here",
            "the code's command 1 is activity `b`",
        ),
        (
            done().task_scheduled(2, "c").batch_after(SECOND),
            EndsEarlier,
            10,
            None,
            "activity `c`",
            "the code returns 3",
        ),
        (
            done().batch_after(SECOND).event_raised("go", &1),
            EndsEarlier,
            10,
            None,
            "the orchestration goes on after this",
            "the code returns 3",
        ),
        (
            second().completed(1, &1),
            EndsLater,
            6,
            None,
            "the end with a result",
            "the code goes on with activity `b`",
        ),
        (
            both().failed(2, Failure::new("Io", "no")),
            EndsLater,
            9,
            None,
            "the end with a failure (Io: no)",
            "the code still waits",
        ),
        (
            done().failed(2, Failure::new("Io", "no")),
            EndsOtherwise,
            10,
            None,
            "the end with a failure (Io: no)",
            "the code returns 3",
        ),
    ];
    for (history, kind, position, event_id, recorded, code) in table {
        let found = diverges(&two_steps(), history);
        let expected = (kind, position, event_id, recorded, code);
        let Divergence {
            kind,
            position,
            event_id,
            history,
            code,
            ..
        } = &found;
        let given = (*kind, *position, *event_id, history.as_str(), code.as_str());
        assert_eq!(given, expected, "{found}");
        assert!(!found.advice.is_empty());
    }
}

#[test]
fn another_order_is_told_apart() {
    let swapped = registry(|ctx| async move {
        let calls = ["b", "a"].map(|name| ctx.call_activity::<u32>(name, &()));
        let results = ctx.join_all(calls).await;
        results.into_iter().sum::<Result<u32, _>>()
    });
    let history = begin().task_scheduled(0, "a").task_scheduled(1, "b");
    let found = diverges(&swapped, history);
    assert_eq!(found.kind, DivergenceKind::OtherOrder);
    assert!(
        found.advice.contains("as command 1: restore the order"),
        "{found}"
    );
    let location = found.location.unwrap();
    assert!(location.contains("replay/tests.rs:"), "{location}");
}

#[test]
fn the_report_is_for_people() {
    let history = begin().task_scheduled(0, "x").batch_after(SECOND).build();
    let report = replay(&two_steps(), &history).to_string();
    let lines: Vec<&str> = report.lines().collect();
    assert_eq!(
        lines[0],
        "instance `i` of `test`: 5 events, 1 episodes played"
    );
    assert_eq!(lines[1], "the code diverges at event 2 (id 0)");
    assert_eq!(lines[2], "  history: activity `x`");
    assert!(lines[3].starts_with("  code:    the code's command 0 is activity `a` (at "));
    assert_eq!(
        lines[4],
        "  advice:  restore the old command here, or register the changed code as a new version \
         and keep this one until its instances have ended"
    );
}

#[test]
fn the_report_is_for_programs() {
    let history = begin().task_scheduled(0, "x").build();
    let report = serde_json::to_value(replay(&two_steps(), &history)).unwrap();
    assert_eq!(report["outcome"]["result"], "diverges");
    assert_eq!(report["outcome"]["kind"], "other_command");
    assert_eq!(report["outcome"]["position"], 2);
    let matches = replay(&two_steps(), &begin().task_scheduled(0, "a").build());
    let matches = serde_json::to_value(matches).unwrap();
    assert_eq!(
        matches["outcome"],
        serde_json::json!({"result": "matches", "ended": false})
    );
}

#[test]
fn open_ended_and_unfinished_histories_match() {
    let open = begin().task_scheduled(0, "a").batch_after(SECOND);
    let answered = open.clone().task_completed(0, &1);
    let ended = answered.clone().task_scheduled(1, "b").batch_after(SECOND);
    let ended = ended.task_completed(1, &2).completed(2, &3);
    let terminated = open.clone().terminated("no");
    let mut end = crate::wire::proto::ExecutionCompletedEvent::default();
    end.set_orchestration_status(crate::wire::proto::OrchestrationStatus::Terminated);
    let terminated = terminated.event(1, EventType::ExecutionCompleted(end));
    let table = [
        (open, false),
        // What the code does with the answer is not written yet.
        (answered, false),
        (ended.clone(), true),
        (ended.batch_after(SECOND), true),
        (terminated, true),
    ];
    for (history, ended) in table {
        let report = replay(&two_steps(), &history.build());
        assert_eq!(report.outcome, ReplayOutcome::Matches { ended }, "{report}");
        assert!(report.warnings.is_empty(), "{report}");
    }
}

#[test]
fn other_data_is_a_warning() {
    let task = crate::wire::proto::TaskScheduledEvent {
        name: String::from("A"),
        input: Some(String::from("7")),
        ..crate::wire::proto::TaskScheduledEvent::default()
    };
    let history = begin().event(0, EventType::TaskScheduled(task));
    let history = history.batch_after(SECOND).task_completed(0, &1);
    let history = history.task_scheduled(1, "b").batch_after(SECOND);
    let history = history.task_completed(1, &2).completed(2, &4);
    let report = replay(&two_steps(), &history.build());
    assert!(report.is_match());
    let [input, result] = report.warnings.as_slice() else {
        panic!("{report}");
    };
    let start = "history event 2 (id 0): the input of activity `a` was 7, is now 1 (at ";
    assert!(input.starts_with(start), "{input}");
    assert!(
        result.contains("the result of the orchestration was 4, is now 3"),
        "{result}"
    );
}

#[test]
fn long_timers_match_in_either_form() {
    let week = 8 * 24 * 3600 * SECOND;
    let registry = registry(move |ctx| async move {
        ctx.sleep(week).await;
        Ok(1)
    });
    let start = Timestamp::from_ticks(1_704_067_200 * 10_000_000);
    for days in [8, 3] {
        let fire_at = start.saturating_add(days * 24 * 3600 * SECOND);
        let history = begin().timer_created(0, fire_at).batch_after(SECOND);
        let report = replay(&registry, &history.build());
        assert!(report.is_match(), "{report}");
    }
    let fire_at = start.saturating_add(3 * 24 * 3600 * SECOND);
    let history = begin().timer_created(0, fire_at);
    let chained = history.batch_after(3 * 24 * 3600 * SECOND).timer_fired(0);
    let chained = chained.timer_created(1, start.saturating_add(week));
    let report = replay(&registry, &chained.batch_after(SECOND).build());
    assert!(report.is_match(), "{report}");
    assert!(report.warnings.is_empty(), "{report}");
}

#[test]
fn missing_code_and_missing_starts_are_said() {
    let mut registry = Registry::new();
    let report = replay(&registry, &begin().build());
    assert_eq!(
        report.outcome,
        ReplayOutcome::NoCode {
            reason: String::from("no code for orchestrator `test`, version ``")
        }
    );
    registry
        .orchestrator_fn("test", "1.0", |_: OrchestrationContext, (): ()| async {
            Ok(())
        })
        .unwrap();
    let mut history = begin().build();
    if let Some(EventType::ExecutionStarted(start)) = &mut history[1].event_type {
        start.version = Some(String::from("2.0"));
    }
    let report = replay(&registry, &history);
    assert!(
        matches!(report.outcome, ReplayOutcome::NoCode { .. }),
        "{report}"
    );
    let report = replay(&registry, &history[..1]);
    assert!(
        matches!(report.outcome, ReplayOutcome::Invalid { .. }),
        "{report}"
    );
}
