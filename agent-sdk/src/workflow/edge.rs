//! Which messages fit which node, and how they are made to.

use std::any::{TypeId, type_name};

use durable_task::Payload;

use super::message::{AgentMessage, AgentResponse};
use super::{Asked, Borrowing, Message, Node, Plain, RouteError};

/// A node that takes messages of type `M`.
#[diagnostic::on_unimplemented(
    message = "node `{Self}` does not accept messages of type `{M}` [AGT661]",
    label = "this edge delivers `{M}`",
    note = "an edge `a >> b` needs the output of `a` to be the input of `b`, here `{I}`, or to \
            convert into it with `Into`"
)]
pub trait Accepts<M, I> {
    /// The message that an edge delivers for a whole message: the same text if the types are equal.
    fn hand_on(message: &Message, read: Read<M>, write: Write<I>) -> Result<Message, RouteError>;
}

#[diagnostic::do_not_recommend]
impl<N: Node, M: 'static, I: 'static> Accepts<M, I> for N
where
    N::Kind: Converts<M, I>,
{
    fn hand_on(message: &Message, read: Read<M>, write: Write<I>) -> Result<Message, RouteError> {
        let carried = message.shared_conversation();
        let conversation = carried.filter(|_| N::Kind::CARRIES);
        let fitting = if TypeId::of::<M>() == TypeId::of::<I>() {
            message.clone()
        } else {
            write(&N::Kind::convert(message, read)?)?
        };
        Ok(fitting.with_conversation(conversation))
    }
}

/// How a kind of nodes makes messages fit.
pub trait Converts<M, I> {
    /// Whether a conversation travels beside a message that is handed on whole.
    const CARRIES: bool;

    /// Makes the message fit.
    fn convert(message: &Message, read: Read<M>) -> Result<I, RouteError>;
}

impl<M: Into<I>, I> Converts<M, I> for Plain {
    const CARRIES: bool = false;

    fn convert(message: &Message, read: Read<M>) -> Result<I, RouteError> {
        Ok(read(message)?.into())
    }
}

/// Nothing of the message: that there is none is told of the node, and not of its edges.
impl<M> Converts<M, ()> for Borrowing {
    const CARRIES: bool = false;

    fn convert(_: &Message, _: Read<M>) -> Result<(), RouteError> {
        Ok(())
    }
}

impl<M: 'static> Converts<M, AgentMessage> for Asked {
    const CARRIES: bool = true;

    fn convert(message: &Message, _: Read<M>) -> Result<AgentMessage, RouteError> {
        text(TypeId::of::<M>(), message.json().to_owned())
            .map(AgentMessage)
            .map_err(failed::<M, AgentMessage>)
    }
}

/// A node that takes values of type `M`, which an arm makes.
#[diagnostic::on_unimplemented(
    message = "node `{Self}` does not accept messages of type `{M}` [AGT661]",
    label = "this edge delivers `{M}`",
    note = "an edge `a >> b` needs the output of `a` to be the input of `b`, here `{I}`, or to \
            convert into it with `Into`"
)]
pub trait AcceptsValue<M, I> {
    /// Makes the value fit.
    fn accept_value(value: M) -> Result<I, RouteError>;

    /// The message that an edge delivers for a value.
    fn deliver(value: M, write: Write<I>) -> Result<Message, RouteError> {
        write(&Self::accept_value(value)?)
    }
}

#[diagnostic::do_not_recommend]
impl<N: Node, M, I> AcceptsValue<M, I> for N
where
    N::Kind: ConvertsValue<M, I>,
{
    fn accept_value(value: M) -> Result<I, RouteError> {
        N::Kind::convert_value(value)
    }
}

/// How a kind of nodes makes values fit.
pub trait ConvertsValue<M, I> {
    /// Makes the value fit.
    fn convert_value(value: M) -> Result<I, RouteError>;
}

impl<M: Into<I>, I> ConvertsValue<M, I> for Plain {
    fn convert_value(value: M) -> Result<I, RouteError> {
        Ok(value.into())
    }
}

impl<M> ConvertsValue<M, ()> for Borrowing {
    fn convert_value(_: M) -> Result<(), RouteError> {
        Ok(())
    }
}

impl<M: Payload> ConvertsValue<M, AgentMessage> for Asked {
    fn convert_value(value: M) -> Result<AgentMessage, RouteError> {
        let json = value.to_json().map_err(failed::<M, AgentMessage>)?;
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

/// Reads a message as what its source gives.
pub type Read<M> = fn(&Message) -> Result<M, RouteError>;

/// Writes what a node takes as a message.
pub type Write<I> = fn(&I) -> Result<Message, RouteError>;

/// A node that takes the items of a list.
#[diagnostic::on_unimplemented(
    message = "`each` of `{Self}` does not accept messages of type `{M}` [AGT662]",
    label = "this edge delivers `{M}`",
    note = "`a >> each(b)` needs `a` to return `Vec<T>`, and each `T` to be the input of `b`, here \
            `{I}`, or to convert into it with `Into`"
)]
pub trait AcceptsEach<M, I>: Sized {
    /// The list of inputs for `each`, of a value.
    fn deliver_each(list: M, write: Write<I>) -> Result<Message, RouteError>;

