use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use durable_task::testing::TestRuntime;
use durable_task::{Runtime, Timestamp, TokioRuntime};
use tokio::sync::{mpsc, oneshot};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sleepers_wake_up_in_the_order_of_their_deadlines() {
    let runtime = TestRuntime::new();
    let start = runtime.now();
    let (sender, mut woken) = mpsc::unbounded_channel();
    for (number, seconds) in [(0, 30), (1, 10), (2, 20), (3, 10)] {
        let sleep = runtime.sleep(seconds * SECOND);
        let (sender, runtime) = (sender.clone(), runtime.clone());
        runtime.clone().spawn(
            "sleeper",
            Box::pin(async move {
                sleep.await;
                sender.send((number, runtime.now())).unwrap();
            }),
        );
    }
    assert_eq!(
        runtime.next_deadline(),
        Some(start.saturating_add(10 * SECOND))
    );
    let mut expected = Vec::new();
    for (advance, due) in [(9, &[][..]), (1, &[1, 3]), (10, &[2]), (10, &[0])] {
        runtime.advance(advance * SECOND);
        let mut seen = Vec::new();
        for _ in due {
            let (number, at) = woken.recv().await.unwrap();
            assert_eq!(at, runtime.now());
            seen.push(number);
        }
        seen.sort_unstable();
        assert_eq!(seen, due);
        assert!(woken.try_recv().is_err());
        expected.extend(seen);
    }
    assert_eq!(runtime.sleepers(), 0);
    assert_eq!(runtime.now(), start.saturating_add(30 * SECOND));
}

#[tokio::test]
async fn a_sleep_of_nothing_ends_and_a_dropped_one_is_forgotten() {
    let runtime = TestRuntime::new();
    runtime.sleep(Duration::ZERO).await;
    let sleep = runtime.sleep(SECOND);
    assert_eq!(runtime.sleepers(), 1);
    drop(sleep);
    assert_eq!(runtime.sleepers(), 0);
    let sleep = runtime.sleep(SECOND);
    runtime.advance(2 * SECOND);
    sleep.await;
}

#[tokio::test]
async fn the_wall_clock_can_jump_without_sleepers_noticing() {
    let runtime = TestRuntime::new();
    let start = runtime.now();
    let sleep = runtime.sleep(10 * SECOND);
    runtime.jump_to(Timestamp::EPOCH);
    assert_eq!(runtime.now(), Timestamp::EPOCH);
    runtime.advance(9 * SECOND);
    assert_eq!(runtime.sleepers(), 1);
    runtime.jump_to(start);
    runtime.advance(SECOND);
    sleep.await;
}

#[tokio::test]
async fn ids_of_the_test_runtime_differ_and_repeat() {
    let ids = |runtime: TestRuntime| [runtime.random(), runtime.random()];
    let first = ids(TestRuntime::new());
    assert_eq!(first, ids(TestRuntime::new()));
    assert_ne!(first[0], first[1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tokio_runtime_gives_time_tasks_and_lanes() {
    let runtime = TokioRuntime::current().unwrap();
    assert!(runtime.now() > Timestamp::EPOCH);
    assert_ne!(runtime.random(), runtime.random());

    // Its timers can be made and awaited on a lane, outside of tokio.
    let (sender, receiver) = oneshot::channel();
    let on_lane: Arc<dyn Runtime> = Arc::new(runtime.clone());
    let flag = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&flag);
    runtime.spawn_lane(
        String::from("test-lane"),
        Box::new(move || {
            Box::pin(async move {
                let name = std::thread::current().name().map(str::to_owned);
                on_lane.sleep(Duration::from_millis(1)).await;
                on_lane.spawn(
                    "task",
                    Box::pin(async move {
                        seen.store(true, Ordering::SeqCst);
                        sender.send(name).unwrap();
                    }),
                );
            })
        }),
    );
    let name = receiver.await.unwrap();
    assert_eq!(name.as_deref(), Some("test-lane"));
    assert!(flag.load(Ordering::SeqCst));
}

#[test]
fn outside_of_tokio_there_is_no_current_runtime() {
    assert!(TokioRuntime::current().is_none());
}

#[test]
fn a_lane_that_outlives_its_tokio_runtime_sleeps_on() {
    let tokio = tokio::runtime::Runtime::new().unwrap();
    let runtime = TokioRuntime::new(tokio.handle().clone());
    let (begun, begins) = std::sync::mpsc::channel();
    let (gone, goes) = std::sync::mpsc::channel::<()>();
    let (polled, polls) = std::sync::mpsc::channel();
    let on_lane = runtime.clone();
    runtime.spawn_lane(
        String::from("lane"),
        Box::new(move || {
            Box::pin(async move {
                let mut sleep = on_lane.sleep(Duration::from_hours(1));
                begun.send(()).unwrap();
                goes.recv().unwrap();
                let pending = std::future::poll_fn(|context| {
                    std::task::Poll::Ready(sleep.as_mut().poll(context).is_pending())
                });
                polled.send(pending.await).unwrap();
            })
        }),
    );
    begins.recv().unwrap();
    drop(tokio);
    gone.send(()).unwrap();
    assert_eq!(polls.recv(), Ok(true));
}
