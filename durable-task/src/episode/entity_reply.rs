//! Replies of entities in the older form: an event named by the request's id, with JSON.

use serde::Deserialize;

use crate::Failure;

use super::Outcome;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Reply {
    result: Option<String>,
    #[serde(rename = "exceptionType")]
    exception_type: Option<String>,
    #[serde(rename = "failureDetails")]
    failure_details: Option<Details>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Details {
    #[serde(alias = "errorType", default)]
    error_type: String,
    #[serde(alias = "errorMessage", default)]
    error_message: String,
    #[serde(alias = "stackTrace", default)]
    stack_trace: Option<String>,
    #[serde(alias = "innerFailure", default)]
    inner_failure: Option<Box<Details>>,
    #[serde(alias = "isNonRetriable", default)]
    is_non_retriable: bool,
}

impl From<Details> for Failure {
    fn from(details: Details) -> Self {
        Self {
            error_type: details.error_type,
            message: details.error_message,
            inner: details.inner_failure.map(|inner| Box::new((*inner).into())),
            non_retriable: details.is_non_retriable,
            stack_trace: details.stack_trace,
        }
    }
}

/// What the entity answered.
pub(super) fn decode(payload: Option<&str>) -> Outcome {
    let reply: Reply = match serde_json::from_str(payload.unwrap_or("null")) {
        Ok(reply) => Option::unwrap_or_default(reply),
        Err(error) => {
            let message = format!("the entity's reply can't be read: {error}");
            return Err(Failure::new("InvalidReply", message).non_retriable());
        }
    };
    match (reply.failure_details, reply.exception_type) {
        (Some(details), _) => Err(details.into()),
        (None, Some(exception)) => Err(Failure::new(
            exception,
            reply
                .result
                .unwrap_or_else(|| String::from("the operation failed")),
        )),
        (None, None) => Ok(reply.result),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_and_failures_are_told_apart() {
        let table: [(Option<&str>, Outcome); 5] = [
            (Some(r#"{"result":"7"}"#), Ok(Some(String::from("7")))),
            (Some(r#"{"result":null}"#), Ok(None)),
            (None, Ok(None)),
            (
                Some(r#"{"result":"sorry","exceptionType":"System.Exception, mscorlib"}"#),
                Err(Failure::new("System.Exception, mscorlib", "sorry")),
            ),
            (
                Some(concat!(
                    r#"{"result":null,"failureDetails":{"ErrorType":"A","ErrorMessage":"b","#,
                    r#""StackTrace":"at x","InnerFailure":{"errorType":"C","errorMessage":"d"},"#,
                    r#""IsNonRetriable":true}}"#
                )),
                Err(Failure {
                    stack_trace: Some(String::from("at x")),
                    ..Failure::new("A", "b")
                        .non_retriable()
                        .caused_by(Failure::new("C", "d"))
                }),
            ),
        ];
        for (payload, expected) in table {
            assert_eq!(decode(payload), expected, "{payload:?}");
        }
        assert_eq!(decode(Some("[")).unwrap_err().error_type, "InvalidReply");
    }
}
