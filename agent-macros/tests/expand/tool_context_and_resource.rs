// #[tool]
// /// Saves.
// async fn save(store: &Store, ctx: &ToolContext, r#type: String) {}

/// Saves.
async fn save(store: &Store, ctx: &ToolContext, r#type: String) {}
#[doc(hidden)]
#[allow(dead_code, non_camel_case_types, missing_debug_implementations)]
struct save {}
#[allow(deprecated, clippy::all, clippy::pedantic)]
const _: () = {
    const __RESOURCE_0: ::agent_sdk::__private::Resource<Store> = ::agent_sdk::__private::resource::<
        Store,
    >();
    const __RESOURCE_1: ::agent_sdk::__private::Resource<ToolContext> = ::agent_sdk::__private::resource::<
        ToolContext,
    >();
    const __ARGUMENT_2: ::agent_sdk::__private::Argument<String> = ::agent_sdk::__private::argument::<
        String,
    >("type", "");
    #[automatically_derived]
    impl ::agent_sdk::tool::Tool for save {
        const NAME: &'static ::core::primitive::str = "save";
        const DESCRIPTION: &'static ::core::primitive::str = "Saves.";
        fn definition() -> ::agent_sdk::tool::ToolDefinition {
            ::agent_sdk::__private::ToolBuilder::new(
                    <Self as ::agent_sdk::tool::Tool>::NAME,
                    <Self as ::agent_sdk::tool::Tool>::DESCRIPTION,
                    |__context, __arguments| ::agent_sdk::__private::boxed(async move {
                        #[allow(unused_imports)]
                        use ::agent_sdk::__private::ReturnedValue as _;
                        let mut __arguments = ::agent_sdk::__private::Arguments::new(
                            __arguments,
                            &["type"],
                        )?;
                        let __value_0 = ::agent_sdk::__private::Resource::lend(
                            &__RESOURCE_0,
                            &__context,
                        )?;
                        let __value_1 = ::agent_sdk::__private::Resource::lend(
                            &__RESOURCE_1,
                            &__context,
                        )?;
                        let __value_2 = ::agent_sdk::__private::Argument::take(
                            &__ARGUMENT_2,
                            &mut __arguments,
                        )?;
                        ::agent_sdk::__private::Returned(
                                save(__value_0, __value_1, __value_2).await,
                            )
                            .into_tool_result()
                    }),
                )
                .resource(&__RESOURCE_0)
                .resource(&__RESOURCE_1)
                .argument(&__ARGUMENT_2)
                .finish()
        }
    }
};
