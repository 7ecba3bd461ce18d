// #[orchestrator(versoin = "2")]
// fn publish<T>(ctx: &OrchestrationContext, topic: T) { std::fs::read(topic); }
// error: unknown option `versoin` for `#[orchestrator]`; did you mean `version`? [AGT002]
//   help: supported options are `name`, `version`
// error: orchestrator `publish` must be an `async fn` [AGT012]
//   help: write `async fn publish`
// error: orchestrator `publish` must not be generic [AGT013]
//   help: write concrete types: its input is read from a history, where no types are written
// error: an argument of orchestrator `publish` cannot be borrowed [AGT308]
//   help: write `OrchestrationContext`: an orchestrator owns its context and its input
// error: orchestrator `publish` must return a `Result` [AGT019]
//   help: add `-> Result<Output, OrchestrationError>` with the type of what it gives, or `()` for nothing
// error: `std::fs::read` touches the world, which an orchestrator leaves to executors [AGT311]
//   help: do it in an `#[executor]`, and call that with `ctx.call::<name>(input)`

#[allow(clippy::unused_async, private_interfaces)]
fn publish<T>(ctx: &OrchestrationContext, topic: T) {
    std::fs::read(topic);
}
#[doc(hidden)]
#[allow(dead_code, non_camel_case_types, missing_debug_implementations)]
struct publish {}
#[automatically_derived]
#[allow(deprecated, clippy::all, clippy::pedantic)]
impl ::agent_sdk::durable_task::Orchestrator for publish {
    const NAME: &'static ::core::primitive::str = "publish";
    type Input = ();
    type Output = ();
    fn run(
        __context: ::agent_sdk::durable_task::OrchestrationContext,
        __input: <Self as ::agent_sdk::durable_task::Orchestrator>::Input,
    ) -> impl ::core::future::Future<
        Output = ::core::result::Result<
            <Self as ::agent_sdk::durable_task::Orchestrator>::Output,
            ::agent_sdk::durable_task::OrchestrationError,
        >,
    > + 'static {
        ::core::future::pending()
    }
}
#[allow(unexpected_cfgs)]
const _: () = {
    #[cfg(rust_analyzer)]
    {
        #[allow(unused_imports)]
        use ::agent_sdk::durable_task::__private::ide::orchestrator::versoin as _;
    }
};
