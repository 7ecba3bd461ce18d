//! What activities and tools need besides their input: values that are registered by type.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// Values by type: database pools, clients, configuration.
///
/// ```
/// use durable_task::Resources;
///
/// let mut resources = Resources::default();
/// resources.insert(String::from("https://bank.example"));
/// assert_eq!(resources.get::<String>().map(String::len), Some(20));
/// assert_eq!(resources.get::<u64>(), None);
/// ```
#[derive(Clone, Default)]
pub struct Resources {
    values: HashMap<TypeId, (&'static str, Arc<dyn Any + Send + Sync>)>,
}

impl Resources {
    /// Puts a value in. A second value of the same type replaces the first and is reported by
    /// `true`.
    pub fn insert<T: Send + Sync + 'static>(&mut self, value: T) -> bool {
        let entry = (
            std::any::type_name::<T>(),
            Arc::new(value) as Arc<dyn Any + Send + Sync>,
        );
        self.values.insert(TypeId::of::<T>(), entry).is_some()
    }

    /// Puts in what `others` holds and this does not.
    pub(crate) fn fill_from(&mut self, others: &Self) {
        for (id, (name, value)) in &others.values {
            let entry = || (*name, Arc::clone(value));
            self.values.entry(*id).or_insert_with(entry);
        }
    }

    /// The value of a type.
    pub fn get<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.values
            .get(&TypeId::of::<T>())
            .and_then(|(_, value)| value.downcast_ref())
    }

    /// Which of `needs` are not there.
    pub fn missing<'a>(&self, needs: &'a [ResourceNeed]) -> Vec<&'a ResourceNeed> {
        needs
            .iter()
            .filter(|need| !self.values.contains_key(&(need.type_id)()))
            .collect()
    }
}

impl fmt::Debug for Resources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.values.values().map(|(name, _)| name))
            .finish()
    }
}

/// A type that an activity or a tool takes by reference.
#[derive(Debug, Clone, Copy)]
pub struct ResourceNeed {
    /// The type's name, for messages.
    pub type_name: fn() -> &'static str,
    /// The type.
    pub type_id: fn() -> TypeId,
}

/// A resource that nobody registered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{needed_by} needs a resource of type `{type_name}`, and none is registered; \
     add `.resource(value)`"
)]
pub struct MissingResource {
    /// Who needs it, for example "tool `get_weather` of agent `WeatherAgent`".
    pub needed_by: String,
    /// The type that is missing.
    pub type_name: &'static str,
}
