//! The difference between two texts as one replaced part. Pure.

/// Replaces `removed` bytes at `position` by `inserted`. A boundary may lie inside of a character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Splice<'a> {
    /// Where, in bytes.
    pub(super) position: usize,
    /// How many bytes go.
    pub(super) removed: usize,
    /// What comes in their place.
    pub(super) inserted: &'a [u8],
}

impl<'a> Splice<'a> {
    /// What makes `to` of `from`: all between their common beginning and their common end.
    pub(super) fn between(from: &[u8], to: &'a [u8]) -> Self {
        let position = from.iter().zip(to).take_while(|(a, b)| a == b).count();
        let (from_rest, to_rest) = (from.split_at(position).1, to.split_at(position).1);
        let end = from_rest
            .iter()
            .rev()
            .zip(to_rest.iter().rev())
            .take_while(|(a, b)| a == b)
            .count();
        Self {
            position,
            removed: from_rest.len() - end,
            inserted: to_rest.split_at(to_rest.len() - end).0,
        }
    }

    /// Applies it; `None` if the text is too short for it.
    pub(super) fn apply(&self, text: &mut Vec<u8>) -> Option<()> {
        let end = self.position.checked_add(self.removed)?;
        if end > text.len() {
            return None;
        }
        text.splice(self.position..end, self.inserted.iter().copied());
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Splice;

    fn replay(from: &str, to: &str) -> String {
        let mut text = from.as_bytes().to_vec();
        Splice::between(from.as_bytes(), to.as_bytes())
            .apply(&mut text)
            .expect("it was made for this text");
        String::from_utf8(text).expect("the target is UTF-8")
    }

    #[test]
    fn finds_the_smallest_replaced_part() {
        let cases: [(&str, &str, usize, usize, &str); 9] = [
            ("", "", 0, 0, ""),
            ("same", "same", 4, 0, ""),
            ("", "new", 0, 0, "new"),
            ("old", "", 0, 3, ""),
            ("[1,2]", "[1,2,3]", 4, 0, ",3"),
            ("[1,2,3]", "[1,3]", 3, 2, ""),
            ("aXb", "aYb", 1, 1, "Y"),
            ("aaaa", "aaaaaa", 4, 0, "aa"),
            ("aaaaaa", "aaaa", 4, 2, ""),
        ];
        for (from, to, position, removed, inserted) in cases {
            let expected = Splice {
                position,
                removed,
                inserted: inserted.as_bytes(),
            };
            assert_eq!(
                Splice::between(from.as_bytes(), to.as_bytes()),
                expected,
                "{from:?} to {to:?}"
            );
            assert_eq!(replay(from, to), to);
        }
    }

    #[test]
    fn may_cut_a_character() {
        assert_eq!(replay("é", "è"), "è");
        assert_eq!(replay("日本", "日木"), "日木");
    }

    #[test]
    fn beyond_the_end_is_refused() {
        for (position, removed) in [(4, 0), (3, 1), (0, 4), (usize::MAX, 1)] {
            let mut text = b"abc".to_vec();
            let splice = Splice {
                position,
                removed,
                inserted: b"x",
            };
            assert_eq!(splice.apply(&mut text), None, "{position} {removed}");
            assert_eq!(text, b"abc");
        }
    }

    proptest! {
        #[test]
        fn leads_from_any_text_to_any_other(from in "[ab\u{e9}]{0,12}", to in "[ab\u{e9}]{0,12}") {
            prop_assert_eq!(replay(&from, &to), to);
        }

        #[test]
        fn keeps_what_surrounds_a_change(
            head in "[a-z]{0,40}", old in "[0-9]{0,5}", new in "[0-9]{0,5}", tail in "[a-z]{0,40}",
        ) {
            let from = format!("{head}{old}{tail}");
            let to = format!("{head}{new}{tail}");
            let splice = Splice::between(from.as_bytes(), to.as_bytes());
            prop_assert!(splice.inserted.len() <= new.len());
            prop_assert!(splice.removed <= old.len());
            prop_assert_eq!(replay(&from, &to), to);
        }
    }
}
