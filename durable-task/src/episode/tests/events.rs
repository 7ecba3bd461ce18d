use super::*;
use crate::Event;

#[derive(Serialize, serde::Deserialize)]
struct Approval {
    by: String,
}

impl Event for Approval {
    const NAME: &'static str = "Approval";
}

#[test]
fn an_event_completes_the_wait_for_its_name_without_case() {
    let registry = registry(|ctx| async move {
        let approval: Approval = ctx.wait_for_event().await?;
        Ok(approval.by)
    });
    both(&registry, |test| {
        assert!(test.said().is_empty());
        assert!(
            test.then(|events| events.event_raised("other", &1))
                .is_empty()
        );
        let payload = serde_json::json!({"by": "me"});
        let said = test.then(|events| events.event_raised("APPROVAL", &payload));
        assert_eq!(said, [r#"0 completed "me""#]);
    });
}

#[test]
fn events_wait_for_their_reader_in_order() {
    let registry = registry(|ctx| async move {
        ctx.call_activity::<()>("a", &()).await?;
        let mut seen: Vec<u32> = Vec::new();
        for _ in 0..3 {
            seen.push(ctx.wait_for_event_named("n").await?);
        }
        Ok(seen)
    });
    both(&registry, |test| {
        test.then(|events| events.event_raised("n", &1).event_raised("N", &2));
        assert!(test.then(|events| events.task_completed(0, &())).is_empty());
        let said = test.then(|events| events.event_raised("n", &3));
        assert_eq!(said, ["1 completed [1,2,3]"]);
    });
}

#[test]
fn the_first_waiter_gets_the_first_event() {
    let registry = registry(|ctx| async move {
        let waits = (0..3).map(|_| ctx.wait_for_event_named::<u32>("n"));
        let seen = ctx.join_all(waits).await;
        seen.into_iter().collect::<Result<Vec<_>, _>>()
    });
    both(&registry, |test| {
        test.then(|events| events.event_raised("n", &1).event_raised("n", &2));
        let said = test.then(|events| events.event_raised("n", &3));
        assert_eq!(said, ["0 completed [1,2,3]"]);
    });
}

fn with_timeout() -> Registry {
    registry(|ctx| async move {
        let first = ctx.wait_for_event_named::<u32>("n").timeout(9 * SECOND);
        let first = first.await?;
        let second: u32 = ctx.wait_for_event_named("n").await?;
        Ok((first, second))
    })
}

#[test]
fn a_timeout_gives_none_and_leaves_later_events_to_others() {
    both(&with_timeout(), |test| {
        assert_eq!(test.said(), ["0 timer 9"]);
        assert!(test.then(|events| events.timer_fired(0)).is_empty());
        let said = test.then(|events| events.event_raised("n", &5));
        assert_eq!(said, ["1 completed [null,5]"]);
    });
}

#[test]
fn an_event_in_time_makes_the_timer_pointless() {
    both(&with_timeout(), |test| {
        test.then(|events| events.event_raised("n", &4));
        assert!(test.then(|events| events.timer_fired(0)).is_empty());
        let said = test.then(|events| events.event_raised("n", &5));
        assert_eq!(said, ["1 completed [4,5]"]);
    });
}

#[test]
fn in_one_batch_the_order_of_arrival_decides() {
    both(&with_timeout(), |test| {
        let said = test.then(|events| events.timer_fired(0).event_raised("n", &4));
        assert_eq!(said, ["1 completed [null,4]"]);
    });
}

#[test]
fn an_event_that_a_dropped_wait_got_is_not_lost() {
    let registry = registry(|ctx| async move {
        // Both get their event in the same poll: the right one is dropped with its event.
        let pair = ctx.select(
            ctx.wait_for_event_named::<u32>("a"),
            ctx.wait_for_event_named::<u32>("b"),
        );
        ctx.call_activity::<()>("go", &()).await?;
        let chosen = match pair.await {
            crate::Either::Left(value) | crate::Either::Right(value) => value?,
        };
        let kept: u32 = ctx.wait_for_event_named("b").await?;
        Ok((chosen, kept))
    });
    both(&registry, |test| {
        test.then(|events| events.event_raised("b", &2).event_raised("a", &1));
        let said = test.then(|events| events.task_completed(0, &()));
        assert_eq!(said, ["1 completed [1,2]"]);
    });
}

#[test]
fn a_payload_of_the_wrong_type_is_an_error() {
    let registry = registry(|ctx| async move { ctx.wait_for_event_named::<u32>("n").await });
    both(&registry, |test| {
        test.then(|events| events.event_raised("n", "text"));
        let message = test.failure().message;
        assert!(message.starts_with("the payload of event `n`"), "{message}");
    });
}

#[test]
fn an_event_is_sent_to_another_instance() {
    let registry = registry(|ctx| async move {
        let other = InstanceId::new("other").unwrap();
        ctx.send_event(&other, "go", &[1, 2])?;
        ctx.terminate_child(&other, "enough");
        ctx.sleep(SECOND).await;
        Ok(())
    });
    both(&registry, |test| {
        let expected = [
            "0 event other go [1,2]",
            "1 terminate other \"enough\"",
            "2 timer 1",
        ];
        assert_eq!(test.said(), expected);
        // History has no trace of the termination: it is not sent again.
        assert_eq!(
            test.then(|events| events.timer_fired(2)),
            ["3 completed null"]
        );
    });
}
