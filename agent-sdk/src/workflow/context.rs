//! What a function of a graph works with.

use std::any::{TypeId, type_name};
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Mutex, MutexGuard, PoisonError};

use durable_task::{ActivityContext, Failure};
use serde::Serialize;
use serde_json::value::to_raw_value;
use tokio_util::sync::CancellationToken;

use super::codec::Codec;
use super::keyed::KeyedSlot;
use super::links::segment;
use super::node::{Access, SlotUse};
use super::state::check_state_size;
use super::state::declared::{MayBeReadBy, ReadBy, SentBy, WrittenBy, YieldedBy};
use super::{
    CustomEvent, HostUrl, LinkError, Message, NodeAnswer, NodeCall, PublicUrl, RequestPort,
};

/// How many messages and outputs one run of an executor may give.
pub const MESSAGES_MAX: usize = 10_000;
/// How many events of its own one run of an executor may add.
pub const EVENTS_MAX: usize = 1_000;
/// How large the names and the JSON of these events may be together, in bytes.
pub const EVENTS_BYTES_MAX: usize = 1024 * 1024;
/// How long the name of an event may be, in bytes.
pub const EVENT_NAME_BYTES_MAX: usize = 64;

/// What an executor works with in a workflow: the run's state, its messages, and who it runs for.
///
/// An executor takes it as `ctx: &WorkflowContext<name>`, where `name` is the executor itself: so
/// the compiler knows which slots it declared.
///
/// ```
/// use agent_sdk::prelude::*;
///
/// #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
/// struct Budget(u64);
///
/// #[executor(reads(Budget))]
/// async fn fits(price: u64, ctx: &WorkflowContext<fits>) -> Result<bool, ExecutorError> {
///     Ok(price <= ctx.get::<Budget>().0)
/// }
/// ```
pub struct WorkflowContext<E> {
    call: NodeCall,
    done: Mutex<Done>,
    executor: PhantomData<fn() -> E>,
}

/// What the executor did so far.
#[derive(Default)]
struct Done {
    answer: NodeAnswer,
    /// What it wrote to plain slots, which it sees itself.
    own: Vec<(TypeId, Message)>,
    /// The first thing that went wrong where nothing could be returned.
    problem: Option<Failure>,
    /// How large all that it wrote is.
    state_bytes: usize,
    /// How large its events are.
    event_bytes: usize,
}

impl<E> WorkflowContext<E> {
    pub(crate) fn new(call: NodeCall) -> Self {
        Self {
            call,
            done: Mutex::default(),
            executor: PhantomData,
        }
    }

