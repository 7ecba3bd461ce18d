//! Two hundred kills of a program with an embedded hub, under a mixed load: orchestrations,
//! entities, locks, timers, events, delayed signals, endless instances. What was acknowledged has
//! happened, once; what was started ends, or waits for what never came.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use agent_tests::{HubFile, Random};

/// How many times the program is killed.
const KILLS: u32 = 200;
/// It lives this long after it is ready, in milliseconds.
const LIFE_MS: std::ops::Range<u64> = 2..250;
/// How long a request waits between two.
const PAUSE: Duration = Duration::from_millis(4);
/// How long the program may take to do what is left, at the end.
const PATIENCE: Duration = Duration::from_mins(2);
/// How many events a collector waits for.
const EVENTS: u64 = 3;
/// One in so many collectors never gets its last one.
const WAITS_ONE_IN: u64 = 5;
const ACCOUNTS: u64 = 3;
/// An orchestrator that begins a new execution with each event.
const ETERNAL: &str = "eternal";

/// The program, alive.
pub struct App {
    child: Child,
    input: ChildStdin,
    answers: Receiver<String>,
}

impl App {
    pub fn start(file: &Path) -> Result<Self, Box<dyn Error>> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_mixed-app"))
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

    /// `kill -9`; returns what it still said.
    pub fn kill(mut self) -> std::io::Result<Vec<String>> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(self.answers.iter().collect())
    }

    fn ask(&mut self, number: u64, request: &str) -> std::io::Result<()> {
        writeln!(self.input, "{number} {request}")
    }

    /// Asks and waits for the answer.
    pub fn ask_now(&mut self, request: &str) -> Result<String, Box<dyn Error>> {
        self.ask(0, request)?;
        loop {
            let line = self.answers.recv_timeout(PATIENCE)?;
            if let Some(answer) = line.strip_prefix("0 ok ") {
                return Ok(answer.to_owned());
            }
        }
    }
}

/// Something that the test wants, until it is acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Wish {
    /// Instance, orchestrator, input.
    Start(String, &'static str, String),
    /// Instance, number of the event.
    Raise(String, u64),
    /// Number of the entry.
    Signal(u64),
    /// The same, due some time later.
    Later(u64),
}

/// What the test knows.
#[derive(Default)]
struct Load {
    next: u64,
    /// Wishes that were never acknowledged, with the number of attempts.
    open: BTreeMap<Wish, u64>,
    /// Requests that the living program has.
    sent: BTreeMap<u64, (Wish, u64)>,
    /// How acknowledged instances have to end; `None`: not at all.
    started: BTreeMap<String, Option<String>>,
    /// Acknowledged events: instance and payload.
    raised: BTreeSet<(String, String)>,
    /// Instances whose events are in the histories of earlier executions.
    eternal: BTreeSet<String>,
    /// Acknowledged entries.
    signalled: BTreeSet<u64>,
}

impl Load {
    /// Something new.
    fn draw(&mut self, random: &mut Random) {
        self.next += 1;
        let number = self.next;
        let id = format!("i{number}");
        let size = random.between(1, 6);
        let wish = match random.between(0, 11) {
            0 => Wish::Start(id, "sequence", size.to_string()),
            1 => Wish::Start(id, "fan", (4 * size).to_string()),
            2 => Wish::Start(id, "naps", size.to_string()),
            3 => Wish::Start(id, "family", (size % 3).to_string()),
            4 | 5 => Wish::Start(id, "collect", EVENTS.to_string()),
            7 | 8 => Wish::Start(id, ETERNAL, format!("[{EVENTS},[]]")),
            9 => Wish::Later(number),
            6 => {
                let (from, to) = (size % ACCOUNTS, (size + 1) % ACCOUNTS);
                Wish::Start(id, "transfer", format!("[{from},{to}]"))
            }
            _ => Wish::Signal(number),
        };
        self.open.insert(wish, 0);
    }

