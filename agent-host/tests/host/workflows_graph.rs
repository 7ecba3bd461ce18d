//! `GET workflow/{wf}/graph`, and runs of a version that the program does not have.

use agent_host::{FunctionApp, HubLocation};
use axum::http::Method;
use serde_json::{Value, json};

use crate::support::Answer;
use crate::workflows_by_hand::{
    Maze, Newsroom, Outer, Review, ReviewNext, app, app_on, draft, error, three, verdict,
};

#[tokio::test]
async fn a_graph_is_given_in_four_formats() {
    let app = app(FunctionApp::workflow::<Newsroom>).await;
    for (format, kind, has) in [
        ("mermaid", "text/plain; charset=utf-8", "flowchart TD"),
        ("DOT", "text/vnd.graphviz; charset=utf-8", "digraph"),
        ("json", "application/json", "\"executors\""),
        ("svg", "image/svg+xml", "<svg"),
    ] {
        let path = format!("/api/workflow/newsroom/graph?format={format}");
        let answer = app.get(&path).await;
        assert_eq!(answer.status, 200, "{format}");
        assert_eq!(answer.headers["content-type"], kind);
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        assert!(answer.text.contains(has), "{}", answer.text);
        for id in ["sort_incoming", "answer_reader", "merge_remarks", "shorten"] {
            assert!(answer.text.contains(id), "{id} in {}", answer.text);
        }
        let same = app
            .get(&path.replace("workflow/newsroom", "workflows/NEWSROOM"))
            .await;
        assert_eq!(same.text, answer.text);
    }
    let answer = app.get("/api/workflow/graph?format=png").await;
    let text = "there is no format `png`; there are `mermaid`, `dot`, `json` and `svg`";
    assert_eq!((answer.status, answer.json()), (400, error(text)));
    app.end().await;
}

#[tokio::test]
async fn without_a_format_the_accepted_one_counts() {
    let app = app(FunctionApp::workflow::<Newsroom>).await;
    let get = async |accept: &str| -> Answer {
        let path = "/api/workflow/graph";
        app.ask_with(Method::GET, path, "", &[("accept", accept)])
            .await
    };
    assert!(get("*/*").await.text.starts_with("flowchart"));
    assert_eq!(
        get("image/svg+xml").await.headers["content-type"],
        "image/svg+xml"
    );
    assert!(get("application/json").await.json()["executors"].is_object());
    assert!(get("text/vnd.graphviz").await.text.starts_with("digraph"));
    assert_eq!(get("*/*").await.headers["vary"], "accept");
    app.end().await;
}

#[tokio::test]
async fn a_graph_that_is_too_large_for_a_picture_is_a_422() {
    let app = app(FunctionApp::workflow::<Maze>).await;
    let path = "/api/workflow/maze/graph";
    let refused = app.get(&format!("{path}?format=svg")).await;
    assert_eq!(refused.status, 422, "{refused:?}");
    let text = refused.json()["error"].as_str().unwrap().to_owned();
    assert!(
        text.starts_with("the graph of `maze` is too large or too tangled"),
        "{text}"
    );
    let accepted = app.ask_with(Method::GET, path, "", &[("accept", "image/svg+xml")]);
    assert_eq!(accepted.await.status, 422);
    for format in ["mermaid", "dot", "json"] {
        let answer = app.get(&format!("{path}?format={format}")).await;
        assert_eq!(answer.status, 200, "{format}");
    }
    app.end().await;
}

fn state_of<'a>(graph: &'a Value, node: &str) -> &'a Value {
    assert!(graph["executors"][node].is_object(), "{graph}");
    &graph["executors"][node]["run"]["state"]
}

