//! An engine asks for a rewound history instead of an episode.

use crate::rewind::rewind_with;
use crate::wire::proto::history_event::EventType;
use crate::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use crate::wire::proto::{
    HistoryEvent, OrchestratorAction, OrchestratorRequest, OrchestratorResponse,
    RewindOrchestrationAction,
};
use crate::{ExecutionId, Rewind, RewindError, Timestamp};

/// Whether the request is one to rewind: `executionRewound` comes to an instance that has ended.
/// Once the history is rewound, the same event only wakes the instance.
pub(super) fn is_rewind(request: &OrchestratorRequest) -> bool {
    let is_end =
        |event: &HistoryEvent| matches!(event.event_type, Some(EventType::ExecutionCompleted(_)));
    find(request).is_some() && request.past_events.iter().any(is_end)
}

fn find(
    request: &OrchestratorRequest,
) -> Option<(&HistoryEvent, &crate::wire::proto::ExecutionRewoundEvent)> {
    request
        .new_events
        .iter()
        .find_map(|event| match &event.event_type {
            Some(EventType::ExecutionRewound(rewound)) => Some((event, rewound)),
            _ => None,
        })
}

/// The answer: the history that replaces the old one.
pub(super) fn answer(
    request: OrchestratorRequest,
    execution_id: ExecutionId,
) -> Result<OrchestratorResponse, RewindError> {
    let found = find(&request);
    let order = Rewind {
        reason: found.and_then(|(_, rewound)| rewound.reason.clone()),
        execution_id,
        parent_execution_id: found
            .and_then(|(_, rewound)| rewound.parent_execution_id.clone())
            .filter(|execution| !execution.is_empty())
            .map(ExecutionId::new),
        at: found
            .and_then(|(event, _)| event.timestamp)
            .map_or(Timestamp::EPOCH, Timestamp::from),
    };
    let rewound = rewind_with(&request.past_events, &order, request.new_events)?;
    let action = Action::RewindOrchestration(RewindOrchestrationAction {
        new_history: rewound.history,
    });
    Ok(OrchestratorResponse {
        instance_id: request.instance_id,
        actions: vec![OrchestratorAction {
            id: -1,
            orchestrator_action_type: Some(action),
        }],
        ..OrchestratorResponse::default()
    })
}
