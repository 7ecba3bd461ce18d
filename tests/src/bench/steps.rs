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
    let id = InstanceId::new("steps")?;
    let start = StartRequest::new("steps", id.clone()).input_json(STEPS.to_string());
    stage.client.start(start).await?;
    let state = stage.client.wait(&id, WaitFor::Completion, TIMEOUT).await?;
    if state.status != Status::Completed {
        return Err(format!("{:?}: {:?}", state.status, state.failure).into());
    }
    let begun = begun.lock().unwrap_or_else(PoisonError::into_inner);
    let around = |step: usize| {
        let window = begun.get(step - AROUND..step + AROUND).unwrap_or(&[]);
        let times = window
            .windows(2)
            .map(|pair| pair[1].duration_since(pair[0]).as_secs_f64() * 1e6);
        median(times.collect())
    };
    let (early, late) = (around(EARLY), around(LATE));
    Ok(vec![
        Figure::new("step-100-time", early, "us"),
        Figure::new("step-5000-time", late, "us"),
        Figure::ratio("step-5000-over-step-100", late / early, Limit::AtMost(1.3)),
    ])
}
