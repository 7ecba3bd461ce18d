//! What a refused start, look-up or deletion means on HTTP.

use std::time::Duration;

use agent_sdk::{CorrelationId, RunError};
use axum::http::StatusCode;

use super::session_field::quoted;

/// After how long a request that met a full queue or a busy hub may be repeated.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// An error as a status, a text, and a stable name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RunRefusal {
    pub(crate) status: StatusCode,
    pub(crate) text: String,
    pub(crate) error_type: &'static str,
    pub(crate) retry_after: Option<Duration>,
}

/// Says what an error means to the client.
pub(crate) fn refusal(error: &RunError, correlation: Option<&CorrelationId>) -> RunRefusal {
    let (status, error_type) = match error {
        RunError::UnknownAgent { .. } | RunError::NotFound { .. } => {
            (StatusCode::NOT_FOUND, "not_found")
        }
        RunError::NoMessage | RunError::SessionInvalid { .. } => {
            (StatusCode::BAD_REQUEST, "invalid_request")
        }
        RunError::DifferentRequest { .. } => {
            (StatusCode::UNPROCESSABLE_ENTITY, "different_request")
        }
        RunError::QueueFull { .. } => (StatusCode::TOO_MANY_REQUESTS, "queue_full"),
        error if error.is_retryable() => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
    };
    let text = match (error, correlation) {
        (RunError::DifferentRequest { .. }, Some(key)) => format!(
            "Idempotency-Key {} was used with another request of this session",
            quoted(key.as_str())
        ),
        _ => error.to_string(),
    };
    RunRefusal {
        status,
        text,
        error_type,
        retry_after: error.is_retryable().then_some(RETRY_AFTER),
    }
}

#[cfg(test)]
mod tests {
    use agent_sdk::{RunId, SessionId};
    use durable_task::ClientError;

    use super::*;

    #[test]
    fn what_a_retry_can_cure_says_when() {
        let session = SessionId::new("s1").unwrap();
        let key = CorrelationId::new("k1").unwrap();
        let run = RunId::of("W", &session, &key);
        let limit = ClientError::Limit {
            limit: "instances",
            value: 5,
        };
        let failing = ClientError::Unavailable {
            reason: String::from("disk full"),
        };
        let unsupported = ClientError::Unsupported {
            operation: "do this",
        };
        let table = [
            (
                RunError::QueueFull {
                    session,
                    limit: 100,
                },
                429,
                "queue_full",
                true,
            ),
            (RunError::Hub(failing), 503, "unavailable", true),
            (RunError::Hub(limit), 503, "unavailable", true),
            (RunError::Hub(unsupported), 500, "internal", false),
            (
                RunError::DifferentRequest { run: run.clone() },
                422,
                "different_request",
                false,
            ),
            (RunError::NotFound { run }, 404, "not_found", false),
            (RunError::NoMessage, 400, "invalid_request", false),
        ];
        for (error, status, error_type, retry) in table {
            let refusal = refusal(&error, Some(&key));
            let found = (refusal.status.as_u16(), refusal.error_type);
            assert_eq!(found, (status, error_type), "{error}");
            assert_eq!(refusal.retry_after.is_some(), retry, "{error}");
            assert!(!refusal.text.is_empty());
        }
    }
}
