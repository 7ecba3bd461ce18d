use std::any::TypeId;

use crate::agent::AgentDefinition;
use crate::app::{App, AppError};
use crate::workflow::durable::tests::fixture::*;
use crate::workflow::durable::{HostedWorkflows, Root, WorkflowProblem};
use crate::workflow::{Graph, NodeCode};

fn problems(error: &AppError) -> Vec<String> {
    error.problems.iter().map(ToString::to_string).collect()
}

fn refused(graphs: &[&'static Graph]) -> Vec<String> {
    problems(&app(graphs).build().unwrap_err())
}

fn simple(name: &'static str, nodes: &[&'static str]) -> &'static Graph {
    let last = nodes.len() - 1;
    let node = |(index, id): (usize, &&'static str)| {
        let exit = if index == last { OUT } else { to(&[index + 1]) };
        adds(id, exit)
    };
    keep(graph(name, nodes.iter().enumerate().map(node).collect()))
}

struct One;
struct Other;

fn root<T: 'static>(graph: &'static Graph) -> Root {
    Root {
        graph,
        type_id: TypeId::of::<T>(),
        type_name: std::any::type_name::<T>(),
        is_current: true,
    }
}

#[tokio::test]
async fn everything_that_is_reached_is_there_once() {
    let inner = simple("inner", &["i"]);
    let one = keep(graph(
        "one",
        vec![
            workflow("sub", inner, to(&[1])),
            workflow("again", inner, OUT),
        ],
    ));
    let two = keep(graph("two", vec![workflow("sub", inner, OUT)]));
    let app = app(&[one, two]).build().unwrap();
    let names: Vec<&str> = app.workflows().map(|graph| graph.name).collect();
    assert_eq!(names, ["one", "two"]);
    assert!(app.workflow("inner").is_none() && app.workflow("ONE").is_some());
    let hosted: Vec<&str> = app
        .hosted_workflows()
        .all()
        .map(|hosted| hosted.graph.name)
        .collect();
    assert_eq!(hosted, ["inner", "one", "two"]);
    let mut registry = durable_task::Registry::new();
    let scene = Scene::of(&[one]).await;
    app.register_workflows(&mut registry, scene.hub.client())
        .unwrap();
    let orchestrators: Vec<_> = registry.orchestrator_names().collect();
    assert_eq!(
        orchestrators,
        [("dafx-inner", "v1"), ("dafx-one", "v1"), ("dafx-two", "v1")]
    );
    assert_eq!(
        registry.activity_names().collect::<Vec<_>>(),
        ["dafx-inner-i"]
    );
    let manifest = app.manifest();
    assert_eq!(manifest["workflows"][0]["nested_only"], true);
    assert_eq!(manifest["workflows"][1]["nodes"][0]["kind"], "workflow");
}

#[test]
fn names_that_would_be_the_same_on_the_hub_name_both_owners() {
    let found = refused(&[simple("a", &["b-c"]), simple("a-b", &["c"])]);
    assert_eq!(
        found,
        [
            "`dafx-a-b-c` would be the name of both node `b-c` of workflow `a` and node `c` of \
          workflow `a-b` (case does not count)"
        ]
    );
    let found = refused(&[simple("a", &["b"]), simple("A-B", &["c"])]);
    assert!(
        found[0].contains("node `b` of workflow `a` and workflow `A-B`"),
        "{found:?}"
    );
    for id in ["start", "STATUS", "respond"] {
        let found = refused(&[simple("w", &[id])]);
        assert!(found[0].contains("the HTTP function"), "{found:?}");
        let inner = keep(graph(
            "outer",
            vec![workflow("sub", simple("w", &[id]), OUT)],
        ));
        assert!(
            app(&[inner]).build().is_ok(),
            "a nested one has no HTTP functions"
        );
    }
    let found = refused(&[simple("w", &["x", "X"])]);
    assert_eq!(found.len(), 1, "{found:?}");
    let model = || std::sync::Arc::new(crate::model::ScriptedModel::new());
    for (agent, owner) in [("Mail", "workflow `mail`"), ("mail-store", "node `store`")] {
        let error = app(&[simple("mail", &["store"])])
            .agent_definition(AgentDefinition::new(agent))
            .model(model())
            .build()
            .unwrap_err();
        let found = problems(&error);
        assert!(
            found[0].contains(owner) && found[0].contains(&format!("agent `{agent}`")),
            "{found:?}"
        );
    }
}

