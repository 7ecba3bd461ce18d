//! Fan-out and fan-in: many steps at once, then one result of all.

use agent_sdk::prelude::*;

#[orchestrator]
pub async fn count_words(
    ctx: OrchestrationContext,
    pages: Vec<String>,
) -> Result<usize, OrchestrationError> {
    let calls: Vec<_> = pages
        .into_iter()
        .map(|page| ctx.call::<words_of>(page))
        .collect();
    let mut total = 0;
    // The results are in the order of the calls, whichever ends first.
    for words in ctx.join_all(calls).await {
        total += words?;
    }
    Ok(total)
}

#[executor]
pub async fn words_of(page: String) -> Result<usize, ExecutorError> {
    Ok(page.split_whitespace().count())
}
