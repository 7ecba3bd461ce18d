//! What generated nodes do.

use std::any::{TypeId, type_name};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use durable_task::{Failure, RetryPolicy};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::workflow::{
    Access, CustomEvent, ExecutorCode, ExecutorDefinition, InvalidMessage, MergeError, Message,
    NodeAnswer, NodeCall, NodeCode, NodeDefinition, PortDefinition, RouteError, Slot, SlotUse,
};

/// What travels: a number that every node mixes, and how many times it may still turn back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ball {
    /// The number.
    pub value: u64,
    /// How many times.
    pub fuel: u64,
}

/// Lets generated executors take their time: a resource, a different number for another order.
#[derive(Debug, Clone, Copy)]
pub struct Jitter(pub u64);

/// Ends the world in the middle of an executor: a resource. The step that it strikes, and every
/// step after it, ends only when the worker does.
#[derive(Debug, Clone)]
pub struct Doom {
    left: Arc<AtomicUsize>,
    struck: Arc<Notify>,
}

impl Doom {
    /// Strikes after so many steps of executors, each of which has one at least.
    pub fn after(steps: usize) -> Self {
        Self {
            left: Arc::new(AtomicUsize::new(steps)),
            struck: Arc::default(),
        }
    }

    /// Waits until it has struck.
    pub async fn has_struck(&self) {
        self.struck.notified().await;
    }

    async fn step(&self, end: &CancellationToken) {
        let less = |left: usize| left.checked_sub(1);
        if self.left.fetch_update(Relaxed, Relaxed, less).is_err() {
            self.struck.notify_one();
            end.cancelled().await;
        }
    }
}

/// Mixes two numbers.
pub(super) fn mix(one: u64, other: u64) -> u64 {
    let mut value = one ^ other.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17);
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// What any JSON comes to.
pub(super) fn absorb(message: &Message) -> Result<Ball, RouteError> {
    let value: Value = serde_json::from_str(message.json()).map_err(|error| RouteError {
        from: "JSON",
        to: type_name::<Ball>(),
        problem: error.to_string(),
    })?;
    Ok(ball_of(&value))
}

fn ball_of(value: &Value) -> Ball {
    let start = Ball { value: 7, fuel: 0 };
    let both = |before: Ball, next: Ball| Ball {
        value: mix(before.value, next.value),
        fuel: before.fuel.max(next.fuel),
    };
    match value {
        Value::Array(items) => items.iter().map(ball_of).fold(start, both),
        Value::Object(_) => Ball::deserialize(value).unwrap_or(start),
        other => {
            let text = other.to_string();
            let value = text.bytes().fold(1, |sum, byte| mix(sum, u64::from(byte)));
            Ball { value, fuel: 0 }
        }
    }
}

pub(super) fn written<T: Serialize>(value: &T) -> Result<Message, RouteError> {
    let failed = |error: serde_json::Error| RouteError {
        from: type_name::<T>(),
        to: "JSON",
        problem: error.to_string(),
    };
    let text = serde_json::value::to_raw_value(value).map_err(failed)?;
    Ok(Message::from_raw(text))
}

/// What every node makes of what it gets.
pub(super) fn step(node: usize, ball: Ball) -> Ball {
    Ball {
        value: mix(ball.value, node as u64),
        fuel: ball.fuel.saturating_sub(1),
    }
}

/// What a generated port is answered.
pub fn answer_of(question: &Message) -> Message {
    let given = absorb(question).and_then(|ball| written(&step(1000, ball)));
    given.unwrap_or_else(|_| question.clone())
}

/// How many slots a generated graph has: the first two are merged, the others are not.
pub(super) const SLOTS: usize = 4;

struct Marker<const N: usize>;

const fn slot<const N: usize>(name: &'static str) -> Slot {
    Slot {
        name,
        type_id: TypeId::of::<Marker<N>>,
        type_name: type_name::<Marker<N>>,
        schema: || Value::Bool(true),
        default: if N == 0 {
            Some(|| written(&1_u64))
        } else {
            None
        },
        merge: if N < 2 { Some(fold) } else { None },
        written: name,
    }
}

pub(super) const ALL_SLOTS: [Slot; SLOTS] = [
    slot::<0>("first"),
    slot::<1>("second"),
    slot::<2>("third"),
    slot::<3>("fourth"),
];

/// The order of what is merged shows.
fn fold(current: Option<&Message>, written_: &[Message]) -> Result<Message, MergeError> {
    let read = |message: &Message| {
        let number: Result<u64, _> = serde_json::from_str(message.json());
        number.or_else(|_| absorb(message).map(|ball| ball.value))
    };
    let mut sum = current.map_or(Ok(0), read)?;
    for value in written_ {
        sum = mix(sum, read(value)?);
    }
    Ok(written(&sum)?)
}

/// How often a flaky executor is tried: in each process that is killed its first attempt fails.
const ATTEMPTS: u32 = 8;