#[test]
fn two_workflows_of_one_name_are_told_by_their_types() {
    let roots = [
        root::<One>(simple("w", &["a"])),
        root::<Other>(simple("W", &["b"])),
    ];
    let (_, problems) = HostedWorkflows::collect(&roots, []);
    let [WorkflowProblem::TwoOfOneName { first, second, .. }] = &problems[..] else {
        panic!("{problems:?}");
    };
    assert!(first.ends_with("One") && second.ends_with("Other"));
    let same = simple("w", &["a"]);
    let (_, problems) = HostedWorkflows::collect(&[root::<One>(same), root::<One>(same)], []);
    assert_eq!(problems, [], "one type added twice is one workflow");
}

#[test]
fn a_workflow_that_contains_itself_is_refused() {
    static LOOP: std::sync::OnceLock<&'static Graph> = std::sync::OnceLock::new();
    let mut node = workflow("again", simple("inner", &["i"]), OUT);
    let mut definition = (node.definition)();
    definition.code = NodeCode::Workflow(simple("unused", &["u"]));
    node.definition = Box::leak(Box::new(move || {
        let mut definition = definition.clone();
        definition.code = NodeCode::Workflow(LOOP.get().unwrap());
        definition
    }));
    let inner = keep(graph("middle", vec![node]));
    let outer = keep(graph("outer", vec![workflow("sub", inner, OUT)]));
    LOOP.set(outer).unwrap();
    let found = refused(&[outer]);
    assert_eq!(
        found,
        ["a workflow must not contain itself: outer > middle > outer"]
    );
}

#[test]
fn a_workflow_that_is_its_own_node_is_refused() {
    static SELF: std::sync::OnceLock<&'static Graph> = std::sync::OnceLock::new();
    let mut node = workflow("me", simple("inner", &["i"]), OUT);
    let definition = (node.definition)();
    node.definition = Box::leak(Box::new(move || {
        let mut definition = definition.clone();
        definition.code = NodeCode::Workflow(SELF.get().unwrap());
        definition
    }));
    let own = keep(graph("own", vec![adds("a", to(&[1])), node]));
    SELF.set(own).unwrap();
    assert_eq!(
        refused(&[own]),
        ["a workflow must not contain itself: own > own"]
    );
}

#[test]
fn all_problems_are_told_at_once_and_nothing_is_registered() {
    let mut needs = function(Ok);
    needs.needs = vec![durable_task::ResourceNeed {
        type_name: || "Database",
        type_id: TypeId::of::<One>,
    }];
    let bad = keep(graph("9bad", vec![executor("a~b", needs, OUT)]));
    let agent = keep(graph(
        "talk",
        vec![node(
            "writer",
            NodeCode::Agent(|| AgentDefinition::new("Writer")),
            OUT,
        )],
    ));
    let found = refused(&[bad, agent, simple("run", &["x"])]);
    for part in ["'9bad'", "`a~b`", "`Database`", "no model is set", "'run'"] {
        assert!(
            found.iter().any(|problem| problem.contains(part)),
            "{part}: {found:#?}"
        );
    }
}

#[test]
fn an_agent_is_one_agent_wherever_it_stands() {
    struct Mine;
    let definition: fn() -> AgentDefinition = || AgentDefinition::new("Writer");
    let one = keep(graph(
        "one",
        vec![
            typed_node::<One>("a", NodeCode::Agent(definition), to(&[1])),
            typed_node::<One>("b", NodeCode::Agent(definition), OUT),
        ],
    ));
    let other = keep(graph(
        "other",
        vec![typed_node::<Mine>("a", NodeCode::Agent(definition), OUT)],
    ));
    let model = || std::sync::Arc::new(crate::model::ScriptedModel::new());
    assert!(app(&[one]).model(model()).build().is_ok());
    let error = app(&[one, other]).model(model()).build().unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("agent `Writer` is registered twice") && text.contains("Mine"),
        "{text}"
    );
    let error = app(&[one])
        .agent_definition(definition())
        .model(model())
        .build()
        .unwrap_err();
    assert!(
        error.to_string().contains("Duplicate agent names"),
        "{error}"
    );
    let error = App::builder()
        .workflow_graph(one, true)
        .build()
        .unwrap_err();
    assert_eq!(error.to_string(), "no model is set; add `.model(..)`");
}

#[test]
fn a_workflow_without_a_graph_is_refused_with_its_reason() {
    let unfinished = keep(crate::workflow::unfinished("half", "it does not compile"));
    let outer = keep(graph("outer", vec![workflow("sub", unfinished, OUT)]));
    for graph in [unfinished, outer] {
        let texts = refused(&[graph]);
        let [text] = texts.as_slice() else {
            panic!("{texts:?}");
        };
        assert!(
            text.starts_with("workflow `half` (")
                && text.ends_with("can't be run: it does not compile"),
            "{text}"
        );
    }
}
