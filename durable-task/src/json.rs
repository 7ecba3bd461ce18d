//! JSON text in and out: every input, output, event, status and state is JSON text on a hub.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Failure, OrchestrationError};

/// Writes a value that is named `what` in the error.
pub(crate) fn encode(
    what: impl FnOnce() -> String,
    value: &(impl Serialize + ?Sized),
) -> Result<String, OrchestrationError> {
    serde_json::to_string(value).map_err(|error| OrchestrationError::Encode {
        what: what(),
        problem: error.to_string(),
    })
}

/// Reads a value that is named `what` in the error. No text at all is `null`.
pub(crate) fn decode<T: DeserializeOwned>(
    what: impl FnOnce() -> String,
    text: Option<&str>,
) -> Result<T, OrchestrationError> {
    parse(text).map_err(|error| OrchestrationError::Decode {
        what: what(),
        problem: error.to_string(),
    })
}

/// Reads what an activity or an operation was given.
pub(crate) fn decode_input<T: DeserializeOwned>(text: Option<&str>) -> Result<T, Failure> {
    parse(text).map_err(|error| {
        Failure::new("InvalidInput", format!("the input can't be read: {error}")).non_retriable()
    })
}

/// Writes what an activity or an operation gives.
pub(crate) fn encode_output(value: &(impl Serialize + ?Sized)) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|error| {
        Failure::new(
            "InvalidOutput",
            format!("the result can't be written as JSON: {error}"),
        )
        .non_retriable()
    })
}

fn parse<T: DeserializeOwned>(text: Option<&str>) -> Result<T, serde_json::Error> {
    // Some SDKs write an empty text for a missing value.
    let text = text.filter(|text| !text.is_empty()).unwrap_or("null");
    serde_json::from_str(text)
}
