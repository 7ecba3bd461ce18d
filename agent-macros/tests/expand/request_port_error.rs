// #[request_port(default = false)]
// struct Approval;
// error: request port `Approval` does not say what an answer is [AGT723]
//   help: write `#[request_port(response = Answer)]` with the type of the answer
// error: the default answer of request port `Approval` never counts without a timeout [AGT724]
//   help: add `timeout = "3d"`, or remove `default`

struct Approval;
#[allow(deprecated, clippy::all, clippy::pedantic)]
const _: () = {
    #[automatically_derived]
    impl ::agent_sdk::workflow::Node for Approval {
        type Input = Approval;
        type Output = [(); ::core::compile_error! {
            "request port `Approval` does not say what an answer is [AGT723]\nhelp: write `#[request_port(response = Answer)]` with the type of the answer"
        }];
        type Kind = ::agent_sdk::workflow::Plain;
        type This = Self;
        type Yielded = ::agent_sdk::workflow::NoYields;
        const ASKS: ::core::primitive::bool = true;
        const INPUT: ::agent_sdk::__private::Codec<Approval> = {
            #[allow(unused_imports)]
            use ::agent_sdk::__private::Unkept as _;
            <::agent_sdk::__private::Codec<Approval>>::OF
        };
        const OUTPUT: ::agent_sdk::__private::Codec<
            [(); ::core::compile_error! {
                "request port `Approval` does not say what an answer is [AGT723]\nhelp: write `#[request_port(response = Answer)]` with the type of the answer"
            }],
        > = {
            #[allow(unused_imports)]
            use ::agent_sdk::__private::Unkept as _;
            <::agent_sdk::__private::Codec<
                [(); ::core::compile_error! {
                    "request port `Approval` does not say what an answer is [AGT723]\nhelp: write `#[request_port(response = Answer)]` with the type of the answer"
                }],
            >>::OF
        };
        const TELLS_OUTPUT: ::core::primitive::bool = true;
        fn definition() -> ::agent_sdk::workflow::NodeDefinition {
            ::agent_sdk::__private::port_node::<
                Self,
            >(
                "",
                <[(); ::core::compile_error! {
                    "request port `Approval` does not say what an answer is [AGT723]\nhelp: write `#[request_port(response = Answer)]` with the type of the answer"
                }] as ::agent_sdk::workflow::Described>::schema,
                ::core::option::Option::None,
                ::core::option::Option::None,
            )
        }
    }
    #[automatically_derived]
    impl ::agent_sdk::workflow::RequestPort for Approval {
        const NAME: &'static ::core::primitive::str = "Approval";
    }
    #[automatically_derived]
    impl<__State> ::agent_sdk::workflow::InState<__State> for Approval {}
};
#[allow(unexpected_cfgs)]
const _: () = {
    #[cfg(rust_analyzer)]
    {
        #[allow(unused_imports)]
        use ::agent_sdk::__private::ide::request_port::default as _;
    }
};
