//! Several durable futures at once, in a defined order.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::episode::{Handle, Scope};

use super::OrchestrationContext;

impl OrchestrationContext {
    /// Waits for all; the results are in the order of the futures. Only those children are polled
    /// that something has come for, so ten thousand are no problem.
    pub fn join_all<F: Future>(&self, futures: impl IntoIterator<Item = F>) -> JoinAll<F> {
        let children: Vec<Child<F>> = futures
            .into_iter()
            .map(|future| Child::Running {
                future: Box::pin(future),
                waits: false,
            })
            .collect();
        JoinAll {
            state: self.state.clone(),
            scope: Rc::default(),
            open: children.len(),
            waiting: 0,
            children,
            begun: false,
        }
    }

    /// Waits for the first of two; if both are ready, the left one. The other is dropped, which
    /// does not undo what it has started; pass `&mut future` to go on with it.
    pub fn select<A: Future, B: Future>(&self, left: A, right: B) -> Select<A, B> {
        Select {
            left: Box::pin(left),
            right: Box::pin(right),
        }
    }

    /// Waits for the first of many; if several are ready, the first in the list. The result is
    /// its index and value; the others are dropped, which does not undo what they have started.
    /// An empty list waits for ever, which is an error.
    pub fn race<F: Future>(&self, futures: impl IntoIterator<Item = F>) -> Race<F> {
        Race {
            futures: futures.into_iter().map(Box::pin).collect(),
        }
    }
}

enum Child<F: Future> {
    Running {
        future: Pin<Box<F>>,
        /// Whether it was found waiting for something durable.
        waits: bool,
    },
    Done(Option<F::Output>),
}

/// All results, in order. Made by [`OrchestrationContext::join_all`].
#[must_use = "futures do nothing unless awaited"]
pub struct JoinAll<F: Future> {
    state: Handle,
    scope: Rc<Scope>,
    children: Vec<Child<F>>,
    open: usize,
    /// How many of them were found waiting for something durable.
    waiting: usize,
    begun: bool,
}

// The results are moved out as a whole; nothing in it is pinned in place.
impl<F: Future> Unpin for JoinAll<F> {}

impl<F: Future> JoinAll<F> {
    fn poll_child(&mut self, index: usize, context: &mut Context<'_>) {
        let Some(Child::Running { future, waits }) = self.children.get_mut(index) else {
            return;
        };
        let entered = self.state.borrow_mut().enter_child(&self.scope, index);
        let polled = future.as_mut().poll(context);
        let waited = std::mem::replace(waits, self.state.borrow_mut().leave_child(entered));
        self.waiting -= usize::from(waited);
        match polled {
            Poll::Pending => self.waiting += usize::from(*waits),
            Poll::Ready(value) => {
                self.children[index] = Child::Done(Some(value));
                self.open -= 1;
            }
        }
    }
}

impl<F: Future> Future for JoinAll<F> {
    type Output = Vec<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if this.begun {
            for index in this.scope.take_ready() {
                this.poll_child(index, context);
            }
        } else {
            this.begun = true;
            for index in 0..this.children.len() {
                this.poll_child(index, context);
            }
        }
        if this.open > 0 {
            if this.waiting > 0 {
                this.state.borrow_mut().wait_in_children();
            }
            return Poll::Pending;
        }
        let values = this.children.iter_mut().filter_map(|child| match child {
            Child::Done(value) => value.take(),
            Child::Running { .. } => None,
        });
        Poll::Ready(values.collect())
    }
}

/// One of two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Either<A, B> {
    /// Of the first future.
    Left(A),
    /// Of the second future.
    Right(B),
}

/// The first of two results. Made by [`OrchestrationContext::select`].
#[must_use = "futures do nothing unless awaited"]
#[derive(Debug)]
pub struct Select<A, B> {
    left: Pin<Box<A>>,
    right: Pin<Box<B>>,
}

impl<A: Future, B: Future> Future for Select<A, B> {
    type Output = Either<A::Output, B::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Poll::Ready(value) = self.left.as_mut().poll(context) {
            return Poll::Ready(Either::Left(value));
        }
        self.right.as_mut().poll(context).map(Either::Right)
    }
}

/// The first of many results. Made by [`OrchestrationContext::race`].
#[must_use = "futures do nothing unless awaited"]
#[derive(Debug)]
pub struct Race<F> {
    futures: Vec<Pin<Box<F>>>,
}

impl<F: Future> Future for Race<F> {
    type Output = (usize, F::Output);

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        for (index, future) in self.futures.iter_mut().enumerate() {
            if let Poll::Ready(value) = future.as_mut().poll(context) {
                return Poll::Ready((index, value));
            }
        }
        Poll::Pending
    }
}
