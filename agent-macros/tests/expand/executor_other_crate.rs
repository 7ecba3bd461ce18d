// #[executor(crate = sdk)]
// async fn charge(bank: &Bank) -> Result<(), E> { body() }

#[allow(clippy::unused_async)]
async fn charge(bank: &Bank) -> Result<(), E> {
    body()
}
#[doc(hidden)]
#[allow(dead_code, non_camel_case_types, missing_debug_implementations)]
struct charge {}
#[allow(deprecated, clippy::all, clippy::pedantic)]
const _: () = {
    const __RESOURCE_0: sdk::durable_task::__private::Resource<Bank> = sdk::durable_task::__private::resource::<
        Bank,
    >();
    #[automatically_derived]
    impl sdk::durable_task::Activity for charge {
        const NAME: &'static ::core::primitive::str = "charge";
        type Input = ();
        type Output = <Result<
            (),
            E,
        > as sdk::durable_task::__private::ExecutorReturn>::Output;
        fn run(
            &self,
            __context: sdk::durable_task::ActivityContext,
            __input: <Self as sdk::durable_task::Activity>::Input,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                <Self as sdk::durable_task::Activity>::Output,
                sdk::durable_task::Failure,
            >,
        > + ::core::marker::Send {
            sdk::durable_task::__private::executed(async move {
                let __value_0 = sdk::durable_task::__private::Resource::lend(
                    &__RESOURCE_0,
                    &__context,
                )?;
                let __returned = charge(__value_0).await;
                <Result<
                    (),
                    E,
                > as sdk::durable_task::__private::ExecutorReturn>::into_outcome(
                    __returned,
                )
            })
        }
    }
    #[automatically_derived]
    impl sdk::durable_task::Executor for charge {
        const NAME: &'static ::core::primitive::str = "charge";
        const DESCRIPTION: &'static ::core::primitive::str = "";
        fn needs() -> ::std::vec::Vec<sdk::durable_task::ResourceNeed> {
            sdk::durable_task::__private::needs(
                &[sdk::durable_task::__private::Resource::need(&__RESOURCE_0)],
            )
        }
        fn register(
            __registry: &mut sdk::durable_task::Registry,
        ) -> ::core::result::Result<(), sdk::durable_task::RegistryError> {
            sdk::durable_task::Registry::activity_with(
                __registry,
                Self {},
                <Self as sdk::durable_task::Executor>::needs(),
            )
        }
    }
};
