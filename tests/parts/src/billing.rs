//! A workflow that is a node of others, with private nodes and state.

use agent_sdk::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::steps::{round_up, tax};

/// What is asked for.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Invoice {
    /// How much.
    pub cents: u64,
    /// By whom.
    pub customer: String,
}

/// What comes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Receipt {
    /// What is paid.
    pub cents: u64,
    /// What was said about it.
    pub note: String,
}

/// A slot: who pays.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Customer(pub String);

/// A slot: what was asked for, all together.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
pub struct Total(pub u64);

impl Total {
    /// Adds two.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

/// Asks somebody whether it is right.
#[request_port(response = bool)]
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Approve {
    /// How much.
    pub cents: u64,
}

/// Nobody else knows of it.
#[derive(WorkflowState)]
pub struct Books {
    customer: Customer,
    #[slot(default, reduce = Total::plus)]
    total: Total,
}

#[derive(Serialize, Deserialize, JsonSchema)]
enum Size {
    Small(u64),
    Large(Approve),
}

#[executor(writes(Customer, Total))]
async fn book(invoice: Invoice, ctx: &WorkflowContext<book>) -> Result<u64, ExecutorError> {
    ctx.set::<Customer>(Customer(invoice.customer));
    ctx.set::<Total>(Total(invoice.cents));
    ctx.add_event("booked", &invoice.cents);
    Ok(invoice.cents)
}

#[executor]
async fn size((taxed, rounded): (u64, u64)) -> Result<Size, ExecutorError> {
    let cents = taxed + rounded;
    Ok(if cents < 1_000 {
        Size::Small(cents)
    } else {
        Size::Large(Approve { cents })
    })
}

#[executor(reads(Customer, Total))]
async fn pay(cents: u64, ctx: &WorkflowContext<pay>) -> Result<Receipt, ExecutorError> {
    let note = format!("{} of {}", ctx.get::<Customer>().0, ctx.get::<Total>().0);
    Ok(Receipt { cents, note })
}

#[executor(reads(Customer))]
async fn settle(approved: bool, ctx: &WorkflowContext<settle>) -> Result<Receipt, ExecutorError> {
    Ok(Receipt {
        cents: 0,
        note: format!("{}: {approved}", ctx.get::<Customer>().0),
    })
}

/// Small sums are paid, large ones are asked about.
#[workflow(state = Books, description = "Settles an invoice.")]
pub fn invoice(invoice: Invoice) -> Receipt {
    book >> (tax, round_up) >> size;
    match size {
        Size::Small(cents) => pay(cents),
        Size::Large(ask) => Approve(ask) >> settle,
    }
}
