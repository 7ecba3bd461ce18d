//! Everything a worker can run, by name.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::episode::Outcome;
use crate::runtime::{BoxFuture, LocalBoxFuture};
use crate::version::compare_versions;
use crate::{
    Accepts, Activity, ActivityContext, Entity, EntityContext, EntityProfile, Failure,
    NameAndVersion, OrchestrationContext, OrchestrationError, Orchestrator, json,
};

pub(crate) type OrchestratorCode = Arc<
    dyn Fn(OrchestrationContext, Option<String>) -> LocalBoxFuture<'static, Outcome> + Send + Sync,
>;
pub(crate) type ActivityCode = Arc<
    dyn Fn(ActivityContext, Option<String>) -> BoxFuture<'static, Result<String, Failure>>
        + Send
        + Sync,
>;
pub(crate) type EntityCode =
    Arc<dyn Fn(&mut EntityContext) -> Result<Option<String>, Failure> + Send + Sync>;

/// Why something can't be registered. It is a mistake in the program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// Two pieces of code under one name (and version).
    #[error("{kind} `{name}` is registered twice{}", in_version(.version))]
    Duplicate {
        /// `orchestrator`, `activity` or `entity`.
        kind: &'static str,
        /// The name.
        name: String,
        /// The orchestrator's version; empty for none.
        version: String,
    },
    /// A name that can't be used.
    #[error("{kind} `{name}`: {problem}")]
    Name {
        /// `orchestrator`, `activity` or `entity`.
        kind: &'static str,
        /// The name.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

fn in_version(version: &str) -> String {
    if version.is_empty() {
        String::new()
    } else {
        format!(" in version `{version}`")
    }
}

/// Orchestrators, activities and entities by name.
///
/// Functions are registered as they are; types that implement [`Orchestrator`], [`Activity`] or
/// [`Entity`] bring their names along.
///
/// ```
/// use durable_task::{ActivityContext, Failure, OrchestrationContext, Registry};
///
/// let mut registry = Registry::new();
/// registry.activity_fn("double", |_: ActivityContext, number: u64| async move {
///     Ok::<u64, Failure>(number * 2)
/// })?;
/// registry.orchestrator_fn("quadruple", "", |ctx: OrchestrationContext, number: u64| async move {
///     let doubled: u64 = ctx.call_activity("double", &number).await?;
///     ctx.call_activity::<u64>("double", &doubled).await
/// })?;
/// # Ok::<(), durable_task::RegistryError>(())
/// ```
#[derive(Default, Clone)]
pub struct Registry {
    /// By name; the versions from the lowest to the highest.
    orchestrators: BTreeMap<String, Vec<(String, OrchestratorCode)>>,
    activities: BTreeMap<String, ActivityCode>,
    /// By lower-case name.
    entities: BTreeMap<String, EntityCode>,
}

impl Registry {
    /// An empty registry.
    pub fn new() -> Self {
        Self::default()
    }

    /// Registers an orchestrator; several versions of one name can stand side by side.
    pub fn orchestrator_fn<I, O, F, Fut>(
        &mut self,
        name: impl Into<String>,
        version: impl Into<String>,
        run: F,
    ) -> Result<(), RegistryError>
    where
        I: DeserializeOwned + 'static,
        O: Serialize,
        F: Fn(OrchestrationContext, I) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<O, OrchestrationError>> + 'static,
    {
        let run = Arc::new(run);
        let code: OrchestratorCode = Arc::new(move |context, input: Option<String>| {
            let run = Arc::clone(&run);
            Box::pin(async move {
                let input = json::decode_input(input.as_deref())?;
                let output = run(context, input).await?;
                Ok(Some(json::encode_output(&output)?))
            })
        });
        let (name, version) = (name.into(), version.into());
        check_name("orchestrator", &name)?;
        let versions = self.orchestrators.entry(name.clone()).or_default();
        let place = versions.binary_search_by(|(other, _)| compare_versions(other, &version));
        match place {
            Ok(_) => Err(RegistryError::Duplicate {
                kind: "orchestrator",
                name,
                version,
            }),
            Err(place) => {
                versions.insert(place, (version, code));
                Ok(())
            }
        }
    }

    /// Registers an orchestrator by its type.
    pub fn orchestrator<T: Orchestrator>(&mut self) -> Result<(), RegistryError> {
        self.orchestrator_fn(T::NAME, T::VERSION, T::run)
    }

    /// Registers an activity.
    pub fn activity_fn<I, O, F, Fut>(
        &mut self,
        name: impl Into<String>,
        run: F,
    ) -> Result<(), RegistryError>
    where
        I: DeserializeOwned + Send + 'static,
        O: Serialize,
        F: Fn(ActivityContext, I) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<O, Failure>> + Send + 'static,
    {
        let run = Arc::new(run);
        let code: ActivityCode = Arc::new(move |context, input: Option<String>| {
            let run = Arc::clone(&run);
            Box::pin(async move {
                let input = json::decode_input(input.as_deref())?;
                let running = run(context, input);
                running
                    .await
                    .and_then(|output| json::encode_output(&output))
            })
        });
        let name = name.into();
        check_name("activity", &name)?;
        insert("activity", &mut self.activities, name, code)
    }

    /// Registers an activity by its type.
    pub fn activity<T: Activity>(&mut self, activity: T) -> Result<(), RegistryError> {
        let activity = Arc::new(activity);
        self.activity_fn(T::NAME, move |context, input: T::Input| {
            let activity = Arc::clone(&activity);
            async move { activity.run(context, input).await }
        })
    }

    /// Registers an entity whose operations run without await; each call is one operation.
    pub fn entity_fn<O, F>(&mut self, name: impl Into<String>, run: F) -> Result<(), RegistryError>
    where
        O: Serialize,
        F: Fn(&mut EntityContext) -> Result<O, Failure> + Send + Sync + 'static,
    {
        let code: EntityCode = Arc::new(move |context| {
            let text = json::encode_output(&run(context)?)?;
            // An operation without a value has no result.
            Ok((text != "null").then_some(text))
        });
        let name = name.into();
        check_name("entity", &name)?;
        if name.contains('@') {
            return Err(RegistryError::Name {
                kind: "entity",
                name,
                problem: "the name of an entity must not contain `@`",
            });
        }
        insert("entity", &mut self.entities, name.to_lowercase(), code)
    }

    /// Registers an entity by its type.
    pub fn entity<T: Entity>(&mut self, entity: T) -> Result<(), RegistryError> {
        self.entity_fn(T::NAME, move |context| entity.run(context))
    }

    /// The code of an orchestrator in a version, with that version's text; without a wanted
    /// version, of the newest. Some clients write no version as an empty one: that is the code
    /// without a version, and the newest only where there is none.
    pub(crate) fn find_orchestrator(
        &self,
        name: &str,
        wanted: Option<&str>,
    ) -> Option<(&str, &OrchestratorCode)> {
        let versions = self.orchestrators.get(name)?;
        let exact = wanted.and_then(|wanted| {
            let mut all = versions.iter();
            all.find(|(version, _)| compare_versions(version, wanted).is_eq())
        });
        let found = match wanted {
            None | Some("") => exact.or_else(|| versions.last()),
            Some(_) => exact,
        };
        found.map(|(version, code)| (&**version, code))
    }

    pub(crate) fn find_activity(&self, name: &str) -> Option<&ActivityCode> {
        self.activities.get(name)
    }

    /// `name` is in lower case.
    pub(crate) fn find_entity(&self, name: &str) -> Option<&EntityCode> {
        self.entities.get(name)
    }

    pub(crate) fn orchestrators(&self) -> Accepts<NameAndVersion> {
        let pairs = self.orchestrators.iter().flat_map(|(name, versions)| {
            versions.iter().map(move |(version, _)| NameAndVersion {
                name: name.clone(),
                version: Some(version.clone()),
            })
        });
        Accepts::Only(pairs.collect())
    }

    pub(crate) fn activities(&self) -> Accepts<NameAndVersion> {
        let names = self.activities.keys().map(|name| NameAndVersion {
            name: name.clone(),
            version: None,
        });
        Accepts::Only(names.collect())
    }

    pub(crate) fn entities(&self) -> Accepts<EntityProfile> {
        let profiles = self.entities.keys().map(|name| EntityProfile {
            name: name.clone(),
            synchronous: true,
        });
        Accepts::Only(profiles.collect())
    }
}

fn check_name(kind: &'static str, name: &str) -> Result<(), RegistryError> {
    let problem = if name.is_empty() {
        "the name must not be empty"
    } else if name.chars().any(char::is_control) {
        "the name must not contain control characters"
    } else {
        return Ok(());
    };
    Err(RegistryError::Name {
        kind,
        name: name.to_owned(),
        problem,
    })
}

fn insert<T>(
    kind: &'static str,
    map: &mut BTreeMap<String, T>,
    name: String,
    code: T,
) -> Result<(), RegistryError> {
    if map.contains_key(&name) {
        return Err(RegistryError::Duplicate {
            kind,
            name,
            version: String::new(),
        });
    }
    map.insert(name, code);
    Ok(())
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("orchestrators", &self.orchestrators())
            .field("activities", &self.activities())
            .field("entities", &self.entities.keys().collect::<Vec<_>>())
            .finish()
    }
}
