//! B1: 1,000 instances of 10 steps, one after another and 50 at once.

use tokio::task::block_in_place;

use crate::Figures;
use crate::figure::{Figure, Limit, median, per_second};
use crate::hub::Stage;
use crate::raw_sqlite::Raw;
use crate::workload;

const INSTANCES: usize = 1_000;
const STEPS: usize = 10;
#[allow(clippy::cast_precision_loss, reason = "small")]
const STEPS_EACH: f64 = STEPS as f64;
const CONCURRENCY: usize = 50;
/// Ours and the raw store are measured in turn, so that neither has the better half of the run.
const ROUNDS: usize = 3;
/// An instance is started with one commit, each step is one; and something for a machine that is so
/// busy that a commit closes before its episode has ended.
#[allow(clippy::cast_precision_loss, reason = "small")]
const COMMITS_PER_INSTANCE: f64 = (STEPS + 1) as f64 + 0.5;

pub async fn measure() -> Figures {
    let stage = Stage::open(|registry, _| Ok(workload::register(registry)?)).await?;
    let mut raw_file = Raw::open(STEPS).await?;
    let mut figures = Vec::new();
    for (clients, names) in [(1, AT_ONE), (CONCURRENCY, AT_FIFTY)] {
        let (mut ours, mut raw, mut commits) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            let before = stage.hub.stats().commits;
            let prefix = format!("sequence-{clients}-{round}");
            let took = workload::run_all(
                &stage.client,
                "sequence",
                &prefix,
                STEPS,
                (INSTANCES, clients),
            );
            ours.push(per_second(INSTANCES, took.await?));
            let made = stage.hub.stats().commits - before;
            commits.push(per_instance(made));
            let write = || raw_file.instances_per_second(&prefix, INSTANCES, clients);
            raw.push(block_in_place(write)?);
        }
        let (ours, raw) = (median(ours), median(raw));
        let most = median(commits);
        figures.extend([
            Figure::new(names.instances, ours, "1/s"),
            Figure::new(names.raw, raw * STEPS_EACH, "1/s"),
            Figure::ratio(names.ratio, ours / raw, Limit::AtLeast(names.least)),
            Figure::counted(names.commits, most, Limit::AtMost(COMMITS_PER_INSTANCE)),
        ]);
    }
    Ok(figures)
}

#[allow(clippy::cast_precision_loss, reason = "counts are small")]
fn per_instance(commits: u64) -> f64 {
    commits as f64 / INSTANCES as f64
}

struct Names {
    instances: &'static str,
    raw: &'static str,
    ratio: &'static str,
    commits: &'static str,
    least: f64,
}

const AT_ONE: Names = Names {
    instances: "sequences-of-10-at-1",
    raw: "raw-single-commits",
    ratio: "steps-at-1-over-raw-single-commits",
    commits: "commits-per-sequence-at-1",
    least: 0.6,
};

const AT_FIFTY: Names = Names {
    instances: "sequences-of-10-at-50",
    raw: "raw-fed-writer",
    ratio: "steps-at-50-over-raw-fed-writer",
    commits: "commits-per-sequence-at-50",
    least: 0.5,
};
