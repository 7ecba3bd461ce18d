// #[executor(retry(attempts = 0, frist = "1s"), reads(Budget), timeout = 5)]
// fn charge(first: &mut u8, second: u8) {}
// error: option `attempts` takes a whole number of at least 1 [AGT004]
//   help: write `attempts = 10`
// error: unknown option `frist` for `#[executor]`; did you mean `first`? [AGT002]
//   help: supported options are `attempts`, `first`, `backoff`, `max`, `timeout`
// error: option `timeout` takes a duration above zero, of number and `ms`, `s`, `m`, `h` or `d` [AGT004]
//   help: write `timeout = "30s"`
// error: executor `charge` must be an `async fn` [AGT012]
//   help: write `async fn charge`
// error: executor `charge` cannot borrow `&mut u8` [AGT407]
//   help: write `&u8`: what an executor takes by reference is lent for one call, and to others at the same time
// error: executor `charge` takes one input by value, as its first argument [AGT406]
//   help: make the input a struct or a tuple; for a context or a resource write `&u8`
// error: executor `charge` must return a `Result` [AGT019]
//   help: add `-> Result<Output, ExecutorError>` with the type of what it gives, or `()` for nothing

#[allow(clippy::unused_async, private_interfaces)]
fn charge(first: &mut u8, second: u8) {}
#[doc(hidden)]
#[allow(dead_code, non_camel_case_types, missing_debug_implementations)]
struct charge {}
#[allow(deprecated, clippy::all, clippy::pedantic)]
const _: () = {
    #[allow(unused_imports)]
    use ::agent_sdk::__private::OtherSlot as _;
    #[allow(unused_imports)]
    use ::agent_sdk::__private::Unkept as _;
    #[allow(unused_imports)]
    use ::agent_sdk::__private::OtherArgument as _;
    #[allow(unused_imports)]
    use ::agent_sdk::__private::PlainSlot as _;
    fn __run(
        __context: ::std::sync::Arc<::agent_sdk::workflow::WorkflowContext<charge>>,
        __input: [(); ::core::compile_error! {
            "option `attempts` takes a whole number of at least 1 [AGT004]\nhelp: write `attempts = 10`"
        }],
    ) -> impl ::core::future::Future<
        Output = ::core::result::Result<
            [(); ::core::compile_error! {
                "option `attempts` takes a whole number of at least 1 [AGT004]\nhelp: write `attempts = 10`"
            }],
            ::agent_sdk::durable_task::Failure,
        >,
    > + ::core::marker::Send {
        ::core::future::pending()
    }
    #[automatically_derived]
    impl ::agent_sdk::durable_task::Activity for charge
    where
        for<'__kept> [(); ::core::compile_error! {
            "option `attempts` takes a whole number of at least 1 [AGT004]\nhelp: write `attempts = 10`"
        }]: ::agent_sdk::durable_task::Payload,
        for<'__kept> [(); ::core::compile_error! {
            "option `attempts` takes a whole number of at least 1 [AGT004]\nhelp: write `attempts = 10`"
        }]: ::agent_sdk::durable_task::Payload,
        for<'__alone> ::agent_sdk::__private::Alone<
            '__alone,
            { true },
        >: ::agent_sdk::__private::RunsAlone<charge>,
    {
        const NAME: &'static ::core::primitive::str = "charge";
        type Input = [(); ::core::compile_error! {
            "option `attempts` takes a whole number of at least 1 [AGT004]\nhelp: write `attempts = 10`"
        }];
        type Output = [(); ::core::compile_error! {
            "option `attempts` takes a whole number of at least 1 [AGT004]\nhelp: write `attempts = 10`"
        }];
        fn retry() -> ::core::option::Option<::agent_sdk::durable_task::RetryPolicy> {
            ::core::option::Option::Some(
                ::agent_sdk::durable_task::RetryPolicy::new(
                    ::agent_sdk::durable_task::__private::RETRY_ATTEMPTS,
                    ::agent_sdk::durable_task::__private::RETRY_FIRST,
                ),
            )
        }
        fn run(
            &self,
            __context: ::agent_sdk::durable_task::ActivityContext,
            __input: <Self as ::agent_sdk::durable_task::Activity>::Input,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                <Self as ::agent_sdk::durable_task::Activity>::Output,
                ::agent_sdk::durable_task::Failure,
            >,
        > + ::core::marker::Send {
            ::core::future::pending()
        }
    }
    #[automatically_derived]
    impl ::agent_sdk::durable_task::Executor for charge
    where
        for<'__kept> [(); ::core::compile_error! {
            "option `attempts` takes a whole number of at least 1 [AGT004]\nhelp: write `attempts = 10`"
        }]: ::agent_sdk::durable_task::Payload,
        for<'__kept> [(); ::core::compile_error! {
            "option `attempts` takes a whole number of at least 1 [AGT004]\nhelp: write `attempts = 10`"
        }]: ::agent_sdk::durable_task::Payload,
        for<'__alone> ::agent_sdk::__private::Alone<
            '__alone,
            { true },
        >: ::agent_sdk::__private::RunsAlone<charge>,
    {
        const NAME: &'static ::core::primitive::str = "charge";
        const DESCRIPTION: &'static ::core::primitive::str = "";
        fn needs() -> ::std::vec::Vec<::agent_sdk::durable_task::ResourceNeed> {
            ::agent_sdk::durable_task::__private::needs(&[])
        }
        fn register(
            __registry: &mut ::agent_sdk::durable_task::Registry,
        ) -> ::core::result::Result<(), ::agent_sdk::durable_task::RegistryError> {
            ::agent_sdk::durable_task::Registry::activity_with(
                __registry,
                Self {},
                <Self as ::agent_sdk::durable_task::Executor>::needs(),
            )
        }
    }
    #[automatically_derived]
    impl ::agent_sdk::workflow::Node for charge {
        type Input = [(); ::core::compile_error! {
            "option `attempts` takes a whole number of at least 1 [AGT004]\nhelp: write `attempts = 10`"
        }];
        type Output = [(); ::core::compile_error! {
            "option `attempts` takes a whole number of at least 1 [AGT004]\nhelp: write `attempts = 10`"
        }];
        type This = Self;
        const INPUT: ::agent_sdk::__private::Codec<
            [(); ::core::compile_error! {
                "option `attempts` takes a whole number of at least 1 [AGT004]\nhelp: write `attempts = 10`"
            }],
        > = {
            #[allow(unused_imports)]
            use ::agent_sdk::__private::Unkept as _;
            <::agent_sdk::__private::Codec<
                [(); ::core::compile_error! {
                    "option `attempts` takes a whole number of at least 1 [AGT004]\nhelp: write `attempts = 10`"
                }],
            >>::OF
        };
        const OUTPUT: ::agent_sdk::__private::Codec<
            [(); ::core::compile_error! {
                "option `attempts` takes a whole number of at least 1 [AGT004]\nhelp: write `attempts = 10`"
            }],
        > = {
            #[allow(unused_imports)]
            use ::agent_sdk::__private::Unkept as _;
            <::agent_sdk::__private::Codec<
                [(); ::core::compile_error! {
                    "option `attempts` takes a whole number of at least 1 [AGT004]\nhelp: write `attempts = 10`"
                }],
            >>::OF
        };
        type Kind = ::agent_sdk::workflow::Plain;
        type Yielded = ::agent_sdk::workflow::NoYields;
        const SLOTS: &'static [&'static ::core::primitive::str] = &["Budget"];
        fn definition() -> ::agent_sdk::workflow::NodeDefinition {
            ::agent_sdk::__private::executor_node(
                    ("charge", ""),
                    <Self as ::agent_sdk::workflow::Node>::INPUT,
                    <Self as ::agent_sdk::workflow::Node>::OUTPUT,
                    __run,
                )
                .retry(
                    ::agent_sdk::durable_task::RetryPolicy::new(
                        ::agent_sdk::durable_task::__private::RETRY_ATTEMPTS,
                        ::agent_sdk::durable_task::__private::RETRY_FIRST,
                    ),
                )
                .reads::<Budget>()
                .definition()
        }
    }
    #[automatically_derived]
    impl ::agent_sdk::workflow::Reads<Budget> for charge {
        const CODEC: ::agent_sdk::__private::Codec<Budget> = <::agent_sdk::__private::Codec<
            Budget,
        >>::OF;
    }
    #[automatically_derived]
    impl ::agent_sdk::workflow::MayRead<Budget> for charge {
        const CODEC: ::agent_sdk::__private::Codec<Budget> = <::agent_sdk::__private::Codec<
            Budget,
        >>::OF;
    }
    #[automatically_derived]
    impl<__State> ::agent_sdk::workflow::InState<__State> for charge
    where
        Budget: ::agent_sdk::workflow::SlotOf<__State>,
    {
        const READS: ::core::primitive::u128 = 1
            << <Budget as ::agent_sdk::workflow::SlotOf<__State>>::INDEX;
    }
};
#[allow(unexpected_cfgs)]
const _: () = {
    #[cfg(rust_analyzer)]
    {
        #[allow(unused_imports)]
        use ::agent_sdk::__private::ide::executor::{
            retry as _, reads as _, timeout as _,
        };
    }
};
