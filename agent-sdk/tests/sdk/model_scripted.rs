use std::sync::{Arc, Mutex};
use std::time::Duration;

use agent_sdk::Runner;
use agent_sdk::model::{
    ChatMessage, ChatModel, Content, FinishReason, ModelError, ModelRequest, ModelResponse,
    ResponseFormat, Role, ScriptedModel, ToolChoice,
};
use agent_sdk::prelude::*;
use serde_json::{Value, json};

use crate::model_request::{tool, user};

/// Asks, and answers each tool call by the function, until there is an answer.
async fn converse(
    model: &ScriptedModel,
    request: &mut ModelRequest,
    answer: impl Fn(&str, &Value) -> Value,
) -> ModelResponse {
    loop {
        let response = model.complete(request.clone()).await.unwrap();
        request.messages.push(response.message.clone());
        if response.finish_reason != FinishReason::ToolCalls {
            return response;
        }
        for (call_id, name, arguments) in calls(&response) {
            let result = answer(&name, &arguments);
            request.messages.push(ChatMessage {
                role: Role::Tool,
                contents: vec![Content::ToolResult { call_id, result }],
                author: None,
            });
        }
    }
}

fn calls(response: &ModelResponse) -> Vec<(String, String, Value)> {
    let contents = response.message.contents.iter();
    let calls = contents.filter_map(|content| match content {
        Content::ToolCall {
            call_id,
            name,
            arguments,
        } => Some((
            call_id.clone(),
            name.clone(),
            serde_json::from_str(arguments).unwrap(),
        )),
        _ => None,
    });
    calls.collect()
}

fn success(value: Value) -> Value {
    json!({ "result": value, "status": "success" })
}

fn ids(response: &ModelResponse) -> Vec<String> {
    calls(response).into_iter().map(|(id, _, _)| id).collect()
}

async fn said(model: &ScriptedModel, text: &str) -> String {
    model.complete(user(text)).await.unwrap().message.to_text()
}

fn weather() -> ScriptedModel {
    ScriptedModel::new()
        .when(|turn| turn.mentions("weather"))
        .call(
            "get_weather",
            |turn| json!({ "city": turn.text_after("in") }),
        )
        .answer(|turn| format!("It is {}.", turn.tool_text("get_weather")))
        .otherwise("I only know about the weather.")
}

#[tokio::test]
async fn a_rule_calls_its_tool_and_answers_from_the_result() {
    let mut request = user("What is the Weather in New York?");
    request.tools = vec![tool("get_weather")];
    let response = converse(&weather(), &mut request, |name, arguments| {
        assert_eq!(
            (name, arguments),
            ("get_weather", &json!({ "city": "New York" }))
        );
        success(json!("sunny"))
    })
    .await;
    assert_eq!(response.message.to_text(), "It is sunny.");
    assert_eq!(response.finish_reason, FinishReason::Stop);
    assert_eq!(response.model.as_deref(), Some("scripted"));
}

#[tokio::test]
async fn the_first_rule_that_applies_is_followed() {
    let model = ScriptedModel::new()
        .when(|turn| turn.user_text().starts_with('a'))
        .answer(|_| "first")
        .when(|turn| turn.mentions("b"))
        .answer(|turn| turn.user_text().to_uppercase())
        .otherwise("last");
    assert_eq!(said(&model, "ab").await, "first");
    assert_eq!(said(&model, "bc").await, "BC");
    assert_eq!(said(&model, "c").await, "last");
}

#[tokio::test]
async fn a_script_without_rules_says_that_it_is_offline() {
    let mut request = user("Hello");
    request.tools = vec![tool("get_weather")];
    let response = ScriptedModel::new().complete(request).await.unwrap();
    let expected =
        "You said: \"Hello\". No language model is connected: this is the offline model.";
    assert_eq!(
        response.message,
        ChatMessage::text(Role::Assistant, expected)
    );
    let long = said(&ScriptedModel::new(), &"ä".repeat(10_000)).await;
    assert!(long.chars().count() < 300);
}

