use super::*;
use crate::episode::{EpisodeOptions, Session, Start};

#[test]
fn a_timer_is_set_from_the_recorded_time() {
    let registry = registry(|ctx| async move {
        ctx.sleep(60 * SECOND).await;
        ctx.sleep_until(START).await;
        Ok(ctx.now().saturating_since(START).as_secs())
    });
    both(&registry, |test| {
        assert_eq!(test.said(), ["0 timer 60"]);
        // A time that has passed is a timer, too: it takes an id on every replay.
        assert_eq!(test.then(|events| events.timer_fired(0)), ["1 timer 0"]);
        assert_eq!(test.then(|events| events.timer_fired(1)), ["2 completed 2"]);
    });
}

#[test]
fn the_time_never_goes_back() {
    let registry = registry(|ctx| async move {
        let mut seen = Vec::new();
        for _ in 0..3 {
            ctx.sleep(SECOND).await;
            seen.push(ctx.now().saturating_since(START).as_secs());
        }
        Ok(seen)
    });
    let at = |seconds| HistoryBuilder::empty(START.saturating_add(seconds * SECOND));
    both(&registry, |test| {
        test.then(|_| at(10).timer_fired(0));
        test.then(|_| at(4).timer_fired(1));
        let said = test.then(|_| at(11).timer_fired(2));
        assert_eq!(said, ["3 completed [10,10,11]"]);
    });
}

const DAY: Duration = Duration::from_hours(24);

/// The links, in hours, of a sleep of `days` days and `seconds` seconds.
fn links(days: u32, seconds: u32, chain: bool) -> Vec<u64> {
    let options = EpisodeOptions {
        chain_long_timers: chain,
        ..EpisodeOptions::default()
    };
    let start: Start = Box::new(move |state, _| {
        Box::pin(async move {
            let ctx = OrchestrationContext::new(state);
            ctx.sleep(days * DAY + seconds * SECOND).await;
            Ok(None)
        })
    });
    let mut session = Session::new(identity(), options, start);
    let mut links = Vec::new();
    let mut now = START;
    let mut events = begin();
    loop {
        let actions = session.run(Vec::new(), events.build()).actions;
        let [action] = actions.as_slice() else {
            panic!("{actions:?}");
        };
        let Some(Action::CreateTimer(timer)) = &action.orchestrator_action_type else {
            return links;
        };
        let fire_at = Timestamp::from(timer.fire_at.unwrap());
        links.push(fire_at.saturating_since(now).as_secs() / 3600);
        now = fire_at;
        events = HistoryBuilder::empty(now).timer_fired(action.id);
    }
}

#[test]
fn a_long_timer_is_a_chain_where_the_backend_needs_it() {
    assert_eq!(links(30, 0, false), [720]);
    assert_eq!(links(6, 0, true), [144]);
    assert_eq!(links(6, 1, true), [72, 72]);
    assert_eq!(links(7, 0, true), [72, 96]);
    assert_eq!(links(10, 0, true), [72, 72, 96]);
}

#[test]
fn a_time_beyond_all_times_is_the_last_one() {
    let registry = registry(|ctx| async move {
        ctx.sleep(Duration::MAX).await;
        Ok(())
    });
    both(&registry, |test| assert_eq!(test.said().len(), 1));
}

#[test]
fn a_timer_that_lost_a_race_is_forgotten_and_may_still_fire() {
    let registry = registry(|ctx| async move {
        for number in 0..2u32 {
            let event = ctx.wait_for_event_named::<u32>("go");
            if let crate::Either::Right(()) = ctx.select(event, ctx.sleep(60 * SECOND)).await {
                return Ok(number);
            }
        }
        ctx.sleep(3600 * SECOND).await;
        Ok(9)
    });
    both(&registry, |test| {
        assert_eq!(test.said(), ["0 timer 60"]);
        let said = test.then(|events| events.event_raised("go", &1));
        assert_eq!(said, ["1 timer 61"]);
        let said = test.then(|events| events.event_raised("go", &1));
        assert_eq!(said, ["2 timer 3602"]);
        // Both come late: nobody waits for them any more.
        let said = test.then(|events| events.timer_fired(0).timer_fired(1));
        assert!(said.is_empty(), "{said:?}");
        let said = test.then(|events| events.timer_fired(2));
        assert_eq!(said, ["3 completed 9"]);
    });
}

#[test]
fn a_time_that_has_passed_and_one_far_ahead_are_timers_too() {
    let registry = registry(|ctx| async move {
        ctx.sleep_until(Timestamp::EPOCH).await;
        ctx.sleep_until(START.saturating_add(365 * 86_400 * SECOND))
            .await;
        Ok(())
    });
    both(&registry, |test| {
        assert_eq!(test.said(), ["0 timer 0"]);
        let said = test.then(|events| events.timer_fired(0));
        assert_eq!(said, ["1 timer 31536000"]);
        let said = test.then(|events| events.timer_fired(1));
        assert_eq!(said, ["2 completed null"]);
    });
}
