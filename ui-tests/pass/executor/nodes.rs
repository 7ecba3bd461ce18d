//! Executors in all their forms, as nodes.

use agent_sdk::prelude::*;
use agent_sdk::workflow::{InState, Node, SlotOf};

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Budget(u64);
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Mail(String);

struct Bank;
struct State;

impl SlotOf<State> for Budget {
    const INDEX: usize = 2;
}
impl SlotOf<State> for Mail {
    const INDEX: usize = 0;
}

#[executor]
async fn plain(price: u64) -> Result<bool, ExecutorError> {
    Ok(price > 1)
}

#[executor(timeout = "1s", retry(attempts = 2), concurrency = 4)]
async fn lending(_bank: &Bank, ctx: &ActivityContext) -> Result<String, ExecutorError> {
    Ok(ctx.idempotency_key())
}

type Context = WorkflowContext<aliased>;

#[executor]
async fn aliased(price: u64, ctx: &Context) -> Result<u64, ExecutorError> {
    Ok(price + u64::from(ctx.round()))
}

#[executor(reads(Budget), writes(Mail))]
async fn review(price: u64, ctx: &WorkflowContext<review>) -> Result<bool, ExecutorError> {
    ctx.set::<Mail>(Mail(ctx.node().to_owned()));
    Ok(price <= ctx.get::<Budget>().0)
}

#[executor(sends(String), yields(u8), may_read(Budget))]
async fn split(text: String, ctx: &WorkflowContext<split>) -> Result<(), ExecutorError> {
    if ctx.try_get::<Budget>().is_some() {
        ctx.yield_output(1_u8);
    }
    ctx.send(text);
    Ok(())
}

fn is_activity<A: Activity + Executor>() {}

fn main() {
    is_activity::<plain>();
    is_activity::<lending>();
    assert_eq!(<review as InState<State>>::READS, 4);
    assert_eq!(<review as InState<State>>::WRITES, 1);
    assert_eq!(<split as InState<State>>::MAY_READ, 4);
    assert_eq!(<plain as InState<State>>::READS, 0);
    const { assert!(split::SENDS && split::YIELDS && !review::SENDS) };
    for (definition, name) in [
        (plain::definition(), "plain"),
        (lending::definition(), "lending"),
        (aliased::definition(), "aliased"),
        (review::definition(), "review"),
        (split::definition(), "split"),
    ] {
        assert_eq!(definition.name, name);
    }
}
