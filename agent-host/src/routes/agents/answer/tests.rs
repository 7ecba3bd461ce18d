//! Tables of answers, to the byte.

use agent_sdk::model::{FinishReason, Usage};
use http_body_util::BodyExt as _;
use serde_json::json;

use super::*;

fn echo() -> Echo {
    Echo {
        message: Some(String::from("How is it?")),
        session: SessionId::new("s1").unwrap(),
        correlation: CorrelationId::new("c1").unwrap(),
        format: Format::Json,
        first_release: false,
        dialect: RunDialect::Current,
        path: String::from("/api/agents/W/s1/runs/c1"),
        link: String::from("http://h/api/agents/W/s1/runs/c1"),
    }
}

fn answered() -> Outcome {
    Outcome::Answered(RunAnswer {
        text: String::from("Fine."),
        message_count: 2,
        usage: Usage {
            input_tokens: 5,
            output_tokens: 2,
            total_tokens: 7,
        },
        finish_reason: FinishReason::Stop,
        tool_results: Vec::new(),
        structured: None,
        max_rounds_reached: false,
    })
}

fn failed() -> Outcome {
    Outcome::Failed(RunFailure::new("unavailable", "it broke"))
}

/// Status, content type and body.
async fn parts(response: Response) -> (u16, String, String) {
    let status = response.status().as_u16();
    let kind = response.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, kind, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn json_answers_have_the_contracts_keys_in_its_order() {
    let table = [
        (
            answered(),
            200,
            concat!(
                r#"{"response":"Fine.","message":"How is it?","session_id":"s1","#,
                r#""status":"success","correlation_id":"c1","message_count":2,"#,
                r#""thread_id":"s1"}"#,
            ),
        ),
        (
            Outcome::Accepted,
            202,
            concat!(
                r#"{"response":"Agent request accepted","message":"How is it?","#,
                r#""session_id":"s1","status":"accepted","correlation_id":"c1","#,
                r#""thread_id":"s1","#,
                r#""statusQueryGetUri":"http://h/api/agents/W/s1/runs/c1"}"#,
            ),
        ),
        (
            Outcome::TimedOut,
            500,
            concat!(
                r#"{"response":"Agent is still processing or timed out...","#,
                r#""message":"How is it?","session_id":"s1","status":"timeout","#,
                r#""correlation_id":"c1","thread_id":"s1","#,
                r#""statusQueryGetUri":"http://h/api/agents/W/s1/runs/c1"}"#,
            ),
        ),
        (
            failed(),
            500,
            concat!(
                r#"{"error":"it broke","error_code":"unavailable","status":"error","#,
                r#""session_id":"s1","correlation_id":"c1","thread_id":"s1"}"#,
            ),
        ),
    ];
    for (outcome, status, body) in table {
        let found = parts(render(&outcome, &echo())).await;
        assert_eq!(
            found,
            (status, String::from("application/json"), body.to_owned())
        );
    }
}

#[tokio::test]
async fn text_answers_are_the_bare_text() {
    let echo = Echo {
        format: Format::Text,
        ..echo()
    };
    let table = [
        (answered(), 200, "Fine."),
        (Outcome::Accepted, 202, "Agent request accepted"),
        (
            Outcome::TimedOut,
            500,
            "Agent is still processing or timed out...",
        ),
        (failed(), 500, "it broke"),
    ];
    for (outcome, status, body) in table {
        let found = parts(render(&outcome, &echo)).await;
        assert_eq!(
            found,
            (
                status,
                String::from("text/plain; charset=utf-8"),
                body.to_owned()
            )
        );
    }
}

#[test]
fn every_answer_names_its_session_and_an_open_one_its_place() {
    for (outcome, open) in [
        (answered(), false),
        (Outcome::Accepted, true),
        (Outcome::TimedOut, true),
        (failed(), false),
    ] {
        for format in [Format::Json, Format::Text] {
            let response = render(&outcome, &Echo { format, ..echo() });
            assert_eq!(response.headers()["x-ms-session-id"], "s1");
            assert_eq!(response.headers()["x-ms-thread-id"], "s1");
            let location = response
                .headers()
                .get("location")
                .map(|value| value.to_str().unwrap());
            assert_eq!(location, open.then_some("/api/agents/W/s1/runs/c1"));
        }
    }
}

#[tokio::test]
async fn names_of_the_first_release_are_added_when_asked_for() {
    let echo = Echo {
        first_release: true,
        ..echo()
    };
    for outcome in [answered(), Outcome::Accepted, Outcome::TimedOut, failed()] {
        let (_, _, body) = parts(render(&outcome, &echo)).await;
        assert!(
            body.ends_with(r#","sessionId":"s1","correlationId":"c1"}"#),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_typed_answer_is_there_as_a_value() {
    let Outcome::Answered(mut answer) = answered() else {
        panic!("it is answered")
    };
    answer.structured = Some(json!({"a": 1}));
    let (_, _, body) = parts(render(&Outcome::Answered(answer), &echo())).await;
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["structured_response"], json!({"a": 1}));
}

#[tokio::test]
async fn dotnet_bodies() {
    let echo = Echo {
        dialect: RunDialect::DotNet,
        ..echo()
    };
    let (_, _, body) = parts(render(&answered(), &echo)).await;
    let expected = concat!(
        r#"{"status":200,"thread_id":"s1","response":{"messages":[{"role":"assistant","#,
        r#""contents":[{"$type":"text","text":"Fine."}]}],"usage":{"inputTokenCount":5,"#,
        r#""outputTokenCount":2,"totalTokenCount":7}}}"#,
    );
    assert_eq!(body, expected);
    let (status, _, body) = parts(render(&Outcome::Accepted, &echo)).await;
    assert_eq!(
        (status, body.as_str()),
        (202, r#"{"status":202,"thread_id":"s1"}"#)
    );
    let (status, _, body) = parts(render(&failed(), &echo)).await;
    assert_eq!(
        (status, body.as_str()),
        (500, r#"{"status":500,"error":"it broke"}"#)
    );
    let text = Echo {
        format: Format::Text,
        ..echo
    };
    assert_eq!(
        parts(render(&Outcome::Accepted, &text)).await.2,
        "Request accepted."
    );
}

#[tokio::test]
async fn refusals_in_every_form() {
    let refusal = |format, session: Option<&str>| Refusal {
        status: StatusCode::BAD_REQUEST,
        text: String::from("no"),
        format,
        session: session.map(|session| SessionId::new(session).unwrap()),
    };
    let json = refuse(&refusal(Format::Json, Some("s1")), RunDialect::Current);
    assert_eq!(json.headers()["x-ms-session-id"], "s1");
    assert_eq!(parts(json).await.2, r#"{"error":"no"}"#);
    let text = refuse(&refusal(Format::Text, None), RunDialect::Current);
    assert!(!text.headers().contains_key("x-ms-session-id"));
    assert_eq!(parts(text).await.2, "no");
    let dotnet = refuse(&refusal(Format::Json, None), RunDialect::DotNet);
    assert_eq!(parts(dotnet).await.2, r#"{"status":400,"error":"no"}"#);
}
