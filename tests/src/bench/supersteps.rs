//! Workflows: a superstep of many executors, and a loop of many supersteps. Does one cost the same
//! at the end as at the beginning?

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use agent_sdk::App;
use agent_sdk::prelude::*;
use agent_sdk::workflow::{Workflow, WorkflowClient};
use durable_task::Status;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Figures;
use crate::figure::{Figure, Limit, median};
use crate::hub::Stage;

/// Executors of one superstep.
const WIDTH: usize = 1_000;
/// A superstep with this many is compared.
const NARROW: usize = WIDTH / 10;
/// Supersteps of one run.
const ROUNDS: usize = 1_000;
const TENTHS: usize = 10;
/// The first ones of a process are slower: code and caches are cold.
const WARM_UP: usize = 2;
const RUNS: usize = 9;
const TIMEOUT: Duration = Duration::from_mins(10);

/// When each executor began.
#[derive(Clone, Default)]
struct Begun(Arc<Mutex<Vec<Instant>>>);

impl Begun {
    fn note(&self) {
        let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        times.push(Instant::now());
    }

    fn take(&self) -> Vec<Instant> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[executor]
async fn numbers(count: usize) -> Result<Vec<usize>, ExecutorError> {
    Ok((0..count).collect())
}

#[executor]
async fn one(number: usize, begun: &Begun) -> Result<usize, ExecutorError> {
    begun.note();
    Ok(number)
}

#[executor]
async fn count(all: Vec<usize>) -> Result<usize, ExecutorError> {
    Ok(all.len())
}

/// One wide superstep.
#[workflow]
fn wide(size: usize) -> usize {
    numbers >> each(one) >> count;
}

/// What comes after a round.
#[derive(Serialize, Deserialize, JsonSchema)]
enum Turn {
    Again(usize),
    Enough,
}

#[executor]
async fn round(left: usize, begun: &Begun) -> Result<Turn, ExecutorError> {
    begun.note();
    Ok(match left {
        0 => Turn::Enough,
        left => Turn::Again(left - 1),
    })
}

#[executor]
async fn end(_turn: Turn) -> Result<usize, ExecutorError> {
    Ok(0)
}

/// Many narrow supersteps.
#[workflow(max_supersteps = 2_000)]
fn rounds(size: usize) -> usize {
    size >> round;
    match round {
        Turn::Again(left) => round(left),
        Turn::Enough => end,
    }
}

pub async fn measure() -> Figures {
    let begun = Begun::default();
    let app = App::builder()
        .workflow::<wide>()
        .workflow::<rounds>()
        .resource(begun.clone())
        .build()?;
    let (stage, client) = Stage::open_app(app, None).await?;
    let measured = Measured {
        client: &client,
        begun: &begun,
    };
    let mut figures = measured.wide().await?;
    figures.extend(measured.rounds().await?);
    stage.hub.shutdown(TIMEOUT).await;
    Ok(figures)
}

struct Measured<'a> {
    client: &'a WorkflowClient,
    begun: &'a Begun,
}

impl Measured<'_> {
    async fn wide(&self) -> Figures {
        let (mut narrow, mut whole) = (Vec::new(), Vec::new());
        let (mut first, mut last, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for run in 0..WARM_UP + RUNS {
            let (narrow_micros, _) = self.run::<wide>(NARROW).await?;
            let (wide_micros, begun) = self.run::<wide>(WIDTH).await?;
            if run < WARM_UP {
                continue;
            }
            narrow.push(narrow_micros);
            whole.push(wide_micros);
            let (one, ten) = ends(&begun, mean_micros)?;
            first.push(one);
            last.push(ten);
            ratios.push(ten / one);
        }
        let (narrow, whole) = (median(narrow), median(whole));
        #[allow(clippy::cast_precision_loss, reason = "small")]
        let growth = whole / narrow * NARROW as f64 / WIDTH as f64;
        Ok(vec![
            Figure::new("superstep-of-100", narrow / 1e3, "ms"),
            Figure::new("superstep-of-1000", whole / 1e3, "ms"),
            Figure::new("executor-of-1000-tenth-1", median(first), "us"),
            Figure::new("executor-of-1000-tenth-10", median(last), "us"),
            Figure::ratio(
                "superstep-1000-over-100-per-executor",
                growth,
                Limit::AtMost(1.5),
            ),
            Figure::ratio(
                "executor-in-last-tenth-over-first",
                median(ratios),
                Limit::AtMost(1.5),
            ),
        ])
    }

    async fn rounds(&self) -> Figures {
        let mut whole = Vec::new();
        let (mut first, mut last, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for run in 0..WARM_UP + RUNS {
            let (micros, begun) = self.run::<rounds>(ROUNDS).await?;
            if run < WARM_UP {
                continue;
            }
            whole.push(micros);
            let (one, ten) = ends(&begun, median_micros)?;
            first.push(one);
            last.push(ten);
            ratios.push(ten / one);
        }
        Ok(vec![
            Figure::new("loop-of-1000-supersteps", median(whole) / 1e3, "ms"),
            Figure::new("superstep-of-1000-tenth-1", median(first), "us"),
            Figure::new("superstep-of-1000-tenth-10", median(last), "us"),
            Figure::ratio(
                "superstep-in-last-tenth-over-first",
                median(ratios),
                Limit::AtMost(1.5),
            ),
        ])
    }

    /// Microseconds from start to end, and when the executors began.
    async fn run<W>(&self, size: usize) -> Result<(f64, Vec<Instant>), Box<dyn Error>>
    where
        W: Workflow<Input = usize>,
    {
        let began = Instant::now();
        let run = self.client.start::<W>(&size, None).await?.run;
        let ended = self.client.wait(W::NAME, &run, TIMEOUT).await?;
        let elapsed = began.elapsed();
        if ended.status != Status::Completed {
            return Err(format!("{:?}: {:?}", ended.status, ended.failure).into());
        }
        Ok((elapsed.as_secs_f64() * 1e6, self.begun.take()))
    }
}

/// What a measure says of the first and of the last tenth.
fn ends(
    begun: &[Instant],
    measure: impl Fn(&[Instant]) -> f64,
) -> Result<(f64, f64), Box<dyn Error>> {
    let mut tenths = begun.chunks_exact(begun.len() / TENTHS);
    match (tenths.next(), tenths.next_back()) {
        (Some(first), Some(last)) => Ok((measure(first), measure(last))),
        _ => Err(format!("{} executors have begun", begun.len()).into()),
    }
}

/// From one begin to the next, on average: several begin at once.
fn mean_micros(begun: &[Instant]) -> f64 {
    match (begun.first(), begun.last()) {
        #[allow(clippy::cast_precision_loss, reason = "small")]
        (Some(first), Some(last)) => {
            last.duration_since(*first).as_secs_f64() * 1e6 / (begun.len() - 1) as f64
        }
        _ => f64::NAN,
    }
}

/// The middle time from one begin to the next.
fn median_micros(begun: &[Instant]) -> f64 {
    let pairs = begun.windows(2);
    let micros = pairs.map(|pair| pair[1].duration_since(pair[0]).as_secs_f64() * 1e6);
    median(micros.collect())
}
