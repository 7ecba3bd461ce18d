//! What is wrong with an application.

use std::collections::BTreeMap;

use super::{AGENT_NAMES_RESERVED, AppProblem};
use crate::agent::AgentDefinition;
use crate::tool::{MissingResource, Resources};

/// The longest name of a tool or an output type, in characters.
const MODEL_NAME_CHARS_MAX: usize = 64;

/// Says which tools a provider can't hold the model to: it may then write arguments that do not
/// fit.
pub(super) fn warn_of_loose_tools(agent: &AgentDefinition) {
    for tool in &agent.tools {
        if let Some(problem) = tool.strict_problem() {
            let (agent, tool) = (agent.name.as_ref(), tool.name);
            tracing::warn!(agent, tool, %problem, "the tool is sent to models as not strict");
        }
    }
}

/// Names that are there more than once when case does not count, each as it was first written.
pub(super) fn duplicates<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut seen: BTreeMap<String, (&str, usize)> = BTreeMap::new();
    for name in names {
        seen.entry(name.to_lowercase()).or_insert((name, 0)).1 += 1;
    }
    let repeated = seen.into_values().filter(|(_, count)| *count > 1);
    repeated.map(|(name, _)| name.to_owned()).collect()
}

pub(super) fn check_agent(agent: &AgentDefinition, problems: &mut Vec<AppProblem>) {
    let name = agent.name.to_string();
    let is_reserved = |word: &&str| word.eq_ignore_ascii_case(&name);
    if AGENT_NAMES_RESERVED.iter().any(is_reserved) {
        problems.push(AppProblem::ReservedName { name: name.clone() });
    }
    let entity = crate::agent::entity_name(&name);
    let checked = durable_task::check_id(&name)
        .and_then(|()| durable_task::EntityId::new(entity, "key").map(drop));
    if let Err(source) = checked {
        problems.push(AppProblem::InvalidName {
            name: name.clone(),
            source,
        });
    }
    let limits = [
        ("model_attempts_max", agent.model_attempts_max == 0),
        ("queued_runs_max", agent.queued_runs_max == 0),
        ("timeout", agent.timeout.is_zero()),
    ];
    for (limit, _) in limits.into_iter().filter(|(_, is_zero)| *is_zero) {
        let agent = name.clone();
        problems.push(AppProblem::ZeroLimit { agent, limit });
    }
    if let Some(output) = agent
        .output
        .as_ref()
        .filter(|output| !is_model_name(&output.name))
    {
        problems.push(AppProblem::InvalidOutputName {
            agent: name,
            name: output.name.clone(),
        });
    }
}

pub(super) fn check_tools(
    agent: &AgentDefinition,
    resources: &Resources,
    problems: &mut Vec<AppProblem>,
) {
    for tool in &agent.tools {
        if !is_model_name(tool.name) {
            problems.push(AppProblem::InvalidToolName {
                agent: agent.name.to_string(),
                tool: tool.name.to_owned(),
            });
        }
        if let Some(source) = tool.strict_problem().filter(|_| tool.strict) {
            problems.push(AppProblem::NotStrict {
                agent: agent.name.to_string(),
                tool: tool.name.to_owned(),
                problem: source.to_string(),
            });
        }
        for need in resources.missing(&tool.needs) {
            problems.push(AppProblem::MissingResource(MissingResource {
                needed_by: format!("tool `{}` of agent `{}`", tool.name, agent.name),
                type_name: (need.type_name)(),
            }));
        }
    }
    let mut seen = BTreeMap::new();
    for tool in &agent.tools {
        let count = seen.entry(tool.name).or_insert(0_usize);
        *count += 1;
        if *count == 2 {
            problems.push(AppProblem::DuplicateTool {
                agent: agent.name.to_string(),
                tool: tool.name.to_owned(),
            });
        }
    }
}

/// `[a-zA-Z0-9_-]{1,64}`: what every provider takes as the name of a tool or a schema.
fn is_model_name(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    !name.is_empty() && name.len() <= MODEL_NAME_CHARS_MAX && name.bytes().all(is_allowed)
}
