//! Tasks that are begun on threads beside those of tokio.

use std::cell::RefCell;
use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use std::time::Duration;

use durable_task::{Runtime, TokioRuntime};
use tokio::runtime::{Builder, Handle};

const THREADS: usize = 2;

fn tokio() -> tokio::runtime::Runtime {
    let mut tokio = Builder::new_multi_thread();
    let tokio = tokio.worker_threads(THREADS).enable_all();
    tokio.thread_name("tokio").build().unwrap()
}

/// Runs a task and returns what it says.
fn outcome<T: Send + 'static>(
    runtime: &dyn Runtime,
    task: impl Future<Output = T> + Send + 'static,
) -> T {
    let (say, said) = mpsc::channel();
    runtime.spawn_work(
        "task",
        Box::pin(async move { say.send(task.await).unwrap() }),
    );
    said.recv().unwrap()
}

fn thread_name() -> String {
    thread::current().name().unwrap_or_default().to_owned()
}

#[test]
fn a_task_that_does_not_wait_never_reaches_tokio() {
    let tokio = tokio();
    let runtime = TokioRuntime::new(tokio.handle().clone());
    for _ in 0..100 {
        let name = outcome(&runtime, async {
            // Tasks of tokio can be spawned from there.
            drop(Handle::current().spawn(async {}));
            thread_name()
        });
        assert_eq!(name, "begin");
    }
}

#[test]
fn a_task_that_waits_goes_on_in_tokio() {
    let tokio = tokio();
    let runtime = TokioRuntime::new(tokio.handle().clone());
    let names = outcome(&runtime, async {
        let first = thread_name();
        // Its wake is there before anybody waits for it.
        tokio::task::yield_now().await;
        let second = thread_name();
        tokio::time::sleep(Duration::from_millis(1)).await;
        [first, second, thread_name()]
    });
    assert_eq!(names, ["begin", "tokio", "tokio"]);
}

#[test]
fn a_task_that_panics_leaves_the_threads_to_others() {
    let tokio = tokio();
    let runtime = TokioRuntime::new(tokio.handle().clone());
    for _ in 0..10 * THREADS {
        runtime.spawn_work("panics", Box::pin(async { panic!("on purpose") }));
    }
    assert_eq!(outcome(&runtime, async { thread_name() }), "begin");
}

#[test]
fn as_many_run_at_once_as_tokio_has_threads() {
    let tokio = tokio();
    let runtime = TokioRuntime::new(tokio.handle().clone());
    let all = Arc::new(Barrier::new(THREADS + 1));
    for _ in 0..THREADS {
        let all = Arc::clone(&all);
        runtime.spawn_work("meets", Box::pin(async move { _ = all.wait() }));
    }
    all.wait();
}

#[test]
fn a_runtime_of_one_thread_begins_its_tasks_itself() {
    let tokio = Builder::new_current_thread().build().unwrap();
    let runtime = TokioRuntime::new(tokio.handle().clone());
    let (say, mut said) = tokio::sync::mpsc::unbounded_channel();
    let task = async move { say.send(thread::current().id()).unwrap() };
    runtime.spawn_work("task", Box::pin(task));
    let thread = tokio.block_on(said.recv());
    assert_eq!(thread, Some(thread::current().id()));
}

#[test]
fn the_threads_end_with_the_last_runtime() {
    struct Ended(mpsc::Sender<()>);
    impl Drop for Ended {
        fn drop(&mut self) {
            self.0.send(()).unwrap();
        }
    }
    thread_local! {
        static ENDED: RefCell<Option<Ended>> = const { RefCell::new(None) };
    }
    let tokio = tokio();
    let runtime = TokioRuntime::new(tokio.handle().clone());
    let (end, ended) = mpsc::channel();
    outcome(&runtime, async { ENDED.set(Some(Ended(end))) });
    let another = runtime.clone();
    drop(runtime);
    assert_eq!(outcome(&another, async { thread_name() }), "begin");
    assert!(ended.try_recv().is_err());
    drop(another);
    ended.recv().unwrap();
}
