//! Tables of chat answers.

use std::time::Duration;

use agent_sdk::model::Usage;
use http_body_util::BodyExt as _;

use super::*;

fn echo() -> ChatEcho {
    ChatEcho {
        agent: String::from("W"),
        session: SessionId::new("s1").unwrap(),
        correlation: CorrelationId::new("c1").unwrap(),
        conversation_id: String::from("v1"),
        context: Map::from_iter([(String::from("a"), json!(1))]),
        timestamp: String::from("2026-01-01T00:00:00.000Z"),
        tool_results: true,
        path: String::from("/p"),
        link: String::from("http://h/p"),
    }
}

fn answer() -> RunAnswer {
    RunAnswer {
        text: String::from("Fine."),
        message_count: 2,
        usage: Usage {
            input_tokens: 5,
            output_tokens: 3,
            total_tokens: 8,
        },
        finish_reason: FinishReason::Stop,
        tool_results: vec![ToolCallRecord {
            tool: String::from("t"),
            arguments: json!({"x": 1}),
            result: json!({"result": 2, "status": "success"}),
        }],
        structured: None,
        max_rounds_reached: false,
    }
}

async fn body(response: Response) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn an_answer_has_the_contracts_keys_in_its_order() {
    let response = answered(&answer(), &echo());
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["x-ms-session-id"], "s1");
    let expected = concat!(
        r#"{"status":"success","agent":"W","response":"Fine.","conversation_id":"v1","#,
        r#""handoff_path":["W"],"tool_results":[{"tool":"t","arguments":{"x":1},"#,
        r#""result":{"result":2,"status":"success"}}],"#,
        r#""usage":{"prompt_tokens":5,"completion_tokens":3,"total_tokens":8},"#,
        r#""finish_reason":"stop","context":{"a":1},"metadata":{},"#,
        r#""timestamp":"2026-01-01T00:00:00.000Z"}"#,
    );
    assert_eq!(body(response).await, expected);
}

#[tokio::test]
async fn tool_results_can_be_hidden_and_the_round_limit_is_told() {
    let echo = ChatEcho {
        tool_results: false,
        ..echo()
    };
    let answer = RunAnswer {
        max_rounds_reached: true,
        ..answer()
    };
    let body: Value = serde_json::from_str(&body(answered(&answer, &echo)).await).unwrap();
    assert!(body.get("tool_results").is_none());
    assert_eq!(body["metadata"], json!({"max_rounds_reached": true}));
}

#[tokio::test]
async fn failures_have_finer_codes() {
    let table = [
        ("rate_limit", 429, Some("7")),
        ("timeout", 504, None),
        ("auth", 502, None),
        ("unavailable", 502, None),
        ("network", 502, None),
        ("content_filter", 502, None),
        ("ToolPanic", 500, None),
    ];
    for (error_type, status, retry_after) in table {
        let mut failure = RunFailure::new(error_type, "it broke");
        failure.retry_after = retry_after.map(|_| Duration::from_secs(7));
        let response = failed(&failure, &echo());
        assert_eq!(response.status().as_u16(), status, "{error_type}");
        let header = response
            .headers()
            .get("retry-after")
            .map(|value| value.to_str().unwrap());
        assert_eq!(header, retry_after, "{error_type}");
        let expected = format!(
            concat!(
                r#"{{"status":"error","error":"it broke","agent":"W","#,
                r#""timestamp":"{}","error_type":"{}"}}"#
            ),
            echo().timestamp,
            error_type
        );
        assert_eq!(body(response).await, expected);
    }
}

#[tokio::test]
async fn a_timeout_says_where_the_answer_will_be() {
    let response = timed_out(&echo());
    assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(response.headers()["location"], "/p");
    let body: Value = serde_json::from_str(&body(response).await).unwrap();
    assert_eq!(body["correlation_id"], "c1");
    assert_eq!(body["statusQueryGetUri"], "http://h/p");
    assert_eq!(body["error_type"], "timeout");
}
