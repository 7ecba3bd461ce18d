//! JSON objects that keep the order of their fields, and embed stored JSON text as it is: parsing
//! and writing it anew would reorder keys and round numbers.

use std::borrow::Cow;

use serde::de::IgnoredAny;

/// An object that is being written.
pub(super) struct Object {
    text: String,
}

impl Object {
    pub(super) fn new() -> Self {
        Self {
            text: String::from("{"),
        }
    }

    /// A field whose value is JSON text.
    pub(super) fn raw(&mut self, name: &str, json: &str) -> &mut Self {
        if self.text.len() > 1 {
            self.text.push(',');
        }
        self.text.push_str(&quoted(name));
        self.text.push(':');
        self.text.push_str(json);
        self
    }

    /// A field whose value is a string.
    pub(super) fn string(&mut self, name: &str, value: &str) -> &mut Self {
        self.raw(name, &quoted(value))
    }

    /// A field whose value is a string, or null.
    pub(super) fn optional(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        self.raw(name, &nullable(value))
    }

    /// A field whose value is stored text, see [`embedded`].
    pub(super) fn stored(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        self.raw(name, &embedded(value))
    }

    /// The text so far, to be gone on with.
    pub(super) fn unfinished(self) -> String {
        self.text
    }

    pub(super) fn end(mut self) -> String {
        self.text.push('}');
        self.text
    }
}

/// Stored text as JSON: nothing is null, blank is an empty string, JSON is itself, and what is none
/// is a string.
pub(super) fn embedded(text: Option<&str>) -> Cow<'_, str> {
    match text.map(str::trim) {
        None => Cow::Borrowed("null"),
        Some("") => Cow::Borrowed("\"\""),
        Some(json) if is_json(json) => Cow::Borrowed(json),
        Some(_) => Cow::Owned(quoted(text.unwrap_or_default())),
    }
}

/// Whether a text is one JSON value.
pub(super) fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// A text as a JSON string.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn nullable(value: Option<&str>) -> String {
    value.map_or_else(|| String::from("null"), quoted)
}

/// JSON texts as an array.
pub(super) fn array(items: &[String]) -> String {
    format!("[{}]", items.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_keep_their_order_and_stored_json_its_form() {
        let mut object = Object::new();
        object.string("z", "a\"b").optional("n", None);
        object.optional("s", Some("t"));
        object.stored("a", Some(" {\"y\": 1, \"x\": 12345678901234567890123} "));
        let text = r#"{"z":"a\"b","n":null,"s":"t","a":{"y": 1, "x": 12345678901234567890123}}"#;
        assert_eq!(object.end(), text);
        assert_eq!(Object::new().end(), "{}");
        assert_eq!(array(&[String::from("1"), String::from("{}")]), "[1,{}]");
        assert_eq!(array(&[]), "[]");
    }

    #[test]
    fn stored_text_of_any_kind_becomes_json() {
        for (text, expected) in [
            (None, "null"),
            (Some(""), r#""""#),
            (Some(" \n"), r#""""#),
            (Some("null"), "null"),
            (Some("\"enough\""), "\"enough\""),
            (Some("enough"), "\"enough\""),
            (Some(" two words "), "\" two words \""),
            (Some("{\"a\":"), "\"{\\\"a\\\":\""),
            (Some("1 2"), "\"1 2\""),
        ] {
            assert_eq!(embedded(text), expected, "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_embedded_is_always_json(text in "\\PC*|[{}\\[\\]\",:0-9 ]*") {
            proptest::prop_assert!(is_json(&embedded(Some(&text))));
        }
    }
}
