//! An expense is reimbursed after three approvals: the manager's first, then those of budget and
//! compliance, which are open at the same time.
//!
//! `cargo run -p workflow-hitl-ports` serves it on port 7071.

use agent_host::{FunctionApp, HostError};
use agent_sdk::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An expense, as the manager is asked about it.
#[request_port(response = ApprovalResponse)]
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ManagerApproval {
    expense_id: String,
    amount: f64,
    employee_name: String,
}

/// The same, as those are asked who look after the budget.
#[request_port(response = ApprovalResponse)]
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct BudgetApproval {
    expense_id: String,
    amount: f64,
}

/// The same, as those are asked who look after the rules.
#[request_port(response = ApprovalResponse)]
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ComplianceApproval {
    expense_id: String,
    employee_name: String,
}

/// An answer.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ApprovalResponse {
    approved: bool,
    #[serde(default)]
    comments: Option<String>,
}

/// The expense that is worked on.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Expense {
    id: String,
    amount: f64,
    employee: String,
}

/// The state of a run.
#[derive(WorkflowState)]
struct Reimbursement {
    expense: Expense,
}

impl From<Expense> for BudgetApproval {
    fn from(expense: Expense) -> Self {
        Self {
            expense_id: expense.id,
            amount: expense.amount,
        }
    }
}

impl From<Expense> for ComplianceApproval {
    fn from(expense: Expense) -> Self {
        Self {
            expense_id: expense.id,
            employee_name: expense.employee,
        }
    }
}

/// Finds the expense.
#[executor(writes(Expense))]
async fn retrieve_request(
    expense_id: String,
    ctx: &WorkflowContext<retrieve_request>,
) -> Result<ManagerApproval, ExecutorError> {
    let expense = Expense {
        id: expense_id,
        amount: 1500.0,
        employee: "Jerry".to_owned(),
    };
    ctx.set::<Expense>(expense.clone());
    Ok(ManagerApproval {
        expense_id: expense.id,
        amount: expense.amount,
        employee_name: expense.employee,
    })
}

/// Goes on if the manager agrees.
#[executor(reads(Expense))]
async fn prepare_finance_review(
    answer: ApprovalResponse,
    ctx: &WorkflowContext<prepare_finance_review>,
) -> Result<Expense, ExecutorError> {
    if answer.approved {
        Ok(ctx.get::<Expense>())
    } else {
        Err(ExecutorError::failed("Expense reimbursement denied by manager.").non_retriable())
    }
}

/// Pays if both agree.
#[executor(reads(Expense))]
async fn reimburse(
    (budget, compliance): (ApprovalResponse, ApprovalResponse),
    ctx: &WorkflowContext<reimburse>,
) -> Result<String, ExecutorError> {
    let expense = ctx.get::<Expense>();
    Ok(if budget.approved && compliance.approved {
        format!(
            "Expense {} reimbursed: {:.2} to {}.",
            expense.id, expense.amount, expense.employee
        )
    } else {
        format!("Expense {} was not approved.", expense.id)
    })
}

/// From the expense to the money.
#[workflow(name = "ExpenseReimbursement", state = Reimbursement)]
fn expense_reimbursement(expense_id: String) -> String {
    retrieve_request
        >> ManagerApproval
        >> prepare_finance_review
        >> (BudgetApproval, ComplianceApproval)
        >> reimburse;
}

fn main() -> Result<(), HostError> {
    FunctionApp::new().workflow::<expense_reimbursement>().run()
}
