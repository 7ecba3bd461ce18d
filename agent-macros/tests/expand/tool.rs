// #[tool]
// /// Current weather for a city.
// pub async fn get_weather(query: WeatherQuery) -> Result<Forecast, ToolError> { body() }

/// Current weather for a city.
pub async fn get_weather(query: WeatherQuery) -> Result<Forecast, ToolError> {
    body()
}
#[doc(hidden)]
#[allow(dead_code, non_camel_case_types, missing_debug_implementations)]
pub struct get_weather {}
#[allow(deprecated, clippy::all, clippy::pedantic)]
const _: () = {
    const __ARGUMENT_0: ::agent_sdk::__private::Argument<WeatherQuery> = ::agent_sdk::__private::argument::<
        WeatherQuery,
    >("query", "");
    #[automatically_derived]
    impl ::agent_sdk::tool::Tool for get_weather {
        const NAME: &'static ::core::primitive::str = "get_weather";
        const DESCRIPTION: &'static ::core::primitive::str = "Current weather for a city.";
        fn definition() -> ::agent_sdk::tool::ToolDefinition {
            ::agent_sdk::__private::ToolBuilder::new(
                    <Self as ::agent_sdk::tool::Tool>::NAME,
                    <Self as ::agent_sdk::tool::Tool>::DESCRIPTION,
                    |__context, __arguments| ::agent_sdk::__private::boxed(async move {
                        #[allow(unused_imports)]
                        use ::agent_sdk::__private::ReturnedValue as _;
                        let mut __arguments = ::agent_sdk::__private::Arguments::new(
                            __arguments,
                            &["query"],
                        )?;
                        let __value_0 = ::agent_sdk::__private::Argument::take(
                            &__ARGUMENT_0,
                            &mut __arguments,
                        )?;
                        ::agent_sdk::__private::Returned(get_weather(__value_0).await)
                            .into_tool_result()
                    }),
                )
                .argument(&__ARGUMENT_0)
                .finish()
        }
    }
};
