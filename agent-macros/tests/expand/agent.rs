// #[agent]
// pub struct Guide;

pub struct Guide;
const _: () = {
    #[automatically_derived]
    impl ::agent_sdk::agent::Agent for Guide {
        const NAME: &'static ::core::primitive::str = "Guide";
        fn definition() -> ::agent_sdk::agent::AgentDefinition {
            ::agent_sdk::agent::AgentDefinition::new(
                <Self as ::agent_sdk::agent::Agent>::NAME,
            )
        }
    }
};
