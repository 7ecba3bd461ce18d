//! What a run gives back: how many outputs, and of which type.

use std::any::TypeId;

use super::edge::{Read, failed};
use super::{Convert, Exit, Message, NoYields, Node, OutputCount, RouteError, Yields};

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
    /// Converts one.
    fn end(message: M) -> T;
}

#[diagnostic::do_not_recommend]
impl<N, M: Into<T>, T> EndsWith<M, T> for N {
    fn end(message: M) -> T {
        message.into()
    }
}

/// Writes an output.
pub type WriteOutput<T> = fn(T) -> Result<Message, RouteError>;

/// The output that a message at the end of a path is: the same text if the types are equal.
pub fn end<M, N, T>(
    message: &Message,
    read: Read<M>,
    write: WriteOutput<T>,
) -> Result<Message, RouteError>
where
    N: EndsWith<M, T>,
    M: 'static,
    T: 'static,
{
    if TypeId::of::<M>() == TypeId::of::<T>() {
        return Ok(message.clone().without_conversation());
    }
    write(N::end(read(message)?))
}

/// What a node adds to the outputs of a workflow whose outputs are `T`.
#[diagnostic::on_unimplemented(
    message = "executor `{N}` adds outputs that are none of the workflow: those are `{T}` [AGT668]",
    label = "what it declares in `yields(..)` is not `{T}`",
    note = "an executor that declares `yields(U)` needs a workflow that returns `Vec<T>` with `U: \
            Into<T>`"
)]
pub trait AddsTo<N, T> {
    /// Converts one.
    fn add(message: &Message, write: WriteOutput<T>) -> Result<Message, RouteError>;
}

impl<N, T> AddsTo<N, T> for NoYields {
    fn add(message: &Message, _: WriteOutput<T>) -> Result<Message, RouteError> {
        Ok(message.clone())
    }
}

#[diagnostic::do_not_recommend]
impl<N, U, T> AddsTo<N, T> for Yields<U>
where
    U: durable_task::Payload + Into<T>,
    T: 'static,
{
    fn add(message: &Message, write: WriteOutput<T>) -> Result<Message, RouteError> {
        if TypeId::of::<U>() == TypeId::of::<T>() {
            return Ok(message.clone().without_conversation());
        }
        write(message.read::<U>().map_err(failed::<U, T>)?.into())
    }
}

/// What a node adds to the outputs, as an output of the workflow.
pub fn add<Y, N, T>(message: &Message, write: WriteOutput<T>) -> Result<Message, RouteError>
where
    Y: AddsTo<N, T>,
{
    Y::add(message, write)
}
