//! Which messages fit which node, and how they are made to.

use std::any::{TypeId, type_name};

use durable_task::Payload;

use super::message::{AgentMessage, AgentResponse};
use super::{Asked, Message, Node, Plain, RouteError, Yields};

/// A node that takes messages of type `M`.
#[diagnostic::on_unimplemented(
    message = "node `{Self}` does not accept messages of type `{M}` [AGT641]",
    label = "this edge delivers `{M}`",
    note = "an edge `a >> b` needs the output of `a` to be the input of `b`, here `{I}`, or to \
            convert into it with `Into`"
)]
pub trait Accepts<M, I> {
    /// Makes the message fit.
    fn accept(message: M) -> Result<I, RouteError>;
    /// Whether a conversation travels beside a message that is handed on whole.
    const CARRIES: bool;
}

#[diagnostic::do_not_recommend]
impl<N: Node, M, I> Accepts<M, I> for N
where
    N::Kind: Converts<M, I>,
{
    fn accept(message: M) -> Result<I, RouteError> {
        N::Kind::convert(message)
    }

    const CARRIES: bool = N::Kind::CARRIES;
}

/// How a kind of nodes makes messages fit.
pub trait Converts<M, I> {
    /// See [`Accepts::CARRIES`].
    const CARRIES: bool;

    /// Makes the message fit.
    fn convert(message: M) -> Result<I, RouteError>;
}

impl<M: Into<I>, I> Converts<M, I> for Plain {
    const CARRIES: bool = false;

    fn convert(message: M) -> Result<I, RouteError> {
        Ok(message.into())
    }
}

impl<M: Payload> Converts<M, AgentMessage> for Asked {
    const CARRIES: bool = true;

    fn convert(message: M) -> Result<AgentMessage, RouteError> {
        let json = message.to_json().map_err(failed::<M, AgentMessage>)?;
        text(TypeId::of::<M>(), json)
            .map(AgentMessage)
            .map_err(failed::<M, AgentMessage>)
    }
}

/// A text as it is, an answer as its text, anything else as JSON.
fn text(of: TypeId, json: String) -> Result<String, serde_json::Error> {
    if of == TypeId::of::<String>() || of == TypeId::of::<AgentMessage>() {
        serde_json::from_str(&json)
    } else if of == TypeId::of::<AgentResponse>() {
        serde_json::from_str::<AgentResponse>(&json).map(String::from)
    } else {
        Ok(json)
    }
}

/// What went wrong between two types.
#[allow(
    clippy::needless_pass_by_value,
    reason = "the argument of `map_err` comes by value"
)]
pub(crate) fn failed<M, I>(problem: impl ToString) -> RouteError {
    RouteError {
        from: type_name::<M>(),
        to: type_name::<I>(),
        problem: problem.to_string(),
    }
}

/// The message that an edge delivers for a whole message: the same text if the types are equal.
pub fn hand_on<M, N>(message: &Message) -> Result<Message, RouteError>
where
    N: Node + Accepts<M, <N as Node>::Input>,
    M: Payload,
    N::Input: Payload,
{
    let conversation = message.shared_conversation().filter(|_| N::CARRIES);
    let fitting = if TypeId::of::<M>() == TypeId::of::<N::Input>() {
        message.clone()
    } else {
        let value = message.read().map_err(failed::<M, N::Input>)?;
        deliver::<M, N>(value)?
    };
    Ok(fitting.with_conversation(conversation))
}

/// The message that an edge delivers for a value.
pub fn deliver<M, N>(value: M) -> Result<Message, RouteError>
where
    N: Node + Accepts<M, <N as Node>::Input>,
    N::Input: Payload,
{
    let input = N::accept(value)?;
    Message::of(&input).map_err(failed::<M, N::Input>)
}

