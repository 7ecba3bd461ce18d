//! What went wrong, as gRPC says it.

use durable_task::ClientError;
use tonic::Status;

/// The status that a client gets for an error of the hub.
#[allow(
    clippy::needless_pass_by_value,
    reason = "so that it is what `map_err` takes"
)]
pub(super) fn status(error: ClientError) -> Status {
    let text = error.to_string();
    match error {
        ClientError::AlreadyExists { .. } => Status::already_exists(text),
        ClientError::NotFound { .. } => Status::not_found(text),
        ClientError::InvalidState { .. } => Status::failed_precondition(text),
        ClientError::Invalid { .. } => Status::invalid_argument(text),
        ClientError::Limit { .. } => Status::resource_exhausted(text),
        ClientError::Unavailable { .. } => Status::unavailable(text),
        ClientError::Unsupported { .. } => Status::unimplemented(text),
        _ => Status::internal(text),
    }
}

/// The status for a field that makes no sense.
pub(super) fn invalid(field: &str, problem: impl std::fmt::Display) -> Status {
    Status::invalid_argument(format!("{field}: {problem}"))
}

#[cfg(test)]
mod tests {
    use durable_task::{InstanceId, Status as InstanceStatus};
    use tonic::Code;

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
}
