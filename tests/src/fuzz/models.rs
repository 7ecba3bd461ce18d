//! Answers of a model provider over HTTP: status, headers, body.

use std::time::Duration;

use agent_sdk::model::{
    ChatMessage, ChatModel as _, ModelRequest, OpenAiModel, OpenAiOptions, RetryOptions, Role,
};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::run::{block_on, check_error, soon};
use super::{Source, Verdict, json};

const INPUTS: usize = 20;
const KEY: &str = "sk-hush-hush";

pub fn run(source: &mut Source) -> Verdict {
    block_on(check(source))
}

async fn check(source: &mut Source) -> Verdict {
    let listener = TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let retry = RetryOptions {
        retries_max: 0,
        ..RetryOptions::default()
    };
    let options = OpenAiOptions::new(KEY)
        .base_url(format!("http://{address}/v1"))
        .model("small")
        .timeout(Duration::from_secs(20))
        .retry(retry);
    let model = OpenAiModel::new(options).map_err(|error| error.to_string())?;
    for _ in 0..INPUTS {
        let bytes = response(source);
        ask(&model, &listener, &bytes)
            .await
            .map_err(|problem| format!("{problem}: {}", String::from_utf8_lossy(&bytes)))?;
    }
    // The next one is served.
    let good = http("200 OK", "", answer().as_bytes());
    if ask(&model, &listener, &good).await? {
        Ok(())
    } else {
        Err(String::from("a good answer is refused"))
    }
}

/// Whether the model took the answer.
async fn ask(model: &OpenAiModel, listener: &TcpListener, answer: &[u8]) -> Result<bool, String> {
    let request = ModelRequest::new(vec![ChatMessage::text(Role::User, "Hi")]);
    let serving = async {
        let (mut socket, _) = listener.accept().await.map_err(|error| error.to_string())?;
        read_request(&mut socket).await?;
        // The client may have gone before all is written.
        let _ = socket.write_all(answer).await;
        let _ = socket.shutdown().await;
        Ok::<(), String>(())
    };
    let both = async { tokio::join!(model.complete(request), serving) };
    let (completed, served) = soon("the model's answer", both).await?;
    served?;
    match completed {
        Ok(response) => {
            serde_json::to_string(&response.message).map_err(|error| error.to_string())?;
            Ok(true)
        }
        Err(error) if format!("{error} {error:?}").contains(KEY) => Err(String::from("a secret")),
        Err(error) => check_error(&error).map(|()| false),
    }
}

async fn read_request(socket: &mut TcpStream) -> Verdict {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.map_err(|error| error.to_string())?);
    }
    let text = String::from_utf8_lossy(&head).to_lowercase();
    let length = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .and_then(|length| length.trim().parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    let read = socket.read_exact(&mut body).await;
    read.map(drop).map_err(|error| error.to_string())
}

fn answer() -> String {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "small",
        "choices": [{"index": 0, "finish_reason": "tool_calls", "message": {
            "role": "assistant", "content": "Hello!", "refusal": null,
            "tool_calls": [{"id": "call_1", "type": "function",
                            "function": {"name": "double", "arguments": "{\"number\": 1}"}}]}}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
    })
    .to_string()
}

fn failure() -> String {
    json!({ "error": {
        "message": "Rate limit reached.", "type": "requests", "code": "rate_limit_exceeded",
        "param": null, "innererror": {"code": "x", "content_filter_result": {}},
    }})
    .to_string()
}

fn http(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\n\
         {headers}content-length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

fn response(source: &mut Source) -> Vec<u8> {
    let (status, sample) = if source.one_in(2) {
        (200, answer())
    } else {
        let all = [
            400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 503, 529, 204, 302,
        ];
        (*source.pick(&all), failure())
    };
    let body = json::changed_bytes(source, &sample);
    let headers = if source.one_in(3) {
        let value: String = source.text().chars().filter(|c| !c.is_control()).collect();
        let name = *source.pick(&["retry-after", "retry-after-ms", "x-should-retry", "date"]);
        format!("{name}: {value}\r\n")
    } else {
        String::new()
    };
    let bytes = http(&format!("{status} Odd"), &headers, &body);
    if source.one_in(10) {
        source.changed_bytes(&bytes, &bytes)
    } else {
        bytes
    }
}
