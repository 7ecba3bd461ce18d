use durable_task::testing::{HistoryBuilder, TestOrchestration};
use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use durable_task::wire::proto::send_entity_message_action::EntityMessageType as Message;
use durable_task::wire::proto::{
    EntityLockGrantedEvent, EntityOperationCalledEvent, EntityOperationCompletedEvent,
    EntityOperationFailedEvent, OrchestratorAction,
};
use durable_task::{Registry, Timestamp};
use serde_json::json;

use super::*;
use crate::agent::turn::{Completion, success_result};
use crate::agent::{AgentDefinition, CorrelationId, SessionId, fixture};
use crate::durable::{RUN_ORCHESTRATION, RunRequest};
use crate::model::{ChatMessage, Content, FinishReason, ModelError, ModelResponse, Usage};

const SECOND: Duration = Duration::from_secs(1);

fn plan(change: impl FnOnce(&mut AgentDefinition)) -> RunPlan {
    let mut joker = AgentDefinition::new("Joker");
    joker.tools = vec![fixture::tool("look")];
    change(&mut joker);
    let request = RunRequest {
        created_at: Timestamp::EPOCH,
        ..RunRequest::new("Joker", "Hi")
            .in_session(SessionId::new("s").unwrap())
            .correlated(CorrelationId::new("c").unwrap())
    };
    RunPlan::new(request, &joker)
}

/// A run that is played by hand.
struct Play {
    run: TestOrchestration,
    /// What the last episode asked for.
    actions: Vec<OrchestratorAction>,
}

impl Play {
    fn start(recorded: &RunPlan, warm: bool) -> Self {
        let mut registry = Registry::new();
        registry
            .orchestrator_fn(RUN_ORCHESTRATION, "", agent_run)
            .unwrap();
        let start = HistoryBuilder::new(RUN_ORCHESTRATION, "run-1", recorded);
        let run = if warm {
            TestOrchestration::start_warm(&registry, start)
        } else {
            TestOrchestration::start(&registry, start)
        };
        let actions = run.actions().to_vec();
        Self { run, actions }
    }

    /// Starts a run and grants it the session.
    fn locked(recorded: &RunPlan, warm: bool) -> Self {
        let mut play = Self::start(recorded, warm);
        assert_eq!(play.asked(), ["lock"]);
        let Action::SendEntityMessage(message) = play.kind(0) else {
            panic!("a lock request");
        };
        let Some(Message::EntityLockRequested(lock)) = message.entity_message_type else {
            panic!("a lock request");
        };
        assert_eq!(lock.lock_set, ["@dafx-joker@s"]);
        let granted = EntityLockGrantedEvent {
            critical_section_id: lock.critical_section_id,
        };
        play.hear(|events| events.event(-1, EventType::EntityLockGranted(granted)));
        play
    }

    fn hear(&mut self, add: impl FnOnce(HistoryBuilder) -> HistoryBuilder) {
        self.actions = self.run.episode(SECOND, add).to_vec();
    }

    fn kind(&self, index: usize) -> Action {
        self.actions[index]
            .orchestrator_action_type
            .clone()
            .unwrap()
    }

    /// What the last episode asked for, in short.
    fn asked(&self) -> Vec<String> {
        let short = |action: &OrchestratorAction| match action.orchestrator_action_type.as_ref() {
            Some(Action::ScheduleTask(task)) => task.name.clone(),
            Some(Action::CreateTimer(_)) => String::from("timer"),
            Some(Action::CompleteOrchestration(_)) => String::from("complete"),
            Some(Action::SendEntityMessage(message)) => match &message.entity_message_type {
                Some(Message::EntityLockRequested(_)) => String::from("lock"),
                Some(Message::EntityUnlockSent(_)) => String::from("unlock"),
                Some(Message::EntityOperationCalled(call)) => call.operation.clone(),
                other => format!("{other:?}"),
            },
            other => format!("{other:?}"),
        };
        self.actions.iter().map(short).collect()
    }

    /// The input of the activity at that place of the last episode.
    fn input(&self, index: usize) -> Value {
        let Action::ScheduleTask(task) = self.kind(index) else {
            panic!("an activity");
        };
        serde_json::from_str(&task.input.unwrap()).unwrap()
    }

    /// The model answers its last call, which is the first action of the last episode.
    fn model_says(&mut self, contents: Vec<Content>) {
        let output = ModelOutput::Completed(Box::new(completion(contents)));
        let id = self.actions[0].id;
        self.hear(|events| events.task_completed(id, &output));
    }

    fn model_fails(&mut self, error: &ModelError) {
        let id = self.actions[0].id;
        let failure = Failure::from(RunFailure::from(error));
        self.hear(|events| events.task_failed(id, failure));
    }

    fn call(&self) -> EntityOperationCalledEvent {
        let Action::SendEntityMessage(message) = self.kind(0) else {
            panic!("an entity call");
        };
        match message.entity_message_type {
            Some(Message::EntityOperationCalled(call)) => call,
            other => panic!("an entity call, not {other:?}"),
        }
    }

