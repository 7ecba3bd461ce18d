//! Takes a request's body in, bounded in size and time.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use http_body_util::BodyExt as _;

use super::respond;

/// How much of a body that is too large is read and thrown away, so that the client gets to read
/// the answer instead of a broken connection.
const DISCARDED_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Why there is no body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BodyError {
    TooLarge { bytes_max: usize },
    TooSlow { after: Duration },
    Broken,
}

impl BodyError {
    pub(crate) fn into_response(self) -> Response {
        let (status, text) = self.parts();
        respond::error(status, &text)
    }

    /// The status of the answer, and what it says.
    pub(crate) fn parts(&self) -> (StatusCode, String) {
        match self {
            Self::TooLarge { bytes_max } => (
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("The request body is larger than the limit of {bytes_max} bytes"),
            ),
            Self::TooSlow { after } => (
                StatusCode::REQUEST_TIMEOUT,
                format!("The request body did not arrive within {after:?}"),
            ),
            Self::Broken => (
                StatusCode::BAD_REQUEST,
                String::from("The request body could not be read"),
            ),
        }
    }
}

/// Reads a body whole.
pub(crate) async fn read(
    headers: &HeaderMap,
    body: Body,
    bytes_max: usize,
    timeout: Duration,
) -> Result<Vec<u8>, BodyError> {
    let declared: Option<usize> = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    let is_too_large = declared.is_some_and(|bytes| bytes > bytes_max);
    if is_too_large && headers.contains_key(header::EXPECT) {
        // The client waits for leave to send it.
        return Err(BodyError::TooLarge { bytes_max });
    }
    match tokio::time::timeout(timeout, collect(body, bytes_max)).await {
        Ok(result) => result,
        Err(_) if is_too_large => Err(BodyError::TooLarge { bytes_max }),
        Err(_) => Err(BodyError::TooSlow { after: timeout }),
    }
}

async fn collect(mut body: Body, bytes_max: usize) -> Result<Vec<u8>, BodyError> {
    let mut kept = Vec::new();
    let mut bytes = 0_usize;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| BodyError::Broken)?.into_data() else {
            continue;
        };
        bytes = bytes.saturating_add(data.len());
        if bytes <= bytes_max {
            kept.extend_from_slice(&data);
        } else if bytes.saturating_sub(bytes_max) > DISCARDED_BYTES_MAX {
            break;
        } else {
            kept = Vec::new();
        }
    }
    if bytes > bytes_max {
        return Err(BodyError::TooLarge { bytes_max });
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn stream(chunks: Vec<Vec<u8>>) -> Body {
        let chunks = chunks.into_iter().map(Ok::<_, std::io::Error>);
        Body::from_stream(futures_util::stream::iter(chunks))
    }

    #[tokio::test]
    async fn a_body_of_the_limit_is_taken_and_one_byte_more_is_not() {
        let headers = HeaderMap::new();
        let body = || stream(vec![vec![1; 6], vec![2; 4]]);
        assert_eq!(
            read(&headers, body(), 10, SECOND)
                .await
                .map(|body| body.len()),
            Ok(10)
        );
        let refused = read(&headers, body(), 9, SECOND).await;
        assert_eq!(refused, Err(BodyError::TooLarge { bytes_max: 9 }));
    }

    #[tokio::test]
    async fn a_body_that_is_declared_too_large_is_not_asked_for() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_LENGTH, 11.into());
        headers.insert(header::EXPECT, "100-continue".parse().unwrap());
        let never = Body::from_stream(futures_util::stream::pending::<std::io::Result<Vec<u8>>>());
        let refused = read(&headers, never, 10, Duration::MAX).await;
        assert_eq!(refused, Err(BodyError::TooLarge { bytes_max: 10 }));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_given_up() {
        let never = Body::from_stream(futures_util::stream::pending::<std::io::Result<Vec<u8>>>());
        let refused = read(&HeaderMap::new(), never, 10, SECOND).await;
        assert_eq!(refused, Err(BodyError::TooSlow { after: SECOND }));
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_an_error() {
        let broken = futures_util::stream::iter([Ok(vec![1]), Err(std::io::Error::other("gone"))]);
        let refused = read(&HeaderMap::new(), Body::from_stream(broken), 10, SECOND).await;
        assert_eq!(refused, Err(BodyError::Broken));
    }
}
