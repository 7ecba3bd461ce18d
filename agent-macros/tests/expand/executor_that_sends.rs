// #[executor(sends(Part), yields(Report))]
// async fn split(whole: Whole, ctx: &WorkflowContext<split>) -> Result<(), E> { body() }

#[allow(clippy::unused_async, private_interfaces)]
async fn split(whole: Whole, ctx: &WorkflowContext<split>) -> Result<(), E> {
    body()
}
#[doc(hidden)]
#[allow(dead_code, non_camel_case_types, missing_debug_implementations)]
struct split {}
#[allow(deprecated, clippy::all, clippy::pedantic)]
const _: () = {
    const __RESOURCE_0: ::agent_sdk::durable_task::__private::Resource<
        WorkflowContext<split>,
    > = ::agent_sdk::durable_task::__private::resource::<WorkflowContext<split>>();
    #[allow(unused_imports)]
    use ::agent_sdk::__private::OtherSlot as _;
    #[allow(unused_imports)]
    use ::agent_sdk::__private::Unkept as _;
    #[allow(unused_imports)]
    use ::agent_sdk::__private::OtherArgument as _;
    #[allow(unused_imports)]
    use ::agent_sdk::__private::PlainSlot as _;
    fn __run(
        __context: ::std::sync::Arc<::agent_sdk::workflow::WorkflowContext<split>>,
        __input: Whole,
    ) -> impl ::core::future::Future<
        Output = ::core::result::Result<(), ::agent_sdk::durable_task::Failure>,
    > + ::core::marker::Send {
        ::agent_sdk::durable_task::__private::executed(async move {
            let __value_0 = ::agent_sdk::__private::lend(&__RESOURCE_0, &__context)?;
            let __outcome = {
                let __returned = split(__input, __value_0).await;
                <Result<
                    (),
                    E,
                > as ::agent_sdk::durable_task::__private::ExecutorReturn>::into_outcome(
                    __returned,
                )
            };
            ::agent_sdk::__private::nothing(__outcome)
        })
    }
    #[automatically_derived]
    impl ::agent_sdk::durable_task::Activity for split
    where
        for<'__kept> Whole: ::agent_sdk::durable_task::Payload,
        for<'__kept> Part: ::agent_sdk::durable_task::Payload,
        for<'__alone> ::agent_sdk::__private::Alone<
            '__alone,
            { true },
        >: ::agent_sdk::__private::RunsAlone<split>,
    {
        const NAME: &'static ::core::primitive::str = "split";
        type Input = Whole;
        type Output = Part;
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
    impl ::agent_sdk::durable_task::Executor for split
    where
        for<'__kept> Whole: ::agent_sdk::durable_task::Payload,
        for<'__kept> Part: ::agent_sdk::durable_task::Payload,
        for<'__alone> ::agent_sdk::__private::Alone<
            '__alone,
            { true },
        >: ::agent_sdk::__private::RunsAlone<split>,
    {
        const NAME: &'static ::core::primitive::str = "split";
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
    impl ::agent_sdk::workflow::Node for split {
        type Input = Whole;
        type Output = Part;
        type This = Self;
        const INPUT: ::agent_sdk::__private::Codec<Whole> = {
            #[allow(unused_imports)]
            use ::agent_sdk::__private::Unkept as _;
            <::agent_sdk::__private::Codec<Whole>>::OF
        };
        const OUTPUT: ::agent_sdk::__private::Codec<Part> = {
            #[allow(unused_imports)]
            use ::agent_sdk::__private::Unkept as _;
            <::agent_sdk::__private::Codec<Part>>::OF
        };
        type Kind = ::agent_sdk::workflow::Plain;
        type Yielded = ::agent_sdk::workflow::Yields<Report>;
        const SENDS: ::core::primitive::bool = true;
        const YIELDS: ::core::primitive::bool = true;
        fn definition() -> ::agent_sdk::workflow::NodeDefinition {
            <::agent_sdk::__private::ContextProbe<
                WorkflowContext<split>,
                Self,
            >>::check();
            ::agent_sdk::__private::sender_node(
                    ("split", ""),
                    <Self as ::agent_sdk::workflow::Node>::INPUT,
                    __run,
                )
                .needs(
                    &[
                        ::agent_sdk::durable_task::__private::Resource::need(
                            &__RESOURCE_0,
                        ),
                    ],
                )
                .definition()
        }
    }
    #[automatically_derived]
    impl ::agent_sdk::workflow::Sends<Part> for split {
        const CODEC: ::agent_sdk::__private::Codec<Part> = <::agent_sdk::__private::Codec<
            Part,
        >>::OF;
    }
    #[automatically_derived]
    impl ::agent_sdk::workflow::Emits<Report> for split {
        const CODEC: ::agent_sdk::__private::Codec<Report> = <::agent_sdk::__private::Codec<
            Report,
        >>::OF;
    }
    const _: () = <Report as ::agent_sdk::__private::Yielded>::FITS;
    #[automatically_derived]
    impl<__State> ::agent_sdk::workflow::InState<__State> for split {}
};
#[allow(unexpected_cfgs)]
const _: () = {
    #[cfg(rust_analyzer)]
    {
        #[allow(unused_imports)]
        use ::agent_sdk::__private::ide::executor::{sends as _, yields as _};
    }
};
