//! How the arguments of a tool are described, decoded and lent.
//!
//! One value per argument of the function, made in a constant of the expansion. That constant is
//! the only place of an expansion that puts a bound on the user's type, so a type that does not
//! fit is one error.

use std::any::{Any, TypeId};
use std::fmt;

use schemars::generate::SchemaGenerator;
use schemars::{JsonSchema, Schema};
use serde::de::{DeserializeOwned, Deserializer, Visitor};
use serde_json::{Map, Value};

use super::schema::Parameters;
use super::{ResourceNeed, ToolContext, ToolError};

/// What a tool can take by value: the model is told of it by its JSON schema and writes it as JSON.
///
/// Every type that derives `serde::Deserialize` and `schemars::JsonSchema` is one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the input of a tool [AGT110]",
    label = "not a tool input: the model needs a JSON schema for this type",
    note = "add `#[derive(serde::Deserialize, schemars::JsonSchema)]` to `{Self}`",
    note = "or take it by reference, `&{Self}`: the application then lends it as a resource"
)]
pub trait ToolInput: Sized {
    /// Its schema.
    #[doc(hidden)]
    fn schema(generator: &mut SchemaGenerator) -> Schema;
    /// Decodes it; the error is the path to the fault and the fault.
    #[doc(hidden)]
    fn decode(value: Value) -> Result<Self, (String, String)>;
    /// What it is if the model leaves it out; `None` if it may not.
    #[doc(hidden)]
    fn absent() -> Option<Self>;
}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + JsonSchema> ToolInput for T {
    fn schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }

    fn decode(value: Value) -> Result<Self, (String, String)> {
        serde_path_to_error::deserialize(value)
            .map_err(|error| (error.path().to_string(), error.inner().to_string()))
    }

    fn absent() -> Option<Self> {
        T::deserialize(Absent).ok()
    }
}

/// What a tool can take by reference: a value that the application registers by its type, or the
/// [`ToolContext`] of the call.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be lent to a tool [AGT111]",
    label = "not a resource: expected a sized type that is `Send + Sync + 'static`",
    note = "what a tool takes by reference is a resource of the application, found by its type",
    note = "for an argument that the model writes, take it by value: `String`, not `&str`"
)]
pub trait ToolResource: 'static {
    /// Finds the value.
    #[doc(hidden)]
    fn lend(context: &ToolContext) -> Option<&Self>;
    /// What the start-up check has to find.
    #[doc(hidden)]
    fn need() -> ResourceNeed;
}

#[diagnostic::do_not_recommend]
impl<T: Send + Sync + 'static> ToolResource for T {
    fn lend(context: &ToolContext) -> Option<&Self> {
        (context as &dyn Any)
            .downcast_ref()
            .or_else(|| context.resources.get())
    }

    fn need() -> ResourceNeed {
        ResourceNeed {
            type_name: std::any::type_name::<T>,
            type_id: TypeId::of::<T>,
        }
    }
}

/// An argument that the model writes.
pub struct Argument<T> {
    name: &'static str,
    description: &'static str,
    schema: fn(&mut SchemaGenerator) -> Schema,
    decode: fn(Value) -> Result<T, (String, String)>,
    absent: fn() -> Option<T>,
}

/// An argument by its name, as the model is told of it. A free function, because a bound on an
/// `impl` block that does not hold reads as a missing method.
pub const fn argument<T: ToolInput>(name: &'static str, description: &'static str) -> Argument<T> {
    Argument {
        name,
        description,
        schema: T::schema,
        decode: T::decode,
        absent: T::absent,
    }
}

impl<T> Argument<T> {
    /// Takes it out of what the model sent.
    pub fn take(&self, arguments: &mut Arguments) -> Result<T, ToolError> {
        let Some(value) = arguments.values.remove(self.name) else {
            return (self.absent)().ok_or_else(|| ToolError::Arguments {
                path: self.name.to_owned(),
                problem: "is missing".to_owned(),
            });
        };
        (self.decode)(value).map_err(|(path, problem)| ToolError::Arguments {
            path: join(self.name, &path),
            problem,
        })
    }

    /// Adds it to the schema.
    pub(super) fn describe(&self, parameters: &mut Parameters) {
        let required = (self.absent)().is_none();
        parameters.add(self.name, self.description, required, self.schema);
    }
}

/// `days` and `[2].city` to `days[2].city`.
fn join(name: &str, path: &str) -> String {
    match path {
        "." => name.to_owned(),
        path if path.starts_with('[') => format!("{name}{path}"),
        path => format!("{name}.{path}"),
    }
}

/// An argument that the application lends.
pub struct Resource<T: ?Sized + 'static> {
    lend: for<'a> fn(&'a ToolContext) -> Option<&'a T>,
    need: fn() -> ResourceNeed,
}

/// An argument by its type.
pub const fn resource<T: ToolResource + ?Sized>() -> Resource<T> {
    Resource {
        lend: T::lend,
        need: T::need,
    }
}

impl<T: ?Sized + 'static> Resource<T> {
    /// The value. It is there if the start-up check was made.
    pub fn lend<'a>(&self, context: &'a ToolContext) -> Result<&'a T, ToolError> {
        (self.lend)(context).ok_or_else(|| {
            let need = (self.need)();
            let type_name = (need.type_name)();
            ToolError::failed(format!("no resource of type `{type_name}` is registered"))
        })
    }

    /// What the start-up check has to find; the context of the call is always there.
    pub(super) fn need(&self) -> Option<ResourceNeed> {
        let need = (self.need)();
        ((need.type_id)() != TypeId::of::<ToolContext>()).then_some(need)
    }
}

/// What the model sent, by name.
#[derive(Debug)]
pub struct Arguments {
    values: Map<String, Value>,
}

impl Arguments {
    /// Refuses what is not an object of the `known` names. `null` stands for no arguments: that is
    /// what some models send to a tool that takes none.
    pub fn new(arguments: Value, known: &[&str]) -> Result<Self, ToolError> {
        let values = match arguments {
            Value::Object(values) => values,
            Value::Null => Map::new(),
            _ => {
                return Err(ToolError::Arguments {
                    path: "arguments".to_owned(),
                    problem: "expected an object".to_owned(),
                });
            }
        };
        match values.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(Self { values }),
            Some(unknown) => Err(ToolError::Arguments {
                path: unknown.clone(),
                problem: expected(known),
            }),
        }
    }
}

fn expected(known: &[&str]) -> String {
    if known.is_empty() {
        return "is unknown; the tool takes no arguments".to_owned();
    }
    format!("is unknown; the tool takes `{}`", known.join("`, `"))
}

/// Stands for an argument that was not sent. As in structs, only an `Option` can be made of it.
struct Absent;

/// The error of [`Absent`]; its text is never shown.
#[derive(Debug)]
struct Missing;

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("is missing")
    }
}

impl std::error::Error for Missing {}

impl serde::de::Error for Missing {
    fn custom<M: fmt::Display>(_: M) -> Self {
        Self
    }
}

impl<'de> Deserializer<'de> for Absent {
    type Error = Missing;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Missing> {
        Err(Missing)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Missing> {
        visitor.visit_none()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
