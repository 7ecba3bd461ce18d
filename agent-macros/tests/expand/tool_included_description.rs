// #[tool]
// #[doc = " First."]
// #[doc = include_str!("more.md")]
// #[cfg_attr(test, inline)]
// fn long() {}

/// First.
#[doc = include_str!("more.md")]
#[cfg_attr(test, inline)]
fn long() {}
#[doc(hidden)]
#[allow(dead_code, non_camel_case_types, missing_debug_implementations)]
struct long {}
#[allow(deprecated, clippy::all, clippy::pedantic)]
const _: () = {
    #[automatically_derived]
    impl ::agent_sdk::tool::Tool for long {
        const NAME: &'static ::core::primitive::str = "long";
        const DESCRIPTION: &'static ::core::primitive::str = ::core::concat!(
            "First.\n", include_str!("more.md"), ""
        );
        fn definition() -> ::agent_sdk::tool::ToolDefinition {
            ::agent_sdk::__private::ToolBuilder::new(
                    <Self as ::agent_sdk::tool::Tool>::NAME,
                    <Self as ::agent_sdk::tool::Tool>::DESCRIPTION,
                    |__context, __arguments| ::agent_sdk::__private::boxed(async move {
                        #[allow(unused_imports)]
                        use ::agent_sdk::__private::ReturnedValue as _;
                        ::agent_sdk::__private::Arguments::new(__arguments, &[])?;
                        ::agent_sdk::__private::Returned(long()).into_tool_result()
                    }),
                )
                .finish()
        }
    }
};
