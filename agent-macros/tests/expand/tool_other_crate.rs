// #[tool(crate = crate::vendored::sdk, name = "x")]
// /// Adds.
// async fn add(left: i64, ctx: &ToolContext) -> i64 { left }

/// Adds.
async fn add(left: i64, ctx: &ToolContext) -> i64 {
    left
}
#[doc(hidden)]
#[allow(dead_code, non_camel_case_types, missing_debug_implementations)]
struct add {}
#[allow(deprecated, clippy::all, clippy::pedantic)]
const _: () = {
    const __ARGUMENT_0: crate::vendored::sdk::__private::Argument<i64> = crate::vendored::sdk::__private::argument::<
        i64,
    >("left", "");
    const __RESOURCE_1: crate::vendored::sdk::__private::Resource<ToolContext> = crate::vendored::sdk::__private::resource::<
        ToolContext,
    >();
    #[automatically_derived]
    impl crate::vendored::sdk::tool::Tool for add {
        const NAME: &'static ::core::primitive::str = "x";
        const DESCRIPTION: &'static ::core::primitive::str = "Adds.";
        fn definition() -> crate::vendored::sdk::tool::ToolDefinition {
            crate::vendored::sdk::__private::ToolBuilder::new(
                    <Self as crate::vendored::sdk::tool::Tool>::NAME,
                    <Self as crate::vendored::sdk::tool::Tool>::DESCRIPTION,
                    |__context, __arguments| crate::vendored::sdk::__private::boxed(async move {
                        #[allow(unused_imports)]
                        use crate::vendored::sdk::__private::ReturnedValue as _;
                        let mut __arguments = crate::vendored::sdk::__private::Arguments::new(
                            __arguments,
                            &["left"],
                        )?;
                        let __value_0 = crate::vendored::sdk::__private::Argument::take(
                            &__ARGUMENT_0,
                            &mut __arguments,
                        )?;
                        let __value_1 = crate::vendored::sdk::__private::Resource::lend(
                            &__RESOURCE_1,
                            &__context,
                        )?;
                        crate::vendored::sdk::__private::Returned(
                                add(__value_0, __value_1).await,
                            )
                            .into_tool_result()
                    }),
                )
                .argument(&__ARGUMENT_0)
                .resource(&__RESOURCE_1)
                .finish()
        }
    }
};
#[allow(unexpected_cfgs)]
const _: () = {
    #[cfg(rust_analyzer)]
    {
        #[allow(unused_imports)]
        use crate::vendored::sdk::__private::ide::tool::name as _;
    }
};
