//! Crashes and failing commits at random moments: everything that was acknowledged ends as it
//! should, nothing that is committed is done again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use durable_task::wire::proto::history_event::EventType;
use durable_task::{ClientError, EntityId, StartRequest, Status};
use task_hub::store::memory::{Fault, MemoryStore};

use crate::flow::counter;
use crate::support::script::{self, activity, call, complete, lock, unlock};
use crate::support::{Bench, ScriptedWorker, Started, id};

const TURNS: usize = 6;
const STEPS: usize = 3;

/// A small generator: the same numbers for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap()
    }
}

/// Under the lock of one of two sessions: some activities, then one more in the session's count.
fn worker() -> ScriptedWorker {
    ScriptedWorker::new()
        .activity("step")
        .entity("session", true, |state, asked| {
            counter(state, &asked.operation, asked.input.as_deref())
        })
        .orchestrator("turn", |events| {
            let session = script::input(events);
            let section = own_section(events);
            let mut actions = vec![lock(&section, &[&session])];
            let replies = script::replies(events);
            let results = script::results(events).len();
            if !replies.is_empty() {
                let steps = STEPS.min(results + 1);
                actions.extend((0..steps).map(|step| activity("step", &step.to_string())));
            }
            if results == STEPS {
                actions.push(call(&session, &section, "add", "1"));
            }
            if replies.len() == 2 {
                actions.push(unlock(&section, &session));
                actions.push(complete("done"));
            }
            actions
        })
}

/// A section id that is the same on every replay and different for each instance.
fn own_section(events: &[durable_task::wire::proto::HistoryEvent]) -> String {
    events
        .iter()
        .find_map(|event| match &event.event_type {
            Some(EventType::ExecutionStarted(start)) => start.orchestration_instance.clone(),
            _ => None,
        })
        .unwrap()
        .execution_id
        .unwrap()
}

struct Chaos {
    random: Random,
    store: Arc<MemoryStore>,
    bench: Bench,
    running: Vec<Started>,
    /// Instances whose start was acknowledged.
    acknowledged: BTreeMap<String, usize>,
}

impl Chaos {
    async fn new(seed: u64) -> Self {
        let store = Arc::new(MemoryStore::new());
        Self {
            random: Random(seed),
            bench: Bench::on(Arc::clone(&store) as Arc<_>, worker()).await,
            store,
            running: Vec::new(),
            acknowledged: BTreeMap::new(),
        }
    }

    /// The process dies, with or without what it was writing.
    async fn crash(&mut self) {
        if self.random.below(2) == 0 {
            self.store.faults().hold();
        }
        self.store = Arc::new(self.store.after_crash());
        self.running.clear();
        self.bench = Bench::on(Arc::clone(&self.store) as Arc<_>, worker()).await;
    }

    async fn start(&mut self, turn: usize) {
        let name = format!("turn{turn}");
        let session = turn % 2;
        let request = StartRequest::new("turn", id(&name));
        let request = request.input_json(format!("@session@{session}"));
        match self.bench.client.start(request).await {
            Ok(_) | Err(ClientError::AlreadyExists { .. }) => {
                self.acknowledged.insert(name, session);
            }
            Err(error) => assert!(error.is_retryable(), "{error:?}"),
        }
    }

    /// Takes what was started; none of it may have a committed result.
    async fn collect(&mut self) {
        while self.bench.worker.started_count() > 0 {
            let started = self.bench.worker.started().await;
            let instance = started.request.orchestration_instance.clone().unwrap();
            let history = self.bench.client.history(&id(&instance.instance_id)).await;
            let finished = history
                .unwrap()
                .iter()
                .any(|event| match &event.event_type {
                    Some(EventType::TaskCompleted(done)) => {
                        done.task_scheduled_id == started.request.task_id
                    }
                    _ => false,
                });
            assert!(!finished, "{} was finished", started.key());
            self.running.push(started);
        }
    }

    async fn step(&mut self) {
        match self.random.below(12) {
            0 => self.crash().await,
            1 => self.store.faults().fail([Fault::Refused]),
            2 => self.store.faults().fail([Fault::Unanswered]),
            3 | 4 => {
                let turn = self.random.below(TURNS);
                self.start(turn).await;
            }
            _ if !self.running.is_empty() => {
                let place = self.random.below(self.running.len());
                self.running.swap_remove(place).complete("1");
            }
            _ => {}
        }
        self.settle().await;
    }

    /// Lets the hub do what it can without the clock.
    async fn settle(&mut self) {
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        // A store that has failed twice in a row is tried again later.
        self.bench.runtime.advance(Duration::from_secs(30));
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        self.collect().await;
    }

    async fn finish(mut self) {
        for turn in 0..TURNS {
            while !self.acknowledged.contains_key(&format!("turn{turn}")) {
                self.start(turn).await;
                self.settle().await;
            }
        }
        for _ in 0..10_000 {
            let open = self.open().await;
            if open == 0 {
                break;
            }
            match self.running.pop() {
                Some(started) => started.complete("1"),
                None => assert!(self.bench.worker.started_count() > 0 || open > 0),
            }
            self.settle().await;
        }
        let mut turns = [0, 0];
        for (name, session) in &self.acknowledged {
            let state = self.bench.state(name).await;
            assert_eq!(state.status, Status::Completed, "{name}");
            turns[*session] += 1;
        }
        for (session, turns) in turns.into_iter().enumerate() {
            let entity = EntityId::new("session", session.to_string()).unwrap();
            let found = self.bench.client.get_entity(&entity, true).await;
            let found = found.unwrap().unwrap();
            assert_eq!(found.state, Some(turns.to_string()), "each turn once");
            assert_eq!((found.locked_by, found.backlog), (None, 0));
        }
    }

    async fn open(&self) -> usize {
        let mut open = 0;
        for name in self.acknowledged.keys() {
            open += usize::from(!self.bench.state(name).await.status.is_terminal());
        }
        open
    }
}

#[tokio::test]
async fn crashes_and_failures_lose_nothing_and_repeat_nothing() {
    for seed in 1..=60 {
        let mut chaos = Chaos::new(seed * 7_919).await;
        for _ in 0..60 {
            chaos.step().await;
        }
        chaos.finish().await;
    }
}
