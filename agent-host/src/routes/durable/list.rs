//! Lists of instances and entities, page by page.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use durable_task::{EntityFilter, Fetch};

use super::call::Call;
use super::document::{entity_document, status_document};
use super::instances::filter;
use super::json::array;
use super::refusal::{Refusal, json};

/// How many entries a list has unless the request says otherwise.
const TOP: usize = 100;
/// The most that a list has, whatever the request says.
const TOP_MAX: usize = 1_000;
/// A list ends with the entry that makes it this long: it can be gone on with.
const LIST_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How many entries are read at once: each may be large.
const PAGE: usize = 32;
/// Where the rest of a list is asked for and announced.
const CONTINUATION: HeaderName = HeaderName::from_static("x-ms-continuation-token");

/// `GET /instances`.
pub(super) async fn instances(call: &Call<'_>) -> Result<Response, Refusal> {
    let filter = filter(&call.parameters)?;
    let show_input = call.parameters.flag("showInput", true)?;
    let mut list = List::begin(call)?;
    while let Some(size) = list.wants() {
        let token = list.token.as_deref();
        let client = call.client();
        let page = client.query(&filter, Fetch::Payloads, size, token).await?;
        let documents = page.items.iter();
        let documents = documents.map(|state| status_document(state, show_input, None));
        list.take(documents.collect(), page.next);
    }
    Ok(list.end())
}

/// `GET /entities[/{name}]`.
pub(super) async fn entities(call: &Call<'_>, name: Option<&str>) -> Result<Response, Refusal> {
    const TICK: std::time::Duration = std::time::Duration::from_nanos(100);
    let parameters = &call.parameters;
    let to = parameters.time("lastOperationTimeTo")?;
    let filter = EntityFilter {
        id_prefix: name.map(|name| format!("@{}@", name.to_lowercase())),
        modified_from: parameters.time("lastOperationTimeFrom")?,
        modified_to: to.map(|to| to.saturating_add(TICK)),
        include_transient: false,
    };
    let fetch_state = parameters.flag("fetchState", false)?;
    let mut list = List::begin(call)?;
    while let Some(size) = list.wants() {
        let token = list.token.as_deref();
        let client = call.client();
        let page = client
            .query_entities(&filter, fetch_state, size, token)
            .await?;
        list.take(page.items.iter().map(entity_document).collect(), page.next);
    }
    Ok(list.end())
}

/// A list that is being read.
struct List {
    items: Vec<String>,
    bytes: usize,
    top: usize,
    /// Where to go on.
    token: Option<String>,
    has_ended: bool,
}

impl List {
    fn begin(call: &Call<'_>) -> Result<Self, Refusal> {
        Ok(Self {
            items: Vec::new(),
            bytes: 0,
            top: call.parameters.count("top", TOP)?.min(TOP_MAX),
            token: token_of(&call.headers)?,
            has_ended: false,
        })
    }

    /// How many entries to read next; `None` if the list is to end.
    fn wants(&self) -> Option<usize> {
        let is_full = self.items.len() >= self.top || self.bytes >= LIST_BYTES_MAX;
        let missing = self.top.saturating_sub(self.items.len());
        (!is_full && !self.has_ended).then(|| missing.min(PAGE))
    }

    fn take(&mut self, items: Vec<String>, next: Option<String>) {
        self.bytes += items.iter().map(String::len).sum::<usize>();
        self.items.extend(items);
        self.has_ended = next.is_none();
        self.token = next;
    }

    fn end(self) -> Response {
        let mut response = json(StatusCode::OK, array(&self.items));
        let token = self.token.map(|token| STANDARD.encode(token));
        if let Some(token) = token.and_then(|token| HeaderValue::from_str(&token).ok()) {
            response.headers_mut().insert(CONTINUATION, token);
        }
        response
    }
}

/// The token that a request goes on with.
fn token_of(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let Some(value) = headers.get(CONTINUATION).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let token = STANDARD.decode(value.as_bytes()).ok();
    match token.and_then(|token| String::from_utf8(token).ok()) {
        Some(token) => Ok(Some(token)),
        None => Err(Refusal::bad_request(
            "The continuation token is not one of this app's",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a_list(top: usize) -> List {
        List {
            items: Vec::new(),
            bytes: 0,
            top,
            token: None,
            has_ended: false,
        }
    }

    #[test]
    fn a_list_ends_where_it_is_full_or_over() {
        let mut list = a_list(PAGE + 2);
        assert_eq!(list.wants(), Some(PAGE));
        list.take(vec![String::from("1"); PAGE], Some(String::from("t")));
        assert_eq!(list.wants(), Some(2));
        list.take(vec![String::from("1"); 2], Some(String::from("u")));
        assert_eq!(list.wants(), None);
        let response = list.end();
        assert_eq!(response.headers()[CONTINUATION], STANDARD.encode("u"));

        let mut list = a_list(10);
        list.take(vec![String::from("1")], None);
        assert_eq!(list.wants(), None);
        assert!(!list.end().headers().contains_key(CONTINUATION));

        let mut list = a_list(10);
        list.take(vec!["x".repeat(LIST_BYTES_MAX)], Some(String::from("t")));
        assert_eq!(list.wants(), None);
    }

    #[test]
    fn only_tokens_of_ours_are_taken() {
        let mut headers = HeaderMap::new();
        assert_eq!(token_of(&headers).unwrap(), None);
        headers.insert(CONTINUATION, HeaderValue::from_static(""));
        assert_eq!(token_of(&headers).unwrap(), None);
        let value = HeaderValue::from_str(&STANDARD.encode("t ö")).unwrap();
        headers.insert(CONTINUATION, value);
        assert_eq!(token_of(&headers).unwrap().as_deref(), Some("t ö"));
        headers.insert(CONTINUATION, HeaderValue::from_static("%%%"));
        assert!(token_of(&headers).is_err());
    }
}