#[tokio::test]
async fn tools_are_called_at_once_and_in_rounds() {
    let model = ScriptedModel::new()
        .when(|_| true)
        .call("find", |_| json!({ "what": "customer" }))
        .calls(|turn| {
            let words = turn.user_text().split(' ');
            words
                .map(|word| ("count".to_owned(), json!({ "word": word })))
                .collect()
        })
        .then()
        .call("order", |turn| {
            let counts: Vec<&Value> = turn.tool_results("count");
            json!({ "customer": turn.tool_result("find")["id"], "counts": counts })
        })
        .answer_json(|turn| json!({ "order": turn.tool_result("order") }));
    let mut request = user("two apples");
    request.tools = vec![tool("find"), tool("count"), tool("order")];
    let asked = Mutex::new(Vec::new());
    let response = converse(&model, &mut request, |name, arguments| {
        asked
            .lock()
            .unwrap()
            .push((name.to_owned(), arguments.clone()));
        success(match name {
            "find" => json!({ "id": 7 }),
            "count" => json!(arguments["word"].as_str().unwrap().len()),
            _ => arguments.clone(),
        })
    })
    .await;
    let expected = [
        ("find", json!({ "what": "customer" })),
        ("count", json!({ "word": "two" })),
        ("count", json!({ "word": "apples" })),
        ("order", json!({ "customer": 7, "counts": [3, 6] })),
    ];
    let expected = expected.map(|(name, arguments)| (name.to_owned(), arguments));
    assert_eq!(asked.into_inner().unwrap(), expected);
    let answer: Value = serde_json::from_str(&response.message.to_text()).unwrap();
    assert_eq!(
        answer,
        json!({ "order": { "customer": 7, "counts": [3, 6] } })
    );
    assert_eq!(model.call_count(), 3);
}

#[tokio::test]
async fn a_round_without_calls_ends_in_the_answer() {
    let model = ScriptedModel::new()
        .when(|_| true)
        .calls(|_| Vec::new())
        .then()
        .call("never", |_| json!({}))
        .answer(|_| "done");
    let mut request = user("go");
    request.tools = vec![tool("other")];
    let response = model.complete(request).await.unwrap();
    assert_eq!(response.message.to_text(), "done");
}

#[tokio::test]
async fn only_results_of_this_turn_count() {
    let model = weather();
    let mut request = user("weather in Oslo");
    request.tools = vec![tool("get_weather")];
    converse(&model, &mut request, |_, _| success(json!("cold"))).await;
    request
        .messages
        .push(ChatMessage::text(Role::User, "and the weather in Rome?"));
    let response = converse(&model, &mut request, |_, arguments| {
        assert_eq!(arguments["city"], "Rome");
        success(json!("hot"))
    })
    .await;
    assert_eq!(response.message.to_text(), "It is hot.");
}

#[tokio::test]
async fn the_same_conversation_gets_the_same_ids_and_a_longer_one_new_ids() {
    let model = ScriptedModel::new()
        .when(|_| true)
        .call("a", |_| json!({}))
        .call("b", |_| json!({}))
        .then()
        .call("a", |_| json!({}))
        .answer(|_| "done");
    let mut request = user("go");
    request.tools = vec![tool("a"), tool("b")];
    let first = model.complete(request.clone()).await.unwrap();
    assert_eq!(first, model.complete(request.clone()).await.unwrap());

    let seen = Mutex::new(Vec::new());
    for _ in 0..3 {
        let start = request.messages.len();
        converse(&model, &mut request, |_, _| success(Value::Null)).await;
        for message in &request.messages[start..] {
            for content in &message.contents {
                if let Content::ToolCall { call_id, .. } = content {
                    seen.lock().unwrap().push(call_id.clone());
                }
            }
        }
        request
            .messages
            .push(ChatMessage::text(Role::User, "again"));
    }
    let mut seen = seen.into_inner().unwrap();
    assert_eq!(seen[..2], ids(&first));
    assert_eq!(seen.len(), 9);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 9, "each id is there once");
}

#[tokio::test]
async fn where_tools_are_forbidden_it_answers_at_once() {
    let mut request = user("weather in Oslo");
    let response = weather().complete(request.clone()).await.unwrap();
    assert_eq!(
        response.message.to_text(),
        "It is .",
        "no tools are offered"
    );
    request.tools = vec![tool("get_weather")];
    request.tool_choice = ToolChoice::None;
    let response = weather().complete(request).await.unwrap();
    assert_eq!(response.finish_reason, FinishReason::Stop);
}

#[tokio::test]
async fn a_script_that_does_not_fit_the_request_says_so() {
    let mut unknown = user("weather in Oslo");
    unknown.tools = vec![tool("get_time")];
    let mut required = user("hello");
    required.tools = vec![tool("get_weather")];
    required.tool_choice = ToolChoice::Required;
    let cases = [
        (
            unknown,
            "the script calls the tool `get_weather`, and the request offers `get_time`",
        ),
        (
            required,
            "the request requires a tool call, and the script has none",
        ),
    ];
    for (request, message) in cases {
        let expected = ModelError::InvalidRequest {
            provider: "scripted",
            message: message.to_owned(),
        };
        assert_eq!(weather().complete(request).await.unwrap_err(), expected);
    }
}

#[tokio::test]
async fn failed_tools_are_told_from_results() {
    let model = ScriptedModel::new()
        .when(|_| true)
        .call("look", |_| json!({}))
        .answer(|turn| {
            let result = turn.tool_result("look");
            format!(
                "{result} {:?} {}",
                turn.tool_error("look"),
                turn.tool_text("look")
            )
        });
    let cases = [
        (
            json!({ "error": "lost", "status": "error" }),
            "null Some(\"lost\") lost",
        ),
        (success(json!([1])), "[1] None [1]"),
        (
            json!({ "free": "form" }),
            "{\"free\":\"form\"} None {\"free\":\"form\"}",
        ),
    ];
    for (result, expected) in cases {
        let mut request = user("go");
        request.tools = vec![tool("look")];
        let response = converse(&model, &mut request, |_, _| result.clone()).await;
        assert_eq!(response.message.to_text(), expected);
    }
}

