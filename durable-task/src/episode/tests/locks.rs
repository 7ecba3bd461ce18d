use super::entities::{answered, entity, request_id};
use super::*;
use crate::Either;
use crate::wire::proto::EntityLockGrantedEvent;

fn granted(id: &str) -> EventType {
    EventType::EntityLockGranted(EntityLockGrantedEvent {
        critical_section_id: id.to_owned(),
    })
}

fn grant(test: &mut TestOrchestration) -> Vec<String> {
    let id = request_id(&test.actions()[0]);
    test.then(|events| events.event(-1, granted(&id)))
}

#[test]
fn locks_are_requested_in_order_once_each_and_released_in_that_order() {
    let registry = registry(|ctx| async move {
        let set = ["b", "a", "B", "b"].map(entity);
        let guard = ctx.lock(&set).await?;
        ctx.sleep(SECOND).await;
        guard.release();
        ctx.sleep(SECOND).await;
        Ok(())
    });
    both(&registry, |test| {
        assert_eq!(
            test.said(),
            ["0 lock @counter@B @counter@a @counter@b at 0"]
        );
        assert_eq!(grant(test), ["1 timer 2"]);
        let expected = [
            "2 unlock @counter@B",
            "3 unlock @counter@a",
            "4 unlock @counter@b",
            "5 timer 3",
        ];
        assert_eq!(test.then(|events| events.timer_fired(1)), expected);
        assert_eq!(
            test.then(|events| events.timer_fired(5)),
            ["6 completed null"]
        );
    });
}

#[test]
fn a_grant_in_the_older_form_counts() {
    let registry = registry(|ctx| async move {
        let _guard = ctx.lock(&[entity("a")]).await?;
        Ok(())
    });
    both(&registry, |test| {
        let id = request_id(&test.actions()[0]);
        let reply = serde_json::json!({"result": "Lock Acquisition Completed"});
        let said = test.then(|events| events.event_raised(&id, &reply));
        assert_eq!(said, ["1 unlock @counter@a", "2 completed null"]);
    });
}

#[test]
fn inside_a_critical_section_the_rules_hold() {
    let registry = registry(|ctx| async move {
        let mut errors = Vec::new();
        let guard = ctx.lock(&[entity("a"), entity("b")]).await?;
        errors.extend(ctx.lock(&[entity("c")]).await.err());
        errors.extend(ctx.call_sub_orchestration::<()>("x", &()).await.err());
        errors.extend(ctx.signal_entity(&entity("a"), "add", &1).err());
        errors.extend(ctx.call_entity::<()>(&entity("c"), "add", &1).await.err());
        let calls = [1, 2].map(|n| ctx.call_entity::<u32>(&entity("a"), "add", &n));
        let mut results = ctx.join_all(calls).await;
        errors.extend(results.remove(1).err());
        assert_eq!(results.remove(0)?, 7);
        // The call is answered: the next one may go, and so may a signal to another entity.
        ctx.signal_entity(&entity("c"), "add", &1)?;
        let again: u32 = ctx.call_entity(&entity("a"), "get", &()).await?;
        drop(guard);
        ctx.signal_entity(&entity("a"), "add", &again)?;
        Ok(errors.iter().map(ToString::to_string).collect::<Vec<_>>())
    });
    both(&registry, |test| {
        assert_eq!(grant(test), ["1 call @counter@a add 1"]);
        let id = request_id(&test.actions()[0]);
        let said = test.then(|events| events.event(-1, answered(&id, "7")));
        assert_eq!(
            said,
            ["2 signal @counter@c add 1", "3 call @counter@a get null"]
        );
        let id = request_id(&test.actions()[1]);
        let said = test.then(|events| events.event(-1, answered(&id, "8")));
        let expected = [
            "4 unlock @counter@a",
            "5 unlock @counter@b",
            "6 signal @counter@a add 8",
        ];
        assert_eq!(said[..3], expected);
        let errors: Vec<String> = serde_json::from_value(test.result().unwrap().unwrap()).unwrap();
        let starts = [
            "a lock can't be requested inside",
            "a sub-orchestration can't be started inside",
            "entity `@counter@a` is locked by this orchestration",
            "entity `@counter@c` can't be called inside",
            "entity `@counter@a` has an open call",
        ];
        assert_eq!(errors.len(), starts.len(), "{errors:?}");
        for (error, start) in errors.iter().zip(starts) {
            assert!(error.starts_with(start), "{error}");
        }
    });
}

