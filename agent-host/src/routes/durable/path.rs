//! Which operation a method and a path name.

use axum::http::Method;

/// What all paths of the family begin with; compares without case.
pub(super) const PREFIX: &str = "/runtime/webhooks/durabletask";

/// One operation of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Operation {
    Start { name: String, id: Option<String> },
    Status { id: String },
    List,
    Purge { id: String },
    PurgeMatching,
    RaiseEvent { id: String, event: String },
    Terminate { id: String },
    Suspend { id: String },
    Resume { id: String },
    Rewind { id: String },
    Restart { id: String },
    RestartWithOptions { id: String },
    History { id: String },
    ReadEntity { name: String, key: String },
    ListEntities { name: Option<String> },
    SignalEntity { name: String, key: String },
    DeleteEntity { name: String, key: String },
    MakePrimary,
}

impl Operation {
    /// Whether the request says something in its body.
    pub(super) fn takes_body(&self) -> bool {
        matches!(
            self,
            Self::Start { .. } | Self::RaiseEvent { .. } | Self::SignalEntity { .. }
        )
    }

    /// The route, for logs: without ids.
    pub(super) fn route(&self) -> &'static str {
        match self {
            Self::Start { .. } => "durabletask/orchestrators/{name}/{id}",
            Self::Status { .. } | Self::Purge { .. } => "durabletask/instances/{id}",
            Self::List | Self::PurgeMatching => "durabletask/instances",
            Self::RaiseEvent { .. } => "durabletask/instances/{id}/raiseEvent/{event}",
            Self::Terminate { .. } => "durabletask/instances/{id}/terminate",
            Self::Suspend { .. } => "durabletask/instances/{id}/suspend",
            Self::Resume { .. } => "durabletask/instances/{id}/resume",
            Self::Rewind { .. } => "durabletask/instances/{id}/rewind",
            Self::Restart { .. } => "durabletask/instances/{id}/restart",
            Self::RestartWithOptions { .. } => "durabletask/instances/{id}/restartWithOptions",
            Self::History { .. } => "durabletask/instances/{id}/history",
            Self::ListEntities { .. } => "durabletask/entities",
            Self::ReadEntity { .. } | Self::SignalEntity { .. } | Self::DeleteEntity { .. } => {
                "durabletask/entities/{name}/{key}"
            }
            Self::MakePrimary => "durabletask/makeprimary",
        }
    }
}

/// What a path is to this family.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// It belongs to another family, or to none.
    Foreign,
    /// It is below the prefix and names nothing.
    Unknown,
    /// It names an operation.
    Known(Operation),
}

/// Finds the operation. The path is decoded as a whole first, so that an encoded slash separates.
pub(super) fn route(method: &Method, path: &str) -> Route {
    let Some(path) = decoded(path) else {
        return Route::Foreign;
    };
    let Some((prefix, rest)) = path.split_at_checked(PREFIX.len()) else {
        return Route::Foreign;
    };
    if !prefix.eq_ignore_ascii_case(PREFIX) || !(rest.is_empty() || rest.starts_with('/')) {
        return Route::Foreign;
    }
    let rest = rest.strip_prefix('/').unwrap_or(rest);
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let segments: Vec<&str> = rest.split('/').collect();
    if segments.iter().any(|segment| segment.is_empty()) {
        return Route::Unknown;
    }
    match operation(method, &segments) {
        Some(operation) => Route::Known(operation),
        None => Route::Unknown,
    }
}

fn operation(method: &Method, segments: &[&str]) -> Option<Operation> {
    let (family, rest) = segments.split_first()?;
    match family.to_ascii_lowercase().as_str() {
        "orchestrators" => start(method, rest),
        "instances" => instances(method, rest),
        "entities" => entities(method, rest),
        "makeprimary" if rest.is_empty() => Some(Operation::MakePrimary),
        _ => None,
    }
}

