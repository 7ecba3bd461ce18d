//! Ids and numbers that come out the same on every replay.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::Timestamp;

/// The namespace of the isolated .NET SDK, so that an instance that is handed over with a call open
/// finds its reply.
const NAMESPACE: Uuid = uuid::uuid!("9e952958-5e33-4daf-827f-2fa12937b875");

/// The counters of one execution.
#[derive(Debug, Default)]
pub(super) struct Ids {
    /// Shared by users' GUIDs, requests to entities, locks and default ids of children.
    guids: u64,
    random: u64,
}

impl Ids {
    /// The next replay-safe GUID: version 5 of `{instance}_{now}_{counter}`.
    pub(super) fn guid(&mut self, instance: &str, now: Timestamp) -> Uuid {
        let name = format!("{instance}_{}_{}", now.to_round_trip(), self.guids);
        self.guids += 1;
        Uuid::new_v5(&NAMESPACE, name.as_bytes())
    }

    /// The next replay-safe number. It does not depend on the time, nor touch the GUIDs' counter.
    pub(super) fn random(&mut self, instance: &str, execution: &str) -> u64 {
        let mut hash = Sha256::new();
        for part in [instance, execution] {
            // The length keeps `ab` + `c` apart from `a` + `bc`.
            hash.update(part.len().to_le_bytes());
            hash.update(part.as_bytes());
        }
        hash.update(self.random.to_le_bytes());
        self.random += 1;
        let digest = hash.finalize();
        let mut number = [0; 8];
        number.copy_from_slice(&digest[..8]);
        u64::from_le_bytes(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guids_are_those_of_the_isolated_dotnet_sdk() {
        let now = Timestamp::parse("2024-01-01T00:00:00Z").unwrap();
        let mut ids = Ids::default();
        let expected = [
            "80835b95-20cf-5cec-8922-92309c9a2bb6",
            "cd0470d7-c0a8-58a1-a46d-6f710b2e976a",
        ];
        for text in expected {
            assert_eq!(ids.guid("abc", now).to_string(), text);
        }
    }

    #[test]
    fn random_numbers_repeat_per_execution_and_leave_guids_alone() {
        let now = Timestamp::EPOCH;
        let (mut left, mut right) = (Ids::default(), Ids::default());
        let numbers: Vec<u64> = (0..4).map(|_| left.random("i", "e")).collect();
        let again: Vec<u64> = (0..4).map(|_| right.random("i", "e")).collect();
        assert_eq!(numbers, again);
        assert_ne!(numbers[0], numbers[1]);
        assert_ne!(numbers[0], Ids::default().random("i", "f"));
        assert_ne!(
            Ids::default().random("ab", "c"),
            Ids::default().random("a", "bc")
        );
        assert_eq!(left.guid("i", now), Ids::default().guid("i", now));
    }
}
