//! Waits for the answers to open requests.

use std::future::Future;
use std::pin::Pin;

use durable_task::{Either, OrchestrationContext, Sleep};
use serde_json::value::RawValue;

use crate::workflow::Message;
use crate::workflow::caught::caught;
use crate::workflow::durable::delivery::Delivery;
use crate::workflow::durable::markers::stripped;
use crate::workflow::superstep::{Request, RequestId};

/// Before the id of a request in the name of the event that withdraws it.
const CANCEL: &str = "__cancel__";

/// The name of the event that withdraws a request.
pub(crate) fn cancel_event(request: &str) -> String {
    format!("{CANCEL}{request}")
}

/// The request that an event of that name withdraws.
pub(crate) fn cancelled_request(event: &str) -> Option<&str> {
    event.strip_prefix(CANCEL)
}

/// What came of a request.
pub(super) struct Reply {
    pub(super) what: Said,
    /// The id of what came from outside, if it had one.
    pub(super) by: Option<String>,
}

/// What somebody said, if anybody did.
pub(super) enum Said {
    Answer(Message),
    Nothing,
    Withdrawn,
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
    let event = cancel_event(request.id.as_str());
    let cancelled = ctx.wait_for_event_named::<Box<RawValue>>(event);
    let ended = ctx.select(answer(&ctx, &request), cancelled);
    let happened = match limit {
        None => ended.await,
        Some(limit) => match ctx.select(ended, limit).await {
            Either::Left(happened) => happened,
            Either::Right(()) => {
                let (what, by) = (Said::Nothing, None);
                return Reply { what, by };
            }
        },
    };
    match happened {
        Either::Left(reply) => reply,
        // Whatever it says.
        Either::Right(said) => Reply {
            what: Said::Withdrawn,
            by: said.ok().and_then(|said| Delivery::of(said.get()).id),
        },
    }
}

/// The first answer that fits. Hosts check answers before they raise them; others may not.
async fn answer(ctx: &OrchestrationContext, request: &Request) -> Reply {
    loop {
        let raised = ctx.wait_for_event_named::<Box<RawValue>>(request.id.as_str());
        let checked = match raised.await {
            Ok(raw) => {
                let Delivery { id, json } = Delivery::of(raw.get());
                checked(request, &json).map(|answer| (answer, id))
            }
            Err(error) => Err(error.to_string()),
        };
        match checked {
            Ok((answer, by)) => {
                let what = Said::Answer(answer);
                return Reply { what, by };
            }
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
    let checked = caught(|| (request.port.check)(&clean))
        .map_err(|panic| format!("the check of answers panicked: {panic}"))?;
    checked.map_err(|problem| problem.to_string())
}
