//! Changed protobuf: it stays a message mostly, with other fields, numbers and lengths.

use prost::Message;
use prost::bytes::Buf as _;
use prost::encoding::{decode_varint, encode_varint};

use super::{Source, json};

/// How often one message is changed until the result can be read again.
const TRIES_MAX: usize = 8;
/// How deep a change goes.
const DEPTH_MAX: usize = 12;

#[derive(Clone)]
struct Field {
    number: u64,
    value: Wire,
}

#[derive(Clone)]
enum Wire {
    Varint(u64),
    Fixed64([u8; 8]),
    Bytes(Vec<u8>),
    Fixed32([u8; 4]),
}

fn parse(mut bytes: &[u8]) -> Option<Vec<Field>> {
    let mut fields = Vec::new();
    while bytes.has_remaining() {
        let key = decode_varint(&mut bytes).ok()?;
        let value = match key & 7 {
            0 => Wire::Varint(decode_varint(&mut bytes).ok()?),
            1 => Wire::Fixed64(take(&mut bytes, 8)?.try_into().ok()?),
            2 => {
                let length = usize::try_from(decode_varint(&mut bytes).ok()?).ok()?;
                Wire::Bytes(take(&mut bytes, length)?.to_vec())
            }
            5 => Wire::Fixed32(take(&mut bytes, 4)?.try_into().ok()?),
            _ => return None,
        };
        let number = key >> 3;
        if number == 0 {
            return None;
        }
        fields.push(Field { number, value });
    }
    Some(fields)
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}

fn write(fields: &[Field]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for field in fields {
        let kind = match &field.value {
            Wire::Varint(_) => 0,
            Wire::Fixed64(_) => 1,
            Wire::Bytes(_) => 2,
            Wire::Fixed32(_) => 5,
        };
        encode_varint(field.number << 3 | kind, &mut bytes);
        match &field.value {
            Wire::Varint(value) => encode_varint(*value, &mut bytes),
            Wire::Fixed64(value) => bytes.extend(value),
            Wire::Bytes(value) => {
                encode_varint(value.len() as u64, &mut bytes);
                bytes.extend(value);
            }
            Wire::Fixed32(value) => bytes.extend(value),
        }
    }
    bytes
}

/// A message with one field changed, added or removed, here or further inside.
fn change(source: &mut Source, bytes: &[u8], depth: usize) -> Vec<u8> {
    let Some(mut fields) = parse(bytes) else {
        return source.changed_bytes(bytes, bytes);
    };
    if fields.is_empty() {
        fields.push(Field {
            number: source.below(20) as u64 + 1,
            value: Wire::Bytes(Vec::new()),
        });
    }
    let at = source.below(fields.len());
    match source.below(14) {
        0 => drop(fields.remove(at)),
        1 => fields.insert(at, fields[at].clone()),
        2 => {
            let other = source.below(fields.len());
            fields.swap(at, other);
        }
        3 => fields[at].number = source.below(30) as u64 + 1,
        4 => {
            let other = source.below(fields.len());
            fields[at].value = fields[other].value.clone();
        }
        5 => {
            let number = source.below(20) as u64 + 1;
            let value = odd(source);
            fields.push(Field { number, value });
        }
        _ => change_value(source, &mut fields[at].value, depth),
    }
    write(&fields)
}

fn odd(source: &mut Source) -> Wire {
    match source.below(4) {
        0 => Wire::Fixed64(source.number().to_le_bytes()),
        1 => Wire::Bytes(source.text().into_bytes()),
        2 => Wire::Bytes(Vec::new()),
        _ => Wire::Varint(source.number()),
    }
}

fn change_value(source: &mut Source, value: &mut Wire, depth: usize) {
    match value {
        Wire::Varint(number) => *number = source.number(),
        Wire::Fixed64(bytes) => *bytes = source.number().to_le_bytes(),
        Wire::Fixed32(bytes) => bytes[source.below(4)] = source.byte(),
        Wire::Bytes(bytes) => {
            let is_message =
                !bytes.is_empty() && depth < DEPTH_MAX && parse(bytes).is_some_and(known);
            let text = std::str::from_utf8(bytes).ok().map(str::to_owned);
            *bytes = match text {
                _ if is_message && !source.one_in(8) => change(source, bytes, depth + 1),
                Some(text) => json::changed_inside(source, &text).into_bytes(),
                None => source.changed_bytes(bytes, bytes),
            };
        }
    }
}

/// Whether this looks like a message of the protocol and not like a text that happens to be one.
fn known(fields: Vec<Field>) -> bool {
    fields.into_iter().all(|field| field.number <= 40)
}

/// The bytes of a message, changed in a few places; now and then they are no message any more.
pub fn changed(source: &mut Source, bytes: &[u8], other: &[u8]) -> Vec<u8> {
    if source.one_in(8) {
        return source.changed_bytes(bytes, other);
    }
    let mut changed = bytes.to_vec();
    for _ in 0..=source.below(3) {
        changed = change(source, &changed, 0);
    }
    changed
}

/// A changed message that can be read; the same one where no change could.
pub fn changed_message<M: Message + Default + Clone>(source: &mut Source, message: &M) -> M {
    let bytes = message.encode_to_vec();
    for _ in 0..TRIES_MAX {
        if let Ok(message) = M::decode(changed(source, &bytes, &bytes).as_slice()) {
            return message;
        }
    }
    message.clone()
}

#[cfg(test)]
mod tests {
    use durable_task::wire::proto::CreateInstanceRequest;

    use super::*;

    fn sample() -> CreateInstanceRequest {
        CreateInstanceRequest {
            instance_id: String::from("instance"),
            name: String::from("Order"),
            input: Some(String::from(r#"{"amount": 1}"#)),
            ..CreateInstanceRequest::default()
        }
    }

    #[test]
    fn what_is_not_changed_is_written_as_it_was() {
        let bytes = sample().encode_to_vec();
        assert_eq!(write(&parse(&bytes).unwrap()), bytes);
    }

    #[test]
    fn most_changes_can_be_read_and_differ() {
        let sample = sample();
        let changed = |seed: &u64| {
            let mut source = Source::new("test", *seed);
            changed_message(&mut source, &sample) != sample
        };
        let count = (0..500).filter(changed).count();
        assert!(count > 350, "{count} of 500");
    }
}
