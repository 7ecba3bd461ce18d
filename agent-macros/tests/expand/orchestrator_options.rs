// #[orchestrator(name = "Publish", version = VERSION)]
// async fn publish(_: OrchestrationContext) -> anyhow::Result<()> { body() }

#[allow(clippy::unused_async, private_interfaces)]
async fn publish(_: OrchestrationContext) -> anyhow::Result<()> {
    body()
}
#[doc(hidden)]
#[allow(dead_code, non_camel_case_types, missing_debug_implementations)]
struct publish {}
#[automatically_derived]
#[allow(deprecated, clippy::all, clippy::pedantic)]
impl ::agent_sdk::durable_task::Orchestrator for publish {
    const NAME: &'static ::core::primitive::str = "Publish";
    const VERSION: &'static ::core::primitive::str = VERSION;
    type Input = ();
    type Output = <anyhow::Result<
        (),
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
                )
                .await;
            <anyhow::Result<
                (),
            > as ::agent_sdk::durable_task::__private::OrchestratorReturn>::into_outcome(
                __returned,
            )
        }
    }
}
#[allow(unexpected_cfgs)]
const _: () = {
    #[cfg(rust_analyzer)]
    {
        #[allow(unused_imports)]
        use ::agent_sdk::durable_task::__private::ide::orchestrator::{
            name as _, version as _,
        };
    }
};
