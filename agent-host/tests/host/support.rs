//! An app, requests to it, and its answers.

use std::sync::Arc;
use std::time::Duration;

use agent_host::{FunctionApp, Host, HubLocation};
use agent_sdk::prelude::*;
use axum::body::Body;
use axum::http::{HeaderMap, Request, Response};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::model::{Control, TestModel};

/// Current weather for a city.
#[tool]
fn get_weather(
    /// City name.
    city: String,
) -> String {
    [String::from("sunny in "), city].concat()
}

/// Fails.
#[tool]
fn break_down() -> Result<String, ToolError> {
    Err(ToolError::failed("it broke down"))
}

/// Knows the weather.
#[agent(instructions = "Secret instructions.", tools = [get_weather, break_down])]
pub struct Weather;

/// Tells jokes.
#[agent(instructions = "You tell jokes.", tools = [])]
pub struct Joker;

/// A definition whose failed calls are not repeated, so that no test waits for a retry.
pub fn definition<A: Agent>() -> AgentDefinition {
    let mut definition = A::definition();
    definition.model_attempts_max = 1;
    definition
}

/// A started app with one model.
pub struct TestApp {
    pub host: Host,
    pub model: Arc<Control>,
}

/// One answer, whole.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        assert_eq!(self.headers["content-type"], "application/json", "{self:?}");
        serde_json::from_str(&self.text).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

impl TestApp {
    /// The agent `Weather` alone.
    pub async fn one() -> Self {
        Self::with(|app| app).await
    }

    /// The agent `Weather` alone, in an app with these options.
    pub async fn with(options: impl FnOnce(FunctionApp) -> FunctionApp) -> Self {
        let app = FunctionApp::new().agent_definition(definition::<Weather>());
        Self::start(options(app)).await
    }

    /// The agents `Weather` and `Joker`.
    pub async fn two() -> Self {
        Self::with(|app| app.agent_definition(definition::<Joker>())).await
    }

    async fn start(app: FunctionApp) -> Self {
        let model = Control::new();
        let app = app.model(TestModel(Arc::clone(&model)));
        let host = app.start(HubLocation::Memory).await.unwrap();
        Self { host, model }
    }

    /// Sends a request and reads the answer.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        read(self.host.router().oneshot(request).await.unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    /// Posts JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(json_request(path, body)).await
    }

    /// Runs a turn of `Weather`.
    pub async fn run(&self, body: &Value) -> Answer {
        self.post("/api/agents/Weather/run", body).await
    }

    pub async fn end(self) {
        self.host.shutdown(Duration::from_secs(5)).await;
    }
}

pub fn json_request(path: &str, body: &Value) -> Request<Body> {
    Request::post(path)
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap()
}

pub async fn read(response: Response<Body>) -> Answer {
    let (head, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    Answer {
        status: head.status.as_u16(),
        headers: head.headers,
        text: String::from_utf8(bytes.to_vec()).unwrap(),
    }
}
