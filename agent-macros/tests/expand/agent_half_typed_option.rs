// #[agent(model = , ins)]
// struct Guide;
// error: option `model` takes a text [AGT004]
//   help: write `model = ".."`
// error: unknown option `ins` for `#[agent]` [AGT002]
//   help: supported options are `name`, `model`, `instructions`, `description`, `version`, `tools`, `output`, `max_tool_rounds`, `parallel_tool_calls`, `temperature`, `model_attempts`, `timeout`, `session_ttl`, `queued_runs`

struct Guide;
#[automatically_derived]
impl ::agent_sdk::agent::Agent for Guide {
    const NAME: &'static ::core::primitive::str = "Guide";
    fn definition() -> ::agent_sdk::agent::AgentDefinition {
        ::agent_sdk::agent::AgentDefinition::new(
            <Self as ::agent_sdk::agent::Agent>::NAME,
        )
    }
}
#[automatically_derived]
impl ::agent_sdk::workflow::Node for Guide {
    type Input = ::agent_sdk::workflow::AgentMessage;
    type Output = [(); ::core::compile_error! {
        "option `model` takes a text [AGT004]\nhelp: write `model = \"..\"`"
    }];
    type Kind = ::agent_sdk::workflow::Asked;
    type This = Self;
    type Yielded = ::agent_sdk::workflow::NoYields;
    const INPUT: ::agent_sdk::__private::Codec<::agent_sdk::workflow::AgentMessage> = {
        #[allow(unused_imports)]
        use ::agent_sdk::__private::Unkept as _;
        <::agent_sdk::__private::Codec<::agent_sdk::workflow::AgentMessage>>::OF
    };
    const OUTPUT: ::agent_sdk::__private::Codec<
        [(); ::core::compile_error! {
            "option `model` takes a text [AGT004]\nhelp: write `model = \"..\"`"
        }],
    > = {
        #[allow(unused_imports)]
        use ::agent_sdk::__private::Unkept as _;
        <::agent_sdk::__private::Codec<
            [(); ::core::compile_error! {
                "option `model` takes a text [AGT004]\nhelp: write `model = \"..\"`"
            }],
        >>::OF
    };
    const REGISTERED: ::core::option::Option<::agent_sdk::workflow::Registered> = ::core::option::Option::Some(::agent_sdk::workflow::Registered {
        kind: "agent",
        name: "Guide",
        path: ::core::concat!(::core::module_path!(), "::", "Guide"),
    });
    fn definition() -> ::agent_sdk::workflow::NodeDefinition {
        ::agent_sdk::__private::agent_node::<Self>()
    }
}
#[automatically_derived]
impl<__State> ::agent_sdk::workflow::InState<__State> for Guide {}
#[allow(unexpected_cfgs)]
const _: () = {
    #[cfg(rust_analyzer)]
    {
        #[allow(unused_imports)]
        use ::agent_sdk::__private::ide::agent::{model as _, ins as _};
    }
};
