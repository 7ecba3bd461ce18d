//! Tokens that show a service who asks.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;
use tonic::metadata::{Ascii, MetadataValue};

use crate::Timestamp;

/// A token is renewed when it has less than this left.
const RENEW_BEFORE: Duration = Duration::from_mins(5);

/// A token and the time of its end.
#[derive(Clone)]
pub struct AccessToken {
    /// The token itself, as it stands behind `Bearer`.
    pub secret: SecretString,
    /// When it is of no more use.
    pub expires_at: Timestamp,
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// Why there is no token. The text never has a secret in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Whoever gives tokens can't be asked now. A retry may help.
    #[error("{from} can't be asked: {reason}")]
    Unavailable {
        /// Who gives them.
        from: String,
        /// What failed.
        reason: String,
    },
    /// No token for us. Final until the settings are changed.
    #[error("{from} gives no token: {reason}")]
    Refused {
        /// Who gives them.
        from: String,
        /// What it said.
        reason: String,
    },
    /// A setting is missing or wrong. Final until it is changed.
    #[error("{problem}")]
    Settings {
        /// Which one, and how to set it.
        problem: String,
    },
}

impl TokenError {
    /// Whether the same request may succeed later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }
}

/// Gives new tokens. It need not keep them: what it gives is used until shortly before its end.
#[async_trait]
pub trait TokenSource: Send + Sync + 'static {
    /// A new token.
    async fn token(&self) -> Result<AccessToken, TokenError>;
}

/// Keeps one token and renews it in time. Callers that need a new one wait for the same request.
pub(super) struct TokenCache {
    source: Arc<dyn TokenSource>,
    kept: Mutex<Option<AccessToken>>,
}

impl TokenCache {
    pub(super) fn new(source: Arc<dyn TokenSource>) -> Self {
        Self {
            source,
            kept: Mutex::new(None),
        }
    }

    /// `Bearer ..`, marked as sensitive.
    pub(super) async fn bearer(&self, now: Timestamp) -> Result<MetadataValue<Ascii>, TokenError> {
        let mut kept = self.kept.lock().await;
        let left = |token: &AccessToken| token.expires_at.saturating_since(now);
        if kept.as_ref().is_none_or(|token| left(token) < RENEW_BEFORE) {
            match self.source.token().await {
                Ok(token) => *kept = Some(token),
                // The old one still works.
                Err(error) if kept.as_ref().is_some_and(|token| !left(token).is_zero()) => {
                    tracing::warn!(%error, "the token could not be renewed yet");
                }
                Err(error) => return Err(error),
            }
        }
        let secret = kept
            .as_ref()
            .map_or("", |token| token.secret.expose_secret());
        let mut value = MetadataValue::try_from(format!("Bearer {secret}")).map_err(|_| {
            TokenError::Refused {
                from: String::from("the source of tokens"),
                reason: String::from("what it gave is no token"),
            }
        })?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// The service did not accept it: the next call asks for a new one.
    pub(super) async fn forget(&self) {
        *self.kept.lock().await = None;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// Tokens that are numbered and last 1,000 s; the second request fails.
    struct Numbered(AtomicU32);

    #[async_trait]
    impl TokenSource for Numbered {
        async fn token(&self) -> Result<AccessToken, TokenError> {
            let number = self.0.fetch_add(1, Ordering::SeqCst);
            if number == 1 {
                return Err(TokenError::Unavailable {
                    from: "the test".into(),
                    reason: "it is the second".into(),
                });
            }
            Ok(AccessToken {
                secret: format!("t{number}").into(),
                expires_at: at(u64::from(number) * 1_000 + 1_000),
            })
        }
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::EPOCH.saturating_add(Duration::from_secs(seconds))
    }

    #[tokio::test]
    async fn a_token_is_kept_renewed_in_time_and_forgotten() {
        let cache = TokenCache::new(Arc::new(Numbered(AtomicU32::new(0))));
        let bearer = async |seconds| cache.bearer(at(seconds)).await.unwrap();
        assert_eq!(bearer(0).await, "Bearer t0");
        assert_eq!(bearer(700).await, "Bearer t0");
        // The renewal fails, and the old token still works.
        assert_eq!(bearer(701).await, "Bearer t0");
        assert_eq!(bearer(702).await, "Bearer t2");
        assert!(bearer(703).await.is_sensitive());
        cache.forget().await;
        assert_eq!(bearer(703).await, "Bearer t3");
    }

    #[tokio::test]
    async fn a_token_that_has_ended_is_not_shown() {
        let cache = TokenCache::new(Arc::new(Numbered(AtomicU32::new(0))));
        cache.bearer(at(0)).await.unwrap();
        let error = cache.bearer(at(1_000)).await.unwrap_err();
        assert!(error.is_retryable());
        assert_eq!(
            error.to_string(),
            "the test can't be asked: it is the second"
        );
    }

    #[test]
    fn a_token_is_not_printed() {
        let token = AccessToken {
            secret: "hush".into(),
            expires_at: at(0),
        };
        assert!(!format!("{token:?}").contains("hush"));
    }
}
