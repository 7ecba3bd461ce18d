//! Nodes that take no message, since they borrow where the message stands.

use super::super::text::Text;

/// Fails the build, at the caller, if a node borrows what should be its message.
#[track_caller]
#[allow(
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "it runs in the compiler, and this is how it tells"
)]
pub const fn check_message(node: &str, borrowed: Option<&str>) {
    if let Some(ty) = borrowed {
        let text = borrows(node, ty);
        panic!("{}", text.as_str());
    }
}

/// What is said of a node that borrows where its message stands.
pub(super) const fn borrows(node: &str, ty: &str) -> Text {
    let mut text = Text::new();
    text.push("executor `");
    text.push(node);
    text.push("` takes no message, since its first argument `&");
    text.push(ty);
    text.push("` is lent by the application; take the message by value, `");
    text.push(ty);
    text.push("`, or nothing as `_: ()` before what is lent [AGT674]");
    text
}
