//! Sub-orchestrations.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{InstanceId, OrchestrationError, Payload, json};

use super::call::{Call, Target};
use super::retry::RetryPolicy;
use super::{OrchestrationContext, Orchestrator};

impl OrchestrationContext {
    /// Starts another orchestration when awaited, and waits for its result. `O` is what it returns.
    ///
    /// Its id is a replay-safe GUID unless [`SubOrchestrationCall::instance_id`] sets one. Inside a
    /// critical section it is an error.
    #[track_caller]
    pub fn call_sub_orchestration<O: DeserializeOwned>(
        &self,
        name: impl Into<String>,
        input: &(impl Serialize + ?Sized),
    ) -> SubOrchestrationCall<O> {
        let name = name.into();
        let input = json::encode(|| format!("the input of orchestration `{name}`"), input);
        self.sub_orchestration(name, input, json::read)
    }

    #[track_caller]
    fn sub_orchestration<O>(
        &self,
        name: String,
        input: Result<String, OrchestrationError>,
        decode: json::Decode<O>,
    ) -> SubOrchestrationCall<O> {
        let target = Target::SubOrchestration {
            name,
            version: None,
            instance: None,
        };
        SubOrchestrationCall {
            call: Call::new(&self.state, target, input),
            decode,
        }
    }

    /// Starts another orchestration by its type.
    #[track_caller]
    #[allow(
        clippy::needless_pass_by_value,
        reason = "a wrong input is then a plain type error"
    )]
    pub fn call_orchestrator<T: Orchestrator>(
        &self,
        input: T::Input,
    ) -> SubOrchestrationCall<T::Output> {
        let what = || format!("the input of orchestration `{}`", T::NAME);
        let input = json::encode_payload(what, &input);
        let call = self.sub_orchestration(T::NAME.to_owned(), input, T::Output::from_json);
        if T::VERSION.is_empty() {
            call
        } else {
            call.version(T::VERSION)
        }
    }
}

/// A sub-orchestration. Made by [`OrchestrationContext::call_sub_orchestration`].
#[must_use = "a sub-orchestration is started when the call is awaited"]
pub struct SubOrchestrationCall<O> {
    call: Call,
    decode: json::Decode<O>,
}

impl<O> SubOrchestrationCall<O> {
    /// Sets the id of the new instance. With a retry policy every attempt has this id.
    ///
    /// ```
    /// use durable_task::{InstanceId, OrchestrationContext, OrchestrationError};
    ///
    /// async fn trip(ctx: OrchestrationContext, city: String) -> Result<u64, OrchestrationError> {
    ///     let id = InstanceId::new(format!("{}-hotel", ctx.instance_id()))?;
    ///     ctx.call_sub_orchestration("book_hotel", &city).instance_id(id).await
    /// }
    /// ```
    pub fn instance_id(mut self, id: InstanceId) -> Self {
        if let Target::SubOrchestration { instance, .. } = &mut self.call.target {
            *instance = Some(id);
        }
        self
    }

    /// Asks for a version of the orchestrator; without, the newest one runs.
    pub fn version(mut self, wanted: impl Into<String>) -> Self {
        if let Target::SubOrchestration { version, .. } = &mut self.call.target {
            *version = Some(wanted.into());
        }
        self
    }

    /// Adds a label. A sub-orchestration has the labels of its parent, too, unless it has its own
    /// of that name.
    ///
    /// All labels together have at most [`TAGS_UTF8_BYTES_MAX`](crate::TAGS_UTF8_BYTES_MAX); more
    /// fail the call.
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.call.tags.insert(key.into(), value.into());
        self
    }

    /// Starts it now and does not wait for it: neither its result nor its failure comes back, and
    /// it goes on when this orchestration ends. Returns its id. A retry policy does not apply.
    pub fn detach(self) -> Result<InstanceId, OrchestrationError> {
        self.call.detach()
    }

    /// Starts it again when it fails.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.call.attempts.set_policy(policy);
        self
    }
}

impl<O> Future for SubOrchestrationCall<O> {
    type Output = Result<O, OrchestrationError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let decode = self.decode;
        let call = &mut self.call;
        call.poll(context).map(|outcome| {
            let text = outcome?;
            let what = || format!("the result of orchestration `{}`", call.target.name());
            json::decode_by(decode, what, text.as_deref())
        })
    }
}

impl<O> fmt::Debug for SubOrchestrationCall<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SubOrchestrationCall")
            .field(&self.call.target)
            .finish()
    }
}
