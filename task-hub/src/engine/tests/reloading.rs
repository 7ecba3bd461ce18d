//! An instance that is written, forgotten and read again goes on as if it had stayed in memory.

use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use durable_task::wire::proto::{
    CreateSubOrchestrationAction, CreateTimerAction, EventRaisedEvent, ExecutionResumedEvent,
    ExecutionSuspendedEvent, SubOrchestrationInstanceCompletedEvent, TimerFiredEvent,
};
use proptest::prelude::*;

use super::{Outside, activity, completed, id, response};
use crate::engine::{Delta, Instance, Message, Orchestration, Taking};
use crate::store::{
    InstanceRow, Loaded, LoadedBody, MessageRow, OpenTask, OpenTimer, TaskKind, TaskRow, TimerRow,
};

/// What a store would have of one instance.
#[derive(Default)]
struct Rows {
    tasks: Vec<TaskRow>,
    timers: Vec<TimerRow>,
    messages: Vec<MessageRow>,
}

impl Rows {
    fn take_in(&mut self, delta: Delta) {
        self.tasks.extend(delta.tasks_opened);
        self.tasks
            .retain(|task| !delta.tasks_closed.contains(&task.id));
        self.timers.extend(delta.timers_opened);
        let closed: Vec<u64> = delta.timers_closed.iter().map(|(_, id)| *id).collect();
        self.timers.retain(|timer| !closed.contains(&timer.id));
        self.messages
            .retain(|row| !delta.consumed.contains(&row.id));
    }

    fn load(&self, orchestration: &Orchestration) -> Loaded {
        let tasks = self.tasks.iter().map(|task| OpenTask {
            id: task.id,
            task_id: task.task_id,
            child: match &task.kind {
                TaskKind::Activity(_) => None,
                TaskKind::SubOrchestration(child) => Some(child.clone()),
            },
        });
        let timers = self.timers.iter().map(|timer| OpenTimer {
            id: timer.id,
            timer_id: timer.timer_id.unwrap(),
            fire_at: timer.fire_at,
        });
        Loaded {
            body: LoadedBody::Orchestration(Box::new(InstanceRow {
                identity: (*orchestration.identity).clone(),
                step: orchestration.step(),
                tasks: tasks.collect(),
                timers: timers.collect(),
            })),
            messages: self.messages.clone(),
        }
    }
}

#[derive(Debug, Clone)]
enum Happening {
    Activity(i32),
    Timer(i32),
    Child(i32),
    Event,
    Suspend,
    Resume,
    Episode(Vec<u8>),
    Reload,
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        (0..6_i32).prop_map(Happening::Activity),
        (0..6_i32).prop_map(Happening::Timer),
        (0..6_i32).prop_map(Happening::Child),
        Just(Happening::Event),
        Just(Happening::Suspend),
        Just(Happening::Resume),
        proptest::collection::vec(0..3_u8, 0..4).prop_map(Happening::Episode),
        Just(Happening::Reload),
    ]
}

fn action(kind: u8) -> Action {
    match kind {
        0 => activity("x"),
        1 => Action::CreateTimer(CreateTimerAction::default()),
        _ => Action::CreateSubOrchestration(CreateSubOrchestrationAction {
            name: String::from("child"),
            ..CreateSubOrchestrationAction::default()
        }),
    }
}

/// One instance, and its twin that is written and read again at times.
struct Twins {
    outside: [Outside; 2],
    instances: [Instance; 2],
    rows: Rows,
    next_action: i32,
}

impl Twins {
    fn new() -> Self {
        let mut outside = [Outside::new(), Outside::new()];
        let instances = outside.each_mut().map(|outside| {
            let (orchestration, _) = outside.start("a");
            Instance::Orchestration(Box::new(orchestration))
        });
        Self {
            outside,
            instances,
            rows: Rows::default(),
            next_action: 0,
        }
    }

