//! Tables and properties of the request parser.

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// A request under construction.
#[derive(Debug, Clone, Default)]
struct Case {
    headers: Vec<(String, String)>,
    query: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Case {
    fn json(body: &Value) -> Self {
        Self::default()
            .header("content-type", "application/json")
            .body(body.to_string())
    }

    fn text(body: &str) -> Self {
        Self::default()
            .header("content-type", "text/plain")
            .body(body)
    }

    fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn query(mut self, name: &str, value: &str) -> Self {
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    fn parse_as(&self, dialect: RunDialect) -> Result<RunInput, Refusal> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let name: axum::http::HeaderName = name.parse().unwrap();
            headers.append(name, value.parse().unwrap());
        }
        let parts = RequestParts {
            headers: &headers,
            query: &self.query,
            body: &self.body,
        };
        parse_run(parts, fresh(), dialect)
    }

    fn parse(&self) -> Result<RunInput, Refusal> {
        self.parse_as(RunDialect::Current)
    }

    fn refused(&self) -> (u16, String, Format, Option<String>) {
        let refusal = self.parse().unwrap_err();
        let session = refusal.session.map(|session| session.to_string());
        (
            refusal.status.as_u16(),
            refusal.text,
            refusal.format,
            session,
        )
    }
}

fn fresh() -> Fresh {
    Fresh {
        session: SessionId::new("fresh-session").unwrap(),
        correlation: CorrelationId::new("fresh-correlation").unwrap(),
    }
}

#[test]
fn a_bare_json_request_takes_every_default() {
    let input = Case::json(&json!({"message": "Hi"})).parse().unwrap();
    let expected = RunInput {
        message: String::from("Hi"),
        role: Role::User,
        session: fresh().session,
        correlation: fresh().correlation,
        enable_tool_calls: true,
        wait: true,
        format: Format::Json,
        first_release: false,
    };
    assert_eq!(input, expected);
}

#[test]
fn body_and_accept_choose_the_format() {
    let json = json!({"message": "Hi"});
    let table = [
        (
            Case::json(&json).header("accept", "text/plain"),
            Format::Json,
        ),
        (Case::text("Hi"), Format::Text),
        (
            Case::text("Hi").header("accept", "application/json"),
            Format::Json,
        ),
        (Case::text("Hi").header("accept", "*/*"), Format::Text),
        (Case::default().body("Hi"), Format::Text),
        (
            Case::default()
                .header("content-type", "application/x.y+json")
                .body(json.to_string()),
            Format::Json,
        ),
    ];
    for (case, format) in table {
        let input = case.parse().unwrap();
        assert_eq!(
            (input.format, input.message.as_str()),
            (format, "Hi"),
            "{case:?}"
        );
    }
}

