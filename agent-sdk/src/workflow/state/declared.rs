//! What the context may be asked for, as bounds on the type that is asked for: so the compiler
//! points at that type where an executor does not declare it.

use super::{Emits, MayRead, Reads, Sends, Writes};
use crate::workflow::codec::Codec;
use crate::workflow::keyed::KeyedSlot;

/// A slot that an executor reads.
#[diagnostic::on_unimplemented(
    message = "executor `{E}` does not declare that it reads `{Self}` [AGT703]",
    label = "not in `reads(..)` of `{E}`",
    note = "write `#[executor(reads({Self}))]`"
)]
pub trait ReadBy<E>: Sized {
    /// How it is written.
    #[doc(hidden)]
    const CODEC: Codec<Self>;
}

#[diagnostic::do_not_recommend]
impl<T, E: Reads<T>> ReadBy<E> for T {
    const CODEC: Codec<Self> = E::CODEC;
}

/// A slot that an executor reads if it is set.
#[diagnostic::on_unimplemented(
    message = "executor `{E}` does not declare that it may read `{Self}` [AGT704]",
    label = "not in `may_read(..)` of `{E}`",
    note = "write `#[executor(may_read({Self}))]`"
)]
pub trait MayBeReadBy<E>: Sized {
    /// How it is written.
    #[doc(hidden)]
    const CODEC: Codec<Self>;
}

#[diagnostic::do_not_recommend]
impl<T, E: MayRead<T>> MayBeReadBy<E> for T {
    const CODEC: Codec<Self> = E::CODEC;
}

/// A slot that an executor sets.
#[diagnostic::on_unimplemented(
    message = "executor `{E}` does not declare that it writes `{Self}` [AGT705]",
    label = "not in `writes(..)` of `{E}`",
    note = "write `#[executor(writes({Self}))]`, or `may_write({Self})` if it does not always"
)]
pub trait WrittenBy<E>: Sized {
    /// How it is written.
    #[doc(hidden)]
    const CODEC: Codec<Self>;
    /// How its updates are joined, if it has keys.
    #[doc(hidden)]
    const KEYED: Option<KeyedSlot>;
}

#[diagnostic::do_not_recommend]
impl<T, E: Writes<T>> WrittenBy<E> for T {
    const CODEC: Codec<Self> = E::CODEC;
    const KEYED: Option<KeyedSlot> = E::KEYED;
}

/// A message that an executor sends.
#[diagnostic::on_unimplemented(
    message = "executor `{E}` does not declare that it sends `{Self}` [AGT706]",
    label = "not in `sends(..)` of `{E}`",
    note = "write `#[executor(sends({Self}))]`"
)]
pub trait SentBy<E>: Sized {
    /// How it is written.
    #[doc(hidden)]
    const CODEC: Codec<Self>;
}

#[diagnostic::do_not_recommend]
impl<T, E: Sends<T>> SentBy<E> for T {
    const CODEC: Codec<Self> = E::CODEC;
}

/// A value that an executor adds to the outputs.
#[diagnostic::on_unimplemented(
    message = "executor `{E}` does not declare that it yields `{Self}` [AGT707]",
    label = "not in `yields(..)` of `{E}`",
    note = "write `#[executor(yields({Self}))]`"
)]
pub trait YieldedBy<E>: Sized {
    /// How it is written.
    #[doc(hidden)]
    const CODEC: Codec<Self>;
}

#[diagnostic::do_not_recommend]
impl<T, E: Emits<T>> YieldedBy<E> for T {
    const CODEC: Codec<Self> = E::CODEC;
}
