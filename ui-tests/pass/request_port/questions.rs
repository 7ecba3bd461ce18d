//! Request ports.

use std::time::Duration;

use agent_sdk::prelude::*;
use agent_sdk::workflow::{Message, Node, NodeCode};

#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub enum Decision {
    Granted { by: String },
    Refused,
}

/// May we?
#[request_port(response = Decision, timeout = "3d", default = Decision::Refused, name = "approval")]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Approval {
    price: u64,
}

#[request_port(response = Vec<String>)]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Names;

fn main() {
    let definition = Approval::definition();
    assert_eq!((definition.name, definition.description), ("approval", "May we?"));
    let NodeCode::Port(port) = definition.code else {
        panic!("a port");
    };
    assert_eq!(port.timeout, Some(Duration::from_secs(3 * 86_400)));
    let question = Message::of(&Approval { price: 5 }).unwrap();
    let answer = (port.default.unwrap())(&question).unwrap();
    assert_eq!(answer.read::<Decision>().unwrap(), Decision::Refused);
    assert!((port.check)(r#"{"Granted":{"by":"Ada"}}"#).is_ok());
    let problem = (port.check)(r#"{"Granted":{"by":5}}"#).unwrap_err();
    assert_eq!(problem.path, "Granted.by");
    assert!(problem.problem.starts_with("invalid type: integer `5`"), "{problem}");
    assert!((port.response_schema)().get("oneOf").is_some());

    let NodeCode::Port(port) = Names::definition().code else {
        panic!("a port");
    };
    assert!(port.default.is_none() && port.timeout.is_none());
    assert_eq!((port.check)(r#"["a", 1]"#).unwrap_err().path, "[1]");
}
