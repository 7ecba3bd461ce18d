// #[workflow(stat = Board)]
// /// Plans.
// pub fn plan(topic: Topic) -> Plan { draft >> review >> draft; a::publish >> check; }
// error: unknown option `stat` for `#[workflow]`; did you mean `state`? [AGT002]
//   help: supported options are `name`, `description`, `state`, `version`, `max_supersteps`, `retry`, `timeout`
// error: loop `draft >> review >> draft` never ends [AGT638]
//   help: write a `match` on one of its nodes, with an arm that leaves the loop: `match review { .. => draft, .. => () }`
// error: node `publish` is never reached from `draft` [AGT637]
//   help: add an edge that leads to `publish`, or remove this path

/// Plans.
#[allow(dead_code, non_camel_case_types, missing_debug_implementations)]
pub struct plan {}
#[allow(deprecated, clippy::all, clippy::pedantic)]
const _: () = {
    #[automatically_derived]
    impl ::agent_sdk::workflow::Node for plan {
        type Input = Topic;
        type Output = Plan;
        type Kind = ::agent_sdk::workflow::Plain;
        type This = Self;
        type Yielded = ::agent_sdk::workflow::NoYields;
        const INPUT: ::agent_sdk::__private::Codec<Topic> = {
            #[allow(unused_imports)]
            use ::agent_sdk::__private::Unkept as _;
            <::agent_sdk::__private::Codec<Topic>>::OF
        };
        const OUTPUT: ::agent_sdk::__private::Codec<Plan> = {
            #[allow(unused_imports)]
            use ::agent_sdk::__private::Unkept as _;
            <::agent_sdk::__private::Codec<Plan>>::OF
        };
        const TELLS_OUTPUT: ::core::primitive::bool = true;
        const REGISTERED: ::core::option::Option<::agent_sdk::workflow::Registered> = ::core::option::Option::Some(::agent_sdk::workflow::Registered {
            kind: "workflow",
            name: "plan",
            path: ::core::concat!(::core::module_path!(), "::", "plan"),
        });
        fn definition() -> ::agent_sdk::workflow::NodeDefinition {
            ::agent_sdk::workflow::definition::<Self>()
        }
    }
    #[automatically_derived]
    impl<__S> ::agent_sdk::workflow::InState<__S> for plan {}
    #[automatically_derived]
    impl ::agent_sdk::workflow::Workflow for plan {
        const NAME: &'static ::core::primitive::str = "plan";
        const GRAPH: &'static ::agent_sdk::workflow::Graph = &::agent_sdk::workflow::unfinished(
            "plan",
            "it does not compile",
        );
    }
};
#[allow(unexpected_cfgs)]
const _: () = {
    #[cfg(rust_analyzer)]
    {
        type __M_0 = draft;
        type __M_1 = review;
        type __M_2 = draft;
        type __M_3 = a::publish;
        type __M_4 = check;
    }
};
#[allow(unexpected_cfgs)]
const _: () = {
    #[cfg(rust_analyzer)]
    {
        #[allow(unused_imports)]
        use ::agent_sdk::__private::ide::workflow::stat as _;
    }
};
