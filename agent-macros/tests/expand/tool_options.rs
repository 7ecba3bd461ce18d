// #[tool(name = "get-weather", description = TEXT, timeout = "1m 500ms", strict)]
// fn get_weather() {}

fn get_weather() {}
#[doc(hidden)]
#[allow(dead_code, non_camel_case_types, missing_debug_implementations)]
struct get_weather {}
#[allow(deprecated, clippy::all, clippy::pedantic)]
const _: () = {
    #[automatically_derived]
    impl ::agent_sdk::tool::Tool for get_weather {
        const NAME: &'static ::core::primitive::str = "get-weather";
        const DESCRIPTION: &'static ::core::primitive::str = TEXT;
        fn definition() -> ::agent_sdk::tool::ToolDefinition {
            ::agent_sdk::__private::ToolBuilder::new(
                    <Self as ::agent_sdk::tool::Tool>::NAME,
                    <Self as ::agent_sdk::tool::Tool>::DESCRIPTION,
                    |__context, __arguments| ::agent_sdk::__private::boxed(async move {
                        #[allow(unused_imports)]
                        use ::agent_sdk::__private::ReturnedValue as _;
                        ::agent_sdk::__private::Arguments::new(__arguments, &[])?;
                        ::agent_sdk::__private::Returned(get_weather())
                            .into_tool_result()
                    }),
                )
                .timeout(::core::time::Duration::new(60u64, 500000000u32))
                .strict()
                .finish()
        }
    }
};
#[allow(unexpected_cfgs)]
const _: () = {
    #[cfg(rust_analyzer)]
    {
        #[allow(unused_imports)]
        use ::agent_sdk::__private::ide::tool::{
            name as _, description as _, timeout as _, strict as _,
        };
    }
};
