use super::*;
use crate::wire::proto::SubOrchestrationInstanceFailedEvent;
use crate::{InstanceId, RetryPolicy};

fn child_failed(id: i32, failure: Failure) -> EventType {
    EventType::SubOrchestrationInstanceFailed(SubOrchestrationInstanceFailedEvent {
        task_scheduled_id: id,
        failure_details: Some(failure.into()),
    })
}

#[test]
fn a_child_without_an_id_gets_a_replay_safe_one() {
    let registry = registry(|ctx| async move {
        let result: u32 = ctx.call_sub_orchestration("child", &1).await?;
        Ok((result, ctx.new_uuid()))
    });
    both(&registry, |test| {
        // Version 5 of `i_2024-01-01T00:00:00.0000000Z_0`, without dashes.
        let mut ids = super::super::ids::Ids::default();
        let guid = ids.guid("i", START).simple().to_string();
        assert_eq!(test.said(), [format!("0 child {guid} child 1")]);
        let second = ids.guid("i", START.saturating_add(SECOND));
        let said = test.then(|events| events.child_completed(0, &7));
        assert_eq!(said, [format!("1 completed [7,\"{second}\"]")]);
    });
}

#[test]
fn a_child_can_have_an_id_and_a_version() {
    let registry = registry(|ctx| async move {
        let call = ctx.call_sub_orchestration::<()>("child", &1);
        let id = InstanceId::new("mine").unwrap();
        call.instance_id(id).version("1.2").await
    });
    both(&registry, |test| {
        assert_eq!(test.said(), ["0 child mine child 1"]);
        let Some(Action::CreateSubOrchestration(child)) =
            &test.actions()[0].orchestrator_action_type
        else {
            panic!("no child");
        };
        assert_eq!(child.version.as_deref(), Some("1.2"));
    });
}

#[test]
fn an_id_that_can_not_be_one_fails_the_orchestration_for_good() {
    let registry = registry(|ctx| async move {
        let id = InstanceId::new("a/b")?;
        let call = ctx.call_sub_orchestration::<()>("child", &1);
        call.instance_id(id).await
    });
    both(&registry, |test| {
        let failure = test.failure();
        assert_eq!(failure.error_type, "InvalidId");
        assert!(failure.message.contains("'/'"), "{failure}");
        assert!(failure.non_retriable);
    });
}

#[test]
fn a_child_that_fails_is_started_again_with_another_id() {
    let registry = registry(|ctx| async move {
        let policy = RetryPolicy::new(2, SECOND);
        let call = ctx.call_sub_orchestration::<()>("child", &());
        call.retry(policy).await
    });
    both(&registry, |test| {
        let first = test.said();
        let failed = child_failed(0, Failure::new("A", "b"));
        let said = test.then(|events| events.event(-1, failed));
        assert_eq!(said, ["1 timer 2"]);
        let second = test.then(|events| events.timer_fired(1));
        assert_ne!(first[0][2..], second[0][2..]);
        test.then(|events| events.event(-1, child_failed(2, Failure::new("A", "last"))));
        let failure = test.failure();
        assert_eq!(failure.error_type, "SubOrchestrationFailed");
        assert!(failure.message.ends_with("failed: last"), "{failure}");
        let instance = second[0].split(' ').nth(2).unwrap();
        assert!(failure.message.contains(instance), "{failure}");
    });
}

#[test]
fn a_detached_child_is_started_and_not_waited_for() {
    let registry = registry(|ctx| async move {
        let id = InstanceId::new("free").unwrap();
        let call = ctx
            .call_sub_orchestration::<()>("child", &1)
            .tag("team", "a");
        let mine = call.instance_id(id).detach()?;
        let other = ctx.call_sub_orchestration::<()>("child", &2).detach()?;
        ctx.call_activity::<u32>("a", &()).await?;
        Ok((mine.to_string(), other.to_string().len()))
    });
    both(&registry, |test| {
        let said = test.said();
        assert_eq!(said[0], "0 child free child 1");
        assert_eq!(said[2], "2 activity a null");
        let Some(Action::CreateSubOrchestration(child)) =
            &test.actions()[0].orchestrator_action_type
        else {
            panic!("no child");
        };
        let tags: Vec<_> = child
            .tags
            .iter()
            .map(|(key, value)| (&**key, &**value))
            .collect();
        assert_eq!(tags, [("FireAndForget", ""), ("team", "a")]);
        // An engine that does not know detached children answers.
        let said = test.then(|events| events.child_completed(0, &1).task_completed(2, &3));
        assert_eq!(said, ["3 completed [\"free\",32]"]);
    });
}

#[test]
fn nothing_is_detached_inside_a_critical_section_or_with_bad_tags() {
    let registry = registry(|ctx| async move {
        let call = ctx.call_sub_orchestration::<()>("child", &1).tag("", "x");
        let bad = call.detach().unwrap_err().to_string();
        let activity = ctx.call_activity::<()>("a", &()).tag("", "x").await;
        let _guard = ctx.lock(&[entities::entity("k")]).await?;
        let call = ctx.call_sub_orchestration::<()>("child", &1);
        let locked = call.detach().unwrap_err().to_string();
        Ok((bad, activity.unwrap_err().to_string(), locked))
    });
    both(&registry, |test| {
        let id = entities::request_id(&test.actions()[0]);
        let granted = crate::wire::proto::EntityLockGrantedEvent {
            critical_section_id: id,
        };
        test.then(|events| events.event(-1, EventType::EntityLockGranted(granted)));
        let result = test.result().unwrap().unwrap();
        assert_eq!(result[0], "a tag has an empty key");
        assert_eq!(result[1], "a tag has an empty key");
        let locked = result[2].as_str().unwrap();
        assert!(locked.contains("inside a critical section"), "{locked}");
    });
}

#[test]
fn an_abandoned_child_does_not_break_replay() {
    let registry = registry(|ctx| async move {
        let child = ctx.call_sub_orchestration::<u32>("child", &1);
        let id = InstanceId::new("mine").unwrap();
        let child = child.instance_id(id.clone());
        match ctx.select(child, ctx.sleep(SECOND)).await {
            crate::Either::Left(result) => result,
            crate::Either::Right(()) => {
                ctx.terminate_child(&id, "too late");
                ctx.call_activity("a", &()).await
            }
        }
    });
    both(&registry, |test| {
        let said = test.then(|events| events.timer_fired(1));
        assert_eq!(said, ["2 terminate mine \"too late\"", "3 activity a null"]);
        let said = test.then(|events| events.child_completed(0, &1));
        assert!(said.is_empty(), "{said:?}");
        let said = test.then(|events| events.task_completed(3, &2));
        assert_eq!(said, ["4 completed 2"]);
    });
}
