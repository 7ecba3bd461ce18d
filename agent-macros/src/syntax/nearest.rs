//! The known word that a misspelt one was meant to be.

/// The nearest of `known`, if one is near: less than half of the word is wrong.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, candidate)| distance * 2 < word.len().max(candidate.len()))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many characters have to be put in, taken out, replaced or swapped with their neighbour.
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    // The rows of the last two prefixes of `from`; a row has one cell for each prefix of `to`.
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in to.iter().enumerate() {
            // Every row has a cell for `j` and `j + 1`; the row before the last, also for `j - 1`.
            let mut cell = last[j] + usize::from(a != b);
            cell = cell.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == to[j - 1] && from[i - 1] == *b {
                cell = cell.min(before_last[j - 1] + 1);
            }
            row.push(cell);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (from, to, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("model", "model", 0),
            ("mdoel", "model", 1),
            ("abcd", "badc", 2),
            ("tool", "tools", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(from, to), expected, "{from} {to}");
        }
    }

    #[test]
    fn only_near_words_are_offered() {
        let known = ["name", "model", "instructions", "tools", "timeout"];
        for (word, expected) in [
            ("mdoel", Some("model")),
            ("tol", Some("tools")),
            ("instruction", Some("instructions")),
            ("nam", Some("name")),
            ("nmae", Some("name")),
            ("prompt", None),
            ("x", None),
        ] {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
    }
}
