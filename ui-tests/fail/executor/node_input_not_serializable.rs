use agent_sdk::prelude::*;

struct Order(u64);

#[executor]
async fn review(order: Order, ctx: &WorkflowContext<review>) -> Result<u64, ExecutorError> {
    Ok(order.0 + u64::from(ctx.round()))
}

#[workflow]
fn purchase(order: Order) -> u64 {
    review;
}

fn main() {}
