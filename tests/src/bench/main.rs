//! `cargo xtask bench`: the figures that must not get worse. Each limit is on a ratio of two
//! numbers of the same run, so that a slow machine or disk changes neither.

mod compile;
mod entities;
mod events;
mod fan_out;
mod figure;
mod hub;
mod long;
mod memory;
mod raw_sqlite;
mod recovery;
mod sequences;
mod steps;
mod supersteps;
mod throughput;
mod turns;
mod waiting;
mod waiting_workflows;
mod workload;

use std::error::Error;
use std::process::ExitCode;

use figure::Figure;

/// What a benchmark gives back.
type Figures = Result<Vec<Figure>, Box<dyn Error>>;

const NAMES: [&str; 14] = [
    "steps",
    "turns",
    "throughput",
    "memory",
    "sequences",
    "fan-out",
    "long",
    "events",
    "entities",
    "recovery",
    "waiting",
    "supersteps",
    "waiting-workflows",
    "compile",
];

#[tokio::main]
async fn main() -> ExitCode {
    let mut names: Vec<String> = std::env::args().skip(1).collect();
    if let [first, what, folder] = &names[..]
        && first == waiting::CHILD
    {
        let done = match what.as_str() {
            waiting_workflows::CHILD => waiting_workflows::child(folder.as_ref()).await,
            what => waiting::child(what, folder.as_ref()).await,
        };
        return match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        };
    }
    if names.is_empty() {
        names = NAMES.map(String::from).to_vec();
    }
    match run_all(&names).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every limit was kept.
async fn run_all(names: &[String]) -> Result<bool, Box<dyn Error>> {
    let mut all = Vec::new();
    for name in names {
        let figures = match name.as_str() {
            "steps" => steps::measure().await,
            "turns" => turns::measure().await,
            "throughput" => throughput::measure().await,
            "memory" => memory::measure().await,
            "sequences" => sequences::measure().await,
            "fan-out" => fan_out::measure().await,
            "long" => long::measure().await,
            "events" => events::measure().await,
            "entities" => entities::measure().await,
            "recovery" => recovery::measure().await,
            "waiting" => waiting::measure().await,
            "supersteps" => supersteps::measure().await,
            "waiting-workflows" => waiting_workflows::measure().await,
            "compile" => compile::measure().await,
            _ => return Err(format!("no benchmark `{name}`; there are {NAMES:?}").into()),
        };
        let figures = figures.map_err(|error| format!("{name}: {error}"))?;
        for figure in &figures {
            println!("{}", figure.to_json());
        }
        all.extend(figures);
    }
    figure::print_table(&all);
    Ok(all.iter().all(Figure::is_kept))
}
