// #[tool]
// /// Adds.
// #[executor(reads(Budget))]
// #[inline]
// fn add() {}
// error: `add` cannot be `#[executor]` as well as `#[tool]` [AGT007]
//   help: keep one of them, and put the other on an item of its own

/// Adds.
#[inline]
fn add() {}
#[doc(hidden)]
#[allow(dead_code, non_camel_case_types, missing_debug_implementations)]
struct add {}
#[automatically_derived]
impl ::agent_sdk::tool::Tool for add {
    const NAME: &'static ::core::primitive::str = "add";
    const DESCRIPTION: &'static ::core::primitive::str = "";
    fn definition() -> ::agent_sdk::tool::ToolDefinition {
        ::agent_sdk::__private::ToolBuilder::invalid(
            <Self as ::agent_sdk::tool::Tool>::NAME,
        )
    }
}
