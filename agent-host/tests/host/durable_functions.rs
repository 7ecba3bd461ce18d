//! Orchestrators, activities and entities that the tests of the management API manage, and an app
//! that hosts them.

use std::time::Duration;

use agent_host::{FunctionApp, HubLocation};
use axum::body::Body;
use axum::http::{Method, Request};
use durable_task::{
    Activity, ActivityContext, ActivityError, Entity, EntityContext, Failure, Fetch, InstanceId,
    OrchestrationContext, OrchestrationError, Orchestrator, Registry, WaitFor,
};
use serde_json::Value;

use crate::model::{Control, TestModel};
use crate::support::{Answer, TestApp, Weather, definition};

pub const PREFIX: &str = "/runtime/webhooks/durabletask";

/// Greets three cities, one after the other.
pub struct Hello;

impl Orchestrator for Hello {
    const NAME: &'static str = "Hello";
    type Input = Option<Value>;
    type Output = Vec<String>;

    async fn run(
        ctx: OrchestrationContext,
        _: Option<Value>,
    ) -> Result<Vec<String>, OrchestrationError> {
        let mut greetings = Vec::new();
        for city in ["Tokyo", "Seattle", "London"] {
            greetings.push(ctx.call_activity("SayHello", city).await?);
        }
        Ok(greetings)
    }
}

/// The greeting.
pub struct SayHello;

impl Activity for SayHello {
    const NAME: &'static str = "SayHello";
    type Input = String;
    type Output = String;

    async fn run(&self, _: ActivityContext, name: String) -> Result<String, ActivityError> {
        Ok(format!("Hello {name}!"))
    }
}

/// Waits for the event `go` and returns its payload.
pub struct Long;

impl Orchestrator for Long {
    const NAME: &'static str = "Long";
    type Input = Option<Value>;
    type Output = Value;

    async fn run(ctx: OrchestrationContext, _: Option<Value>) -> Result<Value, OrchestrationError> {
        ctx.wait_for_event_named::<Value>("go").await
    }
}

/// Fails at once.
pub struct Throws;

impl Orchestrator for Throws {
    const NAME: &'static str = "Throws";
    type Input = Option<Value>;
    type Output = Value;

    async fn run(_: OrchestrationContext, _: Option<Value>) -> Result<Value, OrchestrationError> {
        let cause = Failure::new("My.Cause", "the disk");
        Err(Failure::new("My.Error", "orchestrator broke")
            .caused_by(cause)
            .into())
    }
}

/// Starts `Long` as a child, with an id of its own, and waits for it.
pub struct Parent;

impl Orchestrator for Parent {
    const NAME: &'static str = "Parent";
    const VERSION: &'static str = "1.2";
    type Input = Option<Value>;
    type Output = Value;

    async fn run(ctx: OrchestrationContext, _: Option<Value>) -> Result<Value, OrchestrationError> {
        let child = InstanceId::new(format!("{}-child", ctx.instance_id()))?;
        ctx.call_orchestrator::<Long>(Some(Value::from(7)))
            .instance_id(child)
            .await
    }
}

/// A number that can be added to.
pub struct Counter;

impl Entity for Counter {
    const NAME: &'static str = "Counter";

    fn run(&self, ctx: &mut EntityContext) -> Result<Value, Failure> {
        match ctx.operation() {
            "add" => {
                let sum = ctx.state::<i64>()?.unwrap_or(0) + ctx.input::<i64>()?;
                ctx.set_state(&sum)?;
                Ok(sum.into())
            }
            "name" => {
                let name: String = ctx.input()?;
                ctx.set_state(&name)?;
                Ok(Value::Null)
            }
            "delete" => {
                ctx.delete_state();
                Ok(Value::Null)
            }
            _ => Ok(Value::Null),
        }
    }
}

/// An app with all of them, on a hub in memory.
pub async fn app() -> TestApp {
    app_with(|app| app).await
}

