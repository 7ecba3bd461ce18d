//! Histories: byte for byte, in order, in pages.

use super::rows::{EXECUTION, created, execution, history_row, id, instance_commit, stepped};
use super::{Calls, Outcome, Run, holds, same};
use crate::store::{HistoryPage, InstanceWrite, Store};

const ROWS: u64 = 40;

/// Bytes of the events of each row.
const ROW_BYTES: usize = 1_000;

pub(super) const THEMES: [(&str, Run); 2] = [
    ("a history comes back byte for byte", |store| {
        Box::pin(byte_for_byte(store))
    }),
    ("a history is read in pages", |store| Box::pin(pages(store))),
];

async fn byte_for_byte(store: &dyn Store) -> Outcome {
    let sizes = [0, 1, 100, 4_096, 32_768, 32_769, 70_000, 300_000];
    store.commit(instance_commit(created("a", 10))).await?;
    let mut expected = Vec::new();
    for (row, bytes) in (0..).zip(sizes) {
        let history = history_row(row, bytes);
        expected.push(history.events.clone());
        let write = InstanceWrite {
            history: Some(history),
            ..stepped("a", 10, row + 1)
        };
        store.commit(instance_commit(write)).await?;
    }
    let page = store.history(&id("a"), None, 0, usize::MAX).await?;
    same("next", &page.next, &None)?;
    same("rows", &page.chunks.len(), &expected.len())?;
    let equal = page.chunks == expected;
    holds("the chunks must be what was written", equal)?;
    // A step without events adds no row.
    let write = InstanceWrite {
        history: None,
        ..stepped("a", 10, 8)
    };
    store.commit(instance_commit(write)).await?;
    let page = store.history(&id("a"), None, 0, usize::MAX).await?;
    same(
        "rows after a step without events",
        &page.chunks.len(),
        &expected.len(),
    )
}

async fn pages(store: &dyn Store) -> Outcome {
    store.commit(instance_commit(created("a", 10))).await?;
    // A history beside it, which must not leak in.
    store.commit(instance_commit(created("b", 10))).await?;
    for row in 0..ROWS {
        for instance in ["a", "b"] {
            let seed = if instance == "a" { row } else { row + 1_000 };
            let mut history = history_row(seed, ROW_BYTES);
            history.row = row;
            let write = InstanceWrite {
                history: Some(history),
                ..stepped(instance, 10, row + 1)
            };
            store.commit(instance_commit(write)).await?;
        }
    }
    let whole: Vec<_> = (0..ROWS)
        .map(|row| history_row(row, ROW_BYTES).events)
        .collect();
    let current = execution(EXECUTION);
    for (bytes_max, calls_min) in [(0, 40), (1, 40), (ROW_BYTES * 7, 5), (usize::MAX, 1)] {
        let (mut read, mut from) = (Vec::new(), 0);
        let mut calls = Calls::default();
        loop {
            calls.another()?;
            let page = store
                .history(&id("a"), Some(&current), from, bytes_max)
                .await?;
            holds("a page must have a row", !page.chunks.is_empty())?;
            read.extend(page.chunks);
            match page.next {
                Some(next) if next > from => from = next,
                Some(_) => return holds("a page must go on", false),
                None => break,
            }
        }
        holds("the pages must be the history", read == whole)?;
        holds(
            "pages must be about as large as asked",
            calls.0 >= calls_min,
        )?;
    }
    let page = store.history(&id("a"), None, ROWS - 2, usize::MAX).await?;
    holds(
        "a tail must begin where asked",
        page.chunks[..] == whole[whole.len() - 2..],
    )?;
    let empty = HistoryPage::default();
    let page = store.history(&id("a"), None, ROWS, 100).await?;
    same("after the end", &page, &empty)?;
    let other = execution("another");
    let page = store.history(&id("a"), Some(&other), 0, 100).await?;
    same("another execution", &page, &empty)?;
    let page = store.history(&id("absent"), None, 0, 100).await?;
    same("an absent instance", &page, &empty)
}
