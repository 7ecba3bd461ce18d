//! The tools of an agent, as constant data.

use std::fmt;

use super::{Tool, ToolDefinition};

/// One entry of `tools = [..]`.
pub struct ToolEntry {
    name: &'static str,
    definition: fn() -> ToolDefinition,
}

impl fmt::Debug for ToolEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ToolEntry").field(&self.name).finish()
    }
}

/// An entry by its type.
pub const fn tool_entry<T: Tool>() -> ToolEntry {
    ToolEntry {
        name: T::NAME,
        definition: T::definition,
    }
}

/// The tools as values.
pub fn tool_definitions(tools: &[ToolEntry]) -> Vec<ToolDefinition> {
    tools.iter().map(|tool| (tool.definition)()).collect()
}

/// Refuses two tools of one name: the model could not tell them apart. Called in a constant, so
/// that the panic is a compile error; `track_caller` puts it where the agent is.
///
/// # Panics
///
/// If two names are the same.
#[track_caller]
#[allow(clippy::panic, reason = "in a constant, a panic is a compile error")]
pub const fn assert_distinct_tools(agent: &str, tools: &[ToolEntry]) {
    let mut later = 1;
    // Both indices stay below the length.
    while later < tools.len() {
        let mut earlier = 0;
        while earlier < later {
            if same(tools[earlier].name, tools[later].name) {
                let mut text = ConstText::new();
                text.push("agent `");
                text.push(agent);
                text.push("` has two tools named `");
                text.push(tools[later].name);
                text.push("` [AGT205]");
                panic!("{}", text.as_str());
            }
            earlier += 1;
        }
        later += 1;
    }
}

const fn same(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    if left.len() != right.len() {
        return false;
    }
    let mut index = 0;
    while index < left.len() {
        if left[index] != right[index] {
            return false;
        }
        index += 1;
    }
    true
}

/// Room for the longest text: two names of at most 64 bytes, and words.
const TEXT_BYTES_MAX: usize = 256;

/// A text that is put together at compile time.
struct ConstText {
    bytes: [u8; TEXT_BYTES_MAX],
    length: usize,
}

impl ConstText {
    const fn new() -> Self {
        Self {
            bytes: [0; TEXT_BYTES_MAX],
            length: 0,
        }
    }

    const fn push(&mut self, text: &str) {
        let text = text.as_bytes();
        let mut index = 0;
        while index < text.len() && self.length < TEXT_BYTES_MAX {
            self.bytes[self.length] = text[index];
            self.length += 1;
            index += 1;
        }
    }

    const fn as_str(&self) -> &str {
        match str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) => text,
            Err(_) => "an agent has two tools of one name [AGT205]",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct First;
    struct Second;

    impl Tool for First {
        const NAME: &'static str = "look_up";
        const DESCRIPTION: &'static str = "";

        fn definition() -> ToolDefinition {
            crate::tool::builder::ToolBuilder::invalid(Self::NAME)
        }
    }

    impl Tool for Second {
        const NAME: &'static str = "look_in";
        const DESCRIPTION: &'static str = "";

        fn definition() -> ToolDefinition {
            crate::tool::builder::ToolBuilder::invalid(Self::NAME)
        }
    }

    #[test]
    fn different_names_pass() {
        assert_distinct_tools("Guide", &[]);
        assert_distinct_tools("Guide", &[tool_entry::<First>(), tool_entry::<Second>()]);
    }

    #[test]
    #[should_panic(expected = "agent `Guide` has two tools named `look_up` [AGT205]")]
    fn equal_names_are_named() {
        let (first, second) = (tool_entry::<First>(), tool_entry::<Second>());
        assert_distinct_tools("Guide", &[second, first, tool_entry::<First>()]);
    }
}
