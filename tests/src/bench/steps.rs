//! Does a step cost the same, however long the history before it?

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use durable_task::{
    ActivityContext, Failure, InstanceId, OrchestrationContext, OrchestrationError, StartRequest,
    Status, WaitFor,
};

use crate::Figures;
use crate::figure::{Figure, Limit, median};
use crate::hub::Stage;

/// Steps on each side of the one that is measured.
const AROUND: usize = 50;
const EARLY: usize = 100;
const LATE: usize = 5_000;
const STEPS: usize = LATE + AROUND;
/// Orchestrations, one after another: early and late steps of all of them are compared, so that a
/// busy moment of the machine counts on both sides.
const ROUNDS: usize = 5;
const TIMEOUT: Duration = Duration::from_mins(10);

pub async fn measure() -> Figures {
    let begun: Arc<Mutex<Vec<Instant>>> = Arc::default();
    let noted = Arc::clone(&begun);
    let stage = Stage::open(|registry, _| {
        registry.activity_fn("note", move |_: ActivityContext, _: usize| {
            noted
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(Instant::now());
            async { Ok::<(), Failure>(()) }
        })?;
        registry.orchestrator_fn(
            "steps",
            "",
            |ctx: OrchestrationContext, steps: usize| async move {
                for step in 0..steps {
                    ctx.call_activity::<()>("note", &step).await?;
                }
                Ok::<(), OrchestrationError>(())
            },
        )?;
        Ok(())
    })
    .await?;
    let (mut early, mut late) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let id = InstanceId::new(format!("steps-{round}"))?;
        let start = StartRequest::new("steps", id.clone()).input_json(STEPS.to_string());
        stage.client.start(start).await?;
        let ended = stage.client.wait(&id, WaitFor::Completion, TIMEOUT).await?;
        if ended.status != Status::Completed {
            return Err(format!("{:?}: {:?}", ended.status, ended.failure).into());
        }
        let begun = std::mem::take(&mut *begun.lock().unwrap_or_else(PoisonError::into_inner));
        early.extend(times_around(&begun, EARLY));
        late.extend(times_around(&begun, LATE));
    }
    let (early, late) = (median(early), median(late));
    Ok(vec![
        Figure::new("step-100-time", early, "us"),
        Figure::new("step-5000-time", late, "us"),
        Figure::ratio("step-5000-over-step-100", late / early, Limit::AtMost(1.3)),
    ])
}

/// From the begin of each step to the begin of the next, in microseconds.
fn times_around(begun: &[Instant], step: usize) -> impl Iterator<Item = f64> {
    begun
        .get(step - AROUND..step + AROUND)
        .unwrap_or(&[])
        .windows(2)
        .map(|pair| pair[1].duration_since(pair[0]).as_secs_f64() * 1e6)
}
