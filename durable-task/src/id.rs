//! Names of things: instances, executions, entities.

use std::fmt;
use std::sync::Arc;

/// The longest id of an instance, a session or an entity key, in characters.
pub const ID_CHARS_MAX: usize = 256;

/// Why a text can't be an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdError {
    /// The text has no characters.
    #[error("an id must not be empty")]
    Empty,
    /// The text is longer than every backend can store.
    #[error("an id has at most {ID_CHARS_MAX} characters, this one has {chars}")]
    TooLong {
        /// How many characters it has.
        chars: usize,
    },
    /// A character that some backend can't store in a key.
    #[error(
        "an id must not contain {character:?}; `/ \\ # ? ^` and control characters are refused"
    )]
    Character {
        /// The first such character.
        character: char,
    },
    /// `@` marks entities.
    #[error("the id of an orchestration must not start with `@`, which marks entities")]
    ReservedPrefix,
}

/// Checks what every id has to satisfy on every backend: 1 to 256 characters, none of `/ \ # ? ^`,
/// no control character.
pub fn check_id(text: &str) -> Result<(), IdError> {
    if text.is_empty() {
        return Err(IdError::Empty);
    }
    let chars = text.chars().count();
    if chars > ID_CHARS_MAX {
        return Err(IdError::TooLong { chars });
    }
    let refused = |c: &char| matches!(c, '/' | '\\' | '#' | '?' | '^') || c.is_control();
    match text.chars().find(refused) {
        Some(character) => Err(IdError::Character { character }),
        None => Ok(()),
    }
}

/// The id of one orchestration or entity, chosen by whoever starts it.
///
/// Entities have the form `@name@key`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstanceId(Arc<str>);

impl InstanceId {
    /// An id for a new orchestration.
    pub fn new(text: impl AsRef<str>) -> Result<Self, IdError> {
        let text = text.as_ref();
        check_id(text)?;
        if text.starts_with('@') {
            return Err(IdError::ReservedPrefix);
        }
        Ok(Self(Arc::from(text)))
    }

    /// An id that a hub already holds: not checked, so that what others wrote can be read and
    /// purged.
    pub fn from_stored(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the id names an entity.
    pub fn is_entity(&self) -> bool {
        self.0.starts_with('@')
    }
}

impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

/// One generation of an instance; continue-as-new begins another.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExecutionId(Arc<str>);

impl ExecutionId {
    /// Wraps the id of an execution.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ExecutionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An entity: its lower-cased name and its key. The key keeps its case and may contain `@`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntityId {
    name: Arc<str>,
    key: Arc<str>,
}

impl EntityId {
    /// An entity id. The name is lower-cased, as everywhere on a hub; it must not contain `@`.
    pub fn new(name: impl AsRef<str>, key: impl AsRef<str>) -> Result<Self, IdError> {
        let (name, key) = (name.as_ref(), key.as_ref());
        check_id(name)?;
        if name.contains('@') {
            return Err(IdError::Character { character: '@' });
        }
        check_id(key)?;
        Ok(Self {
            name: Arc::from(name.to_lowercase()),
            key: Arc::from(key),
        })
    }

    /// Stands in for an id that was refused.
    pub(crate) fn refused(name: &str) -> Self {
        Self {
            name: Arc::from(name.to_lowercase()),
            key: Arc::from("refused"),
        }
    }

    /// Takes `@name@key` apart at its second `@`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, key) = text.strip_prefix('@')?.split_once('@')?;
        Some(Self {
            name: Arc::from(name),
            key: Arc::from(key),
        })
    }

    /// The entity's name, in lower case.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The entity's key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// `@name@key`.
    pub fn to_instance_id(&self) -> InstanceId {
        InstanceId::from_stored(self.to_string())
    }
}

impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}@{}", self.name, self.key)
    }
}
