//! Runs in memory.

use std::any::TypeId;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use durable_task::{Failure, RetryPolicy};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::agent::AgentDefinition;
use crate::model::ScriptedModel;
use crate::workflow::generate::{
    Ball, Does, End, Jitter, Mix, Part, Sketch, answer_of, build, graph,
};
use crate::workflow::superstep::{EventKind, RunError};
use crate::workflow::{
    ExecutorDefinition, Exit, GraphNode, NoYields, Node, NodeAnswer, NodeCall, NodeCode,
    NodeDefinition, Plain,
};

/// The port of generated graphs.
struct Question;

impl Node for Question {
    type Input = Value;
    type Output = Value;
    type Kind = Plain;
    type This = Self;
    type Yielded = NoYields;
    const INPUT: crate::workflow::Codec<Self::Input> = crate::workflow::Codec::OF;
    const OUTPUT: crate::workflow::Codec<Self::Output> = crate::workflow::Codec::OF;

    fn definition() -> NodeDefinition {
        panic!("generated graphs have their own")
    }
}

fn does(node: usize) -> Does {
    Does {
        node,
        ..Does::default()
    }
}

fn line(parts: Vec<Part>) -> &'static Graph {
    named("line", parts)
}

fn named(name: &'static str, parts: Vec<Part>) -> &'static Graph {
    let end = End::Output;
    build(name, &Sketch { parts, end }, 1100)
}

fn ball(value: u64) -> Message {
    Message::of(&Ball { value, fuel: 5 }).unwrap()
}

/// The same graph with the code of one node.
fn with_code(
    graph: &'static Graph,
    index: usize,
    definition: ExecutorDefinition,
) -> &'static Graph {
    let mut nodes: Vec<GraphNode> = graph.nodes.to_vec();
    let mut made = (nodes[index].definition)();
    made.code = NodeCode::Executor(definition);
    nodes[index].definition = Box::leak(Box::new(move || made.clone()));
    let nodes = Box::leak(nodes.into_boxed_slice());
    Box::leak(Box::new(Graph { nodes, ..*graph }))
}

