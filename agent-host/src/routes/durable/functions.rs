//! What the app has code for, as far as requests may name it.

use durable_task::{Accepts, EntityId, WorkerProfile};

use super::refusal::Refusal;

/// The orchestrators and entities of an app.
#[derive(Debug, Clone, Default)]
pub(crate) struct Functions {
    /// Names with their versions; `None` if every name may be used.
    orchestrators: Option<Vec<(String, Option<String>)>>,
    /// Lower-cased names; `None` if every name may be used.
    entities: Option<Vec<String>>,
}

impl Functions {
    /// What a worker takes.
    pub(crate) fn of(profile: WorkerProfile) -> Self {
        let orchestrators = match profile.orchestrators {
            Accepts::Everything => None,
            Accepts::Only(all) => Some(all.into_iter().map(|f| (f.name, f.version)).collect()),
        };
        let entities = match profile.entities {
            Accepts::Everything => None,
            Accepts::Only(all) => Some(all.into_iter().map(|entity| entity.name).collect()),
        };
        Self {
            orchestrators,
            entities,
        }
    }

    /// The registered spelling of an orchestrator's name, if it has code in this version.
    pub(super) fn orchestrator(
        &self,
        name: &str,
        version: Option<&str>,
    ) -> Result<String, Refusal> {
        let Some(all) = &self.orchestrators else {
            return Ok(name.to_owned());
        };
        let exact = all.iter().find(|(known, _)| known == name);
        let found = exact.or_else(|| {
            all.iter()
                .find(|(known, _)| known.eq_ignore_ascii_case(name))
        });
        let Some((found, _)) = found else {
            return Err(unknown(name, "an orchestrator"));
        };
        let has_version = |wanted: &str| {
            let mut versions = all.iter().filter(|(known, _)| known == found);
            versions.any(|(_, version)| version.as_deref().is_none_or(|known| known == wanted))
        };
        match version {
            Some(version) if !has_version(version) => Err(Refusal::bad_request(format!(
                "The orchestrator function '{found}' has no version '{version}'"
            ))),
            _ => Ok(found.clone()),
        }
    }

    /// Whether an instance of this name and version, which is empty for none, can go on here.
    pub(crate) fn has_code(&self, name: &str, version: &str) -> bool {
        let Some(all) = &self.orchestrators else {
            return true;
        };
        // One without a version gets the newest when it begins.
        let mut all = all.iter().filter(|(known, _)| known == name);
        all.any(|(_, known)| {
            version.is_empty() || known.as_deref().is_none_or(|known| known == version)
        })
    }

    /// An entity whose operations have code.
    pub(super) fn entity(&self, name: &str, key: &str) -> Result<EntityId, Refusal> {
        let entity = entity_id(name, key)?;
        match &self.entities {
            Some(all) if !all.iter().any(|known| known == entity.name()) => {
                Err(unknown(name, "an entity"))
            }
            _ => Ok(entity),
        }
    }
}

/// An entity, whether it has code or not. The empty key is one.
pub(super) fn entity_id(name: &str, key: &str) -> Result<EntityId, Refusal> {
    let stand_in = if key.is_empty() { "$" } else { key };
    let checked = EntityId::new(name, stand_in)
        .map_err(|error| Refusal::bad_request(format!("Invalid entity id: {error}")))?;
    if key.is_empty() {
        let empty = EntityId::parse(&format!("@{}@", checked.name()));
        return empty.ok_or_else(|| Refusal::bad_request("Invalid entity id"));
    }
    Ok(checked)
}

fn unknown(name: &str, kind: &str) -> Refusal {
    Refusal::bad_request(format!(
        "The function '{name}' doesn't exist, is disabled, or is not {kind} function"
    ))
}

#[cfg(test)]
mod tests {
    use durable_task::{EntityProfile, NameAndVersion};

    use super::*;

    fn functions() -> Functions {
        let orchestrator = |name: &str, version: &str| NameAndVersion {
            name: name.to_owned(),
            version: Some(version.to_owned()),
        };
        Functions::of(WorkerProfile {
            orchestrators: Accepts::Only(vec![
                orchestrator("Hello", ""),
                orchestrator("Hello", "2"),
                orchestrator("hello", "9"),
                orchestrator("Other", ""),
            ]),
            entities: Accepts::Only(vec![EntityProfile {
                name: String::from("counter"),
                synchronous: true,
            }]),
            ..WorkerProfile::default()
        })
    }

    #[test]
    fn an_orchestrator_is_found_by_its_spelling_then_by_its_letters() {
        let functions = functions();
        for (name, version, expected) in [
            ("Hello", None, Some("Hello")),
            ("Hello", Some("2"), Some("Hello")),
            ("hello", Some("9"), Some("hello")),
            ("HELLO", None, Some("Hello")),
            ("OTHER", None, Some("Other")),
            ("Hello", Some("9"), None),
            ("Nobody", None, None),
        ] {
            let found = functions.orchestrator(name, version).ok();
            assert_eq!(found.as_deref(), expected, "{name} {version:?}");
        }
        let text =
            "The function 'X' doesn't exist, is disabled, or is not an orchestrator function";
        let refused = functions.orchestrator("X", None).unwrap_err();
        assert_eq!(refused, Refusal::bad_request(text));
    }

    #[test]
    fn code_is_there_for_a_version_or_for_the_newest() {
        let functions = functions();
        for (name, version, expected) in [
            ("Hello", "2", true),
            ("Hello", "9", false),
            ("hello", "", true),
            ("HELLO", "2", false),
            ("Nobody", "", false),
        ] {
            assert_eq!(
                functions.has_code(name, version),
                expected,
                "{name} {version}"
            );
        }
        assert!(Functions::default().has_code("Nobody", "1"));
    }

    #[test]
    fn an_entity_needs_code_and_a_key_that_hubs_can_store() {
        let functions = functions();
        let id = |name, key| functions.entity(name, key).map(|id| id.to_string()).ok();
        assert_eq!(id("Counter", "K").as_deref(), Some("@counter@K"));
        assert_eq!(id("counter", "").as_deref(), Some("@counter@"));
        assert_eq!(id("account", "K"), None);
        assert_eq!(id("counter", "a#b"), None);
        assert!(entity_id("account", "K").is_ok());
    }

    #[test]
    fn a_worker_that_takes_everything_knows_every_name() {
        let functions = Functions::default();
        assert_eq!(functions.orchestrator("X", Some("1")).unwrap(), "X");
        assert!(functions.entity("x", "k").is_ok());
    }
}
