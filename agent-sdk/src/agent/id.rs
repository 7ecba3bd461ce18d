//! Names of sessions and of runs.

use std::fmt;
use std::sync::Arc;

use durable_task::{EntityId, IdError, InstanceId, check_id};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Words that can't be session ids, because routes end in them.
pub const SESSION_IDS_RESERVED: [&str; 5] = ["info", "sessions", "run", "chat", "a2a"];

/// Before an agent's name in the name of its sessions' entity.
const ENTITY_PREFIX: &str = "dafx-";

/// Why a text can't be a correlation id, nor a session id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CorrelationIdError {
    /// No backend could store it.
    #[error(transparent)]
    Id(#[from] IdError),
    /// `~` marks the sessions of nested runs, which nobody else may hold.
    #[error("an id must not contain `~`, which marks the sessions of nested runs")]
    Nested,
    /// Clients resolve these segments of a path before they send it.
    #[error("an id must not be `.` or `..`: a link to it can't be followed")]
    Dots,
    /// It is lost wherever a text is trimmed.
    #[error("an id must not begin or end with white space")]
    Space,
}

/// Why a text can't name a session.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionIdError {
    /// No id is like this.
    #[error(transparent)]
    Id(#[from] CorrelationIdError),
    /// A route has this name.
    #[error("`{word}` is reserved and can't be a session id: a route has this name")]
    Reserved {
        /// The word.
        word: &'static str,
    },
}

/// What holds for the ids of sessions and of requests: both stand in links.
fn check(text: &str) -> Result<(), CorrelationIdError> {
    check_id(text)?;
    if text.contains('~') {
        return Err(CorrelationIdError::Nested);
    }
    if matches!(text, "." | "..") {
        return Err(CorrelationIdError::Dots);
    }
    if text.trim() != text {
        return Err(CorrelationIdError::Space);
    }
    Ok(())
}

/// The id of one conversation with an agent: 1 to 256 characters, none of `/ \ # ? ^ ~`, no control
/// character, no white space at its ends, not `.` or `..`, none of [`SESSION_IDS_RESERVED`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SessionId(Arc<str>);

impl SessionId {
    /// A session id from outside.
    pub fn new(text: impl AsRef<str>) -> Result<Self, SessionIdError> {
        let text = text.as_ref();
        check(text)?;
        match SESSION_IDS_RESERVED.into_iter().find(|word| *word == text) {
            Some(word) => Err(SessionIdError::Reserved { word }),
            None => Ok(Self(Arc::from(text))),
        }
    }