/// A list whose items a node takes.
#[diagnostic::on_unimplemented(
    message = "`each({N})` needs a `Vec` of what `{N}` takes, not `{Self}` [AGT642]",
    label = "this edge delivers `{Self}`",
    note = "`a >> each(b)` runs `b` once for each item of the list that `a` returns"
)]
pub trait ItemsFor<N, I>: Sized {
    /// The items, made to fit.
    fn items(self) -> Result<Vec<I>, RouteError>;
}

#[diagnostic::do_not_recommend]
impl<X, N, I> ItemsFor<N, I> for Vec<X>
where
    N: Accepts<X, I>,
{
    fn items(self) -> Result<Vec<I>, RouteError> {
        self.into_iter().map(N::accept).collect()
    }
}

/// The list of inputs for `each`, of a value.
pub fn deliver_each<M, N>(value: M) -> Result<Message, RouteError>
where
    N: Node,
    M: ItemsFor<N, <N as Node>::Input>,
    Vec<N::Input>: Payload,
{
    Message::of(&value.items()?).map_err(failed::<M, Vec<N::Input>>)
}

/// The list of inputs for `each`, of a whole message.
pub fn hand_on_each<M, N>(message: &Message) -> Result<Message, RouteError>
where
    N: Node,
    M: Payload + ItemsFor<N, <N as Node>::Input>,
    Vec<N::Input>: Payload,
{
    if TypeId::of::<M>() == TypeId::of::<Vec<N::Input>>() {
        return Ok(message.clone().without_conversation());
    }
    deliver_each::<M, N>(message.read().map_err(failed::<M, Vec<N::Input>>)?)
}

/// The message of a source of a fan-in, which is converted when all are there.
pub fn as_it_is(message: &Message) -> Result<Message, RouteError> {
    Ok(message.clone().without_conversation())
}

/// A node that takes what a closed tuple collects.
#[diagnostic::on_unimplemented(
    message = "node `{Self}` does not accept the messages `{M}` of this fan-in [AGT643]",
    label = "these sources deliver `{M}`",
    note = "after `(b, c) >> d`, `d` takes the tuple of their outputs in written order, or a `Vec` \
            of one type; here it takes `{I}`; each part may convert with `Into`"
)]
pub trait JoinsSources<M, I> {
    /// Puts the messages together.
    fn join(messages: &[Message]) -> Result<I, RouteError>;
}

#[diagnostic::do_not_recommend]
impl<N: Node, M, I> JoinsSources<M, I> for N
where
    N::Kind: ConvertsParts<M, I>,
{
    fn join(messages: &[Message]) -> Result<I, RouteError> {
        N::Kind::convert_parts(messages)
    }
}

/// How a kind of nodes puts the messages of a fan-in together.
pub trait ConvertsParts<M, I> {
    /// Puts the messages together.
    fn convert_parts(messages: &[Message]) -> Result<I, RouteError>;
}

impl<M, I> ConvertsParts<M, I> for Plain
where
    M: Parts<I>,
{
    fn convert_parts(messages: &[Message]) -> Result<I, RouteError> {
        M::put_together(messages)
    }
}

impl<M: 'static> ConvertsParts<M, AgentMessage> for Asked {
    fn convert_parts(messages: &[Message]) -> Result<AgentMessage, RouteError> {
        let list = super::message::join(messages).map_err(failed::<M, AgentMessage>)?;
        Ok(AgentMessage(list.json().to_owned()))
    }
}

/// A tuple of outputs that becomes `I`.
pub trait Parts<I> {
    /// Reads and converts each.
    fn put_together(messages: &[Message]) -> Result<I, RouteError>;
}

fn part<A: Payload + Into<X>, X>(messages: &[Message], index: usize) -> Result<X, RouteError> {
    let message = messages
        .get(index)
        .ok_or_else(|| failed::<A, X>("it is missing"))?;
    message.read::<A>().map(Into::into).map_err(failed::<A, X>)
}

