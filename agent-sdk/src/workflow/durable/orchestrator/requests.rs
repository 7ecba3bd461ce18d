//! Waits for the answers to open requests.

use std::future::Future;
use std::pin::Pin;

use durable_task::{Either, OrchestrationContext, Sleep};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::workflow::Message;
use crate::workflow::durable::markers::stripped;
use crate::workflow::superstep::{Request, RequestId};

/// Before the id of a request in the name of the event that withdraws it.
const CANCEL: &str = "__cancel__";

/// The name of the event that withdraws a request.
pub(crate) fn cancel_event(request: &str) -> String {
    format!("{CANCEL}{request}")
}

/// What came of a request.
pub(super) enum Reply {
    Answer(Message),
    Expired,
    Cancelled,
}

/// A request that waits.
pub(super) struct OpenRequest {
    pub(super) id: RequestId,
    pub(super) reply: Pin<Box<dyn Future<Output = Reply>>>,
}

impl OpenRequest {
    /// The time limit begins now.
    pub(super) fn new(ctx: &OrchestrationContext, request: Request) -> Self {
        let limit = request.timeout().map(|limit| ctx.sleep(limit));
        Self {
            id: request.id.clone(),
            reply: Box::pin(reply(ctx.clone(), request, limit)),
        }
    }
}

async fn reply(ctx: OrchestrationContext, request: Request, limit: Option<Sleep>) -> Reply {
    let cancelled = ctx.wait_for_event_named::<Value>(cancel_event(request.id.as_str()));
    let ended = ctx.select(answer(&ctx, &request), cancelled);
    let happened = match limit {
        None => ended.await,
        Some(limit) => match ctx.select(ended, limit).await {
            Either::Left(happened) => happened,
            Either::Right(()) => return Reply::Expired,
        },
    };
    match happened {
        Either::Left(answer) => Reply::Answer(answer),
        // Whatever it says.
        Either::Right(_) => Reply::Cancelled,
    }
}

/// The first answer that fits. Hosts check answers before they raise them; others may not.
async fn answer(ctx: &OrchestrationContext, request: &Request) -> Message {
    loop {
        let raised = ctx.wait_for_event_named::<Box<RawValue>>(request.id.as_str());
        let checked = match raised.await {
            Ok(raw) => checked(request, raw.get()),
            Err(error) => Err(error.to_string()),
        };
        match checked {
            Ok(answer) => return answer,
            Err(problem) if !ctx.is_replaying() => {
                let (run, request) = (ctx.instance_id(), &request.id);
                tracing::warn!(%run, %request, problem, "an answer does not fit and is ignored");
            }
            Err(_) => {}
        }
    }
}

fn checked(request: &Request, json: &str) -> Result<Message, String> {
    let clean = stripped(json).map_err(|error| error.to_string())?;
    if clean == "null" && json.trim() != "null" {
        return Err(String::from("it is a pickled value"));
    }
    (request.port.check)(&clean).map_err(|problem| problem.to_string())
}
