// #[orchestrator]
// /// Publishes.
// pub async fn publish(ctx: OrchestrationContext, topic: String) -> Result<Article, OrchestrationError> { body() }

#[allow(clippy::unused_async, private_interfaces)]
/// Publishes.
pub async fn publish(
    ctx: OrchestrationContext,
    topic: String,
) -> Result<Article, OrchestrationError> {
    body()
}
#[doc(hidden)]
#[allow(dead_code, non_camel_case_types, missing_debug_implementations)]
pub struct publish {}
#[automatically_derived]
#[allow(deprecated, clippy::all, clippy::pedantic)]
impl ::agent_sdk::durable_task::Orchestrator for publish {
    const NAME: &'static ::core::primitive::str = "publish";
    type Input = String;
    type Output = <Result<
        Article,
        OrchestrationError,
    > as ::agent_sdk::durable_task::__private::OrchestratorReturn>::Output;
    fn run(
        __context: ::agent_sdk::durable_task::OrchestrationContext,
        __input: <Self as ::agent_sdk::durable_task::Orchestrator>::Input,
    ) -> impl ::core::future::Future<
        Output = ::core::result::Result<
            <Self as ::agent_sdk::durable_task::Orchestrator>::Output,
            ::agent_sdk::durable_task::OrchestrationError,
        >,
    > + 'static {
        async move {
            let __returned = publish(
                    <OrchestrationContext as ::agent_sdk::durable_task::__private::OrchestratorArgument>::from_context(
                        __context,
                    ),
                    __input,
                )
                .await;
            <Result<
                Article,
                OrchestrationError,
            > as ::agent_sdk::durable_task::__private::OrchestratorReturn>::into_outcome(
                __returned,
            )
        }
    }
}
