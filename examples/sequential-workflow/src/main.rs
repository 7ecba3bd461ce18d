//! Three workflows of functions: an order is cancelled, its status is told, a batch is cancelled.
//!
//! `cargo run -p sequential-workflow` serves them on port 7071.

use agent_host::{FunctionApp, HostError};
use agent_sdk::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An order.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Order {
    id: String,
    customer: String,
    email: String,
    status: String,
    date: String,
    cancelled: bool,
}

/// Several orders to cancel.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct BatchCancelRequest {
    order_ids: Vec<String>,
    reason: String,
    notify_customers: bool,
}

/// How many orders of how many were cancelled.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct BatchCancelResult {
    total: usize,
    cancelled: usize,
    reason: String,
}

/// Finds an order.
#[executor]
async fn order_lookup(order_id: String) -> Result<Order, ExecutorError> {
    Ok(Order {
        id: order_id,
        customer: "Jerry".to_owned(),
        email: "jerry@example.com".to_owned(),
        status: "Active".to_owned(),
        date: "2026-01-15".to_owned(),
        cancelled: false,
    })
}

/// Cancels it.
#[executor]
async fn order_cancel(order: Order) -> Result<Order, ExecutorError> {
    Ok(Order {
        status: "Cancelled".to_owned(),
        cancelled: true,
        ..order
    })
}

/// Tells the customer.
#[executor]
async fn send_email(order: Order) -> Result<String, ExecutorError> {
    Ok(format!(
        "Cancellation email sent for order {} to {}.",
        order.id, order.email
    ))
}

/// Tells where an order stands.
#[executor]
async fn status_report(order: Order) -> Result<String, ExecutorError> {
    Ok(format!(
        "Order {} for {}: Status={}, Date={}",
        order.id, order.customer, order.status, order.date
    ))
}

/// Cancels a batch.
#[executor]
async fn batch_cancel_processor(
    request: BatchCancelRequest,
) -> Result<BatchCancelResult, ExecutorError> {
    let total = request.order_ids.len();
    Ok(BatchCancelResult {
        total,
        cancelled: total,
        reason: request.reason,
    })
}

/// Sums the batch up.
#[executor]
async fn batch_cancel_summary(result: BatchCancelResult) -> Result<String, ExecutorError> {
    Ok(format!(
        "Batch cancellation complete: {}/{} orders cancelled. Reason: {}",
        result.cancelled, result.total, result.reason
    ))
}

/// Cancels an order and tells the customer.
#[workflow(name = "CancelOrder")]
fn cancel_order(order_id: String) -> String {
    order_lookup >> order_cancel >> send_email;
}

/// Tells where an order stands.
#[workflow(name = "OrderStatus")]
fn order_status(order_id: String) -> String {
    order_lookup >> status_report;
}

/// Cancels several orders.
#[workflow(name = "BatchCancelOrders")]
fn batch_cancel_orders(request: BatchCancelRequest) -> String {
    batch_cancel_processor >> batch_cancel_summary;
}

fn main() -> Result<(), HostError> {
    FunctionApp::new()
        .workflow::<cancel_order>()
        .workflow::<order_status>()
        .workflow::<batch_cancel_orders>()
        .run()
}