    /// The turn that the run wants to append.
    fn appended(&self) -> Turn {
        serde_json::from_str(&self.call().input.unwrap()).unwrap()
    }

    fn session_answers(&mut self, message_count: usize) {
        let done = EntityOperationCompletedEvent {
            request_id: self.call().request_id,
            output: Some(json!({ "message_count": message_count }).to_string()),
        };
        self.hear(|events| events.event(-1, EventType::EntityOperationCompleted(done)));
    }

    fn answer(&self) -> RunAnswer {
        serde_json::from_value(self.run.result().unwrap().unwrap()).unwrap()
    }

    fn failure(&self) -> RunFailure {
        RunFailure::from(&self.run.result().unwrap().unwrap_err())
    }
}

fn completion(contents: Vec<Content>) -> Completion {
    Completion {
        response: ModelResponse {
            message: ChatMessage {
                role: Role::Assistant,
                contents,
                author: None,
            },
            usage: Usage::default(),
            finish_reason: FinishReason::Stop,
            model: None,
        },
        output_problem: None,
    }
}

fn text(text: &str) -> Vec<Content> {
    vec![Content::Text { text: text.into() }]
}

fn look(id: &str, arguments: &str) -> Content {
    Content::ToolCall {
        call_id: id.into(),
        name: "look".into(),
        arguments: arguments.into(),
    }
}

fn down() -> ModelError {
    ModelError::Network {
        provider: "p",
        message: "no line".into(),
    }
}

/// Both ways to run an episode: with the live future, and replayed.
const WAYS: [bool; 2] = [true, false];

#[test]
fn a_plain_turn_is_lock_model_append_release() {
    for warm in WAYS {
        let mut play = Play::locked(&plan(|_| {}), warm);
        assert_eq!(play.asked(), ["agent-model", "timer"]);
        let input = play.input(0);
        assert_eq!(input["agent"], "Joker");
        assert_eq!(
            input["messages"].as_array().unwrap().len(),
            1,
            "this turn only"
        );
        play.model_says(text("Ha."));
        assert_eq!(play.asked(), ["append"]);
        let turn = play.appended();
        assert_eq!(turn.request.correlation_id.as_deref(), Some("c"));
        assert_eq!(turn.request.response_type.as_deref(), Some("text"));
        assert_eq!(
            turn.response.messages[0].author_name.as_deref(),
            Some("Joker")
        );
        play.session_answers(6);
        assert_eq!(play.asked(), ["unlock", "complete"]);
        let answer = play.answer();
        assert_eq!((answer.text.as_str(), answer.message_count), ("Ha.", 6));
    }
}

