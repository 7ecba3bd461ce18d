//! Answers: sent again where that may help, and never larger than the service takes.

use durable_task::WorkAnswer;
use durable_task::wire::proto::operation_result::ResultType;
use durable_task::wire::proto::orchestrator_action::OrchestratorActionType;
use durable_task::wire::proto::work_item::Request as Work;
use durable_task::wire::proto::{
    AbandonActivityTaskRequest, AbandonEntityTaskRequest, ActivityResponse, EntityBatchRequest,
    EntityBatchResult, OperationRequest, OperationResult, OperationResultSuccess,
    OrchestratorAction, OrchestratorRequest, OrchestratorResponse, ScheduleTaskAction,
};
use tonic::Code;

use super::fake::{Connected, Fake, activity, done};

/// What the service of these tests takes at most.
const BYTES_MAX: usize = 2_000;

async fn limited() -> (Fake, Connected) {
    let fake = Fake::with_limit(BYTES_MAX).await;
    let mut options = fake.options();
    options.send_bytes_max = BYTES_MAX;
    let worker = Connected::new(options);
    (fake, worker)
}

#[tokio::test]
async fn an_answer_is_sent_again_until_the_service_takes_it() {
    let fake = Fake::start().await;
    let mut worker = Connected::new(fake.options());
    let stream = fake.stream().await;
    fake.refuse("complete_activity_task", Code::Unavailable, "later");
    fake.refuse("complete_activity_task", Code::Internal, "a fault");
    stream.send("token", activity("i"));
    worker.item().await.completer.complete(done("\"x\""));
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(
            fake.called::<ActivityResponse>("complete_activity_task")
                .await,
        );
    }
    assert_eq!(answers[0].result.as_deref(), Some("\"x\""));
    assert_eq!(answers[0].completion_token, "token");
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert!(fake.is_quiet().await);
}

#[tokio::test]
async fn an_answer_that_is_refused_for_good_is_not_repeated_but_its_item_given_back() {
    let fake = Fake::start().await;
    let mut worker = Connected::new(fake.options());
    let stream = fake.stream().await;
    fake.refuse("complete_activity_task", Code::InvalidArgument, "no");
    stream.send("token", activity("i"));
    worker.item().await.completer.complete(done("1"));
    let _: ActivityResponse = fake.called("complete_activity_task").await;
    let given_back: AbandonActivityTaskRequest =
        fake.called("abandon_task_activity_work_item").await;
    assert_eq!(given_back.completion_token, "token");
}

#[tokio::test]
async fn an_answer_of_another_kind_gives_the_item_back() {
    let fake = Fake::start().await;
    let mut worker = Connected::new(fake.options());
    let stream = fake.stream().await;
    stream.send("token", Work::EntityRequest(EntityBatchRequest::default()));
    worker.item().await.completer.complete(done("1"));
    let given_back: AbandonEntityTaskRequest = fake.called("abandon_task_entity_work_item").await;
    assert_eq!(given_back.completion_token, "token");
    stream.send("dropped", activity("i"));
    drop(worker.item().await);
    let given_back: AbandonActivityTaskRequest =
        fake.called("abandon_task_activity_work_item").await;
    assert_eq!(given_back.completion_token, "dropped");
}

#[tokio::test]
async fn a_result_that_is_too_large_becomes_a_failure() {
    let (fake, mut worker) = limited().await;
    let stream = fake.stream().await;
    stream.send("token", activity("i"));
    worker
        .item()
        .await
        .completer
        .complete(done(&"x".repeat(BYTES_MAX)));
    let answer: ActivityResponse = fake.called("complete_activity_task").await;
    assert_eq!(answer.result, None);
    let failure = answer.failure_details.unwrap();
    assert_eq!(failure.error_type, "MessageTooLarge");
    assert!(failure.is_non_retriable);
    assert!(
        failure.error_message.contains("`send_bytes_max`"),
        "{failure:?}"
    );
}

