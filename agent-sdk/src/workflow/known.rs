//! What a graph asks of the types of its messages, so that a type that can't be one is told once:
//! where it comes from, and not again where it goes.
//!
//! The constants of an inherent `impl` are taken before those of a trait, which stand in where the
//! bounds of the `impl` do not hold.

use std::marker::PhantomData;

use durable_task::Payload;
use serde_json::Value;

use super::Node;
use super::message::Described;

/// Finds the schema of a type.
#[derive(Debug)]
pub struct SchemaOf<T>(PhantomData<fn(T)>);

impl<T: Described> SchemaOf<T> {
    /// Its own.
    pub const OF: fn() -> Value = T::schema;
}

/// See [`SchemaOf`].
pub trait Undescribed {
    /// That of anything.
    const OF: fn() -> Value = || Value::Bool(true);
}

impl<T> Undescribed for SchemaOf<T> {}

/// Whether what a node gives is of another type than what it takes.
#[derive(Debug)]
pub struct MakesNew<N>(PhantomData<fn(N)>);

impl<T, N: Node<Input = T, Output = T>> MakesNew<N> {
    /// It is of the same.
    pub const TYPE: bool = false;
}

/// Whether what a node gives can't be recorded.
#[derive(Debug)]
pub struct GivesBad<N>(PhantomData<fn(N)>);

impl<N: Node> GivesBad<N>
where
    N::Output: Payload,
{
    /// It can.
    pub const TYPE: bool = false;
}

/// Whether a node takes something other than this.
#[derive(Debug)]
pub struct TakesOther<M, N>(PhantomData<fn(M, N)>);

impl<M, N: Node<Input = M>> TakesOther<M, N> {
    /// It takes this.
    pub const TYPE: bool = false;
}

/// Whether a node takes something other than what another takes and gives.
#[derive(Debug)]
pub struct TakesNew<A, N>(PhantomData<fn(A, N)>);

impl<T, A: Node<Input = T, Output = T>, N: Node<Input = T>> TakesNew<A, N> {
    /// It takes the same.
    pub const TYPE: bool = false;
}

/// See [`MakesNew`], [`GivesBad`], [`TakesOther`] and [`TakesNew`].
pub trait Otherwise {
    /// It is so.
    const TYPE: bool = true;
}

impl<N> Otherwise for MakesNew<N> {}
impl<N> Otherwise for GivesBad<N> {}
impl<M, N> Otherwise for TakesOther<M, N> {}
impl<A, N> Otherwise for TakesNew<A, N> {}

/// What a node gives: a type that can be recorded, unless nothing is asked of it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a message of a workflow [AGT669]",
    label = "this gives `{Self}`, which cannot be recorded as JSON",
    note = "add `#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]` to \
            `{Self}`, or to the types in it"
)]
pub trait Given<const IS_ASKED: bool> {
    /// Nothing; where it is named, the type has to be so.
    const FITS: () = ();
}

impl<T> Given<false> for T {}

#[diagnostic::do_not_recommend]
impl<T: Payload> Given<true> for T {}

/// What a node takes or a workflow gives: a type with a schema too, unless nothing is asked of it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a message of a workflow [AGT669]",
    label = "`{Self}` cannot be recorded as JSON, or has no JSON schema",
    note = "add `#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]` to \
            `{Self}`, or to the types in it"
)]
pub trait Taken<const IS_ASKED: bool> {
    /// Nothing; where it is named, the type has to be so.
    const FITS: () = ();
}

impl<T> Taken<false> for T {}

#[diagnostic::do_not_recommend]
impl<T: Described> Taken<true> for T {}
