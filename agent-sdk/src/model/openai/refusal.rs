//! From an answer with a bad status to an error.

use std::time::Duration;

use serde_json::Value;

use super::PROVIDER;
use crate::model::ModelError;

/// How many characters of a provider's words an error holds.
const MESSAGE_CHARS_MAX: usize = 300;

/// What a provider says when it refuses.
#[derive(Debug, Default)]
struct Words {
    message: String,
    /// Its `code`, `type` and inner `code`.
    codes: Vec<String>,
}

/// The error for a status, the body that came with it, the id that the provider gave the request,
/// and the wait that it asked for.
pub(super) fn refusal(
    status: u16,
    body: &[u8],
    request_id: Option<&str>,
    retry_after: Option<Duration>,
) -> ModelError {
    let words = read(body);
    let kind = Kind::of(status, &words);
    let mut message = short_text(&words.message);
    if message.is_empty() {
        message = format!("status {status}");
    } else if !matches!(kind, Kind::Unavailable) {
        message = format!("{message} (status {status})");
    }
    if let Some(id) = request_id {
        message = format!("{message} (request {})", short_text(id));
    }
    let provider = PROVIDER;
    match kind {
        Kind::Auth => ModelError::Auth { provider, message },
        Kind::Quota => ModelError::QuotaExceeded { provider, message },
        Kind::RateLimit => ModelError::RateLimit {
            provider,
            message,
            retry_after,
        },
        Kind::ContextLength => ModelError::ContextLength { provider, message },
        Kind::ContentFilter => ModelError::ContentFilter { provider, message },
        Kind::NotFound => ModelError::NotFound { provider, message },
        Kind::InvalidRequest => ModelError::InvalidRequest { provider, message },
        Kind::Unavailable => ModelError::Unavailable {
            provider,
            status,
            message,
        },
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Auth,
    Quota,
    RateLimit,
    ContextLength,
    ContentFilter,
    NotFound,
    InvalidRequest,
    Unavailable,
}

impl Kind {
    fn of(status: u16, words: &Words) -> Self {
        if (400..500).contains(&status) {
            let by_code = words.codes.iter().find_map(|code| Self::of_code(code));
            if let Some(kind) = by_code {
                return kind;
            }
        }
        match status {
            401 | 403 => Self::Auth,
            402 => Self::Quota,
            404 => Self::NotFound,
            429 => Self::RateLimit,
            // Servers that only resemble OpenAI say it in words.
            400 if says_too_long(&words.message) => Self::ContextLength,
            408 | 409 | 500.. => Self::Unavailable,
            _ => Self::InvalidRequest,
        }
    }

    fn of_code(code: &str) -> Option<Self> {
        match code {
            "insufficient_quota" | "billing_not_active" | "billing_hard_limit_reached" => {
                Some(Self::Quota)
            }
            "context_length_exceeded" => Some(Self::ContextLength),
            "content_filter" | "content_policy_violation" | "ResponsibleAIPolicyViolation" => {
                Some(Self::ContentFilter)
            }
            "model_not_found" => Some(Self::NotFound),
            _ => None,
        }
    }
}

fn says_too_long(message: &str) -> bool {
    let message = message.to_lowercase();
    message.contains("maximum context length") || message.contains("context window")
}

/// `{"error": {"message", "type", "code"}}`, `{"error": "text"}`, `{"message"}`, or plain text.
fn read(body: &[u8]) -> Words {
    let Ok(value) = serde_json::from_slice::<Value>(body) else {
        return Words {
            message: String::from_utf8_lossy(body).into_owned(),
            codes: Vec::new(),
        };
    };
    let error = value.get("error").unwrap_or(&value);
    let text = |name: &str| error.get(name).and_then(Value::as_str);
    let inner = error.pointer("/innererror/code").and_then(Value::as_str);
    let codes = [text("code"), text("type"), inner];
    let message = error
        .as_str()
        .or_else(|| text("message"))
        .or_else(|| text("detail"));
    Words {
        message: message.unwrap_or_default().to_owned(),
        codes: codes.into_iter().flatten().map(str::to_owned).collect(),
    }
}

/// One line of bounded length, without anything that looks like a key: providers quote the key that
/// they refuse.
pub(super) fn short_text(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let words = words.filter(|word| !word.is_empty());
    let shown = words.map(|word| if looks_like_key(word) { "[key]" } else { word });
    let mut short = String::new();
    for word in shown.take(MESSAGE_CHARS_MAX) {
        if !short.is_empty() {
            short.push(' ');
        }
        short.push_str(word);
        if let Some((end, _)) = short.char_indices().nth(MESSAGE_CHARS_MAX) {
            short.truncate(end);
            short.push('…');
            break;
        }
    }
    short
}

fn looks_like_key(word: &str) -> bool {
    word.trim_start_matches(|c: char| c.is_ascii_punctuation())
        .starts_with("sk-")
}

#[cfg(test)]
mod tests;
