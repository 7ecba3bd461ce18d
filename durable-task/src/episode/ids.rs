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
    seed: [u8; 32],
}

impl Ids {
    /// The next replay-safe GUID: version 5 of `{instance}_{now}_{counter}`.
    pub(super) fn guid(&mut self, instance: &str, now: Timestamp) -> Uuid {
        let name = format!("{instance}_{}_{}", now.to_round_trip(), self.guids);
        self.guids += 1;
        Uuid::new_v5(&NAMESPACE, name.as_bytes())
    }

    /// The execution begins: what its random numbers depend on. Not the id of the execution, which
    /// a rewind replaces.
    pub(super) fn seed(&mut self, instance: &str, start: Timestamp, input: Option<&str>) {
        let mut hash = Sha256::new();
        for part in [instance, input.unwrap_or_default()] {
            // The length keeps `ab` + `c` apart from `a` + `bc`.
            hash.update(part.len().to_le_bytes());
            hash.update(part.as_bytes());
        }
        hash.update(start.ticks().to_le_bytes());
        self.seed = hash.finalize().into();
    }

    /// The next replay-safe number. It does not touch the GUIDs' counter.
    pub(super) fn random(&mut self) -> u64 {
        let mut hash = Sha256::new();
        hash.update(self.seed);
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

    fn numbers(instance: &str, ticks: i64, input: &str) -> [u64; 2] {
        let mut ids = Ids::default();
        ids.seed(instance, Timestamp::from_ticks(ticks), Some(input));
        [ids.random(), ids.random()]
    }

    #[test]
    fn random_numbers_depend_on_the_start_and_leave_guids_alone() {
        let first = numbers("i", 1, "x");
        assert_eq!(first, numbers("i", 1, "x"));
        assert_ne!(first[0], first[1]);
        for other in [
            numbers("j", 1, "x"),
            numbers("i", 2, "x"),
            numbers("i", 1, "y"),
        ] {
            assert_ne!(first[0], other[0]);
        }
        assert_ne!(numbers("ab", 1, "c"), numbers("a", 1, "bc"));
        let now = Timestamp::EPOCH;
        let mut ids = Ids::default();
        ids.random();
        assert_eq!(ids.guid("i", now), Ids::default().guid("i", now));
    }
}
