// #[agent(tools = [])]
// /// Knows the city.
// struct Guide;

/// Knows the city.
struct Guide;
const _: () = {
    #[automatically_derived]
    impl ::agent_sdk::agent::Agent for Guide {
        const NAME: &'static ::core::primitive::str = "Guide";
        fn definition() -> ::agent_sdk::agent::AgentDefinition {
            let mut __definition = ::agent_sdk::agent::AgentDefinition::new(
                <Self as ::agent_sdk::agent::Agent>::NAME,
            );
            __definition.description = ::agent_sdk::__private::text("Knows the city.");
            __definition
        }
    }
};
#[allow(unexpected_cfgs)]
const _: () = {
    #[cfg(rust_analyzer)]
    {
        #[allow(unused_imports)]
        use ::agent_sdk::__private::ide::agent::tools as _;
    }
};
