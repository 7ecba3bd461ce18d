//! Threads that do what is sent to them, in order.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::oneshot::error::TryRecvError;
use tokio::sync::{mpsc, oneshot};

/// What a thread gets.
enum Order<T> {
    Do(T),
    /// The thread that gets it ends.
    Stop,
}

type Orders<T> = mpsc::Receiver<Order<T>>;

/// One or more threads that share a queue. They also end when the lane and all its senders are
/// gone.
pub(super) struct Lane<T> {
    orders: mpsc::Sender<Order<T>>,
    /// A place in the queue for each thread's stop, which so never waits for room: callers that are
    /// neither polled nor dropped could hold all of it.
    stops: Vec<mpsc::OwnedPermit<Order<T>>>,
    /// Told when a thread has ended, or gone in another way when it died.
    ends: Vec<oneshot::Receiver<()>>,
    /// Whether one of them was found to have died.
    broken: bool,
}

/// Sends to a lane.
pub(super) struct LaneSender<T>(mpsc::Sender<Order<T>>);

impl<T> LaneSender<T> {
    /// Waits for room; false if the threads have ended.
    pub(super) async fn send(self, work: T) -> bool {
        self.0.send(Order::Do(work)).await.is_ok()
    }
}

impl<T: Send + 'static> Lane<T> {
    /// A queue for that many works, and a place for the stop of each of the threads.
    pub(super) fn new(waiting_max: usize, threads: usize) -> (Self, SharedOrders<T>) {
        let (orders, received) = mpsc::channel(waiting_max + threads);
        // The queue is empty: there is room for all of them.
        let stops = (0..threads)
            .filter_map(|_| orders.clone().try_reserve_owned().ok())
            .collect();
        let lane = Self {
            orders,
            stops,
            ends: Vec::new(),
            broken: false,
        };
        (lane, SharedOrders(Arc::new(Mutex::new(received))))
    }

    /// Starts one of the threads. What `work` holds is free when its end is told.
    pub(super) fn start(
        &mut self,
        name: String,
        orders: SharedOrders<T>,
        mut work: impl FnMut(T) + Send + 'static,
    ) -> io::Result<()> {
        let (end, ended) = oneshot::channel();
        thread::Builder::new().name(name).spawn(move || {
            while let Some(one) = orders.next() {
                work(one);
            }
            // First what the work holds, then the word that it is free.
            drop(work);
            // Nobody may be waiting for it.
            let _ = end.send(());
        })?;
        self.ends.push(ended);
        Ok(())
    }

    pub(super) fn sender(&self) -> LaneSender<T> {
        LaneSender(self.orders.clone())
    }

    /// Whether one of the threads has died.
    pub(super) fn is_broken(&mut self) -> bool {
        let started = self.ends.len();
        // An end that was told can't be asked again.
        self.ends
            .retain_mut(|end| matches!(end.try_recv(), Err(TryRecvError::Empty)));
        self.broken |= self.ends.len() < started;
        self.broken
    }

    /// Lets the threads do what is waiting, then end. Returns what is told when they have.
    pub(super) fn stop(self) -> Vec<oneshot::Receiver<()>> {
        for stop in self.stops {
            stop.send(Order::Stop);
        }
        self.ends
    }

    /// Waits for the ends of other threads too when this lane is stopped.
    pub(super) fn also_ends(&mut self, ends: Vec<oneshot::Receiver<()>>) {
        self.ends.extend(ends);
    }
}

/// Where the threads of a lane take their works from.
pub(super) struct SharedOrders<T>(Arc<Mutex<Orders<T>>>);

impl<T> Clone for SharedOrders<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> SharedOrders<T> {
    /// One thread waits for the next work, the others for that one.
    fn next(&self) -> Option<T> {
        let mut received = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match received.blocking_recv() {
            Some(Order::Do(work)) => Some(work),
            Some(Order::Stop) | None => None,
        }
    }
}
