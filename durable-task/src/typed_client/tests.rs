use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;

use super::*;
use crate::entity::Operation;
use crate::wire::proto::HistoryEvent;
use crate::{
    EntitiesCleaned, EntityCleaning, EntityFilter, EntityId, EntityMetadata, EntityTarget, Event,
    ExecutionId, Failure, Fetch, HistoryPart, InstanceFilter, InstanceState, OrchestrationContext,
    Page, Purged, SignalSender, WaitFor,
};

/// Notes what it is asked, and answers what it was given.
#[derive(Default)]
struct Fake {
    asked: Mutex<Vec<String>>,
    state: Mutex<Option<InstanceState>>,
    entity_state: Mutex<Option<String>>,
}

impl Fake {
    fn note(&self, what: String) {
        self.asked.lock().unwrap().push(what);
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    fn found(&self) -> Result<InstanceState, ClientError> {
        let state = self.state.lock().unwrap().clone();
        state.ok_or_else(|| ClientError::NotFound {
            instance: id("missing"),
        })
    }
}

type Answer<T> = Result<T, ClientError>;

#[async_trait]
impl Client for Fake {
    async fn start(&self, request: StartRequest) -> Answer<ExecutionId> {
        self.note(format!(
            "start {} {:?} {:?} {:?} {:?} {:?} {:?}",
            request.name,
            request.version,
            request.input,
            request.tags,
            request.scheduled_at.map(Timestamp::ticks),
            request.replaceable,
            request.instance_id,
        ));
        Ok(ExecutionId::new("e"))
    }

    async fn get(&self, _: &InstanceId, _: Fetch) -> Answer<Option<InstanceState>> {
        Ok(self.state.lock().unwrap().clone())
    }

    async fn wait(&self, id: &InstanceId, until: WaitFor, _: Duration) -> Answer<InstanceState> {
        self.note(format!("wait {id} {until:?}"));
        self.found()
    }

    async fn raise_event(&self, id: &InstanceId, name: &str, input: Option<String>) -> Answer<()> {
        self.note(format!("raise {id} {name} {input:?}"));
        Ok(())
    }

    async fn terminate(&self, id: &InstanceId, reason: Option<String>, all: bool) -> Answer<()> {
        self.note(format!("terminate {id} {reason:?} {all}"));
        Ok(())
    }

    async fn suspend(&self, id: &InstanceId, reason: Option<String>) -> Answer<()> {
        self.note(format!("suspend {id} {reason:?}"));
        Ok(())
    }

    async fn resume(&self, id: &InstanceId, reason: Option<String>) -> Answer<()> {
        self.note(format!("resume {id} {reason:?}"));
        Ok(())
    }

    async fn purge(&self, id: &InstanceId, recursive: bool) -> Answer<u64> {
        self.note(format!("purge {id} {recursive}"));
        Ok(3)
    }

    async fn purge_matching(&self, _: &InstanceFilter, _: Duration) -> Answer<Purged> {
        Err(ClientError::Unsupported { operation: "that" })
    }

    async fn rewind(&self, id: &InstanceId, reason: Option<String>) -> Answer<()> {
        self.note(format!("rewind {id} {reason:?}"));
        Ok(())
    }

    async fn restart(&self, from: &InstanceId, new: bool) -> Answer<InstanceId> {
        self.note(format!("restart {from} {new}"));
        Ok(if new { id("new") } else { from.clone() })
    }

    async fn query(
        &self,
        _: &InstanceFilter,
        _: Fetch,
        _: usize,
        _: Option<&str>,
    ) -> Answer<Page<InstanceState>> {
        Err(ClientError::Unsupported { operation: "that" })
    }

    async fn history(&self, id: &InstanceId) -> Answer<Vec<HistoryEvent>> {
        self.note(format!("history {id}"));
        Ok(vec![HistoryEvent::default()])
    }

    async fn history_part(
        &self,
        _: &InstanceId,
        _: Option<&ExecutionId>,
        _: Option<u64>,
    ) -> Answer<HistoryPart> {
        Err(ClientError::Unsupported { operation: "that" })
    }

    async fn signal_entity(
        &self,
        entity: &EntityId,
        operation: &str,
        input: Option<String>,
        at: Option<Timestamp>,
    ) -> Answer<()> {
        let at = at.map(Timestamp::ticks);
        self.note(format!("signal {entity} {operation} {input:?} {at:?}"));
        Ok(())
    }

    async fn get_entity(&self, id: &EntityId, with_state: bool) -> Answer<Option<EntityMetadata>> {
        let state = self.entity_state.lock().unwrap().clone();
        Ok(state.map(|state| EntityMetadata {
            id: id.clone(),
            state: with_state.then_some(state),
            modified_at: Timestamp::EPOCH,
            backlog: 0,
            locked_by: None,
        }))
    }

    async fn query_entities(
        &self,
        _: &EntityFilter,
        _: bool,
        _: usize,
        _: Option<&str>,
    ) -> Answer<Page<EntityMetadata>> {
        Err(ClientError::Unsupported { operation: "that" })
    }

