//! Calls of activities; what they share with those of sub-orchestrations.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::episode::{Handle, OpenTask, Outcome, State};
use crate::tags::check_tags;
use crate::wire::proto::{CreateSubOrchestrationAction, ScheduleTaskAction};
use crate::{Activity, Failure, InstanceId, OrchestrationError, Payload, json};

use super::OrchestrationContext;
use super::retry::{Attempts, RetryPolicy};
use super::timer::{Sleep, Until};

impl OrchestrationContext {
    /// Calls an activity by name; the call is made when it is awaited.
    ///
    /// The activity runs at least once, its result is recorded once. `O` is what it returns.
    #[track_caller]
    pub fn call_activity<O: DeserializeOwned>(
        &self,
        name: impl Into<String>,
        input: &(impl Serialize + ?Sized),
    ) -> ActivityCall<O> {
        let name = name.into();
        let input = json::encode(|| format!("the input of activity `{name}`"), input);
        let target = Target::Activity {
            name,
            version: None,
        };
        ActivityCall::new(Call::new(&self.state, target, input), json::read)
    }

    /// Calls an activity by its type, with the retry policy that the activity has.
    #[track_caller]
    #[allow(
        clippy::needless_pass_by_value,
        reason = "a wrong input is then a plain type error"
    )]
    pub fn call<A: Activity>(&self, input: A::Input) -> ActivityCall<A::Output> {
        let name = A::NAME.to_owned();
        let input = json::encode_payload(|| format!("the input of activity `{name}`"), &input);
        let target = Target::Activity {
            name,
            version: None,
        };
        let call = Call::new(&self.state, target, input);
        let call = ActivityCall::new(call, A::Output::from_json);
        match A::retry() {
            Some(policy) => call.retry(policy),
            None => call,
        }
    }
}

/// A call of an activity. Made by [`OrchestrationContext::call_activity`].
#[must_use = "an activity is called when the call is awaited"]
pub struct ActivityCall<O> {
    call: Call,
    decode: json::Decode<O>,
}

impl<O> ActivityCall<O> {
    fn new(call: Call, decode: json::Decode<O>) -> Self {
        Self { call, decode }
    }

    /// Repeats the activity when it fails.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.call.attempts.set_policy(policy);
        self
    }

    /// Asks for a version of the activity, where workers of several versions share a hub.
    pub fn version(mut self, wanted: impl Into<String>) -> Self {
        if let Target::Activity { version, .. } = &mut self.call.target {
            *version = Some(wanted.into());
        }
        self
    }

    /// Adds a label, which the activity and whoever looks at the history sees.
    ///
    /// All labels together have at most [`TAGS_UTF8_BYTES_MAX`](crate::TAGS_UTF8_BYTES_MAX); more
    /// fail the call.
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.call.tags.insert(key.into(), value.into());
        self
    }
}

impl<O> Future for ActivityCall<O> {
    type Output = Result<O, OrchestrationError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let decode = self.decode;
        let call = &mut self.call;
        call.poll(context).map(|outcome| {
            let text = outcome?;
            let what = || format!("the result of activity `{}`", call.target.name());
            json::decode_by(decode, what, text.as_deref())
        })
    }
}

impl<O> fmt::Debug for ActivityCall<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ActivityCall")
            .field(&self.call.target)
            .finish()
    }
}

/// What is called.
#[derive(Debug)]
pub(super) enum Target {
    Activity {
        name: String,
        version: Option<String>,
    },
    SubOrchestration {
        name: String,
        version: Option<String>,
        /// Chosen by the code; else each attempt gets a new one.
        instance: Option<InstanceId>,
    },
}

impl Target {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Activity { name, .. } | Self::SubOrchestration { name, .. } => name,
        }
    }
}

/// A call with its attempts and the waits between them.
#[derive(Debug)]
pub(super) struct Call {
    state: Handle,
    pub(super) target: Target,
    /// An input that can't be written fails the call, not the orchestrator that holds it.
    input: Result<String, OrchestrationError>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) attempts: Attempts,
    /// The instance of the current attempt at a sub-orchestration.
    current_instance: Option<InstanceId>,
    step: Step,
    at: &'static Location<'static>,
}

