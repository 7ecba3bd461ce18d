//! Everything a worker can run, by name.

mod entity_code;
mod error;

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::episode::Outcome;
use crate::runtime::{BoxFuture, LocalBoxFuture};
use crate::version::compare_versions;
use crate::{
    Accepts, Activity, ActivityContext, AsyncEntity, Entity, EntityContext, EntityProfile,
    EntityType, Executor, Failure, MissingResource, NameAndVersion, OrchestrationContext,
    OrchestrationError, Orchestrator, Payload, ResourceNeed, Resources, json,
};

pub(crate) use entity_code::EntityCode;
pub use error::{RegistryError, RegistryProblem};

pub(crate) type OrchestratorCode = Arc<
    dyn Fn(OrchestrationContext, Option<String>) -> LocalBoxFuture<'static, Outcome> + Send + Sync,
>;
pub(crate) type ActivityCode = Arc<
    dyn Fn(ActivityContext, Option<String>) -> BoxFuture<'static, Result<String, Failure>>
        + Send
        + Sync,
>;

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
    orchestrators: BTreeMap<String, Vec<(String, Owned<OrchestratorCode>)>>,
    activities: BTreeMap<String, Owned<RegisteredActivity>>,
    /// By lower-case name.
    entities: BTreeMap<String, Owned<EntityCode>>,
    resources: Resources,
    repeated_resources: Vec<&'static str>,
}

/// A piece of code, and the type or function that brought it.
#[derive(Clone)]
struct Owned<T> {
    code: T,
    owner: &'static str,
}

