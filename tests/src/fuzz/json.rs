//! Changed JSON: it stays JSON mostly, with other keys, types and sizes.

use serde_json::Value;

use super::Source;

/// JSON as text that may be wrong: keys may repeat, and a leaf is any text.
#[derive(Clone)]
enum Json {
    Leaf(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl From<&Value> for Json {
    fn from(value: &Value) -> Self {
        match value {
            Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Object(fields) => {
                let fields = fields.iter();
                Self::Object(
                    fields
                        .map(|(key, value)| (key.clone(), Self::from(value)))
                        .collect(),
                )
            }
            leaf => Self::Leaf(leaf.to_string()),
        }
    }
}

impl Json {
    fn write(&self, text: &mut String) {
        match self {
            Self::Leaf(leaf) => text.push_str(leaf),
            Self::List(items) => {
                text.push('[');
                for (index, item) in items.iter().enumerate() {
                    text.push_str(if index == 0 { "" } else { "," });
                    item.write(text);
                }
                text.push(']');
            }
            Self::Object(fields) => {
                text.push('{');
                for (index, (key, value)) in fields.iter().enumerate() {
                    text.push_str(if index == 0 { "" } else { "," });
                    text.push_str(&Value::from(key.as_str()).to_string());
                    text.push(':');
                    value.write(text);
                }
                text.push('}');
            }
        }
    }

    /// Changes one place at random.
    fn change(&mut self, source: &mut Source) {
        if source.one_in(12) {
            *self = odd(source);
            return;
        }
        match self {
            Self::List(items) if !items.is_empty() => {
                let at = source.below(items.len());
                match source.below(10) {
                    0 => drop(items.remove(at)),
                    1 => items.insert(at, items[at].clone()),
                    2 => {
                        let other = source.below(items.len());
                        items.swap(at, other);
                    }
                    3 => items.insert(at, odd(source)),
                    _ => items[at].change(source),
                }
            }
            Self::Object(fields) if !fields.is_empty() => {
                let at = source.below(fields.len());
                match source.below(12) {
                    0 => drop(fields.remove(at)),
                    1 => fields.insert(at, fields[at].clone()),
                    2 => fields[at].0 = source.changed_text(&fields[at].0),
                    3 => {
                        let (key, value) = (fields[at].0.clone(), odd(source));
                        fields.push((key, value));
                    }
                    4 => {
                        let other = source.below(fields.len());
                        let value = fields[other].1.clone();
                        fields[at].1 = value;
                    }
                    _ => fields[at].1.change(source),
                }
            }
            Self::Leaf(leaf) => {
                if let Ok(Value::String(text)) = serde_json::from_str(leaf)
                    && !source.one_in(3)
                {
                    *leaf = Value::from(changed_inside(source, &text)).to_string();
                } else {
                    *self = odd(source);
                }
            }
            Self::List(_) | Self::Object(_) => *self = odd(source),
        }
    }
}

/// A value that is not expected.
fn odd(source: &mut Source) -> Json {
    const ODD: &[&str] = &[
        "null",
        "true",
        "false",
        "0",
        "-0.0",
        "-1",
        "1.5",
        "1e308",
        "1e999",
        "-1e400",
        "123456789012345678901234567890",
        "9223372036854775808",
        "\"\"",
        "\"\\u0000\"",
        "\"\\ud83d\"",
        "[]",
        "{}",
        "[null]",
        "{\"\":{}}",
        "{\"$type\":\"x\"}",
    ];
    if source.one_in(2) {
        return Json::Leaf((*source.pick(ODD)).to_owned());
    }
    let text = source.text();
    if source.one_in(4) {
        // As it stands: mostly no JSON at all.
        return Json::Leaf(text);
    }
    Json::Leaf(Value::from(text).to_string())
}

/// A text that may be JSON itself, as inputs and results are.
pub fn changed_inside(source: &mut Source, text: &str) -> String {
    if text.starts_with(['{', '[']) && !source.one_in(4) {
        changed(source, text)
    } else {
        source.changed_text(text)
    }
}

/// JSON text, changed in a few places. What is no JSON is changed as a text.
pub fn changed(source: &mut Source, text: &str) -> String {
    let Ok(value) = serde_json::from_str::<Value>(text) else {
        return source.changed_text(text);
    };
    let mut json = Json::from(&value);
    for _ in 0..=source.below(3) {
        json.change(source);
    }
    let mut changed = String::new();
    json.write(&mut changed);
    changed
}

/// The same as bytes, which may not even be text.
pub fn changed_bytes(source: &mut Source, text: &str) -> Vec<u8> {
    let changed = changed(source, text);
    if source.one_in(6) {
        source.changed_bytes(changed.as_bytes(), text.as_bytes())
    } else {
        changed.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = r#"{"a": [1, "x", {"b": null}], "c": {"d": "{\"e\": 1}"}}"#;

    #[test]
    fn a_seed_repeats_its_change_and_others_differ() {
        let change = |seed| changed(&mut Source::new("test", seed), SAMPLE);
        let made: std::collections::BTreeSet<String> = (0..200).map(change).collect();
        assert!(made.len() > 150, "{} different ones", made.len());
        assert_eq!(change(7), change(7));
    }

    #[test]
    fn much_of_it_is_still_json() {
        let is_json = |seed: &u64| {
            let text = changed(&mut Source::new("test", *seed), SAMPLE);
            serde_json::from_str::<Value>(&text).is_ok()
        };
        let count = (0..1_000).filter(is_json).count();
        assert!((400..1_000).contains(&count), "{count} of 1000");
    }
}