#[derive(Debug)]
enum Step {
    Begin,
    Running(OpenTask),
    Waiting(Sleep),
}

impl Call {
    #[track_caller]
    pub(super) fn new(
        state: &Handle,
        target: Target,
        input: Result<String, OrchestrationError>,
    ) -> Self {
        Self {
            state: state.clone(),
            target,
            input,
            tags: BTreeMap::new(),
            attempts: Attempts::new(),
            current_instance: None,
            step: Step::Begin,
            at: Location::caller(),
        }
    }

    /// Goes on until the call waits or has its last outcome.
    pub(super) fn poll(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<Option<String>, OrchestrationError>> {
        loop {
            self.step = match &mut self.step {
                Step::Begin => match self.begin() {
                    Ok(task) => Step::Running(task),
                    Err(error) => return Poll::Ready(Err(error)),
                },
                Step::Running(task) => match task.poll(self.at) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(outcome) => match self.next(outcome) {
                        Ok(wait) => Step::Waiting(wait),
                        Err(end) => return Poll::Ready(end),
                    },
                },
                Step::Waiting(wait) => match Pin::new(wait).poll(context) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(()) => Step::Begin,
                },
            };
        }
    }

    fn begin(&mut self) -> Result<OpenTask, OrchestrationError> {
        let input = self.input.clone()?;
        check_tags(&self.tags)?;
        let mut state = self.state.borrow_mut();
        let now = state.now();
        self.attempts.begin(now);
        let id = match &self.target {
            Target::Activity { name, version } => {
                let activity = ScheduleTaskAction {
                    name: name.clone(),
                    version: version.clone(),
                    input: Some(input),
                    tags: self.tags.clone(),
                    parent_trace_context: None,
                };
                state.schedule_activity(activity, self.at)
            }
            Target::SubOrchestration { .. } => {
                let child = self.child(&mut state, input);
                let instance = InstanceId::from_stored(child.instance_id.as_str());
                let id = state.start_child(child, self.at)?;
                self.current_instance = Some(instance);
                id
            }
        };
        Ok(OpenTask::new(&self.state, id))
    }

    /// Starts a sub-orchestration that nobody waits for.
    pub(super) fn detach(self) -> Result<InstanceId, OrchestrationError> {
        let input = self.input.clone()?;
        check_tags(&self.tags)?;
        let mut state = self.state.borrow_mut();
        let child = self.child(&mut state, input);
        let instance = InstanceId::from_stored(child.instance_id.as_str());
        state.start_detached(child, self.at)?;
        drop(state);
        Ok(instance)
    }

    fn child(&self, state: &mut State, input: String) -> CreateSubOrchestrationAction {
        let (version, instance) = match &self.target {
            Target::SubOrchestration {
                version, instance, ..
            } => (version.clone(), instance.clone()),
            Target::Activity { .. } => (None, None),
        };
        let instance = instance.unwrap_or_else(|| default_instance(state));
        CreateSubOrchestrationAction {
            instance_id: instance.as_str().to_owned(),
            name: self.target.name().to_owned(),
            version,
            input: Some(input),
            tags: self.tags.clone(),
            parent_trace_context: None,
        }
    }

    /// After an attempt: the wait before the next one, or the end.
    fn next(
        &mut self,
        outcome: Outcome,
    ) -> Result<Sleep, Result<Option<String>, OrchestrationError>> {
        let failure = match outcome {
            Ok(text) => return Err(Ok(text)),
            Err(failure) => failure,
        };
        let now = self.state.borrow().now();
        match self.attempts.fail(now, &failure) {
            Some(time) => Ok(Sleep::new(&self.state, Until::Time(time)).awaited_at(self.at)),
            None => Err(Err(self.error(failure))),
        }
    }

    fn error(&self, failure: Failure) -> OrchestrationError {
        let name = self.target.name().to_owned();
        let failure = Box::new(failure);
        match &self.current_instance {
            None => OrchestrationError::Activity { name, failure },
            Some(instance) => OrchestrationError::SubOrchestration {
                name,
                instance: instance.clone(),
                failure,
            },
        }
    }
}

/// 32 hexadecimal digits, as the isolated .NET SDK chooses them.
fn default_instance(state: &mut State) -> InstanceId {
    InstanceId::from_stored(state.guid().simple().to_string())
}
