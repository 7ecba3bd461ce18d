//! How a type is written and read, where the attributes can't ask for it a second time.

use std::any::type_name;
use std::fmt;

use durable_task::{Failure, Payload};
use serde::de::Error as _;
use serde_json::value::RawValue;

use super::Message;

/// Writes and reads a type.
///
/// The expansions name it as `<Codec<T>>::OF`: that is the one of the inherent `impl` if `T` can be
/// kept in a history, and else the one of [`Unkept`], which never runs, because the type was told
/// to be wrong in another place, once.
pub struct Codec<T> {
    read: fn(&str) -> Result<T, serde_json::Error>,
    write: fn(&T) -> Result<String, serde_json::Error>,
}

impl<T> Clone for Codec<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Codec<T> {}

impl<T> fmt::Debug for Codec<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Codec<{}>", type_name::<T>())
    }
}

impl<T: Payload> Codec<T> {
    /// Of a type that can be kept in a history.
    pub const OF: Self = Self {
        read: T::from_json,
        write: T::to_json,
    };
}

/// Stands in for types that can't be kept in a history.
pub trait Unkept {
    /// Fails.
    const OF: Self;
}

impl<T> Unkept for Codec<T> {
    const OF: Self = Self {
        read: |_| Err(serde_json::Error::custom("the type can't be read")),
        write: |_| Err(serde_json::Error::custom("the type can't be written")),
    };
}

impl<T> Codec<T> {
    /// Reads a value; `what` it is for.
    pub(crate) fn read(self, what: &str, message: &Message) -> Result<T, Failure> {
        (self.read)(message.json()).map_err(|error| {
            let name = type_name::<T>();
            let message = format!("{what} can't be read as `{name}`: {error}");
            Failure::new("InvalidMessage", message).non_retriable()
        })
    }

    /// Writes a value; `what` it is for.
    pub(crate) fn write(self, what: &str, value: &T) -> Result<Message, Failure> {
        (self.write)(value)
            .and_then(RawValue::from_string)
            .map(Message::from_raw)
            .map_err(|error| {
                let name = type_name::<T>();
                let message = format!("{what} of type `{name}` can't be written: {error}");
                Failure::new("InvalidMessage", message).non_retriable()
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Opaque;

    #[test]
    fn a_type_that_can_be_kept_is_written_and_read() {
        let codec = <Codec<u8>>::OF;
        let message = codec.write("the output", &7).unwrap();
        assert_eq!(message.json(), "7");
        assert_eq!(codec.read("the input", &message).unwrap(), 7);
    }

    #[test]
    fn what_does_not_fit_is_told_and_not_tried_again() {
        let message = Message::of(&String::from("seven")).unwrap();
        let failure = <Codec<u8>>::OF.read("the input", &message).unwrap_err();
        assert!(failure.non_retriable);
        assert_eq!(
            failure.message,
            "the input can't be read as `u8`: invalid type: string \"seven\", expected u8 at line \
             1 column 7"
        );
    }

    #[test]
    fn another_type_has_a_stand_in() {
        let codec = <Codec<Opaque>>::OF;
        assert!(codec.write("the output", &Opaque).is_err());
        assert!(codec.read("it", &Message::of(&1).unwrap()).is_err());
    }
}
