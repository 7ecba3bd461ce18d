//! A slot and a message of 1 MiB stand in the history once, however often they are read.

use agent_sdk::App;
use agent_sdk::prelude::*;
use agent_sdk::workflow::Workflow;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::stage::{Outcome, Stage, in_memory};

const MIB: usize = 1024 * 1024;
const MIB_BYTES: i64 = 1024 * 1024;
/// What a history row holds at most by itself; `docs/storage.md`.
const ROW_BYTES_MAX: i64 = 32 * 1024;

#[derive(Serialize, Deserialize, JsonSchema)]
struct Blob(String);

#[derive(Serialize, Deserialize, JsonSchema)]
struct Small(u32);

#[derive(WorkflowState)]
struct Cargo {
    blob: Blob,
    #[slot(default)]
    small: Small,
}

impl Default for Small {
    fn default() -> Self {
        Self(7)
    }
}

fn blob() -> String {
    "b".repeat(MIB)
}

#[executor(writes(Blob))]
async fn load(rounds: u32, ctx: &WorkflowContext<load>) -> Result<u32, ExecutorError> {
    ctx.set::<Blob>(Blob(blob()));
    Ok(rounds)
}

#[derive(Serialize, Deserialize, JsonSchema)]
enum Lap {
    Again(u32),
    Done(usize),
}

#[executor(reads(Blob, Small))]
async fn lap(left: u32, ctx: &WorkflowContext<lap>) -> Result<Lap, ExecutorError> {
    let length = ctx.get::<Blob>().0.len() + ctx.get::<Small>().0 as usize;
    Ok(match left {
        0 => Lap::Done(length),
        more => Lap::Again(more - 1),
    })
}

/// Reads a large slot in each superstep.
#[workflow(state = Cargo, max_supersteps = 300)]
fn laps(rounds: u32) -> usize {
    load >> lap;
    match lap {
        Lap::Again(left) => lap(left),
        Lap::Done(length) => measured(length),
    }
}

#[executor]
async fn measured(length: usize) -> Result<usize, ExecutorError> {
    Ok(length)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_slot_is_written_when_it_changes_and_not_when_it_is_read() -> Outcome {
    let app = App::builder().workflow::<laps>().build()?;
    let stage = Stage::new(app).await?;
    let mut sizes = Vec::new();
    for rounds in [10, 100] {
        let before = stage.file()?.payload_bytes()?;
        let run = stage.start(laps::NAME, &json!(rounds)).await?;
        let story = stage.story(laps::NAME, &run).await?;
        assert_eq!(story.outputs, Some(vec![json!(MIB + 7)]));
        let rows = stage.file()?.history_rows(run.as_str())?;
        assert!(rows.len() > rounds, "{} rows", rows.len());
        let inline = rows.iter().map(|(inline, _)| *inline).max();
        assert!(inline <= Some(ROW_BYTES_MAX), "{inline:?} bytes in a row");
        let large = rows.iter().filter(|(_, out_of_line)| *out_of_line > 0);
        assert_eq!(large.count(), 1, "the row with the answer that wrote it");
        sizes.push(stage.file()?.payload_bytes()? - before);
    }
    assert!(
        sizes
            .iter()
            .all(|size| (MIB_BYTES..MIB_BYTES + MIB_BYTES / 8).contains(size)),
        "{sizes:?}"
    );
    let file = stage.file()?.file_bytes()?;
    println!("2 runs with 110 reads of 1 MiB: {sizes:?} bytes out of line, a file of {file}");
    assert!(file < 6 * MIB_BYTES, "{file}");
    Ok(())
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Page(String);

#[executor]
async fn print(bytes: usize) -> Result<Page, ExecutorError> {
    Ok(Page("p".repeat(bytes)))
}

#[executor]
async fn left(page: Page) -> Result<usize, ExecutorError> {
    Ok(page.0.len())
}

#[executor]
async fn right(page: Page) -> Result<usize, ExecutorError> {
    Ok(page.0.len())
}

#[executor]
async fn add((left, right): (usize, usize)) -> Result<usize, ExecutorError> {
    Ok(left + right)
}

/// Two take the same large message.
#[workflow]
fn press(bytes: usize) -> usize {
    print >> (left, right) >> add;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_message_is_out_of_line_once_for_all_that_take_it() -> Outcome {
    let app = App::builder().workflow::<press>().build()?;
    let stage = Stage::new(app).await?;
    let run = stage.start(press::NAME, &json!(MIB)).await?;
    let story = stage.story(press::NAME, &run).await?;
    assert_eq!(story.outputs, Some(vec![json!(2 * MIB)]));
    assert_eq!(story, in_memory(press::GRAPH, &json!(MIB)).await?);
    let rows = stage.file()?.history_rows(run.as_str())?;
    let inline = rows.iter().map(|(inline, _)| *inline).max();
    assert!(inline <= Some(ROW_BYTES_MAX), "{inline:?} bytes in a row");
    let out_of_line: i64 = rows.iter().map(|(_, out_of_line)| out_of_line).sum();
    assert!(
        (MIB_BYTES..MIB_BYTES + MIB_BYTES / 8).contains(&out_of_line),
        "{out_of_line}"
    );
    Ok(())
}

#[request_port(response = u32)]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Count {
    rounds: u32,
}

#[executor(writes(Blob))]
async fn stow(rounds: u32, ctx: &WorkflowContext<stow>) -> Result<Count, ExecutorError> {
    ctx.set::<Blob>(Blob(blob()));
    Ok(Count { rounds })
}

#[executor(reads(Blob))]
async fn unload(number: u32, ctx: &WorkflowContext<unload>) -> Result<usize, ExecutorError> {
    Ok(ctx.get::<Blob>().0.len() + number as usize)
}

#[executor]
async fn items(count: u32) -> Result<Vec<u32>, ExecutorError> {
    Ok((0..count).collect())
}

#[executor]
async fn sum(lengths: Vec<usize>) -> Result<usize, ExecutorError> {
    Ok(lengths.into_iter().sum())
}

/// Many take a large slot at once, after a question.
#[workflow(state = Cargo)]
fn voyage(rounds: u32) -> usize {
    stow >> Count >> items >> each(unload) >> sum;
}

/// The process that wrote it is gone, and with it what it had at hand.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_process_reads_a_large_slot_from_the_history() -> Outcome {
    let app = || App::builder().workflow::<voyage>().build();
    let stage = Stage::new(app()?).await?;
    let run = stage.start(voyage::NAME, &json!(1)).await?;
    let asks = stage.once(voyage::NAME, &run, |status| status.pending.len() == 1);
    let id = asks.await?.pending[0].id.clone();
    let stage = stage.again(app()?).await?;
    stage.client.respond(voyage::NAME, &run, &id, "50").await?;
    let story = stage.story(voyage::NAME, &run).await?;
    let expected = 50 * MIB + (0..50).sum::<usize>();
    assert_eq!(story.outputs, Some(vec![json!(expected)]));
    let payloads = stage.file()?.payload_bytes()?;
    assert!(payloads < 2 * MIB_BYTES, "{payloads}");
    Ok(())
}