#[test]
fn a_tool_round_is_one_more_pair_of_steps() {
    for warm in WAYS {
        let mut play = Play::locked(&plan(|_| {}), warm);
        play.model_says(vec![look("a", r#"{"n":1}"#), look("b", r#"{"n":2}"#)]);
        assert_eq!(play.asked(), ["agent-tool", "agent-tool"]);
        assert_eq!(play.input(1)["arguments"], json!({"n": 2}));
        let ids: Vec<i32> = play.actions.iter().map(|action| action.id).collect();
        // The second result comes first.
        play.hear(|events| events.task_completed(ids[1], &success_result(json!("two"))));
        assert_eq!(play.asked(), Vec::<String>::new());
        play.hear(|events| events.task_completed(ids[0], &success_result(json!("one"))));
        assert_eq!(play.asked(), ["agent-model"]);
        assert_eq!(play.input(0)["messages"].as_array().unwrap().len(), 4);
        play.model_says(text("Both."));
        let messages = play.appended().response.messages;
        assert_eq!(messages.len(), 4);
        play.session_answers(2);
        let results: Vec<Value> = play
            .answer()
            .tool_results
            .into_iter()
            .map(|record| record.result["result"].clone())
            .collect();
        assert_eq!(results, [json!("one"), json!("two")]);
    }
}

#[test]
fn tools_follow_each_other_where_the_agent_says_so() {
    let mut play = Play::locked(&plan(|joker| joker.parallel_tool_calls = false), false);
    play.model_says(vec![look("a", r#"{"n":1}"#), look("b", r#"{"n":2}"#)]);
    assert_eq!(play.asked(), ["agent-tool"]);
    let first = play.actions[0].id;
    play.hear(|events| events.task_completed(first, &json!(1)));
    assert_eq!(play.asked(), ["agent-tool"]);
}

#[test]
fn a_tool_step_that_fails_is_told_to_the_model() {
    let mut play = Play::locked(&plan(|_| {}), false);
    play.model_says(vec![look("a", "{}")]);
    let id = play.actions[0].id;
    play.hear(|events| events.task_failed(id, Failure::new("Panic", "no worker")));
    let told = &play.input(0)["messages"][2]["contents"][0]["result"];
    assert_eq!(
        *told,
        json!({"error": "Tool 'look' failed: no worker", "status": "error"})
    );
}

#[test]
fn a_stored_answer_ends_the_run_without_a_turn() {
    let mut play = Play::locked(&plan(|_| {}), false);
    let stored = RunAnswer {
        text: "Ha.".into(),
        message_count: 4,
        usage: Usage::default(),
        finish_reason: FinishReason::Stop,
        tool_results: Vec::new(),
        structured: None,
        max_rounds_reached: false,
    };
    let id = play.actions[0].id;
    let output = ModelOutput::Stored(Box::new(stored.clone()));
    play.hear(|events| events.task_completed(id, &output));
    assert_eq!(play.asked(), ["unlock", "complete"]);
    assert_eq!(play.answer(), stored);
}

#[test]
fn a_failed_model_call_is_repeated_after_a_pause_and_then_fails_the_run() {
    for warm in WAYS {
        let mut play = Play::locked(&plan(|joker| joker.model_attempts_max = 2), warm);
        play.model_fails(&down());
        assert_eq!(play.asked(), ["timer"]);
        let timer = play.actions[0].id;
        play.hear(|events| events.timer_fired(timer));
        assert_eq!(play.asked(), ["agent-model"]);
        play.model_fails(&down());
        assert_eq!(play.asked(), ["append"]);
        let error = play.appended().response.error_info().unwrap();
        assert_eq!(error.code.as_deref(), Some("network"));
        play.session_answers(2);
        assert_eq!(play.asked(), ["unlock", "complete"]);
        assert_eq!(play.failure(), RunFailure::from(&down()));
    }
}

#[test]
fn the_deadline_counts_from_the_lock_and_fails_the_run() {
    for warm in WAYS {
        let mut play = Play::locked(&plan(|joker| joker.timeout = SECOND), warm);
        let timer = play.actions[1].id;
        play.hear(|events| events.timer_fired(timer));
        assert_eq!(play.asked(), ["append"]);
        play.session_answers(2);
        assert_eq!(play.failure().error_type, RunFailure::RUN_TIMEOUT);
    }
}

#[test]
fn an_answer_that_can_not_be_kept_fails_the_run_and_frees_the_session() {
    let mut play = Play::locked(&plan(|_| {}), false);
    play.model_says(text("Ha."));
    let failed = EntityOperationFailedEvent {
        request_id: play.call().request_id,
        failure_details: Some(
            Failure::from(RunFailure::new(RunFailure::SESSION, "unreadable")).into(),
        ),
    };
    play.hear(|events| events.event(-1, EventType::EntityOperationFailed(failed)));
    assert_eq!(play.asked(), ["unlock", "complete"]);
    assert_eq!(
        play.failure(),
        RunFailure::new(RunFailure::SESSION, "unreadable")
    );
}

#[test]
fn a_failure_that_can_not_be_noted_is_told_all_the_same() {
    let refused = ModelError::Auth {
        provider: "p",
        message: "no key".into(),
    };
    let mut play = Play::locked(&plan(|_| {}), false);
    play.model_fails(&refused);
    let failed = EntityOperationFailedEvent {
        request_id: play.call().request_id,
        failure_details: Some(Failure::new("X", "unreadable").into()),
    };
    play.hear(|events| events.event(-1, EventType::EntityOperationFailed(failed)));
    assert_eq!(play.failure().error_type, "auth");
}

#[test]
fn a_typed_answer_that_does_not_fit_twice_fails_the_run() {
    let typed = plan(|joker| {
        joker.output = Some(crate::agent::OutputSchema {
            name: "Plan".into(),
            schema: json!({}),
        });
    });
    let mut play = Play::locked(&typed, false);
    play.model_says(text("soon"));
    assert_eq!(play.asked(), ["agent-model"]);
    play.model_says(text("later"));
    assert_eq!(play.asked(), ["append"]);
    play.session_answers(2);
    let failure = play.failure();
    assert_eq!(
        (failure.error_type.as_str(), failure.retryable),
        ("invalid_output", true)
    );
}

#[test]
fn pauses_double_and_obey_the_provider() {
    let mut failure = RunFailure::new("rate_limit", "slow down").retryable();
    let pauses = |failure: &RunFailure| {
        [1, 2, 3, 6, 40].map(|attempt| retry_pause(failure, attempt).map(|p| p.as_secs()))
    };
    assert_eq!(pauses(&failure), [1, 2, 4, 30, 30].map(Some));
    failure.retry_after = Some(Duration::from_secs(3));
    assert_eq!(pauses(&failure), [3, 3, 4, 30, 30].map(Some));
    failure.retry_after = Some(Duration::from_secs(61));
    assert_eq!(pauses(&failure), [None; 5]);
    failure.retry_after = None;
    failure.retryable = false;
    assert_eq!(pauses(&failure), [None; 5]);
}
