//! B3: one instance with 20,000 sequential steps. Does the last tenth cost more than the first?

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use durable_task::{ActivityContext, Failure, OrchestrationContext, OrchestrationError};

use crate::Figures;
use crate::figure::{Figure, Limit, median};
use crate::hub::Stage;
use crate::workload;

const STEPS: usize = 20_000;
const SHORT: usize = 5_000;
const TENTHS: usize = 10;
/// The first steps of a process are slower: code and caches are cold.
const WARM_UP: usize = 2_000;
const ROUNDS: usize = 3;

pub async fn measure() -> Figures {
    let begun: Arc<Mutex<Vec<Instant>>> = Arc::default();
    let noted = Arc::clone(&begun);
    let stage = Stage::open(|registry, _| {
        registry.activity_fn("note", move |_: ActivityContext, _: usize| {
            let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
            noted.push(Instant::now());
            async { Ok::<(), Failure>(()) }
        })?;
        registry.orchestrator_fn(
            "long",
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
    run(&stage, "warm-up", WARM_UP).await?;
    begun.lock().unwrap_or_else(PoisonError::into_inner).clear();
    let (mut short, mut tenths) = (Vec::new(), vec![Vec::new(); TENTHS]);
    let mut ratios = Vec::new();
    for round in 0..ROUNDS {
        short.push(run(&stage, &format!("short-{round}"), SHORT).await?);
        begun.lock().unwrap_or_else(PoisonError::into_inner).clear();
        run(&stage, &format!("long-{round}"), STEPS).await?;
        let begun = std::mem::take(&mut *begun.lock().unwrap_or_else(PoisonError::into_inner));
        let times: Vec<f64> = begun.chunks(STEPS / TENTHS).map(micros_per_step).collect();
        if let (Some(first), Some(last)) = (times.first(), times.last()) {
            ratios.push(last / first);
        }
        for (tenth, time) in tenths.iter_mut().zip(times) {
            tenth.push(time);
        }
    }
    let mut figures = vec![Figure::new("sequence-of-5000", median(short), "s")];
    for (name, times) in NAMES.into_iter().zip(tenths) {
        figures.push(Figure::new(name, median(times), "us"));
    }
    figures.push(Figure::ratio(
        "step-in-last-tenth-over-first",
        median(ratios),
        Limit::AtMost(1.2),
    ));
    Ok(figures)
}

const NAMES: [&str; TENTHS] = [
    "step-of-20000-tenth-1",
    "step-of-20000-tenth-2",
    "step-of-20000-tenth-3",
    "step-of-20000-tenth-4",
    "step-of-20000-tenth-5",
    "step-of-20000-tenth-6",
    "step-of-20000-tenth-7",
    "step-of-20000-tenth-8",
    "step-of-20000-tenth-9",
    "step-of-20000-tenth-10",
];

/// Seconds from start to result.
async fn run(stage: &Stage, id: &str, steps: usize) -> Result<f64, Box<dyn std::error::Error>> {
    let began = Instant::now();
    let id = workload::start(&*stage.client, "long", id, steps).await?;
    workload::finish(&*stage.client, &id).await?;
    Ok(began.elapsed().as_secs_f64())
}

/// The middle time from one begin to the next.
fn micros_per_step(begun: &[Instant]) -> f64 {
    let pairs = begun.windows(2);
    median(
        pairs
            .map(|pair| pair[1].duration_since(pair[0]).as_secs_f64() * 1e6)
            .collect(),
    )
}
