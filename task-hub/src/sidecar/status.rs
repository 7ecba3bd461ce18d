//! What went wrong, as gRPC says it.

use durable_task::ClientError;
use tonic::{Code, Status};

/// How much of a text goes into a status: it travels in a header, and a client that gets headers of
/// more than 16 KiB sees a broken connection instead of the error.
const TEXT_BYTES_MAX: usize = 1_000;

/// The status that a client gets for an error of the hub.
#[allow(
    clippy::needless_pass_by_value,
    reason = "so that it is what `map_err` takes"
)]
pub(super) fn status(error: ClientError) -> Status {
    let code = match error {
        ClientError::AlreadyExists { .. } => Code::AlreadyExists,
        ClientError::NotFound { .. } => Code::NotFound,
        ClientError::InvalidState { .. } => Code::FailedPrecondition,
        ClientError::Invalid { .. } => Code::InvalidArgument,
        ClientError::Limit { .. } => Code::ResourceExhausted,
        ClientError::Unavailable { .. } => Code::Unavailable,
        ClientError::Unsupported { .. } => Code::Unimplemented,
        _ => Code::Internal,
    };
    refused(code, error.to_string())
}

/// The status for a field that makes no sense.
pub(super) fn invalid(field: &str, problem: impl std::fmt::Display) -> Status {
    refused(Code::InvalidArgument, format!("{field}: {problem}"))
}

/// A status with a text that may repeat what the client sent.
pub(super) fn refused(code: Code, mut text: String) -> Status {
    if text.len() > TEXT_BYTES_MAX {
        text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
        text.push('…');
    }
    Status::new(code, text)
}

#[cfg(test)]
mod tests {
    use durable_task::{InstanceId, Status as InstanceStatus};

    use super::*;

    #[test]
    fn each_error_has_its_code_and_says_what_it_is_about() {
        let instance = InstanceId::from_stored("order-7");
        let table = [
            (
                ClientError::AlreadyExists {
                    instance: instance.clone(),
                },
                Code::AlreadyExists,
                "instance `order-7` exists already",
            ),
            (
                ClientError::NotFound {
                    instance: instance.clone(),
                },
                Code::NotFound,
                "instance `order-7` was not found",
            ),
            (
                ClientError::InvalidState {
                    instance,
                    operation: "restarted",
                    status: InstanceStatus::Running,
                },
                Code::FailedPrecondition,
                "instance `order-7` can't be restarted: it is Running",
            ),
            (
                ClientError::Invalid {
                    field: "token",
                    problem: String::from("not one of ours"),
                },
                Code::InvalidArgument,
                "token: not one of ours",
            ),
            (
                ClientError::Limit {
                    limit: "messages_per_instance_max",
                    value: 3,
                },
                Code::ResourceExhausted,
                "messages_per_instance_max is reached (3)",
            ),
            (
                ClientError::Unavailable {
                    reason: String::from("its store failed"),
                },
                Code::Unavailable,
                "the hub is unavailable: its store failed",
            ),
            (
                ClientError::Unsupported {
                    operation: "rewind",
                },
                Code::Unimplemented,
                "this backend can't rewind",
            ),
        ];
        for (error, code, text) in table {
            let status = status(error);
            assert_eq!((status.code(), status.message()), (code, text));
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let short = invalid("name", "x");
        assert_eq!(short.message(), "name: x");
        let long = invalid("name", "é".repeat(100_000));
        assert!(long.message().len() <= TEXT_BYTES_MAX + "…".len());
        assert!(long.message().starts_with("name: éé") && long.message().ends_with("é…"));
    }
}
