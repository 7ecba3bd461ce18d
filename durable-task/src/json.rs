//! JSON text in and out: every input, output, event, status and state is JSON text on a hub.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Failure, OrchestrationError, Payload};

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

/// How a value is read.
pub(crate) type Decode<T> = fn(&str) -> Result<T, serde_json::Error>;

/// Reads whatever serde can read.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, serde_json::Error> {
    serde_json::from_str(text)
}

/// Writes a value that is named `what` in the error.
pub(crate) fn encode_payload<T: Payload>(
    what: impl FnOnce() -> String,
    value: &T,
) -> Result<String, OrchestrationError> {
    value.to_json().map_err(|error| OrchestrationError::Encode {
        what: what(),
        problem: error.to_string(),
    })
}

/// Reads a value that is named `what` in the error. No text at all is `null`.
pub(crate) fn decode<T: DeserializeOwned>(
    what: impl FnOnce() -> String,
    text: Option<&str>,
) -> Result<T, OrchestrationError> {
    decode_by(read, what, text)
}

/// The same, by a function that knows the type.
pub(crate) fn decode_by<T>(
    decode: Decode<T>,
    what: impl FnOnce() -> String,
    text: Option<&str>,
) -> Result<T, OrchestrationError> {
    decode(or_null(text)).map_err(|error| OrchestrationError::Decode {
        what: what(),
        problem: error.to_string(),
    })
}

/// Reads what an activity or an operation was given.
pub(crate) fn decode_input<T: DeserializeOwned>(text: Option<&str>) -> Result<T, Failure> {
    decode_input_by(read, text)
}

/// The same, by a function that knows the type.
pub(crate) fn decode_input_by<T>(decode: Decode<T>, text: Option<&str>) -> Result<T, Failure> {
    decode(or_null(text)).map_err(|error| {
        Failure::new("InvalidInput", format!("the input can't be read: {error}")).non_retriable()
    })
}

/// Writes what an activity or an operation gives.
pub(crate) fn encode_output(value: &(impl Serialize + ?Sized)) -> Result<String, Failure> {
    encoded_output(serde_json::to_string(value))
}

/// The same, once it is written.
pub(crate) fn encoded_output(
    written: Result<String, serde_json::Error>,
) -> Result<String, Failure> {
    written.map_err(|error| {
        Failure::new(
            "InvalidOutput",
            format!("the result can't be written as JSON: {error}"),
        )
        .non_retriable()
    })
}

/// Some SDKs write an empty text for a missing value.
fn or_null(text: Option<&str>) -> &str {
    text.filter(|text| !text.is_empty()).unwrap_or("null")
}