/// An activity, and what the worker has to know of it.
#[derive(Clone)]
pub(crate) struct RegisteredActivity {
    pub(crate) code: ActivityCode,
    pub(crate) timeout: Option<Duration>,
    needs: Vec<ResourceNeed>,
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
        let code = orchestrator_code(run);
        let owner = std::any::type_name::<F>();
        self.add_orchestrator(name.into(), version.into(), Owned { code, owner })
    }

    fn add_orchestrator(
        &mut self,
        name: String,
        version: String,
        code: Owned<OrchestratorCode>,
    ) -> Result<(), RegistryError> {
        check_name("orchestrator", &name)?;
        let versions = self.orchestrators.entry(name.clone()).or_default();
        // Some numbers and some texts have no order that holds for all of them: a search by halves
        // may miss one that is there.
        let taken = versions
            .iter()
            .find(|(other, _)| compare_versions(other, &version).is_eq());
        if let Some((_, first)) = taken {
            return Err(RegistryError::Duplicate {
                kind: "orchestrator",
                name,
                version,
                first: first.owner,
                second: code.owner,
            });
        }
        let place =
            versions.partition_point(|(other, _)| compare_versions(other, &version).is_lt());
        versions.insert(place, (version, code));
        Ok(())
    }

    /// Registers an orchestrator by its type.
    pub fn orchestrator<T: Orchestrator>(&mut self) -> Result<(), RegistryError> {
        let code: OrchestratorCode = Arc::new(|context, input: Option<String>| {
            Box::pin(async move {
                let input = json::decode_input_by(T::Input::from_json, input.as_deref())?;
                let output = T::run(context, input).await?;
                Ok(Some(json::encoded_output(output.to_json())?))
            })
        });
        let owner = std::any::type_name::<T>();
        self.add_orchestrator(T::NAME.into(), T::VERSION.into(), Owned { code, owner })
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
        let code = RegisteredActivity {
            code: activity_code(run),
            timeout: None,
            needs: Vec::new(),
        };
        let owner = std::any::type_name::<F>();
        self.add_activity(name.into(), Owned { code, owner })
    }

    fn add_activity(
        &mut self,
        name: String,
        code: Owned<RegisteredActivity>,
    ) -> Result<(), RegistryError> {
        check_name("activity", &name)?;
        insert("activity", &mut self.activities, name, code)
    }

    /// Registers an activity by its type.
    pub fn activity<T: Activity>(&mut self, activity: T) -> Result<(), RegistryError> {
        self.activity_with(activity, Vec::new())
    }

    /// Registers an activity that takes `needs` out of its context; [`check`](Self::check) tells
    /// which of them are missing.
    pub fn activity_with<T: Activity>(
        &mut self,
        activity: T,
        needs: Vec<ResourceNeed>,
    ) -> Result<(), RegistryError> {
        let activity = Arc::new(activity);
        let code = RegisteredActivity {
            code: Arc::new(move |context, input: Option<String>| {
                let activity = Arc::clone(&activity);
                Box::pin(async move {
                    let input = json::decode_input_by(T::Input::from_json, input.as_deref())?;
                    let output = activity.run(context, input).await?;
                    json::encoded_output(output.to_json())
                })
            }),
            timeout: T::TIMEOUT,
            needs,
        };
        let owner = std::any::type_name::<T>();
        self.add_activity(T::NAME.into(), Owned { code, owner })
    }

    /// Registers a type that has `#[entity]` on its operations.
    pub fn entity_type<T: EntityType>(&mut self) -> Result<(), RegistryError> {
        let code = EntityCode::of(T::operations());
        self.add_entity(T::NAME.into(), std::any::type_name::<T>(), code)
    }

    /// Registers a function that has `#[executor]`.
    pub fn executor<T: Executor>(&mut self) -> Result<(), RegistryError> {
        T::register(self)
    }

    /// Registers a value by its type, for the executors that take it by reference. It is an error
    /// of [`check`](Self::check) to register two of one type.
    pub fn resource<T: Send + Sync + 'static>(&mut self, value: T) {
        if self.resources.insert(value) {
            self.repeated_resources.push(std::any::type_name::<T>());
        }
    }

    /// Registers values that others have collected, except for types of which there is one.
    pub fn resources(&mut self, values: &Resources) {
        self.resources.fill_from(values);
    }

    /// Everything that would keep registered code from running, found without running any: call it
    /// before a worker is started.
    ///
    /// ```
    /// use durable_task::{Activity, ActivityContext, ActivityError, Registry};
    ///
    /// assert_eq!(Registry::new().check(), []);
    /// ```
    pub fn check(&self) -> Vec<RegistryProblem> {
        let mut problems = Vec::new();
        for type_name in &self.repeated_resources {
            problems.push(RegistryProblem::DuplicateResource { type_name });
        }
        for (name, activity) in &self.activities {
            for need in self.resources.missing(&activity.code.needs) {
                problems.push(RegistryProblem::MissingResource(MissingResource {
                    needed_by: format!("executor `{name}`"),
                    type_name: (need.type_name)(),
                }));
            }
        }
        problems
    }

    /// Takes over all that another registry holds.
    pub fn merge(&mut self, other: Self) -> Result<(), RegistryError> {
        for (name, versions) in other.orchestrators {
            for (version, code) in versions {
                self.add_orchestrator(name.clone(), version, code)?;
            }
        }
        for (name, code) in other.activities {
            self.add_activity(name, code)?;
        }
        for (name, code) in other.entities {
            insert("entity", &mut self.entities, name, code)?;
        }
        self.resources.fill_from(&other.resources);
        self.repeated_resources.extend(other.repeated_resources);
        Ok(())
    }

    /// The name and version of every orchestrator, in order; an empty version is none.
    pub fn orchestrator_names(&self) -> impl Iterator<Item = (&str, &str)> {
        self.orchestrators.iter().flat_map(|(name, versions)| {
            versions
                .iter()
                .map(move |(version, _)| (name.as_str(), version.as_str()))
        })
    }

    /// The names of the activities, in order.
    pub fn activity_names(&self) -> impl Iterator<Item = &str> {
        self.activities.keys().map(String::as_str)
    }

    /// The names of the entities, in lower case and in order.
    pub fn entity_names(&self) -> impl Iterator<Item = &str> {
        self.entities.keys().map(String::as_str)
    }

    /// Whether nothing is registered that a worker could run.
    pub fn is_empty(&self) -> bool {
        self.orchestrators.is_empty() && self.activities.is_empty() && self.entities.is_empty()
    }

    /// Registers an entity whose operations run without await; each call is one operation.
    pub fn entity_fn<O, F>(&mut self, name: impl Into<String>, run: F) -> Result<(), RegistryError>
    where
        O: Serialize,
        F: Fn(&mut EntityContext) -> Result<O, Failure> + Send + Sync + 'static,
    {
        let owner = std::any::type_name::<F>();
        self.add_entity(name.into(), owner, EntityCode::synchronous(run))
    }

    fn add_entity(
        &mut self,
        name: String,
        owner: &'static str,
        code: EntityCode,
    ) -> Result<(), RegistryError> {
        check_name("entity", &name)?;
        if name.contains('@') {
            return Err(RegistryError::Name {
                kind: "entity",
                name,
                problem: "the name of an entity must not contain `@`",
            });
        }
        let name = name.to_lowercase();
        insert("entity", &mut self.entities, name, Owned { code, owner })
    }

    /// Registers an entity by its type.
    pub fn entity<T: Entity>(&mut self, entity: T) -> Result<(), RegistryError> {
        let code = EntityCode::synchronous(move |context: &mut EntityContext| entity.run(context));
        self.add_entity(T::NAME.into(), std::any::type_name::<T>(), code)
    }

    /// Registers an entity whose operations wait, by its type.
    pub fn async_entity<T: AsyncEntity>(&mut self, entity: T) -> Result<(), RegistryError> {
        let entity = Arc::new(entity);
        let code = EntityCode::asynchronous(move |context| {
            let entity = Arc::clone(&entity);
            Box::pin(async move { entity.run(context).await })
        });
        self.add_entity(T::NAME.into(), std::any::type_name::<T>(), code)
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
        found.map(|(version, code)| (&**version, &code.code))
    }

    pub(crate) fn find_activity(&self, name: &str) -> Option<&RegisteredActivity> {
        self.activities.get(name).map(|activity| &activity.code)
    }

    /// What activities take by reference.
    pub(crate) fn shared_resources(&self) -> Resources {
        self.resources.clone()
    }

    /// `name` is in lower case.
    pub(crate) fn find_entity(&self, name: &str) -> Option<&EntityCode> {
        self.entities.get(name).map(|entity| &entity.code)
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
        let profiles = self.entities.iter().map(|(name, entity)| EntityProfile {
            name: name.clone(),
            synchronous: matches!(entity.code, EntityCode::Synchronous(_)),
        });
        Accepts::Only(profiles.collect())
    }
}

