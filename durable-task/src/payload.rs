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
            .map_err(|error| located(&error.path().to_string(), &error.inner().to_string()))?;
        let rest = deserializer.end();
        rest.map_err(|error| (".".to_owned(), error.to_string()))?;
        Ok(value)
    }
}

/// A field that is not there is named by its own path, not by that of the object without it.
fn located(path: &str, problem: &str) -> (String, String) {
    let missing = problem.strip_prefix("missing field `");
    let field = missing.and_then(|rest| rest.split_once('`'));
    let path = match field {
        Some((field, _)) if path == "." => field.to_owned(),
        Some((field, _)) => format!("{path}.{field}"),
        None => path.to_owned(),
    };
    (path, problem.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Serialize, serde::Deserialize)]
    struct Outer {
        lines: Vec<Inner>,
    }

    #[derive(Debug, serde::Serialize, serde::Deserialize)]
    struct Inner {
        count: u32,
    }

    #[test]
    fn what_is_wrong_is_located_also_where_it_is_not_there() {
        for (text, path) in [
            ("{}", "lines"),
            (r#"{"lines": [{"count": 1}, {}]}"#, "lines[1].count"),
            (r#"{"lines": [{"count": "1"}]}"#, "lines[0].count"),
            (r#"{"lines": 1}"#, "lines"),
            ("1", "."),
        ] {
            let (found, problem) = Outer::from_json_located(text).unwrap_err();
            assert_eq!(found, path, "{text}: {problem}");
        }
    }
}