#[test]
fn every_end_releases_what_is_locked() {
    type End = fn(&OrchestrationContext) -> Result<(), OrchestrationError>;
    let ends: [(End, &str); 3] = [
        (|_| Ok(()), "2 completed null"),
        (
            |_| Err(OrchestrationError::failed("no")),
            "2 failed OrchestrationFailed: no",
        ),
        (|_| panic!("oh"), "2 failed Panic: oh"),
    ];
    for (end, expected) in ends {
        let registry = registry(move |ctx| async move {
            let _guard = ctx.lock(&[entity("a")]).await?;
            end(&ctx)
        });
        both(&registry, |test| {
            assert_eq!(grant(test), ["1 unlock @counter@a", expected]);
        });
    }
}

#[test]
fn termination_and_continue_as_new_release_what_is_locked() {
    let registry = registry(|ctx| async move {
        let _guard = ctx.lock(&[entity("a")]).await?;
        ctx.wait_for_event_named::<()>("go").await?;
        ctx.continue_as_new::<Result<(), _>>(&7).await
    });
    both(&registry, |test| {
        assert!(grant(test).is_empty());
        let said = test.then(|events| events.terminated("enough"));
        assert_eq!(said, ["1 unlock @counter@a", "2 terminated enough"]);
    });
    both(&registry, |test| {
        grant(test);
        let said = test.then(|events| events.event_raised("go", &()));
        assert_eq!(said, ["1 unlock @counter@a", "2 continued 7"]);
    });
}

#[test]
fn a_lock_that_nobody_waits_for_any_more_is_released_when_granted() {
    let registry = registry(|ctx| async move {
        let set = [entity("a"), entity("b")];
        match ctx.select(ctx.lock(&set), ctx.sleep(SECOND)).await {
            Either::Left(_) => Ok("locked"),
            Either::Right(()) => {
                ctx.wait_for_event_named::<()>("go").await?;
                // The request that was given up does not stand in the way.
                let _guard = ctx.lock(&[entity("c")]).await?;
                Ok("locked another")
            }
        }
    });
    both(&registry, |test| {
        let first = request_id(&test.actions()[0]);
        assert!(test.then(|events| events.timer_fired(1)).is_empty());
        let said = test.then(|events| events.event(-1, granted(&first)));
        assert_eq!(said, ["2 unlock @counter@a", "3 unlock @counter@b"]);
        let said = test.then(|events| events.event_raised("go", &()));
        assert_eq!(said, ["4 lock @counter@c at 0"]);
        let said = grant(test);
        assert_eq!(
            said,
            ["5 unlock @counter@c", r#"6 completed "locked another""#]
        );
    });
    // Granted and timed out in one poll: the guard that nobody gets releases.
    both(&registry, |test| {
        let first = request_id(&test.actions()[0]);
        let said = test.then(|events| events.timer_fired(1).event(-1, granted(&first)));
        assert_eq!(said, ["2 unlock @counter@a", "3 unlock @counter@b"]);
    });
}

#[test]
fn there_has_to_be_something_to_lock() {
    let registry = registry(|ctx| async move { ctx.lock(&[]).await.map(drop) });
    both(&registry, |test| {
        assert_eq!(
            test.said(),
            ["0 failed NotAllowed: there is no entity to lock"]
        );
    });
}
