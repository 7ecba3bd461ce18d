//! Parts of a library: its executors, slots, port and workflow in the graphs of an application.

use agent_sdk::App;
use agent_sdk::testing::WorkflowRunner;
use agent_sdk::workflow::Workflow;
use serde_json::{Value, json};
use workflow_parts::{Approve, Customer, Invoice, Receipt, Total, invoice, steps};

use super::stage::{Outcome, Stage};

mod kit {
    pub use workflow_parts::sdk;
}

use kit::sdk::prelude::*;

workflow_parts::shorten!(cut, 12);

/// Slots of the library beside others.
#[derive(WorkflowState)]
struct Desk {
    who: Customer,
    #[slot(default, reduce = Total::plus)]
    sum: Total,
}

#[executor(writes(Customer))]
async fn open(order: Invoice, ctx: &WorkflowContext<open>) -> Result<Invoice, ExecutorError> {
    ctx.set::<Customer>(Customer(format!("our {}", order.customer)));
    Ok(order)
}

#[executor(reads(Customer, Total))]
async fn close(
    (cents, note): (u64, String),
    ctx: &WorkflowContext<close>,
) -> Result<Receipt, ExecutorError> {
    let note = format!(
        "{note}; {}, {}",
        ctx.get::<Customer>().0,
        ctx.get::<Total>().0
    );
    Ok(Receipt { cents, note })
}

#[executor]
async fn price(order: Invoice) -> Result<u64, ExecutorError> {
    Ok(order.cents)
}

/// The library's workflow as a node, beside one of its executors.
#[workflow(state = Desk)]
fn order(order: Invoice) -> Receipt {
    open >> (price >> steps::add_up >> steps::tax, invoice >> cut) >> close;
}

/// The library's port as a node, and a second way to it.
#[workflow(crate = kit::sdk)]
fn ask(question: Approve) -> bool {
    Approve;
}

fn given(cents: u64) -> Value {
    json!({"cents": cents, "customer": "Ann"})
}

fn app() -> Outcome<App> {
    let app = App::builder().workflow::<order>().workflow::<ask>();
    Ok(app.workflow::<invoice>().build()?)
}

#[tokio::test]
async fn the_parts_of_a_library_run_in_memory() -> Outcome {
    let runner = WorkflowRunner::<order>::new().answer::<Approve>(|asked| asked.cents < 5_000);
    for (cents, expected) in [
        (300, (30, "Ann of 300; our Ann, 300")),
        (3_000, (300, "Ann: true; our Ann, 3000")),
        (9_000, (900, "Ann: false; our Ann, 9000")),
    ] {
        let customer = String::from("Ann");
        let receipt = runner.run(Invoice { cents, customer }).await?;
        assert_eq!((receipt.cents, receipt.note.as_str()), expected);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_parts_of_a_library_run_on_a_hub() -> Outcome {
    let stage = Stage::new(app()?).await?;
    let story = stage.run(order::NAME, &given(300)).await?;
    let expected = json!({"cents": 30, "note": "Ann of 300; our Ann, 300"});
    assert_eq!(story.outputs, Some(vec![expected]));
    // By itself.
    let story = stage.run(invoice::NAME, &given(300)).await?;
    let expected = json!({"cents": 330, "note": "Ann of 300"});
    assert_eq!(story.outputs, Some(vec![expected]));
    let booked = story.of_kind("custom");
    assert_eq!(
        (&booked[0]["name"], &booked[0]["data"]),
        (&json!("booked"), &json!(300))
    );
    // Its question is asked through the workflow around it.
    let run = stage.start(order::NAME, &given(3_000)).await?;
    let asks = stage.once(order::NAME, &run, |status| status.pending.len() == 1);
    let id = asks.await?.pending[0].id.clone();
    assert_eq!(id, "invoice~0~Approve-0");
    stage.client.respond(order::NAME, &run, &id, "true").await?;
    let story = stage.story(order::NAME, &run).await?;
    let expected = json!({"cents": 300, "note": "Ann: true; our Ann, 3000"});
    assert_eq!(story.outputs, Some(vec![expected]));
    let run = stage.start(ask::NAME, &json!({"cents": 1})).await?;
    let asks = stage.once(ask::NAME, &run, |status| status.pending.len() == 1);
    let id = asks.await?.pending[0].id.clone();
    stage.client.respond(ask::NAME, &run, &id, "false").await?;
    assert_eq!(
        stage.story(ask::NAME, &run).await?.outputs,
        Some(vec![json!(false)])
    );
    Ok(())
}

#[test]
fn a_workflow_knows_where_its_nodes_are_from() -> Outcome {
    let manifest = app()?.manifest();
    let order = &manifest["workflows"].as_array().ok_or("no list")?[2];
    let nodes: Vec<&str> = order["nodes"]
        .as_array()
        .ok_or("no nodes")?
        .iter()
        .filter_map(|node| node["id"].as_str())
        .collect();
    assert_eq!(
        nodes,
        ["open", "price", "add_up", "tax", "invoice", "cut", "close"]
    );
    Ok(())
}
