//! How single values look in JSON.

use std::collections::BTreeMap;

use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Timestamp, Value as ProtoValue};
use serde_json::{Map, Number, Value};

use super::HistoryFormatError;

/// How much of a path or a value an error repeats.
const SHOWN_CHARS_MAX: usize = 200;

/// What is wrong with a value, and where in it.
#[derive(Debug)]
pub(super) struct Problem {
    path: String,
    what: String,
}

impl Problem {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self {
            path: String::new(),
            what: what.into(),
        }
    }

    fn expected(what: &str, found: &Value) -> Self {
        let found = match found {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        Self::new(format!("{what} is expected, {found} is there"))
    }

    /// The same problem, seen from the object around.
    pub(super) fn inside(mut self, field: &str) -> Self {
        self.path.insert_str(0, &format!(".{field}"));
        self
    }

    pub(super) fn at(self, place: String) -> HistoryFormatError {
        HistoryFormatError::Shape {
            path: shortened(place + &self.path),
            problem: shortened(self.what),
        }
    }
}

/// A text that may repeat what is in the file.
fn shortened(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(SHOWN_CHARS_MAX) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// A value that has a JSON form. A default is left out of the object around it.
pub(super) trait Json: Sized + Default {
    fn write(&self) -> Value;
    fn read(value: Value) -> Result<Self, Problem>;
    /// Whether it is left out.
    fn is_absent(&self) -> bool;
}

/// Adds a field, unless it is absent.
pub(super) fn put(fields: &mut Map<String, Value>, name: &str, value: &impl Json) {
    if !value.is_absent() {
        fields.insert(name.to_owned(), value.write());
    }
}

/// Takes a field; a missing one and a `null` are the default.
pub(super) fn take<T: Json>(fields: &mut Map<String, Value>, name: &str) -> Result<T, Problem> {
    match fields.remove(name) {
        None | Some(Value::Null) => Ok(T::default()),
        Some(value) => T::read(value).map_err(|problem| problem.inside(name)),
    }
}

/// The fields of an object.
pub(super) fn object(value: Value) -> Result<Map<String, Value>, Problem> {
    match value {
        Value::Object(fields) => Ok(fields),
        other => Err(Problem::expected("an object", &other)),
    }
}

impl Json for String {
    fn write(&self) -> Value {
        Value::from(self.as_str())
    }

    fn read(value: Value) -> Result<Self, Problem> {
        match value {
            Value::String(text) => Ok(text),
            other => Err(Problem::expected("a text", &other)),
        }
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

impl Json for bool {
    fn write(&self) -> Value {
        Value::from(*self)
    }

    fn read(value: Value) -> Result<Self, Problem> {
        value
            .as_bool()
            .ok_or_else(|| Problem::expected("a boolean", &value))
    }

    fn is_absent(&self) -> bool {
        !self
    }
}

impl Json for i32 {
    fn write(&self) -> Value {
        Value::from(*self)
    }

    fn read(value: Value) -> Result<Self, Problem> {
        // Protobuf's JSON takes numbers as text, too.
        let number = match &value {
            Value::String(text) => text.parse().ok(),
            other => other.as_i64(),
        };
        number
            .and_then(|number| Self::try_from(number).ok())
            .ok_or_else(|| Problem::expected("a number of 32 bits", &value))
    }

    fn is_absent(&self) -> bool {
        *self == 0
    }
}

impl Json for Timestamp {
    fn write(&self) -> Value {
        Value::from(self.to_string())
    }

    fn read(value: Value) -> Result<Self, Problem> {
        let text = String::read(value)?;
        text.parse()
            .map_err(|_| Problem::new(format!("`{text}` is not a time in RFC 3339")))
    }

    /// Never a field of its own: always optional.
    fn is_absent(&self) -> bool {
        false
    }
}

impl<T: Json> Json for Option<T> {
    fn write(&self) -> Value {
        self.as_ref().map_or(Value::Null, Json::write)
    }

    fn read(value: Value) -> Result<Self, Problem> {
        T::read(value).map(Some)
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl<T: Json> Json for Box<T> {
    fn write(&self) -> Value {
        (**self).write()
    }

    fn read(value: Value) -> Result<Self, Problem> {
        T::read(value).map(Box::new)
    }

    fn is_absent(&self) -> bool {
        (**self).is_absent()
    }
}

impl<T: Json> Json for Vec<T> {
    fn write(&self) -> Value {
        self.iter().map(Json::write).collect()
    }

    fn read(value: Value) -> Result<Self, Problem> {
        match value {
            Value::Array(items) => items.into_iter().map(T::read).collect(),
            other => Err(Problem::expected("a list", &other)),
        }
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

impl<T: Json> Json for BTreeMap<String, T> {
    fn write(&self) -> Value {
        let fields = self.iter().map(|(key, value)| (key.clone(), value.write()));
        Value::Object(fields.collect())
    }

    fn read(value: Value) -> Result<Self, Problem> {
        let fields = object(value)?.into_iter();
        fields
            .map(|(key, value)| match T::read(value) {
                Ok(value) => Ok((key, value)),
                Err(problem) => Err(problem.inside(&key)),
            })
            .collect()
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

impl Json for ProtoValue {
    fn write(&self) -> Value {
        match &self.kind {
            None | Some(Kind::NullValue(_)) => Value::Null,
            // JSON has no number that is none; protobuf writes these as text.
            Some(Kind::NumberValue(number)) => Number::from_f64(*number)
                .map_or_else(|| Value::from(number.to_string()), Value::Number),
            Some(Kind::StringValue(text)) => text.write(),
            Some(Kind::BoolValue(is)) => Value::from(*is),
            Some(Kind::ListValue(list)) => list.values.write(),
            Some(Kind::StructValue(object)) => object.fields.write(),
        }
    }

    fn read(value: Value) -> Result<Self, Problem> {
        let kind = match value {
            Value::Null => Kind::NullValue(0),
            Value::Bool(is) => Kind::BoolValue(is),
            Value::Number(number) => Kind::NumberValue(number.as_f64().unwrap_or(f64::NAN)),
            Value::String(text) => Kind::StringValue(text),
            Value::Array(_) => Kind::ListValue(ListValue {
                values: Vec::read(value)?,
            }),
            Value::Object(_) => Kind::StructValue(Struct {
                fields: BTreeMap::read(value)?,
            }),
        };
        Ok(Self { kind: Some(kind) })
    }

    fn is_absent(&self) -> bool {
        false
    }
}