fn orchestrator_code<I, O, F, Fut>(run: F) -> OrchestratorCode
where
    I: DeserializeOwned + 'static,
    O: Serialize,
    F: Fn(OrchestrationContext, I) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<O, OrchestrationError>> + 'static,
{
    let run = Arc::new(run);
    Arc::new(move |context, input: Option<String>| {
        let run = Arc::clone(&run);
        Box::pin(async move {
            let input = json::decode_input(input.as_deref())?;
            let output = run(context, input).await?;
            Ok(Some(json::encode_output(&output)?))
        })
    })
}

fn activity_code<I, O, F, Fut>(run: F) -> ActivityCode
where
    I: DeserializeOwned + Send + 'static,
    O: Serialize,
    F: Fn(ActivityContext, I) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<O, Failure>> + Send + 'static,
{
    let run = Arc::new(run);
    Arc::new(move |context, input: Option<String>| {
        let run = Arc::clone(&run);
        Box::pin(async move {
            let input = json::decode_input(input.as_deref())?;
            let running = run(context, input);
            running
                .await
                .and_then(|output| json::encode_output(&output))
        })
    })
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
    map: &mut BTreeMap<String, Owned<T>>,
    name: String,
    code: Owned<T>,
) -> Result<(), RegistryError> {
    if let Some(taken) = map.get(&name) {
        return Err(RegistryError::Duplicate {
            kind,
            name,
            version: String::new(),
            first: taken.owner,
            second: code.owner,
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
            .field("resources", &self.resources)
            .finish_non_exhaustive()
    }
}
