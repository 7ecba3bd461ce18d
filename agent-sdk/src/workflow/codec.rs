//! How a type is written and read, where the attributes can't ask for it a second time.

use std::any::type_name;
use std::fmt;

use durable_task::{Failure, Payload};
use serde::de::Error as _;
use serde_json::value::RawValue;

use super::{InvalidMessage, Message};

/// Writes and reads a type.
///
/// The expansions name it as `<Codec<T>>::OF`: that is the one of the inherent `impl` if `T` can be
/// kept in a history, and else the one of [`Unkept`], which never runs, because the type was told
/// to be wrong in another place, once.
pub struct Codec<T> {
    read: fn(&str) -> Result<T, serde_json::Error>,
    /// With the place of what is wrong.
    read_located: fn(&str) -> Result<T, (String, String)>,
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
        read_located: T::from_json_located,
        write: T::to_json,
    };
}

const UNREADABLE: &str = "the type can't be read";

/// Stands in for types that can't be kept in a history.
pub trait Unkept {
    /// Fails.
    const OF: Self;
}

impl<T> Unkept for Codec<T> {
    const OF: Self = Self {
        read: |_| Err(serde_json::Error::custom(UNREADABLE)),
        read_located: |_| Err((".".to_owned(), UNREADABLE.to_owned())),
        write: |_| Err(serde_json::Error::custom("the type can't be written")),
    };
}

impl<T> Codec<T> {
    /// The value of a message.
    pub(crate) fn decode(self, message: &Message) -> Result<T, serde_json::Error> {
        (self.read)(message.json())
    }

    /// The message of a value.
    pub(crate) fn encode(self, value: &T) -> Result<Message, serde_json::Error> {
        let json = (self.write)(value).and_then(|text| self.readable(text))?;
        RawValue::from_string(json).map(Message::from_raw)
    }

    /// JSON text from outside as a message, written as we do.
    pub(crate) fn check(self, json: &str) -> Result<Message, InvalidMessage> {
        let value = (self.read_located)(json)
            .map_err(|(path, problem)| InvalidMessage { path, problem })?;
        self.encode(&value).map_err(|error| InvalidMessage {
            path: ".".to_owned(),
            problem: error.to_string(),
        })
    }

    /// Reads a value; `what` it is for.
    pub(crate) fn read(self, what: &str, message: &Message) -> Result<T, Failure> {
        self.decode(message).map_err(|error| {
            let name = type_name::<T>();
            let message = format!("{what} can't be read as `{name}`: {error}");
            Failure::new("InvalidMessage", message).non_retriable()
        })
    }

    /// Writes a value; `what` it is for.
    pub(crate) fn write(self, what: &str, value: &T) -> Result<Message, Failure> {
        self.encode(value).map_err(|error| {
            let name = type_name::<T>();
            let message = format!("{what} of type `{name}` can't be written: {error}");
            Failure::new("InvalidMessage", message).non_retriable()
        })
    }

    /// A number that is none (NaN, infinite) is written as null, where its type can't read it.
    fn readable(self, text: String) -> Result<String, serde_json::Error> {
        if !text.contains("null") {
            return Ok(text);
        }
        match (self.read)(&text) {
            Ok(_) => Ok(text),
            Err(error) => Err(serde_json::Error::custom(format!(
                "it could not be read again ({error}); NaN and infinite numbers become null"
            ))),
        }
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
    fn what_could_not_be_read_again_is_not_written() {
        let codec = <Codec<Vec<f64>>>::OF;
        assert_eq!(
            codec.write("an output", &vec![1.5]).unwrap().json(),
            "[1.5]"
        );
        for none in [f64::NAN, f64::INFINITY] {
            let failure = codec.write("an output", &vec![1.5, none]).unwrap_err();
            assert!(failure.non_retriable);
            assert_eq!(
                failure.message,
                "an output of type `alloc::vec::Vec<f64>` can't be written: it could not be read \
                 again (invalid type: null, expected f64 at line 1 column 9); NaN and infinite \
                 numbers become null"
            );
        }
        let codec = <Codec<(Option<u8>, String)>>::OF;
        let fine = (None, String::from("null"));
        assert_eq!(codec.write("it", &fine).unwrap().json(), r#"[null,"null"]"#);
    }

    #[test]
    fn a_map_whose_keys_are_no_texts_is_not_written() {
        type Pairs = std::collections::BTreeMap<(u8, u8), u8>;
        let failure = <Codec<Pairs>>::OF
            .write("a message", &Pairs::from([((1, 2), 3)]))
            .unwrap_err();
        assert!(failure.non_retriable);
        assert!(
            failure.message.starts_with("a message of type `"),
            "{failure}"
        );
        assert!(
            failure
                .message
                .ends_with("can't be written: key must be a string"),
            "{failure}"
        );
    }

    #[test]
    fn another_type_has_a_stand_in() {
        let codec = <Codec<Opaque>>::OF;
        assert!(codec.write("the output", &Opaque).is_err());
        assert!(codec.read("it", &Message::of(&1).unwrap()).is_err());
    }
}
