//! Random orchestrations under random events: a live future and a replayed one can't be told apart.

use std::collections::BTreeSet;
use std::pin::Pin;

use proptest::prelude::*;

use super::entities::{answered, entity, request_id};
use super::*;
use crate::episode::EpisodeOptions;
use crate::wire::proto::{EntityLockGrantedEvent, EventRaisedEvent};
use crate::{Either, EntityMessageForm, ExecutionId, RetryPolicy, Rewind, replay, rewind};

/// One step of an orchestrator.
#[derive(Debug, Clone)]
enum Step {
    Activity,
    Retried,
    Child,
    Sleep(u32),
    Event(bool),
    EventInTime(bool),
    Call,
    Signal,
    Send,
    Terminate,
    Status(u8),
    Guid,
    Both(Vec<Step>, Vec<Step>),
    FirstOf(Vec<Step>, Vec<Step>),
    Locked(Vec<Step>),
    ContinueAsNew,
    Fail,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let leaf = prop_oneof![
        4 => Just(Step::Activity),
        2 => Just(Step::Retried),
        1 => Just(Step::Child),
        1 => (1u32..5).prop_map(Step::Sleep),
        2 => any::<bool>().prop_map(Step::Event),
        2 => any::<bool>().prop_map(Step::EventInTime),
        2 => Just(Step::Call),
        1 => Just(Step::Signal),
        1 => Just(Step::Send),
        1 => Just(Step::Terminate),
        1 => any::<u8>().prop_map(Step::Status),
        1 => Just(Step::Guid),
        1 => Just(Step::ContinueAsNew),
        1 => Just(Step::Fail),
    ];
    let step = leaf.prop_recursive(3, 12, 3, |inner| {
        let list = || prop::collection::vec(inner.clone(), 0..3);
        prop_oneof![
            2 => (list(), list()).prop_map(|(left, right)| Step::Both(left, right)),
            2 => (list(), list()).prop_map(|(left, right)| Step::FirstOf(left, right)),
            1 => list().prop_map(Step::Locked),
        ]
    });
    prop::collection::vec(step, 1..5)
}

type Steps<'a> = Pin<Box<dyn Future<Output = Result<(), OrchestrationError>> + 'a>>;

fn run_all(ctx: &OrchestrationContext, steps: Vec<Step>) -> Steps<'_> {
    Box::pin(async move {
        for step in steps {
            run(ctx, step).await?;
        }
        Ok(())
    })
}

async fn run(ctx: &OrchestrationContext, step: Step) -> Result<(), OrchestrationError> {
    let name = |upper| if upper { "EVENT" } else { "event" };
    match step {
        Step::Activity => {
            ctx.call_activity::<u32>("a", &1).await.ok();
        }
        Step::Retried => {
            let policy = RetryPolicy::new(2, SECOND);
            ctx.call_activity::<u32>("r", &2).retry(policy).await?;
        }
        Step::Child => {
            ctx.call_sub_orchestration::<u32>("c", &3).await.ok();
        }
        Step::Sleep(seconds) => ctx.sleep(seconds * SECOND).await,
        Step::Event(upper) => drop(ctx.wait_for_event_named::<u32>(name(upper)).await?),
        Step::EventInTime(upper) => {
            let wait = ctx.wait_for_event_named::<u32>(name(upper));
            wait.timeout(SECOND).await?;
        }
        Step::Call => {
            ctx.call_entity::<u32>(&entity("a"), "op", &4).await.ok();
        }
        Step::Signal => drop(ctx.signal_entity(&entity("a"), "op", &5)),
        Step::Send => ctx.send_event(&InstanceId::new("x").unwrap(), "n", &6)?,
        Step::Terminate => ctx.terminate_child(&InstanceId::new("x").unwrap(), "no"),
        Step::Status(status) => ctx.set_custom_status(status),
        Step::Guid => {
            let (_, number) = (ctx.new_uuid(), ctx.random());
            ctx.call_activity::<u32>(format!("r{}", number % 9), &number)
                .await
                .ok();
        }
        Step::Both(left, right) => {
            let both = ctx
                .join_all([run_all(ctx, left), run_all(ctx, right)])
                .await;
            both.into_iter().collect::<Result<(), _>>()?;
        }
        Step::FirstOf(left, right) => {
            match ctx.select(run_all(ctx, left), run_all(ctx, right)).await {
                Either::Left(result) | Either::Right(result) => result?,
            }
        }
        Step::Locked(steps) => {
            let Ok(_guard) = ctx.lock(&[entity("b"), entity("a")]).await else {
                return Ok(());
            };
            run_all(ctx, steps).await?;
        }
        Step::ContinueAsNew => return ctx.continue_as_new(&7).await,
        Step::Fail => return Err(OrchestrationError::failed("wanted")),
    }
    Ok(())
}

