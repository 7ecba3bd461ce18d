//! The simulator is what it says: the same seed is the same run, it finds each of the deliberate
//! bugs, and it finds none where there is none.

#![allow(
    clippy::panic,
    reason = "what surrounds the test functions fails as they do"
)]

use task_hub::simulation::{Bug, Run, simulate};

/// How many seeds it takes at most to find a bug.
const SEEDS_PER_BUG: u64 = 300;

fn good(seed: u64) -> Run {
    simulate(seed, None, false).unwrap_or_else(|failure| panic!("{failure}"))
}

#[test]
fn the_same_seed_is_the_same_run_and_another_one_is_not() {
    let mut hashes = std::collections::BTreeSet::new();
    for seed in 0..100 {
        let first = good(seed);
        // What is recorded changes nothing.
        let second = simulate(seed, None, true);
        assert_eq!(second, Ok(first), "seed {seed}");
        hashes.insert(first.hash);
    }
    assert_eq!(hashes.len(), 100);
}

#[test]
fn runs_without_a_bug_crash_and_end() {
    let runs: Vec<Run> = (100..300).map(good).collect();
    let crashes: u32 = runs.iter().map(|run| run.crashes).sum();
    assert!(crashes > 100, "{crashes}");
    assert!(runs.iter().all(|run| run.steps > 50));
}

/// Seeds that found a bug of the hub once.
#[test]
fn bugs_that_were_found_stay_away() {
    for seed in [96, 336, 382, 1063, 1217, 1430, 1650] {
        good(seed);
    }
}

/// The first seed that shows a bug, and what it says.
fn found(bug: Bug) -> String {
    let failures = (0..SEEDS_PER_BUG).filter_map(|seed| simulate(seed, Some(bug), false).err());
    let mut problems = failures.map(|failure| failure.problem);
    problems
        .next()
        .unwrap_or_else(|| panic!("{bug} was not found with {SEEDS_PER_BUG} seeds"))
}

/// Each bug is found, and by an invariant that it breaks.
macro_rules! finds {
    ($($name:ident: $bug:ident says $($words:literal)|+;)+) => {
        $(#[test]
        fn $name() {
            let problem = found(Bug::$bug);
            let expected = [$($words),+];
            assert!(
                expected.iter().any(|words| problem.contains(words)),
                "{problem}"
            );
        })+

        #[test]
        fn every_bug_has_its_test() {
            assert_eq!([$(Bug::$bug),+], Bug::ALL);
        }
    };
}

finds! {
    finds_an_ack_before_it_is_durable: AckBeforeDurable
        says "is not durable" | "before it is durable";
    finds_an_answer_before_it_is_durable: AnswerBeforeDurable
        says "is not durable" | "is lost";
    finds_an_activity_before_it_is_durable: ActivityBeforeDurable
        says "starts before it is durable";
    finds_an_item_elsewhere_before_it_is_durable: RemoteBeforeDurable
        says "which is not durable" | "than the durable one" | "are durable";
    finds_a_refusal_for_what_is_not_durable: RefusedAhead
        says "is not durable" | "is lost";
    finds_a_lost_message: MessageLost
        says "never done" | "is lost" | "in no history" | "don't have";
    finds_a_message_that_is_not_written: MessageNotStored
        says "never done" | "is lost" | "in no history" | "is not durable" | "are durable"
            | "is locked by" | "than the durable one";
    finds_an_event_that_was_not_taken: EventNotTaken
        says "is lost" | "in no history" | "is not durable" | "never done";
    finds_a_message_applied_twice: MessageAppliedTwice
        says "twice" | "are left" | "never done" | "is locked by" | "two results";
    finds_an_operation_applied_twice: OperationAppliedTwice
        says "twice" | "sum up" | "somebody came between";
    finds_a_truncated_history: HistoryTruncated
        says "did not only grow";
    finds_a_forgotten_row_of_a_history: HistoryForgotten
        says "never began" | "terminal events" | "than the durable one" | "never set";
    finds_a_second_end: SecondEnd
        says "after its end" | "terminal events";
    finds_operations_out_of_order: OperationsReordered
        says "of the same sender";
    finds_a_lock_held_twice: LockGrantedTwice
        says "was granted" | "is locked by" | "came between";
    finds_a_lock_that_is_not_released: LockNotReleased
        says "is locked by";
    finds_a_read_ahead_of_the_store: ReadAhead
        says "was read";
    finds_a_timer_that_fires_early: TimerEarly
        says "before it was due";
    finds_an_answer_that_is_lost: AnswerLost
        says "never done";
    finds_an_activity_that_was_finished: FinishedAgain
        says "after its end is durable" | "are left" | "is left";
    finds_more_of_a_name_than_may_run: LimitIgnored
        says "run at once";
    finds_what_is_swept_away_at_once: SweptEarly
        says "is removed before";
    finds_a_page_that_leaves_something_out: PageSkips
        says "was listed 0 times";
}
