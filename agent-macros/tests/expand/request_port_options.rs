// #[request_port(response = Vec<String>, timeout = "3d", default = Vec::new(), name = "ask", description = TEXT)]
// struct Approval;

struct Approval;
#[allow(deprecated, clippy::all, clippy::pedantic)]
const _: () = {
    #[automatically_derived]
    impl ::agent_sdk::workflow::Node for Approval {
        type Input = Approval;
        type Output = Vec<String>;
        type Kind = ::agent_sdk::workflow::Plain;
        type This = Self;
        type Yielded = ::agent_sdk::workflow::NoYields;
        const ASKS: ::core::primitive::bool = true;
        const INPUT: ::agent_sdk::__private::Codec<Approval> = {
            #[allow(unused_imports)]
            use ::agent_sdk::__private::Unkept as _;
            <::agent_sdk::__private::Codec<Approval>>::OF
        };
        const OUTPUT: ::agent_sdk::__private::Codec<Vec<String>> = {
            #[allow(unused_imports)]
            use ::agent_sdk::__private::Unkept as _;
            <::agent_sdk::__private::Codec<Vec<String>>>::OF
        };
        const TELLS_OUTPUT: ::core::primitive::bool = true;
        fn definition() -> ::agent_sdk::workflow::NodeDefinition {
            ::agent_sdk::__private::port_node::<
                Self,
            >(
                TEXT,
                <Vec<String> as ::agent_sdk::workflow::Described>::schema,
                ::core::option::Option::Some(
                    ::core::time::Duration::new(259200u64, 0u32),
                ),
                ::core::option::Option::Some(|_| {
                    let __answer: Vec<String> = Vec::new();
                    ::agent_sdk::__private::default_answer::<Self>(__answer)
                }),
            )
        }
    }
    #[automatically_derived]
    impl ::agent_sdk::workflow::RequestPort for Approval {
        const NAME: &'static ::core::primitive::str = "ask";
    }
    #[automatically_derived]
    impl<__State> ::agent_sdk::workflow::InState<__State> for Approval {}
};
#[allow(unexpected_cfgs)]
const _: () = {
    #[cfg(rust_analyzer)]
    {
        #[allow(unused_imports)]
        use ::agent_sdk::__private::ide::request_port::{
            response as _, timeout as _, default as _, name as _, description as _,
        };
    }
};
