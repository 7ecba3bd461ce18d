//! What a run gives back: how many outputs, and of which type.

use std::any::TypeId;

use super::edge::{Read, failed};
use super::{Convert, Emits, Exit, Message, NoYields, Node, OutputCount, RouteError, Yields};

/// The return type of a workflow that has one output. `ANY`: some node sends or yields any number.
#[diagnostic::on_unimplemented(
    message = "a run of this workflow has any number of outputs, and it returns `{Self}` [AGT664]",
    label = "expected `Vec<T>`",
    note = "some executor of this workflow declares `sends(..)` or `yields(..)`"
)]
pub trait ReturnsOne<const ANY: bool>: Sized {
    /// The type of an output.
    type Item;
    /// Writes one output of a workflow.
    fn write<N: Node<Output = Self>>(item: Self::Item) -> Result<Message, RouteError>;
}

#[diagnostic::do_not_recommend]
impl<W> ReturnsOne<false> for W {
    type Item = W;

    fn write<N: Node<Output = Self>>(item: W) -> Result<Message, RouteError> {
        N::write_output(&item)
    }
}

#[diagnostic::do_not_recommend]
impl<T> ReturnsOne<true> for Vec<T> {
    type Item = T;

    fn write<N: Node<Output = Self>>(item: T) -> Result<Message, RouteError> {
        only(&N::write_output(&vec![item])?)
    }
}

/// The return type of a workflow some of whose paths are dropped.
#[diagnostic::on_unimplemented(
    message = "a run of this workflow has one output or none, and it returns `{Self}` [AGT665]",
    label = "expected `Option<T>`",
    note = "some path of this workflow ends in `()`, so a run may have no output; it returns \
            `Vec<T>` if some executor declares `sends(..)` or `yields(..)`"
)]
pub trait ReturnsAtMostOne<const ANY: bool>: Sized {
    /// The type of an output.
    type Item;
    /// Writes one output of a workflow.
    fn write<N: Node<Output = Self>>(item: Self::Item) -> Result<Message, RouteError>;
}

#[diagnostic::do_not_recommend]
impl<T> ReturnsAtMostOne<false> for Option<T> {
    type Item = T;

    fn write<N: Node<Output = Self>>(item: T) -> Result<Message, RouteError> {
        N::write_output(&Some(item))
    }
}

#[diagnostic::do_not_recommend]
impl<T> ReturnsAtMostOne<true> for Vec<T> {
    type Item = T;

    fn write<N: Node<Output = Self>>(item: T) -> Result<Message, RouteError> {
        only(&N::write_output(&vec![item])?)
    }
}

/// The return type of a workflow whose graph gives any number of outputs.
#[diagnostic::on_unimplemented(
    message = "a run of this workflow can have several outputs, and it returns `{Self}` [AGT666]",
    label = "expected `Vec<T>`",
    note = "paths that run in parallel and are not joined, or an open `each`, give an output each; \
            join them, `(a, b) >> c`, for one"
)]
pub trait ReturnsMany: Sized {
    /// The type of an output.
    type Item;
    /// Writes one output of a workflow.
    fn write<N: Node<Output = Self>>(item: Self::Item) -> Result<Message, RouteError>;
}

#[diagnostic::do_not_recommend]
impl<T> ReturnsMany for Vec<T> {
    type Item = T;

    fn write<N: Node<Output = Self>>(item: T) -> Result<Message, RouteError> {
        only(&N::write_output(&vec![item])?)
    }
}

/// The return type of a workflow all of whose paths are dropped.
#[diagnostic::on_unimplemented(
    message = "a run of this workflow has no output, and it returns `{Self}` [AGT673]",
    label = "no path ends with an output",
    note = "every path of this workflow ends in `()`; remove the return type, or a `()`"
)]
pub trait ReturnsNone<const ANY: bool>: Sized {
    /// The type of an output.
    type Item;
    /// Writes one output of a workflow.
    fn write<N: Node<Output = Self>>(item: Self::Item) -> Result<Message, RouteError>;
}

#[diagnostic::do_not_recommend]
impl<T> ReturnsNone<true> for Vec<T> {
    type Item = T;

