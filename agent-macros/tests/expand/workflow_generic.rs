// #[workflow]
// fn plan<T>(topic: T) -> Plan { draft; }
// error: workflow `plan` must not be generic [AGT013]
//   help: write concrete types: its input is read from a history, where no types are written

#[allow(dead_code, non_camel_case_types, missing_debug_implementations)]
struct plan {}
#[allow(deprecated, clippy::all, clippy::pedantic)]
const _: () = {
    #[automatically_derived]
    impl ::agent_sdk::workflow::Node for plan {
        type Input = [(); ::core::compile_error! {
            "workflow `plan` must not be generic [AGT013]\nhelp: write concrete types: its input is read from a history, where no types are written"
        }];
        type Output = [(); ::core::compile_error! {
            "workflow `plan` must not be generic [AGT013]\nhelp: write concrete types: its input is read from a history, where no types are written"
        }];
        type Kind = ::agent_sdk::workflow::Plain;
        type This = Self;
        type Yielded = ::agent_sdk::workflow::NoYields;
        const INPUT: ::agent_sdk::__private::Codec<
            [(); ::core::compile_error! {
                "workflow `plan` must not be generic [AGT013]\nhelp: write concrete types: its input is read from a history, where no types are written"
            }],
        > = {
            #[allow(unused_imports)]
            use ::agent_sdk::__private::Unkept as _;
            <::agent_sdk::__private::Codec<
                [(); ::core::compile_error! {
                    "workflow `plan` must not be generic [AGT013]\nhelp: write concrete types: its input is read from a history, where no types are written"
                }],
            >>::OF
        };
        const OUTPUT: ::agent_sdk::__private::Codec<
            [(); ::core::compile_error! {
                "workflow `plan` must not be generic [AGT013]\nhelp: write concrete types: its input is read from a history, where no types are written"
            }],
        > = {
            #[allow(unused_imports)]
            use ::agent_sdk::__private::Unkept as _;
            <::agent_sdk::__private::Codec<
                [(); ::core::compile_error! {
                    "workflow `plan` must not be generic [AGT013]\nhelp: write concrete types: its input is read from a history, where no types are written"
                }],
            >>::OF
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
    }
};