#[tokio::test]
async fn the_graph_of_a_run_says_where_its_nodes_stand() {
    let app = three().await;
    app.start_run("review", "r1", &draft()).await;
    app.open_requests("review", "r1", 2).await;
    let path = "/api/workflow/review/graph?format=json&instanceId=r1";
    let graph = app.get(path).await.json();
    assert_eq!(state_of(&graph, "editor"), "waiting");
    assert_eq!(*state_of(&graph, "note"), Value::Null);
    app.answer("review", "r1", "editor-0", &verdict("Ann"))
        .await;
    let cancel = "/api/workflow/review/respond/r1/lawyer-0";
    app.ask(Method::DELETE, cancel, "").await;
    app.ended_run("review", "r1").await;
    let graph = app.get(path).await.json();
    for node in ["editor", "lawyer", "note"] {
        assert_eq!(state_of(&graph, node), "completed", "{node}");
    }
    app.start_run("Echo", "r2", "boom").await;
    app.ended_run("Echo", "r2").await;
    let path = "/api/workflow/Echo/graph?format=json&instanceId=r2";
    assert_eq!(state_of(&app.get(path).await.json(), "echo"), "failed");
    for format in ["mermaid", "dot", "svg"] {
        let of_run = format!("/api/workflow/Echo/graph?format={format}&instanceId=r2");
        let alone = format!("/api/workflow/Echo/graph?format={format}");
        assert_ne!(app.get(&of_run).await.text, app.get(&alone).await.text);
    }
    app.end().await;
}

#[tokio::test]
async fn the_graph_of_a_run_shows_its_sub_workflows() {
    let app = app(FunctionApp::workflow::<Outer>).await;
    app.start_run("outer", "r1", &draft()).await;
    app.open_requests("outer", "r1", 2).await;
    let path = "/api/workflow/graph?format=json&instanceId=r1";
    let graph = app.get(path).await.json();
    assert_eq!(state_of(&graph, "inner"), "running");
    let inner = &graph["executors"]["inner"]["workflow"];
    assert_eq!(state_of(inner, "lawyer"), "waiting");
    app.end().await;
}

#[tokio::test]
async fn a_run_of_a_version_that_is_not_there_is_left_alone_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let hub = || HubLocation::File(folder.path().join("one.db"));
    let old = app_on(hub(), FunctionApp::workflow::<Review>).await;
    old.start_run("review", "r1", &draft()).await;
    old.open_requests("review", "r1", 2).await;
    old.end().await;

    let new = app_on(hub(), FunctionApp::workflow::<ReviewNext>).await;
    let status = new.run_status("review", "r1").await;
    assert_eq!(status["version"], "v1");
    assert_eq!(status["runtimeStatus"], "Running");
    assert_eq!(status["parked"], true, "nothing has woken it since");
    assert_eq!(
        status["pendingHumanInputRequests"][1]["requestId"],
        "lawyer-0"
    );
    let refusal = "run `r1` has version `v1` of workflow `review`, which is not registered: add it \
                   with `.workflow_version::<..>()`";
    let body = verdict("Ann");
    for (method, path) in [
        (Method::GET, "/api/workflow/review/events/r1"),
        (Method::GET, "/api/workflow/review/graph?instanceId=r1"),
        (Method::POST, "/api/workflow/review/respond/r1/editor-0"),
        (Method::POST, "/api/workflow/review/respond/r1/unknown-0"),
    ] {
        let answer = new.ask(method, path, &body).await;
        assert_eq!(
            (answer.status, answer.json()),
            (409, error(refusal)),
            "{path}"
        );
    }
    // New runs are of the new version.
    new.start_run("review", "r2", &draft()).await;
    assert_eq!(new.run_status("review", "r2").await["version"], "v2");
    assert_eq!(new.run_status("review", "r2").await["parked"], Value::Null);
    // Something comes for the run, so that it is looked at.
    let event = new.manage(Method::POST, "/instances/r1/raiseEvent/nothing", Some("1"));
    assert_eq!(event.await.status, 202);
    let parked = |status: &Value| status["parked"] == true;
    let status = new.run_until("review", "r1", parked).await;
    assert_eq!(status["runtimeStatus"], "Running");
    new.end().await;

    let both = app_on(hub(), |app| {
        app.workflow::<ReviewNext>().workflow_version::<Review>()
    })
    .await;
    for request in ["editor-0", "lawyer-0"] {
        let answer = both.answer("review", "r1", request, &verdict("Ann")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let ended = both.ended_run("review", "r1").await;
    assert_eq!(ended["output"], json!(["Ann: true", "Ann: true"]));
    both.end().await;
}
