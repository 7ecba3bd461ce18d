//! Runs a target over its seeds.

use std::ops::Range;
use std::panic::PanicHookInfo;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::{Source, Verdict};

/// Which targets, by name with spaces between; all where it is not set.
const TARGETS: &str = "FUZZ_TARGETS";
/// Which seeds, as `A..B`; those of the bounded run where it is not set.
const SEEDS: &str = "FUZZ_SEEDS";
/// A seed that takes longer hangs.
const HANG: Duration = Duration::from_mins(2);
/// What the threads of targets are called; a stack overflow says only this.
const THREAD: &str = "xtask fuzz";
/// How long a text of an error may be.
const ERROR_CHARS_MAX: usize = 2_000;

/// One target at a time, so that a panic belongs to it.
static RUNNING: Mutex<()> = Mutex::new(());
/// What has panicked since the seed began, on whichever thread.
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn panics() -> MutexGuard<'static, Vec<String>> {
    PANICS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The targets that are asked for; empty for all.
pub fn asked() -> Vec<String> {
    let names = std::env::var(TARGETS).unwrap_or_default();
    names.split_whitespace().map(str::to_owned).collect()
}

fn seeds() -> Option<Range<u64>> {
    let text = std::env::var(SEEDS).ok()?;
    let range = text
        .split_once("..")
        .and_then(|(from, to)| Some(from.trim().parse().ok()?..to.trim().parse().ok()?));
    Some(range.unwrap_or_else(|| panic!("{SEEDS} is `A..B`, not `{text}`")))
}

/// Runs a target over the seeds that are asked for. It panics at the first that fails, and says how
/// to repeat it.
pub fn target(name: &'static str, bounded: u64, run: fn(&mut Source) -> Verdict) {
    let asked = asked();
    if !asked.is_empty() && !asked.iter().any(|asked| asked == name) {
        return;
    }
    let _alone = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    listen_to_panics();
    let seeds = seeds().unwrap_or(0..bounded);
    let (began, count) = (Instant::now(), seeds.end.saturating_sub(seeds.start));
    for seed in seeds {
        if let Err(problem) = one(name, seed, run) {
            let next = seed + 1;
            panic!(
                "{name}, seed {seed}: {problem}\nrepeat it: cargo xtask fuzz {name} --seeds \
                 {seed}..{next}"
            );
        }
    }
    println!(
        "{name}: {count} seeds in {:.1} s",
        began.elapsed().as_secs_f64()
    );
}

fn one(name: &'static str, seed: u64, run: fn(&mut Source) -> Verdict) -> Verdict {
    panics().clear();
    let (done, is_done) = mpsc::channel();
    let thread = thread::Builder::new()
        .name(format!("{THREAD} {name} --seeds {seed}..{}", seed + 1))
        .spawn(move || {
            let verdict = run(&mut Source::new(name, seed));
            // Nobody listens to a seed that was given up.
            let _ = done.send(verdict);
        })
        .map_err(|error| error.to_string())?;
    let verdict = match is_done.recv_timeout(HANG) {
        Ok(verdict) => verdict,
        Err(RecvTimeoutError::Timeout) => return Err(format!("no end after {HANG:?}")),
        Err(RecvTimeoutError::Disconnected) => Err(String::from("it panicked")),
    };
    // Its panic has been noted.
    let _ = thread.join();
    let panics = std::mem::take(&mut *panics());
    if panics.is_empty() {
        verdict
    } else {
        Err(format!("{verdict:?}, panics: {panics:#?}"))
    }
}

fn listen_to_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            note(info);
            before(info);
        }));
    });
}

/// Other tests run in this process, too, on threads with the paths of their names.
fn note(info: &PanicHookInfo<'_>) {
    let current = thread::current();
    let name = current.name().unwrap_or_default();
    let is_others = name.contains("::") || name == "tokio-rt-worker";
    if !is_others {
        panics().push(format!("[{name}] {info}"));
    }
}

/// Runs the asynchronous part of a target on a runtime of its own. What is left on it ends with it.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let name = thread::current().name().unwrap_or(THREAD).to_owned();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name(name)
        .enable_all()
        .build()
        .unwrap();
    let result = runtime.block_on(future);
    runtime.shutdown_timeout(Duration::from_secs(10));
    result
}

/// What has to come in time, whatever the machine does meanwhile.
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> Result<T, String> {
    let waited = tokio::time::timeout(Duration::from_mins(1), future).await;
    waited.map_err(|_| format!("{what} does not come"))
}

/// An error says something, and not too much, whatever the input was.
pub fn check_error(error: &impl ToString) -> Verdict {
    let text = error.to_string();
    match text.chars().count() {
        0 => Err(String::from("an error without a text")),
        chars if chars > ERROR_CHARS_MAX => Err(format!(
            "an error with {chars} characters: {}",
            text.chars().take(300).collect::<String>()
        )),
        _ => Ok(()),
    }
}