fn start(method: &Method, rest: &[&str]) -> Option<Operation> {
    let (name, id) = match rest {
        [name] => (*name, None),
        [name, id] => (*name, Some(*id)),
        _ => return None,
    };
    (method == Method::POST).then(|| Operation::Start {
        name: name.to_owned(),
        id: id.map(str::to_owned),
    })
}

fn instances(method: &Method, rest: &[&str]) -> Option<Operation> {
    match rest {
        [] if method == Method::GET => Some(Operation::List),
        [] if method == Method::DELETE => Some(Operation::PurgeMatching),
        [id] => {
            let id = (*id).to_owned();
            match *method {
                Method::GET => Some(Operation::Status { id }),
                Method::DELETE => Some(Operation::Purge { id }),
                _ => None,
            }
        }
        [id, verb] => verb_of(method, id, verb),
        [id, verb, event] if method == Method::POST && verb.eq_ignore_ascii_case("raiseevent") => {
            Some(Operation::RaiseEvent {
                id: (*id).to_owned(),
                event: (*event).to_owned(),
            })
        }
        _ => None,
    }
}

fn verb_of(method: &Method, id: &str, verb: &str) -> Option<Operation> {
    let id = id.to_owned();
    match (method.as_str(), verb.to_ascii_lowercase().as_str()) {
        ("POST", "terminate") => Some(Operation::Terminate { id }),
        ("POST", "suspend") => Some(Operation::Suspend { id }),
        ("POST", "resume") => Some(Operation::Resume { id }),
        ("POST", "rewind") => Some(Operation::Rewind { id }),
        ("POST", "restart") => Some(Operation::Restart { id }),
        ("POST", "restartwithoptions") => Some(Operation::RestartWithOptions { id }),
        ("GET", "history") => Some(Operation::History { id }),
        _ => None,
    }
}

