// #[executor(reads(Budget), may_read(Mail), writes(Verdict), may_write(Note), concurrency = 2, timeout = "1m")]
// /// Reviews.
// pub async fn review(draft: Draft, ctx: &WorkflowContext<review>, bank: &Bank) -> Result<Review, E> { body() }

#[allow(clippy::unused_async, private_interfaces)]
/// Reviews.
pub async fn review(
    draft: Draft,
    ctx: &WorkflowContext<review>,
    bank: &Bank,
) -> Result<Review, E> {
    body()
}
#[doc(hidden)]
#[allow(dead_code, non_camel_case_types, missing_debug_implementations)]
pub struct review {}
#[allow(deprecated, clippy::all, clippy::pedantic)]
const _: () = {
    const __RESOURCE_0: ::agent_sdk::durable_task::__private::Resource<
        WorkflowContext<review>,
    > = ::agent_sdk::durable_task::__private::resource::<WorkflowContext<review>>();
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
        ::agent_sdk::durable_task::__private::executed(async move {
            let __value_0 = ::agent_sdk::__private::lend(&__RESOURCE_0, &__context)?;
            let __value_1 = ::agent_sdk::__private::lend(&__RESOURCE_1, &__context)?;
            let __returned = review(__input, __value_0, __value_1).await;
            <Result<
                Review,
                E,
            > as ::agent_sdk::durable_task::__private::ExecutorReturn>::into_outcome(
                __returned,
            )
        })
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
        const TIMEOUT: ::core::option::Option<::core::time::Duration> = ::core::option::Option::Some(
            ::core::time::Duration::new(60u64, 0u32),
        );
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
        const DESCRIPTION: &'static ::core::primitive::str = "Reviews.";
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
        const SLOTS: &'static [&'static ::core::primitive::str] = &[
            "Budget",
            "Mail",
            "Verdict",
            "Note",
        ];
        fn definition() -> ::agent_sdk::workflow::NodeDefinition {
            <::agent_sdk::__private::ContextProbe<
                WorkflowContext<review>,
                Self,
            >>::check();
            <::agent_sdk::__private::ContextProbe<Bank, Self>>::check();
            ::agent_sdk::__private::executor_node(
                    ("review", "Reviews."),
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
                .timeout(::core::time::Duration::new(60u64, 0u32))
                .concurrency(2)
                .reads::<Budget>()
                .may_read::<Mail>()
                .writes::<Verdict>()
                .may_write::<Note>()
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
    impl ::agent_sdk::workflow::MayRead<Mail> for review {
        const CODEC: ::agent_sdk::__private::Codec<Mail> = <::agent_sdk::__private::Codec<
            Mail,
        >>::OF;
    }
    #[automatically_derived]
    impl ::agent_sdk::workflow::Writes<Verdict> for review {
        const CODEC: ::agent_sdk::__private::Codec<Verdict> = <::agent_sdk::__private::Codec<
            Verdict,
        >>::OF;
        const KEYED: ::core::option::Option<::agent_sdk::__private::KeyedSlot> = <::agent_sdk::__private::SlotProbe<
            Verdict,
        >>::KEYED;
    }
    #[automatically_derived]
    impl ::agent_sdk::workflow::Writes<Note> for review {
        const CODEC: ::agent_sdk::__private::Codec<Note> = <::agent_sdk::__private::Codec<
            Note,
        >>::OF;
        const KEYED: ::core::option::Option<::agent_sdk::__private::KeyedSlot> = <::agent_sdk::__private::SlotProbe<
            Note,
        >>::KEYED;
    }
    #[automatically_derived]
    impl<__State> ::agent_sdk::workflow::InState<__State> for review
    where
        Budget: ::agent_sdk::workflow::SlotOf<__State>,
        Mail: ::agent_sdk::workflow::SlotOf<__State>,
        Verdict: ::agent_sdk::workflow::SlotOf<__State>,
        Note: ::agent_sdk::workflow::SlotOf<__State>,
    {
        const READS: ::core::primitive::u128 = 1
            << <Budget as ::agent_sdk::workflow::SlotOf<__State>>::INDEX;
        const MAY_READ: ::core::primitive::u128 = 1
            << <Mail as ::agent_sdk::workflow::SlotOf<__State>>::INDEX;
        const WRITES: ::core::primitive::u128 = 1
            << <Verdict as ::agent_sdk::workflow::SlotOf<__State>>::INDEX;
        const MAY_WRITE: ::core::primitive::u128 = 1
            << <Note as ::agent_sdk::workflow::SlotOf<__State>>::INDEX;
    }
};
#[allow(unexpected_cfgs)]
const _: () = {
    #[cfg(rust_analyzer)]
    {
        #[allow(unused_imports)]
        use ::agent_sdk::__private::ide::executor::{
            reads as _, may_read as _, writes as _, may_write as _, concurrency as _,
            timeout as _,
        };
    }
};
