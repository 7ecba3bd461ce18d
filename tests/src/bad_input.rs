//! What no client should send: a clear status and text, and nothing is left behind.

use agent_tests::{Answer, Phase};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::scene::{AGENT, SESSION, Scene, TestResult, accepted};

/// How many runs of a session may wait for their turn, unless the agent says otherwise.
const QUEUED_RUNS_MAX: usize = 100;

/// A request, and what has to come back.
struct Case {
    name: &'static str,
    method: Method,
    path: String,
    content_type: &'static str,
    body: Vec<u8>,
    status: u16,
    text: &'static str,
}

/// A `POST` of JSON to the agent's `run`.
fn run(name: &'static str, body: impl Into<Vec<u8>>, status: u16, text: &'static str) -> Case {
    Case {
        name,
        method: Method::POST,
        path: format!("agents/{AGENT}/run"),
        content_type: "application/json",
        body: body.into(),
        status,
        text,
    }
}

/// A `run` in a session.
fn in_session(name: &'static str, session: &str) -> Case {
    let body = json!({"message": "hello plain", "session_id": session});
    run(name, body.to_string(), 400, "Invalid session id")
}

fn other(name: &'static str, method: Method, path: &str, status: u16, text: &'static str) -> Case {
    let path = path.to_owned();
    let body = br#"{"message": "hello plain"}"#.to_vec();
    Case {
        name,
        method,
        path,
        content_type: "application/json",
        body,
        status,
        text,
    }
}