fn executor<F>(run: impl Fn(NodeCall) -> F + Send + Sync + 'static) -> ExecutorDefinition
where
    F: Future<Output = Result<NodeAnswer, Failure>> + Send + 'static,
{
    ExecutorDefinition {
        run: Arc::new(move |call| Box::pin(run(call))),
        needs: Vec::new(),
        retry: None,
        timeout: None,
        concurrency: None,
        state: Vec::new(),
    }
}

fn one(value: &Value) -> NodeAnswer {
    NodeAnswer {
        messages: vec![Message::of(value).unwrap()],
        ..NodeAnswer::default()
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whichever task of a superstep ends first, the run is the same.
    #[test]
    fn the_order_in_which_tasks_end_does_not_show(
        seed in any::<u64>(), size in 1_u64..20, kind in 0_u8..8, one in any::<u64>(),
        other in any::<u64>(),
    ) {
        let mix = Mix {
            ports: kind & 1 != 0,
            workflows: kind & 2 != 0,
            failures: kind & 4 != 0,
            flaky: true,
        };
        let graph = graph(seed, size, mix);
        let run = |jitter| {
            let runner = GraphRunner::new(graph).resource(Jitter(jitter));
            let runner = runner.answer::<Question>(|data| {
                let answer = answer_of(&Message::of(&data).unwrap());
                answer.read().unwrap()
            });
            block_on(async {
                let mut run = runner.start(ball(seed)).await.unwrap();
                run.advance(Duration::from_hours(1)).await;
                (run.outputs(), run.events().to_vec())
            })
        };
        let (first, second) = (run(one), run(other));
        prop_assert_eq!(first, second);
    }
}

#[tokio::test]
async fn a_port_waits_for_its_answer_and_time_is_the_tests() {
    let day = Duration::from_hours(24);
    let graph = line(vec![Part::Port(Some(3 * day)), Part::Executor(does(1))]);
    let runner = GraphRunner::new(graph);
    let mut run = runner.start(ball(1)).await.unwrap();
    let [open] = &run.requests()[..] else {
        panic!("no request");
    };
    assert_eq!((open.id.as_str(), open.port), ("n2-0", "n2"));
    let question = open.data.clone();
    run.advance(2 * day).await;
    assert!(!run.has_ended());
    assert!(matches!(
        run.outputs(),
        Err(WorkflowFailure::Waiting { .. })
    ));
    run.advance(day).await;
    assert!(run.has_ended());
    let expired = run
        .events()
        .iter()
        .find(|event| event.kind == EventKind::RequestExpired);
    assert!(expired.is_some());
    // The default is the answer that generated ports are given, so this run gives the same.
    let mut answered = runner.start(ball(1)).await.unwrap();
    answered.advance(2 * day).await;
    answered
        .answer("n2-0", answer_of(&question).json())
        .await
        .unwrap();
    assert_eq!(answered.outputs().unwrap(), run.outputs().unwrap());
    // What is over by then happens by itself where nobody takes part.
    assert_eq!(runner.run(ball(1)).await.unwrap(), run.outputs().unwrap());
    let closed = answered.answer("n2-0", "1").await.unwrap_err();
    assert_eq!(closed, AnswerError::Closed(RequestId::from_text("n2-0")));
}

#[tokio::test]
async fn requests_of_sub_workflows_have_the_way_to_them_in_their_ids() {
    let inner = named("inner", vec![Part::Port(None)]);
    let outer = named("outer", vec![Part::Workflow(inner)]);
    let top = build(
        "top",
        &Sketch {
            parts: vec![],
            end: End::Open(vec![
                Sketch {
                    parts: vec![Part::Workflow(outer)],
                    end: End::Output,
                },
                Sketch {
                    parts: vec![Part::Port(None)],
                    end: End::Output,
                },
            ]),
        },
        9,
    );
    let mut run = GraphRunner::new(top).start(ball(1)).await.unwrap();
    let open: Vec<String> = run.requests().into_iter().map(|open| open.id).collect();
    assert_eq!(open, ["n2-0", "n1~0~n1~0~n1-0"]);
    for unknown in ["n1-0", "n1~1~n1~0~n1-0", "n1~0~n1-0", "n1~0~n1~0~n1-1", ""] {
        let error = run.answer(unknown, "1").await.unwrap_err();
        assert!(
            matches!(error, AnswerError::Unknown(_)),
            "{unknown}: {error}"
        );
    }
    run.answer("n1~0~n1~0~n1-0", "1").await.unwrap();
    assert!(!run.has_ended());
    run.cancel("n2-0").await.unwrap();
    assert_eq!(run.outputs().unwrap().len(), 1);
}

#[tokio::test]
async fn a_run_that_nobody_answers_says_so() {
    let graph = line(vec![Part::Port(None)]);
    let failure = GraphRunner::new(graph).run(ball(1)).await.unwrap_err();
    assert_eq!(
        failure.to_string(),
        r#"the run waits for answers to ["n1-0"]; add `.answer::<Port>(..)`, or answer them"#
    );
}

#[tokio::test]
async fn retries_follow_the_policy_and_pauses_take_no_time() {
    let attempts = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&attempts);
    let mut flaky = executor(move |call| {
        let attempt = seen.fetch_add(1, Ordering::Relaxed);
        async move {
            assert!(!call.activity.cancelled().is_cancelled());
            if attempt < 2 {
                return Err(Failure::new("Busy", "later"));
            }
            Ok(one(&json!(attempt)))
        }
    });
    let day = Duration::from_hours(24);
    flaky.retry = Some(RetryPolicy::new(3, day));
    let graph = with_code(line(vec![Part::Executor(does(1))]), 1, flaky.clone());
    assert_eq!(
        GraphRunner::new(graph).run(ball(1)).await.unwrap()[0].json(),
        "2"
    );
    assert_eq!(attempts.load(Ordering::Relaxed), 3);

    attempts.store(0, Ordering::Relaxed);
    flaky.retry = None;
    let plain = with_code(line(vec![Part::Executor(does(1))]), 1, flaky);
    let failure = GraphRunner::new(plain).run(ball(1)).await.unwrap_err();
    assert_eq!(
        failure.to_string(),
        "node `n1` failed in superstep 2: Busy: later"
    );
    // The workflow's policy counts where the node has none.
    attempts.store(0, Ordering::Relaxed);
    let retry: Option<fn() -> RetryPolicy> = Some(|| RetryPolicy::new(9, Duration::from_secs(1)));
    let policy = Box::leak(Box::new(Graph { retry, ..*plain }));
    assert_eq!(
        GraphRunner::new(policy).run(ball(1)).await.unwrap().len(),
        1
    );
    // A pause that is longer than the run may take ends it.
    attempts.store(0, Ordering::Relaxed);
    let timeout = Some(Duration::from_millis(1500));
    let short = Box::leak(Box::new(Graph { timeout, ..*policy }));
    let failure = GraphRunner::new(short).run(ball(1)).await.unwrap_err();
    assert!(
        matches!(failure, WorkflowFailure::Run(RunError::Timeout { .. })),
        "{failure}"
    );
}

#[tokio::test]
async fn a_panic_is_a_failure_that_is_not_repeated() {
    let attempts = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&attempts);
    let mut bad = executor(move |_| {
        seen.fetch_add(1, Ordering::Relaxed);
        async { panic!("division by zero") }
    });
    bad.retry = Some(RetryPolicy::new(5, Duration::from_secs(1)));
    let graph = with_code(line(vec![Part::Executor(does(1))]), 1, bad);
    let failure = GraphRunner::new(graph).run(ball(1)).await.unwrap_err();
    assert_eq!(
        failure.to_string(),
        "node `n1` failed in superstep 2: Panic: division by zero"
    );
    assert_eq!(attempts.load(Ordering::Relaxed), 1);
}

