//! JSON schemas of Rust types, and the forms of them that model providers take.

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

pub use super::dialect::{NotStrict, STRICT_DEPTH_MAX, STRICT_PROPERTIES_MAX, strict_parameters};

/// A schema as a provider is to be sent it.
#[derive(Debug, Clone, PartialEq)]
pub struct ProviderSchema {
    /// The schema.
    pub schema: Value,
    /// Whether the provider may hold the model to it (`"strict": true`).
    pub strict: bool,
    /// Why it may not, if it may not.
    pub reason: Option<String>,
}

/// The schema of a tool's arguments, or of an answer, for `OpenAI` and what speaks its protocol.
///
/// ```
/// use agent_sdk::tool::schema::openai_parameters;
/// use serde_json::json;
///
/// let sent = openai_parameters(&json!({
///     "type": "object",
///     "properties": { "city": { "type": "string" } },
///     "required": ["city"],
/// }));
/// assert!(sent.strict);
/// assert_eq!(sent.schema["additionalProperties"], json!(false));
/// ```
pub fn openai_parameters(parameters: &Value) -> ProviderSchema {
    match strict_parameters(parameters) {
        Ok(schema) => ProviderSchema {
            schema,
            strict: true,
            reason: None,
        },
        Err(problem) => ProviderSchema {
            schema: without_meta(parameters),
            strict: false,
            reason: Some(problem.to_string()),
        },
    }
}

/// The whole schema (2020-12) of a type, its parts inline as far as they are not recursive.
pub fn schema_of<T: JsonSchema + ?Sized>() -> Value {
    without_meta(&generator().into_root_schema_for::<T>().to_value())
}

fn generator() -> SchemaGenerator {
    let mut settings = SchemaSettings::draft2020_12().for_deserialize();
    settings.inline_subschemas = true;
    settings.into_generator()
}

fn without_meta(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(object) = schema.as_object_mut() {
        object.remove("$schema");
    }
    schema
}

/// Puts the schema of a tool's arguments together.
#[derive(Debug)]
pub struct Parameters {
    generator: SchemaGenerator,
    properties: Map<String, Value>,
    required: Vec<Value>,
}

impl Parameters {
    /// No arguments yet.
    pub fn new() -> Self {
        Self {
            generator: generator(),
            properties: Map::new(),
            required: Vec::new(),
        }
    }

    /// Adds one argument. Its description, if there is one, replaces that of its type.
    pub fn add(
        &mut self,
        name: &str,
        description: &str,
        required: bool,
        schema: fn(&mut SchemaGenerator) -> Schema,
    ) {
        let mut schema = schema(&mut self.generator).to_value();
        if !description.is_empty() {
            schema = described(schema, description);
        }
        self.properties.insert(name.to_owned(), schema);
        if required {
            self.required.push(Value::from(name));
        }
    }

    /// The schema of them all.
    pub fn finish(mut self) -> Value {
        let mut schema = json!({
            "type": "object",
            "properties": self.properties,
            "required": self.required,
            "additionalProperties": false,
        });
        let definitions = self.generator.take_definitions(true);
        if !definitions.is_empty() {
            schema["$defs"] = Value::Object(definitions);
        }
        schema
    }
}

impl Default for Parameters {
    fn default() -> Self {
        Self::new()
    }
}

/// `true`, the schema of free JSON, has no place for a description: it becomes an object first.
fn described(schema: Value, description: &str) -> Value {
    let mut object = match schema {
        Value::Object(object) => object,
        Value::Bool(false) => Map::from_iter([("not".to_owned(), json!({}))]),
        _ => Map::new(),
    };
    object.insert("description".to_owned(), Value::from(description));
    Value::Object(object)
}

#[cfg(test)]
mod tests;
