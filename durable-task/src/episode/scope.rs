//! Which child of a `join_all` to poll when a task completes.
//!
//! Durable futures don't use wakers (see `probe`), and after each event the whole orchestrator is
//! polled. A join of ten thousand activities would then cost ten thousand polls per result. So a
//! join opens a scope while it polls a child; what the child waits for is booked on that scope, and
//! a completion notes the child as ready, up through all joins around it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// What a future can wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Awaited {
    Task(i32),
    Event(u64),
}

/// One join: its children that have to be polled, and the child of an outer join that it is in.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    ready: RefCell<Vec<usize>>,
    outer: RefCell<Option<Child>>,
}

/// A child of a join.
#[derive(Debug, Clone)]
struct Child {
    scope: Rc<Scope>,
    index: usize,
}

impl Scope {
    /// The children to poll, each once, in their order.
    pub(crate) fn take_ready(&self) -> Vec<usize> {
        let mut ready = self.ready.take();
        ready.sort_unstable();
        ready.dedup();
        ready
    }
}

/// The scope that is being polled, and who waits for what.
#[derive(Debug, Default)]
pub(super) struct Scopes {
    current: Option<Child>,
    booked: BTreeMap<Awaited, Child>,
    /// Whether any durable future was found waiting since the last [`Scopes::begin`].
    waiting: bool,
}

/// What [`Scopes::enter`] replaced.
#[derive(Debug)]
pub(crate) struct Entered {
    outer: Option<Child>,
    waiting: bool,
}

impl Scopes {
    /// Begins a poll of the whole orchestrator.
    pub(super) fn begin(&mut self) {
        self.current = None;
        self.waiting = false;
    }

    /// Whether the poll found a durable future that waits.
    pub(super) fn is_waiting(&self) -> bool {
        self.waiting
    }

    /// A future waits for something.
    pub(super) fn wait(&mut self, awaited: Awaited) {
        self.waiting = true;
        match &self.current {
            Some(child) => {
                self.booked.insert(awaited, child.clone());
            }
            None => {
                self.booked.remove(&awaited);
            }
        }
    }

    /// A join has children that wait and that it need not poll now.
    pub(super) fn wait_in_children(&mut self) {
        self.waiting = true;
    }

    /// What a future waited for has come, or the future is gone.
    pub(super) fn done(&mut self, awaited: Awaited) {
        let mut child = self.booked.remove(&awaited);
        while let Some(Child { scope, index }) = child {
            scope.ready.borrow_mut().push(index);
            let outer = scope.outer.borrow();
            child = outer.as_ref().map(Child::clone);
        }
    }

    /// A join begins to poll one of its children.
    pub(super) fn enter(&mut self, scope: &Rc<Scope>, index: usize) -> Entered {
        let child = Child {
            scope: Rc::clone(scope),
            index,
        };
        let outer = self.current.replace(child);
        scope.outer.borrow_mut().clone_from(&outer);
        Entered {
            outer,
            waiting: std::mem::take(&mut self.waiting),
        }
    }

    /// The join has polled the child; returns whether the child waits for something durable.
    pub(super) fn leave(&mut self, entered: Entered) -> bool {
        self.current = entered.outer;
        std::mem::replace(&mut self.waiting, entered.waiting)
    }
}
