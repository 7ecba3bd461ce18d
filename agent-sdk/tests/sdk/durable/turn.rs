//! Turns that go well.

use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use agent_sdk::agent::OutputSchema;
use agent_sdk::model::{ChatMessage, ModelResponse, Role, ScriptedModel};
use agent_sdk::{RunError, RunRequest, RunState};
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tokio::time::timeout;

use super::scene::{PATIENCE, Recorded, Scene, app, correlation, say, session};

fn joker() -> ScriptedModel {
    ScriptedModel::new()
        .when(|turn| turn.mentions("look"))
        .call("look", |turn| json!({"at": turn.text_after("at")}))
        .answer(|turn| format!("I saw {}.", turn.tool_result("look")["at"]))
        .otherwise("Ha.")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_turn_is_answered_and_kept() {
    let scene = Scene::in_memory(app(joker(), |_| {})).await;
    let answer = scene.answer(say("Hi")).await;
    assert_eq!((answer.text.as_str(), answer.message_count), ("Ha.", 2));
    let answer = scene.answer(say("Again")).await;
    assert_eq!(answer.message_count, 4);
    let kept = [
        "user: Hi",
        "assistant: Ha.",
        "user: Again",
        "assistant: Ha.",
    ];
    assert_eq!(scene.conversation(&session()).await, kept);
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_session_is_the_document_of_the_contract() {
    let scene = Scene::in_memory(app(joker(), |_| {})).await;
    let request = say("look at Rome").correlated(correlation("c1"));
    scene.answer(request).await;
    let document = scene
        .client
        .session("Joker", &session())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(document["schemaVersion"], "1.1.0");
    let entries = &document["data"]["conversationHistory"];
    assert_eq!(entries[0]["$type"], "request");
    assert_eq!(entries[0]["responseType"], "text");
    assert_eq!(entries[0]["correlationId"], "c1");
    let response = &entries[1];
    assert_eq!(response["$type"], "response");
    assert!(response["usage"]["totalTokenCount"].is_u64());
    let contents: Vec<&Value> = response["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| &message["contents"][0])
        .collect();
    let types: Vec<&Value> = contents.iter().map(|content| &content["$type"]).collect();
    assert_eq!(types, ["functionCall", "functionResult", "text"]);
    assert_eq!(contents[0]["arguments"], json!({"at": "Rome"}));
    assert_eq!(contents[0]["callId"], contents[1]["callId"]);
    assert_eq!(response["messages"][0]["authorName"], "Joker");
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_with_a_tool_tells_what_the_tool_said() {
    let scene = Scene::in_memory(app(joker(), |_| {})).await;
    let answer = scene.answer(say("look at Rome")).await;
    assert_eq!(answer.text, "I saw \"Rome\".");
    assert_eq!(answer.tool_results.len(), 1);
    let record = &answer.tool_results[0];
    assert_eq!(
        record.result,
        json!({"result": {"at": "Rome"}, "status": "success"})
    );
    // The next turn's model sees the call and its result.
    assert_eq!(scene.conversation(&session()).await.len(), 4);
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_of_one_round_run_at_once_and_each_has_its_key() {
    static BARRIER: LazyLock<Barrier> = LazyLock::new(|| Barrier::new(3));
    static KEYS: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let model = ScriptedModel::new()
        .when(|_| true)
        .calls(|_| {
            (0..3)
                .map(|n| (String::from("look"), json!({"n": n})))
                .collect()
        })
        .answer(|turn| format!("{:?}", turn.tool_results("look")));
    let app = app(model, |joker| {
        joker.tools[0].run = |ctx, arguments| {
            Box::pin(async move {
                KEYS.lock().unwrap().push(ctx.idempotency_key().to_owned());
                BARRIER.wait().await;
                Ok(arguments["n"].clone())
            })
        };
    });
    let scene = Scene::in_memory(app).await;
    let answer = scene.answer(say("go")).await;
    assert_eq!(
        answer.text, "[Number(0), Number(1), Number(2)]",
        "results are in call order"
    );
    let mut keys = KEYS.lock().unwrap().clone();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 3);
    assert!(keys.iter().all(|key| key.starts_with("run-")), "{keys:?}");
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_model_sees_the_whole_conversation_once() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let model = Recorded {
        asked: Arc::clone(&asked),
        answer: |request| async move {
            let script = ScriptedModel::new().otherwise("Ha.");
            agent_sdk::model::ChatModel::complete(&script, request).await
        },
    };
    let scene = Scene::in_memory(app(model, |_| {})).await;
    for text in ["one", "two", "three"] {
        scene.answer(say(text)).await;
    }
    let last = asked.lock().unwrap().pop().unwrap();
    let texts: Vec<String> = last.messages.iter().map(ChatMessage::to_text).collect();
    let expected = [
        "You are Joker, an AI agent.",
        "one",
        "Ha.",
        "two",
        "Ha.",
        "three",
    ];
    assert_eq!(texts, expected);
    assert!(last.idempotency_key.unwrap().starts_with("run-"));
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_is_one_run() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let model = Recorded {
        asked: Arc::clone(&asked),
        answer: |_| async move { Ok(response("Ha.")) },
    };
    let scene = Scene::in_memory(app(model, |_| {})).await;
    let request = say("Hi").correlated(correlation("key"));
    let first = scene.client.start(request.clone()).await.unwrap();
    let second = scene.client.start(request.clone()).await.unwrap();
    assert_eq!((first.attached, second.attached), (false, true));
    assert_eq!(first.run, second.run);
    assert_eq!(scene.answer(request.clone()).await.text, "Ha.");
    assert_eq!(asked.lock().unwrap().len(), 1);
    let other = say("Ho").correlated(correlation("key"));
    let refused = scene.client.start(other).await;
    assert!(
        matches!(refused, Err(RunError::DifferentRequest { .. })),
        "{refused:?}"
    );
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_outlives_its_run() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let model = Recorded {
        asked: Arc::clone(&asked),
        answer: |_| async move { Ok(response("Ha.")) },
    };
    let scene = Scene::in_memory(app(model, |_| {})).await;
    let request = say("Hi").correlated(correlation("key"));
    let answer = scene.answer(request.clone()).await;
    let find = || {
        scene
            .client
            .find("joker", &request.session, &request.correlation)
    };
    assert_eq!(
        find().await.unwrap(),
        Some(RunState::Answered(answer.clone()))
    );
    let purged = scene
        .raw()
        .purge(request.run_id().instance_id(), true)
        .await
        .unwrap();
    assert_eq!(purged, 1);
    assert_eq!(
        find().await.unwrap(),
        Some(RunState::Answered(answer.clone()))
    );
    // The same request again finds the answer in the session.
    assert_eq!(scene.answer(request.clone()).await, answer);
    assert_eq!(
        asked.lock().unwrap().len(),
        1,
        "the model was not asked again"
    );
    assert_eq!(scene.conversation(&session()).await.len(), 2);
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_typed_answer_comes_as_a_value() {
    let model = ScriptedModel::new()
        .when(|turn| turn.mentions("form"))
        .answer_json(|_| json!({"day": 2}))
        .otherwise("{\"day\": \"one\"}");
    let app = app(model, |joker| {
        joker.output = Some(OutputSchema {
            name: "Plan".into(),
            schema: json!({"type": "object", "properties": {"day": {"type": "integer"}}}),
        });
    });
    let scene = Scene::in_memory(app).await;
    // The first answer does not fit; the text that says so mentions the form.
    let answer = scene.answer(say("Hi")).await;
    assert_eq!(answer.structured, Some(json!({"day": 2})));
    let kept = ["user: Hi", "assistant: {\"day\":2}"];
    assert_eq!(scene.conversation(&session()).await, kept);
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_can_be_forbidden_by_the_caller() {
    let scene = Scene::in_memory(app(joker(), |_| {})).await;
    let request = RunRequest {
        enable_tool_calls: false,
        ..say("look at Rome")
    };
    assert!(scene.answer(request).await.tool_results.is_empty());
    scene.close().await;
}

/// Commits are counted, not timed.
#[tokio::test(flavor = "multi_thread")]
async fn a_plain_turn_is_two_commits_and_a_tool_round_two_more() {
    let (scene, _) = Scene::timeless(app(joker(), |_| {})).await;
    for (text, cost) in [
        ("Hi", 2),
        ("look at Rome", 4),
        ("Hi", 2),
        ("look at Rome", 4),
    ] {
        let before = scene.hub.stats().commits;
        scene.answer(say(text)).await;
        assert_eq!(scene.hub.stats().commits - before, cost, "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_goes_when_its_time_has_come() {
    let hour = Duration::from_hours(1);
    let short_lived = app(joker(), |joker| joker.session_ttl = Some(hour));
    let (scene, clock) = Scene::timeless(short_lived).await;
    scene.answer(say("Hi")).await;
    clock.advance(hour / 2);
    // Every answer begins the time anew.
    assert_eq!(scene.answer(say("Hi")).await.message_count, 4);
    clock.advance(hour / 2);
    assert_eq!(scene.answer(say("Hi")).await.message_count, 6);
    clock.advance(hour);
    let gone = async {
        while !scene.conversation(&session()).await.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, gone).await.expect("the session is gone");
    assert_eq!(scene.answer(say("Hi")).await.message_count, 2);
}

pub fn response(text: &str) -> ModelResponse {
    ModelResponse {
        message: ChatMessage::text(Role::Assistant, text),
        usage: agent_sdk::model::Usage::default(),
        finish_reason: agent_sdk::model::FinishReason::Stop,
        model: None,
    }
}
