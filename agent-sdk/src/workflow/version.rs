//! Which graph it is, computed by the compiler.

use super::{GraphNode, Registered, Slot};

const DIGITS: usize = 32;
/// FNV-1a of 128 bits. Nobody attacks this: it only has to differ between two graphs.
const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

/// A version that changes with everything that a run under way depends on and the compiler can see:
/// the text of the graph, what its nodes are and declare, the names and rules of the slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GraphVersion([u8; DIGITS]);

impl GraphVersion {
    /// That of a graph. `text` stands for its text; `names` and `asks` are those of the nodes: what
    /// they take on the hub, and whether they are request ports.
    pub const fn of(
        text: &str,
        nodes: &[GraphNode],
        names: &[Option<Registered>],
        asks: &[bool],
        slots: &[Slot],
    ) -> Self {
        let mut hash = add_text(OFFSET, text);
        let mut index = 0;
        while index < nodes.len() {
            let facts = nodes[index].facts;
            hash = add(hash, facts.reads);
            hash = add(hash, facts.may_read);
            hash = add(hash, facts.writes);
            hash = add(hash, facts.may_write);
            hash = add(hash, facts.sends as u128);
            hash = add(hash, facts.yields as u128);
            hash = add(hash, asks[index] as u128);
            if let Some(name) = names[index] {
                // Not the path: code may be moved.
                hash = add_text(add_text(hash, name.kind), name.name);
            }
            index += 1;
        }
        let mut index = 0;
        while index < slots.len() {
            let slot = slots[index];
            hash = add_text(hash, slot.name);
            hash = add(hash, slot.default.is_some() as u128);
            hash = add(hash, slot.merge.is_some() as u128);
            index += 1;
        }
        Self(digits(hash))
    }

    /// 32 hexadecimal digits.
    pub const fn as_str(&self) -> &str {
        match std::str::from_utf8(&self.0) {
            Ok(text) => text,
            Err(_) => "",
        }
    }
}

const fn add(hash: u128, value: u128) -> u128 {
    (hash ^ value).wrapping_mul(PRIME)
}

/// The length comes first, so that no two rows of texts are the same bytes.
const fn add_text(hash: u128, text: &str) -> u128 {
    let bytes = text.as_bytes();
    let mut hash = add(hash, bytes.len() as u128);
    let mut index = 0;
    while index < bytes.len() {
        hash = add(hash, bytes[index] as u128);
        index += 1;
    }
    hash
}

const fn digits(hash: u128) -> [u8; DIGITS] {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut digits = [0; DIGITS];
    let mut index = 0;
    while index < DIGITS {
        let digit = (hash >> (4 * (DIGITS - 1 - index))) & 0xf;
        digits[index] = HEX[digit as usize];
        index += 1;
    }
    digits
}
