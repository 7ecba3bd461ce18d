//! Bringing answers to the service.

use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tonic::{Request, Response, Status};

use crate::WorkAnswer;
use crate::wire::proto::{
    AbandonActivityTaskRequest, AbandonEntityTaskRequest, AbandonOrchestrationTaskRequest,
    OperationInfo,
};

use super::answer;
use super::backoff::random_delay;
use super::connection::{Connection, Role};
use super::error::CallError;

/// How often an answer is sent until it is given up: the service hands out the item once more.
const ATTEMPTS_MAX: u32 = 8;
/// How many failures in a row a refused answer counts as, until its item is given back: whoever
/// gets it next may give the same answer.
const REFUSED_PAUSE: u32 = 3;
/// How long the service may take to make an answer durable.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(1);

/// What kind of item is answered.
pub(super) enum Kind {
    Orchestrator,
    Activity,
    Entity {
        /// Who waits for each operation, where the service wants to hear it again.
        infos: Vec<OperationInfo>,
        /// The state before the operations.
        state: Option<String>,
    },
}

impl Kind {
    fn name(&self) -> &'static str {
        match self {
            Self::Orchestrator => "orchestration",
            Self::Activity => "activity",
            Self::Entity { .. } => "entity",
        }
    }
}

/// An item of the service that waits for its answer.
pub(super) struct Answering {
    pub(super) connection: Connection,
    pub(super) instance: String,
    pub(super) token: String,
    pub(super) kind: Kind,
    /// Its place among those that are worked on.
    pub(super) _place: OwnedSemaphorePermit,
}

impl Answering {
    /// Sends the answer, again where that may help.
    pub(super) async fn deliver(self, answer: WorkAnswer) {
        let connection = &self.connection;
        let Err(error) = self.send(connection, answer).await else {
            return;
        };
        let instance = &self.instance;
        tracing::warn!(instance, %error, "an answer did not reach the service");
        // Work that the service does not know is not ours any more; what it can't hear about goes
        // to others when the stream ends.
        if error.is_not_found() || error.is_transient() {
            return;
        }
        tokio::time::sleep(random_delay(REFUSED_PAUSE)).await;
        let abandoned = self.abandon(connection, "the service refused its answer");
        if let Err(error) = abandoned.await {
            tracing::warn!(instance, %error, "work could not be given back");
        }
    }

    async fn send(&self, connection: &Connection, answer: WorkAnswer) -> Result<(), CallError> {
        let bytes_max = connection.options().send_bytes_max;
        let token = self.token.clone();
        match (answer, &self.kind) {
            (WorkAnswer::Orchestrator { mut response, .. }, Kind::Orchestrator) => {
                response.completion_token = token;
                for part in answer::parts(response, bytes_max) {
                    repeat(connection, &part, |request| {
                        let mut service = connection.work();
                        async move { service.complete_orchestrator_task(request).await }
                    })
                    .await?;
                }
                Ok(())
            }
            (WorkAnswer::Activity(mut response), Kind::Activity) => {
                response.completion_token = token;
                let response = answer::activity(response, bytes_max);
                repeat(connection, &response, |request| {
                    let mut service = connection.work();
                    async move { service.complete_activity_task(request).await }
                })
                .await
            }
            (WorkAnswer::Entity(mut result), Kind::Entity { infos, state }) => {
                result.completion_token = token;
                let result = answer::entity(result, (infos.clone(), state.as_deref()), bytes_max);
                repeat(connection, &result, |request| {
                    let mut service = connection.work();
                    async move { service.complete_entity_task(request).await }
                })
                .await
            }
            (WorkAnswer::Abandoned { reason }, _) => self.abandon(connection, &reason).await,
            _ => {
                let reason = "the worker's answer is of another kind than the item";
                self.abandon(connection, reason).await
            }
        }
    }

    /// Gives the item back.
    async fn abandon(&self, connection: &Connection, reason: &str) -> Result<(), CallError> {
        tracing::info!(
            instance = self.instance,
            kind = self.kind.name(),
            reason,
            "work is given back"
        );
        let completion_token = self.token.clone();
        match &self.kind {
            Kind::Orchestrator => {
                let message = AbandonOrchestrationTaskRequest { completion_token };
                repeat(connection, &message, |request| {
                    let mut service = connection.work();
                    async move { service.abandon_task_orchestrator_work_item(request).await }
                })
                .await
            }
            Kind::Activity => {
                let message = AbandonActivityTaskRequest { completion_token };
                repeat(connection, &message, |request| {
                    let mut service = connection.work();
                    async move { service.abandon_task_activity_work_item(request).await }
                })
                .await
            }
            Kind::Entity { .. } => {
                let message = AbandonEntityTaskRequest { completion_token };
                repeat(connection, &message, |request| {
                    let mut service = connection.work();
                    async move { service.abandon_task_entity_work_item(request).await }
                })
                .await
            }
        }
    }
}

/// Sends a message until it is answered, refused for good, or was sent often enough.
async fn repeat<T, R, F>(
    connection: &Connection,
    message: &T,
    send: impl Fn(Request<T>) -> F,
) -> Result<(), CallError>
where
    T: prost::Message + Clone,
    F: Future<Output = Result<Response<R>, Status>>,
{
    let (mut attempts, mut has_new_token) = (0, false);
    loop {
        attempts += 1;
        let how = (Role::Worker, ANSWER_TIMEOUT);
        match connection.call(how, message.clone(), &send).await {
            Ok(_) => return Ok(()),
            Err(error) if error.is_transient() && attempts < ATTEMPTS_MAX => {
                tracing::debug!(%error, attempts, "an answer is sent again");
                tokio::time::sleep(random_delay(attempts)).await;
            }
            // The token was not accepted; there may be a newer one.
            Err(error)
                if error.is_unauthenticated() && connection.has_tokens() && !has_new_token =>
            {
                has_new_token = true;
            }
            Err(error) => return Err(error),
        }
    }
}
