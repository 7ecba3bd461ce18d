//! The types that an agent can answer with.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::OutputSchema;
use crate::tool::schema::schema_of;

/// How long the name of an answer's schema may be, for the providers.
const SCHEMA_NAME_BYTES_MAX: usize = 64;

/// What an agent can answer with: the model is given its JSON schema and writes it as JSON.
///
/// Every type that derives `serde::Deserialize` and `schemars::JsonSchema` is one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the output of an agent [AGT206]",
    label = "not an agent output: the model needs a JSON schema for this type",
    note = "add `#[derive(serde::Deserialize, schemars::JsonSchema)]` to `{Self}`"
)]
pub trait AgentOutput: Sized {
    /// Its schema, with a name for it.
    #[doc(hidden)]
    fn output_schema() -> OutputSchema;
}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + JsonSchema> AgentOutput for T {
    fn output_schema() -> OutputSchema {
        OutputSchema {
            name: schema_name(&T::schema_name()),
            schema: schema_of::<T>(),
        }
    }
}

/// Looks whether a type can be an agent's output.
pub struct OutputProbe<T>(std::marker::PhantomData<fn(T)>);

impl<T> std::fmt::Debug for OutputProbe<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OutputProbe")
    }
}

impl<T: AgentOutput> OutputProbe<T> {
    /// It can, so nothing is told at the agent.
    pub const IS_TOLD: bool = false;
}

/// See [`OutputProbe`].
pub trait NoOutput {
    /// It can't, and the agent tells.
    const IS_TOLD: bool = true;
}

impl<T> NoOutput for OutputProbe<T> {}

/// Providers take `[a-zA-Z0-9_-]{1,64}`; the name of a generic type has other characters.
fn schema_name(name: &str) -> String {
    let allowed = |c: char| {
        if c.is_ascii_alphanumeric() || c == '-' {
            c
        } else {
            '_'
        }
    };
    let name: String = name
        .chars()
        .map(allowed)
        .take(SCHEMA_NAME_BYTES_MAX)
        .collect();
    if name.is_empty() {
        "answer".to_owned()
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_the_providers() {
        let long = "x".repeat(80);
        for (name, expected) in [
            ("Report", "Report"),
            ("Array_of_Report", "Array_of_Report"),
            ("Page<Report>", "Page_Report_"),
            ("Größe", "Gr__e"),
            ("", "answer"),
            (long.as_str(), &long[..64]),
        ] {
            assert_eq!(schema_name(name), expected);
        }
    }

    #[test]
    fn the_schema_is_that_of_the_type() {
        let output = <Vec<u8> as AgentOutput>::output_schema();
        assert_eq!(output.name, "Array_of_uint8");
        assert_eq!(output.schema["type"], "array");
        assert_eq!(output.schema.get("$schema"), None);
    }
}
