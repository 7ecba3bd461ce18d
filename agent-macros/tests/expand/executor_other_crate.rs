// #[executor(crate = sdk)]
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
    const __RESOURCE_0: sdk::durable_task::__private::Resource<Bank> = sdk::durable_task::__private::resource::<
        Bank,
    >();
    #[allow(unused_imports)]
    use sdk::__private::OtherSlot as _;
    #[allow(unused_imports)]
    use sdk::__private::Unkept as _;
    #[allow(unused_imports)]
    use sdk::__private::OtherArgument as _;
    #[allow(unused_imports)]
    use sdk::__private::PlainSlot as _;
    fn __run(
        __context: ::std::sync::Arc<sdk::workflow::WorkflowContext<charge>>,
        __input: (),
    ) -> impl ::core::future::Future<
        Output = ::core::result::Result<
            <Result<(), E> as sdk::durable_task::__private::ExecutorReturn>::Output,
            sdk::durable_task::Failure,
        >,
    > + ::core::marker::Send {
        sdk::durable_task::__private::executed(async move {
            let __value_0 = sdk::__private::lend(&__RESOURCE_0, &__context)?;
            let __returned = charge(__value_0).await;
            <Result<
                (),
                E,
            > as sdk::durable_task::__private::ExecutorReturn>::into_outcome(__returned)
        })
    }
    #[automatically_derived]
    impl sdk::durable_task::Activity for charge
    where
        for<'__kept> (): sdk::durable_task::Payload,
        for<'__kept> <Result<
            (),
            E,
        > as sdk::durable_task::__private::ExecutorReturn>::Output: sdk::durable_task::Payload,
        for<'__alone> sdk::__private::Alone<
            '__alone,
            { false || <sdk::__private::ContextProbe<Bank, charge>>::IN_WORKFLOW },
        >: sdk::__private::RunsAlone<charge>,
    {
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
            __run(sdk::__private::alone(__context), __input)
        }
    }
    #[automatically_derived]
    impl sdk::durable_task::Executor for charge
    where
        for<'__kept> (): sdk::durable_task::Payload,
        for<'__kept> <Result<
            (),
            E,
        > as sdk::durable_task::__private::ExecutorReturn>::Output: sdk::durable_task::Payload,
        for<'__alone> sdk::__private::Alone<
            '__alone,
            { false || <sdk::__private::ContextProbe<Bank, charge>>::IN_WORKFLOW },
        >: sdk::__private::RunsAlone<charge>,
    {
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
    #[automatically_derived]
    impl sdk::workflow::Node for charge {
        type Input = ();
        type Output = <Result<
            (),
            E,
        > as sdk::durable_task::__private::ExecutorReturn>::Output;
        type This = Self;
        const INPUT: sdk::__private::Codec<()> = {
            #[allow(unused_imports)]
            use sdk::__private::Unkept as _;
            <sdk::__private::Codec<()>>::OF
        };
        const OUTPUT: sdk::__private::Codec<
            <Result<(), E> as sdk::durable_task::__private::ExecutorReturn>::Output,
        > = {
            #[allow(unused_imports)]
            use sdk::__private::Unkept as _;
            <sdk::__private::Codec<
                <Result<(), E> as sdk::durable_task::__private::ExecutorReturn>::Output,
            >>::OF
        };
        type Kind = sdk::workflow::Borrowing;
        type Yielded = sdk::workflow::NoYields;
        const BORROWS: ::core::option::Option<&'static ::core::primitive::str> = ::core::option::Option::Some(
            "Bank",
        );
        fn definition() -> sdk::workflow::NodeDefinition {
            <sdk::__private::ContextProbe<Bank, Self>>::check();
            sdk::__private::executor_node(
                    ("charge", ""),
                    <Self as sdk::workflow::Node>::INPUT,
                    <Self as sdk::workflow::Node>::OUTPUT,
                    __run,
                )
                .needs(&[sdk::durable_task::__private::Resource::need(&__RESOURCE_0)])
                .definition()
        }
    }
    #[automatically_derived]
    impl<__State> sdk::workflow::InState<__State> for charge {}
};
