// #[orchestrator(crate = sdk)]
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
impl sdk::durable_task::Orchestrator for publish {
    const NAME: &'static ::core::primitive::str = "publish";
    type Input = ();
    type Output = <Result<
        (),
        E,
    > as sdk::durable_task::__private::OrchestratorReturn>::Output;
    fn run(
        __context: sdk::durable_task::OrchestrationContext,
        __input: <Self as sdk::durable_task::Orchestrator>::Input,
    ) -> impl ::core::future::Future<
        Output = ::core::result::Result<
            <Self as sdk::durable_task::Orchestrator>::Output,
            sdk::durable_task::OrchestrationError,
        >,
    > + 'static {
        async move {
            let __returned = publish(
                    <OrchestrationContext as sdk::durable_task::__private::OrchestratorArgument>::from_context(
                        __context,
                    ),
                )
                .await;
            <Result<
                (),
                E,
            > as sdk::durable_task::__private::OrchestratorReturn>::into_outcome(
                __returned,
            )
        }
    }
}
