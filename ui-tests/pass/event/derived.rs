use agent_sdk::prelude::*;

use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize)]
struct Approval {
    approved: bool,
}

#[derive(Event, Serialize, Deserialize)]
#[event(name = "reminder")]
enum Remind {
    Now,
}

#[orchestrator]
async fn wait(ctx: OrchestrationContext) -> Result<bool, OrchestrationError> {
    let Remind::Now = ctx.wait_for_event::<Remind>().await?;
    Ok(ctx.wait_for_event::<Approval>().await?.approved)
}

fn main() {
    assert_eq!(<Approval as Event>::NAME, "Approval");
    assert_eq!(<Remind as Event>::NAME, "reminder");
    let app = agent_sdk::App::builder().orchestrator::<wait>().build();
    assert!(app.is_ok());
}
