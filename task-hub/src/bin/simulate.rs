//! Runs simulations: `simulate A..B [BUG]`.

use std::error::Error;
use std::ops::Range;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use task_hub::simulation::{Bug, Failure, simulate};

const USAGE: &str = "usage: simulate FIRST..END [BUG]";
/// No more failing seeds than this are shown.
const FAILURES_MAX: usize = 5;
/// How much of what happened before a failure is shown.
const TRACE_LINES: usize = 60;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}\n{USAGE}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<bool, Box<dyn Error>> {
    let (seeds, bug) = match arguments {
        [seeds] => (parse(seeds)?, None),
        [seeds, bug] => {
            let known = Bug::ALL.into_iter().find(|known| known.to_string() == *bug);
            (parse(seeds)?, Some(known.ok_or("no such bug")?))
        }
        _ => return Err("one range of seeds is needed".into()),
    };
    let start = Instant::now();
    let count = seeds.end - seeds.start;
    let found = run_all(seeds, bug);
    let seconds = start.elapsed().as_secs_f64();
    for failure in &found.failures {
        // Alone, a seed tells all that it knows.
        show(
            failure,
            bug,
            if count == 1 { usize::MAX } else { TRACE_LINES },
        );
    }
    println!(
        "{count} seeds, {} failed; {} steps, {} crashes; {seconds:.1} s, {:.0} seeds/s",
        found.failed,
        found.steps,
        found.crashes,
        f64::from(u32::try_from(count)?) / seconds
    );
    Ok(found.failed == 0)
}

fn parse(text: &str) -> Result<Range<u64>, Box<dyn Error>> {
    let (first, end) = text.split_once("..").ok_or("a range is FIRST..END")?;
    let range = first.parse()?..end.parse()?;
    if range.is_empty() {
        return Err("the range has no seeds".into());
    }
    Ok(range)
}

#[derive(Default)]
struct Found {
    failures: Vec<Failure>,
    failed: u64,
    steps: u64,
    crashes: u64,
}

/// On all cores: each takes the next seed.
fn run_all(seeds: Range<u64>, bug: Option<Bug>) -> Found {
    let next = AtomicU64::new(seeds.start);
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..cores)
            .map(|_| {
                scope.spawn(|| {
                    let mut found = Found::default();
                    loop {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed >= seeds.end {
                            return found;
                        }
                        found.add(seed, bug);
                    }
                })
            })
            .collect();
        let mut all = Found::default();
        for thread in threads {
            all.merge(thread.join().unwrap_or_default());
        }
        all.failures.sort_by_key(|failure| failure.seed);
        all.failures.truncate(FAILURES_MAX);
        all
    })
}

impl Found {
    fn add(&mut self, seed: u64, bug: Option<Bug>) {
        if let Ok(run) = simulate(seed, bug, false) {
            self.steps += run.steps;
            self.crashes += u64::from(run.crashes);
            return;
        }
        self.failed += 1;
        if self.failures.len() < FAILURES_MAX {
            // Once more, to see what happens.
            self.failures.extend(simulate(seed, bug, true).err());
        }
    }

    fn merge(&mut self, other: Self) {
        self.failures.extend(other.failures);
        self.failed += other.failed;
        self.steps += other.steps;
        self.crashes += other.crashes;
    }
}

fn show(failure: &Failure, bug: Option<Bug>, lines: usize) {
    let Failure { seed, trace, .. } = failure;
    for line in trace.iter().skip(trace.len().saturating_sub(lines)) {
        println!("{line}");
    }
    println!("{failure}");
    let bug = bug.map(|bug| format!(" --bug {bug}")).unwrap_or_default();
    println!("again: cargo xtask sim --seeds {seed}..{}{bug}\n", seed + 1);
}
