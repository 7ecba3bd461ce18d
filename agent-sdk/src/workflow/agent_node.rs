//! An agent as a node.

use std::any::{TypeId, type_name};
use std::borrow::Cow;

use super::node::{NodeCode, NodeDefinition};
use crate::agent::Agent;

/// The node of an agent.
pub fn agent_node<A: Agent>() -> NodeDefinition {
    NodeDefinition {
        name: A::NAME,
        description: match A::definition().description {
            Cow::Borrowed(text) => text,
            Cow::Owned(_) => "",
        },
        type_id: TypeId::of::<A>(),
        type_name: type_name::<A>(),
        code: NodeCode::Agent(A::definition),
    }
}