    /// A new session: 32 hexadecimal digits.
    pub fn random() -> Self {
        Self(Arc::from(Uuid::new_v4().simple().to_string()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The session of a nested run, which nobody outside can name: its id has a `~`.
    pub(crate) fn nested(owner: &str, place: &str) -> Self {
        Self(Arc::from(format!("{owner}~{place}")))
    }

    /// The entity that holds this session of an agent.
    pub(crate) fn entity(&self, agent: &str) -> Result<EntityId, IdError> {
        EntityId::new(entity_name(agent), &*self.0)
    }
}

/// A session as it is recorded with a run: one of a nested run is none from outside.
pub(crate) mod recorded_session {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{CorrelationIdError, SessionId, SessionIdError};

    pub(crate) fn serialize<S: Serializer>(
        id: &SessionId,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        id.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<SessionId, D::Error> {
        let text = String::deserialize(deserializer)?;
        match SessionId::new(&text) {
            Err(SessionIdError::Id(CorrelationIdError::Nested)) => Ok(SessionId(Arc::from(text))),
            checked => checked.map_err(serde::de::Error::custom),
        }
    }
}

/// The name of the entities that hold an agent's sessions: `dafx-{agent}`, in lower case.
pub(crate) fn entity_name(agent: &str) -> String {
    format!("{ENTITY_PREFIX}{}", agent.to_lowercase())
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for SessionId {
    type Error = SessionIdError;

    fn try_from(text: String) -> Result<Self, SessionIdError> {
        Self::new(text)
    }
}

impl From<SessionId> for String {
    fn from(id: SessionId) -> Self {
        (*id.0).to_owned()
    }
}

/// Links a request with its answer: the caller's idempotency key, or random. The rules of a
/// [`SessionId`], except that no word is reserved.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CorrelationId(Arc<str>);

impl CorrelationId {
    /// A correlation id from outside.
    pub fn new(text: impl AsRef<str>) -> Result<Self, CorrelationIdError> {
        let text = text.as_ref();
        check(text)?;
        Ok(Self(Arc::from(text)))
    }

    /// A new one: 32 hexadecimal digits.
    pub fn random() -> Self {
        Self(Arc::from(Uuid::new_v4().simple().to_string()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for CorrelationId {
    type Error = CorrelationIdError;

    fn try_from(text: String) -> Result<Self, CorrelationIdError> {
        Self::new(text)
    }
}

impl From<CorrelationId> for String {
    fn from(id: CorrelationId) -> Self {
        (*id.0).to_owned()
    }
}

/// One run of an agent: the id of its orchestration, derived from what was asked, so that the same
/// request finds the same run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RunId(InstanceId);

impl RunId {
    /// `run-` and 32 hexadecimal digits of SHA-256 over agent (in lower case, as on every hub),
    /// session and correlation id. No id contains the line feed between them.
    pub fn of(agent: &str, session: &SessionId, correlation: &CorrelationId) -> Self {
        let text = format!("{}\n{session}\n{correlation}", agent.to_lowercase());
        let digest = Sha256::digest(text.as_bytes());
        let mut id = String::from("run-");
        for byte in digest.iter().take(16) {
            id.push(hex_digit(byte >> 4));
            id.push(hex_digit(byte & 0xf));
        }
        Self(InstanceId::from_stored(id))
    }

    /// The orchestration that is the run.
    pub fn instance_id(&self) -> &InstanceId {
        &self.0
    }
}

fn hex_digit(value: u8) -> char {
    char::from_digit(u32::from(value), 16).unwrap_or('0')
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Recorded(#[serde(with = "recorded_session")] SessionId);

    #[test]
    fn session_ids_and_correlation_ids_are_checked() {
        for good in [
            "a",
            "user 42",
            "@joker@7",
            "Info",
            "runs",
            "ä",
            "...",
            ".a",
            &"x".repeat(256),
        ] {
            assert_eq!(SessionId::new(good).unwrap().as_str(), good);
            assert_eq!(CorrelationId::new(good).unwrap().as_str(), good);
        }
        for bad in [
            "",
            "a/b",
            "a\\b",
            "a#b",
            "a?b",
            "a^b",
            "a\u{7}b",
            &"x".repeat(257),
        ] {
            let error = CorrelationId::new(bad).unwrap_err();
            assert!(matches!(error, CorrelationIdError::Id(_)), "{bad}");
            assert_eq!(SessionId::new(bad), Err(SessionIdError::Id(error)));
        }
        for (bad, error) in [
            ("a~b", CorrelationIdError::Nested),
            (".", CorrelationIdError::Dots),
            ("..", CorrelationIdError::Dots),
            (" a", CorrelationIdError::Space),
            ("a ", CorrelationIdError::Space),
            ("\u{2003}", CorrelationIdError::Space),
        ] {
            assert_eq!(CorrelationId::new(bad), Err(error.clone()), "{bad}");
            assert_eq!(SessionId::new(bad), Err(SessionIdError::Id(error)), "{bad}");
        }
        for word in SESSION_IDS_RESERVED {
            assert!(CorrelationId::new(word).is_ok());
            assert_eq!(SessionId::new(word), Err(SessionIdError::Reserved { word }));
        }
        assert!(serde_json::from_str::<SessionId>(r#""a~b""#).is_err());
        let nested = Recorded(SessionId::nested("a", "b"));
        let json = serde_json::to_string(&nested).unwrap();
        assert_eq!(json, r#""a~b""#);
        assert_eq!(serde_json::from_str::<Recorded>(&json).unwrap(), nested);
        assert!(serde_json::from_str::<Recorded>(r#""a/b~c""#).is_err());
        assert_eq!(SessionId::random().as_str().len(), 32);
        assert_ne!(SessionId::random(), SessionId::random());
    }

    #[test]
    fn the_entity_has_the_agents_name_in_lower_case_and_the_session_as_it_is() {
        let entity = SessionId::new("Ab@c")
            .unwrap()
            .entity("WeatherAgent")
            .unwrap();
        assert_eq!(entity.to_string(), "@dafx-weatheragent@Ab@c");
    }

    #[test]
    fn a_run_id_depends_on_each_part_and_on_nothing_else() {
        let run = |agent: &str, session: &str, correlation: &str| {
            RunId::of(
                agent,
                &SessionId::new(session).unwrap(),
                &CorrelationId::new(correlation).unwrap(),
            )
            .to_string()
        };
        let id = run("Weather", "s", "c");
        // The first 16 bytes of `printf 'weather\ns\nc' | sha256sum`.
        assert_eq!(id, "run-4a6ff047de84527fc8900a9601f7b4a8");
        assert_eq!(run("weather", "s", "c"), id);
        assert_ne!(run("Weather2", "s", "c"), id);
        assert_ne!(run("Weather", "S", "c"), id);
        assert_ne!(run("Weather", "s", "C"), id);
        assert_ne!(run("Weather", "sc", "c"), run("Weather", "s", "cc"));
    }
}
