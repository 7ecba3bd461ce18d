//! A disk without room: what is refused says why and leaves nothing, what was accepted is not lost,
//! reads go on, and so does everything else once there is room.

use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use agent_tests::{Answer, Http, Program, Running};
use serde_json::Value;
use tempfile::TempDir;

use crate::scene::{AGENT, TestResult};

/// Of the disk, or of a file on it.
const ROOM_BYTES: usize = 1024 * 1024;
/// Of one message; a few fit into the room.
pub const MESSAGE_BYTES: usize = 128 * 1024;
/// So many refusals in a row are a disk that is full, not a gap between two tries of the hub.
pub const REFUSALS: usize = 300;
/// Some are accepted before.
pub const REQUESTS_MAX: usize = REFUSALS + 100;
/// By how much the process may grow while all that is refused: a part of it.
pub const GROWTH_KIB_MAX: u64 = 16 * 1024;
/// How long anything may take that has to happen.
const PATIENCE: Duration = Duration::from_mins(1);
const LOOK: Duration = Duration::from_millis(20);

/// How the room is limited.
#[derive(Clone, Copy)]
pub enum Limit {
    /// A file system of that size, which only the process has.
    FileSystem,
    /// No file may be larger.
    FileSize,
}

impl Limit {
    /// Words before the path of a program, so that it has so much room in the folder.
    pub fn launcher(self, folder: &Path) -> Vec<String> {
        match self {
            Self::FileSystem => mounted(folder, "true"),
            Self::FileSize => no_file_above(ROOM_BYTES),
        }
    }

    /// Gives the process room.
    pub fn lift(self, pid: u32, folder: &Path) -> TestResult {
        let pid = pid.to_string();
        let mut command = match self {
            Self::FileSystem => {
                let mut command = Command::new("nsenter");
                command.args(["-U", "-m", "--preserve-credentials", "-t", &pid]);
                command.args(["mount", "-o", "remount,size=64m"]);
                command.arg(folder);
                command
            }
            Self::FileSize => {
                let mut command = Command::new("prlimit");
                command.args(["--fsize=unlimited", "--pid", &pid]);
                command
            }
        };
        let status = command.status()?;
        assert!(status.success(), "{command:?}: {status}");
        Ok(())
    }
}

/// Words before a program's path so that none of its files gets larger. Every machine allows that.
fn no_file_above(bytes: usize) -> Vec<String> {
    let script = format!("trap '' XFSZ; exec prlimit --fsize={bytes}:unlimited \"$@\"");
    ["sh", "-c", &script, "sh"].map(str::to_owned).to_vec()
}

/// Words before a program's path that give it a file system in memory at a folder; `first` is done
/// before it starts, and calls the folder `$0`.
fn mounted(folder: &Path, first: &str) -> Vec<String> {
    let script = format!(
        "mount -t tmpfs -o size={ROOM_BYTES} tmpfs \"$0\" && eval \"$1\" && shift && exec \"$@\""
    );
    let folder = folder.to_string_lossy();
    let words = ["unshare", "-r", "-m", "sh", "-c", &script, &folder, first];
    words.map(str::to_owned).to_vec()
}

/// Whether this machine lets everybody mount in a namespace of their own.
pub fn may_mount(folder: &Path) -> bool {
    let words = mounted(folder, "true");
    let tried = words.split_first().map(|(unshare, more)| {
        let mut command = Command::new(unshare);
        command.args(more).arg("true").output()
    });
    let may = matches!(tried, Some(Ok(output)) if output.status.success());
    if !may {
        // Not a program that is missing: a rule of the machine. Each case has one that needs no
        // mount, with a limit of file sizes.
        eprintln!("skipped: no mounts in a namespace of one's own here");
    }
    may
}

/// An app whose hub is in a folder with little room.
struct Full {
    app: Running,
    http: Http,
    accepted: Vec<usize>,
    /// The first that was refused.
    refused: usize,
}

impl Full {
    /// Starts it, and sends messages until so many in a row have been refused.
    async fn reached(program: &Program) -> Result<Self, Box<dyn Error>> {
        let app = program.start().await?;
        let http = app.http();
        let (mut accepted, mut refused, mut in_a_row) = (Vec::new(), None, 0);
        let mut memory_kib = 0;
        for number in 0..REQUESTS_MAX {
            let answer = send(&http, number).await?;
            if answer.status == 202 {
                accepted.push(number);
                in_a_row = 0;
            } else {
                is_refused(&answer);
                in_a_row += 1;
            }
            if refused.is_none() && in_a_row == 1 {
                refused = Some(number);
                memory_kib = largest_kib(app.pid())?;
            }
            if in_a_row == REFUSALS {
                break;
            }
        }
        assert_eq!(in_a_row, REFUSALS, "{} were accepted", accepted.len());
        // The kernel counts pages per thread and adds them up now and then: a later look may be
        // a little below an earlier one.
        let growth_kib = largest_kib(app.pid())?.saturating_sub(memory_kib);
        assert!(growth_kib < GROWTH_KIB_MAX, "it grew by {growth_kib} KiB");
        Ok(Self {
            app,
            http,
            accepted,
            refused: refused.ok_or("nothing was refused")?,
        })
    }

    /// It says that it is not well, and serves what it has.
    async fn goes_on_reading(&self) -> TestResult {
        let health = until(&self.http, 500).await?;
        assert_eq!(health["status"], "unhealthy");
        let reason = health["error"].as_str().unwrap_or_default();
        assert!(reason.contains("it goes on when the disk"), "{reason}");
        for number in &self.accepted {
            let answer = fetch(&self.http, *number).await?;
            assert!(matches!(answer.status, 200 | 202), "{number}: {answer:?}");
        }
        let missing = fetch(&self.http, self.refused).await?;
        assert_eq!(missing.status, 404, "{missing:?}");
        Ok(())
    }
}

