//! Answers that refuse, and the bodies they have.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use durable_task::ClientError;

use super::json::{Object, quoted};
use crate::routes::respond;

/// The hub may work again so soon.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Why a request was not done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The status says it all.
    Bare(StatusCode),
    /// `{"Message": ..}`, with what exactly went wrong if it helps.
    Message {
        status: StatusCode,
        message: String,
        exception: Option<String>,
        retry: bool,
    },
    /// The body is a JSON string.
    Text(StatusCode, String),
}

impl Refusal {
    pub(super) const NOT_FOUND: Self = Self::Bare(StatusCode::NOT_FOUND);

    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self::Message {
            status,
            message: message.into(),
            exception: None,
            retry: false,
        }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(super) fn with_exception(self, text: String) -> Self {
        match self {
            Self::Message {
                status,
                message,
                retry,
                ..
            } => Self::Message {
                status,
                message,
                exception: Some(text),
                retry,
            },
            other => other,
        }
    }
}

impl From<ClientError> for Refusal {
    fn from(error: ClientError) -> Self {
        let status = match &error {
            ClientError::NotFound { .. } => return Self::NOT_FOUND,
            ClientError::AlreadyExists { .. } => StatusCode::CONFLICT,
            ClientError::InvalidState { status, .. } if status.is_terminal() => {
                return Self::Bare(StatusCode::GONE);
            }
            ClientError::Invalid { .. } => StatusCode::BAD_REQUEST,
            ClientError::Limit { .. } | ClientError::Unavailable { .. } => {
                return Self::Message {
                    status: StatusCode::SERVICE_UNAVAILABLE,
                    message: error.to_string(),
                    exception: None,
                    retry: true,
                };
            }
            ClientError::Unsupported { .. } => StatusCode::NOT_IMPLEMENTED,
            // Also what is in the wrong state without having ended.
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, error.to_string())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Bare(status) => status.into_response(),
            Self::Text(status, text) => json(status, quoted(&text)),
            Self::Message {
                status,
                message,
                exception,
                retry,
            } => {
                let mut body = Object::new();
                body.string("Message", &message);
                if let Some(exception) = exception {
                    body.string("ExceptionMessage", &exception);
                }
                let response = json(status, body.end());
                if retry {
                    respond::with_retry_after(response, RETRY_AFTER)
                } else {
                    response
                }
            }
        }
    }
}

/// An answer whose body is JSON text.
pub(super) fn json(status: StatusCode, body: String) -> Response {
    let kind = HeaderValue::from_static("application/json; charset=utf-8");
    (status, [(header::CONTENT_TYPE, kind)], body).into_response()
}

#[cfg(test)]
mod tests {
    use durable_task::{InstanceId, Status};
    use http_body_util::BodyExt as _;

    use super::*;

    async fn shown(refusal: Refusal) -> (u16, Option<String>, String) {
        let (head, body) = refusal.into_response().into_parts();
        let retry = head.headers.get("retry-after");
        let retry = retry.map(|value| value.to_str().unwrap().to_owned());
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        (head.status.as_u16(), retry, text)
    }

    #[tokio::test]
    async fn errors_of_the_hub_have_their_status() {
        let instance = InstanceId::new("a").unwrap();
        let state = |status| ClientError::InvalidState {
            instance: instance.clone(),
            operation: "suspended",
            status,
        };
        let (field, problem) = ("input", String::from("too large"));
        let (limit, value) = ("pending_max", 3);
        let reason = String::from("disk full");
        for (error, status, retry, text) in [
            (
                ClientError::NotFound {
                    instance: instance.clone(),
                },
                404,
                None,
                "",
            ),
            (state(Status::Failed), 410, None, ""),
            (
                state(Status::Suspended),
                500,
                None,
                r#"{"Message":"instance `a` can't be suspended: it is Suspended"}"#,
            ),
            (
                ClientError::AlreadyExists {
                    instance: instance.clone(),
                },
                409,
                None,
                r#"{"Message":"instance `a` exists already"}"#,
            ),
            (
                ClientError::Invalid { field, problem },
                400,
                None,
                r#"{"Message":"input: too large"}"#,
            ),
            (
                ClientError::Limit { limit, value },
                503,
                Some("1"),
                r#"{"Message":"pending_max is reached (3)"}"#,
            ),
            (
                ClientError::Unavailable { reason },
                503,
                Some("1"),
                r#"{"Message":"the hub is unavailable: disk full"}"#,
            ),
            (
                ClientError::Unsupported {
                    operation: "rewind",
                },
                501,
                None,
                r#"{"Message":"this backend can't rewind"}"#,
            ),
        ] {
            let expected = (status, retry.map(str::to_owned), text.to_owned());
            assert_eq!(shown(error.into()).await, expected);
        }
    }

    #[tokio::test]
    async fn bodies_have_three_forms() {
        let refusal = Refusal::Text(StatusCode::PRECONDITION_FAILED, String::from("it runs"));
        assert_eq!(
            shown(refusal).await,
            (412, None, String::from("\"it runs\""))
        );
        let refusal = Refusal::bad_request("Invalid JSON content");
        let refusal = refusal.with_exception(String::from("at line 1"));
        let text = r#"{"Message":"Invalid JSON content","ExceptionMessage":"at line 1"}"#;
        assert_eq!(shown(refusal).await, (400, None, text.to_owned()));
    }
}
