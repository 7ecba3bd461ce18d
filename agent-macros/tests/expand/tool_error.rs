// #[tool(nmae = "x")]
// pub(crate) fn add<T>(left: &mut T) {}
// error: unknown option `nmae` for `#[tool]`; did you mean `name`? [AGT002]
//   help: supported options are `name`, `description`, `timeout`, `strict`
// error: tool `add` must not be generic [AGT102]
//   help: write concrete types: the model needs one schema for its arguments
// error: tool `add` has no description [AGT101]
//   help: add a doc comment; the model reads it to decide when to call the tool
// error: argument `left` of tool `add` cannot be borrowed as `&mut T` [AGT106]
//   help: write `&T`: what a tool takes by reference is lent for one call, and to others at the same time

pub(crate) fn add<T>(left: &mut T) {}
#[doc(hidden)]
#[allow(dead_code, non_camel_case_types, missing_debug_implementations)]
pub(crate) struct add {}
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
#[allow(unexpected_cfgs)]
const _: () = {
    #[cfg(rust_analyzer)]
    {
        #[allow(unused_imports)]
        use ::agent_sdk::__private::ide::tool::nmae as _;
    }
};
