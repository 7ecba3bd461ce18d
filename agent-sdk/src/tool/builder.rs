//! Puts a tool together from what `#[tool]` found in a function.

use std::time::Duration;

use super::argument::{Argument, Resource};
use super::schema::Parameters;
use super::{ResourceNeed, ToolDefinition, ToolError, ToolFn};

/// A tool in the making.
#[derive(Debug)]
pub struct ToolBuilder {
    name: &'static str,
    description: &'static str,
    parameters: Parameters,
    needs: Vec<ResourceNeed>,
    timeout: Option<Duration>,
    strict: bool,
    run: ToolFn,
}

impl ToolBuilder {
    /// A tool without arguments.
    pub fn new(name: &'static str, description: &'static str, run: ToolFn) -> Self {
        Self {
            name,
            description,
            parameters: Parameters::new(),
            needs: Vec::new(),
            timeout: None,
            strict: false,
            run,
        }
    }

    /// Stands in for a tool whose attribute reported errors, so that those who use it report none.
    pub fn invalid(name: &'static str) -> ToolDefinition {
        let run: ToolFn =
            |_, _| Box::pin(async { Err(ToolError::failed("the tool did not compile")) });
        Self::new(name, "", run).finish()
    }

    /// Adds an argument that the model writes.
    #[must_use]
    pub fn argument<T>(mut self, argument: &Argument<T>) -> Self {
        argument.describe(&mut self.parameters);
        self
    }

    /// Adds an argument that the application lends.
    #[must_use]
    pub fn resource<T: ?Sized + 'static>(mut self, resource: &Resource<T>) -> Self {
        if let Some(need) = resource.need() {
            let type_id = (need.type_id)();
            if self.needs.iter().all(|other| (other.type_id)() != type_id) {
                self.needs.push(need);
            }
        }
        self
    }

    /// Limits one call.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Demands a schema that fits strict mode.
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    /// The tool.
    pub fn finish(self) -> ToolDefinition {
        ToolDefinition {
            name: self.name,
            description: self.description,
            parameters: self.parameters.finish(),
            strict: self.strict,
            needs: self.needs,
            timeout: self.timeout,
            run: self.run,
        }
    }
}
