use durable_task::testing::{HistoryBuilder, TestOrchestration, TestRuntime};
use durable_task::{
    Accepts, Activity, ActivityContext, EntityContext, Failure, NameAndVersion,
    OrchestrationContext, OrchestrationError, Orchestrator, Registry, RegistryError, WorkHandler,
};

use crate::support::worker;

#[test]
fn a_name_is_registered_once() {
    let mut registry = Registry::new();
    let orchestrator = |_: OrchestrationContext, (): ()| async { Ok(()) };
    let activity = |_: ActivityContext, (): ()| async { Ok(()) };
    let entity = |_: &mut EntityContext| Ok(());
    registry.orchestrator_fn("x", "", orchestrator).unwrap();
    registry.orchestrator_fn("x", "1.0", orchestrator).unwrap();
    registry.activity_fn("x", activity).unwrap();
    registry.entity_fn("X", entity).unwrap();
    let errors = [
        registry.orchestrator_fn("x", "", orchestrator),
        registry.orchestrator_fn("x", "1.0", orchestrator),
        registry.activity_fn("x", activity),
        registry.entity_fn("x", entity),
        registry.orchestrator_fn("", "", orchestrator),
        registry.activity_fn("a\nb", activity),
        registry.entity_fn("a@b", entity),
    ];
    let texts: Vec<String> = errors.map(|error| error.unwrap_err().to_string()).into();
    // The owners are told as well; how the compiler names functions inside of one is its own.
    let texts: Vec<&str> = texts
        .iter()
        .map(|text| text.split(": by `").next().unwrap_or_default())
        .collect();
    let expected = [
        "orchestrator `x` is registered twice",
        "orchestrator `x` is registered twice in version `1.0`",
        "activity `x` is registered twice",
        "entity `x` is registered twice",
        "orchestrator ``: the name must not be empty",
        "activity `a\nb`: the name must not contain control characters",
        "entity `a@b`: the name of an entity must not contain `@`",
    ];
    assert_eq!(texts, expected);
    assert!(format!("{registry:?}").contains("1.0"));
}

#[test]
fn a_version_is_registered_once_also_where_versions_have_no_common_order() {
    let mut registry = Registry::new();
    let code = |_: OrchestrationContext, (): ()| async { Ok(()) };
    // 1.10 < 1.5x < 1.9 as texts, 1.9 < 1.10 as numbers.
    let mut versions = Vec::new();
    for minor in 0..20 {
        versions.extend([
            format!("1.{minor}"),
            format!("1.{minor}x"),
            minor.to_string(),
        ]);
    }
    for version in &versions {
        registry.orchestrator_fn("x", version, code).unwrap();
    }
    for version in &versions {
        let again = registry.orchestrator_fn("x", version, code);
        assert!(again.is_err(), "{version} a second time");
    }
}

struct Double;

impl Activity for Double {
    const NAME: &'static str = "double";
    type Input = u64;
    type Output = u64;

    async fn run(&self, _: ActivityContext, number: u64) -> Result<u64, Failure> {
        Ok(number * 2)
    }
}

struct Quadruple;

impl Orchestrator for Quadruple {
    const NAME: &'static str = "quadruple";
    const VERSION: &'static str = "2.0";
    type Input = u64;
    type Output = u64;

    async fn run(ctx: OrchestrationContext, number: u64) -> Result<u64, OrchestrationError> {
        let doubled = ctx.call::<Double>(number).await?;
        if number > 100 {
            return ctx.call_orchestrator::<Self>(doubled).await;
        }
        ctx.call::<Double>(doubled).await
    }
}

#[tokio::test]
async fn types_bring_their_names_and_types_along() -> Result<(), RegistryError> {
    let mut registry = Registry::new();
    registry.activity(Double)?;
    registry.orchestrator::<Quadruple>()?;

    let events = HistoryBuilder::new("quadruple", "i", &3);
    let mut test = TestOrchestration::start(&registry, events);
    let second = std::time::Duration::from_secs(1);
    test.episode(second, |events| events.task_completed(0, &6));
    test.episode(second, |events| events.task_completed(1, &12));
    assert_eq!(test.result(), Some(Ok(12.into())));

    let events = HistoryBuilder::new("quadruple", "i", &300);
    let mut test = TestOrchestration::start(&registry, events);
    let actions = test.episode(second, |events| events.task_completed(0, &600));
    let shown = format!("{actions:?}");
    assert!(shown.contains("CreateSubOrchestration") && shown.contains("\"2.0\""));

    let profile = worker(registry, &TestRuntime::new()).profile();
    let named = |name: &str, version: Option<&str>| NameAndVersion {
        name: name.to_owned(),
        version: version.map(str::to_owned),
    };
    assert_eq!(
        profile.activities,
        Accepts::Only(vec![named("double", None)])
    );
    let Accepts::Only(orchestrators) = profile.orchestrators else {
        panic!("it says what it has");
    };
    assert_eq!(
        orchestrators.first(),
        Some(&named("quadruple", Some("2.0")))
    );
    assert!(profile.orchestrations_max > 0 && profile.activities_max > 0);
    Ok(())
}
