// #[orchestrator(version = "2")]
// async fn publish(ctx: OrchestrationContext) -> Result<(), E> { body() }

#[allow(clippy::unused_async, private_interfaces)]
async fn publish(ctx: OrchestrationContext) -> Result<(), E> {
    body()
}
#[doc(hidden)]
#[allow(dead_code, non_camel_case_types, missing_debug_implementations)]
struct publish {}
#[automatically_derived]
#[allow(deprecated, clippy::all, clippy::pedantic)]
impl ::durable_task::Orchestrator for publish {
    const NAME: &'static ::core::primitive::str = "publish";
    const VERSION: &'static ::core::primitive::str = "2";
    type Input = ();
    type Output = <Result<
        (),
        E,
    > as ::durable_task::__private::OrchestratorReturn>::Output;
    fn run(
        __context: ::durable_task::OrchestrationContext,
        __input: <Self as ::durable_task::Orchestrator>::Input,
    ) -> impl ::core::future::Future<
        Output = ::core::result::Result<
            <Self as ::durable_task::Orchestrator>::Output,
            ::durable_task::OrchestrationError,
        >,
    > + 'static {
        async move {
            let __returned = publish(
                    <OrchestrationContext as ::durable_task::__private::OrchestratorArgument>::from_context(
                        __context,
                    ),
                )
                .await;
            <Result<
                (),
                E,
            > as ::durable_task::__private::OrchestratorReturn>::into_outcome(__returned)
        }
    }
}
#[allow(unexpected_cfgs)]
const _: () = {
    #[cfg(rust_analyzer)]
    {
        #[allow(unused_imports)]
        use ::durable_task::__private::ide::orchestrator::version as _;
    }
};
