//! Executors, agents and request ports as nodes, run by what their definitions say.

use std::any::TypeId;
use std::sync::Arc;
use std::time::Duration;

use agent_sdk::durable_task::__private::activity_context;
use agent_sdk::durable_task::{Failure, Resources, RetryPolicy};
use agent_sdk::prelude::*;
use agent_sdk::workflow::{
    Access, AgentMessage, ExecutorDefinition, InState, Message, Node, NodeAnswer, NodeCall,
    NodeCode, Place,
};
use serde_json::json;

#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Budget(u64);

#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Verdict(String);

struct Bank {
    name: &'static str,
}

/// Doubles.
#[executor(retry(attempts = 2, first = "1s"), timeout = "5s")]
async fn double(number: u64) -> Result<u64, ExecutorError> {
    if number == 0 {
        return Err(ExecutorError::failed("nothing to double").non_retriable());
    }
    Ok(number * 2)
}

#[executor]
async fn named(bank: &Bank) -> Result<String, ExecutorError> {
    Ok(bank.name.to_owned())
}

#[executor(reads(Budget), writes(Verdict), concurrency = 3)]
async fn review(
    price: u64,
    bank: &Bank,
    ctx: &WorkflowContext<review>,
    activity: &ActivityContext,
) -> Result<bool, ExecutorError> {
    let budget = ctx.get::<Budget>();
    if price > 0 {
        ctx.set::<Verdict>(Verdict(format!("{} of {}", ctx.node(), bank.name)));
    }
    assert_eq!(ctx.idempotency_key(), activity.idempotency_key());
    Ok(price <= budget.0)
}

#[executor(sends(String), yields(u8))]
async fn split(text: String, ctx: &WorkflowContext<split>) -> Result<(), ExecutorError> {
    for word in text.split(' ') {
        ctx.send(word.to_owned());
    }
    ctx.yield_output(u8::try_from(text.len())?);
    Ok(())
}

fn executor<N: Node>() -> ExecutorDefinition {
    match N::definition().code {
        NodeCode::Executor(executor) => executor,
        other => panic!("{other:?}"),
    }
}

fn call(input: &serde_json::Value) -> NodeCall {
    let mut resources = Resources::default();
    resources.insert(Bank { name: "North" });
    let activity = activity_context("node", "run-1", 1, <_>::default(), Arc::new(resources));
    let place = Place {
        workflow: "purchase".into(),
        node: "node".into(),
        instance: "run-1".into(),
        root_instance: "run-1".into(),
        root_workflow: "purchase".into(),
        request_prefix: String::new(),
        round: 0,
    };
    NodeCall::new(message(input), place, activity)
}

fn message(value: &serde_json::Value) -> Message {
    serde_json::from_value(value.clone()).unwrap()
}

async fn run<N: Node>(call: NodeCall) -> Result<NodeAnswer, Failure> {
    (executor::<N>().run)(call).await
}

fn texts(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(Message::json).collect()
}

#[tokio::test]
async fn a_plain_executor_is_a_node() {
    let definition = double::definition();
    assert_eq!(
        (definition.name, definition.description),
        ("double", "Doubles.")
    );
    assert_eq!(definition.type_id, TypeId::of::<double>());
    let executor = executor::<double>();
    assert_eq!(executor.timeout, Some(Duration::from_secs(5)));
    assert_eq!(
        executor.retry,
        Some(RetryPolicy::new(2, Duration::from_secs(1)))
    );
    assert!(executor.state.is_empty() && executor.needs.is_empty());

    let answer = run::<double>(call(&json!(21))).await.unwrap();
    assert_eq!(texts(&answer.messages), ["42"]);
    let failure = run::<double>(call(&json!(0))).await.unwrap_err();
    assert_eq!(
        (failure.message.as_str(), failure.non_retriable),
        ("nothing to double", true)
    );
    let failure = run::<double>(call(&json!("x"))).await.unwrap_err();
    assert!(failure.non_retriable);
    assert!(
        failure
            .message
            .starts_with("the message to an executor can't be read as `u64`")
    );
}

#[tokio::test]
async fn resources_are_lent() {
    let needs = executor::<named>().needs;
    assert_eq!(needs.len(), 1);
    assert_eq!((needs[0].type_id)(), TypeId::of::<Bank>());
    let answer = run::<named>(call(&json!(null))).await.unwrap();
    assert_eq!(texts(&answer.messages), ["\"North\""]);
}

#[tokio::test]
async fn an_executor_with_state_reads_and_writes_what_it_declares() {
    let executor = executor::<review>();
    let uses: Vec<_> = executor.state.iter().map(|slot| slot.access).collect();
    assert_eq!(uses, [Access::Reads, Access::Writes]);
    assert_eq!(executor.concurrency, Some(3));
    assert_eq!(executor.needs.len(), 1, "contexts are always there");

    let with_budget = |price: u64| {
        let mut call = call(&json!(price));
        call.state
            .push((TypeId::of::<Budget>(), message(&json!(5))));
        call
    };
    let answer = run::<review>(with_budget(5)).await.unwrap();
    assert_eq!(texts(&answer.messages), ["true"]);
    let [(slot, verdict)] = answer.updates.as_slice() else {
        panic!("one update");
    };
    assert_eq!(*slot, TypeId::of::<Verdict>());
    assert_eq!(verdict.json(), "\"node of North\"");

    let failure = run::<review>(with_budget(0)).await.unwrap_err();
    assert!(
        failure.non_retriable && failure.message.contains("without having set"),
        "{failure}"
    );
    let failure = run::<review>(call(&json!(5))).await.unwrap_err();
    assert!(
        failure.message.contains("Budget`, which is not set"),
        "{failure}"
    );
}

#[tokio::test]
async fn an_executor_that_sends_gives_each_message_by_itself() {
    let answer = run::<split>(call(&json!("a b c"))).await.unwrap();
    assert_eq!(texts(&answer.messages), ["\"a\"", "\"b\"", "\"c\""]);
    assert_eq!(texts(&answer.outputs), ["5"]);
    const { assert!(split::SENDS && split::YIELDS && !double::SENDS && !double::YIELDS) };
}

#[derive(Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Report {
    text: String,
}

#[agent(description = "Writes.", output = Report)]
struct Writer;

#[derive(WorkflowState)]
struct Purchase {
    verdict: Verdict,
    #[slot(default = Budget(7))]
    budget: Budget,
}

#[test]
fn an_agent_is_a_node() {
    fn takes<N: Node<Input = AgentMessage, Output = Report>>() {}
    takes::<Writer>();
    let definition = Writer::definition_as_node();
    assert_eq!(
        (definition.name, definition.description),
        ("Writer", "Writes.")
    );
    assert!(matches!(definition.code, NodeCode::Agent(_)));
    assert_eq!(<Writer as InState<Purchase>>::READS, 0);
}

trait AsNode: Node {
    fn definition_as_node() -> agent_sdk::workflow::NodeDefinition {
        <Self as Node>::definition()
    }
}

impl AsNode for Writer {}

#[test]
fn slots_are_found_by_their_types() {
    assert_eq!(<review as InState<Purchase>>::READS, 0b10);
    assert_eq!(<review as InState<Purchase>>::WRITES, 0b01);
    assert_eq!((Purchase::DEFAULTS, Purchase::REDUCED), (0b10, 0));
}