    /// Sends what is not acknowledged and not on its way.
    fn send(&mut self, app: &mut App) -> std::io::Result<()> {
        let on_their_way: BTreeSet<&Wish> = self.sent.values().map(|(wish, _)| wish).collect();
        let next = self.open.iter();
        let next = next.filter(|(wish, _)| !on_their_way.contains(wish));
        let Some((wish, attempts)) = next.min_by_key(|(_, attempts)| **attempts) else {
            return Ok(());
        };
        let (wish, attempt) = (wish.clone(), attempts + 1);
        self.open.insert(wish.clone(), attempt);
        let request = match &wish {
            Wish::Start(id, name, input) => format!("start {id} {name} {input}"),
            Wish::Raise(id, number) => format!("raise {id} go [{number},{attempt}]"),
            Wish::Signal(number) => {
                // An attempt has an entry of its own.
                format!("signal @ledger@0 add {}", 1_000 * number + attempt)
            }
            Wish::Later(number) => format!("later @ledger@0 add {}", 1_000 * number + attempt),
        };
        self.next += 1;
        self.sent.insert(self.next, (wish, attempt));
        app.ask(self.next, &request)
    }

    /// Takes notice of an answer.
    fn take(&mut self, line: &str) -> Result<(), Box<dyn Error>> {
        let (number, answer) = line.split_once(' ').ok_or("an answer without a number")?;
        let Some((wish, attempt)) = self.sent.remove(&number.parse()?) else {
            return Ok(());
        };
        if answer == "again" {
            return Ok(());
        }
        if !answer.starts_with("ok") {
            return Err(format!("{wish:?}: {answer}").into());
        }
        self.open.remove(&wish);
        match wish {
            Wish::Start(id, name, input) => {
                if name == ETERNAL {
                    self.eternal.insert(id.clone());
                }
                if name == "collect" || name == ETERNAL {
                    let events = EVENTS - u64::from(waits(&id));
                    let raises = (0..events).map(|event| (Wish::Raise(id.clone(), event), 0));
                    self.open.extend(raises);
                }
                let output = output(&id, name, &input);
                self.started.insert(id, output);
            }
            Wish::Raise(id, number) => {
                self.raised.insert((id, format!("[{number},{attempt}]")));
            }
            Wish::Signal(number) | Wish::Later(number) => {
                self.signalled.insert(1_000 * number + attempt);
            }
        }
        Ok(())
    }

    fn take_all(&mut self, app: &App) -> Result<(), Box<dyn Error>> {
        while let Ok(line) = app.answers.try_recv() {
            self.take(&line)?;
        }
        Ok(())
    }
}

/// Whether a collector never gets its last event.
fn waits(id: &str) -> bool {
    let number = id.trim_start_matches('i').parse::<u64>();
    number.is_ok_and(|number| number.is_multiple_of(WAITS_ONE_IN))
}

/// What an instance returns; `None` if it waits for ever.
fn output(id: &str, name: &str, input: &str) -> Option<String> {
    let size: u64 = input.parse().unwrap_or(0);
    let output = match name {
        "sequence" | "fan" => size * (size - 1),
        "naps" => size,
        "family" => 2 << size,
        "collect" | ETERNAL if waits(id) => return None,
        "collect" | ETERNAL => EVENTS * (EVENTS - 1) / 2,
        _ => 2,
    };
    Some(output.to_string())
}

