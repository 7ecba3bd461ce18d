//! Random graphs: the run against the naive interpreter.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::reference::{Ending, call, interpret};
use crate::workflow::generate::{Ball, Mix, answer_of, graph};
use crate::workflow::superstep::{
    Event, EventKind, Next, RequestId, Run, Task, TaskAnswer, TaskResult, Work,
};
use crate::workflow::{Graph, Message};

/// Runs a graph as a shell does, and notes what it says of itself.
fn drive(graph: &'static Graph, input: &Message) -> (Ending, Vec<Event>) {
    let mut run = Run::start(graph, input);
    let mut events = Vec::new();
    let mut steps = 0;
    loop {
        steps += 1;
        assert!(steps < 1000, "it does not end");
        let next = run.next_step();
        let open: Vec<(RequestId, Message)> = run
            .open_requests()
            .map(|request| (request.id.clone(), answer_of(&request.data)))
            .collect();
        for (id, answer) in open {
            run.answer(&id, answer).unwrap();
        }
        match next {
            Next::Tasks(tasks) => {
                assert!(!tasks.is_empty(), "a superstep without tasks");
                let results = tasks.iter().map(|task| result(graph, task)).collect();
                run.finish(results);
            }
            Next::Wait => {}
            Next::Done(outcome) => {
                events.extend(run.take_events());
                let mut sent = vec![0; graph.nodes.len()];
                for event in &events {
                    let node = match event.kind {
                        EventKind::ExecutorInvoked => event.executor_id,
                        EventKind::RequestInfo => event.source_executor_id,
                        _ => None,
                    };
                    let index = graph.nodes.iter().position(|of| Some(of.id) == node);
                    if let Some(index) = index {
                        sent[index] += 1;
                    }
                }
                let outcome = outcome.map_err(|error| error.error_type().to_owned());
                return (Ending { outcome, sent }, events);
            }
        }
        events.extend(run.take_events());
    }
}

fn result(graph: &'static Graph, task: &Task) -> TaskResult {
    match &task.work {
        Work::Executor { message, state, .. } => {
            let state = state
                .iter()
                .map(|(slot, value)| ((graph.slots[*slot].type_id)(), value.clone()))
                .collect();
            let answer = call(graph, task.node, message, state, task.round)?;
            TaskAnswer::of_executor(graph, answer)
        }
        Work::Workflow { message, graph } => {
            let (ending, _) = drive(graph, message);
            let failed = |kind: String| durable_task::Failure::new(kind, "inner");
            let outputs = ending.outcome.map_err(failed)?;
            Ok(TaskAnswer::of_workflow(graph, &outputs)?)
        }
        Work::Agent(_) => panic!("not generated"),
    }
}

fn input(value: u64) -> Message {
    Message::of(&Ball { value, fuel: 9 }).unwrap()
}

fn mix(kind: u8) -> Mix {
    Mix {
        ports: kind & 1 != 0,
        workflows: kind & 2 != 0,
        failures: kind & 4 != 0,
        flaky: false,
    }
}

/// What events must be like, whatever the run does.
fn check_events(events: &[Event]) {
    assert_eq!(
        events.first().map(|event| event.kind),
        Some(EventKind::Started)
    );
    let last = events.last().map(|event| event.kind);
    assert!(matches!(
        last,
        Some(EventKind::Completed | EventKind::Failed)
    ));
    let mut open = BTreeMap::<&str, i32>::new();
    let mut superstep = 0;
    for event in events {
        match event.kind {
            EventKind::SuperstepStarted => {
                superstep += 1;
                assert_eq!(event.iteration, superstep);
            }
            EventKind::ExecutorInvoked => *open.entry(event.executor_id.unwrap()).or_default() += 1,
            EventKind::ExecutorCompleted | EventKind::ExecutorFailed => {
                *open.entry(event.executor_id.unwrap()).or_default() -= 1;
            }
            EventKind::SuperstepCompleted => {
                assert!(open.values().all(|count| *count == 0), "{open:?}");
            }
            _ => {}
        }
        assert!(event.iteration <= superstep);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn a_run_gives_what_the_naive_interpreter_gives(
        seed in any::<u64>(), size in 1_u64..25, kind in 0_u8..8, value in any::<u64>(),
    ) {
        let graph = graph(seed, size, mix(kind));
        let input = input(value);
        let (ending, events) = drive(graph, &input);
        check_events(&events);
        let expected = interpret(graph, &input);
        prop_assert_eq!(&ending.outcome, &expected.outcome);
        prop_assert_eq!(&ending.sent, &expected.sent, "messages lost or doubled");
        // A replay is the same run.
        let (again, events_again) = drive(graph, &input);
        prop_assert_eq!(again, ending);
        prop_assert_eq!(events_again, events);
    }
}

/// The generator makes what it is there for; else the comparison would say nothing.
#[test]
fn generated_graphs_do_everything() {
    let mut seen = BTreeMap::<String, u32>::new();
    for seed in 0..400 {
        let graph = graph(seed, 1 + seed % 25, mix(u8::try_from(seed % 8).unwrap()));
        let (ending, events) = drive(graph, &input(seed));
        let mut note = |what: &str, holds: bool| {
            *seen.entry(what.to_owned()).or_default() += u32::from(holds);
        };
        note("joins", !graph.joins.is_empty());
        note("each", graph.nodes.iter().any(|node| node.each));
        note(
            "many outputs",
            ending.outcome.as_ref().is_ok_and(|all| all.len() > 2),
        );
        note(
            "no outputs",
            ending.outcome.as_ref().is_ok_and(Vec::is_empty),
        );
        note("loops", ending.sent[0] > 1);
        let answered = |event: &Event| event.kind == EventKind::RequestAnswered;
        note("answers", events.iter().any(answered));
        let kind = ending.outcome.err().unwrap_or_else(|| "success".to_owned());
        *seen.entry(kind).or_default() += 1;
    }
    let wanted = [
        "joins",
        "each",
        "many outputs",
        "no outputs",
        "loops",
        "answers",
        "success",
        "NodeFailed",
        "StateConflict",
    ];
    for what in wanted {
        assert!(
            seen.get(what).is_some_and(|count| *count >= 5),
            "{what}: {seen:?}"
        );
    }
    let successes = seen["success"];
    assert!(successes > 200, "{seen:?}");
}
