use agent_sdk::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A document to review.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct DocumentInput {
    document_id: String,
    content: String,
}

/// What one function found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct ProcessorResult {
    processor_name: String,
    document_id: String,
    content: String,
    word_count: usize,
    char_count: usize,
    has_numbers: bool,
}

/// What all functions found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct AggregatedResults {
    document_id: String,
    content: String,
    processor_results: Vec<ProcessorResult>,
}

/// Says how the document feels.
#[agent(
    instructions = "You are a sentiment analysis expert. Say in one sentence whether the text \
                        is positive, negative or neutral, and why."
)]
struct SentimentAnalysisAgent;

/// Finds the keywords of the document.
#[agent(
    instructions = "You are a keyword extraction expert. List the five most important \
                        keywords of the text, separated by commas."
)]
struct KeywordExtractionAgent;

/// Sums both analyses up.
#[agent(instructions = "You are a summary expert. Sum the analyses up in one or two sentences.")]
struct SummaryAgent;

/// Takes the document in.
#[executor]
async fn input_router(document: DocumentInput) -> Result<DocumentInput, ExecutorError> {
    Ok(document)
}

/// Counts words and characters.
#[executor]
async fn word_count_processor(document: DocumentInput) -> Result<ProcessorResult, ExecutorError> {
    let text = &document.content;
    Ok(ProcessorResult {
        processor_name: "word_count".to_owned(),
        word_count: text.split_whitespace().count(),
        char_count: text.chars().count(),
        has_numbers: text.chars().any(|c| c.is_ascii_digit()),
        document_id: document.document_id,
        content: document.content,
    })
}

/// Counts lines, and characters without the ends of lines.
#[executor]
async fn format_analyzer_processor(
    document: DocumentInput,
) -> Result<ProcessorResult, ExecutorError> {
    let text = &document.content;
    Ok(ProcessorResult {
        processor_name: "format_analyzer".to_owned(),
        word_count: text.lines().count(),
        char_count: text.chars().filter(|c| *c != '\n').count(),
        has_numbers: text.contains('.'),
        document_id: document.document_id,
        content: document.content,
    })
}

/// Puts what the functions found together.
#[executor]
async fn aggregator(
    processor_results: Vec<ProcessorResult>,
) -> Result<AggregatedResults, ExecutorError> {
    let first = processor_results.first();
    let first = first.ok_or_else(|| ExecutorError::failed("there are no results"))?;
    Ok(AggregatedResults {
        document_id: first.document_id.clone(),
        content: first.content.clone(),
        processor_results,
    })
}

/// The agents are asked about the text alone.
#[executor]
async fn prepare_for_agents(results: AggregatedResults) -> Result<String, ExecutorError> {
    Ok(results.content)
}

/// Both analyses as one text.
#[executor]
async fn prepare_for_mixed(
    (sentiment, keywords): (AgentResponse, AgentResponse),
) -> Result<String, ExecutorError> {
    Ok(format!(
        "Sentiment Analysis: {}\n\nKeyword Extraction: {}",
        sentiment.text, keywords.text
    ))
}

/// Counts again, beside the summary.
#[executor]
async fn statistics_processor(analysis: String) -> Result<ProcessorResult, ExecutorError> {
    Ok(ProcessorResult {
        processor_name: "statistics".to_owned(),
        document_id: "analysis".to_owned(),
        word_count: analysis.split_whitespace().count(),
        char_count: analysis.chars().count(),
        has_numbers: analysis.chars().any(|c| c.is_ascii_digit()),
        content: analysis,
    })
}

/// Writes the report.
#[executor]
async fn final_report(
    (summary, statistics): (AgentResponse, ProcessorResult),
) -> Result<String, ExecutorError> {
    Ok([
        "=== Document Analysis Report ===\n".to_owned(),
        format!("\n--- {} ---", summary.executor_id),
        summary.text,
        format!("\n--- Processor: {} ---", statistics.processor_name),
        format!(
            "Words: {}, Chars: {}",
            statistics.word_count, statistics.char_count
        ),
    ]
    .join("\n"))
}

/// Reviews a document from several sides at once.
#[workflow]
fn parallel_review(document: DocumentInput) -> String {
    input_router
        >> (word_count_processor, format_analyzer_processor)
        >> aggregator
        >> prepare_for_agents
        >> (SentimentAnalysisAgent, KeywordExtractionAgent)
        >> prepare_for_mixed
        >> (statistics_processor, SummaryAgent)
        >> final_report;
}

fn main() {}
