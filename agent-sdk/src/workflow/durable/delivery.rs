//! What an answer looks like on its way to its run.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

/// The payload of the event that is an answer or a withdrawal. Clients give each an id, by which
/// the history tells which of several was taken; an event without one is the bare answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Delivery {
    pub(crate) id: Option<String>,
    /// JSON text.
    pub(crate) json: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    #[serde(rename = "__answer_id__")]
    id: String,
    #[serde(rename = "__answer__")]
    answer: Box<RawValue>,
}

impl Delivery {
    /// With an id of its own.
    pub(crate) fn new(json: String) -> Self {
        let id = Uuid::new_v4().simple().to_string();
        Self { id: Some(id), json }
    }

    /// What an event's payload is.
    pub(crate) fn of(payload: &str) -> Self {
        match serde_json::from_str(payload) {
            Ok(Wire { id, answer }) => Self {
                id: Some(id),
                json: answer.get().to_owned(),
            },
            Err(_) => Self {
                id: None,
                json: payload.to_owned(),
            },
        }
    }

    /// As the payload of an event.
    pub(crate) fn payload(&self) -> Result<String, serde_json::Error> {
        match &self.id {
            None => Ok(self.json.clone()),
            Some(id) => serde_json::to_string(&Wire {
                id: id.clone(),
                answer: RawValue::from_string(self.json.clone())?,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_comes_out_as_it_went_in() {
        for json in [
            "null",
            "1",
            r#"{"__answer__": 1}"#,
            r#"{ "text": "\u0041" }"#,
        ] {
            let sent = Delivery::new(json.to_owned());
            assert_eq!(Delivery::of(&sent.payload().unwrap()), sent);
            let bare = Delivery::of(json);
            assert_eq!((&bare.id, &*bare.json), (&None, json));
            assert_eq!(bare.payload().unwrap(), json);
        }
        assert_ne!(
            Delivery::new(String::from("1")).id,
            Delivery::new(String::from("1")).id
        );
    }
}
