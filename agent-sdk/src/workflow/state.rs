//! The state that the nodes of a workflow share: typed slots.

pub(crate) mod declared;
pub(crate) mod derived;
pub(crate) mod known;

use std::any::TypeId;

use durable_task::Failure;
use serde_json::Value;

use super::codec::Codec;
use super::keyed::KeyedSlot;
use super::{Message, RouteError};

/// How many slots a state may have.
pub const SLOTS_MAX: usize = 128;
/// How large the JSON of one slot may be, in bytes.
pub const SLOT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How large the JSON of all slots of a run may be together, in bytes.
pub const STATE_BYTES_MAX: usize = 16 * 1024 * 1024;

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
    /// Whether the slots are known; not those of a state that is wrong, which is told there.
    #[doc(hidden)]
    const IS_KNOWN: bool = true;
}

/// A type that is a slot of a state.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a slot of `{S}` [AGT702]",
    label = "an executor of this workflow uses `{Self}`",
    note = "add a field of type `{Self}` to `{S}`"
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
    /// Whether it sets slots that it does not declare.
    #[doc(hidden)]
    const UNDECLARED: bool = false;
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

/// Refuses a slot whose value, or a state whose slots together, would be too large.
pub fn check_state_size(slot: &str, slot_bytes: usize, all_bytes: usize) -> Result<(), Failure> {
    let refuse = |problem| Failure::new("StateTooLarge", problem).non_retriable();
    state_size(slot, slot_bytes, all_bytes).map_err(refuse)
}

/// The same; the error is the text.
pub(crate) fn state_size(slot: &str, slot_bytes: usize, all_bytes: usize) -> Result<(), String> {
    let (what, bytes, limit) = if slot_bytes > SLOT_BYTES_MAX {
        (format!("slot `{slot}`"), slot_bytes, SLOT_BYTES_MAX)
    } else if all_bytes > STATE_BYTES_MAX {
        let what = format!("the state, with slot `{slot}`,");
        (what, all_bytes, STATE_BYTES_MAX)
    } else {
        return Ok(());
    };
    Err(format!(
        "{what} takes {bytes} bytes of JSON, and the limit is {limit}"
    ))
}

/// Merges what is written, in order, into what is there, which may be nothing; pure. It gets all
/// writes of a superstep at once, so that what is there is read and written once.
pub type Merge = fn(Option<&Message>, &[Message]) -> Result<Message, MergeError>;

/// Why the writes of a superstep to a slot could not be merged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// Two of them are for one key.
    #[error("key {key} was written twice in one superstep")]
    SameKey {
        /// The key, as JSON.
        key: String,
        /// Which of the writes was the first for it, from 0.
        first: usize,
        /// And which the second.
        second: usize,
    },
    /// A value could not be read or written.
    #[error(transparent)]
    Value(#[from] RouteError),
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slot")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// An executor that declares `reads(X)`.
pub trait Reads<X> {
    /// How it is written.
    #[doc(hidden)]
    const CODEC: Codec<X>;
}

/// An executor that declares `reads(X)` or `may_read(X)`.
pub trait MayRead<X> {
    /// How it is written.
    #[doc(hidden)]
    const CODEC: Codec<X>;
}

/// An executor that declares `writes(X)` or `may_write(X)`.
pub trait Writes<X> {
    /// How it is written.
    #[doc(hidden)]
    const CODEC: Codec<X>;
    /// How its updates are joined, if it has keys.
    #[doc(hidden)]
    const KEYED: Option<KeyedSlot> = None;
}

/// An executor that declares `sends(T)`.
pub trait Sends<T> {
    /// How it is written.
    #[doc(hidden)]
    const CODEC: Codec<T>;
}

/// An executor that declares `yields(T)`.
pub trait Emits<T> {
    /// How it is written.
    #[doc(hidden)]
    const CODEC: Codec<T>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_limits_that_are_named() {
        assert_eq!(
            check_state_size("mail", SLOT_BYTES_MAX, STATE_BYTES_MAX),
            Ok(())
        );
        let failure = check_state_size("mail", SLOT_BYTES_MAX + 1, 0).unwrap_err();
        assert!(failure.non_retriable);
        assert_eq!(
            failure.message,
            "slot `mail` takes 4194305 bytes of JSON, and the limit is 4194304"
        );
        let failure = check_state_size("mail", 1, STATE_BYTES_MAX + 1).unwrap_err();
        assert_eq!(
            failure.message,
            "the state, with slot `mail`, takes 16777217 bytes of JSON, and the limit is 16777216"
        );
    }

    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    struct Budget(u64);

    impl Budget {
        fn larger(self, other: Self) -> Self {
            if self.0 < other.0 { other } else { self }
        }
    }

    /// Derived where `::agent_sdk` is not the crate's name: here it is `crate`.
    #[derive(crate::WorkflowState)]
    #[slot(crate = crate)]
    struct Trip {
        #[slot(default = Budget(5), reduce = Budget::larger)]
        budget: Budget,
    }

    #[test]
    fn a_derived_state_finds_the_crate_by_its_option() {
        assert_eq!(<Budget as SlotOf<Trip>>::INDEX, 0);
        assert_eq!((Trip::DEFAULTS, Trip::REDUCED), (1, 1));
        let [slot] = Trip::SLOTS else {
            panic!("one field")
        };
        let start = (slot.default.unwrap())().unwrap();
        assert_eq!(start.read::<Budget>().unwrap(), Budget(5));
        let seven = Message::of(&Budget(7)).unwrap();
        let merged = (slot.merge.unwrap())(Some(&start), &[seven]).unwrap();
        assert_eq!(merged.json(), "7");
    }
}
