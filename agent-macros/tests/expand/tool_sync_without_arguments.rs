// #[tool]
// /// Tells the time.
// fn time() -> u64 { 0 }

/// Tells the time.
fn time() -> u64 {
    0
}
#[doc(hidden)]
#[allow(dead_code, non_camel_case_types, missing_debug_implementations)]
struct time {}
#[allow(deprecated, clippy::all, clippy::pedantic)]
const _: () = {
    #[automatically_derived]
    impl ::agent_sdk::tool::Tool for time {
        const NAME: &'static ::core::primitive::str = "time";
        const DESCRIPTION: &'static ::core::primitive::str = "Tells the time.";
        fn definition() -> ::agent_sdk::tool::ToolDefinition {
            ::agent_sdk::__private::ToolBuilder::new(
                    <Self as ::agent_sdk::tool::Tool>::NAME,
                    <Self as ::agent_sdk::tool::Tool>::DESCRIPTION,
                    |__context, __arguments| ::agent_sdk::__private::boxed(async move {
                        #[allow(unused_imports)]
                        use ::agent_sdk::__private::ReturnedValue as _;
                        ::agent_sdk::__private::Arguments::new(__arguments, &[])?;
                        ::agent_sdk::__private::Returned(time()).into_tool_result()
                    }),
                )
                .finish()
        }
    }
};
