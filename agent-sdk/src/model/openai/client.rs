//! Sends requests, waits, tries again.

use std::error::Error as _;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Response, Url};
use secrecy::{ExposeSecret, SecretString};
use time::OffsetDateTime;
use uuid::Uuid;

use super::refusal::{refusal, short_text};
use super::{OpenAiError, OpenAiOptions, PROVIDER, decode, encode};
use crate::model::retry::{Decision, Fault, RetryHints, decide};
use crate::model::{ChatModel, ModelError, ModelRequest, ModelResponse, RetryOptions};

/// How long the connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How large an answer may be.
const RESPONSE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How much of an error's body is read.
const ERROR_BYTES_MAX: usize = 64 * 1024;

/// Models of `OpenAI` and of every server that speaks its Chat Completions protocol, by its base
/// URL.
///
/// ```no_run
/// use agent_sdk::model::{ChatModel, OpenAiModel};
///
/// // The key is in OPENAI_API_KEY.
/// let model = OpenAiModel::from_env()?;
/// assert_eq!(model.provider(), "openai");
/// # Ok::<(), agent_sdk::model::OpenAiError>(())
/// ```
///
/// Temporary failures are tried again as [`RetryOptions`] say; a dropped call stops waiting.
pub struct OpenAiModel {
    http: Client,
    url: Url,
    headers: HeaderMap,
    api_key: SecretString,
    model: Option<String>,
    timeout: Duration,
    retry: RetryOptions,
}

/// One try that failed.
struct Failed {
    error: ModelError,
    fault: Fault,
}

impl OpenAiModel {
    /// A client of a server.
    pub fn new(options: OpenAiOptions) -> Result<Self, OpenAiError> {
        let url = options.endpoint()?;
        let mut headers = options.headers()?;
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let http = Client::builder()
            .user_agent(concat!("agent-sdk/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            // The key is for this server alone.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| OpenAiError::Client {
                problem: causes(&error),
            })?;
        Ok(Self {
            http,
            url,
            headers,
            api_key: options.api_key,
            model: options.model,
            timeout: options.timeout,
            retry: options.retry,
        })
    }

    /// A client as the environment describes it; see [`OpenAiOptions::from_env`].
    pub fn from_env() -> Result<Self, OpenAiError> {
        Self::new(OpenAiOptions::from_env()?)
    }

    /// The model of requests that name none.
    pub fn default_model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    async fn try_once(&self, headers: HeaderMap, body: Vec<u8>) -> Result<Vec<u8>, Failed> {
        let request = self.http.post(self.url.clone()).headers(headers).body(body);
        let sent = request.timeout(self.timeout).send().await;
        let mut response = sent.map_err(|error| self.unreached(error))?;
        if response.status().is_success() {
            let read = read_bounded(&mut response, RESPONSE_BYTES_MAX).await;
            return match read.map_err(|error| self.unreached(error))? {
                Body::Whole(body) => Ok(body),
                Body::Cut(_) => Err(Failed {
                    error: ModelError::Decode {
                        provider: PROVIDER,
                        message: format!("it is longer than {RESPONSE_BYTES_MAX} bytes"),
                    },
                    fault: Fault::Final,
                }),
            };
        }
        Err(self.refused(response).await)
    }

    async fn refused(&self, mut response: Response) -> Failed {
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let hints = RetryHints::read(header, OffsetDateTime::now_utc());
        // The status says what matters; without the body only the words are missing.
        let body = read_bounded(&mut response, ERROR_BYTES_MAX).await;
        let body = body.map_or_else(|_| Vec::new(), Body::into_bytes);
        let body = self.without_key(&body);
        let request_id = header("x-request-id");
        let error = refusal(status, body.as_bytes(), request_id, hints.retry_after);
        let fault = match error {
            ModelError::QuotaExceeded { .. } => Fault::Final,
            _ => Fault::Status { status, hints },
        };
        Failed { error, fault }
    }

    /// Servers may quote the key that they refuse.
    fn without_key(&self, body: &[u8]) -> String {
        let text = String::from_utf8_lossy(body);
        match self.api_key.expose_secret() {
            "" => text.into_owned(),
            key => text.replace(key, "[key]"),
        }
    }

    fn unreached(&self, error: reqwest::Error) -> Failed {
        let error = if error.is_timeout() && !error.is_connect() {
            ModelError::Timeout {
                provider: PROVIDER,
                after: self.timeout,
            }
        } else {
            let host = self.url.host_str().unwrap_or_default();
            ModelError::Network {
                provider: PROVIDER,
                message: format!("{host}: {}", causes(&error.without_url())),
            }
        };
        Failed {
            error,
            fault: Fault::Connection,
        }
    }
}

#[async_trait]
impl ChatModel for OpenAiModel {
    fn provider(&self) -> &'static str {
        PROVIDER
    }

    async fn complete(&self, request: ModelRequest) -> Result<ModelResponse, ModelError> {
        let body = encode::encode(&request, self.default_model())?;
        let mut headers = self.headers.clone();
        if let Some(key) = &request.idempotency_key {
            headers.insert("idempotency-key", idempotency_header(key)?);
        }
        drop(request);
        let mut retries = 0;
        loop {
            let Failed { error, fault } = match self.try_once(headers.clone(), body.clone()).await {
                Ok(answer) => return decode::decode(&answer),
                Err(failed) => failed,
            };
            // Any 32 bits of a random id are random enough to keep clients apart.
            let random = Uuid::new_v4().as_fields().0;
            match decide(&self.retry, retries, fault, random) {
                Decision::Retry(delay) => {
                    tracing::debug!(provider = PROVIDER, %error, ?delay, "model call is retried");
                    tokio::time::sleep(delay).await;
                }
                Decision::TooLong(delay) => return Err(rate_limit(&error, delay)),
                Decision::GiveUp => return Err(error),
            }
            retries += 1;
        }
    }
}

impl fmt::Debug for OpenAiModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenAiModel")
            .field("host", &self.url.host_str())
            .field("model", &self.model)
            .field("timeout", &self.timeout)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}

fn idempotency_header(key: &str) -> Result<HeaderValue, ModelError> {
    HeaderValue::from_str(key).map_err(|_| ModelError::InvalidRequest {
        provider: PROVIDER,
        message: "the idempotency key has characters that no HTTP header can hold".to_owned(),
    })
}

/// A wait that is too long to sit through, whatever the status, is for the caller to plan.
fn rate_limit(error: &ModelError, delay: Duration) -> ModelError {
    let message = match error {
        ModelError::RateLimit { message, .. } => message.clone(),
        other => other.to_string(),
    };
    ModelError::RateLimit {
        provider: PROVIDER,
        message,
        retry_after: Some(delay),
    }
}

/// A body, as far as it was read.
enum Body {
    Whole(Vec<u8>),
    Cut(Vec<u8>),
}

impl Body {
    fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Whole(bytes) | Self::Cut(bytes) => bytes,
        }
    }
}

async fn read_bounded(response: &mut Response, bytes_max: usize) -> Result<Body, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        let room = bytes_max - body.len();
        if let Some((kept, _)) = chunk.split_at_checked(room)
            && chunk.len() > room
        {
            body.extend_from_slice(kept);
            return Ok(Body::Cut(body));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Body::Whole(body))
}

/// The causes of an error, outermost first: the outermost alone says little.
fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    short_text(&text)
}
