//! Loops that are polled by threads that wake them.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc as std_mpsc};
use std::task::Poll;
use std::thread;

use durable_task::{Runtime, TokioRuntime};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

type Asked = std_mpsc::Sender<(thread::ThreadId, bool)>;

fn runtime() -> (tokio::runtime::Runtime, Arc<dyn Runtime>) {
    let tokio = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let runtime = TokioRuntime::new(tokio.handle().clone());
    (tokio, Arc::new(runtime))
}

/// Says for each question on which thread it was answered, and whether that may be blocked.
fn answering(runtime: &Arc<dyn Runtime>) -> UnboundedSender<Asked> {
    let (ask, mut asked): (_, UnboundedReceiver<Asked>) = unbounded_channel();
    let inside = Arc::clone(runtime);
    let answer = async move {
        while let Some(asked) = asked.recv().await {
            // Whoever asked may have gone.
            let _ = asked.send((thread::current().id(), inside.may_block()));
        }
    };
    runtime.spawn_loop("answering", Box::pin(answer));
    ask
}

fn ask(runtime: &Arc<dyn Runtime>, loops: &UnboundedSender<Asked>) -> (thread::ThreadId, bool) {
    let (asked, answer) = std_mpsc::channel();
    runtime.host(Box::new(|| loops.send(asked).unwrap()));
    answer.recv().unwrap()
}

#[test]
fn a_thread_that_hosts_polls_the_loop_that_it_wakes() {
    let (_tokio, runtime) = runtime();
    let loops = answering(&runtime);
    let here = (thread::current().id(), true);
    // The loop may be awake elsewhere when it is asked; some time it is not.
    while ask(&runtime, &loops) != here {
        thread::yield_now();
    }
    // From here on it sleeps between the questions, since it was polled by nobody else.
    for _ in 0..100 {
        assert_eq!(ask(&runtime, &loops), here);
    }
    assert!(!runtime.may_block());
}

#[test]
fn a_thread_that_does_not_host_leaves_the_loop_to_tokio() {
    let (_tokio, runtime) = runtime();
    let loops = answering(&runtime);
    for _ in 0..100 {
        let (asked, answer) = std_mpsc::channel();
        loops.send(asked).unwrap();
        let (thread, may_block) = answer.recv().unwrap();
        assert_ne!(thread, thread::current().id());
        assert!(!may_block);
    }
}

#[test]
fn no_wake_is_lost_between_threads_that_host_and_threads_that_do_not() {
    const THREADS: usize = 4;
    const EACH: usize = 20_000;
    let (_tokio, runtime) = runtime();
    let (send, mut received) = unbounded_channel();
    let (ended, end) = std_mpsc::channel();
    let count = async move {
        let mut sums = [0; THREADS];
        while let Some((thread, number)) = received.recv().await {
            // In the order of each sender.
            assert_eq!(sums[thread], number);
            sums[thread] += 1;
        }
        ended.send(sums).unwrap();
    };
    runtime.spawn_loop("count", Box::pin(count));
    let threads = (0..THREADS).map(|number| {
        let (send, runtime) = (send.clone(), Arc::clone(&runtime));
        thread::spawn(move || {
            for message in 0..EACH {
                if (number + message) % 2 == 0 {
                    runtime.host(Box::new(|| send.send((number, message)).unwrap()));
                } else {
                    send.send((number, message)).unwrap();
                }
            }
        })
    });
    let threads: Vec<_> = threads.collect();
    drop(send);
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(end.recv().unwrap(), [EACH; THREADS]);
}

#[test]
fn a_loop_that_wakes_itself_goes_on_elsewhere() {
    let (_tokio, runtime) = runtime();
    let (go, mut goes) = unbounded_channel::<()>();
    let (ended, end) = std_mpsc::channel();
    let hosted = async move {
        goes.recv().await.unwrap();
        let mut threads = Vec::new();
        poll_fn(|context| {
            threads.push(thread::current().id());
            if threads.len() > 2 {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        ended.send(threads).unwrap();
    };
    runtime.spawn_loop("yields", Box::pin(hosted));
    runtime.host(Box::new(|| go.send(()).unwrap()));
    let threads = end.recv().unwrap();
    assert_ne!(threads[2], thread::current().id());
}

struct Dropped(Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn a_loop_is_dropped_with_its_runtime_and_can_be_woken_afterwards() {
    let (tokio, runtime) = runtime();
    let dropped = Arc::new(AtomicBool::new(false));
    let (flag, (wake, mut woken)) = (Dropped(Arc::clone(&dropped)), unbounded_channel::<()>());
    let (begun, begins) = std_mpsc::channel();
    let forever = async move {
        let _flag = flag;
        begun.send(()).unwrap();
        while woken.recv().await.is_some() {}
    };
    runtime.spawn_loop("forever", Box::pin(forever));
    begins.recv().unwrap();
    drop(tokio);
    assert!(dropped.load(Ordering::SeqCst));
    runtime.host(Box::new(|| assert!(wake.send(()).is_err())));
}

#[test]
fn a_panic_ends_the_loop_and_not_the_thread_that_hosts() {
    let (_tokio, runtime) = runtime();
    let (go, mut goes) = unbounded_channel::<()>();
    let hosted = async move {
        goes.recv().await.unwrap();
        panic!("injected");
    };
    runtime.spawn_loop("panics", Box::pin(hosted));
    runtime.host(Box::new(|| go.send(()).unwrap()));
    // The receiver goes with the loop, here or on tokio.
    while !go.is_closed() {
        thread::yield_now();
    }
    assert!(!runtime.may_block());
}

#[test]
fn hosts_within_hosts_only_wake() {
    let (_tokio, runtime) = runtime();
    let loops = answering(&runtime);
    let here = (thread::current().id(), true);
    while ask(&runtime, &loops) != here {
        thread::yield_now();
    }
    let (asked, answer) = std_mpsc::channel();
    runtime.host(Box::new(|| {
        runtime.host(Box::new(|| loops.send(asked).unwrap()));
        assert!(answer.try_recv().is_err());
    }));
    assert_eq!(answer.recv().unwrap(), here);
}

#[test]
fn time_and_tasks_of_tokio_are_there_where_a_loop_is_hosted() {
    let (_tokio, runtime) = runtime();
    let (go, mut goes) = unbounded_channel::<()>();
    let (ended, end) = std_mpsc::channel();
    let inside = Arc::clone(&runtime);
    let hosted = async move {
        while goes.recv().await.is_some() {
            let mut sleep = pin!(inside.sleep(std::time::Duration::from_millis(1)));
            sleep.as_mut().await;
            let ended = ended.clone();
            inside.spawn("task", Box::pin(async move { ended.send(()).unwrap() }));
        }
    };
    runtime.spawn_loop("sleeps", Box::pin(hosted));
    for _ in 0..20 {
        runtime.host(Box::new(|| go.send(()).unwrap()));
        end.recv().unwrap();
    }
}