    fn receive(&mut self, event: &EventType) {
        let mut deltas = Vec::new();
        for (outside, instance) in self.outside.iter_mut().zip(&mut self.instances) {
            let message = outside.message("a", event.clone());
            deltas.push(instance.receive(message, &mut outside.env()));
        }
        self.compare(deltas);
    }

    /// Compares what both did, apart from rows: only one of them has any.
    fn compare(&mut self, mut deltas: Vec<Delta>) {
        let stored = deltas.pop().unwrap();
        let kept = deltas.pop().unwrap();
        assert_eq!(kept.history, stored.history);
        assert_eq!(kept.tasks_opened, stored.tasks_opened);
        assert_eq!(kept.tasks_closed, stored.tasks_closed);
        assert_eq!(kept.timers_closed, stored.timers_closed);
        assert_eq!(kept.messages, stored.messages);
        assert_eq!(kept.dropped, stored.dropped);
        self.rows.take_in(stored);
    }

    fn episode(&mut self, actions: &[u8]) {
        let first = self.next_action;
        let mut deltas = Vec::new();
        let mut seen = Vec::new();
        for (outside, instance) in self.outside.iter_mut().zip(&mut self.instances) {
            let orchestration = instance.orchestration().unwrap();
            if !orchestration.is_ready() {
                seen.push(Vec::new());
                continue;
            }
            let mut env = outside.env();
            seen.push(orchestration.begin("", Taking::Everything, &mut env).0);
            let actions = actions.iter().copied().map(action).collect();
            deltas.push(orchestration.apply(response(first, actions), &mut env));
        }
        assert_eq!(seen[0], seen[1], "the worker is asked the same");
        if !deltas.is_empty() {
            self.next_action += i32::try_from(actions.len()).unwrap();
            self.compare(deltas);
        }
    }

    fn reload(&mut self) {
        let [_, instance] = &mut self.instances;
        let [_, outside] = &mut self.outside;
        self.rows.messages.extend(instance.store_messages());
        let orchestration = instance.orchestration().unwrap();
        let loaded = self.rows.load(orchestration);
        let before = orchestration.clone();
        let mut read = Instance::from_body(id("a"), loaded.body, outside.now);
        let messages = loaded.messages.into_iter().map(Message::from_row);
        let messages = messages.collect::<Result<_, _>>().unwrap();
        let deltas = read.receive_all(messages, &mut outside.env());
        assert!(
            deltas.iter().all(Delta::is_empty),
            "reading changes nothing"
        );
        assert_eq!(read.orchestration(), Some(&mut before.clone()));
        *instance = read;
    }
}

proptest! {
    #[test]
    fn reading_an_instance_again_changes_nothing(
        happenings in proptest::collection::vec(happening(), 0..60),
    ) {
        let mut twins = Twins::new();
        for happening in happenings {
            match happening {
                Happening::Activity(task) => twins.receive(&completed(task)),
                Happening::Timer(timer_id) => {
                    let fire_at = None;
                    twins.receive(&EventType::TimerFired(TimerFiredEvent { fire_at, timer_id }));
                }
                Happening::Child(task_scheduled_id) => {
                    let event = SubOrchestrationInstanceCompletedEvent {
                        task_scheduled_id,
                        result: None,
                    };
                    twins.receive(&EventType::SubOrchestrationInstanceCompleted(event));
                }
                Happening::Event => {
                    let event = EventRaisedEvent::default();
                    twins.receive(&EventType::EventRaised(event));
                }
                Happening::Suspend => {
                    let event = ExecutionSuspendedEvent::default();
                    twins.receive(&EventType::ExecutionSuspended(event));
                }
                Happening::Resume => {
                    let event = ExecutionResumedEvent::default();
                    twins.receive(&EventType::ExecutionResumed(event));
                }
                Happening::Episode(actions) => twins.episode(&actions),
                Happening::Reload => twins.reload(),
            }
        }
    }
}
