//! Each pattern from its start to its end, on a hub in memory.

use std::sync::Arc;
use std::time::Duration;

use agent_host::{Host, HubLocation};
use durable_task::{
    Client, DurableClient, InstanceId, InstanceState, StartRequest, Status, WaitFor,
};
use serde_json::{Value, json};

use crate::patterns::bank::Account;
use crate::patterns::rates::Rate;

const TIMEOUT: Duration = Duration::from_secs(30);
type TestResult = Result<(), Box<dyn std::error::Error>>;

struct Scene {
    host: Host,
    client: Arc<dyn Client>,
}

impl Scene {
    async fn new() -> Self {
        let host = crate::app().start(HubLocation::Memory).await.unwrap();
        let client = host.client();
        Self { host, client }
    }

    async fn start(&self, name: &str, version: Option<&str>, input: Value) -> InstanceId {
        let id = InstanceId::new(format!("{name}-{}", version.unwrap_or("newest"))).unwrap();
        let mut request = StartRequest::new(name, id.clone()).input_json(input.to_string());
        request.version = version.map(str::to_owned);
        self.client.start(request).await.unwrap();
        id
    }

    async fn raise(&self, id: &InstanceId, name: &str, payload: Value) {
        let payload = Some(payload.to_string());
        self.client.raise_event(id, name, payload).await.unwrap();
    }

    async fn end(&self, id: &InstanceId) -> InstanceState {
        let ended = self.client.wait(id, WaitFor::Completion, TIMEOUT).await;
        ended.unwrap()
    }

    async fn output(&self, id: &InstanceId) -> Value {
        let state = self.end(id).await;
        assert_eq!(state.status, Status::Completed, "{:?}", state.failure);
        serde_json::from_str(&state.output.unwrap()).unwrap()
    }

    async fn run(&self, name: &str, input: Value) -> Value {
        let id = self.start(name, None, input).await;
        self.output(&id).await
    }

    async fn close(self) {
        self.host.shutdown(TIMEOUT).await;
    }
}

#[tokio::test]
async fn chaining() -> TestResult {
    let scene = Scene::new().await;
    let printed = scene.run("publish", json!("Rust")).await;
    let printed = printed.as_str().ok_or("no text")?;
    assert!(printed.starts_with("About Rust, reviewed, printed as "));
    scene.close().await;
    Ok(())
}

#[tokio::test]
async fn fan_out() {
    let scene = Scene::new().await;
    let pages = json!(["one two", "three", "", "four five six"]);
    assert_eq!(scene.run("count_words", pages).await, json!(6));
    scene.close().await;
}

#[tokio::test]
async fn approval() {
    let scene = Scene::new().await;
    let chair = |hours: u64| json!({"what": "a chair", "cents": 4200, "hours": hours});
    let id = scene.start("expense", None, chair(72)).await;
    scene
        .raise(&id, "Approval", json!({"approved": true, "by": "Ada"}))
        .await;
    assert_eq!(
        scene.output(&id).await,
        json!("paid 4200 cents for a chair")
    );
    let state = scene.end(&id).await;
    assert_eq!(state.custom_status.as_deref(), Some("\"approved by Ada\""));
    let id = scene.start("expense", Some(""), chair(0)).await;
    assert_eq!(scene.output(&id).await, json!("nobody decided in time"));
    scene.close().await;
}

#[tokio::test]
async fn monitor() -> TestResult {
    let scene = Scene::new().await;
    let watch = json!({"sensor": "attic", "limit": 1000, "every_ms": 1});
    let id = scene.start("watch", None, watch).await;
    let first = scene.client.wait(&id, WaitFor::Start, TIMEOUT).await?;
    loop {
        let now = scene.client.get(&id, durable_task::Fetch::Metadata).await?;
        let now = now.ok_or("it is there")?;
        assert_eq!(now.status, Status::Running);
        if now.execution_id != first.execution_id {
            break;
        }
        tokio::task::yield_now().await;
    }
    let reason = Some(String::from("\"enough\""));
    scene.client.terminate(&id, reason, false).await?;
    assert_eq!(scene.end(&id).await.status, Status::Terminated);
    scene.close().await;
    Ok(())
}

#[tokio::test]
async fn trips() {
    let scene = Scene::new().await;
    let booked = scene.run("book_trip", json!(["Rome", "Oslo"])).await;
    let booked: Vec<&str> = booked
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert!(booked[0].starts_with("seat to Rome ") && booked[1].starts_with("seat to Oslo "));
    let id = scene
        .start("book_trip", Some(""), json!(["Rome", "Atlantis"]))
        .await;
    let state = scene.end(&id).await;
    assert_eq!(state.status, Status::Failed);
    assert!(format!("{:?}", state.failure).contains("nobody flies to Atlantis"));
    scene.close().await;
}

#[tokio::test]
async fn versions() {
    let scene = Scene::new().await;
    let old = scene.start("price", Some("1.0"), json!(100)).await;
    let new = scene.start("price", None, json!(100)).await;
    for id in [&old, &new] {
        scene.raise(id, "go", Value::Null).await;
    }
    assert_eq!(scene.output(&old).await, json!(100));
    assert_eq!(scene.output(&new).await, json!(120));
    scene.close().await;
}

#[tokio::test]
async fn bank() -> TestResult {
    let scene = Scene::new().await;
    let client = DurableClient::from(Arc::clone(&scene.client));
    let ada = client.entity::<Account>("ada");
    let bob = client.entity::<Account>("bob");
    ada.signal().deposit(100).await?;
    let transfer = |cents: u64| json!({"from": "ada", "to": "bob", "cents": cents});
    assert_eq!(scene.run("transfer", transfer(70)).await, json!(true));
    let again = scene.start("transfer", Some(""), transfer(70)).await;
    assert_eq!(scene.output(&again).await, json!(false));
    assert_eq!(ada.state().await?, Some(Account { cents: 30 }));
    assert_eq!(bob.state().await?, Some(Account { cents: 70 }));
    scene.close().await;
    Ok(())
}

#[tokio::test]
async fn rates() -> TestResult {
    let scene = Scene::new().await;
    for (name, amount) in [("first", 2), ("second", 3), ("third", 5)] {
        let id = InstanceId::new(name)?;
        let input = json!([amount, "usd"]).to_string();
        let request = StartRequest::new("convert", id).input_json(input);
        scene.client.start(request).await?;
    }
    for (name, worth) in [("first", 172), ("second", 258), ("third", 430)] {
        assert_eq!(scene.output(&InstanceId::new(name)?).await, json!(worth));
    }
    let client = DurableClient::from(Arc::clone(&scene.client));
    let usd = client.entity::<Rate>("usd").state().await?;
    assert_eq!(
        usd,
        Some(Rate {
            cents: Some(86),
            asked: 1
        })
    );
    let nowhere = scene.start("convert", None, json!([1, "shells"])).await;
    let state = scene.end(&nowhere).await;
    assert!(format!("{:?}", state.failure).contains("nobody trades shells"));
    scene.close().await;
    Ok(())
}
