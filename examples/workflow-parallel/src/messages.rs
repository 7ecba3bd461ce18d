//! What travels along the edges.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A document to review.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DocumentInput {
    pub document_id: String,
    pub content: String,
}

/// What one function found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProcessorResult {
    pub processor_name: String,
    pub document_id: String,
    pub content: String,
    pub word_count: usize,
    pub char_count: usize,
    pub has_numbers: bool,
}

/// What all functions found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AggregatedResults {
    pub document_id: String,
    pub content: String,
    pub processor_results: Vec<ProcessorResult>,
}
