//! What tools return, and how it becomes what the model is told.

use std::any::Any;
use std::fmt::Display;

use serde::Serialize;
use serde_json::Value;

use super::ToolError;

/// What a tool can return, alone or in a `Result`: it is sent to the model as JSON.
///
/// Every type that implements `serde::Serialize` is one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned by a tool [AGT112]",
    label = "expected a `Serialize` type, or `Result<T, E>` of one",
    note = "add `#[derive(serde::Serialize)]` to `{Self}`"
)]
pub trait ToolOutput {
    /// Encodes it.
    #[doc(hidden)]
    fn encode(self) -> Result<Value, ToolError>;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize> ToolOutput for T {
    fn encode(self) -> Result<Value, ToolError> {
        serde_json::to_value(self).map_err(|error| {
            ToolError::failed(format!("the result can't be written as JSON: {error}"))
        })
    }
}

/// What a tool can fail with: [`ToolError`], or anything with a text. The model is told the text.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a tool [AGT113]",
    label = "expected `ToolError`, or a type that implements `Display`",
    note = "the model is told the text of the error, so that it can do something about it"
)]
pub trait ToolFailure {
    /// As the error that the model is told.
    #[doc(hidden)]
    fn into_tool_error(self) -> ToolError;
}

#[diagnostic::do_not_recommend]
impl<E: Display + 'static> ToolFailure for E {
    fn into_tool_error(self) -> ToolError {
        match (&self as &dyn Any).downcast_ref::<ToolError>() {
            Some(error) => error.clone(),
            // The alternate form shows the causes of an error that keeps them (`anyhow`).
            None => ToolError::failed(format!("{self:#}")),
        }
    }
}

/// What the function of a tool returned. Which method is called on it is decided by the type:
/// the inherent one comes first, and only a `Result` has it.
#[derive(Debug)]
pub struct Returned<T>(pub T);

impl<T, E> Returned<Result<T, E>> {
    /// Encodes the value, or passes the error on.
    pub fn into_tool_result(self) -> Result<Value, ToolError>
    where
        T: ToolOutput,
        E: ToolFailure,
    {
        self.0
            .map_err(ToolFailure::into_tool_error)
            .and_then(ToolOutput::encode)
    }
}

/// The `into_tool_result` of everything that is not a `Result`.
pub trait ReturnedValue {
    /// What is returned.
    type Value;

    /// Encodes it.
    fn into_tool_result(self) -> Result<Value, ToolError>
    where
        Self::Value: ToolOutput;
}

impl<T> ReturnedValue for Returned<T> {
    type Value = T;

    fn into_tool_result(self) -> Result<Value, ToolError>
    where
        T: ToolOutput,
    {
        self.0.encode()
    }
}
