// #[executor(retry())]
// async fn charge((a, b): (u8, u8), bank: &Bank) -> Result<(), E> { body() }

#[allow(clippy::unused_async, private_interfaces)]
async fn charge((a, b): (u8, u8), bank: &Bank) -> Result<(), E> {
    body()
}
#[doc(hidden)]
#[allow(dead_code, non_camel_case_types, missing_debug_implementations)]
struct charge {}
#[allow(deprecated, clippy::all, clippy::pedantic)]
const _: () = {
    const __RESOURCE_0: ::agent_sdk::durable_task::__private::Resource<Bank> = ::agent_sdk::durable_task::__private::resource::<
        Bank,
    >();
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
        __input: (u8, u8),
    ) -> impl ::core::future::Future<
        Output = ::core::result::Result<
            <Result<
                (),
                E,
            > as ::agent_sdk::durable_task::__private::ExecutorReturn>::Output,
            ::agent_sdk::durable_task::Failure,
        >,
    > + ::core::marker::Send {
        ::agent_sdk::durable_task::__private::executed(async move {
            let __value_0 = ::agent_sdk::__private::lend(&__RESOURCE_0, &__context)?;
            let __returned = charge(__input, __value_0).await;
            <Result<
                (),
                E,
            > as ::agent_sdk::durable_task::__private::ExecutorReturn>::into_outcome(
                __returned,
            )
        })
    }
    #[automatically_derived]
    impl ::agent_sdk::durable_task::Activity for charge
    where
        for<'__kept> (u8, u8): ::agent_sdk::durable_task::Payload,
        for<'__kept> <Result<
            (),
            E,
        > as ::agent_sdk::durable_task::__private::ExecutorReturn>::Output: ::agent_sdk::durable_task::Payload,
        for<'__alone> ::agent_sdk::__private::Alone<
            '__alone,
            {
                false
                    || <::agent_sdk::__private::ContextProbe<Bank, charge>>::IN_WORKFLOW
            },
        >: ::agent_sdk::__private::RunsAlone<charge>,
    {
        const NAME: &'static ::core::primitive::str = "charge";
        type Input = (u8, u8);
        type Output = <Result<
            (),
            E,
        > as ::agent_sdk::durable_task::__private::ExecutorReturn>::Output;
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
            __run(::agent_sdk::__private::alone(__context), __input)
        }
    }
    #[automatically_derived]
    impl ::agent_sdk::durable_task::Executor for charge
    where
        for<'__kept> (u8, u8): ::agent_sdk::durable_task::Payload,
        for<'__kept> <Result<
            (),
            E,
        > as ::agent_sdk::durable_task::__private::ExecutorReturn>::Output: ::agent_sdk::durable_task::Payload,
        for<'__alone> ::agent_sdk::__private::Alone<
            '__alone,
            {
                false
                    || <::agent_sdk::__private::ContextProbe<Bank, charge>>::IN_WORKFLOW
            },
        >: ::agent_sdk::__private::RunsAlone<charge>,
    {
        const NAME: &'static ::core::primitive::str = "charge";
        const DESCRIPTION: &'static ::core::primitive::str = "";
        fn needs() -> ::std::vec::Vec<::agent_sdk::durable_task::ResourceNeed> {
            ::agent_sdk::durable_task::__private::needs(
                &[::agent_sdk::durable_task::__private::Resource::need(&__RESOURCE_0)],
            )
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
        type Input = (u8, u8);
        type Output = <Result<
            (),
            E,
        > as ::agent_sdk::durable_task::__private::ExecutorReturn>::Output;
        type This = Self;
        const INPUT: ::agent_sdk::__private::Codec<(u8, u8)> = {
            #[allow(unused_imports)]
            use ::agent_sdk::__private::Unkept as _;
            <::agent_sdk::__private::Codec<(u8, u8)>>::OF
        };
        const OUTPUT: ::agent_sdk::__private::Codec<
            <Result<
                (),
                E,
            > as ::agent_sdk::durable_task::__private::ExecutorReturn>::Output,
        > = {
            #[allow(unused_imports)]
            use ::agent_sdk::__private::Unkept as _;
            <::agent_sdk::__private::Codec<
                <Result<
                    (),
                    E,
                > as ::agent_sdk::durable_task::__private::ExecutorReturn>::Output,
            >>::OF
        };
        type Kind = ::agent_sdk::workflow::Plain;
        type Yielded = ::agent_sdk::workflow::NoYields;
        fn definition() -> ::agent_sdk::workflow::NodeDefinition {
            <::agent_sdk::__private::ContextProbe<Bank, Self>>::check();
            ::agent_sdk::__private::executor_node(
                    ("charge", ""),
                    <Self as ::agent_sdk::workflow::Node>::INPUT,
                    <Self as ::agent_sdk::workflow::Node>::OUTPUT,
                    __run,
                )
                .needs(
                    &[
                        ::agent_sdk::durable_task::__private::Resource::need(
                            &__RESOURCE_0,
                        ),
                    ],
                )
                .retry(
                    ::agent_sdk::durable_task::RetryPolicy::new(
                        ::agent_sdk::durable_task::__private::RETRY_ATTEMPTS,
                        ::agent_sdk::durable_task::__private::RETRY_FIRST,
                    ),
                )
                .definition()
        }
    }
    #[automatically_derived]
    impl<__State> ::agent_sdk::workflow::InState<__State> for charge {}
};
#[allow(unexpected_cfgs)]
const _: () = {
    #[cfg(rust_analyzer)]
    {
        #[allow(unused_imports)]
        use ::agent_sdk::__private::ide::executor::retry as _;
    }
};
