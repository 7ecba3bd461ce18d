use durable_task::testing::{HistoryBuilder, TestOrchestration, TestRuntime};
use durable_task::wire::proto::ExecutionStartedEvent;
use durable_task::wire::proto::history_event::EventType;
use durable_task::{OrchestrationContext, Registry, Timestamp};

use crate::support::{abandoned, ask, cold, completion, hand, response, worker};

fn start(name: &str, version: Option<&str>) -> HistoryBuilder {
    let started = ExecutionStartedEvent {
        name: name.to_owned(),
        version: version.map(str::to_owned),
        ..ExecutionStartedEvent::default()
    };
    HistoryBuilder::empty(Timestamp::EPOCH).event(-1, EventType::ExecutionStarted(started))
}

fn versions() -> Registry {
    let mut registry = Registry::new();
    for version in ["", "1.9", "1.10"] {
        let run = |ctx: OrchestrationContext, (): ()| async move { Ok(ctx.version()) };
        registry.orchestrator_fn("versioned", version, run).unwrap();
    }
    registry
}

#[tokio::test]
async fn the_version_of_the_start_runs_and_else_the_newest() {
    let worker = worker(versions(), &TestRuntime::new());
    let table = [
        (None, "\"1.10\""),
        (Some(""), "\"\""),
        (Some("1.9"), "\"1.9\""),
    ];
    for (version, expected) in table {
        let answer = ask(&worker, cold("i", start("versioned", version))).await;
        let (response, warm) = response(answer);
        assert_eq!(completion(&response), Some(Ok(expected.to_owned())));
        assert!(!warm, "what has ended is not kept");
    }
    let run = |ctx: OrchestrationContext, (): ()| async move { Ok(ctx.version()) };
    let mut only = Registry::new();
    only.orchestrator_fn("versioned", "2.0", run).unwrap();
    let worker = crate::support::worker(only, &TestRuntime::new());
    let answer = ask(&worker, cold("i", start("versioned", Some("")))).await;
    let (response, _) = response(answer);
    assert_eq!(completion(&response), Some(Ok(String::from("\"2.0\""))));
}

#[tokio::test]
async fn what_has_no_code_is_given_back() {
    let worker = worker(versions(), &TestRuntime::new());
    let answer = ask(&worker, cold("i", start("other", None))).await;
    assert_eq!(
        abandoned(answer),
        "no code for orchestrator `other`, version ``"
    );
    let answer = ask(&worker, cold("i", start("versioned", Some("2.0")))).await;
    let reason = "no code for orchestrator `versioned`, version `2.0`";
    assert_eq!(abandoned(answer), reason);
    let nothing = HistoryBuilder::empty(Timestamp::EPOCH);
    let answer = ask(&worker, cold("i", nothing)).await;
    assert_eq!(
        abandoned(answer),
        "the history of instance `i` has no start"
    );
}

#[tokio::test]
async fn an_episode_that_panics_fails_its_instance_only() {
    let mut registry = Registry::new();
    let run = |_: OrchestrationContext, odd: bool| async move {
        assert!(!odd, "odd");
        Ok("even")
    };
    registry.orchestrator_fn("picky", "", run).unwrap();
    let worker = worker(registry, &TestRuntime::new());
    let handed: Vec<_> = (0..20)
        .map(|number| {
            let instance = format!("i{number}");
            let events = HistoryBuilder::new("picky", &instance, &(number % 2 == 1));
            hand(&worker, cold(&instance, events))
        })
        .collect();
    for (number, handed) in handed.into_iter().enumerate() {
        let (response, _) = response(handed.answer.await.unwrap());
        assert_eq!(response.instance_id, format!("i{number}"));
        let expected = if number % 2 == 0 {
            Ok(String::from("\"even\""))
        } else {
            Err((String::from("Panic"), String::from("odd")))
        };
        assert_eq!(completion(&response), Some(expected));
    }
}

#[test]
fn tokio_in_an_orchestrator_says_what_to_use() {
    let mut registry = Registry::new();
    let run = |_: OrchestrationContext, (): ()| async {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        Ok(())
    };
    registry.orchestrator_fn("sleepy", "", run).unwrap();
    let orchestration =
        TestOrchestration::start(&registry, HistoryBuilder::new("sleepy", "i", &()));
    let failure = orchestration.result().unwrap().unwrap_err();
    assert_eq!(failure.error_type, "Panic");
    let advice = "; an orchestrator has no tokio: wait with `ctx.sleep`, and do IO in an activity";
    assert!(failure.message.ends_with(advice), "{}", failure.message);
}
