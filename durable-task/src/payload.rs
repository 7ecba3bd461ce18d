//! What histories can keep.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A value that a history keeps as JSON: an input, an output, an event, the state of an entity.
///
/// Every owned type that implements `serde::Serialize` and `serde::Deserialize` is one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be kept in a history [AGT301]",
    label = "expected an owned type that can be written as JSON and read again",
    note = "add `#[derive(serde::Serialize, serde::Deserialize)]` to the type; text is `String`, \
            a list `Vec<T>`"
)]
// Not a subtrait of serde's: the compiler would complain of those, twice, and not of this.
pub trait Payload: Sized + 'static {
    /// As JSON text.
    fn to_json(&self) -> Result<String, serde_json::Error>;
    /// From JSON text.
    fn from_json(text: &str) -> Result<Self, serde_json::Error>;
    /// From JSON text of somebody who is to be told what is wrong: where, and what.
    #[doc(hidden)]
    fn from_json_located(text: &str) -> Result<Self, (String, String)> {
        Self::from_json(text).map_err(|error| (".".to_owned(), error.to_string()))
    }
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + 'static> Payload for T {
    fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
    fn from_json_located(text: &str) -> Result<Self, (String, String)> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let value = serde_path_to_error::deserialize(&mut deserializer)
            .map_err(|error| (error.path().to_string(), error.inner().to_string()))?;
        let rest = deserializer.end();
        rest.map_err(|error| (".".to_owned(), error.to_string()))?;
        Ok(value)
    }
}
