use super::*;

fn named(id: u64, instance: &str, name: &str) -> TaskRow {
    TaskRow {
        id,
        instance: InstanceId::from_stored(instance),
        execution: ExecutionId::new("e"),
        task_id: 0,
        kind: TaskKind::Activity(ActivityRequest {
            name: name.to_owned(),
            ..ActivityRequest::default()
        }),
    }
}

fn task(id: u64) -> TaskRow {
    named(id, "a", "work")
}

impl Activities {
    fn start_next(&mut self) -> Option<(u64, ActivityRequest, CancellationToken)> {
        loop {
            let line = self.next_line()?;
            if let Some(next) = self.next(line.clone()) {
                return self.start(next, line);
            }
        }
    }

    fn after(&mut self) -> Option<u64> {
        self.next_read().map(|read| read.after)
    }

    /// Reads what a store has, as long as something is wanted.
    fn fill(&mut self, store: &[TaskRow]) {
        while let Some(NextRead { after, limit }) = self.next_read() {
            let page = store.iter().filter(|task| task.id > after).take(limit);
            let page = page.cloned().collect();
            self.read(page, limit);
        }
    }
}

fn run_all(activities: &mut Activities) -> Vec<u64> {
    let next = std::iter::from_fn(|| activities.start_next());
    let ids: Vec<u64> = next.map(|(id, _, _)| id).collect();
    for id in &ids {
        activities.answered(*id);
        activities.closed(*id);
    }
    ids
}

#[test]
fn a_large_fan_out_runs_once_and_in_order_through_the_window() {
    let mut activities = Activities::default();
    let all = LANE_KEPT as u64 * 3 + 7;
    let mut store: Vec<_> = (1..=all).map(task).collect();
    for task in &store {
        activities.opened(Arc::new(task.clone()));
    }
    assert_eq!(activities.waiting.len(), LANE_KEPT);
    let mut ran = Vec::new();
    loop {
        let some = run_all(&mut activities);
        if some.is_empty() {
            break;
        }
        store.retain(|task| !some.contains(&task.id));
        ran.extend(some);
        activities.fill(&store);
    }
    assert_eq!(ran, (1..=all).collect::<Vec<_>>());
    assert!(activities.left.is_empty() && activities.known.is_empty());
}

#[test]
fn a_large_fan_out_holds_up_no_other_instance_and_no_other_name() {
    let mut store: Vec<_> = (1..=LANE_KEPT as u64 * 4).map(task).collect();
    let first = store.len() as u64 + 1;
    store.push(named(first, "b", "work"));
    store.push(named(first + 1, "a", "play"));
    store.push(named(first + 2, "b", "work"));
    // As they come, and as they are found after a restart.
    for found in [false, true] {
        let mut activities = Activities::default();
        if found {
            activities.rescan();
            activities.fill(&store);
        } else {
            for task in &store {
                activities.opened(Arc::new(task.clone()));
            }
        }
        let next = std::iter::from_fn(|| activities.start_next());
        let ids: Vec<u64> = next.take(6).map(|(id, _, _)| id).collect();
        assert_eq!(ids, [1, first + 1, first, 2, first + 2, 3], "{found}");
        assert_eq!(activities.left.len(), 1);
    }
}

#[test]
fn all_of_many_large_fan_outs_run_once() {
    let instances = 12_u64;
    let each = LANE_KEPT as u64 + 500;
    let all = instances * each;
    let instance = |id: u64| format!("i{}", id % instances);
    let mut store: Vec<_> = (1..=all)
        .map(|id| named(id, &instance(id), "work"))
        .collect();
    let mut activities = Activities::default();
    for task in &store {
        activities.opened(Arc::new(task.clone()));
    }
    assert!(activities.waiting.len() <= ACTIVITIES_KEPT);
    let mut ran = HashSet::new();
    loop {
        let some: HashSet<u64> = run_all(&mut activities).into_iter().collect();
        if some.is_empty() {
            break;
        }
        store.retain(|task| !some.contains(&task.id));
        for id in some {
            assert!(ran.insert(id), "{id} ran twice");
        }
        activities.fill(&store);
    }
    assert_eq!(ran.len() as u64, all);
}

#[test]
fn what_comes_while_its_lane_is_read_is_not_missed() {
    let mut activities = Activities::default();
    let last = LANE_KEPT as u64 + 2;
    for id in 1..=last {
        activities.opened(Arc::new(task(id)));
    }
    assert_eq!(run_all(&mut activities).len(), LANE_KEPT);
    let read = activities.next_read().unwrap();
    assert_eq!(read.after, LANE_KEPT as u64);
    activities.opened(Arc::new(task(last + 1)));
    // The read did not see it yet.
    activities.read(vec![task(last - 1), task(last)], read.limit);
    assert_eq!(run_all(&mut activities), [last - 1, last]);
    assert_eq!(activities.after(), Some(last));
    activities.read(vec![task(last + 1)], LANE_KEPT);
    assert_eq!(run_all(&mut activities), [last + 1]);
    assert_eq!(activities.next_read(), None);
}

