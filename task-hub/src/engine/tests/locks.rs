//! Locks under every order of messages: no two holders, no deadlock, nothing left behind.

use durable_task::InstanceId;
use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use durable_task::wire::proto::send_entity_message_action::EntityMessageType;
use durable_task::wire::proto::{
    EntityLockRequestedEvent, ExecutionTerminatedEvent, HistoryEvent, OrchestrationInstance,
    OrchestrationStatus, SendEntityMessageAction, SendEventAction,
};
use proptest::prelude::*;

use super::world::World;
use super::{complete, id, response};
use crate::engine::{Instance, Taking};

const ENTITIES: [&str; 3] = ["@c@a", "@c@b", "@c@c"];

/// What one instance does: which entities it locks, and whether it ends by itself once it has them.
#[derive(Debug, Clone)]
struct Plan {
    entities: Vec<usize>,
    ends: bool,
    /// Whether it asks with an event.
    as_event: bool,
}

fn plan() -> impl Strategy<Value = Plan> {
    let entities = proptest::collection::vec(0..ENTITIES.len(), 1..4);
    let choices = (entities, any::<bool>(), any::<bool>());
    choices.prop_map(|(entities, ends, as_event)| Plan {
        entities,
        ends,
        as_event,
    })
}

fn lock(name: &str, plan: &Plan) -> Action {
    let entities = plan
        .entities
        .iter()
        .map(|place| ENTITIES[*place].to_owned());
    if plan.as_event {
        return lock_by_event(name, plan);
    }
    Action::SendEntityMessage(SendEntityMessageAction {
        entity_message_type: Some(EntityMessageType::EntityLockRequested(
            EntityLockRequestedEvent {
                critical_section_id: format!("section of {name}"),
                lock_set: entities.collect(),
                ..EntityLockRequestedEvent::default()
            },
        )),
    })
}

/// To the first one that it names, with all in its own order: another engine's worker may do so.
fn lock_by_event(name: &str, plan: &Plan) -> Action {
    let entities = plan.entities.iter().map(|place| ENTITIES[*place]);
    let set: Vec<_> = entities
        .clone()
        .map(|id| serde_json::json!({"name": "c", "key": id.rsplit('@').next()}))
        .collect();
    let request = serde_json::json!({
        "op": null, "id": format!("section of {name}"), "lockset": set,
    });
    Action::SendEvent(SendEventAction {
        instance: Some(OrchestrationInstance {
            instance_id: entities.into_iter().next().unwrap().to_owned(),
            execution_id: None,
        }),
        name: String::from("op"),
        data: Some(request.to_string()),
    })
}

/// In the form in which it was asked for.
fn is_granted(events: &[HistoryEvent], plan: &Plan) -> bool {
    events.iter().any(|event| match &event.event_type {
        Some(EventType::EntityLockGranted(_)) => !plan.as_event,
        Some(EventType::EventRaised(_)) => plan.as_event,
        _ => false,
    })
}

struct Run {
    world: World,
    plans: Vec<Plan>,
    granted: Vec<bool>,
}

impl Run {
    fn new(plans: Vec<Plan>) -> Self {
        let mut world = World::new();
        for (place, plan) in plans.iter().enumerate() {
            let name = format!("i{place}");
            let (orchestration, delta) = world.outside.running(&name, vec![lock(&name, plan)]);
            world.take_in(delta);
            let instance = Instance::Orchestration(Box::new(orchestration));
            world.instances.insert(id(&name), instance);
        }
        let granted = vec![false; plans.len()];
        Self {
            world,
            plans,
            granted,
        }
    }

    fn name(place: usize) -> InstanceId {
        id(&format!("i{place}"))
    }

    /// Runs the episode of an instance that has one to run.
    fn run(&mut self, place: usize) {
        let instance = self.world.instances.get_mut(&Self::name(place)).unwrap();
        let orchestration = instance.orchestration().unwrap();
        if !orchestration.is_ready() {
            return;
        }
        let mut env = self.world.outside.env();
        let (events, _) = orchestration.begin("", Taking::Everything, &mut env);
        self.granted[place] |= is_granted(&events, &self.plans[place]);
        let ends = self.plans[place].ends && self.granted[place];
        let actions = if ends {
            vec![complete(OrchestrationStatus::Completed, "1")]
        } else {
            Vec::new()
        };
        let delta = orchestration.apply(response(1, actions), &mut env);
        self.world.take_in(delta);
    }

    fn terminate(&mut self, place: usize) {
        let event = EventType::ExecutionTerminated(ExecutionTerminatedEvent::default());
        let name = format!("i{place}");
        let message = self.world.outside.message(&name, event);
        self.world.send(message);
    }

    /// Delivers and runs all there is.
    fn settle(&mut self) {
        loop {
            while self.world.targets() > 0 {
                self.world.deliver(0);
            }
            for place in 0..self.plans.len() {
                self.run(place);
            }
            if self.world.targets() == 0 {
                return;
            }
        }
    }

    /// Each granted instance that has not ended holds all its entities.
    fn check_holders(&mut self) {
        for place in 0..self.plans.len() {
            let name = Self::name(place);
            let instance = self.world.instances.get_mut(&name).unwrap();
            if !self.granted[place] || instance.orchestration().unwrap().is_ended() {
                continue;
            }
            for entity in self.plans[place].entities.clone() {
                let entity = self.world.instances.get_mut(&id(ENTITIES[entity])).unwrap();
                let lock = entity.entity().unwrap().lock().cloned().unwrap();
                assert_eq!(lock.holder, name);
            }
        }
    }

    fn check_nothing_is_left(&mut self) {
        for entity in ENTITIES {
            if let Some(entity) = self.world.instances.get_mut(&id(entity)) {
                let entity = entity.entity().unwrap();
                assert_eq!(entity.lock(), None);
                assert_eq!(entity.backlog(), 0);
            }
        }
    }
}

proptest! {
    #[test]
    fn locks_have_one_holder_and_are_given_back(
        plans in proptest::collection::vec(plan(), 1..6),
        choices in proptest::collection::vec((0..4_u8, any::<usize>()), 0..200),
    ) {
        let count = plans.len();
        let mut run = Run::new(plans);
        for (what, choice) in choices {
            match what {
                0 | 1 => run.world.deliver(choice),
                2 => run.run(choice % count),
                _ => run.check_holders(),
            }
        }
        run.settle();
        run.check_holders();
        // Whoever waits gets its turn as soon as those before it have ended.
        for _ in 0..count {
            let holders: Vec<usize> = (0..count).filter(|place| run.granted[*place]).collect();
            prop_assert!(!holders.is_empty());
            for place in holders {
                run.terminate(place);
            }
            run.settle();
            run.check_holders();
        }
        prop_assert!(run.granted.iter().all(|granted| *granted), "{:?}", run.granted);
        run.check_nothing_is_left();
    }

    #[test]
    fn ending_at_any_moment_leaves_no_lock_and_no_request(
        plans in proptest::collection::vec(plan(), 1..6),
        choices in proptest::collection::vec((0..4_u8, any::<usize>()), 0..200),
    ) {
        let count = plans.len();
        let mut run = Run::new(plans);
        for (what, choice) in choices {
            match what {
                0 | 1 => run.world.deliver(choice),
                2 => run.run(choice % count),
                _ => run.terminate(choice % count),
            }
        }
        for place in 0..count {
            run.terminate(place);
        }
        run.settle();
        run.check_nothing_is_left();
    }
}
