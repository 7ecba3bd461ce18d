//! The strict dialect of JSON schema: what `OpenAI` and Azure `OpenAI` can hold a model to.
//!
//! Strict mode means that the provider never lets the model write arguments that break the schema.
//! It takes a small part of JSON schema: every object lists its properties, requires all of them
//! and allows no others. What that part can't say (maps, free JSON) must not be squeezed into it:
//! a map would become an empty object, and the model could then send nothing. So the translation
//! either succeeds or says which field stands in the way.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

/// How many properties a strict schema may have in all.
pub const STRICT_PROPERTIES_MAX: usize = 100;
/// How deep objects may lie in each other in a strict schema.
pub const STRICT_DEPTH_MAX: usize = 5;

/// Why a schema can't be used in strict mode.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` {reason}")]
pub struct NotStrict {
    /// The field, for example `filters.tags` or `days[].city`; `arguments` for the whole.
    pub path: String,
    /// What is wrong with it, for example "is a map, and its keys can't be listed".
    pub reason: &'static str,
}

/// Translates a schema to the strict dialect.
///
/// Keywords that only restrict values (`minimum`, `pattern`, ..) and that some providers refuse are
/// dropped: the arguments are checked again when they are decoded.
pub fn strict_parameters(parameters: &Value) -> Result<Value, NotStrict> {
    let mut translation = Translation::default();
    let root = Place {
        path: String::new(),
        depth: 0,
    };
    let Some(object) = parameters.as_object() else {
        return Err(root.problem(FREE_JSON));
    };
    if object.get("type") != Some(&json!("object")) {
        return Err(root.problem("is not an object"));
    }
    let mut schema = translation.schema(parameters, &root)?;
    if let Some(Value::Object(definitions)) = object.get("$defs") {
        let mut strict = Map::new();
        for (name, definition) in definitions {
            let place = Place {
                path: name.clone(),
                depth: 1,
            };
            strict.insert(name.clone(), translation.schema(definition, &place)?);
        }
        schema["$defs"] = Value::Object(strict);
    }
    Ok(schema)
}

const FREE_JSON: &str = "is free JSON, without a type";
const MAP: &str = "is a map, and its keys can't be listed";
const TAGGED: &str = "is an enum with a tag field, which strict mode is not known to keep";
const TUPLE: &str = "is a tuple, which strict mode can't express";
const COMBINED: &str = "combines schemas (`allOf`, `not`, `if`), which strict mode can't express";
const DEEP: &str = "lies deeper than strict mode allows";
const MANY: &str = "is one property more than strict mode allows";

/// Where in the schema we are.
struct Place {
    path: String,
    depth: usize,
}

impl Place {
    fn property(&self, name: &str) -> Self {
        let mut path = self.path.clone();
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(name);
        Self {
            path,
            depth: self.depth + 1,
        }
    }

    fn items(&self) -> Self {
        let mut path = self.path.clone();
        // Writing to a string can't fail.
        let _ = write!(path, "[]");
        Self {
            path,
            depth: self.depth,
        }
    }

    fn problem(&self, reason: &'static str) -> NotStrict {
        let path = match self.path.as_str() {
            "" => "arguments",
            path => path,
        };
        NotStrict {
            path: path.to_owned(),
            reason,
        }
    }
}

#[derive(Default)]
struct Translation {
    properties: usize,
}

impl Translation {
    fn schema(&mut self, schema: &Value, place: &Place) -> Result<Value, NotStrict> {
        let Some(object) = schema.as_object() else {
            return Err(place.problem(FREE_JSON));
        };
        if ["allOf", "not", "if", "dependentSchemas"]
            .iter()
            .any(|keyword| object.contains_key(*keyword))
        {
            return Err(place.problem(COMBINED));
        }
        let mut strict = if let Some(reference) = object.get("$ref") {
            // Nothing may stand beside a reference, so a description wraps it.
            let reference = json!({ "$ref": reference });
            if !object.contains_key("description") {
                return Ok(reference);
            }
            Map::from_iter([("anyOf".to_owned(), json!([reference]))])
        } else if let Some(variants) = object.get("oneOf").or_else(|| object.get("anyOf")) {
            self.variants(variants, place)?
        } else if let Some(value) = object.get("const") {
            literals(object, vec![value.clone()])
        } else if let Some(Value::Array(values)) = object.get("enum") {
            literals(object, values.clone())
        } else {
            self.typed(object, place)?
        };
        if let Some(description) = object.get("description") {
            strict.insert("description".to_owned(), description.clone());
        }
        Ok(Value::Object(strict))
    }

