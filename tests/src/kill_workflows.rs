//! Fifty kills of a program in the middle of its workflows. Every run ends with the outputs and the
//! events, in their order, of the same workflow in memory.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use agent_sdk::workflow::runner::GraphRunner;
use agent_sdk::workflow::{Message, Workflow};
use agent_tests::{Random, flows};
use serde_json::{Value, json};

/// How many times the program is killed.
const KILLS: u32 = 50;
/// It lives this long after it is ready, in milliseconds.
const LIFE_MS: std::ops::Range<u64> = 2..250;
/// How many runs are under way at once.
const RUNS_AT_ONCE: usize = 4;
/// How long the program may take to do what is left, at the end.
pub const PATIENCE: Duration = Duration::from_mins(2);
const PAUSE: Duration = Duration::from_millis(2);

/// The program, alive.
pub struct App {
    child: Child,
    input: ChildStdin,
    answers: Receiver<String>,
}

impl App {
    pub fn start(file: &Path) -> Result<Self, Box<dyn Error>> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_workflow-app"))
            .arg(file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdin.take().ok_or("no input")?;
        let output = child.stdout.take().ok_or("no output")?;
        let (sender, answers) = channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let ready = answers.recv_timeout(PATIENCE)?;
        assert_eq!(ready, "ready");
        Ok(Self {
            child,
            input,
            answers,
        })
    }

    /// `None` once `end` has come; the request may have been done or not.
    pub fn ask(&mut self, request: &str, end: Instant) -> Result<Option<String>, Box<dyn Error>> {
        writeln!(self.input, "{request}")?;
        let left = end.saturating_duration_since(Instant::now());
        let Ok(answer) = self.answers.recv_timeout(left) else {
            return Ok(None);
        };
        match answer.strip_prefix("refused ") {
            Some(reason) => Err(format!("{request}: {reason}").into()),
            None => Ok(Some(answer)),
        }
    }

    /// Waits until it has ended by itself.
    pub fn ended(mut self) -> std::io::Result<()> {
        self.child.wait().map(|_| ())
    }

    /// `kill -9`.
    pub fn kill(mut self) -> std::io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(|_| ())
    }
}

/// A run that the test wants.
#[derive(Debug, Clone)]
struct Wanted {
    workflow: &'static str,
    input: Value,
    started: bool,
    ended: bool,
    /// In how many lives of the program it was under way.
    lives: u32,
}

/// All runs, by their ids.
#[derive(Default)]
struct Load(BTreeMap<String, Wanted>);

impl Load {
    fn draw(&mut self, random: &mut Random) {
        let value = random.between(0, 1 << 20);
        let (workflow, input) = match random.between(0, 5) {
            0 => (flows::crowd::NAME, json!(value % 25)),
            1 => (flows::fair::NAME, json!(value)),
            _ => (
                flows::journey::NAME,
                json!({"value": value, "rounds": value % 4}),
            ),
        };
        let wanted = Wanted {
            workflow,
            input,
            started: false,
            ended: false,
            lives: 0,
        };
        self.0.insert(format!("r{}", self.0.len()), wanted);
    }

    fn open(&self) -> usize {
        self.0.values().filter(|wanted| !wanted.ended).count()
    }

    /// Starts or tends each run that has not ended, once.
    fn go_on(&mut self, app: &mut App, end: Instant) -> Result<(), Box<dyn Error>> {
        for (id, wanted) in self.0.iter_mut().filter(|(_, wanted)| !wanted.ended) {
            let workflow = wanted.workflow;
            let request = if wanted.started {
                format!("tend {workflow} {id}")
            } else {
                format!("start {workflow} {id} {}", wanted.input)
            };
            match app.ask(&request, end)?.as_deref() {
                None => return Ok(()),
                Some("ok") => wanted.started = true,
                Some("ended") => wanted.ended = true,
                Some(_) => {}
            }
        }
        Ok(())
    }
}

#[test]
fn fifty_kills_leave_the_outputs_and_events_of_a_run_in_memory() -> Result<(), Box<dyn Error>> {
    let mut random = Random::from_environment();
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("hub.db");
    let mut load = Load::default();
    for _ in 0..KILLS {
        let mut app = App::start(&file)?;
        let life = Duration::from_millis(random.between(LIFE_MS.start, LIFE_MS.end));
        let end = Instant::now() + life;
        while Instant::now() < end {
            if load.open() < RUNS_AT_ONCE {
                load.draw(&mut random);
            }
            load.go_on(&mut app, end)?;
            thread::sleep(PAUSE);
        }
        app.kill()?;
        let open = load.0.values_mut();
        for wanted in open.filter(|wanted| wanted.started && !wanted.ended) {
            wanted.lives += 1;
        }
    }
    let mut app = App::start(&file)?;
    let end = Instant::now() + PATIENCE;
    while load.open() > 0 {
        assert!(Instant::now() < end, "not ended: {:?}", load.0);
        load.go_on(&mut app, end)?;
        thread::sleep(PAUSE);
    }
    for (id, wanted) in &load.0 {
        let story = app.ask(&format!("story {} {id}", wanted.workflow), end)?;
        let story: Value = serde_json::from_str(&story.ok_or("no story")?)?;
        let expected = in_memory(wanted.workflow, &wanted.input)?;
        assert_eq!(story, expected, "{id}: {wanted:?}");
    }
    app.kill()?;
    let killed = load.0.values().filter(|wanted| wanted.lives > 0).count();
    let lives = load.0.values().map(|wanted| wanted.lives).sum::<u32>();
    println!(
        "{} runs, {killed} of them killed, {lives} times in all",
        load.0.len()
    );
    assert!(killed > 10 && load.0.len() > killed);
    Ok(())
}

/// What comes of a run without a hub.
pub fn in_memory(workflow: &str, input: &Value) -> Result<Value, Box<dyn Error>> {
    let graph = flows::graph(workflow);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let input: Message = serde_json::from_value(input.clone())?;
    let run = runtime.block_on(async {
        let mut run = GraphRunner::new(graph).start(input).await?;
        while !run.has_ended() {
            let requests = run.requests();
            let first = requests.iter().min_by_key(|open| open.id.clone());
            let open = first.ok_or("it waits for nothing")?;
            let visa = serde_json::to_string(&flows::visa(&open.data)?)?;
            run.answer(&open.id, &visa).await?;
        }
        Ok::<_, Box<dyn Error>>(run)
    })?;
    let (outputs, failure) = match run.outputs() {
        Ok(outputs) => (Some(outputs), None),
        Err(error) => (None, Some(error.to_string())),
    };
    Ok(json!({"outputs": outputs, "failure": failure, "events": run.events()}))
}