struct Guard<F: FnMut()>(F);

impl<F: FnMut()> Drop for Guard<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Runs it when it is dropped.
fn scopeguard<F: FnMut()>(then: F) -> Guard<F> {
    Guard(then)
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_takes_too_long_is_cancelled() {
    let tokens = Arc::new(std::sync::Mutex::new(Vec::new()));
    let kept = Arc::clone(&tokens);
    let dropped = Arc::new(std::sync::Mutex::new(Vec::new()));
    let told = Arc::clone(&dropped);
    let mut slow = executor(move |call: NodeCall| {
        let token = call.activity.cancelled().clone();
        kept.lock().unwrap().push(token.clone());
        let told = Arc::clone(&told);
        let held = scopeguard(move || told.lock().unwrap().push(token.is_cancelled()));
        async move {
            let _held = held;
            std::future::pending().await
        }
    });
    slow.timeout = Some(Duration::from_secs(5));
    slow.retry = Some(RetryPolicy::new(2, Duration::from_secs(1)));
    let graph = with_code(line(vec![Part::Executor(does(1))]), 1, slow);
    let failure = GraphRunner::new(graph).run(ball(1)).await.unwrap_err();
    assert_eq!(
        failure.to_string(),
        "node `n1` failed in superstep 2: Timeout: the activity took longer than 5s"
    );
    assert_eq!(
        *dropped.lock().unwrap(),
        [true, true],
        "before it is dropped"
    );
    let tokens = tokens.lock().unwrap();
    assert_eq!(tokens.len(), 2);
    assert!(
        tokens
            .iter()
            .all(tokio_util::sync::CancellationToken::is_cancelled)
    );
}

/// Four items, each of which waits for as many others as may run beside it.
#[tokio::test]
async fn executors_run_at_once_up_to_their_limit() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let run = |limit| {
        let (now, most) = (Arc::clone(&now), Arc::clone(&most));
        let mut counting = executor(move |_| {
            let (now, most) = (Arc::clone(&now), Arc::clone(&most));
            async move {
                let running = now.fetch_add(1, Ordering::Relaxed) + 1;
                most.fetch_max(running, Ordering::Relaxed);
                tokio::task::yield_now().await;
                now.fetch_sub(1, Ordering::Relaxed);
                Ok(one(&json!(1)))
            }
        });
        counting.concurrency = limit;
        let graph = with_code(line(vec![Part::Each(does(1))]), 1, counting);
        // The list of items depends on the input.
        let inputs = (0..).map(ball);
        async move {
            for input in inputs {
                let outputs = GraphRunner::new(graph).run(input).await.unwrap();
                if outputs.len() == 4 {
                    break;
                }
            }
        }
    };
    run(None).await;
    assert_eq!(most.swap(0, Ordering::Relaxed), 4);
    run(Some(2)).await;
    assert_eq!(most.swap(0, Ordering::Relaxed), 2);
}