#[test]
fn what_is_opened_during_a_read_is_not_missed() {
    let mut activities = Activities::default();
    activities.rescan();
    assert_eq!(activities.after(), Some(0));
    activities.opened(Arc::new(task(5)));
    activities.read(vec![task(5)], ACTIVITIES_READ);
    assert_eq!(run_all(&mut activities), [5]);
    assert_eq!(activities.next_read(), None);
}

#[test]
fn what_runs_is_not_started_again_after_a_reset() {
    let mut activities = Activities::default();
    activities.opened(Arc::new(task(1)));
    activities.opened(Arc::new(task(2)));
    assert!(activities.start_next().is_some());
    activities.reset();
    assert_eq!(activities.after(), Some(0));
    activities.read(vec![task(1), task(2)], ACTIVITIES_READ);
    assert_eq!(activities.start_next().map(|(id, ..)| id), Some(2));
    assert!(activities.start_next().is_none());
}

#[test]
fn an_answered_one_is_not_run_again_by_a_read_that_still_saw_it() {
    let mut activities = Activities::default();
    activities.opened(Arc::new(task(1)));
    activities.opened(Arc::new(task(2)));
    while activities.start_next().is_some() {}
    activities.answered(1);
    activities.rescan();
    assert_eq!(activities.after(), Some(0));
    activities.answered(2);
    activities.closed(2);
    activities.read(vec![task(1), task(2)], ACTIVITIES_READ);
    assert!(activities.start_next().is_none());
    activities.closed(1);
    assert!(activities.known.is_empty(), "{:?}", activities.known);
}

#[test]
fn a_cancelled_one_that_waits_never_runs_and_one_that_runs_is_told() {
    let mut activities = Activities::default();
    activities.opened(Arc::new(task(1)));
    activities.opened(Arc::new(task(2)));
    let (_, _, token) = activities.start_next().unwrap();
    activities.cancel(1, 1).unwrap().cancel();
    assert!(token.is_cancelled());
    assert!(activities.cancel(2, 1).is_none());
    activities.answered(1);
    // Also when it is closed before its turn comes.
    activities.closed(2);
    activities.durable(1);
    assert!(activities.start_next().is_none());
    assert_eq!(activities.waiting.len(), 0);
}

#[test]
fn one_that_is_cancelled_before_it_is_known_never_runs() {
    let mut activities = Activities::default();
    // The commit that opens it is being written; the next one closes it.
    assert!(activities.cancel(1, 2).is_none());
    activities.durable(1);
    activities.opened(Arc::new(task(1)));
    assert!(activities.start_next().is_none());
    activities.closed(1);
    activities.durable(2);
    assert!(activities.cancelled.is_empty(), "it is not kept for ever");
}

#[test]
fn one_that_is_cancelled_during_a_read_never_runs() {
    // The read ends before or after the commit that closes it is durable.
    for durable_first in [false, true] {
        let mut activities = Activities::default();
        activities.rescan();
        assert_eq!(activities.after(), Some(0));
        assert!(activities.cancel(1, 2).is_none());
        if durable_first {
            activities.closed(1);
            activities.durable(2);
        }
        activities.read(vec![task(1)], ACTIVITIES_READ);
        assert!(activities.start_next().is_none(), "{durable_first}");
    }
}

#[test]
fn one_that_was_given_back_and_is_cancelled_is_not_tried_again() {
    let mut activities = Activities::default();
    activities.opened(Arc::new(task(1)));
    assert!(activities.start_next().is_some());
    assert_eq!(
        activities.abandoned(1).map(|(attempts, _)| attempts),
        Some(1)
    );
    assert!(activities.cancel(1, 2).is_none());
    activities.retry(1, Some(task(1)));
    assert!(activities.start_next().is_none());
    activities.closed(1);
    assert!(activities.known.is_empty() && activities.attempts.is_empty());
}

#[test]
fn one_without_code_is_looked_for_again_when_code_comes() {
    let mut activities = Activities::default();
    activities.opened(Arc::new(task(1)));
    activities.look_for_code();
    assert_eq!(activities.next_read(), None, "nothing was left");
    let line = activities.next_line().unwrap();
    let left = activities.next(line).unwrap();
    activities.leave(left.id);
    activities.look_for_code();
    assert_eq!(activities.after(), Some(0));
    activities.read(vec![task(1)], ACTIVITIES_READ);
    assert_eq!(run_all(&mut activities), [1]);
}

#[test]
fn one_that_was_given_back_is_tried_again_once() {
    // The delay is over, and a worker has come: each of them looks for it.
    let mut activities = Activities::default();
    activities.opened(Arc::new(task(1)));
    assert!(activities.start_next().is_some());
    assert!(activities.abandoned(1).is_some());
    activities.retry(1, Some(task(1)));
    // Waiting, running, and answered, not durably: never a second time.
    activities.retry(1, Some(task(1)));
    assert!(activities.start_next().is_some());
    activities.retry(1, Some(task(1)));
    assert!(activities.answered(1).is_some());
    activities.retry(1, Some(task(1)));
    assert!(activities.start_next().is_none());
    activities.closed(1);
    assert!(activities.known.is_empty() && activities.given_back.is_empty());
}