    fn write<N: Node<Output = Self>>(item: T) -> Result<Message, RouteError> {
        only(&N::write_output(&vec![item])?)
    }
}

/// Whether one of these is true.
pub const fn any(facts: &[bool]) -> bool {
    let mut index = 0;
    while index < facts.len() {
        if facts[index] {
            return true;
        }
        index += 1;
    }
    false
}

impl OutputCount {
    /// The same, unless nodes send or yield any number.
    #[must_use]
    pub const fn or_any(self, any: bool) -> Self {
        if any { Self::Any } else { self }
    }
}

/// Where a path ends whose last node gives nothing.
pub const fn dropped(_: Convert) -> Exit {
    Exit::Drop
}

/// The item of a list of one.
fn only(list: &Message) -> Result<Message, RouteError> {
    let items: Vec<Message> = list.read().map_err(failed::<Message, Message>)?;
    let mut items = items.into_iter();
    items
        .next()
        .ok_or_else(|| failed::<Message, Message>("it is missing"))
}

/// A node whose messages are outputs of a workflow.
#[diagnostic::on_unimplemented(
    message = "this path ends with `{M}`, which is no output of the workflow: those are `{T}` \
               [AGT667]",
    label = "`{Self}` returns `{M}`",
    note = "the last node of a path returns what the workflow does, or what converts into it with \
            `Into`; `>> ()` drops what it returns"
)]
pub trait EndsWith<M, T> {
    /// The output that a message at the end of a path is: the same text if the types are equal.
    fn end(message: &Message, read: Read<M>, write: WriteOutput<T>) -> Result<Message, RouteError>;
}

#[diagnostic::do_not_recommend]
impl<N, M: Into<T> + 'static, T: 'static> EndsWith<M, T> for N {
    fn end(message: &Message, read: Read<M>, write: WriteOutput<T>) -> Result<Message, RouteError> {
        if TypeId::of::<M>() == TypeId::of::<T>() {
            return Ok(message.clone().without_conversation());
        }
        write(read(message)?.into())
    }
}

/// Writes an output.
pub type WriteOutput<T> = fn(T) -> Result<Message, RouteError>;

/// A node that adds values of type `U` to the outputs of a workflow, which are `T`.
#[diagnostic::on_unimplemented(
    message = "executor `{Self}` yields `{U}`, and the outputs of the workflow are `{T}` [AGT668]",
    label = "`{Self}` declares `yields({U})`",
    note = "what executors yield are outputs of the workflow, or convert into them with `Into`"
)]
pub trait AddsTo<U, T> {
    /// Converts one.
    fn add(message: &Message, write: WriteOutput<T>) -> Result<Message, RouteError>;
}

#[diagnostic::do_not_recommend]
impl<N: Node, U, T> AddsTo<U, T> for N
where
    N::Yielded: Added<Of = U> + Adds<N, T>,
{
    fn add(message: &Message, write: WriteOutput<T>) -> Result<Message, RouteError> {
        N::Yielded::add(message, write)
    }
}

/// What a node yields.
pub trait Added {
    /// The type.
    type Of;
}

impl Added for NoYields {
    type Of = Self;
}

impl<U> Added for Yields<U> {
    type Of = U;
}

/// How what node `N` yields becomes an output `T`.
pub trait Adds<N, T> {
    /// Converts one.
    fn add(message: &Message, write: WriteOutput<T>) -> Result<Message, RouteError>;
}

impl<N, T> Adds<N, T> for NoYields {
    fn add(message: &Message, _: WriteOutput<T>) -> Result<Message, RouteError> {
        Ok(message.clone())
    }
}

/// That `U` can be recorded is told at the executor.
impl<N, U, T> Adds<N, T> for Yields<U>
where
    N: Emits<U>,
    U: Into<T> + 'static,
    T: 'static,
{
    fn add(message: &Message, write: WriteOutput<T>) -> Result<Message, RouteError> {
        if TypeId::of::<U>() == TypeId::of::<T>() {
            return Ok(message.clone().without_conversation());
        }
        write(N::CODEC.decode(message).map_err(failed::<U, T>)?.into())
    }
}
