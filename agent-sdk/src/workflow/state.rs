//! The state that the nodes of a workflow share: typed slots.

use std::any::TypeId;

use serde_json::Value;

use super::{Message, RouteError};

/// How many slots a state may have.
pub const SLOTS_MAX: usize = 128;

/// The state of a workflow: each field is a slot; `#[derive(WorkflowState)]` writes the
/// implementation.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the state of a workflow [AGT701]",
    label = "not declared with `#[derive(WorkflowState)]`",
    note = "add `#[derive(WorkflowState)]` to `{Self}`"
)]
pub trait WorkflowState: 'static {
    /// The state itself; a type that is none is one error by this.
    type This;
    /// The slots, in the order of the fields.
    const SLOTS: &'static [Slot];
    /// Which of them are there from the start: those with a default, and keyed ones.
    const DEFAULTS: u128;
    /// Which of them parallel nodes may write: those with a reducer, and keyed ones.
    const REDUCED: u128;
}

/// The state of a workflow that has none.
#[derive(Debug)]
pub enum NoState {}

impl WorkflowState for NoState {
    type This = Self;
    const SLOTS: &'static [Slot] = &[];
    const DEFAULTS: u128 = 0;
    const REDUCED: u128 = 0;
}

/// A type that is a slot of a state.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a slot of `{S}` [AGT702]",
    label = "this node uses state that the workflow does not have",
    note = "add a field of type `{Self}` to `{S}`, or give the workflow a state with one: \
            `#[workflow(state = ..)]`"
)]
pub trait SlotOf<S> {
    /// Which one.
    const INDEX: usize;
}

/// What a node uses of a state.
pub trait InState<S> {
    /// Slots that it reads.
    const READS: u128 = 0;
    /// Slots that it always writes.
    const WRITES: u128 = 0;
    /// Slots that it may write.
    const MAY_WRITE: u128 = 0;
    /// Slots that it may read.
    const MAY_READ: u128 = 0;
}

/// A slot as data.
#[derive(Clone, Copy)]
pub struct Slot {
    /// The name of the field.
    pub name: &'static str,
    /// The type as it is written there, for messages of the compiler.
    pub written: &'static str,
    /// The type.
    pub type_id: fn() -> TypeId,
    /// The name of the type, for messages.
    pub type_name: fn() -> &'static str,
    /// Its JSON schema (2020-12).
    pub schema: fn() -> Value,
    /// What is in it at the start.
    pub default: Option<fn() -> Result<Message, RouteError>>,
    /// Merges what is written into what is there.
    pub merge: Option<Merge>,
}

/// Merges what is written, in order, into what is there, which may be nothing; pure. It gets all
/// writes of a superstep at once, so that what is there is read and written once.
pub type Merge = fn(Option<&Message>, &[Message]) -> Result<Message, RouteError>;

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slot")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// An executor that declares `reads(X)`.
#[diagnostic::on_unimplemented(
    message = "executor `{Self}` does not declare that it reads `{X}` [AGT703]",
    label = "not in `reads(..)` of `{Self}`",
    note = "write `#[executor(reads({X}))]`"
)]
pub trait Reads<X> {}

/// An executor that declares `may_read(X)`.
#[diagnostic::on_unimplemented(
    message = "executor `{Self}` does not declare that it may read `{X}` [AGT704]",
    label = "not in `may_read(..)` of `{Self}`",
    note = "write `#[executor(may_read({X}))]`"
)]
pub trait MayRead<X> {}

/// An executor that declares `writes(X)` or `may_write(X)`.
#[diagnostic::on_unimplemented(
    message = "executor `{Self}` does not declare that it writes `{X}` [AGT705]",
    label = "not in `writes(..)` of `{Self}`",
    note = "write `#[executor(writes({X}))]`, or `may_write({X})` if it does not always"
)]
pub trait Writes<X> {}

/// An executor that declares `sends(T)`.
#[diagnostic::on_unimplemented(
    message = "executor `{Self}` does not declare that it sends `{T}` [AGT706]",
    label = "not in `sends(..)` of `{Self}`",
    note = "write `#[executor(sends({T}))]`"
)]
pub trait Sends<T> {}

/// An executor that declares `yields(T)`.
#[diagnostic::on_unimplemented(
    message = "executor `{Self}` does not declare that it yields `{T}` [AGT707]",
    label = "not in `yields(..)` of `{Self}`",
    note = "write `#[executor(yields({T}))]`"
)]
pub trait Emits<T> {}