    async fn clean_entities(&self, _: EntityCleaning, _: Option<&str>) -> Answer<EntitiesCleaned> {
        Err(ClientError::Unsupported { operation: "that" })
    }
}

struct Publish;

impl Orchestrator for Publish {
    const NAME: &'static str = "publish";
    const VERSION: &'static str = "1.2";
    type Input = String;
    type Output = u32;

    async fn run(_: OrchestrationContext, topic: String) -> Result<u32, OrchestrationError> {
        u32::try_from(topic.len()).map_err(|_| OrchestrationError::failed("long"))
    }
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Counter(u32);

struct Add;

impl Operation for Add {
    const NAME: &'static str = "add";
    type Input = u32;
    type Output = ();
}

struct CounterSignals<S>(S);

impl<S: SignalSender> CounterSignals<S> {
    fn add(self, by: u32) -> S::Sent {
        self.0.send::<Add>(&by)
    }
}

impl EntityType for Counter {
    const NAME: &'static str = "Counter";
    type State = Self;
    type Proxy = EntityTarget;
    type Signals<S: SignalSender> = CounterSignals<S>;

    fn proxy(target: EntityTarget) -> EntityTarget {
        target
    }

    fn signals<S: SignalSender>(sender: S) -> CounterSignals<S> {
        CounterSignals(sender)
    }