#[tokio::test]
async fn agents_keep_a_session_per_node() {
    let model = ScriptedModel::new()
        .when(|_| true)
        .answer(|turn| format!("{} messages", turn.messages().len()));
    let graph = build(
        "chat",
        &Sketch {
            parts: vec![],
            end: End::Open(vec![Sketch {
                parts: vec![Part::Agent, Part::Agent],
                end: End::Output,
            }]),
        },
        9,
    );
    let runner = GraphRunner::new(graph).model(Arc::new(model));
    let outputs = runner.run(ball(1)).await.unwrap();
    // Instructions and the question; then instructions, the question and the other's answer.
    let text: Value = outputs[0].read().unwrap();
    assert_eq!(text["text"], "3 messages");
    let twice = Exit::To(Box::leak(
        [(), ()]
            .map(|()| crate::workflow::Target {
                to: crate::workflow::To::Node(1),
                convert: &as_text,
            })
            .to_vec()
            .into_boxed_slice(),
    ));
    let mut nodes = line(vec![Part::Agent]).nodes.to_vec();
    nodes[0].exit = twice;
    let nodes = Box::leak(nodes.into_boxed_slice());
    let graph = Box::leak(Box::new(Graph { nodes, ..*graph }));
    let outputs = GraphRunner { graph, ..runner }.run(ball(1)).await.unwrap();
    let texts: Vec<Value> = outputs
        .iter()
        .map(|output| output.read().unwrap())
        .collect();
    assert_eq!(
        (&texts[0]["text"], &texts[1]["text"]),
        (&json!("2 messages"), &json!("4 messages"))
    );
}

fn as_text(message: &Message) -> Result<Message, crate::workflow::RouteError> {
    Message::of(&message.json().to_owned()).map_err(|error| crate::workflow::RouteError {
        from: "JSON",
        to: "text",
        problem: error.to_string(),
    })
}

#[tokio::test]
async fn what_is_missing_is_said_before_anything_runs() {
    let agent = named("inner", vec![Part::Agent]);
    let failure = GraphRunner::new(line(vec![Part::Workflow(agent)]))
        .run(ball(1))
        .await;
    assert_eq!(
        failure.unwrap_err().to_string(),
        "node `n1` is an agent, and no model is set; add `.model(..)`"
    );
    let mut needy = executor(|_| async { Ok(one(&json!(1))) });
    needy.needs.push(durable_task::ResourceNeed {
        type_name: || "Database",
        type_id: TypeId::of::<AgentDefinition>,
    });
    let graph = with_code(line(vec![Part::Executor(does(1))]), 1, needy);
    let failure = GraphRunner::new(graph).run(ball(1)).await.unwrap_err();
    assert!(
        failure
            .to_string()
            .starts_with("executor `n1` needs a resource of type `Database`")
    );

    let inner = line(vec![Part::Executor(does(1))]);
    let failure = GraphRunner::new(line(vec![Part::Workflow(inner)]))
        .run(ball(1))
        .await;
    assert_eq!(
        failure.unwrap_err(),
        WorkflowFailure::Nesting { workflow: "line" },
        "two workflows of one name count as one"
    );
}

#[tokio::test]
async fn a_loop_of_a_thousand_supersteps_and_a_list_of_a_thousand_items_run() {
    let parts = (0..1000).map(|node| Part::Executor(does(node))).collect();
    let outputs = GraphRunner::new(line(parts)).run(ball(1)).await.unwrap();
    assert_eq!(outputs.len(), 1);
    let ran = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&ran);
    let many = executor(|_| async { Ok(one(&json!(vec![1; 1000]))) });
    let each = executor(move |_| {
        seen.fetch_add(1, Ordering::Relaxed);
        async { Ok(one(&json!(1))) }
    });
    let graph = with_code(line(vec![Part::Each(does(1))]), 0, many);
    let graph = with_code(graph, 1, each);
    let mut nodes = graph.nodes.to_vec();
    nodes[0].exit = Exit::To(Box::leak(Box::new([crate::workflow::Target {
        to: crate::workflow::To::Each(1),
        convert: &crate::workflow::as_it_is,
    }])));
    let nodes = Box::leak(nodes.into_boxed_slice());
    let graph = Box::leak(Box::new(Graph { nodes, ..*graph }));
    let outputs = GraphRunner::new(graph).run(ball(1)).await.unwrap();
    assert_eq!((outputs.len(), ran.load(Ordering::Relaxed)), (1000, 1000));
}
