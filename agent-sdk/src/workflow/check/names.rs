//! Names that two nodes can't both have.

use super::super::Registered;
use super::super::text::{Text, equal};

/// Fails the build, at the caller, if two nodes need the same name on the hub.
#[track_caller]
#[allow(
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "it runs in the compiler, and this is how it tells"
)]
pub const fn check_names(workflow: Option<Registered>, nodes: &[Option<Registered>], node: usize) {
    let Some(name) = nodes[node] else {
        return;
    };
    if let Some(other) = workflow
        && same(name, other)
    {
        let text = collision(name, other);
        panic!("{}", text.as_str());
    }
    let mut before = 0;
    while before < node {
        if let Some(other) = nodes[before]
            && same(name, other)
        {
            let text = collision(name, other);
            panic!("{}", text.as_str());
        }
        before += 1;
    }
}

/// Whether two items have one name. Names compare without case, as on the hub.
const fn same(one: Registered, other: Registered) -> bool {
    one.kind.eq_ignore_ascii_case(other.kind)
        && one.name.eq_ignore_ascii_case(other.name)
        && !equal(one.path, other.path)
}

const fn collision(one: Registered, other: Registered) -> Text {
    let mut text = Text::new();
    text.push("two ");
    text.push(one.kind);
    text.push("s are named `");
    text.push(one.name);
    text.push("`: `");
    text.push(other.path);
    text.push("` and `");
    text.push(one.path);
    text.push("`; give one of them another `name = \"..\"` [AGT672]");
    text
}
