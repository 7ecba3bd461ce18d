use agent_sdk::prelude::*;

struct Approval(u64);

#[executor]
async fn notify(price: u64, ctx: &WorkflowContext<notify>) -> Result<String, ExecutorError> {
    Ok(format!("{price}: {}", ctx.respond_url::<Approval>()?))
}

fn main() {}