    fn operations() -> crate::entity::Operations {
        crate::entity::Operations::Synchronous(|_| Ok(serde_json::Value::Null))
    }
}

#[derive(Serialize, Deserialize)]
struct Approve {
    by: String,
}

impl Event for Approve {
    const NAME: &'static str = "approve";
}

fn id(text: &str) -> InstanceId {
    InstanceId::new(text).unwrap()
}

fn client() -> (Arc<Fake>, DurableClient) {
    let fake = Arc::new(Fake::default());
    (Arc::clone(&fake), DurableClient::new(fake))
}

fn state(status: Status) -> InstanceState {
    InstanceState {
        instance_id: id("a"),
        execution_id: ExecutionId::new("e"),
        name: String::from("publish"),
        version: String::new(),
        status,
        parked: false,
        input: None,
        output: None,
        failure: None,
        custom_status: None,
        parent: None,
        tags: BTreeMap::new(),
        created_at: Timestamp::EPOCH,
        updated_at: Timestamp::EPOCH,
        completed_at: None,
        scheduled_at: None,
    }
}

#[tokio::test]
async fn a_start_carries_what_was_asked_for() {
    let (fake, client) = client();
    let started = client
        .start::<Publish>(String::from("rust"))
        .instance_id(id("mine"))
        .tag("team", "docs")
        .start_at(Timestamp::from_ticks(7))
        .replace([Status::Failed])
        .await
        .unwrap();
    assert_eq!(started.id().as_str(), "mine");
    let plain = client.start_named::<()>("other", &7).version("3").await;
    let plain = plain.unwrap().id().to_string();
    assert_eq!(plain.len(), 32);
    assert_eq!(
        fake.asked(),
        [
            "start publish Some(\"1.2\") Some(\"\\\"rust\\\"\") {\"team\": \"docs\"} Some(7) \
             [Failed] \"mine\""
                .to_owned(),
            format!("start other Some(\"3\") Some(\"7\") {{}} None [] \"{plain}\""),
        ]
    );
}

#[tokio::test]
async fn a_start_that_is_wrong_is_not_made() {
    let (fake, client) = client();
    let tagged = client.start::<Publish>(String::new()).tag("", "x").await;
    assert_eq!(
        tagged.unwrap_err().to_string(),
        "tags: a tag has an empty key"
    );
    let unwritable = BTreeMap::from([((1, 2), 3)]);
    let error = client
        .start_named::<()>("x", &unwritable)
        .await
        .unwrap_err();
    let ClientError::Invalid {
        field: "input",
        problem,
    } = error
    else {
        panic!("{error}");
    };
    assert!(problem.starts_with("the input of orchestration `x` can't be written as JSON"));
    assert!(fake.asked().is_empty());
}

#[tokio::test]
async fn a_wait_gives_the_result_or_says_why_there_is_none() {
    let (fake, client) = client();
    let handle = client.attach::<Publish>(id("a"));
    let give = |state| *fake.state.lock().unwrap() = Some(state);
    let second = Duration::from_secs(1);

    give(InstanceState {
        output: Some(String::from("4")),
        ..state(Status::Completed)
    });
    assert_eq!(handle.wait(second).await, Ok(4));
    assert_eq!(fake.asked(), ["wait a Completion"]);

    let table = [
        (
            InstanceState {
                output: Some(String::from("\"x\"")),
                ..state(Status::Completed)
            },
            "the result of instance `a` is not of the expected type: invalid type: \
             string \"x\", expected u32 at line 1 column 3",
            false,
        ),
        (
            InstanceState {
                failure: Some(Failure::new("Io", "broken")),
                ..state(Status::Failed)
            },
            "instance `a` failed: Io: broken",
            false,
        ),
        (
            state(Status::Failed),
            "instance `a` failed: Unknown: the failure has no details",
            false,
        ),
        (
            InstanceState {
                output: Some(String::from("\"enough\"")),
                ..state(Status::Terminated)
            },
            "instance `a` has ended as Terminated: enough",
            false,
        ),
        (
            state(Status::Canceled),
            "instance `a` has ended as Canceled",
            false,
        ),
        (
            state(Status::Running),
            "instance `a` has not ended in time: it is Running",
            true,
        ),
        (
            InstanceState {
                parked: true,
                ..state(Status::Pending)
            },
            "instance `a` has not ended in time: it is Pending, and no worker has code for it, or \
             for an activity that it calls",
            true,
        ),
    ];
    for (state, expected, retryable) in table {
        give(state);
        let error = handle.wait(second).await.unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert_eq!(error.is_retryable(), retryable, "{error}");
    }
    *fake.state.lock().unwrap() = None;
    let missing = handle.wait(second).await.unwrap_err();
    assert!(matches!(
        missing,
        WaitError::Client(ClientError::NotFound { .. })
    ));
}

#[tokio::test]
async fn a_handle_asks_for_its_instance() {
    let (fake, client) = client();
    let handle = client.attach::<Publish>(id("a"));
    let by = String::from("me");
    handle.raise(&Approve { by }).await.unwrap();
    handle.raise_named("go", &[1]).await.unwrap();
    handle.terminate("a \"no\"").await.unwrap();
    handle.terminate_with_children("no").await.unwrap();
    handle.suspend("s").await.unwrap();
    handle.resume("r").await.unwrap();
    handle.rewind("w").await.unwrap();
    handle.restart().await.unwrap();
    assert_eq!(handle.restart_as_new().await.unwrap().id(), &id("new"));
    handle.purge().await.unwrap();
    assert_eq!(handle.purge_with_children().await, Ok(3));
    assert_eq!(handle.history().await.unwrap().len(), 1);
    assert_eq!(
        fake.asked(),
        [
            r#"raise a approve Some("{\"by\":\"me\"}")"#,
            r#"raise a go Some("[1]")"#,
            r#"terminate a Some("\"a \\\"no\\\"\"") false"#,
            r#"terminate a Some("\"no\"") true"#,
            r#"suspend a Some("s")"#,
            r#"resume a Some("r")"#,
            r#"rewind a Some("w")"#,
            "restart a false",
            "restart a true",
            "purge a false",
            "purge a true",
            "history a",
        ]
    );
}

#[tokio::test]
async fn a_custom_status_has_a_type() {
    let (fake, client) = client();
    let handle = client.attach_named::<()>(id("a"));
    let missing = handle.custom_status::<u32>().await.unwrap_err();
    assert!(matches!(missing, ClientError::NotFound { .. }));
    *fake.state.lock().unwrap() = Some(state(Status::Running));
    assert_eq!(handle.custom_status::<u32>().await, Ok(None));
    *fake.state.lock().unwrap() = Some(InstanceState {
        custom_status: Some(String::from("7")),
        ..state(Status::Running)
    });
    assert_eq!(handle.custom_status::<u32>().await, Ok(Some(7)));
    let other = handle.custom_status::<String>().await.unwrap_err();
    assert!(matches!(other, ClientError::Invalid { .. }), "{other}");
}

#[tokio::test]
async fn an_entity_is_signalled_and_read() {
    let (fake, client) = client();
    let counter = client.entity::<Counter>("k");
    counter.signal().add(5).await.unwrap();
    let time = Timestamp::from_ticks(9);
    counter.clone().signal_at(time).add(6).await.unwrap();
    assert_eq!(
        fake.asked(),
        [
            r#"signal @counter@k add Some("5") None"#,
            r#"signal @counter@k add Some("6") Some(9)"#,
        ]
    );
    assert_eq!(counter.state().await, Ok(None));
    *fake.entity_state.lock().unwrap() = Some(String::from("5"));
    assert_eq!(counter.state().await, Ok(Some(Counter(5))));
    assert_eq!(counter.metadata().await.unwrap().unwrap().state, None);
    *fake.entity_state.lock().unwrap() = Some(String::from("\"x\""));
    assert_eq!(
        counter.state().await.unwrap_err().to_string(),
        "state: that of entity `@counter@k` is not of the expected type: invalid type: string \
         \"x\", expected u32 at line 1 column 3"
    );
}

#[tokio::test]
async fn an_entity_of_a_wrong_key_is_not_asked() {
    let (fake, client) = client();
    let counter = client.entity::<Counter>("a/b");
    let says = "key: `a/b` can't be the key of an entity `Counter`";
    let signalled = counter.signal().add(5).await.unwrap_err().to_string();
    assert!(signalled.starts_with(says), "{signalled}");
    let read = counter.state().await.unwrap_err().to_string();
    assert!(read.starts_with(says), "{read}");
    let known = counter.metadata().await.unwrap_err().to_string();
    assert!(known.starts_with(says), "{known}");
    assert!(fake.asked().is_empty());
}