/// The same, with options.
pub async fn app_with(options: impl FnOnce(FunctionApp) -> FunctionApp) -> TestApp {
    let model = Control::new();
    let app = options(functions()).model(TestModel(std::sync::Arc::clone(&model)));
    let host = app.start(HubLocation::Memory).await.unwrap();
    TestApp { host, model }
}

pub fn functions() -> FunctionApp {
    FunctionApp::new()
        .agent_definition(definition::<Weather>())
        .register(|registry| {
            registry.orchestrator::<Hello>()?;
            registry.orchestrator::<Long>()?;
            registry.orchestrator::<Throws>()?;
            registry.orchestrator::<Parent>()?;
            registry.activity(SayHello)?;
            registry.entity(Counter)
        })
}

impl TestApp {
    /// Sends a request to the management API, with a body of JSON if one is given.
    pub async fn manage(&self, method: Method, path: &str, body: Option<&str>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(format!("{PREFIX}{path}"))
            .header("host", "localhost:7071");
        let request = match body {
            Some(body) => request
                .header("content-type", "application/json")
                .body(Body::from(body.to_owned())),
            None => request.body(Body::empty()),
        };
        self.send(request.unwrap()).await
    }

    pub async fn look(&self, path: &str) -> Answer {
        self.manage(Method::GET, path, None).await
    }

    pub async fn tell(&self, path: &str) -> Answer {
        self.manage(Method::POST, path, None).await
    }

    pub async fn remove(&self, path: &str) -> Answer {
        self.manage(Method::DELETE, path, None).await
    }

    /// Starts an instance and returns its id.
    pub async fn begin(&self, path: &str, input: Option<&str>) -> String {
        let path = format!("/orchestrators/{path}");
        let answer = self.manage(Method::POST, &path, input).await;
        assert_eq!(answer.status, 202, "{answer:?}");
        answer.document()["id"].as_str().unwrap().to_owned()
    }

    /// Ends when an instance has come so far.
    pub async fn waits(&self, id: &str, until: WaitFor) {
        let id = InstanceId::from_stored(id);
        let client = self.host.client();
        let minute = Duration::from_mins(1);
        client.wait(&id, until, minute).await.unwrap();
    }

    /// Ends when another instance has started this one.
    pub async fn started_child(&self, id: &str) {
        let id = InstanceId::from_stored(id);
        while self
            .host
            .client()
            .get(&id, Fetch::Metadata)
            .await
            .unwrap()
            .is_none()
        {
            tokio::task::yield_now().await;
        }
        self.waits(id.as_str(), WaitFor::Start).await;
    }

    /// Starts an instance and ends when it has ended.
    pub async fn ended(&self, path: &str, input: Option<&str>) -> String {
        let id = self.begin(path, input).await;
        self.waits(&id, WaitFor::Completion).await;
        id
    }

    /// Starts an instance and ends when its first episode has run.
    pub async fn started(&self, path: &str, input: Option<&str>) -> String {
        let id = self.begin(path, input).await;
        self.waits(&id, WaitFor::Start).await;
        id
    }
}

impl Answer {
    /// The body as the management API sends it.
    pub fn document(&self) -> Value {
        let kind = "application/json; charset=utf-8";
        assert_eq!(self.headers["content-type"], kind, "{self:?}");
        serde_json::from_str(&self.text).unwrap()
    }

    /// The text of an error.
    pub fn message(&self) -> String {
        self.document()["Message"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn code_under_a_taken_name_is_refused_at_the_start() {
    let app = functions().register(Registry::orchestrator::<Hello>);
    let app = app.model(TestModel(Control::new()));
    let error = app.start(HubLocation::Memory).await.unwrap_err();
    let owner = "`host::durable_functions::Hello`";
    assert_eq!(
        error.to_string(),
        format!("orchestrator `Hello` is registered twice: by {owner} and by {owner}")
    );
}