macro_rules! parts {
    ($($output:ident $input:ident $index:tt),+) => {
        impl<$($output, $input),+> Parts<($($input,)+)> for ($($output,)+)
        where
            $($output: Payload + Into<$input>),+
        {
            fn put_together(messages: &[Message]) -> Result<($($input,)+), RouteError> {
                Ok(($(part::<$output, $input>(messages, $index)?,)+))
            }
        }

        impl<X, $($output),+> Parts<Vec<X>> for ($($output,)+)
        where
            $($output: Payload + Into<X>),+
        {
            fn put_together(messages: &[Message]) -> Result<Vec<X>, RouteError> {
                Ok(vec![$(part::<$output, X>(messages, $index)?),+])
            }
        }
    };
}

/// How many elements a closed tuple may have.
pub const JOIN_SOURCES_MAX: usize = 16;

parts!(A0 X0 0, A1 X1 1);
parts!(A0 X0 0, A1 X1 1, A2 X2 2);
parts!(A0 X0 0, A1 X1 1, A2 X2 2, A3 X3 3);
parts!(A0 X0 0, A1 X1 1, A2 X2 2, A3 X3 3, A4 X4 4);
parts!(A0 X0 0, A1 X1 1, A2 X2 2, A3 X3 3, A4 X4 4, A5 X5 5);
parts!(A0 X0 0, A1 X1 1, A2 X2 2, A3 X3 3, A4 X4 4, A5 X5 5, A6 X6 6);
parts!(A0 X0 0, A1 X1 1, A2 X2 2, A3 X3 3, A4 X4 4, A5 X5 5, A6 X6 6, A7 X7 7);
parts!(A0 X0 0, A1 X1 1, A2 X2 2, A3 X3 3, A4 X4 4, A5 X5 5, A6 X6 6, A7 X7 7, A8 X8 8);
parts!(A0 X0 0, A1 X1 1, A2 X2 2, A3 X3 3, A4 X4 4, A5 X5 5, A6 X6 6, A7 X7 7, A8 X8 8, A9 X9 9);
parts!(A0 X0 0, A1 X1 1, A2 X2 2, A3 X3 3, A4 X4 4, A5 X5 5, A6 X6 6, A7 X7 7, A8 X8 8, A9 X9 9,
    A10 X10 10);
parts!(A0 X0 0, A1 X1 1, A2 X2 2, A3 X3 3, A4 X4 4, A5 X5 5, A6 X6 6, A7 X7 7, A8 X8 8, A9 X9 9,
    A10 X10 10, A11 X11 11);
parts!(A0 X0 0, A1 X1 1, A2 X2 2, A3 X3 3, A4 X4 4, A5 X5 5, A6 X6 6, A7 X7 7, A8 X8 8, A9 X9 9,
    A10 X10 10, A11 X11 11, A12 X12 12);
parts!(A0 X0 0, A1 X1 1, A2 X2 2, A3 X3 3, A4 X4 4, A5 X5 5, A6 X6 6, A7 X7 7, A8 X8 8, A9 X9 9,
    A10 X10 10, A11 X11 11, A12 X12 12, A13 X13 13);
parts!(A0 X0 0, A1 X1 1, A2 X2 2, A3 X3 3, A4 X4 4, A5 X5 5, A6 X6 6, A7 X7 7, A8 X8 8, A9 X9 9,
    A10 X10 10, A11 X11 11, A12 X12 12, A13 X13 13, A14 X14 14);
parts!(A0 X0 0, A1 X1 1, A2 X2 2, A3 X3 3, A4 X4 4, A5 X5 5, A6 X6 6, A7 X7 7, A8 X8 8, A9 X9 9,
    A10 X10 10, A11 X11 11, A12 X12 12, A13 X13 13, A14 X14 14, A15 X15 15);

/// What a fan-in delivers.
pub fn put_together<M, N>(messages: &[Message]) -> Result<Message, RouteError>
where
    N: Node + JoinsSources<M, <N as Node>::Input>,
    N::Input: Payload,
{
    Message::of(&N::join(messages)?).map_err(failed::<M, N::Input>)
}

