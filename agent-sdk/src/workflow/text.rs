//! Text that a constant is made of.

/// How long it may be; what is longer is cut.
const BYTES_MAX: usize = 2048;

/// A text.
pub(crate) struct Text {
    bytes: [u8; BYTES_MAX],
    len: usize,
}

impl Text {
    /// An empty one.
    pub(crate) const fn new() -> Self {
        Self {
            bytes: [0; BYTES_MAX],
            len: 0,
        }
    }

    /// Adds a text, unless that makes it too long: so it is never cut within a character.
    pub(crate) const fn push(&mut self, text: &str) {
        let text = text.as_bytes();
        if self.len + text.len() > BYTES_MAX {
            return;
        }
        let mut index = 0;
        while index < text.len() {
            self.bytes[self.len] = text[index];
            self.len += 1;
            index += 1;
        }
    }

    /// The text.
    pub(crate) const fn as_str(&self) -> &str {
        let (text, _) = self.bytes.split_at(self.len);
        match std::str::from_utf8(text) {
            Ok(text) => text,
            Err(_) => "",
        }
    }
}

/// Whether two texts are the same.
pub(crate) const fn equal(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    let mut index = 0;
    while index < one.len() {
        if one[index] != other[index] {
            return false;
        }
        index += 1;
    }
    true
}
