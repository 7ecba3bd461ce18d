// #[agent(name = "city-guide", model = MODEL, instructions = include_str!("guide.md"), description = "Knows the city.", version = "2.0.0", tools = [get_weather, maps::find], output = Page<Report, 2>, max_tool_rounds = 5, parallel_tool_calls = false, temperature = 1, model_attempts = ATTEMPTS, timeout = "2m", session_ttl = TTL, queued_runs = 10)]
// struct Guide;

struct Guide;
const _: () = {
    type __Tool0 = get_weather;
    type __Tool1 = maps::find;
    const __TOOLS: &[::agent_sdk::__private::ToolEntry] = &[
        ::agent_sdk::__private::tool_entry::<__Tool0>(),
        ::agent_sdk::__private::tool_entry::<__Tool1>(),
    ];
    const _: () = ::agent_sdk::__private::assert_distinct_tools("city-guide", __TOOLS);
    #[automatically_derived]
    impl ::agent_sdk::agent::Agent for Guide {
        const NAME: &'static ::core::primitive::str = "city-guide";
        fn definition() -> ::agent_sdk::agent::AgentDefinition {
            let mut __definition = ::agent_sdk::agent::AgentDefinition::new(
                <Self as ::agent_sdk::agent::Agent>::NAME,
            );
            __definition.description = ::agent_sdk::__private::text("Knows the city.");
            __definition.version = ::agent_sdk::__private::text("2.0.0");
            __definition.instructions = ::agent_sdk::__private::text(
                include_str!("guide.md"),
            );
            __definition.model = ::core::option::Option::Some(
                ::agent_sdk::__private::text(MODEL),
            );
            __definition.tools = ::agent_sdk::__private::tool_definitions(__TOOLS);
            __definition.output = ::core::option::Option::Some(
                ::agent_sdk::__private::output_schema::<Page<Report, 2>>()(),
            );
            __definition.tool_rounds_max = 5;
            __definition.parallel_tool_calls = false;
            __definition.temperature = ::core::option::Option::Some(1.0);
            __definition.model_attempts_max = ATTEMPTS;
            __definition.timeout = ::core::time::Duration::new(120u64, 0u32);
            __definition.session_ttl = ::core::option::Option::Some(TTL);
            __definition.queued_runs_max = 10;
            __definition
        }
    }
    #[automatically_derived]
    impl ::agent_sdk::workflow::Node for Guide {
        type Input = ::agent_sdk::workflow::AgentMessage;
        type Output = Page<Report, 2>;
        type Kind = ::agent_sdk::workflow::Asked;
        type This = Self;
        type Yielded = ::agent_sdk::workflow::NoYields;
        const INPUT: ::agent_sdk::__private::Codec<
            ::agent_sdk::workflow::AgentMessage,
        > = {
            #[allow(unused_imports)]
            use ::agent_sdk::__private::Unkept as _;
            <::agent_sdk::__private::Codec<::agent_sdk::workflow::AgentMessage>>::OF
        };
        const OUTPUT: ::agent_sdk::__private::Codec<Page<Report, 2>> = {
            #[allow(unused_imports)]
            use ::agent_sdk::__private::Unkept as _;
            <::agent_sdk::__private::Codec<Page<Report, 2>>>::OF
        };
        const TELLS_OUTPUT: ::core::primitive::bool = {
            #[allow(unused_imports)]
            use ::agent_sdk::__private::NoOutput as _;
            <::agent_sdk::__private::OutputProbe<Page<Report, 2>>>::IS_TOLD
        };
        const REGISTERED: ::core::option::Option<::agent_sdk::workflow::Registered> = ::core::option::Option::Some(::agent_sdk::workflow::Registered {
            kind: "agent",
            name: "city-guide",
            path: ::core::concat!(::core::module_path!(), "::", "Guide"),
        });
        fn definition() -> ::agent_sdk::workflow::NodeDefinition {
            ::agent_sdk::__private::agent_node::<Self>()
        }
    }
    #[automatically_derived]
    impl<__State> ::agent_sdk::workflow::InState<__State> for Guide {}
};
#[allow(unexpected_cfgs)]
const _: () = {
    #[cfg(rust_analyzer)]
    {
        #[allow(unused_imports)]
        use ::agent_sdk::__private::ide::agent::{
            name as _, model as _, instructions as _, description as _, version as _,
            tools as _, output as _, max_tool_rounds as _, parallel_tool_calls as _,
            temperature as _, model_attempts as _, timeout as _, session_ttl as _,
            queued_runs as _,
        };
    }
};