fn bodies() -> Vec<Case> {
    vec![
        run("no JSON", "{", 400, "Invalid JSON"),
        run("JSON that goes on", "{} {}", 400, "Invalid JSON"),
        run("not UTF-8", b"{\"message\": \"\xff\"}", 400, "Invalid JSON"),
        run("an empty body", "", 400, "Invalid JSON"),
        run(
            "an array",
            "[]",
            400,
            "Invalid JSON payload. Expected an object.",
        ),
        run(
            "a text",
            "\"hello\"",
            400,
            "Invalid JSON payload. Expected an object.",
        ),
        run(
            "a null",
            "null",
            400,
            "Invalid JSON payload. Expected an object.",
        ),
        run("deep nesting", "[".repeat(100_000), 400, "Invalid JSON"),
        run("no message", "{}", 400, "Message is required"),
        run(
            "an empty message",
            r#"{"message": ""}"#,
            400,
            "Message is required",
        ),
        run(
            "a null message",
            r#"{"message": null}"#,
            400,
            "Message is required",
        ),
        run(
            "a number for a message",
            r#"{"message": 1}"#,
            400,
            "must be a string",
        ),
        run(
            "a list for a message",
            r#"{"message": []}"#,
            400,
            "must be a string",
        ),
        run(
            "an unknown role",
            r#"{"message": "a", "role": "king"}"#,
            400,
            "Unknown role",
        ),
        run(
            "two sessions",
            r#"{"message": "a", "session_id": "a", "thread_id": "b"}"#,
            400,
            "Conflicting session identifiers supplied: ",
        ),
        run("a stream", r#"{"message": "a", "stream": true}"#, 400, ""),
        run(
            "a schema",
            r#"{"message": "a", "response_format": {}}"#,
            400,
            "",
        ),
    ]
}

fn sessions() -> Vec<Case> {
    vec![
        in_session("a slash", "a/b"),
        in_session("a backslash", "a\\b"),
        in_session("a hash", "a#b"),
        in_session("a question mark", "a?b"),
        in_session("a caret", "a^b"),
        in_session("a tilde", "a~b"),
        in_session("a line break", "a\nb"),
        in_session("a zero byte", "a\u{0}b"),
        in_session("a delete character", "a\u{7f}b"),
        in_session("a control character beyond ASCII", "a\u{85}b"),
        in_session("a reserved word", "info"),
        in_session("too long", &"a".repeat(257)),
    ]
}

fn routes() -> Vec<Case> {
    vec![
        other(
            "an unknown agent",
            Method::POST,
            "agents/Nobody/run",
            404,
            "Nobody",
        ),
        other(
            "an unknown session",
            Method::GET,
            "agents/Traveller/none",
            404,
            "Session not found",
        ),
        other(
            "an unknown session",
            Method::DELETE,
            "agents/Traveller/none",
            404,
            "not found",
        ),
        other(
            "an unknown run",
            Method::GET,
            "agents/Traveller/a/runs/b",
            404,
            "Run not found",
        ),
        other(
            "a tilde in a path",
            Method::GET,
            "agents/Traveller/a~b",
            400,
            "Invalid session id",
        ),
        other(
            "a slash in a path",
            Method::GET,
            "agents/Traveller/a%2Fb",
            400,
            "Invalid session",
        ),
        other(
            "a wrong method",
            Method::PUT,
            "agents/Traveller/run",
            405,
            "Method not allowed",
        ),
        other("an unknown route", Method::GET, "nothing", 404, "Not found"),
    ]
}

fn error_text(answer: &Answer) -> &str {
    answer.body["error"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn wrong_requests_get_a_clear_answer_and_leave_nothing_behind() -> TestResult {
    let scene = Scene::new().await?;
    let http = scene.http()?;
    let mut wrong = Vec::new();
    for case in bodies().into_iter().chain(sessions()).chain(routes()) {
        let request = http
            .request(case.method, &case.path)
            .header("content-type", case.content_type)
            .body(case.body);
        let answer = http.send(request).await?;
        let text = error_text(&answer);
        if answer.status != case.status || !text.contains(case.text) || text.is_empty() {
            wrong.push(format!("{}: {answer:?}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(scene.hub()?.instances()?, Vec::<String>::new());
    assert_eq!(scene.log.calls()?, Vec::new());
    Ok(())
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_however_it_comes() -> TestResult {
    const MEBIBYTE: usize = 1024 * 1024;
    const MEBIBYTES: usize = 20;
    let scene = Scene::new().await?;
    let port = scene.http()?.port();
    let length = MEBIBYTES * MEBIBYTE;
    let plain = vec![b' '; MEBIBYTE];
    let chunk = [b"100000\r\n", plain.as_slice(), b"\r\n"].concat();
    let forms: [(String, Vec<&[u8]>); 3] = [
        (
            format!("content-length: {length}\r\nexpect: 100-continue"),
            vec![],
        ),
        (format!("content-length: {length}"), vec![&plain; MEBIBYTES]),
        (
            String::from("transfer-encoding: chunked"),
            [vec![chunk.as_slice(); MEBIBYTES], vec![b"0\r\n\r\n"]].concat(),
        ),
    ];
    for (header, body) in forms {
        let head = format!(
            "POST /api/agents/{AGENT}/run HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
             content-type: application/json\r\n{header}\r\n\r\n"
        );
        let mut socket = TcpStream::connect(("127.0.0.1", port)).await?;
        socket.write_all(head.as_bytes()).await?;
        let (mut read, mut write) = socket.split();
        let send = async {
            for part in body {
                // The answer may come, and the connection close, before all is sent.
                if write.write_all(part).await.is_err() {
                    break;
                }
            }
        };
        let (answer, ()) = tokio::join!(read_head(&mut read), send);
        assert_eq!(status_of(&answer?), 413, "{header}");
    }
    assert_eq!(scene.hub()?.instances()?, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn a_text_that_is_not_utf_8_is_read_with_replacement_characters() -> TestResult {
    let scene = Scene::new().await?;
    let http = scene.http()?;
    let request = http
        .request(
            Method::POST,
            &format!("agents/{AGENT}/run?session_id={SESSION}"),
        )
        .header("content-type", "text/plain")
        .body(b"h\xffllo plain".to_vec());
    let answer = http.send(request).await?;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body, Value::from("done h\u{fffd}llo plain"));
    Ok(())
}

#[tokio::test]
async fn a_slow_client_is_served_and_holds_nobody_up() -> TestResult {
    let scene = Scene::new().await?;
    let http = scene.http()?;
    let body = json!({"message": "slow plain", "session_id": "slow"}).to_string();
    let request = format!(
        "POST /api/agents/{AGENT}/run HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut socket = TcpStream::connect(("127.0.0.1", http.port())).await?;
    socket.set_nodelay(true)?;
    for (index, byte) in request.bytes().enumerate() {
        socket.write_all(&[byte]).await?;
        if index % 64 == 0 {
            let key = format!("k{index}");
            let answer = http.run(AGENT, SESSION, &key, "quick plain", true).await?;
            assert_eq!(answer.status, 200);
        }
    }
    let head = read_head(&mut socket).await?;
    assert_eq!(status_of(&head), 200);
    Ok(())
}

#[tokio::test]
async fn a_body_that_does_not_end_is_given_up() -> TestResult {
    let scene = Scene::with_environment(&[("CRASH_APP_BODY_TIMEOUT_MS", "50")]).await?;
    let half = format!(
        "POST /api/agents/{AGENT}/run HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: 1000\r\n\r\n{{\"message\": \"he"
    );
    let mut socket = TcpStream::connect(("127.0.0.1", scene.http()?.port())).await?;
    socket.write_all(half.as_bytes()).await?;
    assert_eq!(status_of(&read_head(&mut socket).await?), 408);
    assert_eq!(scene.hub()?.instances()?, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn a_client_that_goes_away_in_mid_run_cancels_nothing() -> TestResult {
    let scene = Scene::new().await?;
    scene.log.hold("in-model")?;
    let body = json!({"message": "hello plain", "session_id": SESSION}).to_string();
    let request = format!(
        "POST /api/agents/{AGENT}/run HTTP/1.1\r\nhost: localhost\r\nidempotency-key: k1\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut socket = TcpStream::connect(("127.0.0.1", scene.http()?.port())).await?;
    socket.write_all(request.as_bytes()).await?;
    scene.log.wait_for(0, "model", Phase::Began).await?;
    drop(socket);
    scene.log.release("in-model")?;
    assert_eq!(scene.answer("k1").await?, "done hello plain");
    scene.assert_turns(&[("k1", "hello plain")]).await
}

#[tokio::test]
async fn a_client_that_ends_its_side_after_the_request_gets_its_answer() -> TestResult {
    let scene = Scene::new().await?;
    let port = scene.http()?.port();
    let body = json!({"message": "hello plain", "session_id": SESSION}).to_string();
    for number in 0..20 {
        let request = format!(
            "POST /api/agents/{AGENT}/run HTTP/1.1\r\nhost: localhost\r\n\
             idempotency-key: k{number}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut socket = TcpStream::connect(("127.0.0.1", port)).await?;
        socket.write_all(request.as_bytes()).await?;
        socket.shutdown().await?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await?;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{number}: {answer}");
    }
    Ok(())
}

#[tokio::test]
async fn a_client_that_goes_away_in_mid_body_starts_nothing() -> TestResult {
    let scene = Scene::new().await?;
    let http = scene.http()?;
    let half = format!(
        "POST /api/agents/{AGENT}/run HTTP/1.1\r\nhost: localhost\r\n\
         content-type: application/json\r\ncontent-length: 1000\r\n\r\n{{\"message\": \"he"
    );
    let mut socket = TcpStream::connect(("127.0.0.1", http.port())).await?;
    socket.write_all(half.as_bytes()).await?;
    drop(socket);
    assert_eq!(
        http.run(AGENT, SESSION, "k1", "hello plain", true)
            .await?
            .status,
        200
    );
    assert_eq!(scene.log.calls()?.len(), 2, "one call of the model");
    Ok(())
}

#[tokio::test]
async fn an_idempotency_key_with_another_body_is_refused() -> TestResult {
    let scene = Scene::new().await?;
    let http = scene.http()?;
    let first = http.run(AGENT, SESSION, "k1", "hello plain", true).await?;
    assert_eq!(first.status, 200);
    let other = http.run(AGENT, SESSION, "k1", "other plain", true).await?;
    assert_eq!(other.status, 422);
    assert!(error_text(&other).contains("k1"), "{other:?}");
    let same = http.run(AGENT, SESSION, "k1", "hello plain", true).await?;
    assert_eq!(same.body["response"], first.body["response"]);
    scene.assert_turns(&[("k1", "hello plain")]).await
}

#[tokio::test]
async fn the_run_after_the_last_that_may_wait_is_refused() -> TestResult {
    let scene = Scene::new().await?;
    let http = scene.http()?;
    scene.log.hold("in-model")?;
    scene.send("first", "0 plain").await?;
    scene.log.wait_for(0, "model", Phase::Began).await?;
    for number in 0..QUEUED_RUNS_MAX {
        let key = format!("k{number}");
        accepted(&http.run(AGENT, SESSION, &key, "1 plain", false).await?)?;
    }
    let refused = http.run(AGENT, SESSION, "more", "2 plain", false).await?;
    assert_eq!(refused.status, 429);
    assert!(error_text(&refused).contains("100"), "{refused:?}");
    // Another session is not concerned, and a request that is known is answered as before.
    accepted(&http.run(AGENT, "s2", "k", "3 plain", false).await?)?;
    accepted(&http.run(AGENT, SESSION, "k7", "1 plain", false).await?)?;
    scene.log.release("in-model")?;
    scene.answer(&format!("k{}", QUEUED_RUNS_MAX - 1)).await?;
    let turns = http.conversation(AGENT, SESSION).await?;
    assert_eq!(turns.len(), 2 * (1 + QUEUED_RUNS_MAX));
    assert!(turns.iter().all(|(_, key, _)| key != "more"));
    Ok(())
}

/// Reads until the head of an answer is whole.
async fn read_head(socket: &mut (impl AsyncReadExt + Unpin)) -> std::io::Result<String> {
    let mut head = Vec::new();
    while !head.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
        match socket.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) if !head.is_empty() => break,
            Err(error) => return Err(error),
        }
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// `HTTP/1.1 200 OK` is 200; 0 where that is not what came.
fn status_of(head: &str) -> u16 {
    head.split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .unwrap_or(0)
}
