use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::*;
use crate::Either;

#[test]
fn all_results_are_in_the_order_of_the_calls() {
    let registry = registry(|ctx| async move {
        let calls = [1, 2, 3].map(|n| ctx.call_activity::<u32>("square", &n));
        let squares = ctx.join_all(calls).await;
        squares.into_iter().collect::<Result<Vec<_>, _>>()
    });
    both(&registry, |test| {
        let expected = [
            "0 activity square 1",
            "1 activity square 2",
            "2 activity square 3",
        ];
        assert_eq!(test.said(), expected);
        let said = test.then(|events| events.task_completed(2, &9).task_completed(0, &1));
        assert!(said.is_empty());
        let said = test.then(|events| events.task_completed(1, &4));
        assert_eq!(said, ["3 completed [1,4,9]"]);
    });
}

#[test]
fn a_join_of_nothing_is_done() {
    let registry = registry(|ctx| async move {
        let nothing: [std::future::Ready<u32>; 0] = [];
        Ok(ctx.join_all(nothing).await)
    });
    both(&registry, |test| {
        assert_eq!(test.said(), ["0 completed []"]);
    });
}

#[test]
fn joins_can_be_nested_and_their_children_can_have_steps() {
    let registry = registry(|ctx| async move {
        let inner = |base: u32| {
            let ctx = ctx.clone();
            async move {
                let children = (0..2).map(|n| {
                    let ctx = ctx.clone();
                    async move {
                        let first: u32 = ctx.call_activity("a", &(base + n)).await?;
                        ctx.call_activity::<u32>("b", &first).await
                    }
                });
                let results = ctx.join_all(children).await;
                results.into_iter().sum::<Result<u32, _>>()
            }
        };
        let sums = ctx.join_all([inner(0), inner(10)]).await;
        sums.into_iter().collect::<Result<Vec<_>, _>>()
    });
    both(&registry, |test| {
        assert_eq!(test.said().len(), 4);
        let said = test.then(|events| events.task_completed(3, &11).task_completed(0, &0));
        assert_eq!(said, ["4 activity b 11", "5 activity b 0"]);
        let said = test.then(|events| {
            let events = events.task_completed(4, &100).task_completed(1, &1);
            events.task_completed(2, &10).task_completed(5, &200)
        });
        assert_eq!(said, ["6 activity b 1", "7 activity b 10"]);
        let said = test.then(|events| events.task_completed(7, &300).task_completed(6, &400));
        assert_eq!(said, ["8 completed [600,400]"]);
    });
}

/// Counts its polls.
struct Counted<F>(Pin<Box<F>>, Rc<Cell<usize>>);

impl<F: Future> Future for Counted<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.1.set(self.1.get() + 1);
        self.0.as_mut().poll(context)
    }
}

#[test]
fn a_wide_join_polls_only_what_has_come() {
    const WIDTH: i32 = 1_000;
    let registry = registry(|ctx| async move {
        let polls = Rc::new(Cell::new(0));
        let calls = (0..WIDTH).map(|n| {
            let call = ctx.call_activity::<i32>("a", &n);
            Counted(Box::pin(call), Rc::clone(&polls))
        });
        ctx.join_all(calls).await;
        Ok(polls.get())
    });
    both(&registry, |test| {
        let said = test.then(|mut events| {
            for id in (0..WIDTH).rev() {
                events = events.task_completed(id, &id);
            }
            events
        });
        // Each child once to begin, and once for its result.
        assert_eq!(said, ["1000 completed 2000"]);
    });
}

#[test]
fn of_two_the_first_to_come_wins_and_the_other_can_go_on() {
    let registry = registry(|ctx| async move {
        let mut slow = ctx.call_activity::<u32>("slow", &());
        let first = ctx.select(&mut slow, ctx.sleep(5 * SECOND)).await;
        assert!(matches!(first, Either::Right(())));
        slow.await
    });
    both(&registry, |test| {
        assert_eq!(test.said(), ["0 activity slow null", "1 timer 5"]);
        assert!(test.then(|events| events.timer_fired(1)).is_empty());
        let said = test.then(|events| events.task_completed(0, &3));
        assert_eq!(said, ["2 completed 3"]);
    });
}

#[test]
fn of_many_the_first_to_come_wins_and_of_those_at_once_the_first_in_the_list() {
    let registry = registry(|ctx| async move {
        let calls = (0..3).map(|n| ctx.call_activity::<u32>("a", &n));
        let (first, _) = ctx.race(calls).await;
        let ready = (0..3).map(std::future::ready);
        let (second, _) = ctx.race(ready).await;
        Ok((first, second))
    });
    both(&registry, |test| {
        let said = test.then(|events| events.task_completed(2, &0).task_completed(0, &0));
        assert_eq!(said, ["3 completed [2,0]"]);
    });
}

#[test]
fn a_select_inside_of_a_join_wakes_up_for_both_sides() {
    let registry = registry(|ctx| async move {
        let children = (0..2).map(|n| {
            let ctx = ctx.clone();
            async move {
                let call = ctx.call_activity::<u32>("a", &n);
                match ctx.select(call, ctx.sleep(SECOND)).await {
                    Either::Left(value) => value,
                    Either::Right(()) => Ok(100),
                }
            }
        });
        let all = ctx.join_all(children).await;
        all.into_iter().collect::<Result<Vec<_>, _>>()
    });
    both(&registry, |test| {
        let said = test.then(|events| events.timer_fired(3).task_completed(0, &7));
        assert_eq!(said, ["4 completed [7,100]"]);
    });
}
