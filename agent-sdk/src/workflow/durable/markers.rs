//! Keys that have a meaning inside, and none from outside.

use serde_json::Value;

/// Objects with one of these are pickled values for other implementations: never read, never kept.
const PICKLE_KEYS: [&str; 2] = ["__pickled__", "__type__"];
/// What a run of a sub-workflow is started with.
pub(crate) const INPUT_KEY: &str = "__subworkflow_input__";
/// Where that run belongs.
pub(crate) const ADDRESS_KEY: &str = "__subworkflow_address__";
/// Marks the result of such a run.
pub(crate) const RESULT_KEY: &str = "__subworkflow_result__";

/// Takes out of a value from outside what only runs may say: objects that are marked as pickled
/// become null, and the keys of envelopes at the top are removed. Whether anything was found.
pub fn strip_markers(value: &mut Value) -> bool {
    let mut found = false;
    if let Value::Object(fields) = value {
        for key in [INPUT_KEY, ADDRESS_KEY] {
            found |= fields.remove(key).is_some();
        }
    }
    strip_pickled(value) || found
}

fn strip_pickled(value: &mut Value) -> bool {
    let found = |value: &mut Value| strip_pickled(value).then_some(());
    match value {
        Value::Object(fields) if PICKLE_KEYS.iter().any(|key| fields.contains_key(*key)) => {
            *value = Value::Null;
            true
        }
        // All of them, and not only up to the first.
        Value::Object(fields) => fields.values_mut().filter_map(found).count() > 0,
        Value::Array(items) => items.iter_mut().filter_map(found).count() > 0,
        _ => false,
    }
}

/// JSON text without them, and the same text where there are none.
pub(crate) fn stripped(json: &str) -> Result<String, serde_json::Error> {
    let mut value: Value = serde_json::from_str(json)?;
    if strip_markers(&mut value) {
        return serde_json::to_string(&value);
    }
    Ok(json.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn marked_objects_become_null_at_any_depth() {
        let mut value = json!({
            "keep": [1, {"a": {"__pickled__": "x", "b": 1}}, {"__type__": "m:C"}],
            "__subworkflow_input__": 1,
            "__subworkflow_address__": {"a": 1},
            "deep": {"__subworkflow_input__": 2},
        });
        assert!(strip_markers(&mut value));
        let expected = json!({
            "keep": [1, {"a": null}, null],
            "deep": {"__subworkflow_input__": 2},
        });
        assert_eq!(value, expected);
        assert!(!strip_markers(&mut value));
    }

    #[test]
    fn a_text_without_markers_stays_as_it_is() {
        let text = r#"{ "n": 1.0, "text": "__pickled__" }"#;
        assert_eq!(stripped(text).unwrap(), text);
        let escaped = r#"{"\u005f_pickled__": "x"}"#;
        assert_eq!(stripped(escaped).unwrap(), "null");
        assert!(stripped("{").is_err());
    }
}
