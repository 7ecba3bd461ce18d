//! The links of a check-status answer.

use axum::http::StatusCode;
use axum::response::Response;

use super::json::Object;
use super::refusal::json;
use crate::routes::encoded;
use crate::routes::respond;

/// The connection that links name. A hub of ours has one place for its state.
pub(super) const CONNECTION: &str = "Storage";
/// When a client should look for the first time, in seconds.
const RETRY_AFTER: std::time::Duration = std::time::Duration::from_secs(10);

/// What the links of an answer have in common.
pub(super) struct Links {
    /// Host and prefix, without a slash at the end.
    base: String,
    /// The query that every link has.
    query: String,
    /// Whether a failure is to be told as a server error.
    error_on_failure: bool,
}

impl Links {
    pub(super) fn new(base: String, task_hub: &str, key: Option<&str>) -> Self {
        let mut query = format!("taskHub={}&connection={CONNECTION}", encoded(task_hub));
        if let Some(key) = key {
            query.push_str("&code=");
            query.push_str(&encoded(key));
        }
        Self {
            base,
            query,
            error_on_failure: false,
        }
    }

    pub(super) fn with_error_on_failure(mut self, asked_for: bool) -> Self {
        self.error_on_failure = asked_for;
        self
    }

    /// 202, with where to look and what can be done.
    pub(super) fn check_status(&self, id: &str) -> Response {
        let Self { base, query, .. } = self;
        let instance = format!("{base}/instances/{}", encoded(id));
        let status = if self.error_on_failure {
            format!("{instance}?{query}&returnInternalServerErrorOnFailure=true")
        } else {
            format!("{instance}?{query}")
        };
        let mut body = Object::new();
        body.string("id", id);
        body.string("statusQueryGetUri", &status);
        for (name, path) in [
            ("sendEventPostUri", "/raiseEvent/{eventName}?"),
            ("terminatePostUri", "/terminate?reason={text}&"),
            ("purgeHistoryDeleteUri", "?"),
            ("restartPostUri", "/restart?"),
            ("suspendPostUri", "/suspend?reason={text}&"),
            ("resumePostUri", "/resume?reason={text}&"),
        ] {
            body.string(name, &format!("{instance}{path}{query}"));
        }
        let response = json(StatusCode::ACCEPTED, body.end());
        respond::with_retry_after(respond::with_location(response, &status), RETRY_AFTER)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn the_answer_has_every_link_in_order() {
        let base = String::from("http://localhost:7071/runtime/webhooks/durabletask");
        let links = Links::new(base, "my hub", Some("k+1")).with_error_on_failure(true);
        let (head, body) = links.check_status("a b").into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let base = "http://localhost:7071/runtime/webhooks/durabletask/instances/a%20b";
        let query = "taskHub=my%20hub&connection=Storage&code=k%2B1";
        let status = format!("{base}?{query}&returnInternalServerErrorOnFailure=true");
        let expected = format!(r#"{{"id":"a b","statusQueryGetUri":"{status}","#)
            + &format!(r#""sendEventPostUri":"{base}/raiseEvent/{{eventName}}?{query}","#)
            + &format!(r#""terminatePostUri":"{base}/terminate?reason={{text}}&{query}","#)
            + &format!(r#""purgeHistoryDeleteUri":"{base}?{query}","#)
            + &format!(r#""restartPostUri":"{base}/restart?{query}","#)
            + &format!(r#""suspendPostUri":"{base}/suspend?reason={{text}}&{query}","#)
            + &format!(r#""resumePostUri":"{base}/resume?reason={{text}}&{query}"}}"#);
        assert_eq!(String::from_utf8(bytes.to_vec()).unwrap(), expected);
        assert_eq!(head.status, 202);
        assert_eq!(head.headers["location"], status);
        assert_eq!(head.headers["retry-after"], "10");
        assert_eq!(
            head.headers["content-type"],
            "application/json; charset=utf-8"
        );
    }

    #[test]
    fn without_a_key_links_have_none() {
        let links = Links::new(String::new(), "h", None);
        assert_eq!(links.query, "taskHub=h&connection=Storage");
    }
}