/// What is done with the open tasks in one episode.
#[derive(Debug, Clone)]
struct Turn {
    seconds: u8,
    inputs: Vec<Input>,
}

#[derive(Debug, Clone)]
enum Input {
    /// The reply to the n-th open task (modulo their number); a failure if `bool`.
    Reply(usize, bool),
    Event,
    Suspend,
    Resume,
    Terminate,
    Nonsense,
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let rarely = || prop::bool::weighted(0.2);
    let input = prop_oneof![
        12 => (any::<usize>(), rarely()).prop_map(|(n, fail)| Input::Reply(n, fail)),
        3 => Just(Input::Event),
        1 => Just(Input::Suspend),
        2 => Just(Input::Resume),
        1 => rarely().prop_map(|end| if end { Input::Terminate } else { Input::Nonsense }),
    ];
    let turn = (0u8..3, prop::collection::vec(input, 0..4));
    let turn = turn.prop_map(|(seconds, inputs)| Turn { seconds, inputs });
    prop::collection::vec(turn, 1..16)
}

fn options() -> impl Strategy<Value = EpisodeOptions> {
    let forms = [
        EntityMessageForm::SendEntityMessage,
        EntityMessageForm::SendEvent,
    ];
    prop::sample::select(forms.to_vec()).prop_map(|entity_messages| EpisodeOptions {
        entity_messages,
        ..EpisodeOptions::default()
    })
}

/// The replies that open tasks wait for.
fn replies(actions: &[OrchestratorAction], failing: bool) -> Vec<EventType> {
    let failure = || Some(Failure::new("A", "b").into());
    let done = || Some(String::from("1"));
    let replies = actions.iter().filter_map(|action| {
        let id = action.id;
        Some(match action.orchestrator_action_type.as_ref()? {
            Action::ScheduleTask(_) if failing => {
                EventType::TaskFailed(crate::wire::proto::TaskFailedEvent {
                    task_scheduled_id: id,
                    failure_details: failure(),
                })
            }
            Action::ScheduleTask(_) => {
                EventType::TaskCompleted(crate::wire::proto::TaskCompletedEvent {
                    task_scheduled_id: id,
                    result: done(),
                })
            }
            Action::CreateTimer(timer) => {
                EventType::TimerFired(crate::wire::proto::TimerFiredEvent {
                    timer_id: id,
                    fire_at: timer.fire_at,
                })
            }
            Action::CreateSubOrchestration(_) => EventType::SubOrchestrationInstanceCompleted(
                crate::wire::proto::SubOrchestrationInstanceCompletedEvent {
                    task_scheduled_id: id,
                    result: done(),
                },
            ),
            Action::SendEntityMessage(message) => match message.entity_message_type.as_ref()? {
                Message::EntityOperationCalled(_) => answered(&request_id(action), "1"),
                Message::EntityLockRequested(lock) => {
                    EventType::EntityLockGranted(EntityLockGrantedEvent {
                        critical_section_id: lock.critical_section_id.clone(),
                    })
                }
                _ => return None,
            },
            Action::SendEvent(event) if event.name == "op" => {
                let data = event.data.as_deref().unwrap_or_default();
                let request: serde_json::Value = serde_json::from_str(data).unwrap();
                if request["signal"] == true {
                    return None;
                }
                EventType::EventRaised(EventRaisedEvent {
                    name: request["id"].as_str().unwrap().to_owned(),
                    input: Some(String::from("{\"result\":\"1\"}")),
                })
            }
            _ => return None,
        })
    });
    replies.collect()
}

