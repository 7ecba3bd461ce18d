use agent_sdk::prelude::*;

#[orchestrator]
async fn pick(ctx: OrchestrationContext, names: Vec<String>) -> Result<u64, OrchestrationError> {
    let chosen = names.iter().filter(|name| std::env::var(name).is_ok()).count();
    match chosen {
        0 if std::fs::exists("names").is_ok() => Ok(ctx.random()),
        _ => Ok(std::process::id().into()),
    }
}

fn main() {}
