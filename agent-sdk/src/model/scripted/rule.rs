//! One rule of a script: when it applies, what it calls, what it answers.

use serde_json::Value;

use super::{ScriptedModel, ScriptedTurn};

type Condition = Box<dyn Fn(&ScriptedTurn<'_>) -> bool + Send + Sync>;
type Calls = Box<dyn Fn(&ScriptedTurn<'_>) -> Vec<(String, Value)> + Send + Sync>;
type Answer = Box<dyn Fn(&ScriptedTurn<'_>) -> String + Send + Sync>;

/// A finished rule.
pub(super) struct Rule {
    condition: Condition,
    rounds: Vec<Vec<Calls>>,
    answer: Answer,
}

impl Rule {
    pub(super) fn applies(&self, asked: &ScriptedTurn<'_>) -> bool {
        (self.condition)(asked)
    }

    /// The calls of the round that is due; none if it is time to answer.
    pub(super) fn calls(&self, turn: &ScriptedTurn<'_>) -> Vec<(String, Value)> {
        let round = self.rounds.get(turn.rounds_done()).into_iter().flatten();
        round.flat_map(|calls| calls(turn)).collect()
    }

    pub(super) fn text(&self, turn: &ScriptedTurn<'_>) -> String {
        (self.answer)(turn)
    }
}

/// A rule of a [`ScriptedModel`] in the making; an answer finishes it.
///
/// Tools named one after the other are called at the same time; [`then`](Self::then) waits for
/// their results first.
///
/// ```
/// use agent_sdk::model::ScriptedModel;
/// use serde_json::json;
///
/// let model = ScriptedModel::new()
///     .when(|turn| turn.mentions("order"))
///     .call("find_customer", |turn| json!({ "name": turn.text_after("for") }))
///     .call("find_stock", |_| json!({}))
///     .then()
///     .call("place_order", |turn| {
///         json!({ "customer": turn.tool_result("find_customer")["id"] })
///     })
///     .answer(|turn| format!("Done: {}", turn.tool_text("place_order")));
/// ```
#[must_use = "a rule becomes part of the script with its answer"]
pub struct ScriptedRule {
    model: ScriptedModel,
    condition: Condition,
    done: Vec<Vec<Calls>>,
    round: Vec<Calls>,
}

impl ScriptedRule {
    pub(super) fn new(model: ScriptedModel, condition: Condition) -> Self {
        Self {
            model,
            condition,
            done: Vec::new(),
            round: Vec::new(),
        }
    }

    /// Calls a tool with the arguments that the closure makes.
    pub fn call(
        self,
        name: impl Into<String>,
        arguments: impl Fn(&ScriptedTurn<'_>) -> Value + Send + Sync + 'static,
    ) -> Self {
        let name = name.into();
        self.calls(move |turn| vec![(name.clone(), arguments(turn))])
    }

    /// Calls as many tools as the closure says, each by its name with its arguments. A round in
    /// which nothing is called ends the rule's calls.
    pub fn calls(
        mut self,
        calls: impl Fn(&ScriptedTurn<'_>) -> Vec<(String, Value)> + Send + Sync + 'static,
    ) -> Self {
        self.round.push(Box::new(calls));
        self
    }

    /// Waits for the results of the calls so far: what is called after it can use them.
    pub fn then(mut self) -> Self {
        if !self.round.is_empty() {
            self.done.push(std::mem::take(&mut self.round));
        }
        self
    }

    /// Answers with text, when all tools have given their results.
    #[must_use]
    pub fn answer<A: Into<String>>(
        self,
        answer: impl Fn(&ScriptedTurn<'_>) -> A + Send + Sync + 'static,
    ) -> ScriptedModel {
        let rule = self.then();
        let mut model = rule.model;
        model.rules.push(Rule {
            condition: rule.condition,
            rounds: rule.done,
            answer: Box::new(move |turn| answer(turn).into()),
        });
        model
    }

    /// Answers with JSON, for an agent whose answers are values.
    #[must_use]
    pub fn answer_json(
        self,
        answer: impl Fn(&ScriptedTurn<'_>) -> Value + Send + Sync + 'static,
    ) -> ScriptedModel {
        self.answer(move |turn| answer(turn).to_string())
    }
}

impl std::fmt::Debug for ScriptedRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScriptedRule")
            .field("model", &self.model)
            .finish_non_exhaustive()
    }
}
