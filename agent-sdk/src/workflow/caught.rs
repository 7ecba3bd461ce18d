//! Calls code of the program where a panic must not take more with it than the call.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What the code gives, or what its panic said. The code shares nothing that a panic could leave
/// half done: it reads texts that never change and makes values.
pub(crate) fn caught<T>(code: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(code)).map_err(|panic| panic_text(&*panic).to_owned())
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&'static str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a text")
}
