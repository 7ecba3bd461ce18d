//! What each request says of its sender.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use durable_task::grpc::{AccessToken, GrpcHealth, TokenError, TokenSource};
use durable_task::wire::proto::ActivityResponse;
use durable_task::{ClientError, Fetch, InstanceId, Timestamp};
use tonic::Code;

use super::fake::{Connected, Fake, activity, done};

/// Tokens that are numbered from 1 and last a day; none where it begins at 0.
struct Tokens(AtomicU32);

impl Tokens {
    fn new() -> Arc<Self> {
        Arc::new(Self(AtomicU32::new(1)))
    }
}

#[async_trait]
impl TokenSource for Tokens {
    async fn token(&self) -> Result<AccessToken, TokenError> {
        let number = self.0.fetch_add(1, Ordering::SeqCst);
        if number == 0 {
            return Err(TokenError::Refused {
                from: "the test".into(),
                reason: "it has none".into(),
            });
        }
        Ok(AccessToken {
            secret: format!("t{number}").into(),
            expires_at: Timestamp::now().saturating_add(Duration::from_hours(24)),
        })
    }
}

#[tokio::test]
async fn a_worker_names_its_hub_itself_and_its_token() {
    let fake = Fake::start().await;
    let mut options = fake.options();
    options.task_hub = Some("hub".into());
    options.worker_id = "w1".into();
    options.tokens = Some(Tokens::new());
    let mut worker = Connected::new(options);
    let stream = fake.stream().await;
    stream.send("token", activity("i"));
    worker.item().await.completer.complete(done("1"));
    let call = fake.call().await;
    assert_eq!(call.method, "complete_activity_task");
    let agent = format!(
        "durable-task-rust/{} (DurableTaskWorker)",
        env!("CARGO_PKG_VERSION")
    );
    for metadata in [&stream.metadata, &call.metadata] {
        for (name, expected) in [
            ("taskhub", "hub"),
            ("workerid", "w1"),
            ("x-user-agent", &agent),
            ("authorization", "Bearer t1"),
        ] {
            let value = metadata.get(name).map(|value| value.to_str().unwrap());
            assert_eq!(value, Some(expected), "{name}");
        }
    }
    assert_eq!(stream.ask.worker_instance_id, "w1");
}

#[tokio::test]
async fn a_client_is_no_worker() {
    let fake = Fake::start().await;
    let mut options = fake.options();
    options.task_hub = Some("hub".into());
    options.tokens = Some(Tokens::new());
    let worker = Connected::new(options);
    let id = InstanceId::new("i").unwrap();
    let client = worker.hub.client();
    assert_eq!(client.get(&id, Fetch::Metadata).await, Ok(None));
    let call = fake.call().await;
    assert_eq!(call.method, "get_instance");
    assert_eq!(call.header("taskhub"), Some("hub"));
    assert_eq!(call.header("authorization"), Some("Bearer t1"));
    assert_eq!(call.header("workerid"), None);
    assert!(
        call.header("x-user-agent")
            .unwrap()
            .ends_with("(DurableTaskClient)")
    );
    assert!(call.header("grpc-timeout").is_some(), "{call:?}");
}

#[tokio::test]
async fn without_settings_nothing_is_said_of_a_hub_or_a_token() {
    let fake = Fake::start().await;
    let worker = Connected::new(fake.options());
    let stream = fake.stream().await;
    assert!(stream.metadata.get("taskhub").is_none());
    assert!(stream.metadata.get("authorization").is_none());
    assert!(!stream.ask.worker_instance_id.is_empty());
    drop(worker);
}

#[tokio::test]
async fn an_answer_is_sent_again_with_a_new_token_where_the_old_one_was_not_accepted() {
    let fake = Fake::start().await;
    let mut options = fake.options();
    options.tokens = Some(Tokens::new());
    let mut worker = Connected::new(options);
    let stream = fake.stream().await;
    fake.refuse("complete_activity_task", Code::Unauthenticated, "too old");
    stream.send("token", activity("i"));
    worker.item().await.completer.complete(done("1"));
    for bearer in ["Bearer t1", "Bearer t2"] {
        let call = fake.call().await;
        assert_eq!(call.method, "complete_activity_task");
        assert_eq!(call.header("authorization"), Some(bearer));
        assert_eq!(call.message::<ActivityResponse>().completion_token, "token");
    }
}

#[tokio::test]
async fn a_client_that_is_not_accepted_is_told_and_shows_a_new_token_next() {
    let fake = Fake::start().await;
    let mut options = fake.options();
    options.tokens = Some(Tokens::new());
    let worker = Connected::new(options);
    let client = worker.hub.client();
    let id = InstanceId::new("i").unwrap();
    fake.refuse("get_instance", Code::Unauthenticated, "too old");
    let error = client.get(&id, Fetch::Metadata).await.unwrap_err();
    let expected = ClientError::Invalid {
        field: "credentials",
        problem: "too old (Unauthenticated)".into(),
    };
    assert_eq!(error, expected);
    client.get(&id, Fetch::Metadata).await.unwrap();
    fake.call().await;
    assert_eq!(fake.call().await.header("authorization"), Some("Bearer t2"));
}

#[tokio::test]
async fn without_a_token_nothing_is_sent_and_it_shows_why() {
    let fake = Fake::start().await;
    let mut options = fake.options();
    options.tokens = Some(Arc::new(Tokens(AtomicU32::new(0))));
    let worker = Connected::new(options);
    let refused = |health: &GrpcHealth| match health {
        GrpcHealth::Reconnecting { reason, failures } => {
            let words = "there is no token to show to the service: the test gives no token";
            reason.contains(words) && *failures == 1
        }
        _ => false,
    };
    worker.stands(refused).await;
    // The next attempt has one.
    let stream = fake.stream().await;
    let bearer = stream.metadata.get("authorization").unwrap();
    assert_eq!(bearer.to_str().unwrap(), "Bearer t1");
}
