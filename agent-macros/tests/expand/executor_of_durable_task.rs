// #[executor(retry(attempts = 2))]
// async fn charge(bank: &Bank) -> Result<(), E> { body() }

#[allow(clippy::unused_async, private_interfaces)]
async fn charge(bank: &Bank) -> Result<(), E> {
    body()
}
#[doc(hidden)]
#[allow(dead_code, non_camel_case_types, missing_debug_implementations)]
struct charge {}
#[allow(deprecated, clippy::all, clippy::pedantic)]
const _: () = {
    const __RESOURCE_0: ::durable_task::__private::Resource<Bank> = ::durable_task::__private::resource::<
        Bank,
    >();
    #[automatically_derived]
    impl ::durable_task::Activity for charge {
        const NAME: &'static ::core::primitive::str = "charge";
        type Input = ();
        type Output = <Result<
            (),
            E,
        > as ::durable_task::__private::ExecutorReturn>::Output;
        fn retry() -> ::core::option::Option<::durable_task::RetryPolicy> {
            ::core::option::Option::Some(
                ::durable_task::RetryPolicy::new(
                    2,
                    ::durable_task::__private::RETRY_FIRST,
                ),
            )
        }
        fn run(
            &self,
            __context: ::durable_task::ActivityContext,
            __input: <Self as ::durable_task::Activity>::Input,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                <Self as ::durable_task::Activity>::Output,
                ::durable_task::Failure,
            >,
        > + ::core::marker::Send {
            ::durable_task::__private::executed(async move {
                let __value_0 = ::durable_task::__private::Resource::lend(
                    &__RESOURCE_0,
                    &__context,
                )?;
                let __returned = charge(__value_0).await;
                <Result<
                    (),
                    E,
                > as ::durable_task::__private::ExecutorReturn>::into_outcome(__returned)
            })
        }
    }
    #[automatically_derived]
    impl ::durable_task::Executor for charge {
        const NAME: &'static ::core::primitive::str = "charge";
        const DESCRIPTION: &'static ::core::primitive::str = "";
        fn needs() -> ::std::vec::Vec<::durable_task::ResourceNeed> {
            ::durable_task::__private::needs(
                &[::durable_task::__private::Resource::need(&__RESOURCE_0)],
            )
        }
        fn register(
            __registry: &mut ::durable_task::Registry,
        ) -> ::core::result::Result<(), ::durable_task::RegistryError> {
            ::durable_task::Registry::activity_with(
                __registry,
                Self {},
                <Self as ::durable_task::Executor>::needs(),
            )
        }
    }
};
#[allow(unexpected_cfgs)]
const _: () = {
    #[cfg(rust_analyzer)]
    {
        #[allow(unused_imports)]
        use ::durable_task::__private::ide::executor::retry as _;
    }
};
