use super::*;

/// What an orchestrator that breaks a rule fails with.
fn failure_of<Fut>(run: impl Fn(OrchestrationContext) -> Fut + Send + Sync + 'static) -> Failure
where
    Fut: Future<Output = Result<(), OrchestrationError>> + 'static,
{
    let registry = registry(run);
    let mut test = TestOrchestration::start(&registry, begin());
    if test.result().is_none() {
        test.then(|events| events.task_completed(0, &()));
    }
    let failure = test.failure();
    assert!(failure.non_retriable, "{failure}");
    assert_eq!(test.actions().len(), 1, "nothing but the failure goes out");
    failure
}

#[test]
fn a_foreign_await_is_found_and_the_last_durable_line_is_named() {
    let failure = failure_of(|ctx| async move {
        let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
        ctx.call_activity::<()>("a", &()).await?;
        receiver.await.ok();
        drop(sender);
        Ok(())
    });
    assert_eq!(failure.error_type, "ForeignAwait");
    assert!(failure.message.contains("misuse.rs:"), "{failure}");
    assert!(failure.message.contains("`ctx.join_all`"), "{failure}");
}

#[test]
fn a_foreign_await_beside_a_durable_one_is_found() {
    let failure = failure_of(|ctx| async move {
        let (_sender, receiver) = tokio::sync::oneshot::channel::<()>();
        ctx.select(ctx.call_activity::<()>("a", &()), receiver)
            .await;
        Ok(())
    });
    assert_eq!(failure.error_type, "ForeignAwait");
}

#[test]
fn waking_oneself_is_a_foreign_await() {
    let failure = failure_of(|_| async move {
        let mut polled = false;
        std::future::poll_fn(|context| {
            if std::mem::replace(&mut polled, true) {
                return std::task::Poll::Ready(());
            }
            context.waker().wake_by_ref();
            std::task::Poll::Pending
        })
        .await;
        Ok(())
    });
    assert_eq!(failure.error_type, "ForeignAwait");
    assert!(failure.message.contains("before any durable operation"));
}

#[test]
fn joins_of_the_futures_crate_are_allowed_as_long_as_they_use_no_wakers() {
    for (width, allowed) in [(30, true), (31, false)] {
        let registry = registry(move |ctx| async move {
            let calls = (0..width).map(|n| ctx.call_activity::<()>("a", &n));
            futures_util::future::join_all(calls).await;
            Ok(())
        });
        let test = TestOrchestration::start(&registry, begin());
        assert_eq!(test.result().is_none(), allowed, "{width}");
        if !allowed {
            assert_eq!(test.failure().error_type, "ForeignAwait");
        }
    }
}

#[test]
fn waiting_for_nothing_is_an_error() {
    let failure = failure_of(|ctx| async move {
        ctx.call_activity::<()>("a", &()).await?;
        std::future::pending().await
    });
    assert_eq!(failure.error_type, "NothingToWaitFor");
    assert!(failure.message.contains("misuse.rs:"), "{failure}");
    let failure = failure_of(|ctx| async move {
        let nothing: [std::future::Ready<()>; 0] = [];
        ctx.race(nothing).await;
        Ok(())
    });
    assert_eq!(failure.error_type, "NothingToWaitFor");
}

#[test]
fn a_join_of_what_never_comes_is_an_error_once_nothing_else_is_left() {
    let failure = failure_of(|ctx| async move {
        let children = [true, false].map(|durable| {
            let ctx = ctx.clone();
            async move {
                if durable {
                    ctx.call_activity::<()>("a", &()).await.ok();
                } else {
                    std::future::pending::<()>().await;
                }
            }
        });
        ctx.join_all(children).await;
        Ok(())
    });
    assert_eq!(failure.error_type, "NothingToWaitFor");
}

#[test]
fn a_panic_fails_the_orchestration_with_its_text() {
    for (text, expected) in [(Some("oh no"), "oh no"), (None, "a panic without a text")] {
        let registry = registry(move |ctx| async move {
            ctx.call_activity::<u32>("a", &()).await?;
            match text {
                Some(text) => panic!("{text}"),
                None => std::panic::panic_any(7),
            }
            #[allow(unreachable_code)]
            Ok(())
        });
        both(&registry, |test| {
            let said = test.then(|events| events.task_completed(0, &1));
            assert_eq!(said, [format!("1 failed Panic: {expected}")]);
        });
    }
}

#[test]
fn a_panic_before_the_first_await_and_one_in_a_destructor_are_contained() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("from a destructor");
        }
    }
    let mut registry = Registry::new();
    let at_once = |_: OrchestrationContext, (): ()| {
        assert!(std::hint::black_box(false), "at once");
        std::future::ready(Ok(()))
    };
    registry.orchestrator_fn("test", "", at_once).unwrap();
    both(&registry, |test| {
        assert_eq!(test.said(), ["0 failed Panic: at once"]);
    });

    let registry = super::registry(|ctx| async move {
        let _bomb = Bomb;
        ctx.call_activity::<()>("a", &()).await
    });
    both(&registry, |test| {
        let said = test.then(|events| events.terminated("no"));
        assert_eq!(said, ["1 terminated no"]);
    });
}

#[test]
fn a_status_that_can_not_be_written_fails_the_orchestration() {
    let failure = failure_of(|ctx| async move {
        let map = std::collections::BTreeMap::from([((1, 2), 3)]);
        ctx.set_custom_status(map);
        ctx.call_activity::<()>("a", &()).await
    });
    assert_eq!(failure.error_type, "InvalidJson");
}
