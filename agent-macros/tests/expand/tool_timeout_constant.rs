// #[tool(timeout = LIMIT, strict = false)]
// /// Waits.
// fn wait() {}

/// Waits.
fn wait() {}
#[doc(hidden)]
#[allow(dead_code, non_camel_case_types, missing_debug_implementations)]
struct wait {}
#[allow(deprecated, clippy::all, clippy::pedantic)]
const _: () = {
    #[automatically_derived]
    impl ::agent_sdk::tool::Tool for wait {
        const NAME: &'static ::core::primitive::str = "wait";
        const DESCRIPTION: &'static ::core::primitive::str = "Waits.";
        fn definition() -> ::agent_sdk::tool::ToolDefinition {
            ::agent_sdk::__private::ToolBuilder::new(
                    <Self as ::agent_sdk::tool::Tool>::NAME,
                    <Self as ::agent_sdk::tool::Tool>::DESCRIPTION,
                    |__context, __arguments| ::agent_sdk::__private::boxed(async move {
                        #[allow(unused_imports)]
                        use ::agent_sdk::__private::ReturnedValue as _;
                        ::agent_sdk::__private::Arguments::new(__arguments, &[])?;
                        ::agent_sdk::__private::Returned(wait()).into_tool_result()
                    }),
                )
                .timeout(LIMIT)
                .finish()
        }
    }
};
#[allow(unexpected_cfgs)]
const _: () = {
    #[cfg(rust_analyzer)]
    {
        #[allow(unused_imports)]
        use ::agent_sdk::__private::ide::tool::{timeout as _, strict as _};
    }
};