/// The events of a turn, chosen by what the orchestration has asked for so far.
fn play(turn: &Turn, asked: &[OrchestratorAction], mut events: HistoryBuilder) -> HistoryBuilder {
    for input in &turn.inputs {
        events = match input {
            Input::Reply(number, failing) => {
                let open = replies(asked, *failing);
                match open.get(number % open.len().max(1)) {
                    Some(reply) => events.event(-1, reply.clone()),
                    None => events,
                }
            }
            Input::Event => events.event_raised("Event", &1),
            Input::Suspend => events.suspended(),
            Input::Resume => events.resumed(),
            Input::Terminate => events.terminated("no"),
            Input::Nonsense => events.timer_fired(4711).task_completed(-3, &1),
        };
    }
    events
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn warm_and_cold_sessions_give_the_same(
        steps in steps(),
        turns in turns(),
        options in options(),
    ) {
        let registry = registry_of(&steps);
        let mut warm = TestOrchestration::new(&registry, begin(), options, true);
        let mut cold = TestOrchestration::new(&registry, begin(), options, false);
        let mut asked = Vec::new();
        for turn in &turns {
            prop_assert_eq!(warm.actions(), cold.actions());
            prop_assert_eq!(warm.custom_status(), cold.custom_status());
            asked.extend_from_slice(cold.actions());
            if cold.completion().is_some() {
                break;
            }
            let after = u32::from(turn.seconds) * SECOND;
            warm.episode(after, |events| play(turn, &asked, events));
            cold.episode(after, |events| play(turn, &asked, events));
        }
        prop_assert_eq!(warm.actions(), cold.actions());
        asked.extend_from_slice(cold.actions());

        // Ids are never used twice, and rise within what was handed out together.
        let ids: BTreeSet<i32> = asked.iter().map(|action| action.id).collect();
        if cold.completion().is_some() {
            // An execution that ends does so once, with its last command.
            let last = asked.last().map(|action| action.id);
            prop_assert_eq!(ids.last().copied(), last);
        }
        if let Some(Err(failure)) = cold.result() {
            prop_assert!(
                !["NonDeterministic", "ForeignAwait", "Panic"].contains(&&*failure.error_type),
                "{}", failure
            );
        }
    }

    #[test]
    fn every_history_matches_the_code_that_wrote_it(
        steps in steps(),
        turns in turns(),
        options in options(),
    ) {
        let registry = registry_of(&steps);
        let test = TestOrchestration::new(&registry, begin(), options, false);
        let test = play_all(test, &turns);
        let report = replay(&registry, test.history());
        prop_assert!(report.is_match(), "{}", report);
        prop_assert!(report.warnings.is_empty(), "{}", report);
    }

    #[test]
    fn a_history_without_one_decision_diverges(
        steps in steps(),
        turns in turns(),
        victim in any::<prop::sample::Index>(),
    ) {
        let registry = registry_of(&steps);
        let test = play_all(TestOrchestration::start(&registry, begin()), &turns);
        let mut history = test.history().to_vec();
        let decisions: Vec<usize> = (0..history.len())
            .filter(|position| history[*position].event_id >= 0)
            .collect();
        prop_assume!(!decisions.is_empty());
        history.remove(decisions[victim.index(decisions.len())]);
        prop_assert!(!replay(&registry, &history).is_match());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 800, ..ProptestConfig::default() })]

    #[test]
    fn what_is_rewound_replays_without_a_mismatch(
        mut steps in steps(),
        turns in turns(),
        later in turns(),
        options in options(),
    ) {
        steps.push(Step::Fail);
        let registry = registry_of(&steps);
        let test = TestOrchestration::new(&registry, begin(), options, false);
        let test = play_all(test, &turns);
        if !matches!(test.result(), Some(Err(_))) {
            return Ok(());
        }
        let order = Rewind {
            reason: None,
            execution_id: ExecutionId::new("rewound"),
            parent_execution_id: None,
            at: START,
        };
        let rewound = rewind(test.history(), &order).unwrap();
        let resumed = TestOrchestration::resume(&registry, rewound.history);
        prop_assert!(!is_broken(&resumed), "{:?}", resumed.result());
        let resumed = play_all(resumed, &later);
        prop_assert!(!is_broken(&resumed), "{:?}", resumed.result());
        let report = replay(&registry, resumed.history());
        prop_assert!(report.is_match(), "{}", report);
    }
}

fn is_broken(test: &TestOrchestration) -> bool {
    matches!(test.result(), Some(Err(failure)) if failure.error_type == "NonDeterministic")
}

fn registry_of(steps: &[Step]) -> Registry {
    let program = steps.to_vec();
    registry(move |ctx| {
        let steps = program.clone();
        async move { run_all(&ctx, steps).await }
    })
}

/// Plays turns until the orchestration has ended.
fn play_all(mut test: TestOrchestration, turns: &[Turn]) -> TestOrchestration {
    let mut asked = test.actions().to_vec();
    for turn in turns {
        if test.completion().is_some() {
            break;
        }
        let after = u32::from(turn.seconds) * SECOND;
        test.episode(after, |events| play(turn, &asked, events));
        asked.extend_from_slice(test.actions());
    }
    test
}