fn entities(method: &Method, rest: &[&str]) -> Option<Operation> {
    match rest {
        [] if method == Method::GET => Some(Operation::ListEntities { name: None }),
        [name] if method == Method::GET => Some(Operation::ListEntities {
            name: Some((*name).to_owned()),
        }),
        [name, key] => {
            let name = (*name).to_owned();
            // An empty key can't stand in a path.
            let key = if *key == "$" { "" } else { *key }.to_owned();
            match *method {
                Method::GET => Some(Operation::ReadEntity { name, key }),
                Method::POST => Some(Operation::SignalEntity { name, key }),
                Method::DELETE => Some(Operation::DeleteEntity { name, key }),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The path without percent-encoding; `None` if it is not text. A `%` that begins no code stays.
fn decoded(path: &str) -> Option<String> {
    let hex = |byte: u8| char::from(byte).to_digit(16);
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'%'
            && let [high, low, after @ ..] = rest
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            rest = after;
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(method: &Method, path: &str) -> Option<Operation> {
        match route(method, &format!("{PREFIX}{path}")) {
            Route::Known(operation) => Some(operation),
            Route::Unknown => None,
            Route::Foreign => panic!("{path} is foreign"),
        }
    }

    fn text(text: &str) -> String {
        text.to_owned()
    }

    #[test]
    fn every_route_of_instances_is_found() {
        let id = || text("i");
        let (get, post, delete) = (Method::GET, Method::POST, Method::DELETE);
        let event = text("e");
        for (method, path, expected) in [
            (&get, "", Operation::List),
            (&get, "/", Operation::List),
            (&delete, "", Operation::PurgeMatching),
            (&get, "/i", Operation::Status { id: id() }),
            (&delete, "/i", Operation::Purge { id: id() }),
            (
                &post,
                "/i/raiseEvent/e",
                Operation::RaiseEvent { id: id(), event },
            ),
            (&post, "/i/terminate", Operation::Terminate { id: id() }),
            (&post, "/i/suspend", Operation::Suspend { id: id() }),
            (&post, "/i/resume", Operation::Resume { id: id() }),
            (&post, "/i/rewind", Operation::Rewind { id: id() }),
            (&post, "/i/restart", Operation::Restart { id: id() }),
            (
                &post,
                "/i/restartWithOptions",
                Operation::RestartWithOptions { id: id() },
            ),
            (&get, "/i/history", Operation::History { id: id() }),
        ] {
            let found = known(method, &format!("/instances{path}"));
            assert_eq!(found, Some(expected), "{method} {path}");
        }
    }

    #[test]
    fn every_other_route_is_found() {
        let (name, key) = (|| text("n"), || text("k"));
        let start = |id: Option<&str>| Operation::Start {
            name: name(),
            id: id.map(text),
        };
        let read = |key| Operation::ReadEntity { name: name(), key };
        let list = |name| Operation::ListEntities { name };
        let signal = Operation::SignalEntity {
            name: name(),
            key: key(),
        };
        let delete = Operation::DeleteEntity {
            name: name(),
            key: key(),
        };
        for (method, path, expected) in [
            (Method::POST, "/orchestrators/n", start(None)),
            (Method::POST, "/orchestrators/n/i", start(Some("i"))),
            (Method::GET, "/entities", list(None)),
            (Method::GET, "/entities/n", list(Some(name()))),
            (Method::GET, "/entities/n/k", read(key())),
            (Method::GET, "/entities/n/$", read(text(""))),
            (Method::POST, "/entities/n/k", signal),
            (Method::DELETE, "/entities/n/k", delete),
            (Method::PUT, "/makeprimary", Operation::MakePrimary),
        ] {
            assert_eq!(known(&method, path), Some(expected), "{method} {path}");
        }
    }

    #[test]
    fn case_counts_in_names_and_ids_only() {
        let found = route(
            &Method::POST,
            "/Runtime/WEBHOOKS/DurableTask/INSTANCES/Ab/TERMINATE",
        );
        assert_eq!(found, Route::Known(Operation::Terminate { id: text("Ab") }));
    }

    #[test]
    fn a_path_is_decoded_before_it_is_matched() {
        let id = |id: &str| Some(Operation::Status { id: text(id) });
        assert_eq!(known(&Method::GET, "/instances/a%20b%C3%A4"), id("a bä"));
        assert_eq!(known(&Method::GET, "/instances/100%"), id("100%"));
        assert_eq!(known(&Method::GET, "/instances/%zz"), id("%zz"));
        assert_eq!(
            known(&Method::GET, "/instances/%40counter%40a"),
            id("@counter@a")
        );
        assert_eq!(known(&Method::GET, "/instances/a%2Fb"), None);
        assert_eq!(known(&Method::GET, "/instances%2Fa"), id("a"));
    }

    #[test]
    fn what_is_not_there_is_unknown_and_what_is_elsewhere_foreign() {
        for (method, path) in [
            (Method::GET, ""),
            (Method::GET, "/"),
            (Method::GET, "/nothing"),
            (Method::GET, "/orchestrators/n"),
            (Method::POST, "/orchestrators"),
            (Method::POST, "/orchestrators/n/i/j"),
            (Method::PUT, "/instances/i"),
            (Method::POST, "/instances"),
            (Method::GET, "/instances/i/terminate"),
            (Method::POST, "/instances/i/explode"),
            (Method::POST, "/instances/i/raiseEvent"),
            (Method::POST, "/instances//terminate"),
            (Method::POST, "/entities/n"),
            (Method::PUT, "/entities/n/k"),
            (Method::GET, "/makeprimary/now"),
        ] {
            assert_eq!(known(&method, path), None, "{method} {path}");
        }
        for path in [
            "/api/agents",
            "/runtime",
            "/",
            "/runtime/webhooks/durabletasks/instances",
        ] {
            assert_eq!(route(&Method::GET, path), Route::Foreign, "{path}");
        }
        assert_eq!(
            route(&Method::GET, &format!("{PREFIX}/instances/%FF")),
            Route::Foreign
        );
    }
}
