//! Answers that come in chunks.

use durable_task::wire::proto::OrchestratorResponse;
use prost::Message as _;

/// What has come of an answer.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    joined: Option<OrchestratorResponse>,
    /// The index of the chunk that is to come.
    next: i32,
    bytes: usize,
}

/// What a chunk led to.
#[derive(Debug, PartialEq)]
pub(super) enum Joined {
    /// More is to come.
    More,
    /// This is all of it.
    Whole(Box<OrchestratorResponse>),
    /// A chunk before it is missing.
    Gap {
        /// Its index.
        expected: i32,
    },
    /// All chunks together have more bytes than are taken.
    TooLarge {
        /// How many so far.
        bytes: usize,
    },
}

impl Chunks {
    /// How many bytes have come of an answer that is not whole.
    pub(super) fn unfinished_bytes(&self) -> usize {
        self.joined.as_ref().map_or(0, |_| self.bytes)
    }

    /// Takes in a chunk, or an answer in one piece. One that has come before changes nothing.
    pub(super) fn add(&mut self, mut chunk: OrchestratorResponse, bytes_max: usize) -> Joined {
        let index = chunk.chunk_index.take().unwrap_or(self.next);
        if index > self.next || index < 0 {
            return Joined::Gap {
                expected: self.next,
            };
        }
        if index < self.next {
            return Joined::More;
        }
        self.next += 1;
        self.bytes = self.bytes.saturating_add(chunk.encoded_len());
        if self.bytes > bytes_max {
            return Joined::TooLarge { bytes: self.bytes };
        }
        let more = std::mem::take(&mut chunk.is_partial);
        match &mut self.joined {
            None => self.joined = Some(chunk),
            Some(joined) => {
                joined.actions.append(&mut chunk.actions);
                joined.custom_status = joined.custom_status.take().or(chunk.custom_status);
                joined.requires_history |= chunk.requires_history;
            }
        }
        match self.joined.take_if(|_| !more) {
            Some(joined) => Joined::Whole(Box::new(joined)),
            None => Joined::More,
        }
    }
}

#[cfg(test)]
mod tests {
    use durable_task::wire::proto::OrchestratorAction;

    use super::*;

    const MAX: usize = 10_000;

    fn chunk(index: Option<i32>, ids: &[i32], is_partial: bool) -> OrchestratorResponse {
        OrchestratorResponse {
            instance_id: String::from("a"),
            actions: ids
                .iter()
                .map(|id| OrchestratorAction {
                    id: *id,
                    ..OrchestratorAction::default()
                })
                .collect(),
            is_partial,
            chunk_index: index,
            ..OrchestratorResponse::default()
        }
    }

    fn ids(joined: Joined) -> Vec<i32> {
        match joined {
            Joined::Whole(response) => {
                assert!(!response.is_partial && response.chunk_index.is_none());
                response.actions.iter().map(|action| action.id).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_answer_in_one_piece_is_whole() {
        for index in [None, Some(0)] {
            let joined = Chunks::default().add(chunk(index, &[1, 2], false), MAX);
            assert_eq!(ids(joined), [1, 2]);
        }
    }

    #[test]
    fn chunks_are_joined_in_their_order() {
        let mut chunks = Chunks::default();
        let mut first = chunk(Some(0), &[1, 2], true);
        first.custom_status = Some(String::from("s"));
        assert_eq!(chunks.add(first, MAX), Joined::More);
        assert_eq!(chunks.add(chunk(Some(1), &[3], true), MAX), Joined::More);
        let Joined::Whole(whole) = chunks.add(chunk(Some(2), &[4], false), MAX) else {
            panic!("not whole");
        };
        assert_eq!(whole.custom_status.as_deref(), Some("s"));
        assert_eq!(ids(Joined::Whole(whole)), [1, 2, 3, 4]);
    }

    #[test]
    fn a_repeated_chunk_changes_nothing() {
        let mut chunks = Chunks::default();
        for _ in 0..3 {
            assert_eq!(chunks.add(chunk(Some(0), &[1], true), MAX), Joined::More);
        }
        assert_eq!(ids(chunks.add(chunk(Some(1), &[2], false), MAX)), [1, 2]);
    }

    #[test]
    fn a_missing_chunk_is_noticed() {
        let mut chunks = Chunks::default();
        assert_eq!(chunks.add(chunk(Some(0), &[1], true), MAX), Joined::More);
        let joined = chunks.add(chunk(Some(2), &[3], false), MAX);
        assert_eq!(joined, Joined::Gap { expected: 1 });
        let joined = Chunks::default().add(chunk(Some(-1), &[3], false), MAX);
        assert_eq!(joined, Joined::Gap { expected: 0 });
    }

    #[test]
    fn chunks_are_bounded() {
        let one = chunk(Some(0), &[1; 100], true).encoded_len();
        let mut chunks = Chunks::default();
        let max = one * 2;
        assert_eq!(
            chunks.add(chunk(Some(0), &[1; 100], true), max),
            Joined::More
        );
        assert_eq!(chunks.add(chunk(None, &[1; 50], true), max), Joined::More);
        let Joined::TooLarge { bytes } = chunks.add(chunk(None, &[1; 100], true), max) else {
            panic!("it was taken");
        };
        assert!(bytes > max);
    }
}
