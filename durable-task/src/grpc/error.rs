//! Why a service can't be used, and why a call of it did not do what it was asked.

use std::error::Error;
use std::time::Duration;

use tonic::{Code, Status};

use crate::{ClientError, InstanceId};

use super::TokenError;

/// Why a service can't be used. All are mistakes in the program or its settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GrpcError {
    /// The endpoint is no URL of a service.
    #[error("`{endpoint}` is not the address of a gRPC service: {problem}")]
    Endpoint {
        /// What was given.
        endpoint: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Tokens would go over the network for everybody to read.
    #[error("`{endpoint}` is not encrypted: tokens go over https only")]
    Unencrypted {
        /// What was given.
        endpoint: String,
    },
    /// A text that can't stand in a header.
    #[error("{name} `{value}` can't be sent in a header: use printable ASCII")]
    Header {
        /// Which one.
        name: &'static str,
        /// Its value.
        value: String,
    },
    /// The hub has a worker already.
    #[error("this connection has a worker already; connect once more for another")]
    AlreadyAttached,
}

/// Why a call of the service failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum CallError {
    #[error(
        "the message has {bytes} bytes; the service takes at most {max} (`send_bytes_max`): keep \
         large data elsewhere and send where it is"
    )]
    TooLarge { bytes: usize, max: usize },
    #[error("{problem} (`receive_bytes_max`, or the limit of the service)")]
    AnswerTooLarge { problem: String },
    #[error("there is no token to show to the service: {0}")]
    Token(TokenError),
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
    #[error("{} ({code:?})", message_or(code, message))]
    Refused { code: Code, message: String },
}

fn message_or<'a>(code: &'a Code, message: &'a str) -> &'a str {
    if message.is_empty() {
        code.description()
    } else {
        message
    }
}

impl From<Status> for CallError {
    fn from(status: Status) -> Self {
        let (code, mut message) = (status.code(), status.message().to_owned());
        // What the transport says is general; why that is so stands behind it.
        if let Some(cause) = deepest(&status).filter(|cause| !message.contains(cause.as_str())) {
            message = format!("{message}: {cause}");
        }
        if code == Code::OutOfRange && message.contains("too large") {
            return Self::AnswerTooLarge { problem: message };
        }
        Self::Refused { code, message }
    }
}

fn deepest(error: &dyn Error) -> Option<String> {
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    causes.last().map(ToString::to_string)
}

impl CallError {
    /// Whether the same call may succeed later.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::TooLarge { .. } | Self::AnswerTooLarge { .. } => false,
            Self::Token(error) => error.is_retryable(),
            Self::TimedOut(_) => true,
            Self::Refused { code, message } => match code {
                Code::Unavailable
                | Code::DeadlineExceeded
                | Code::Cancelled
                | Code::Aborted
                | Code::Unknown
                | Code::Internal => true,
                Code::ResourceExhausted => !is_size(message),
                _ => false,
            },
        }
    }

    /// Whether the service refused because of the state that the instance is in.
    pub(super) fn is_precondition(&self) -> bool {
        self.has_code(Code::FailedPrecondition)
    }

    /// Whether the service does not know what the call is about.
    pub(super) fn is_not_found(&self) -> bool {
        self.has_code(Code::NotFound)
    }

    /// Whether the service did not accept the token.
    pub(super) fn is_unauthenticated(&self) -> bool {
        self.has_code(Code::Unauthenticated)
    }

    fn has_code(&self, wanted: Code) -> bool {
        matches!(self, Self::Refused { code, .. } if *code == wanted)
    }

    /// What it is to the caller of a client. `operation` completes "this backend can't ..".
    pub(super) fn for_client(
        self,
        operation: &'static str,
        instance: Option<&InstanceId>,
    ) -> ClientError {
        let problem = self.to_string();
        if self.is_transient() {
            return ClientError::Unavailable { reason: problem };
        }
        let code = match self {
            Self::Refused { code, .. } => code,
            Self::AnswerTooLarge { .. } => {
                return ClientError::Invalid {
                    field: "answer",
                    problem,
                };
            }
            Self::Token(_) => Code::Unauthenticated,
            Self::TooLarge { .. } | Self::TimedOut(_) => Code::InvalidArgument,
        };
        match (code, instance) {
            (Code::NotFound, Some(instance)) => ClientError::NotFound {
                instance: instance.clone(),
            },
            (Code::AlreadyExists, Some(instance)) => ClientError::AlreadyExists {
                instance: instance.clone(),
            },
            (Code::Unimplemented, _) => ClientError::Unsupported { operation },
            (Code::Unauthenticated | Code::PermissionDenied, _) => ClientError::Invalid {
                field: "credentials",
                problem,
            },
            _ => ClientError::Invalid {
                field: "request",
                problem,
            },
        }
    }
}

/// Servers say so in different words that a message is larger than they take.
fn is_size(message: &str) -> bool {
    ["larger than max", "exceeds the maximum", "too large"]
        .iter()
        .any(|words| message.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: Code, message: &str) -> CallError {
        Status::new(code, message).into()
    }

    #[test]
    fn every_code_has_a_meaning_for_a_client() {
        let id = InstanceId::new("i").unwrap();
        let instance = || id.clone();
        let invalid = |field, problem: &str| ClientError::Invalid {
            field,
            problem: problem.to_owned(),
        };
        let table = [
            (
                Code::NotFound,
                ClientError::NotFound {
                    instance: instance(),
                },
            ),
            (
                Code::AlreadyExists,
                ClientError::AlreadyExists {
                    instance: instance(),
                },
            ),
            (
                Code::Unimplemented,
                ClientError::Unsupported {
                    operation: "rewind",
                },
            ),
            (
                Code::Unavailable,
                ClientError::Unavailable {
                    reason: "why (Unavailable)".into(),
                },
            ),
            (
                Code::ResourceExhausted,
                ClientError::Unavailable {
                    reason: "why (ResourceExhausted)".into(),
                },
            ),
            (
                Code::PermissionDenied,
                invalid("credentials", "why (PermissionDenied)"),
            ),
            (
                Code::InvalidArgument,
                invalid("request", "why (InvalidArgument)"),
            ),
        ];
        for (code, expected) in table {
            let error = refused(code, "why").for_client("rewind", Some(&id));
            assert_eq!(error, expected, "{code:?}");
        }
    }

    #[test]
    fn a_message_that_is_too_large_is_final_and_named() {
        let texts = [
            "Error, decoded message length too large: found 9 bytes, the limit is: 8 bytes",
            "Received message exceeds the maximum configured message size.",
            "Sent message larger than max (9 vs. 8)",
        ];
        let codes = [
            Code::OutOfRange,
            Code::ResourceExhausted,
            Code::ResourceExhausted,
        ];
        for (code, text) in codes.into_iter().zip(texts) {
            assert!(!refused(code, text).is_transient(), "{text}");
        }
        let error = refused(Code::OutOfRange, texts[0]).for_client("get", None);
        assert!(error.to_string().contains("receive_bytes_max"), "{error}");
        let error = CallError::TooLarge { bytes: 9, max: 8 }.for_client("get", None);
        assert!(error.to_string().contains("send_bytes_max"), "{error}");
        assert!(!error.is_retryable());
    }

    #[test]
    fn an_empty_message_is_told_by_its_code() {
        let text = refused(Code::Unimplemented, "").to_string();
        assert!(text.contains("(Unimplemented)"), "{text}");
        assert!(refused(Code::FailedPrecondition, "").is_precondition());
    }
}