#[tokio::test]
async fn text_after_a_word_is_found() {
    let cases = [
        ("What is the weather in Seattle?", Some("Seattle")),
        ("weather IN New York, please!", Some("New York, please")),
        ("in \"Oslo\".", Some("Oslo")),
        ("inside", None),
        ("Is it in?", None),
        ("", None),
    ];
    for (text, expected) in cases {
        let model = ScriptedModel::new()
            .when(|_| true)
            .answer(|turn| format!("{:?}", turn.text_after("in")));
        assert_eq!(said(&model, text).await, format!("{expected:?}"), "{text}");
    }
}

#[tokio::test]
async fn a_condition_sees_the_agent_and_the_form_of_answer() {
    let model = ScriptedModel::new()
        .when(|turn| turn.wants_json() && turn.mentions("pirate"))
        .answer_json(|_| json!({ "spam": false }))
        .when(|turn| turn.instructions().contains("pirate"))
        .answer(|turn| format!("Arr! {}", turn.messages().len()))
        .otherwise("Hello.");
    let mut request = ModelRequest::new(vec![
        ChatMessage::text(Role::System, "You are a pirate."),
        ChatMessage::text(Role::User, "pirate?"),
    ]);
    let text = |request: ModelRequest| async { model.complete(request).await.unwrap().message };
    assert_eq!(text(request.clone()).await.to_text(), "Arr! 2");
    request.response_format = ResponseFormat::JsonSchema {
        name: "Verdict".to_owned(),
        schema: json!({}),
    };
    assert_eq!(text(request.clone()).await.to_text(), "{\"spam\":false}");
    assert_eq!(said(&model, "pirate?").await, "Hello.");
}

#[tokio::test]
async fn words_are_counted_as_tokens() {
    let mut request = ModelRequest::new(vec![
        ChatMessage::text(Role::System, "You are brief."),
        ChatMessage::text(Role::User, "weather in Oslo"),
    ]);
    request.tools = vec![tool("get_weather")];
    let call = weather().complete(request.clone()).await.unwrap();
    let usage = call.usage;
    let counted = (usage.input_tokens, usage.output_tokens, usage.total_tokens);
    assert_eq!(
        counted,
        (6, 2, 8),
        "the call is its name and {{\"city\":\"Oslo\"}}"
    );
}

#[tokio::test]
async fn calls_fail_as_often_as_they_are_told_to() {
    let network = ModelError::Network {
        provider: "scripted",
        message: "down".to_owned(),
    };
    let timeout = ModelError::Timeout {
        provider: "scripted",
        after: Duration::from_secs(1),
    };
    let model = weather()
        .fail_times(2, network.clone())
        .fail_times(1, timeout.clone());
    let mut ends = Vec::new();
    for _ in 0..4 {
        ends.push(model.complete(user("hello")).await.err());
    }
    assert_eq!(
        ends,
        [Some(network.clone()), Some(network), Some(timeout), None]
    );
    assert_eq!(model.call_count(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_call_takes_its_latency_and_the_hook_comes_before() {
    let keys = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&keys);
    let latency = Duration::from_secs(3);
    let (early, late) = (Duration::from_millis(2_999), Duration::from_millis(3_001));
    let model = weather()
        .latency(latency)
        .on_call(move |request| seen.lock().unwrap().push(request.idempotency_key.clone()));
    let mut request = user("hello");
    request.idempotency_key = Some("key".to_owned());
    let cut = tokio::time::timeout(early, model.complete(request.clone())).await;
    assert!(cut.is_err(), "it waits");
    let whole = tokio::time::timeout(late, model.complete(request)).await;
    assert!(whole.unwrap().is_ok());
    assert_eq!(
        *keys.lock().unwrap(),
        [Some("key".to_owned()), Some("key".to_owned())]
    );
}

/// Current weather for a city.
#[tool]
fn get_weather(
    /// City name.
    city: String,
) -> String {
    city + ": sunny"
}

#[tokio::test]
async fn an_agent_runs_on_a_script() {
    let mut agent = AgentDefinition::new("WeatherAgent");
    agent.tools = vec![get_weather::definition()];
    let runner = Runner::new(agent, Arc::new(weather()));
    let text = runner.chat("How is the weather in Oslo?").await.unwrap();
    assert_eq!(text, "It is Oslo: sunny.");
    assert_eq!(
        runner.chat("Hello").await.unwrap(),
        "I only know about the weather."
    );
}
