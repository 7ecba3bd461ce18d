//! Who may use the routes, and where their links lead.

use std::sync::Arc;
use std::time::Duration;

use agent_sdk::model::ScriptedModel;
use agent_sdk::workflow::{
    Exit, InvalidMessage, Message, NoYields, Node, NodeCode, NodeDefinition, OutputCount, Plain,
    TypeData, Workflow,
};
use axum::body::Body;
use axum::http::{Method, Request, header};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use super::Graph;
use crate::auth::FunctionKeys;
use crate::config::HubLocation;
use crate::routes::Origin;
use crate::{AuthLevel, FunctionApp};

/// Gives back what it is given.
struct Mirror;

impl Node for Mirror {
    type Input = String;
    type Output = Vec<String>;
    type Kind = Plain;
    type This = Self;
    type Yielded = NoYields;
    const INPUT: agent_sdk::workflow::Codec<Self::Input> = agent_sdk::workflow::Codec::OF;
    const OUTPUT: agent_sdk::workflow::Codec<Self::Output> = agent_sdk::workflow::Codec::OF;

    fn definition() -> NodeDefinition {
        NodeDefinition {
            name: Self::NAME,
            description: "",
            type_id: std::any::TypeId::of::<Self>(),
            type_name: "Mirror",
            code: NodeCode::Workflow(Self::GRAPH),
        }
    }
}

impl Workflow for Mirror {
    const NAME: &'static str = "mirror";
    const GRAPH: &'static Graph = &Graph {
        name: "mirror",
        description: "",
        version: "1",
        supersteps_max: 1,
        retry: None,
        timeout: None,
        input: TypeData::described::<String>(text),
        output: TypeData::described::<Vec<String>>(text),
        outputs: OutputCount::Any,
        slots: &[],
        start: Exit::Output(&|message| Ok(message.clone())),
        nodes: &[],
        joins: &[],
        forks: &[],
    };
}

fn text(json: &str) -> Result<Message, InvalidMessage> {
    let text: String = serde_json::from_str(json).map_err(|error| InvalidMessage {
        path: String::from("."),
        problem: error.to_string(),
    })?;
    Ok(Message::of(&text).unwrap())
}

const ROUTES: [(Method, &str); 13] = [
    (Method::POST, "workflow/mirror/run"),
    (Method::GET, "workflow/mirror/status/r1"),
    (Method::POST, "workflow/mirror/respond/r1/a-0"),
    (Method::DELETE, "workflow/mirror/respond/r1/a-0"),
    (Method::POST, "workflow/mirror/cancel/r1"),
    (Method::GET, "workflow/mirror/events/r1"),
    (Method::GET, "workflow/mirror/graph"),
    (Method::POST, "workflow/run"),
    (Method::GET, "workflow/status/r1"),
    (Method::POST, "workflows/mirror/run"),
    (Method::GET, "workflows/mirror/status/r1"),
    (Method::POST, "workflows/mirror/respond/r1"),
    (Method::DELETE, "workflows/mirror/respond/r1/a-0"),
];

#[tokio::test]
async fn every_route_asks_for_a_key_of_the_level_of_the_app() {
    for (level, function_opens) in [(AuthLevel::Function, true), (AuthLevel::Admin, false)] {
        let app = FunctionApp::new().workflow::<Mirror>().auth_level(level);
        let plan = app.into_plan(Some(Arc::new(ScriptedModel::new()))).unwrap();
        let keys = FunctionKeys::parse(Some("f"), Some("a"));
        let plan = plan.guarded(keys, Origin::default()).unwrap();
        let host = plan.start(&HubLocation::Memory.into()).await.unwrap();
        for (method, path) in &ROUTES {
            for (key, opens) in [
                (None, false),
                (Some("x"), false),
                (Some("f"), function_opens),
                (Some("a"), true),
            ] {
                let request = Request::builder().method(method.clone());
                let mut request = request.uri(format!("/api/{path}"));
                if let Some(key) = key {
                    request = request.header("x-functions-key", key);
                }
                let request = request.body(Body::from("Hi")).unwrap();
                let response = host.router().oneshot(request).await.unwrap();
                let is_in = response.status().as_u16() != 401;
                assert_eq!(is_in, opens, "{level:?} {path} {key:?}");
                let kind = response.headers().get(header::CONTENT_TYPE);
                assert_eq!(kind.is_some(), opens, "the body of a 401 is empty");
            }
        }
        host.shutdown(Duration::from_secs(5)).await;
    }
}

/// The links of a run that is started by somebody who says this.
async fn links(origin: Origin, headers: &[(&str, &str)]) -> [String; 2] {
    let app = FunctionApp::new().workflow::<Mirror>();
    let plan = app.into_plan(Some(Arc::new(ScriptedModel::new()))).unwrap();
    let keys = FunctionKeys::parse(Some("f"), None);
    let plan = plan.guarded(keys, origin).unwrap();
    let host = plan.start(&HubLocation::Memory.into()).await.unwrap();
    let mut request = Request::post("/api/workflow/run?runId=r1").header("x-functions-key", "f");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from("Hi")).unwrap();
    let response = host.router().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 202);
    let location = response.headers()[header::LOCATION].clone();
    assert_eq!(location, "/api/workflow/status/r1");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    host.shutdown(Duration::from_secs(5)).await;
    ["statusQueryGetUri", "respondUri"].map(|name| body[name].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_name_that_anybody_may_send_gets_into_no_link() {
    let status = "/api/workflow/status/r1";
    let respond = "/api/workflow/respond/r1/{requestId}";
    let forged = [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "https"),
        ("forwarded", "host=evil.example"),
    ];
    assert_eq!(links(Origin::default(), &forged).await, [status, respond]);
    let origin = Origin {
        base_url: Some(String::from("https://agents.example/")),
        ..Origin::default()
    };
    let expected = [status, respond].map(|path| format!("https://agents.example{path}"));
    assert_eq!(links(origin, &forged).await, expected);
    let proxy = Origin {
        use_forwarded_host: true,
        ..Origin::default()
    };
    let expected = [status, respond].map(|path| format!("https://evil.example{path}"));
    assert_eq!(links(proxy, &forged).await, expected);
}
