use super::*;
use crate::episode::{EpisodeOptions, Session, Start};

/// Reads one event by name, then calls activities; a second call is open all the time.
fn session() -> Session {
    let start: Start = Box::new(|state, _| {
        Box::pin(async move {
            let ctx = OrchestrationContext::new(state);
            let mut open = ctx.call_activity::<String>("open", &());
            for _ in 0..100 {
                let call = ctx.call_activity::<String>("a", &());
                ctx.select(call, &mut open).await;
                ctx.wait_for_event_named::<String>("go").await?;
            }
            Ok(None)
        })
    });
    Session::new(identity(), EpisodeOptions::default(), start)
}

#[test]
fn a_session_is_as_large_as_what_nobody_has_read() {
    let large = "x".repeat(10_000);
    let mut session = session();
    session.run(Vec::new(), begin().build());
    let waiting = session.bytes();
    let mut call = 0;
    for _ in 0..10 {
        let events = HistoryBuilder::empty(START).event_raised("go", &large);
        session.run(Vec::new(), events.build());
        let with_event = session.bytes() - waiting;
        assert!((10_000..11_000).contains(&with_event), "{with_event}");
        // The activity returns, and the event that waits is read.
        let events = HistoryBuilder::empty(START).task_completed(call, &large);
        session.run(Vec::new(), events.build());
        let after = session.bytes();
        assert!(after.abs_diff(waiting) < 200, "{after} and {waiting}");
        call = if call == 0 { 2 } else { call + 1 };
    }
    // A reply counts until somebody reads it: here the orchestrator waits for `go`.
    let reply = |id| HistoryBuilder::empty(START).task_completed(id, &large);
    session.run(Vec::new(), reply(call).build());
    let waiting = session.bytes();
    session.run(Vec::new(), reply(1).build());
    let unread = session.bytes() - waiting;
    assert!((10_000..11_000).contains(&unread), "{unread}");
    let events = HistoryBuilder::empty(START).event_raised("go", "now");
    session.run(Vec::new(), events.build());
    assert!(session.bytes().abs_diff(waiting) < 400);
}
