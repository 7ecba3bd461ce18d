//! Tables and properties of the chat parser.

use axum::http::{HeaderMap, HeaderName};
use proptest::prelude::*;

use super::*;

fn parse_with(
    headers: &[(&str, &str)],
    query: &[(&str, &str)],
    body: &[u8],
) -> Result<ChatInput, ChatRefusal> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
    }
    let query: Vec<(String, String)> = query
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let fresh = Fresh {
        session: SessionId::new("fresh-session").unwrap(),
        correlation: CorrelationId::new("fresh-correlation").unwrap(),
    };
    let parts = RequestParts {
        headers: &map,
        query: &query,
        body,
    };
    parse_chat(parts, fresh, false)
}

fn parse(body: &Value) -> Result<ChatInput, ChatRefusal> {
    parse_with(
        &[("content-type", "application/json")],
        &[],
        body.to_string().as_bytes(),
    )
}

fn error(body: &Value) -> String {
    let refusal = parse(body).unwrap_err();
    assert_eq!(refusal.status, StatusCode::BAD_REQUEST);
    refusal.body["error"].as_str().unwrap().to_owned()
}

#[test]
fn a_message_takes_every_default() {
    let expected = ChatInput {
        tool_calls: None,
        messages: vec![ChatMessage::text(Role::User, "Hi")],
        session: SessionId::new("fresh-session").unwrap(),
        correlation: CorrelationId::new("fresh-correlation").unwrap(),
        conversation_id: String::from("fresh-session"),
        context: Map::new(),
    };
    assert_eq!(parse(&json!({"message": "Hi"})), Ok(expected));
}

#[test]
fn content_types() {
    let body = br#"{"message":"Hi"}"#;
    assert!(parse_with(&[], &[], body).is_ok());
    assert!(parse_with(&[("content-type", "application/x+json; a=b")], &[], body).is_ok());
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "text/json",
    ] {
        let refusal = parse_with(&[("content-type", kind)], &[], body).unwrap_err();
        assert_eq!(refusal.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind}");
    }
}

#[test]
fn a_body_that_is_no_object_is_refused() {
    for body in [&b""[..], b"{", b"{\"message\":\"\xff\"}"] {
        let refusal = parse_with(&[], &[], body).unwrap_err();
        assert_eq!(
            refusal.body,
            json!({"error": "Invalid JSON in request body"})
        );
    }
    assert_eq!(error(&json!([1])), "Request body must be a JSON object");
}

#[test]
fn one_of_the_two_keys_is_required() {
    let refusal = parse(&json!({"session_id": "s"})).unwrap_err();
    assert_eq!(
        refusal.body["error"],
        "Either 'message' or 'messages' is required"
    );
    assert!(refusal.body["examples"]["simple"]["message"].is_string());
    assert_eq!(
        refusal.body["examples"]["openai"]["messages"][0]["role"],
        "user"
    );
}

#[test]
fn empty_messages_are_refused() {
    for body in [
        json!({"message": ""}),
        json!({"message": " \n"}),
        json!({"message": null}),
        json!({"messages": []}),
        json!({"message": "", "messages": []}),
    ] {
        assert_eq!(error(&body), "'message' must not be empty", "{body}");
    }
    let blank = json!({"messages": [{"role": "user", "content": ""}, {"content": null}]});
    assert_eq!(error(&blank), "'messages' must not be empty");
}

#[test]
fn wrong_types_name_the_field() {
    let table = [
        (json!({"message": 7}), "'message' must be a string"),
        (
            json!({"message": "a", "messages": {}}),
            "'messages' must be an array",
        ),
        (
            json!({"messages": ["a"]}),
            "'messages[0]' must be an object",
        ),
        (
            json!({"messages": [{"content": "a"}, {"role": "king", "content": "b"}]}),
            "'messages[1].role' must be one of system, developer, user, assistant, tool",
        ),
        (
            json!({"messages": [{"content": 7}]}),
            "'messages[0].content' must be a string or an array of text parts",
        ),
        (
            json!({"messages": [{"content": [{"type": "image_url"}]}]}),
            "'messages[0].content' must be a string or an array of text parts",
        ),
        (
            json!({"messages": [{"content": "a", "name": 1}]}),
            "'messages[0].name' must be a string",
        ),
        (
            json!({"messages": [{"role": "tool", "content": "a"}]}),
            "'messages[0].tool_call_id' must be a string",
        ),
        (
            json!({"messages": [{"role": "tool", "content": "a", "tool_call_id": "c1"}]}),
            "'messages[0].tool_call_id' answers no call of an earlier message",
        ),
        (
            json!({"messages": [{"role": "assistant", "tool_calls": [{"id": "c"}]}]}),
            "'messages[0].tool_calls' must have id, function.name and function.arguments",
        ),
        (
            json!({"messages": [{"content": "a", "tool_calls": []}]}),
            "'messages[0].tool_calls' must be an array in a message of the assistant",
        ),
        (
            json!({"message": "a", "context": []}),
            "'context' must be an object",
        ),
        (
            json!({"message": "a", "user_id": 1}),
            "'user_id' must be a string",
        ),
        (
            json!({"message": "a", "conversation_id": 1}),
            "'conversation_id' must be a string",
        ),
        (
            json!({"message": "a", "session_id": {}}),
            "'session_id' must be a string",
        ),
    ];
    for (body, expected) in table {
        assert_eq!(error(&body), expected, "{body}");
    }
}