    /// A slot's value, as it was when the superstep began, or as this run of the executor has set
    /// it.
    #[allow(
        clippy::missing_panics_doc,
        reason = "what would panic was checked before the executor began"
    )]
    pub fn get<X: ReadBy<E> + 'static>(&self) -> X {
        let value = self.read::<X>(X::CODEC);
        #[allow(
            clippy::expect_used,
            reason = "checked before the executor began, and with each value that it set"
        )]
        value.expect("a declared slot is there and can be read")
    }

    /// The value of a slot that may not be set yet.
    pub fn try_get<X: MayBeReadBy<E> + 'static>(&self) -> Option<X> {
        self.read::<X>(X::CODEC)
    }

    fn read<X: 'static>(&self, codec: Codec<X>) -> Option<X> {
        let message = self.stored(TypeId::of::<X>())?;
        codec.read("a slot", &message).ok()
    }

    fn stored(&self, slot: TypeId) -> Option<Message> {
        let find = |list: &[(TypeId, Message)]| {
            let (_, message) = list.iter().find(|(id, _)| *id == slot)?;
            Some(message.clone())
        };
        find(&self.done().own).or_else(|| find(&self.call.state))
    }

    /// Sets a slot. Other executors see it from the next superstep on.
    ///
    /// In a slot with a reducer, and in a [`Keyed`](super::Keyed) one, it is an update: each is
    /// merged into what is there when the superstep ends, and [`get`](Self::get) shows it from then
    /// on.
    pub fn set<X: WrittenBy<E> + 'static>(&self, value: impl Into<X>) {
        let slot = TypeId::of::<X>();
        let codec = X::CODEC;
        let written = codec
            .write("a slot", &value.into())
            .and_then(|message| self.readable(slot, codec, message));
        let mut done = self.done();
        match written {
            Ok(message) => {
                let keyed = X::KEYED;
                let is_reduced = keyed.is_some() || self.call.reduced.contains(&slot);
                done.set::<X>(message, is_reduced, keyed);
            }
            Err(failure) => done.fail(failure),
        }
    }

    /// A value that cannot be read again is refused where it was written.
    fn readable<X>(
        &self,
        slot: TypeId,
        codec: Codec<X>,
        message: Message,
    ) -> Result<Message, Failure> {
        if self.call.state.iter().any(|(id, _)| *id == slot) {
            codec.read("what was set", &message)?;
        }
        Ok(message)
    }

    /// Sends a message to the node that follows. Each takes the way by itself.
    #[allow(clippy::needless_pass_by_value, reason = "what is sent is given away")]
    pub fn send<T: SentBy<E>>(&self, message: T) {
        let message = T::CODEC.write("a message", &message);
        self.done().add(message, |answer| &mut answer.messages);
    }

    /// Adds a value to the outputs of the run.
    #[allow(clippy::needless_pass_by_value, reason = "what is sent is given away")]
    pub fn yield_output<T: YieldedBy<E>>(&self, value: T) {
        let message = T::CODEC.write("an output", &value);
        self.done().add(message, |answer| &mut answer.outputs);
    }

    /// Adds an event of your own to those of the run, for those who watch it: its kind is `custom`.
    ///
    /// They are told in the order in which they were added, when this run of the executor has
    /// succeeded, before its `executor_completed`; those of an attempt that fails are not told. Its
    /// name has ASCII letters, digits, `_`, `-` and `.`, at most 64; one run of an executor has at
    /// most 1,000 events, of 1 MiB together. Anything else fails the executor.
    ///
    /// ```
    /// use agent_sdk::prelude::*;
    ///
    /// #[derive(serde::Serialize)]
    /// struct Progress {
    ///     pages: usize,
    /// }
    ///
    /// #[executor]
    /// async fn scan(text: String, ctx: &WorkflowContext<scan>) -> Result<String, ExecutorError> {
    ///     let pages = text.split('\u{c}').count();
    ///     ctx.add_event("progress", &Progress { pages });
    ///     Ok(text)
    /// }
    /// ```
    pub fn add_event<T: Serialize + ?Sized>(&self, name: &str, data: &T) {
        let node = self.node();
        let data = to_raw_value(data).map(Message::from_raw).map_err(|error| {
            let message = format!(
                "event `{}` of node `{node}` can't be written: {error}",
                quoted(name)
            );
            Failure::new("InvalidEvent", message).non_retriable()
        });
        self.done().add_event(node, name, data);
    }

    /// The address at which the question of a request port is answered: the one that the same
    /// message asks (`x >> (port, this)`), else the only one of this superstep, else the next one,
    /// if this node alone leads to it. Otherwise it is an error.
    ///
    /// The base is a registered [`PublicUrl`], else that of the host's settings, else
    /// `WEBSITE_HOSTNAME`, else `http://localhost` at the port on which the host listens; without
    /// any it is an error.
    pub fn respond_url<P: RequestPort>(&self) -> Result<String, LinkError> {
        let path = self.respond_path::<P>()?;
        Ok(format!("{}{path}", self.public_url()?.base()))
    }

    /// The same at a base of your own, such as `https://shop.example/api`.
    pub fn respond_url_at<P: RequestPort>(&self, base: &str) -> Result<String, LinkError> {
        let path = self.respond_path::<P>()?;
        Ok(format!("{}{path}", base.trim_end_matches('/')))
    }

    fn respond_path<P: RequestPort>(&self) -> Result<String, LinkError> {
        let port = TypeId::of::<P>();
        let place = &self.call.place;
        let of_port = || self.call.requests.iter().filter(|(id, _)| *id == port);
        if of_port().next().is_none() {
            return Err(LinkError::NoSuchPort {
                workflow: place.workflow.clone(),
                port: type_name::<P>(),
                instance: place.instance.clone(),
            });
        }
        let Some(request) = of_port().find_map(|(_, request)| request.as_ref()) else {
            return Err(LinkError::Ambiguous {
                port: type_name::<P>(),
                instance: place.instance.clone(),
            });
        };
        let qualified = format!("{}{request}", place.request_prefix);
        Ok(format!(
            "/workflow/{}/respond/{}/{}",
            segment(&place.root_workflow),
            segment(&place.root_instance),
            segment(&qualified)
        ))
    }

    /// The address at which the status of the run is read; see [`respond_url`](Self::respond_url).
    pub fn status_url(&self) -> Result<String, LinkError> {
        Ok(format!(
            "{}{}",
            self.public_url()?.base(),
            self.status_path()
        ))
    }

    /// The same at a base of your own.
    pub fn status_url_at(&self, base: &str) -> String {
        format!("{}{}", base.trim_end_matches('/'), self.status_path())
    }

    fn status_path(&self) -> String {
        let place = &self.call.place;
        format!(
            "/workflow/{}/status/{}",
            segment(&place.root_workflow),
            segment(&place.root_instance)
        )
    }

    fn public_url(&self) -> Result<PublicUrl, LinkError> {
        let activity = &self.call.activity;
        let registered = activity.resource::<PublicUrl>().cloned();
        let host = activity.resource::<HostUrl>();
        registered
            .or_else(|| host?.configured())
            .or_else(PublicUrl::of_environment)
            .or_else(|| host?.local())
            .ok_or_else(|| LinkError::NoBaseUrl {
                instance: self.call.place.instance.clone(),
            })
    }

    /// The same whenever this run of the executor is repeated after a crash, and different for any
    /// other: hand it to whatever can recognise a repeated request.
    pub fn idempotency_key(&self) -> String {
        self.call.activity.idempotency_key()
    }

    /// Cancelled when nobody wants the result any more.
    pub fn cancelled(&self) -> &CancellationToken {
        self.call.activity.cancelled()
    }

    /// The run; of a sub-workflow its own.
    pub fn instance_id(&self) -> &str {
        &self.call.place.instance
    }

    /// The node of the graph.
    pub fn node(&self) -> &str {
        &self.call.place.node
    }

    /// The workflow.
    pub fn workflow(&self) -> &str {
        &self.call.place.workflow
    }

    /// How often this node has been run before in this run.
    pub fn round(&self) -> u32 {
        self.call.place.round
    }

    /// The nodes that sent the message; none of them if it is the input of the run.
    pub fn sources(&self) -> &[String] {
        &self.call.sources
    }

    pub(crate) fn activity(&self) -> &ActivityContext {
        &self.call.activity
    }

    /// The message that it was sent.
    pub(crate) fn message(&self) -> &Message {
        &self.call.message
    }

    /// Whether a slot that the executor reads is there and can be read.
    pub(crate) fn check<X: 'static>(
        &self,
        name: &str,
        access: Access,
        codec: Codec<X>,
    ) -> Result<(), Failure> {
        let slot = type_name::<X>();
        let Some(message) = self.stored(TypeId::of::<X>()) else {
            if access == Access::MayRead {
                return Ok(());
            }
            let message = format!("executor `{name}` reads `{slot}`, which is not set");
            return Err(Failure::new("StateNotSet", message).non_retriable());
        };
        let what = format!("a slot that executor `{name}` reads");
        codec.read(&what, &message).map(drop)
    }

    /// What it did, once it has succeeded.
    pub(crate) fn finish(&self, name: &str, uses: &[SlotUse]) -> Result<NodeAnswer, Failure> {
        let mut done = self.done();
        if let Some(problem) = done.problem.take() {
            return Err(problem);
        }
        let answer = std::mem::take(&mut done.answer);
        let is_set = |slot: &SlotUse| {
            let id = (slot.type_id)();
            answer.updates.iter().any(|(updated, _)| *updated == id)
        };
        let mut promised = uses.iter().filter(|slot| slot.access == Access::Writes);
        let Some(missing) = promised.find(|slot| !is_set(slot)) else {
            return Ok(answer);
        };
        let slot = (missing.type_name)();
        let message = format!(
            "executor `{name}` succeeded without having set `{slot}`, which it declares in \
             `writes(..)`; declare it in `may_write(..)` if it is not always set"
        );
        Err(Failure::new("StateNotSet", message).non_retriable())
    }

    /// A panic of another thread leaves it as it is: nothing here is half done.
    fn done(&self) -> MutexGuard<'_, Done> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Done {
    fn fail(&mut self, failure: Failure) {
        self.problem.get_or_insert(failure);
    }

    fn add(
        &mut self,
        message: Result<Message, Failure>,
        list: fn(&mut NodeAnswer) -> &mut Vec<Message>,
    ) {
        if self.answer.messages.len() + self.answer.outputs.len() >= MESSAGES_MAX {
            let message = format!("an executor may give {MESSAGES_MAX} messages and outputs");
            return self.fail(Failure::new("TooManyMessages", message).non_retriable());
        }
        match message {
            Ok(message) => list(&mut self.answer).push(message),
            Err(failure) => self.fail(failure),
        }
    }

    fn add_event(&mut self, node: &str, name: &str, data: Result<Message, Failure>) {
        let data = match data {
            Ok(data) => data,
            Err(failure) => return self.fail(failure),
        };
        let refuse = |error_type: &str, problem: String| {
            let message = format!("node `{node}`: {problem}");
            Failure::new(error_type, message).non_retriable()
        };
        if !is_event_name(name) {
            let problem = format!(
                "an event can't be named `{}`: a name has ASCII letters, digits, `_`, `-` and `.`, \
                 and at most {EVENT_NAME_BYTES_MAX} of them",
                quoted(name)
            );
            return self.fail(refuse("InvalidEvent", problem));
        }
        self.event_bytes = self
            .event_bytes
            .saturating_add(name.len() + data.json().len());
        if self.answer.events.len() >= EVENTS_MAX {
            let problem = format!("one run of an executor may add {EVENTS_MAX} events");
            self.fail(refuse("TooManyEvents", problem));
        } else if self.event_bytes > EVENTS_BYTES_MAX {
            let problem = format!(
                "the events of one run of an executor may have {EVENTS_BYTES_MAX} bytes, and with \
                 `{name}` they have {}",
                self.event_bytes
            );
            self.fail(refuse("EventsTooLarge", problem));
        } else {
            let name = name.to_owned();
            self.answer.events.push(CustomEvent { name, data });
        }
    }

    fn set<X: 'static>(&mut self, message: Message, is_reduced: bool, keyed: Option<KeyedSlot>) {
        let slot = TypeId::of::<X>();
        let mut message = message;
        if let Some(earlier) = self.replaced(slot, is_reduced && keyed.is_none()) {
            self.state_bytes -= earlier.json().len();
            if let Some(keyed) = keyed {
                match (keyed.join)(&earlier, &message) {
                    Ok(joined) => message = joined,
                    Err(error) => {
                        let failure = Failure::new("InvalidMessage", error.to_string());
                        return self.fail(failure.non_retriable());
                    }
                }
            }
        }
        if !is_reduced {
            self.own.retain(|(id, _)| *id != slot);
            self.own.push((slot, message.clone()));
        }
        let bytes = message.json().len();
        self.state_bytes += bytes;
        match check_state_size(type_name::<X>(), bytes, self.state_bytes) {
            Ok(()) => self.answer.updates.push((slot, message)),
            Err(failure) => self.fail(failure),
        }
    }

    /// Takes out what was written before, unless each write counts by itself.
    fn replaced(&mut self, slot: TypeId, each_counts: bool) -> Option<Message> {
        let updates = &mut self.answer.updates;
        let at = updates.iter().position(|(id, _)| *id == slot)?;
        (!each_counts).then(|| updates.remove(at).1)
    }
}

fn is_event_name(name: &str) -> bool {
    let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    (1..=EVENT_NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(is_fine)
}

/// The beginning of a name that may be anything.
fn quoted(name: &str) -> String {
    let name = name.chars().take(EVENT_NAME_BYTES_MAX);
    name.flat_map(char::escape_debug).collect()
}

impl<E> fmt::Debug for WorkflowContext<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkflowContext")
            .field("place", &self.call.place)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
