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
    #[automatically_derived]
    impl sdk::workflow::Node for Guide {
        type Input = sdk::workflow::AgentMessage;
        type Output = sdk::workflow::AgentResponse;
        type Kind = sdk::workflow::Asked;
        type This = Self;
        type Yielded = sdk::workflow::NoYields;
        const INPUT: sdk::__private::Codec<sdk::workflow::AgentMessage> = {
            #[allow(unused_imports)]
            use sdk::__private::Unkept as _;
            <sdk::__private::Codec<sdk::workflow::AgentMessage>>::OF
        };
        const OUTPUT: sdk::__private::Codec<sdk::workflow::AgentResponse> = {
            #[allow(unused_imports)]
            use sdk::__private::Unkept as _;
            <sdk::__private::Codec<sdk::workflow::AgentResponse>>::OF
        };
        const REGISTERED: ::core::option::Option<sdk::workflow::Registered> = ::core::option::Option::Some(sdk::workflow::Registered {
            kind: "agent",
            name: "Guide",
            path: ::core::concat!(::core::module_path!(), "::", "Guide"),
        });
        fn definition() -> sdk::workflow::NodeDefinition {
            sdk::__private::agent_node::<Self>()
        }
    }
    #[automatically_derived]
    impl<__State> sdk::workflow::InState<__State> for Guide {}
};
#[allow(unexpected_cfgs)]
const _: () = {
    #[cfg(rust_analyzer)]
    {
        #[allow(unused_imports)]
        use sdk::__private::ide::agent::tools as _;
    }
};
