//! Ids of requests that come from within sub-workflows: `{node}~{ordinal}~..~{id}`.

/// Between the parts.
const SEPARATOR: char = '~';

/// Puts the way to a sub-workflow's run before what its requests are called.
pub(crate) fn child_prefix(prefix: &str, node: &str, ordinal: u32) -> String {
    format!("{prefix}{node}{SEPARATOR}{ordinal}{SEPARATOR}")
}

/// The first step of the way to a request: the node, which of its runs, and the id within. `None`
/// if the request is the run's own.
pub(crate) fn split(id: &str) -> Option<(&str, u32, &str)> {
    let mut parts = id.splitn(3, SEPARATOR);
    let (node, ordinal, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let is_number = !ordinal.is_empty() && ordinal.bytes().all(|byte| byte.is_ascii_digit());
    if node.is_empty() || rest.is_empty() || !is_number {
        return None;
    }
    Some((node, ordinal.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_a_request_is_taken_step_by_step() {
        let prefix = child_prefix(&child_prefix("", "outer", 1), "inner", 0);
        let id = format!("{prefix}ask-1");
        assert_eq!(id, "outer~1~inner~0~ask-1");
        assert_eq!(split(&id), Some(("outer", 1, "inner~0~ask-1")));
        assert_eq!(split("inner~0~ask-1"), Some(("inner", 0, "ask-1")));
    }

    #[test]
    fn other_ids_are_the_runs_own() {
        for id in [
            "", "ask-1", "auto::0", "a~b~c", "a~1", "a~1~", "~1~x", "a~~x", "a~+1~x",
        ] {
            assert_eq!(split(id), None, "{id}");
        }
        assert_eq!(split("a~99999999999~x"), None, "no such run");
    }
}
