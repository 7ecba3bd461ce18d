// #[tool]
// /// Adds.
// ///
// /// Both must be positive.
// fn add(
//     /// The first number.
//     left: i64,
//     /// The second number,
//     /// which is added.
//     mut right: i64,
// ) -> i64 { left + right }

/// Adds.
///
/// Both must be positive.
fn add(left: i64, mut right: i64) -> i64 {
    left + right
}
#[doc(hidden)]
#[allow(dead_code, non_camel_case_types, missing_debug_implementations)]
struct add {}
#[allow(deprecated, clippy::all, clippy::pedantic)]
const _: () = {
    const __ARGUMENT_0: ::agent_sdk::__private::Argument<i64> = ::agent_sdk::__private::argument::<
        i64,
    >("left", "The first number.");
    const __ARGUMENT_1: ::agent_sdk::__private::Argument<i64> = ::agent_sdk::__private::argument::<
        i64,
    >("right", "The second number,\nwhich is added.");
    #[automatically_derived]
    impl ::agent_sdk::tool::Tool for add {
        const NAME: &'static ::core::primitive::str = "add";
        const DESCRIPTION: &'static ::core::primitive::str = "Adds.\n\nBoth must be positive.";
        fn definition() -> ::agent_sdk::tool::ToolDefinition {
            ::agent_sdk::__private::ToolBuilder::new(
                    <Self as ::agent_sdk::tool::Tool>::NAME,
                    <Self as ::agent_sdk::tool::Tool>::DESCRIPTION,
                    |__context, __arguments| ::agent_sdk::__private::boxed(async move {
                        #[allow(unused_imports)]
                        use ::agent_sdk::__private::ReturnedValue as _;
                        let mut __arguments = ::agent_sdk::__private::Arguments::new(
                            __arguments,
                            &["left", "right"],
                        )?;
                        let __value_0 = ::agent_sdk::__private::Argument::take(
                            &__ARGUMENT_0,
                            &mut __arguments,
                        )?;
                        let __value_1 = ::agent_sdk::__private::Argument::take(
                            &__ARGUMENT_1,
                            &mut __arguments,
                        )?;
                        ::agent_sdk::__private::Returned(add(__value_0, __value_1))
                            .into_tool_result()
                    }),
                )
                .argument(&__ARGUMENT_0)
                .argument(&__ARGUMENT_1)
                .finish()
        }
    }
};