#[test]
fn a_history_keeps_calls_results_and_names() {
    let body = json!({"message": "not used", "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "A"}, {"type": "text", "text": "B"}],
         "name": "ann"},
        {"role": "assistant", "content": null, "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}},
            {"id": "c2", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "c1", "content": "{\"x\":1}"},
        {"role": "tool", "tool_call_id": "c2", "content": "sunny"},
    ]});
    let text = |text: &str| Content::Text {
        text: text.to_owned(),
    };
    let message = |role, contents| ChatMessage {
        role,
        contents,
        author: None,
    };
    let result = |call_id: &str, result| Content::ToolResult {
        call_id: call_id.to_owned(),
        result,
    };
    let call = |call_id: &str| Content::ToolCall {
        call_id: call_id.to_owned(),
        name: String::from("f"),
        arguments: String::from("{}"),
    };
    let expected = vec![
        message(Role::System, vec![text("Be brief.")]),
        ChatMessage {
            author: Some(String::from("ann")),
            ..message(Role::User, vec![text("AB")])
        },
        message(Role::Assistant, vec![call("c1"), call("c2")]),
        message(Role::Tool, vec![result("c1", json!({"x": 1}))]),
        message(Role::Tool, vec![result("c2", json!("sunny"))]),
    ];
    assert_eq!(parse(&body).unwrap().messages, expected);
}

#[test]
fn what_names_the_session() {
    let table = [
        (json!({"session_id": "s"}), "s", "s"),
        (json!({"thread_id": "s"}), "s", "s"),
        (json!({"conversation_id": "c"}), "c", "c"),
        (json!({"session_id": "s", "conversation_id": "c"}), "s", "c"),
        (
            json!({"session_id": " ", "conversation_id": ""}),
            "fresh-session",
            "fresh-session",
        ),
    ];
    for (mut body, session, conversation) in table {
        body["message"] = json!("Hi");
        let input = parse(&body).unwrap();
        assert_eq!(
            (input.session.as_str(), &*input.conversation_id),
            (session, conversation)
        );
    }
    let both = json!({"message": "a", "session_id": "a", "thread_id": "b"});
    assert!(error(&both).starts_with("Conflicting session identifiers supplied: "));
    assert!(error(&json!({"message": "a", "session_id": "a~b"})).starts_with("Invalid session id"));
}

#[test]
fn context_and_key_are_taken() {
    let body = json!({"message": "Hi", "context": {"a": [1]}}).to_string();
    let input = parse_with(&[("idempotency-key", "k")], &[], body.as_bytes()).unwrap();
    assert_eq!(input.correlation.as_str(), "k");
    assert_eq!(Value::from(input.context), json!({"a": [1]}));
}

#[test]
fn what_is_not_there_is_refused() {
    let stream = parse(&json!({"message": "Hi", "stream": true})).unwrap_err();
    assert_eq!(stream.body["error"], "Streaming not enabled");
    assert!(stream.body["message"].is_string());
    let calls = json!({"message": "Hi", "tool_calls": [{"name": "f", "arguments": {}}]});
    assert_eq!(error(&calls), "Direct tool calls not enabled");
    assert!(parse(&json!({"message": "Hi", "tool_calls": []})).is_ok());
    let schema = json!({"message": "Hi", "response_format": {"type": "object"}});
    assert_eq!(error(&schema), "'response_format' is not available yet");
}

proptest! {
    #[test]
    fn any_bytes_give_messages_or_a_400(body in prop::collection::vec(any::<u8>(), 0..200)) {
        match parse_with(&[], &[], &body) {
            Ok(input) => prop_assert!(!input.messages.is_empty()),
            Err(refusal) => {
                prop_assert_eq!(refusal.status, StatusCode::BAD_REQUEST);
                prop_assert!(refusal.body["error"].is_string());
            }
        }
    }

    #[test]
    fn a_history_of_texts_arrives_as_it_was_sent(
        texts in prop::collection::vec(("(user|assistant|system|developer)", "[a-z]{1,20}"), 1..6)
    ) {
        let list: Vec<Value> = texts
            .iter()
            .map(|(role, text)| json!({"role": role, "content": text}))
            .collect();
        let input = parse(&json!({"messages": list})).unwrap();
        let expected: Vec<ChatMessage> = texts
            .iter()
            .map(|(role, text)| ChatMessage::text(role_named(role).unwrap(), text.as_str()))
            .collect();
        prop_assert_eq!(input.messages, expected);
    }
}