#[tokio::test]
async fn operations_that_come_to_too_much_fail_and_change_nothing() {
    let (fake, mut worker) = limited().await;
    let stream = fake.stream().await;
    let batch = EntityBatchRequest {
        entity_state: Some("old".into()),
        operations: vec![OperationRequest::default()],
        ..EntityBatchRequest::default()
    };
    stream.send("token", Work::EntityRequest(batch));
    let large = OperationResultSuccess {
        result: Some("x".repeat(BYTES_MAX)),
        ..OperationResultSuccess::default()
    };
    let result = EntityBatchResult {
        results: vec![OperationResult {
            result_type: Some(ResultType::Success(large)),
        }],
        entity_state: Some("new".into()),
        ..EntityBatchResult::default()
    };
    worker
        .item()
        .await
        .completer
        .complete(WorkAnswer::Entity(result));
    let answer: EntityBatchResult = fake.called("complete_entity_task").await;
    let Some(ResultType::Failure(failure)) = &answer.results[0].result_type else {
        panic!("{answer:?}")
    };
    let details = failure.failure_details.as_ref().unwrap();
    assert_eq!(details.error_type, "MessageTooLarge");
    assert_eq!(answer.entity_state.as_deref(), Some("old"));
    assert_eq!(answer.completion_token, "token");
}

fn episode(sizes: impl IntoIterator<Item = usize>) -> WorkAnswer {
    let action = |(id, size): (i32, usize)| OrchestratorAction {
        id,
        orchestrator_action_type: Some(OrchestratorActionType::ScheduleTask(ScheduleTaskAction {
            name: "x".into(),
            input: Some("y".repeat(size)),
            ..ScheduleTaskAction::default()
        })),
    };
    WorkAnswer::Orchestrator {
        response: OrchestratorResponse {
            instance_id: "i".into(),
            actions: (0..).zip(sizes).map(action).collect(),
            custom_status: Some("\"s\"".into()),
            ..OrchestratorResponse::default()
        },
        warm: true,
    }
}

fn orchestration() -> Work {
    Work::OrchestratorRequest(OrchestratorRequest {
        instance_id: "i".into(),
        ..OrchestratorRequest::default()
    })
}

#[tokio::test]
async fn a_long_answer_goes_in_parts_each_sent_until_it_is_taken() {
    let (fake, mut worker) = limited().await;
    let stream = fake.stream().await;
    fake.answer("complete_orchestrator_task", &());
    fake.refuse("complete_orchestrator_task", Code::Unavailable, "later");
    stream.send("token", orchestration());
    worker.item().await.completer.complete(episode([500; 10]));
    let mut parts: Vec<OrchestratorResponse> = Vec::new();
    while parts.last().is_none_or(|part| part.is_partial) {
        let part: OrchestratorResponse = fake.called("complete_orchestrator_task").await;
        parts.push(part);
    }
    let chunks: Vec<Option<i32>> = parts.iter().map(|part| part.chunk_index).collect();
    assert_eq!(chunks, [Some(0), Some(1), Some(1), Some(2), Some(3)]);
    assert_eq!(parts[1], parts[2]);
    parts.remove(2);
    assert!(parts.iter().all(|part| part.completion_token == "token"));
    let statuses: Vec<Option<&str>> = parts
        .iter()
        .map(|part| part.custom_status.as_deref())
        .collect();
    assert_eq!(statuses, [Some("\"s\""), None, None, None]);
    let ids: Vec<i32> = parts
        .iter()
        .flat_map(|part| part.actions.iter().map(|action| action.id))
        .collect();
    assert!(ids.iter().copied().eq(0..10), "{ids:?}");
    // The service, which takes no more, has taken each.
    assert!(fake.is_quiet().await);
}

#[tokio::test]
async fn an_action_that_is_too_large_fails_its_instance() {
    let (fake, mut worker) = limited().await;
    let stream = fake.stream().await;
    stream.send("token", orchestration());
    worker
        .item()
        .await
        .completer
        .complete(episode([10, BYTES_MAX]));
    let answer: OrchestratorResponse = fake.called("complete_orchestrator_task").await;
    assert_eq!(answer.actions.len(), 1);
    let Some(OrchestratorActionType::CompleteOrchestration(complete)) =
        &answer.actions[0].orchestrator_action_type
    else {
        panic!("{answer:?}")
    };
    let failure = complete.failure_details.as_ref().unwrap();
    assert_eq!(failure.error_type, "MessageTooLarge");
    assert!(!answer.is_partial);
}
