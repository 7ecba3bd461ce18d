//! Streamed output.

use super::rows::{created, id, instance_commit, noise};
use super::{Calls, Outcome, Run, same};
use crate::store::{Commit, Store, StreamChunk};

pub(super) const THEMES: [(&str, Run); 1] = [("stream chunks come back in order", |store| {
    Box::pin(in_order(store))
})];

fn chunk(instance: &str, number: u64, bytes: usize) -> StreamChunk {
    StreamChunk {
        instance: id(instance),
        number,
        data: noise(number, bytes),
    }
}

async fn in_order(store: &dyn Store) -> Outcome {
    if !store.capabilities().stream_chunks {
        return Ok(());
    }
    store.commit(instance_commit(created("a", 10))).await?;
    let sizes = [0, 5, 300, 32_769, 100_000];
    let chunks: Vec<_> = (0..)
        .zip(sizes)
        .map(|(number, bytes)| chunk("a", number, bytes))
        .collect();
    for (written, other) in chunks.iter().rev().zip(["b", "a-", "aa", "@a", "A"]) {
        let commit = Commit {
            stream_chunks: vec![written.clone(), chunk(other, 7, 10)],
            ..Commit::default()
        };
        store.commit(commit).await?;
    }
    let (mut found, mut from) = (Vec::new(), 0);
    let mut calls = Calls::default();
    loop {
        calls.another()?;
        let window = store.stream_chunks(&id("a"), from, 2).await?;
        match window.last() {
            None => break,
            Some(last) => from = last.number + 1,
        }
        found.extend(window);
    }
    same("chunks", &found, &chunks)?;
    // A run that is repeated streams again: the number says which chunk it is.
    let again = chunk("a", 1, 999);
    let commit = Commit {
        stream_chunks: vec![again.clone()],
        ..Commit::default()
    };
    store.commit(commit).await?;
    let found = store.stream_chunks(&id("a"), 1, 1).await?;
    same("a chunk that is written again", &found, &vec![again])
}
