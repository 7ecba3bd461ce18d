//! B1: instances of 10 steps, one after another and 50 at once.

use tokio::task::block_in_place;

use crate::Figures;
use crate::figure::{Figure, Limit, median, per_second};
use crate::hub::Stage;
use crate::raw_sqlite::Raw;
use crate::workload;

const STEPS: usize = 10;
#[allow(clippy::cast_precision_loss, reason = "small")]
const STEPS_EACH: f64 = STEPS as f64;
/// An instance is started with one commit, each step is one; and something for a machine that is so
/// busy that a commit closes before its episode has ended.
#[allow(clippy::cast_precision_loss, reason = "small")]
const COMMITS_PER_INSTANCE: f64 = (STEPS + 1) as f64 + 0.5;

pub async fn measure() -> Figures {
    let stage = Stage::open(|registry, _| Ok(workload::register(registry)?)).await?;
    let mut raw_file = Raw::open(STEPS).await?;
    let mut figures = Vec::new();
    for plan in [AT_ONE, AT_FIFTY] {
        let (mut ours, mut raw, mut ratios, mut commits) = (vec![], vec![], vec![], vec![]);
        let (clients, instances) = (plan.clients, plan.instances);
        for round in 0..plan.rounds {
            let before = stage.hub.stats().commits;
            let prefix = format!("sequence-{clients}-{round}");
            let load = (instances, clients);
            let took = workload::run_all(&stage.client, "sequence", &prefix, STEPS, load);
            let sequences = per_second(instances, took.await?);
            commits.push(per_instance(stage.hub.stats().commits - before, instances));
            let write = || raw_file.instances_per_second(&prefix, instances, clients);
            let written = block_in_place(write)?;
            ours.push(sequences);
            raw.push(written);
            ratios.push(sequences / written);
        }
        figures.extend([
            Figure::new(plan.names.instances, median(ours), "1/s"),
            Figure::new(plan.names.raw, median(raw) * STEPS_EACH, "1/s"),
            Figure::ratio(plan.names.ratio, median(ratios), Limit::AtLeast(plan.least)),
            Figure::counted(
                plan.names.commits,
                median(commits),
                Limit::AtMost(COMMITS_PER_INSTANCE),
            ),
        ]);
    }
    Ok(figures)
}

#[allow(clippy::cast_precision_loss, reason = "counts are small")]
fn per_instance(commits: u64, instances: usize) -> f64 {
    commits as f64 / instances as f64
}

/// What is measured, in rounds: ours and the raw store in turn, so that the ratio is of two numbers
/// of the same moment. The speed of a disk changes within seconds.
struct Plan {
    clients: usize,
    instances: usize,
    rounds: usize,
    least: f64,
    names: Names,
}

struct Names {
    instances: &'static str,
    raw: &'static str,
    ratio: &'static str,
    commits: &'static str,
}

const AT_ONE: Plan = Plan {
    clients: 1,
    instances: 100,
    rounds: 31,
    least: 0.6,
    names: Names {
        instances: "sequences-of-10-at-1",
        raw: "raw-single-commits",
        ratio: "steps-at-1-over-raw-single-commits",
        commits: "commits-per-sequence-at-1",
    },
};

const AT_FIFTY: Plan = Plan {
    clients: 50,
    instances: 1_000,
    rounds: 7,
    least: 0.5,
    names: Names {
        instances: "sequences-of-10-at-50",
        raw: "raw-fed-writer",
        ratio: "steps-at-50-over-raw-fed-writer",
        commits: "commits-per-sequence-at-50",
    },
};
