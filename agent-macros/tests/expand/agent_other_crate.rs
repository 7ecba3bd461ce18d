// #[agent(crate = sdk, tools = [time])]
// struct Guide;

struct Guide;
const _: () = {
    type __Tool0 = time;
    const __TOOLS: &[sdk::__private::ToolEntry] = &[
        sdk::__private::tool_entry::<__Tool0>(),
    ];
    const _: () = sdk::__private::assert_distinct_tools("Guide", __TOOLS);
    #[automatically_derived]
    impl sdk::agent::Agent for Guide {
        const NAME: &'static ::core::primitive::str = "Guide";
        fn definition() -> sdk::agent::AgentDefinition {
            let mut __definition = sdk::agent::AgentDefinition::new(
                <Self as sdk::agent::Agent>::NAME,
            );
            __definition.tools = sdk::__private::tool_definitions(__TOOLS);
            __definition
        }
    }
};
#[allow(unexpected_cfgs)]
const _: () = {
    #[cfg(rust_analyzer)]
    {
        #[allow(unused_imports)]
        use sdk::__private::ide::agent::tools as _;
    }
};
