// #[executor(retry())]
// async fn charge((a, b): (u8, u8), bank: &Bank) -> Result<(), E> { body() }

#[allow(clippy::unused_async)]
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
    #[automatically_derived]
    impl ::agent_sdk::durable_task::Activity for charge {
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
            ::agent_sdk::durable_task::__private::executed(async move {
                let __value_0 = ::agent_sdk::durable_task::__private::Resource::lend(
                    &__RESOURCE_0,
                    &__context,
                )?;
                let __returned = charge(__input, __value_0).await;
                <Result<
                    (),
                    E,
                > as ::agent_sdk::durable_task::__private::ExecutorReturn>::into_outcome(
                    __returned,
                )
            })
        }
    }
    #[automatically_derived]
    impl ::agent_sdk::durable_task::Executor for charge {
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
};
#[allow(unexpected_cfgs)]
const _: () = {
    #[cfg(rust_analyzer)]
    {
        #[allow(unused_imports)]
        use ::agent_sdk::durable_task::__private::ide::executor::retry as _;
    }
};