fn message(number: usize) -> String {
    format!("{number} {} plain", "x".repeat(MESSAGE_BYTES))
}

fn session(number: usize) -> String {
    format!("s{number}")
}

async fn send(http: &Http, number: usize) -> Result<Answer, Box<dyn Error>> {
    let (session, message) = (session(number), message(number));
    Ok(http.run(AGENT, &session, "k", &message, false).await?)
}

async fn fetch(http: &Http, number: usize) -> Result<Answer, Box<dyn Error>> {
    Ok(http.fetch(AGENT, &session(number), "k").await?)
}

/// The answer says why, and that a later try may help.
fn is_refused(answer: &Answer) {
    let text = answer.body["error"].as_str().unwrap_or_default();
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(text.starts_with("the hub is unavailable: "), "{text}");
    assert!(text.contains("disk"), "{text}");
}

/// Waits until the health has that status.
async fn until(http: &Http, status: u16) -> Result<Value, Box<dyn Error>> {
    let reached = async {
        loop {
            let answer = http.get("health").await?;
            if answer.status == status {
                return Ok(answer.body);
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::time::timeout(PATIENCE, reached).await?
}

/// Each of them gets its answer.
async fn complete(http: &Http, accepted: &[usize]) -> TestResult {
    for number in accepted {
        let answer = async {
            loop {
                let answer = fetch(http, *number).await?;
                match answer.status {
                    202 => tokio::time::sleep(LOOK).await,
                    _ => return Ok::<_, Box<dyn Error>>(answer),
                }
            }
        };
        let answer = tokio::time::timeout(PATIENCE, answer).await??;
        assert_eq!(answer.status, 200, "{number} was accepted: {answer:?}");
        let text = format!("done {}", message(*number));
        assert!(answer.body["response"] == text.as_str(), "{number}");
    }
    Ok(())
}

/// The most memory that it has had.
pub fn largest_kib(pid: u32) -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    Ok(number.ok_or("no VmHWM")?.parse()?)
}

fn app(folder: &TempDir) -> Program {
    Program::new(env!("CARGO_BIN_EXE_crash-app"), folder.path())
}

async fn fills_and_goes_on(limit: Limit) -> TestResult {
    let folder = TempDir::new()?;
    let program = app(&folder).under(limit.launcher(folder.path()));
    let full = Full::reached(&program).await?;
    full.goes_on_reading().await?;
    limit.lift(full.app.pid(), folder.path())?;
    until(&full.http, 200).await?;
    complete(&full.http, &full.accepted).await?;
    // What was refused may be sent again.
    assert_eq!(send(&full.http, full.refused).await?.status, 202);
    complete(&full.http, &[full.refused]).await?;
    let output = full.app.output();
    assert!(!output.contains("panicked"), "{output}");
    assert!(full.app.terminate().await?.success());
    Ok(())
}

#[tokio::test]
async fn a_full_file_system_loses_nothing_and_is_survived() -> TestResult {
    let folder = TempDir::new()?;
    if may_mount(folder.path()) {
        fills_and_goes_on(Limit::FileSystem).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_limit_of_file_sizes_loses_nothing_and_is_survived() -> TestResult {
    fills_and_goes_on(Limit::FileSize).await
}

#[tokio::test]
async fn what_was_accepted_before_there_was_no_room_survives_a_kill() -> TestResult {
    let folder = TempDir::new()?;
    let limited = app(&folder).under(Limit::FileSize.launcher(folder.path()));
    let full = Full::reached(&limited).await?;
    full.app.kill()?;
    let again = app(&folder).start().await?;
    complete(&again.http(), &full.accepted).await?;
    let missing = fetch(&again.http(), full.refused).await?;
    assert_eq!(missing.status, 404, "{missing:?}");
    Ok(())
}

/// Starts the app with a disk that does not take what it has to write: it says which file, and why.
fn is_named(folder: &TempDir, launcher: Vec<String>, text: &str) -> TestResult {
    let case = launcher.join(" ");
    let hub = folder.path().join("hub.db");
    let program = app(folder).under(launcher);
    let mut command = program.command(["run", "--port", "0", "--hub", &hub.to_string_lossy()]);
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{case}: {said}");
    let problem = said.lines().last().unwrap_or_default();
    assert!(problem.starts_with("Error: the "), "{case}: {said}");
    assert!(
        problem.contains("hub.db`") && problem.contains(text),
        "{case}: {said}"
    );
    Ok(())
}

#[test]
fn a_disk_that_takes_nothing_is_named_at_the_start() -> TestResult {
    for (bytes, text) in [
        (0, "File too large"),
        (8_192, "it goes on when the disk"),
        (40_000, "it goes on when the disk"),
    ] {
        is_named(&TempDir::new()?, no_file_above(bytes), text)?;
    }
    Ok(())
}

#[test]
fn a_file_system_that_takes_nothing_is_named_at_the_start() -> TestResult {
    let folder = TempDir::new()?;
    if !may_mount(folder.path()) {
        return Ok(());
    }
    let fill = |bytes: usize| format!("head -c {bytes} /dev/zero > \"$0\"/ballast");
    for (first, text) in [
        (fill(ROOM_BYTES), "No space left on device"),
        (fill(ROOM_BYTES - 8_192), "it goes on when the disk"),
        (
            String::from("mount -o remount,ro \"$0\""),
            "Read-only file system",
        ),
    ] {
        is_named(&folder, mounted(folder.path(), &first), text)?;
    }
    Ok(())
}
