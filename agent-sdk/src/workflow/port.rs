//! Questions to somebody outside, as nodes.

use std::any::{TypeId, type_name};
use std::time::Duration;

use durable_task::Failure;
use serde_json::Value;

use super::node::{DefaultAnswer, NodeCode, NodeDefinition, PortDefinition};
use super::{Graph, GraphNode, Message, Node};

/// A node that asks somebody outside and waits for the answer.
///
/// [`#[request_port]`](macro@crate::request_port) on the struct that is the question writes the
/// implementation.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a request port [AGT720]",
    label = "not declared with `#[request_port]`",
    note = "annotate the struct with `#[request_port(response = ..)]`"
)]
pub trait RequestPort: Node {
    /// Its registered name.
    const NAME: &'static str;
}

/// The node of a request port.
pub fn port_node<P: RequestPort>(
    description: &'static str,
    response_schema: fn() -> Value,
    timeout: Option<Duration>,
    default: Option<DefaultAnswer>,
) -> NodeDefinition {
    NodeDefinition {
        name: <P as RequestPort>::NAME,
        description,
        type_id: TypeId::of::<P>(),
        type_name: type_name::<P>(),
        code: NodeCode::Port(PortDefinition {
            request_type: type_name::<P>,
            response_type: type_name::<P::Output>,
            response_schema,
            check: P::check_output,
            timeout,
            default,
        }),
    }
}

/// The answer that counts when nobody gave one.
#[allow(
    clippy::needless_pass_by_value,
    reason = "what the user wrote is moved in"
)]
pub fn default_answer<P: RequestPort>(answer: P::Output) -> Result<Message, Failure> {
    P::write_output(&answer)
        .map_err(|error| Failure::new("InvalidMessage", error.to_string()).non_retriable())
}

/// The request ports of a graph, each with the id of its request that belongs to a message, as
/// `find` knows it by the port's index and id; `None` where that can't be told.
pub fn linked_requests(
    graph: &Graph,
    find: impl Fn(usize, &str) -> Option<String>,
) -> Vec<(TypeId, Option<String>)> {
    let request = |(index, node): (usize, &GraphNode)| {
        let definition = node.defined().ok()?;
        let is_port = matches!(definition.code, NodeCode::Port(_));
        is_port.then(|| (definition.type_id, find(index, node.id)))
    };
    graph.nodes.iter().enumerate().filter_map(request).collect()
}
