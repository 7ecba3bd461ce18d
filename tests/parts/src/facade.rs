//! A library that hands the kit on under a name of its own, and a macro that works with that.

/// The kit.
pub mod sdk {
    pub use agent_sdk::*;
}

/// Makes an executor that cuts a text, in a crate that need not know the kit.
#[macro_export]
macro_rules! shorten {
    ($name:ident, $length:expr) => {
        #[$crate::sdk::prelude::executor(crate = $crate::sdk)]
        async fn $name(
            receipt: $crate::Receipt,
        ) -> Result<String, $crate::sdk::prelude::ExecutorError> {
            Ok(receipt.note.chars().take($length).collect())
        }
    };
}
