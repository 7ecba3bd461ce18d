//! A client of an app.

use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

/// How long one request may take. Longer than any wait of the app.
const REQUEST_TIMEOUT: Duration = Duration::from_mins(2);

/// What an app answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body; text that is not JSON as a JSON string.
    pub body: Value,
}

/// There was no whole answer: the app was not there, or died.
#[derive(Debug)]
pub struct Gone(pub reqwest::Error);

impl std::fmt::Display for Gone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "no whole answer: {:?}", self.0)
    }
}

impl std::error::Error for Gone {}

/// A client of one app at one port.
#[derive(Debug, Clone)]
pub struct Http {
    port: u16,
    client: Client,
}

impl Http {
    /// Of the app at this port of this machine.
    pub fn new(port: u16) -> Self {
        let client = Client::builder()
            .no_proxy()
            .timeout(REQUEST_TIMEOUT)
            .build()
            .unwrap_or_default();
        Self { port, client }
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A request to a path below `/api`.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("http://127.0.0.1:{}/api/{path}", self.port);
        self.client.request(method, url)
    }

    /// Sends a request and reads the whole answer.
    pub async fn send(&self, request: RequestBuilder) -> Result<Answer, Gone> {
        let response = request.send().await.map_err(Gone)?;
        let status = response.status().as_u16();
        let text = response.text().await.map_err(Gone)?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(Answer { status, body })
    }

    /// `GET` of a path below `/api`.
    pub async fn get(&self, path: &str) -> Result<Answer, Gone> {
        self.send(self.request(Method::GET, path)).await
    }

    /// The status with which the app says how it is; `None` where nobody answers.
    pub async fn health(&self) -> Option<u16> {
        self.get("health").await.ok().map(|answer| answer.status)
    }

    /// One turn: `POST agents/{agent}/run` under an idempotency key.
    pub async fn run(
        &self,
        agent: &str,
        session: &str,
        key: &str,
        message: &str,
        wait: bool,
    ) -> Result<Answer, Gone> {
        let body = json!({"message": message, "session_id": session, "wait_for_response": wait});
        let request = self
            .request(Method::POST, &format!("agents/{agent}/run"))
            .header("idempotency-key", key)
            .json(&body);
        self.send(request).await
    }

    /// The answer of a run, also a late one.
    pub async fn fetch(&self, agent: &str, session: &str, key: &str) -> Result<Answer, Gone> {
        self.get(&format!("agents/{agent}/{session}/runs/{key}"))
            .await
    }

    /// The conversation as `(is_response, correlation id, text)`, oldest first.
    pub async fn conversation(
        &self,
        agent: &str,
        session: &str,
    ) -> Result<Vec<(bool, String, String)>, Gone> {
        let answer = self.get(&format!("agents/{agent}/{session}")).await?;
        let entries = answer.body["data"]["conversationHistory"]
            .as_array()
            .cloned();
        Ok(entries.unwrap_or_default().iter().map(entry).collect())
    }
}

fn entry(entry: &Value) -> (bool, String, String) {
    let texts: Vec<&str> = entry["messages"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|message| message["contents"].as_array().into_iter().flatten())
        .filter_map(|content| content["text"].as_str())
        .collect();
    (
        entry["$type"] == "response",
        entry["correlationId"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        texts.concat(),
    )
}