    /// The list of inputs for `each`, of a whole message.
    fn hand_on_each(
        message: &Message,
        read: Read<M>,
        write: Write<I>,
    ) -> Result<Message, RouteError>;
}

#[diagnostic::do_not_recommend]
impl<N, X: 'static, I: 'static> AcceptsEach<Vec<X>, I> for N
where
    N: AcceptsValue<X, I>,
{
    fn deliver_each(list: Vec<X>, write: Write<I>) -> Result<Message, RouteError> {
        let items = list.into_iter().map(|item| N::deliver(item, write));
        let items: Vec<Message> = items.collect::<Result<_, _>>()?;
        super::message::join(&items).map_err(failed::<Vec<X>, Vec<I>>)
    }

    fn hand_on_each(
        message: &Message,
        read: Read<Vec<X>>,
        write: Write<I>,
    ) -> Result<Message, RouteError> {
        if TypeId::of::<X>() == TypeId::of::<I>() {
            return Ok(message.clone().without_conversation());
        }
        Self::deliver_each(read(message)?, write)
    }
}

/// The message of a source of a fan-in, which is converted when all are there.
pub fn as_it_is(message: &Message) -> Result<Message, RouteError> {
    Ok(message.clone().without_conversation())
}

/// Reads what the source of this number gave to a fan-in.
pub fn part<M>(messages: &[Message], index: usize, read: Read<M>) -> Result<M, RouteError> {
    let message = messages
        .get(index)
        .ok_or_else(|| failed::<(), M>("it is missing"))?;
    read(message)
}

/// A node that takes what a closed tuple collects.
#[diagnostic::on_unimplemented(
    message = "node `{Self}` does not accept the messages `{M}` of this fan-in [AGT663]",
    label = "these sources deliver `{M}`",
    note = "after `(b, c) >> d`, `d` takes the tuple of their outputs in written order, or a `Vec` \
            of one type; here it takes `{I}`; each part may convert with `Into`"
)]
pub trait JoinsSources<M, I> {
    /// What a fan-in delivers.
    fn put_together(
        messages: &[Message],
        read: ReadAll<M>,
        write: Write<I>,
    ) -> Result<Message, RouteError>;
}

/// Reads the messages of all sources of a fan-in.
pub type ReadAll<M> = fn(&[Message]) -> Result<M, RouteError>;

#[diagnostic::do_not_recommend]
impl<N: Node, M, I> JoinsSources<M, I> for N
where
    N::Kind: ConvertsParts<M, I>,
{
    fn put_together(
        messages: &[Message],
        read: ReadAll<M>,
        write: Write<I>,
    ) -> Result<Message, RouteError> {
        write(&N::Kind::convert_parts(messages, read)?)
    }
}

/// How a kind of nodes puts the messages of a fan-in together.
pub trait ConvertsParts<M, I> {
    /// Puts the messages together.
    fn convert_parts(messages: &[Message], read: ReadAll<M>) -> Result<I, RouteError>;
}

impl<M, I> ConvertsParts<M, I> for Plain
where
    M: Parts<I>,
{
    fn convert_parts(messages: &[Message], read: ReadAll<M>) -> Result<I, RouteError> {
        read(messages).map(M::put_together)
    }
}

impl<M> ConvertsParts<M, ()> for Borrowing {
    fn convert_parts(_: &[Message], _: ReadAll<M>) -> Result<(), RouteError> {
        Ok(())
    }
}

impl<M> ConvertsParts<M, AgentMessage> for Asked {
    fn convert_parts(messages: &[Message], _: ReadAll<M>) -> Result<AgentMessage, RouteError> {
        let list = super::message::join(messages).map_err(failed::<M, AgentMessage>)?;
        Ok(AgentMessage(list.json().to_owned()))
    }
}

/// A tuple of outputs that becomes `I`.
pub trait Parts<I> {
    /// Converts each.
    fn put_together(self) -> I;
}

macro_rules! parts {
    ($($output:ident $input:ident $index:tt),+) => {
        impl<$($output, $input),+> Parts<($($input,)+)> for ($($output,)+)
        where
            $($output: Into<$input>),+
        {
            fn put_together(self) -> ($($input,)+) {
                ($(self.$index.into(),)+)
            }
        }

        impl<X, $($output),+> Parts<Vec<X>> for ($($output,)+)
        where
            $($output: Into<X>),+
        {
            fn put_together(self) -> Vec<X> {
                vec![$(self.$index.into()),+]
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