/// A value that ends the only path of a run. `ANY`: some node sends or yields any number.
#[diagnostic::on_unimplemented(
    message = "this path ends with `{Self}`, and the workflow returns `{W}` [AGT644]",
    label = "an output of type `{Self}`",
    note = "a run of this workflow has exactly one output, so it returns `T` with `{Self}: \
            Into<T>`; it returns `Vec<T>` if some executor declares `sends(..)` or `yields(..)`",
    note = "end the path with `>> ()` to drop what its last node returns"
)]
pub trait YieldsOne<W, const ANY: bool>: Sized {
    /// What one output is on the wire.
    type Item;
    /// Converts it.
    fn output(self) -> Self::Item;
}

#[diagnostic::do_not_recommend]
impl<M: Into<W>, W> YieldsOne<W, false> for M {
    type Item = W;
    fn output(self) -> W {
        self.into()
    }
}

#[diagnostic::do_not_recommend]
impl<M: Into<T>, T> YieldsOne<Vec<T>, true> for M {
    type Item = T;
    fn output(self) -> T {
        self.into()
    }
}

/// A value that ends a path of a run, some of whose paths are dropped.
#[diagnostic::on_unimplemented(
    message = "this path ends with `{Self}`, and the workflow returns `{W}` [AGT645]",
    label = "an output of type `{Self}`",
    note = "some path of this workflow ends in `()`, so a run has at most one output and it \
            returns `Option<T>` with `{Self}: Into<T>`; it returns `Vec<T>` if some executor \
            declares `sends(..)` or `yields(..)`"
)]
pub trait YieldsAtMostOne<W, const ANY: bool>: Sized {
    /// What one output is on the wire.
    type Item;
    /// Converts it.
    fn output(self) -> Self::Item;
}

#[diagnostic::do_not_recommend]
impl<M: Into<T>, T> YieldsAtMostOne<Option<T>, false> for M {
    type Item = T;
    fn output(self) -> T {
        self.into()
    }
}

#[diagnostic::do_not_recommend]
impl<M: Into<T>, T> YieldsAtMostOne<Vec<T>, true> for M {
    type Item = T;
    fn output(self) -> T {
        self.into()
    }
}

/// A value that ends a path of a run with any number of outputs.
#[diagnostic::on_unimplemented(
    message = "this path ends with `{Self}`, and the workflow returns `{W}` [AGT646]",
    label = "an output of type `{Self}`",
    note = "a run of this workflow can have several outputs (paths that run in parallel and are \
            not joined, or an open `each`), so it returns `Vec<T>` with `{Self}: Into<T>`"
)]
pub trait YieldsMany<W>: Sized {
    /// What one output is on the wire.
    type Item;
    /// Converts it.
    fn output(self) -> Self::Item;
}

#[diagnostic::do_not_recommend]
impl<M: Into<T>, T> YieldsMany<Vec<T>> for M {
    type Item = T;
    fn output(self) -> T {
        self.into()
    }
}

/// What a node adds to the outputs of a workflow that returns `W`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an output of a workflow that returns `{W}` [AGT647]",
    label = "yields what the workflow does not return",
    note = "an executor that declares `yields(T)` needs a workflow that returns `Vec<U>` with `T: \
            Into<U>`"
)]
pub trait AddsTo<W> {
    /// Converts one.
    fn add(message: &Message) -> Result<Message, RouteError>;
}

impl<W> AddsTo<W> for super::NoYields {
    fn add(message: &Message) -> Result<Message, RouteError> {
        Ok(message.clone())
    }
}

#[diagnostic::do_not_recommend]
impl<T: Payload + Into<U>, U: Payload> AddsTo<Vec<U>> for Yields<T> {
    fn add(message: &Message) -> Result<Message, RouteError> {
        if TypeId::of::<T>() == TypeId::of::<U>() {
            return Ok(message.clone().without_conversation());
        }
        let value: U = message.read::<T>().map_err(failed::<T, U>)?.into();
        Message::of(&value).map_err(failed::<T, U>)
    }
}
