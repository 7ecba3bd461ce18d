// #[agent(name = "no name", promt = "x", tools = [time, time, 5])]
// struct Guide<T> { city: T }
// error: unknown option `promt` for `#[agent]` [AGT002]
//   help: supported options are `name`, `model`, `instructions`, `description`, `version`, `tools`, `output`, `max_tool_rounds`, `parallel_tool_calls`, `temperature`, `model_attempts`, `timeout`, `session_ttl`, `queued_runs`
// error: agent `Guide` must be a unit struct [AGT201]
//   help: write `struct Guide;`: what its tools need is registered with the application as a resource
// error: `no name` cannot be the name of an agent [AGT202]
//   help: write `name = ".."` with a letter and then up to 62 letters, digits, `_` and `-` of ASCII
// error: tool `time` is listed twice [AGT204]
//   help: remove one of them
// error: expected the name of a tool [AGT207]
//   help: write the path of a function that has `#[tool]`, such as `tools = [get_weather]`

struct Guide<T> {
    city: T,
}
#[automatically_derived]
impl<T> ::agent_sdk::agent::Agent for Guide<T> {
    const NAME: &'static ::core::primitive::str = "Guide";
    fn definition() -> ::agent_sdk::agent::AgentDefinition {
        ::agent_sdk::agent::AgentDefinition::new(
            <Self as ::agent_sdk::agent::Agent>::NAME,
        )
    }
}
#[allow(unexpected_cfgs)]
const _: () = {
    #[cfg(rust_analyzer)]
    {
        #[allow(unused_imports)]
        use ::agent_sdk::__private::ide::agent::{name as _, promt as _, tools as _};
    }
};
