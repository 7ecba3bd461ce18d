//! What `#[derive(WorkflowState)]` makes of a field.

use std::any::{TypeId, type_name};

use durable_task::{Failure, Payload};
use schemars::JsonSchema;
use serde_json::Value;

use super::{Merge, MergeError, Slot};
use crate::workflow::codec::Codec;
use crate::workflow::edge::failed;
use crate::workflow::message::Described;
use crate::workflow::{Message, RouteError};

/// A type that can be a slot.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a slot of a workflow's state [AGT717]",
    label = "slots are kept in histories and shown as JSON",
    note = "add `#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]` to \
            `{Self}`, or to the types in it"
)]
pub trait SlotType: Sized + 'static {
    /// Its JSON schema.
    const SCHEMA: fn() -> Value;
}

#[diagnostic::do_not_recommend]
impl<T: Payload + JsonSchema> SlotType for T {
    const SCHEMA: fn() -> Value = <T as Described>::schema;
}

/// What is in a slot at the start.
pub type Default = fn() -> Result<Message, RouteError>;

/// A slot by the type of its field.
pub const fn slot<T: 'static>(
    (name, written): (&'static str, &'static str),
    schema: fn() -> Value,
    default: Option<Default>,
    merge: Option<Merge>,
) -> Slot {
    Slot {
        name,
        written,
        type_id: TypeId::of::<T>,
        type_name: type_name::<T>,
        schema,
        default,
        merge,
    }
}

/// Writes what is in a slot at the start.
#[allow(
    clippy::needless_pass_by_value,
    reason = "what the user wrote is moved in"
)]
pub fn slot_default<T>(codec: Codec<T>, value: T) -> Result<Message, RouteError> {
    codec.write("a default", &value).map_err(problem::<T>)
}

/// Makes two values of a slot one.
pub type Reduce<T> = fn(T, T) -> T;

/// Merges what a superstep wrote into a slot, one after the other.
pub fn slot_reduce<T>(
    codec: Codec<T>,
    there: Option<&Message>,
    written: &[Message],
    reduce: Reduce<T>,
) -> Result<Message, MergeError> {
    let read = |message: &Message| codec.read("a slot", message).map_err(problem::<T>);
    let mut all = there.into_iter().chain(written);
    let Some(first) = all.next() else {
        return Err(failed::<T, T>("there is nothing to merge").into());
    };
    let merged = all.try_fold(read(first)?, |merged, next| {
        read(next).map(|next| reduce(merged, next))
    })?;
    let written = codec.write("what was merged", &merged);
    Ok(written.map_err(problem::<T>)?)
}

fn problem<T>(failure: Failure) -> RouteError {
    failed::<T, T>(failure.message)
}

/// The slots that are there from the start.
pub const fn slots_with_defaults(slots: &[Slot]) -> u128 {
    let (mut mask, mut index) = (0, 0);
    while index < slots.len() {
        if slots[index].default.is_some() {
            mask |= 1 << index;
        }
        index += 1;
    }
    mask
}

/// The slots that parallel nodes may write.
pub const fn reduced_slots(slots: &[Slot]) -> u128 {
    let (mut mask, mut index) = (0, 0);
    while index < slots.len() {
        if slots[index].merge.is_some() {
            mask |= 1 << index;
        }
        index += 1;
    }
    mask
}
