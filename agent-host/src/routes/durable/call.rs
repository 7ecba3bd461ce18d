//! One request to the API, and what every operation needs of it.

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use durable_task::{Client, Fetch, InstanceId, InstanceState};
use serde::de::IgnoredAny;

use super::functions::Functions;
use super::links::{CONNECTION, Links};
use super::path::PREFIX;
use super::query::Parameters;
use super::refusal::Refusal;
use crate::routes::negotiate::Query;
use crate::routes::{RouteState, body};

/// The names of a connection that mean the app's own.
const CONNECTIONS: [&str; 2] = [CONNECTION, "AzureWebJobsStorage"];

/// A request.
pub(super) struct Call<'a> {
    pub(super) host: &'a RouteState,
    pub(super) headers: HeaderMap,
    pub(super) parameters: Parameters,
    /// Path and query as they were sent.
    target: String,
    body: Vec<u8>,
}

impl<'a> Call<'a> {
    /// Takes a request that names the app's own hub, or none.
    pub(super) fn new(host: &'a RouteState, head: Parts, query: Query) -> Result<Self, Refusal> {
        let parameters = Parameters::new(query);
        let own = &host.task_hub;
        let hub = parameters.text("taskHub").unwrap_or(own);
        if !hub.eq_ignore_ascii_case(own) {
            let text = format!("This app serves the task hub '{own}' and no other");
            return Err(Refusal::bad_request(text));
        }
        let connection = parameters.text("connection").unwrap_or(CONNECTION);
        let is_own = |name: &&str| name.eq_ignore_ascii_case(connection);
        if !CONNECTIONS.iter().any(is_own) {
            let text = format!("This app has the connection '{CONNECTION}' and no other");
            return Err(Refusal::bad_request(text));
        }
        let target = head.uri.path_and_query();
        Ok(Self {
            host,
            parameters,
            target: target.map(ToString::to_string).unwrap_or_default(),
            headers: head.headers,
            body: Vec::new(),
        })
    }

    pub(super) fn client(&self) -> &'a dyn Client {
        &*self.host.client
    }

    pub(super) fn functions(&self) -> &'a Functions {
        &self.host.functions
    }

    /// Takes the body in, whole.
    pub(super) async fn receive(&mut self, body: Body) -> Result<(), Refusal> {
        let options = &self.host.options;
        let (bytes_max, timeout) = (options.body_bytes_max, options.body_timeout);
        let received = body::read(&self.headers, body, bytes_max, timeout).await;
        self.body = received.map_err(|error| {
            let (status, text) = error.parts();
            Refusal::new(status, text)
        })?;
        Ok(())
    }

    /// The body as text.
    pub(super) fn text_body(&self) -> Result<&str, Refusal> {
        std::str::from_utf8(&self.body)
            .map_err(|_| Refusal::bad_request("The request body is not UTF-8"))
    }

    /// The body as the text of a JSON value; `None` if it is empty.
    pub(super) fn json_body(&self) -> Result<Option<String>, Refusal> {
        let text = self.text_body()?;
        if text.trim().is_empty() {
            return Ok(None);
        }
        match serde_json::from_str::<IgnoredAny>(text) {
            Ok(_) => Ok(Some(text.to_owned())),
            Err(error) => {
                Err(Refusal::bad_request("Invalid JSON content").with_exception(error.to_string()))
            }
        }
    }

    /// The reason that the query gives.
    pub(super) fn reason(&self) -> Option<String> {
        self.parameters.text("reason").map(str::to_owned)
    }

    /// The links of a check-status answer.
    pub(super) fn links(&self) -> Links {
        let base = self.host.options.origin.link(PREFIX, &self.headers);
        let key = self.host.keys.management_link_key();
        Links::new(base, &self.host.task_hub, key)
    }

    /// The request's own link.
    pub(super) fn own_link(&self) -> String {
        self.host.options.origin.link(&self.target, &self.headers)
    }

    /// An instance, if the hub knows it.
    pub(super) async fn find(
        &self,
        id: &InstanceId,
        fetch: Fetch,
    ) -> Result<Option<InstanceState>, Refusal> {
        Ok(self.client().get(id, fetch).await?)
    }
}
