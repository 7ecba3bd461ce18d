// #[executor]
// /// Takes money.
// pub async fn charge(order: Order) -> Result<Receipt, ExecutorError> { body() }

#[allow(clippy::unused_async, private_interfaces)]
/// Takes money.
pub async fn charge(order: Order) -> Result<Receipt, ExecutorError> {
    body()
}
#[doc(hidden)]
#[allow(dead_code, non_camel_case_types, missing_debug_implementations)]
pub struct charge {}
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
        __input: Order,
    ) -> impl ::core::future::Future<
        Output = ::core::result::Result<
            <Result<
                Receipt,
                ExecutorError,
            > as ::agent_sdk::durable_task::__private::ExecutorReturn>::Output,
            ::agent_sdk::durable_task::Failure,
        >,
    > + ::core::marker::Send {
        ::agent_sdk::durable_task::__private::executed(async move {
            let __returned = charge(__input).await;
            <Result<
                Receipt,
                ExecutorError,
            > as ::agent_sdk::durable_task::__private::ExecutorReturn>::into_outcome(
                __returned,
            )
        })
    }
    #[automatically_derived]
    impl ::agent_sdk::durable_task::Activity for charge
    where
        for<'__kept> Order: ::agent_sdk::durable_task::Payload,
        for<'__kept> <Result<
            Receipt,
            ExecutorError,
        > as ::agent_sdk::durable_task::__private::ExecutorReturn>::Output: ::agent_sdk::durable_task::Payload,
    {
        const NAME: &'static ::core::primitive::str = "charge";
        type Input = Order;
        type Output = <Result<
            Receipt,
            ExecutorError,
        > as ::agent_sdk::durable_task::__private::ExecutorReturn>::Output;
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
        for<'__kept> Order: ::agent_sdk::durable_task::Payload,
        for<'__kept> <Result<
            Receipt,
            ExecutorError,
        > as ::agent_sdk::durable_task::__private::ExecutorReturn>::Output: ::agent_sdk::durable_task::Payload,
    {
        const NAME: &'static ::core::primitive::str = "charge";
        const DESCRIPTION: &'static ::core::primitive::str = "Takes money.";
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
        type Input = Order;
        type Output = <Result<
            Receipt,
            ExecutorError,
        > as ::agent_sdk::durable_task::__private::ExecutorReturn>::Output;
        type This = Self;
        const INPUT: ::agent_sdk::__private::Codec<Order> = {
            #[allow(unused_imports)]
            use ::agent_sdk::__private::Unkept as _;
            <::agent_sdk::__private::Codec<Order>>::OF
        };
        const OUTPUT: ::agent_sdk::__private::Codec<
            <Result<
                Receipt,
                ExecutorError,
            > as ::agent_sdk::durable_task::__private::ExecutorReturn>::Output,
        > = {
            #[allow(unused_imports)]
            use ::agent_sdk::__private::Unkept as _;
            <::agent_sdk::__private::Codec<
                <Result<
                    Receipt,
                    ExecutorError,
                > as ::agent_sdk::durable_task::__private::ExecutorReturn>::Output,
            >>::OF
        };
        type Kind = ::agent_sdk::workflow::Plain;
        type Yielded = ::agent_sdk::workflow::NoYields;
        fn definition() -> ::agent_sdk::workflow::NodeDefinition {
            ::agent_sdk::__private::executor_node(
                    ("charge", "Takes money."),
                    <Self as ::agent_sdk::workflow::Node>::INPUT,
                    <Self as ::agent_sdk::workflow::Node>::OUTPUT,
                    __run,
                )
                .definition()
        }
    }
    #[automatically_derived]
    impl<__State> ::agent_sdk::workflow::InState<__State> for charge {}
};
