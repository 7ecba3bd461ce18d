// #[executor(reads(Budget), sends(Part, Part))]
// async fn review(draft: Draft) -> Result<Review, E> { body() }
// error: option `sends` takes one type in parentheses [AGT004]
//   help: write `sends(Report)`

#[allow(clippy::unused_async, private_interfaces)]
async fn review(draft: Draft) -> Result<Review, E> {
    body()
}
#[doc(hidden)]
#[allow(dead_code, non_camel_case_types, missing_debug_implementations)]
struct review {}
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
        __context: ::std::sync::Arc<::agent_sdk::workflow::WorkflowContext<review>>,
        __input: Draft,
    ) -> impl ::core::future::Future<
        Output = ::core::result::Result<
            <Result<
                Review,
                E,
            > as ::agent_sdk::durable_task::__private::ExecutorReturn>::Output,
            ::agent_sdk::durable_task::Failure,
        >,
    > + ::core::marker::Send {
        ::core::future::pending()
    }
    #[automatically_derived]
    impl ::agent_sdk::durable_task::Activity for review
    where
        for<'__kept> Draft: ::agent_sdk::durable_task::Payload,
        for<'__kept> <Result<
            Review,
            E,
        > as ::agent_sdk::durable_task::__private::ExecutorReturn>::Output: ::agent_sdk::durable_task::Payload,
        for<'__alone> ::agent_sdk::__private::Alone<
            '__alone,
            { true },
        >: ::agent_sdk::__private::RunsAlone<review>,
    {
        const NAME: &'static ::core::primitive::str = "review";
        type Input = Draft;
        type Output = <Result<
            Review,
            E,
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
            ::core::future::pending()
        }
    }
    #[automatically_derived]
    impl ::agent_sdk::durable_task::Executor for review
    where
        for<'__kept> Draft: ::agent_sdk::durable_task::Payload,
        for<'__kept> <Result<
            Review,
            E,
        > as ::agent_sdk::durable_task::__private::ExecutorReturn>::Output: ::agent_sdk::durable_task::Payload,
        for<'__alone> ::agent_sdk::__private::Alone<
            '__alone,
            { true },
        >: ::agent_sdk::__private::RunsAlone<review>,
    {
        const NAME: &'static ::core::primitive::str = "review";
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
    impl ::agent_sdk::workflow::Node for review {
        type Input = Draft;
        type Output = <Result<
            Review,
            E,
        > as ::agent_sdk::durable_task::__private::ExecutorReturn>::Output;
        type This = Self;
        const INPUT: ::agent_sdk::__private::Codec<Draft> = {
            #[allow(unused_imports)]
            use ::agent_sdk::__private::Unkept as _;
            <::agent_sdk::__private::Codec<Draft>>::OF
        };
        const OUTPUT: ::agent_sdk::__private::Codec<
            <Result<
                Review,
                E,
            > as ::agent_sdk::durable_task::__private::ExecutorReturn>::Output,
        > = {
            #[allow(unused_imports)]
            use ::agent_sdk::__private::Unkept as _;
            <::agent_sdk::__private::Codec<
                <Result<
                    Review,
                    E,
                > as ::agent_sdk::durable_task::__private::ExecutorReturn>::Output,
            >>::OF
        };
        type Kind = ::agent_sdk::workflow::Plain;
        type Yielded = ::agent_sdk::workflow::NoYields;
        const SLOTS: &'static [&'static ::core::primitive::str] = &["Budget"];
        fn definition() -> ::agent_sdk::workflow::NodeDefinition {
            ::agent_sdk::__private::executor_node(
                    ("review", ""),
                    <Self as ::agent_sdk::workflow::Node>::INPUT,
                    <Self as ::agent_sdk::workflow::Node>::OUTPUT,
                    __run,
                )
                .reads::<Budget>()
                .definition()
        }
    }
    #[automatically_derived]
    impl ::agent_sdk::workflow::Reads<Budget> for review {
        const CODEC: ::agent_sdk::__private::Codec<Budget> = <::agent_sdk::__private::Codec<
            Budget,
        >>::OF;
    }
    #[automatically_derived]
    impl ::agent_sdk::workflow::MayRead<Budget> for review {
        const CODEC: ::agent_sdk::__private::Codec<Budget> = <::agent_sdk::__private::Codec<
            Budget,
        >>::OF;
    }
    #[automatically_derived]
    impl<__State> ::agent_sdk::workflow::InState<__State> for review
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
        use ::agent_sdk::__private::ide::executor::{reads as _, sends as _};
    }
};