#[test]
fn two_hundred_kills_under_a_mixed_load_lose_nothing_and_do_nothing_twice()
-> Result<(), Box<dyn Error>> {
    let mut random = Random::from_environment();
    let folder = tempfile::tempdir()?;
    let file: PathBuf = folder.path().join("hub.db");
    let mut load = Load::default();
    for _ in 0..KILLS {
        let mut app = App::start(&file)?;
        let life = Duration::from_millis(random.between(LIFE_MS.start, LIFE_MS.end));
        let born = Instant::now();
        while born.elapsed() < life {
            if random.between(0, 3) == 0 {
                load.draw(&mut random);
            }
            load.send(&mut app)?;
            thread::sleep(PAUSE);
            load.take_all(&app)?;
        }
        for line in app.kill()? {
            load.take(&line)?;
        }
        // What it had not acknowledged is asked again.
        load.sent.clear();
    }
    let mut app = App::start(&file)?;
    let end = Instant::now() + PATIENCE;
    while !load.open.is_empty() {
        assert!(Instant::now() < end, "never acknowledged: {:?}", load.open);
        load.send(&mut app)?;
        thread::sleep(Duration::from_millis(1));
        load.take_all(&app)?;
    }
    all_ended(&mut app, &load)?;
    entities_are_right(&mut app, &load)?;
    app.kill()?;
    events_are_there_once(&file, &load)?;
    let repeated = load
        .raised
        .iter()
        .filter(|(_, event)| !event.ends_with(",1]"));
    println!(
        "{} instances, {} events, {} of them repeated, {} signals",
        load.started.len(),
        load.raised.len(),
        repeated.count(),
        load.signalled.len()
    );
    assert!(load.started.len() > 100 && load.raised.len() > 50);
    Ok(())
}

/// What was started has ended as it should, or waits for an event that was never sent.
fn all_ended(app: &mut App, load: &Load) -> Result<(), Box<dyn Error>> {
    let end = Instant::now() + PATIENCE;
    for (id, output) in &load.started {
        let wanted = match output {
            Some(output) => format!("Completed {output}"),
            None => String::from("Running "),
        };
        loop {
            let state = app.ask_now(&format!("state {id}"))?;
            if state == wanted {
                break;
            }
            assert!(
                ["Pending ", "Running "].contains(&state.as_str()) && Instant::now() < end,
                "{id} is {state}, not {wanted}"
            );
            thread::sleep(PAUSE);
        }
    }
    Ok(())
}

fn entities_are_right(app: &mut App, load: &Load) -> Result<(), Box<dyn Error>> {
    let mut sum = 0;
    for number in 0..ACCOUNTS {
        let account = app.ask_now(&format!("entity @account@{number}"))?;
        let balance = account
            .strip_prefix("false ")
            .ok_or(format!("account {number}: {account}"))?;
        sum += balance.parse::<i64>()?;
    }
    assert_eq!(sum, 0, "money was made or lost");
    let end = Instant::now() + PATIENCE;
    let (entries, once) = loop {
        let ledger = app.ask_now("entity @ledger@0")?;
        let (_, entries) = ledger.split_once(' ').ok_or(ledger.clone())?;
        let entries: Vec<u64> = serde_json::from_str(entries)?;
        let once: BTreeSet<u64> = entries.iter().copied().collect();
        // The last delayed ones may not be due yet.
        if load.signalled.is_subset(&once) || Instant::now() >= end {
            assert!(ledger.starts_with("false "), "{ledger}");
            break (entries, once);
        }
        thread::sleep(PAUSE);
    };
    assert_eq!(once.len(), entries.len(), "a signal was applied twice");
    let lost: Vec<_> = load.signalled.difference(&once).collect();
    assert!(lost.is_empty(), "signals are lost: {lost:?}");
    Ok(())
}

/// Every acknowledged event is in a history, and none is there twice.
fn events_are_there_once(file: &Path, load: &Load) -> Result<(), Box<dyn Error>> {
    let mut times: BTreeMap<(String, String), u32> = BTreeMap::new();
    for event in HubFile::copy(file)?.raised_events()? {
        *times.entry(event).or_default() += 1;
    }
    let twice: Vec<_> = times.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "events are there twice: {twice:?}");
    // A repetition may have come after the one that its instance was still waiting for.
    let number = |(id, payload): &(String, String)| {
        let number = payload.split(',').next().unwrap_or_default();
        (id.clone(), number.to_owned())
    };
    let there: BTreeSet<_> = times.keys().map(number).collect();
    // What an endless instance took in is in its output: of earlier executions nothing is kept.
    let kept = load.raised.iter();
    for event in kept.filter(|(id, _)| !load.eternal.contains(id)) {
        assert!(there.contains(&number(event)), "{event:?} is in no history");
        let first_try = event.1.ends_with(",1]");
        assert!(!first_try || times.contains_key(event), "{event:?} is lost");
    }
    Ok(())
}
