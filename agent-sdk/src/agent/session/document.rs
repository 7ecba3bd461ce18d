//! The document and its version.

use durable_task::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Entry;

/// The version that we write.
pub const SCHEMA_VERSION: &str = "1.1.0";

/// How much of a document an error repeats.
const SHOWN_CHARS_MAX: usize = 500;

/// Why a document can't be read. Final: it is never reset, so that nothing is lost.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// There is no version.
    #[error("The durable agent state is missing the 'schemaVersion' property.")]
    VersionMissing,
    /// The version is not `major.minor.patch`.
    #[error("The durable agent state has an invalid 'schemaVersion' property.")]
    VersionInvalid,
    /// The version is of another major.
    #[error("The durable agent state schema version '{version}' is not supported.")]
    VersionUnsupported {
        /// The version.
        version: String,
    },
    /// There is nothing in it.
    #[error("The durable agent state is missing the 'data' property.")]
    DataMissing,
    /// A property has another type than the schema gives it.
    #[error("The durable agent state can't be read: {problem}")]
    Malformed {
        /// What is wrong.
        problem: String,
    },
}

/// The whole document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionState {
    /// `major.minor.patch`.
    #[serde(rename = "schemaVersion")]
    pub schema_version: String,
    /// The rest.
    pub data: SessionData,
    /// Properties that we do not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What the document holds.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct SessionData {
    /// Requests and responses, oldest first.
    #[serde(rename = "conversationHistory", default)]
    pub conversation_history: Vec<Entry>,
    /// When the session may be deleted, if ever.
    #[serde(
        rename = "expirationTimeUtc",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub expiration_time_utc: Option<String>,
    /// Properties that we do not know, `extensionData` among them.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Default for SessionState {
    fn default() -> Self {
        Self {
            schema_version: String::from(SCHEMA_VERSION),
            data: SessionData::default(),
            extra: Map::new(),
        }
    }
}

impl SessionState {
    /// Reads a document.
    pub fn parse(json: &str) -> Result<Self, StateError> {
        // Each turn reads its session twice, and nearly all are fine: the tree of values that
        // names the wrong field is built only for those that are not.
        if let Ok(state) = serde_json::from_str::<Self>(json)
            && let Some((1, ..)) = parse_version(&state.schema_version)
        {
            return Ok(state);
        }
        let value = serde_json::from_str(json).map_err(|error| StateError::Malformed {
            problem: error.to_string(),
        })?;
        Self::from_value(value)
    }

    /// Reads a document that is already JSON.
    pub fn from_value(value: Value) -> Result<Self, StateError> {
        let version = value
            .get("schemaVersion")
            .ok_or(StateError::VersionMissing)?;
        let version = version.as_str().ok_or(StateError::VersionInvalid)?;
        let (major, ..) = parse_version(version).ok_or(StateError::VersionInvalid)?;
        if major != 1 {
            let version = shortened(version.to_owned());
            return Err(StateError::VersionUnsupported { version });
        }
        if value.get("data").is_none_or(Value::is_null) {
            return Err(StateError::DataMissing);
        }
        serde_path_to_error::deserialize(value).map_err(|error| StateError::Malformed {
            problem: shortened(format!("`{}`: {}", error.path(), error.inner())),
        })
    }

    /// When the session may be deleted. A time that can't be read counts as none.
    pub fn expires_at(&self) -> Option<Timestamp> {
        Timestamp::parse(self.data.expiration_time_utc.as_deref()?)
    }

    /// Sets when the session may be deleted.
    pub fn set_expires_at(&mut self, time: Option<Timestamp>) {
        self.data.expiration_time_utc = time.map(|time| time.to_string());
    }

    /// Raises an older minor version to the one whose fields we write.
    pub(super) fn raise_version(&mut self) {
        if parse_version(&self.schema_version) < parse_version(SCHEMA_VERSION) {
            SCHEMA_VERSION.clone_into(&mut self.schema_version);
        }
    }
}

/// A text that may repeat what is in the document.
fn shortened(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(SHOWN_CHARS_MAX) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// `^\d+\.\d+\.\d+$`, as numbers.
fn parse_version(text: &str) -> Option<(u64, u64, u64)> {
    let mut parts = text.split('.').map(|part| {
        let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| part.parse().unwrap_or(u64::MAX))
    });
    let version = (parts.next()??, parts.next()??, parts.next()??);
    parts.next().is_none().then_some(version)
}