    fn variants(
        &mut self,
        variants: &Value,
        place: &Place,
    ) -> Result<Map<String, Value>, NotStrict> {
        let variants = variants.as_array().map_or(&[][..], Vec::as_slice);
        if variants.iter().any(is_tagged) {
            return Err(place.problem(TAGGED));
        }
        let strict = variants
            .iter()
            .map(|variant| self.schema(variant, place))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Map::from_iter([("anyOf".to_owned(), Value::Array(strict))]))
    }

    /// A schema with `type`, which may be a list: `["object", "null"]`.
    fn typed(
        &mut self,
        object: &Map<String, Value>,
        place: &Place,
    ) -> Result<Map<String, Value>, NotStrict> {
        match object.get("type") {
            Some(Value::String(name)) => self.one_type(name, object, place),
            Some(Value::Array(names)) => {
                let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
                if !names.iter().any(|name| matches!(*name, "object" | "array")) {
                    return Ok(Map::from_iter([("type".to_owned(), json!(names))]));
                }
                let strict = names
                    .iter()
                    .map(|name| self.one_type(name, object, place).map(Value::Object))
                    .collect::<Result<Vec<_>, _>>()?;
                Ok(Map::from_iter([("anyOf".to_owned(), Value::Array(strict))]))
            }
            _ => Err(place.problem(FREE_JSON)),
        }
    }

    fn one_type(
        &mut self,
        name: &str,
        object: &Map<String, Value>,
        place: &Place,
    ) -> Result<Map<String, Value>, NotStrict> {
        let mut strict = match name {
            "object" => self.object(object, place)?,
            "array" => self.array(object, place)?,
            _ => Map::new(),
        };
        strict.insert("type".to_owned(), Value::from(name));
        Ok(strict)
    }

    fn object(
        &mut self,
        object: &Map<String, Value>,
        place: &Place,
    ) -> Result<Map<String, Value>, NotStrict> {
        if place.depth >= STRICT_DEPTH_MAX {
            return Err(place.problem(DEEP));
        }
        let closed = object.get("additionalProperties") == Some(&Value::Bool(false));
        let open = object.contains_key("additionalProperties") && !closed;
        if open || object.contains_key("patternProperties") {
            return Err(place.problem(MAP));
        }
        let mut properties = Map::new();
        match object.get("properties") {
            Some(Value::Object(declared)) => {
                for (name, schema) in declared {
                    let place = place.property(name);
                    self.properties += 1;
                    if self.properties > STRICT_PROPERTIES_MAX {
                        return Err(place.problem(MANY));
                    }
                    properties.insert(name.clone(), self.schema(schema, &place)?);
                }
            }
            _ if closed => {}
            _ => return Err(place.problem(FREE_JSON)),
        }
        let required: Vec<&String> = properties.keys().collect();
        Ok(Map::from_iter([
            ("required".to_owned(), json!(required)),
            ("properties".to_owned(), Value::Object(properties)),
            ("additionalProperties".to_owned(), Value::Bool(false)),
        ]))
    }

    fn array(
        &mut self,
        object: &Map<String, Value>,
        place: &Place,
    ) -> Result<Map<String, Value>, NotStrict> {
        if object.contains_key("prefixItems") {
            return Err(place.problem(TUPLE));
        }
        let place = place.items();
        match object.get("items") {
            Some(items) => Ok(Map::from_iter([(
                "items".to_owned(),
                self.schema(items, &place)?,
            )])),
            None => Err(place.problem(FREE_JSON)),
        }
    }
}

/// A closed set of values; the type stays beside it if there is one.
fn literals(object: &Map<String, Value>, values: Vec<Value>) -> Map<String, Value> {
    let mut strict = Map::from_iter([("enum".to_owned(), Value::Array(values))]);
    if let Some(kind) = object.get("type") {
        strict.insert("type".to_owned(), kind.clone());
    }
    strict
}

/// An object that is told from its siblings by the fixed value of a field.
fn is_tagged(variant: &Value) -> bool {
    variant["properties"].as_object().is_some_and(|properties| {
        properties
            .values()
            .any(|field| field.get("const").is_some())
    })
}

#[cfg(test)]
pub(super) mod tests;