#[test]
fn the_dotnet_dialect_looks_at_accept_alone() {
    let case = Case::json(&json!({"message": "Hi"}));
    assert_eq!(
        case.parse_as(RunDialect::DotNet).unwrap().format,
        Format::Text
    );
    let case = case.header("accept", "application/json");
    assert_eq!(
        case.parse_as(RunDialect::DotNet).unwrap().format,
        Format::Json
    );
    let conflict = case
        .query("thread_id", "a")
        .body(r#"{"message":"Hi","thread_id":"b"}"#);
    let text = conflict.parse_as(RunDialect::DotNet).unwrap_err().text;
    assert_eq!(
        text,
        "thread_id specified in both query string and request body must match."
    );
    let empty = Case::text(" ").parse_as(RunDialect::DotNet).unwrap_err();
    assert_eq!(empty.text, "Run request cannot be empty.");
}

#[test]
fn a_text_body_is_decoded_leniently_and_trimmed() {
    assert_eq!(Case::text("  Hi \n").parse().unwrap().message, "Hi");
    let broken = Case::default().body(b"a\xff b".to_vec()).parse().unwrap();
    assert_eq!(broken.message, "a\u{fffd} b");
    // JSON text that is not declared as JSON is text.
    let json = Case::text(r#"{"message":"Hi","session_id":"s"}"#)
        .parse()
        .unwrap();
    assert_eq!(json.message, r#"{"message":"Hi","session_id":"s"}"#);
    assert_eq!(json.session, fresh().session);
}

#[test]
fn a_body_that_is_no_object_is_refused() {
    let invalid = (400, String::from("Invalid JSON"), Format::Json, None);
    for body in ["", "{", "{\"message\":}", "nul", "{\"message\":\"a\"} x"] {
        let case = Case::json(&json!(null)).body(body);
        assert_eq!(case.refused(), invalid, "{body}");
    }
    let not_utf8 = Case::json(&json!(null)).body(b"{\"message\":\"\xff\"}".to_vec());
    assert_eq!(not_utf8.refused(), invalid);
    let deep = Case::json(&json!(null)).body("[".repeat(100_000));
    assert_eq!(deep.refused(), invalid);
    let text = String::from("Invalid JSON payload. Expected an object.");
    for body in ["null", "[]", "\"Hi\"", "7"] {
        let case = Case::json(&json!(null)).body(body);
        assert_eq!(
            case.refused(),
            (400, text.clone(), Format::Json, None),
            "{body}"
        );
    }
}

#[test]
fn a_message_is_required_and_a_string() {
    let required = |format| {
        let session = Some(String::from("fresh-session"));
        (400, String::from("Message is required"), format, session)
    };
    for body in [json!({}), json!({"message": null}), json!({"message": ""})] {
        assert_eq!(
            Case::json(&body).refused(),
            required(Format::Json),
            "{body}"
        );
    }
    for body in ["", "  \n\t"] {
        assert_eq!(
            Case::text(body).refused(),
            required(Format::Text),
            "{body:?}"
        );
    }
    for message in [json!(123), json!(true), json!(["a"]), json!({"a": 1})] {
        let refused = Case::json(&json!({ "message": message })).refused();
        assert_eq!(refused.1, "'message' must be a string", "{message}");
    }
    // A JSON message is taken as it is.
    assert_eq!(
        Case::json(&json!({"message": " "}))
            .parse()
            .unwrap()
            .message,
        " "
    );
}

#[test]
fn session_ids_are_checked_before_anything_is_made_of_them() {
    for bad in [
        "a/b", "a\\b", "a#b", "a?b", "a^b", "a~b", "a\u{0}b", "a\nb", "run", "info", "a2a",
    ] {
        let (status, text, _, session) =
            Case::json(&json!({"message": "Hi", "session_id": bad})).refused();
        assert_eq!((status, session), (400, None), "{bad:?}");
        assert!(text.starts_with("Invalid session id: "), "{text}");
    }
    let long = "x".repeat(257);
    let (_, text, _, _) = Case::text("Hi").query("session_id", &long).refused();
    assert_eq!(
        text,
        "Invalid session id: an id has at most 256 characters, this one has 257"
    );
}

#[test]
fn a_conflict_of_sessions_has_no_session() {
    let case = Case::json(&json!({"message": "Hi", "thread_id": "b"})).query("session_id", "a");
    let text = "Conflicting session identifiers supplied: \
                session_id in the query string='a', thread_id in the request body='b'";
    assert_eq!(case.refused(), (400, text.to_owned(), Format::Json, None));
}

#[test]
fn names_of_the_first_release_are_remembered() {
    let message = json!({"message": "Hi"});
    let plain = Case::json(&message)
        .query("session_id", "s")
        .query("waitForResponse", "false");
    assert!(!plain.parse().unwrap().first_release);
    let cases = [
        Case::json(&json!({"message": "Hi", "sessionId": "s"})),
        Case::json(&message).query("sessionKey", "s"),
        Case::json(&message).header("x-wait-for-completion", "true"),
        Case::json(&message).query("wait_for_completion", "1"),
        Case::json(&json!({"message": "Hi", "waitForCompletion": true})),
        Case::json(&json!({"message": "Hi", "WaitForCompletion": true})),
        Case::json(&json!({"message": "Hi", "response_schema": null})),
    ];
    for case in cases {
        assert!(case.parse().unwrap().first_release, "{case:?}");
    }
}

#[test]
fn wait_is_read_by_rank_and_skips_what_it_does_not_know() {
    let body = |value: Value| Case::json(&json!({"message": "Hi", "wait_for_response": value}));
    let table = [
        (body(json!(false)), false),
        (body(json!("no")), false),
        (body(json!(0)), false),
        (body(json!("perhaps")), true),
        (body(json!(null)), true),
        (body(json!(true)).query("wait_for_response", "off"), false),
        (body(json!(false)).query("wait_for_response", "what"), false),
        (body(json!(false)).query("WaitForCompletion", "yes"), true),
        (
            body(json!(true)).header("x-ms-wait-for-response", "FALSE"),
            false,
        ),
        (
            body(json!(false)).header("x-wait-for-completion", "true"),
            true,
        ),
        (
            body(json!(true))
                .header("x-ms-wait-for-response", "?")
                .header("x-wait-for-completion", "0"),
            false,
        ),
    ];
    for (case, wait) in table {
        assert_eq!(case.parse().unwrap().wait, wait, "{case:?}");
    }
}

#[test]
fn tool_calls_are_on_unless_said_otherwise() {
    let table = [
        (json!({"message": "Hi"}), true),
        (json!({"message": "Hi", "enable_tool_calls": "yes"}), true),
        (json!({"message": "Hi", "enable_tool_calls": false}), false),
        (
            json!({"message": "Hi", "enable_tool_calls": "perhaps"}),
            false,
        ),
        (json!({"message": "Hi", "enable_tool_calls": null}), false),
    ];
    for (body, expected) in table {
        assert_eq!(
            Case::json(&body).parse().unwrap().enable_tool_calls,
            expected,
            "{body}"
        );
    }
}

#[test]
fn roles() {
    let of = |role: Value| Case::json(&json!({"message": "Hi", "role": role})).parse();
    for (role, expected) in [
        (json!(" System "), Role::System),
        (json!("ASSISTANT"), Role::Assistant),
        (json!("developer"), Role::Developer),
        (json!(""), Role::User),
        (json!("  "), Role::User),
        (json!(7), Role::User),
        (json!(null), Role::User),
    ] {
        assert_eq!(of(role.clone()).unwrap().role, expected, "{role}");
    }
    for unknown in ["king", "tool"] {
        let refusal = of(json!(unknown)).unwrap_err();
        let expected = "expected user, assistant, system or developer";
        assert_eq!(
            refusal.text,
            format!("Unknown role '{unknown}': {expected}")
        );
    }
}

#[test]
fn what_comes_later_is_refused_by_name() {
    let plain = json!({"message": "Hi"});
    let streams = [
        Case::json(&json!({"message": "Hi", "stream": true})),
        Case::json(&plain).header("accept", "text/event-stream"),
        Case::json(&plain).header("x-stream", "true"),
    ];
    for case in streams {
        let (status, text, ..) = case.refused();
        assert_eq!(status, 400);
        assert_eq!(
            text,
            "Streaming is not available yet; ask for the whole answer"
        );
    }
    for name in SCHEMA_FIELDS {
        let case = Case::json(&json!({"message": "Hi", name: {"type": "object"}}));
        assert_eq!(case.refused().1, format!("'{name}' is not available yet"));
        assert!(
            Case::json(&json!({"message": "Hi", name: null}))
                .parse()
                .is_ok()
        );
    }
    assert!(
        Case::json(&json!({"message": "Hi", "stream": false}))
            .parse()
            .is_ok()
    );
}

#[test]
fn an_idempotency_key_is_the_correlation_id() {
    let hello = Case::json(&json!({"message": "Hi", "session_id": "s"}));
    let input = hello
        .clone()
        .header("idempotency-key", "k-1")
        .parse()
        .unwrap();
    assert_eq!(
        (input.correlation.as_str(), input.session.as_str()),
        ("k-1", "s")
    );
    let quoted = hello
        .clone()
        .header("idempotency-key", "\"k-1\"")
        .parse()
        .unwrap();
    assert_eq!(quoted.correlation.as_str(), "k-1");
    for bad in ["", "\"\"", "a/b", "a#b"] {
        let refusal = hello
            .clone()
            .header("idempotency-key", bad)
            .parse()
            .unwrap_err();
        assert!(
            refusal.text.starts_with("Invalid Idempotency-Key: "),
            "{bad:?}: {}",
            refusal.text
        );
    }
}

#[test]
fn a_key_without_a_session_leads_to_one_session() {
    let with_key = |key: &str| {
        Case::json(&json!({"message": "Hi"}))
            .header("idempotency-key", key)
            .parse()
            .unwrap()
            .session
    };
    assert_eq!(with_key("k-1"), with_key("k-1"));
    assert_ne!(with_key("k-1"), with_key("k-2"));
    assert_ne!(with_key("k-1"), fresh().session);
    assert_eq!(with_key("k-1").as_str().len(), 32);
}

/// Any JSON value, small.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((".{0,6}", inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// An object with some of the fields that the parser knows, of any type.
fn any_fields() -> impl Strategy<Value = Value> {
    const NAMES: [&str; 12] = [
        "message",
        "session_id",
        "thread_id",
        "sessionId",
        "sessionKey",
        "conversation_id",
        "role",
        "enable_tool_calls",
        "wait_for_response",
        "WaitForCompletion",
        "stream",
        "response_format",
    ];
    prop::collection::vec((prop::sample::select(&NAMES[..]), any_json()), 0..6).prop_map(|fields| {
        let fields = fields
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value));
        Value::Object(fields.collect())
    })
}

proptest! {
    #[test]
    fn any_bytes_give_a_turn_or_a_400(
        body in prop::collection::vec(any::<u8>(), 0..200),
        json in any::<bool>(),
        query in prop::collection::vec((".{0,12}", ".{0,12}"), 0..4),
    ) {
        let kind = if json { "application/json" } else { "text/plain" };
        let mut case = Case::default().header("content-type", kind).body(body);
        case.query = query;
        match case.parse() {
            Ok(input) => {
                prop_assert!(!input.message.is_empty());
                prop_assert_eq!(input.format == Format::Json, json);
            }
            Err(refusal) => {
                prop_assert_eq!(refusal.status, StatusCode::BAD_REQUEST);
                prop_assert!(!refusal.text.is_empty());
            }
        }
    }

    #[test]
    fn any_field_of_any_type_gives_a_turn_or_a_400(fields in any_fields()) {
        let case = Case::json(&fields);
        match case.parse() {
            Ok(input) => {
                prop_assert_eq!(fields["message"].as_str(), Some(input.message.as_str()));
                prop_assert!(SessionId::new(input.session.as_str()).is_ok());
                prop_assert!(fields["response_format"].is_null());
            }
            Err(refusal) => {
                prop_assert_eq!(refusal.status, StatusCode::BAD_REQUEST);
                prop_assert_eq!(refusal.format, Format::Json);
            }
        }
        // The same request is read the same way.
        prop_assert_eq!(case.parse(), case.parse());
    }

    #[test]
    fn a_message_arrives_as_it_was_sent(message in ".{1,200}") {
        let input = Case::json(&json!({ "message": message })).parse().unwrap();
        prop_assert_eq!(input.message, message);
    }

    #[test]
    fn a_session_is_taken_or_refused_but_never_changed(session in ".{1,40}") {
        prop_assume!(!session.trim().is_empty());
        match Case::json(&json!({"message": "Hi", "session_id": session})).parse() {
            Ok(input) => prop_assert_eq!(input.session.as_str(), session),
            Err(refusal) => prop_assert!(refusal.text.starts_with("Invalid session id: ")),
        }
    }

    #[test]
    fn two_sessions_agree_or_conflict(one in "[a-c]{1,2}", two in "[a-c]{1,2}") {
        let body = json!({"message": "Hi", "thread_id": one});
        let case = Case::json(&body).query("session_id", &two);
        prop_assert_eq!(case.parse().is_ok(), one == two);
    }
}
