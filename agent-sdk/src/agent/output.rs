//! Answers that are values: is the text JSON, and does it fit the agent's schema.
//!
//! The check knows the keywords that schemas derived from Rust types use and that providers hold
//! to: `type`, `enum`, `const`, `properties`, `required`, `additionalProperties`, `items`, `anyOf`,
//! `oneOf`, `allOf` and local `$ref`s. Others are taken as fulfilled.

use serde_json::{Map, Value};

use super::OutputSchema;
use super::turn::ToolUse;
use crate::model::{ChatMessage, Content};

/// How deep a value or a chain of references is followed; beyond it a value is taken as fitting.
const DEPTH_MAX: u32 = 64;

/// Reads the text of an answer as JSON; a Markdown fence around it is taken off.
pub fn parse_output(text: &str) -> Result<Value, String> {
    let text = unfenced(text.trim());
    if text.is_empty() {
        return Err(String::from("the answer is empty"));
    }
    serde_json::from_str(text).map_err(|error| format!("the answer is not JSON: {error}"))
}

/// What is wrong with a value, measured by a schema: the path of the first problem and the problem.
pub fn check_output(schema: &Value, value: &Value) -> Result<(), String> {
    let checker = Checker { root: schema };
    checker.check(schema, value, &mut String::from("$"), 0)
}

/// Why a model's message does not fit the output type; `None` for one that asks for tools as it
/// may, since that is not the answer yet.
pub fn output_problem(
    output: &OutputSchema,
    message: &ChatMessage,
    tool_use: ToolUse,
) -> Option<String> {
    let is_call = |content: &Content| matches!(content, Content::ToolCall { .. });
    if tool_use == ToolUse::Offered && message.contents.iter().any(is_call) {
        return None;
    }
    parse_output(&message.to_text())
        .and_then(|value| check_output(&output.schema, &value))
        .err()
}

fn unfenced(text: &str) -> &str {
    let Some(inner) = text
        .strip_prefix("```")
        .and_then(|rest| rest.strip_suffix("```"))
    else {
        return text;
    };
    inner.strip_prefix("json").unwrap_or(inner).trim()
}

struct Checker<'a> {
    root: &'a Value,
}

impl Checker<'_> {
    fn check(
        &self,
        schema: &Value,
        value: &Value,
        path: &mut String,
        depth: u32,
    ) -> Result<(), String> {
        if schema == &Value::Bool(false) {
            return Err(format!("`{path}` is not allowed"));
        }
        let Some(keywords) = schema.as_object().filter(|_| depth < DEPTH_MAX) else {
            return Ok(());
        };
        if let Some(target) = keywords.get("$ref").and_then(Value::as_str)
            && let Some(target) = target.strip_prefix('#').and_then(|p| self.root.pointer(p))
        {
            self.check(target, value, path, depth + 1)?;
        }
        check_type(keywords, value, path)?;
        check_choice(keywords, value, path)?;
        self.check_combined(keywords, value, path, depth)?;
        match value {
            Value::Object(object) => self.check_object(keywords, object, path, depth),
            Value::Array(items) => self.check_items(keywords, items, path, depth),
            _ => Ok(()),
        }
    }

    fn check_combined(
        &self,
        keywords: &Map<String, Value>,
        value: &Value,
        path: &mut String,
        depth: u32,
    ) -> Result<(), String> {
        for schema in list(keywords, "allOf") {
            self.check(schema, value, path, depth + 1)?;
        }
        for keyword in ["anyOf", "oneOf"] {
            let choices = list(keywords, keyword);
            let fits = |schema| {
                self.check(schema, value, &mut path.clone(), depth + 1)
                    .is_ok()
            };
            if !choices.is_empty() && !choices.iter().any(fits) {
                return Err(format!("`{path}` fits none of the allowed forms"));
            }
        }
        Ok(())
    }

    fn check_object(
        &self,
        keywords: &Map<String, Value>,
        object: &Map<String, Value>,
        path: &mut String,
        depth: u32,
    ) -> Result<(), String> {
        let required = list(keywords, "required").iter().filter_map(Value::as_str);
        for name in required {
            if !object.contains_key(name) {
                return Err(format!("`{path}` lacks the property `{name}`"));
            }
        }
        let properties = keywords.get("properties").and_then(Value::as_object);
        for (name, value) in object {
            let schema = properties
                .and_then(|properties| properties.get(name))
                .or_else(|| keywords.get("additionalProperties"));
            let Some(schema) = schema else { continue };
            let length = path.len();
            path.push('.');
            path.push_str(name);
            self.check(schema, value, path, depth + 1)?;
            path.truncate(length);
        }
        Ok(())
    }

    fn check_items(
        &self,
        keywords: &Map<String, Value>,
        items: &[Value],
        path: &mut String,
        depth: u32,
    ) -> Result<(), String> {
        let Some(schema) = keywords.get("items") else {
            return Ok(());
        };
        for (index, item) in items.iter().enumerate() {
            let length = path.len();
            path.push('[');
            path.push_str(&index.to_string());
            path.push(']');
            self.check(schema, item, path, depth + 1)?;
            path.truncate(length);
        }
        Ok(())
    }
}

fn list<'a>(keywords: &'a Map<String, Value>, name: &str) -> &'a [Value] {
    keywords
        .get(name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn check_type(keywords: &Map<String, Value>, value: &Value, path: &str) -> Result<(), String> {
    let names: Vec<&str> = match keywords.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => return Ok(()),
    };
    if names.iter().any(|name| is_type(name, value)) {
        return Ok(());
    }
    Err(format!("`{path}` is not of type {}", names.join(" or ")))
}

fn is_type(name: &str, value: &Value) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "number" => value.is_number(),
        "integer" => {
            let is_whole = |number: f64| number.fract() == 0.0;
            value.is_i64() || value.is_u64() || value.as_f64().is_some_and(is_whole)
        }
        _ => true,
    }
}

fn check_choice(keywords: &Map<String, Value>, value: &Value, path: &str) -> Result<(), String> {
    let choices = list(keywords, "enum");
    let constant = keywords.get("const");
    if (choices.is_empty() || choices.contains(value)) && constant.is_none_or(|c| c == value) {
        return Ok(());
    }
    Err(format!("`{path}` is not one of the allowed values"))
}

#[cfg(test)]
mod tests;
