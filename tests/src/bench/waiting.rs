//! B7: what an instance that waits costs in memory; and how long a process takes to its first
//! result. Both in processes of their own: this program, started again.

use std::error::Error;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::Figures;
use crate::figure::{Figure, Limit, median};
use crate::hub::Stage;
use crate::memory::{mebibytes, own_resident_bytes};
use crate::workload;

/// The first argument of a process that this benchmark starts.
pub const CHILD: &str = "--child";
pub const FEW: usize = 1_000;
pub const MANY: usize = 10_000;
/// What a hub remembers while a worker may hold the session, however many wait.
pub const REMEMBERED_MAX: f64 = 1_024.0;
const STARTS: usize = 11;
const CLIENTS: usize = 50;
pub const DEADLINE: Duration = Duration::from_secs(10);
/// Sessions of a worker are dropped when they were idle for 30 seconds.
pub const SETTLE: Duration = Duration::from_secs(35);

pub async fn measure() -> Figures {
    tokio::task::spawn_blocking(measure_children)
        .await?
        .map_err(Into::into)
}

fn measure_children() -> Result<Vec<Figure>, String> {
    let text = |error: Box<dyn Error>| error.to_string();
    children().map_err(text)
}

fn children() -> Figures {
    let program = std::env::current_exe()?;
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let folder = TempDir::new()?;
        let began = Instant::now();
        run_child(&program, "first", folder.path())?;
        starts.push(began.elapsed().as_secs_f64());
    }
    let Told {
        idle,
        few,
        many,
        remembered,
        each_kib,
    } = memory_of("waiting")?;
    Ok(vec![
        Figure::new("process-start-to-first-result", median(starts), "s"),
        Figure::new("memory-of-idle-hub", idle, "MiB"),
        Figure::new("memory-for-1000-waiting", few - idle, "MiB"),
        Figure::new("memory-for-10000-waiting", many - idle, "MiB"),
        Figure::counted("memory-per-waiting-instance", each_kib, Limit::AtMost(2.0)),
        Figure::counted(
            "remembered-of-10000-waiting",
            remembered,
            Limit::AtMost(REMEMBERED_MAX),
        ),
    ])
}

/// What a process says.
pub struct Told {
    /// Its memory in MiB when it is idle, with few and with many that wait.
    pub idle: f64,
    pub few: f64,
    pub many: f64,
    /// How many of the many its hub has in memory.
    pub remembered: f64,
    /// What one that waits costs, in KiB.
    pub each_kib: f64,
}

/// Asks a process of a kind.
pub fn memory_of(what: &str) -> Result<Told, Box<dyn Error>> {
    let folder = TempDir::new()?;
    let told = run_child(&std::env::current_exe()?, what, folder.path())?;
    let numbers: Vec<f64> = told
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    let [idle, few, many, remembered] = numbers[..] else {
        return Err(format!("the process said `{told}`").into());
    };
    #[allow(clippy::cast_precision_loss, reason = "small")]
    let each_kib = (many - few) * 1024.0 / (MANY - FEW) as f64;
    Ok(Told {
        idle,
        few,
        many,
        remembered,
        each_kib,
    })
}

/// Says it.
pub fn tell(stage: &Stage, [idle, few, many]: [u64; 3]) {
    let remembered = stage.hub.stats().instances_in_memory;
    println!(
        "{} {} {} {remembered}",
        mebibytes(idle),
        mebibytes(few),
        mebibytes(many)
    );
}

fn run_child(program: &Path, what: &str, folder: &Path) -> Result<String, Box<dyn Error>> {
    let output = Command::new(program)
        .args([CHILD, what])
        .arg(folder)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()?;
    if output.status.success() {
        Ok(String::from_utf8(output.stdout)?)
    } else {
        Err(format!("{what}: {}", output.status).into())
    }
}

/// What such a process does.
pub async fn child(what: &str, folder: &Path) -> Result<(), Box<dyn Error>> {
    let stage = Stage::open_in(folder, |registry, _| Ok(workload::register(registry)?)).await?;
    if what == "first" {
        let id = workload::start(&*stage.client, "sequence", "first", 1).await?;
        workload::finish(&*stage.client, &id).await?;
    } else {
        workload::run_all(&stage.client, "sequence", "warm", 1, (FEW, CLIENTS)).await?;
        tokio::time::sleep(SETTLE).await;
        let idle = own_resident_bytes()?;
        wait_for(&stage, 0..FEW).await?;
        let few = own_resident_bytes()?;
        wait_for(&stage, FEW..MANY).await?;
        let many = own_resident_bytes()?;
        tell(&stage, [idle, few, many]);
    }
    stage.hub.shutdown(DEADLINE).await;
    Ok(())
}

async fn wait_for(stage: &Stage, numbers: std::ops::Range<usize>) -> Result<(), Box<dyn Error>> {
    for number in numbers {
        let id = format!("waiting-{number}");
        workload::start(&*stage.client, "waiting", &id, 0).await?;
    }
    // Until the worker has let go of what is only kept for speed.
    tokio::time::sleep(SETTLE).await;
    Ok(())
}
