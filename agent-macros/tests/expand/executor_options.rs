// #[executor(name = "Charge", description = TEXT, timeout = "10s", retry(attempts = 5, first = "1s", backoff = 2, max = LONGEST, timeout = "5m"))]
// async fn charge(ctx: &ActivityContext, bank: &Bank) -> Result<(), ExecutorError> { body() }

#[allow(clippy::unused_async, private_interfaces)]
async fn charge(ctx: &ActivityContext, bank: &Bank) -> Result<(), ExecutorError> {
    body()
}
#[doc(hidden)]
#[allow(dead_code, non_camel_case_types, missing_debug_implementations)]
struct charge {}
#[allow(deprecated, clippy::all, clippy::pedantic)]
const _: () = {
    const __RESOURCE_0: ::agent_sdk::durable_task::__private::Resource<
        ActivityContext,
    > = ::agent_sdk::durable_task::__private::resource::<ActivityContext>();
    const __RESOURCE_1: ::agent_sdk::durable_task::__private::Resource<Bank> = ::agent_sdk::durable_task::__private::resource::<
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
        __input: (),
    ) -> impl ::core::future::Future<
        Output = ::core::result::Result<
            <Result<
                (),
                ExecutorError,
            > as ::agent_sdk::durable_task::__private::ExecutorReturn>::Output,
            ::agent_sdk::durable_task::Failure,
        >,
    > + ::core::marker::Send {
        ::agent_sdk::durable_task::__private::executed(async move {
            let __value_0 = ::agent_sdk::__private::lend(&__RESOURCE_0, &__context)?;
            let __value_1 = ::agent_sdk::__private::lend(&__RESOURCE_1, &__context)?;
            let __returned = charge(__value_0, __value_1).await;
            <Result<
                (),
                ExecutorError,
            > as ::agent_sdk::durable_task::__private::ExecutorReturn>::into_outcome(
                __returned,
            )
        })
    }
    #[automatically_derived]
    impl ::agent_sdk::durable_task::Activity for charge
    where
        for<'__kept> (): ::agent_sdk::durable_task::Payload,
        for<'__kept> <Result<
            (),
            ExecutorError,
        > as ::agent_sdk::durable_task::__private::ExecutorReturn>::Output: ::agent_sdk::durable_task::Payload,
        for<'__alone> ::agent_sdk::__private::Alone<
            '__alone,
            {
                false
                    || <::agent_sdk::__private::ContextProbe<
                        ActivityContext,
                        charge,
                    >>::IN_WORKFLOW
                    || <::agent_sdk::__private::ContextProbe<Bank, charge>>::IN_WORKFLOW
            },
        >: ::agent_sdk::__private::RunsAlone<charge>,
    {
        const NAME: &'static ::core::primitive::str = "Charge";
        type Input = ();
        type Output = <Result<
            (),
            ExecutorError,
        > as ::agent_sdk::durable_task::__private::ExecutorReturn>::Output;
        const TIMEOUT: ::core::option::Option<::core::time::Duration> = ::core::option::Option::Some(
            ::core::time::Duration::new(10u64, 0u32),
        );
        fn retry() -> ::core::option::Option<::agent_sdk::durable_task::RetryPolicy> {
            ::core::option::Option::Some(
                ::agent_sdk::durable_task::RetryPolicy::new(
                        5,
                        ::core::time::Duration::new(1u64, 0u32),
                    )
                    .backoff_coefficient(2.0)
                    .max_interval(LONGEST)
                    .total_time(::core::time::Duration::new(300u64, 0u32)),
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
        for<'__kept> (): ::agent_sdk::durable_task::Payload,
        for<'__kept> <Result<
            (),
            ExecutorError,
        > as ::agent_sdk::durable_task::__private::ExecutorReturn>::Output: ::agent_sdk::durable_task::Payload,
        for<'__alone> ::agent_sdk::__private::Alone<
            '__alone,
            {
                false
                    || <::agent_sdk::__private::ContextProbe<
                        ActivityContext,
                        charge,
                    >>::IN_WORKFLOW
                    || <::agent_sdk::__private::ContextProbe<Bank, charge>>::IN_WORKFLOW
            },
        >: ::agent_sdk::__private::RunsAlone<charge>,
    {
        const NAME: &'static ::core::primitive::str = "Charge";
        const DESCRIPTION: &'static ::core::primitive::str = TEXT;
        fn needs() -> ::std::vec::Vec<::agent_sdk::durable_task::ResourceNeed> {
            ::agent_sdk::durable_task::__private::needs(
                &[
                    ::agent_sdk::durable_task::__private::Resource::need(&__RESOURCE_0),
                    ::agent_sdk::durable_task::__private::Resource::need(&__RESOURCE_1),
                ],
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
        type Input = ();
        type Output = <Result<
            (),
            ExecutorError,
        > as ::agent_sdk::durable_task::__private::ExecutorReturn>::Output;
        type This = Self;
        const INPUT: ::agent_sdk::__private::Codec<()> = {
            #[allow(unused_imports)]
            use ::agent_sdk::__private::Unkept as _;
            <::agent_sdk::__private::Codec<()>>::OF
        };
        const OUTPUT: ::agent_sdk::__private::Codec<
            <Result<
                (),
                ExecutorError,
            > as ::agent_sdk::durable_task::__private::ExecutorReturn>::Output,
        > = {
            #[allow(unused_imports)]
            use ::agent_sdk::__private::Unkept as _;
            <::agent_sdk::__private::Codec<
                <Result<
                    (),
                    ExecutorError,
                > as ::agent_sdk::durable_task::__private::ExecutorReturn>::Output,
            >>::OF
        };
        type Kind = ::agent_sdk::workflow::Plain;
        type Yielded = ::agent_sdk::workflow::NoYields;
        fn definition() -> ::agent_sdk::workflow::NodeDefinition {
            <::agent_sdk::__private::ContextProbe<ActivityContext, Self>>::check();
            <::agent_sdk::__private::ContextProbe<Bank, Self>>::check();
            ::agent_sdk::__private::executor_node(
                    ("Charge", TEXT),
                    <Self as ::agent_sdk::workflow::Node>::INPUT,
                    <Self as ::agent_sdk::workflow::Node>::OUTPUT,
                    __run,
                )
                .needs(
                    &[
                        ::agent_sdk::durable_task::__private::Resource::need(
                            &__RESOURCE_0,
                        ),
                        ::agent_sdk::durable_task::__private::Resource::need(
                            &__RESOURCE_1,
                        ),
                    ],
                )
                .retry(
                    ::agent_sdk::durable_task::RetryPolicy::new(
                            5,
                            ::core::time::Duration::new(1u64, 0u32),
                        )
                        .backoff_coefficient(2.0)
                        .max_interval(LONGEST)
                        .total_time(::core::time::Duration::new(300u64, 0u32)),
                )
                .timeout(::core::time::Duration::new(10u64, 0u32))
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
        use ::agent_sdk::__private::ide::executor::{
            name as _, description as _, timeout as _, retry as _,
        };
    }
};