/// What an executor does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a thing of its own")]
pub struct Does {
    /// The number of the node.
    pub node: usize,
    /// Bits of the slots that it reads.
    pub reads: u8,
    /// Bits of the slots that it writes.
    pub writes: u8,
    /// Whether it sends any number of messages.
    pub sends: bool,
    /// Whether it adds outputs.
    pub yields: bool,
    /// Whether it fails on some inputs.
    pub fails: bool,
    /// Whether the first attempt fails.
    pub flaky: bool,
}

impl Does {
    /// What it gives for an input.
    pub fn run(&self, call: &NodeCall) -> Result<NodeAnswer, Failure> {
        let wrong = |error: RouteError| Failure::new("Wrong", error.to_string()).non_retriable();
        let mut ball = step(self.node, absorb(&call.message).map_err(wrong)?);
        for (_, value) in &call.state {
            ball.value = mix(ball.value, absorb(value).map_err(wrong)?.value);
        }
        if self.fails && ball.value.is_multiple_of(7) {
            return Err(Failure::new("Unlucky", "divisible by seven").non_retriable());
        }
        let count = if self.sends { ball.value % 3 } else { 1 };
        let sent = |number| Ball {
            value: mix(ball.value, number),
            ..ball
        };
        let mut answer = NodeAnswer::default();
        for number in 0..count {
            answer.messages.push(written(&sent(number)).map_err(wrong)?);
        }
        if self.yields {
            answer.outputs.push(written(&sent(100)).map_err(wrong)?);
        }
        for (index, slot) in ALL_SLOTS.iter().enumerate() {
            if self.writes & (1 << index) != 0 {
                let value = written(&mix(ball.value, index as u64)).map_err(wrong)?;
                answer.updates.push(((slot.type_id)(), value));
            }
        }
        for number in 0..ball.value % 3 {
            answer.events.push(CustomEvent {
                name: format!("event-{number}"),
                data: written(&mix(ball.value, 200 + number)).map_err(wrong)?,
            });
        }
        Ok(answer)
    }

    fn code(self) -> ExecutorCode {
        let tried = std::sync::Mutex::new(std::collections::BTreeSet::new());
        Arc::new(move |call: NodeCall| {
            let first = tried
                .lock()
                .is_ok_and(|mut tried| tried.insert(call.place.clone().round));
            let outcome = if self.flaky && first {
                Err(Failure::new("Flaky", "the first attempt fails"))
            } else {
                self.run(&call)
            };
            let jitter = call
                .activity
                .resource::<Jitter>()
                .map_or(0, |&Jitter(seed)| {
                    let round = u64::from(call.place.round);
                    mix(seed, mix(self.node as u64, round)) % 5
                });
            let doom = call.activity.resource::<Doom>().cloned();
            Box::pin(async move {
                for _ in 0..jitter {
                    pause().await;
                    if let Some(doom) = &doom {
                        doom.step(call.activity.cancelled()).await;
                    }
                }
                if let Some(doom) = &doom {
                    doom.step(call.activity.cancelled()).await;
                }
                outcome
            })
        })
    }

    /// As a node.
    pub(super) fn definition(self) -> NodeDefinition {
        let uses = |bits: u8, access| {
            let slots = ALL_SLOTS.iter().enumerate();
            let used = slots.filter(move |(index, _)| bits & (1 << index) != 0);
            used.map(move |(_, slot)| SlotUse {
                type_id: slot.type_id,
                type_name: slot.type_name,
                access,
            })
        };
        let state = uses(self.reads, Access::MayRead).chain(uses(self.writes, Access::MayWrite));
        let executor = ExecutorDefinition {
            run: self.code(),
            needs: Vec::new(),
            retry: self
                .flaky
                .then(|| RetryPolicy::new(ATTEMPTS, Duration::from_secs(1))),
            timeout: None,
            concurrency: None,
            state: state.collect(),
        };
        definition::<Does>("does", NodeCode::Executor(executor))
    }
}

async fn pause() {
    let mut waited = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut waited, true) {
            return std::task::Poll::Ready(());
        }
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

/// A port that takes any JSON.
pub(super) fn port(timeout: Option<Duration>) -> NodeDefinition {
    let port = PortDefinition {
        request_type: || "Question",
        response_type: || "Answer",
        response_schema: || Value::Bool(true),
        check: json,
        timeout,
        default: Some(|question| Ok(answer_of(question))),
    };
    definition::<Ball>("port", NodeCode::Port(port))
}

pub(super) fn definition<T: 'static>(name: &'static str, code: NodeCode) -> NodeDefinition {
    NodeDefinition {
        name,
        description: "",
        type_id: TypeId::of::<T>(),
        type_name: type_name::<T>(),
        code,
    }
}

/// Any JSON will do.
pub(super) fn json(text: &str) -> Result<Message, InvalidMessage> {
    let read = serde_json::from_str(text).map(Message::from_raw);
    read.map_err(|error| InvalidMessage {
        path: ".".to_owned(),
        problem: error.to_string(),
    })
}
