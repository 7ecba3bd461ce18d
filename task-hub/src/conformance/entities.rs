//! Entities: states of any size, locks, backlogs, listings.

use std::sync::Arc;

use durable_task::{EntityFilter, EntityId, EntityMetadata, Timestamp};

use super::rows::{at, created, entity, entity_commit, id, instance_commit, message};
use super::{Calls, Outcome, Problem, Run, holds, same};
use crate::store::{
    Commit, EntityLock, EntityRow, EntityWrite, LoadedBody, StateChange, Store, StoreError,
};

pub(super) const THEMES: [(&str, Run); 7] = [
    ("an entity has a state, a lock, both or no row", |store| {
        Box::pin(state_and_lock(store))
    }),
    ("a state of any size comes back after any change", |store| {
        Box::pin(states_of_any_size(store))
    }),
    (
        "a growing conversation comes back after each turn",
        |store| Box::pin(growing_state(store)),
    ),
    (
        "clients see state, lock and backlog of an entity",
        |store| Box::pin(metadata(store)),
    ),
    ("entities of a name are listed by their keys", |store| {
        Box::pin(listing(store))
    }),
    ("entities are filtered", |store| Box::pin(filters(store))),
    ("a listing of entities refuses a foreign token", |store| {
        Box::pin(foreign_tokens(store))
    }),
];

const ENTITY: &str = "@counter@Key@1";

async fn state_and_lock(store: &dyn Store) -> Outcome {
    let lock = EntityLock {
        holder: id("holder-1"),
        section: "section-1".to_owned(),
    };
    let locked = EntityWrite {
        id: id(ENTITY),
        state: StateChange::Keep,
        exists: false,
        lock: Some(lock.clone()),
        modified_at: at(10),
    };
    store.commit(entity_commit(locked.clone())).await?;
    let only_locked = row(None, Some(&lock), 10);
    expect_body(store, "only locked", Some(only_locked)).await?;

    let with_state = EntityWrite {
        lock: Some(lock.clone()),
        ..entity(ENTITY, None, "{\"n\":1}", 11)
    };
    store.commit(entity_commit(with_state)).await?;
    let both = row(Some("{\"n\":1}"), Some(&lock), 11);
    expect_body(store, "state and lock", Some(both)).await?;

    let released = EntityWrite {
        exists: true,
        lock: None,
        modified_at: at(12),
        ..locked.clone()
    };
    store.commit(entity_commit(released)).await?;
    expect_body(store, "released", Some(row(Some("{\"n\":1}"), None, 12))).await?;

    let cleared = EntityWrite {
        state: StateChange::Replace {
            from: Some(Arc::from("{\"n\":1}")),
            to: None,
        },
        ..EntityWrite {
            modified_at: at(13),
            ..locked
        }
    };
    store.commit(entity_commit(cleared.clone())).await?;
    expect_body(store, "without state", Some(row(None, Some(&lock), 13))).await?;

    let gone = EntityWrite {
        lock: None,
        ..cleared
    };
    // Removing it twice is no error.
    for _ in 0..2 {
        store.commit(entity_commit(gone.clone())).await?;
        expect_body(store, "removed", None).await?;
    }
    // Null is a state, and not none.
    store
        .commit(entity_commit(entity(ENTITY, None, "null", 14)))
        .await?;
    expect_body(store, "null", Some(row(Some("null"), None, 14))).await
}

fn row(state: Option<&str>, lock: Option<&EntityLock>, modified_at: i64) -> EntityRow {
    EntityRow {
        state: state.map(Arc::from),
        lock: lock.cloned(),
        modified_at: at(modified_at),
    }
}

async fn expect_body(store: &dyn Store, what: &str, expected: Option<EntityRow>) -> Outcome {
    let body = store.load(&id(ENTITY)).await?.body;
    let expected = expected.map_or(LoadedBody::Absent, LoadedBody::Entity);
    same(what, &body, &expected)
}

/// Writes one state after another, and reads each back.
async fn write_states(store: &dyn Store, states: &[String]) -> Outcome {
    let mut from: Option<&str> = None;
    for (number, to) in (0..).zip(states) {
        let write = entity(ENTITY, from, to, number);
        store.commit(entity_commit(write)).await?;
        let found = load_state(store).await?;
        let right = found.as_deref() == Some(to.as_str());
        holds(&format!("state {number} must be what was written"), right)?;
        from = Some(to);
    }
    Ok(())
}

async fn load_state(store: &dyn Store) -> Result<Option<Arc<str>>, Problem> {
    match store.load(&id(ENTITY)).await?.body {
        LoadedBody::Entity(row) => Ok(row.state),
        _ => Ok(None),
    }
}

async fn states_of_any_size(store: &dyn Store) -> Outcome {
    let text =
        |character: char, count: usize| format!("\"{}\"", String::from(character).repeat(count));
    let base = text('x', 200_000);
    let mut states = vec![
        text('a', 10),
        text('a', 32 * 1024),
        text('b', 40_000),
        text('a', 64 * 1024),
        text('é', 100_000),
        // A change within a character: these two share their first byte.
        text('è', 100_000),
        String::new(),
        base.clone(),
    ];
    // Small changes of a large state: at its ends, in its middle, longer, shorter, none.
    states.push(format!("{base}tail"));
    states.push(format!("head{base}tail"));
    states.push(format!("head{}tail", base.replacen("xxx", "x½x", 1)));
    states.push(format!(
        "{}{}",
        base.split_at(90_000).0,
        base.split_at(90_100).1
    ));
    states.push(base.clone());
    states.push(base.clone());
    states.push(base.split_at(70_000).0.to_owned());
    states.push(text('a', 5));
    states.push(base);
    write_states(store, &states).await
}

async fn growing_state(store: &dyn Store) -> Outcome {
    let mut messages = vec!["m".repeat(500); 130];
    let mut states = Vec::new();
    for turn in 0..150 {
        messages.push(format!("turn {turn} {}", "é".repeat(turn * 7 % 900)));
        states.push(format!("[\"{}\"]", messages.join("\",\"")));
        if turn % 40 == 39 {
            // Old messages go.
            messages.drain(..20);
        }
    }
    write_states(store, &states).await?;
    // Its lock changes between turns.
    let last = states.last().cloned().unwrap_or_default();
    let lock = EntityLock {
        holder: id("holder"),
        section: "s".to_owned(),
    };
    let locked = EntityWrite {
        state: StateChange::Keep,
        lock: Some(lock.clone()),
        ..entity(ENTITY, None, "", 900)
    };
    store.commit(entity_commit(locked)).await?;
    let body = store.load(&id(ENTITY)).await?.body;
    let expected = LoadedBody::Entity(row(Some(&last), Some(&lock), 900));
    holds("a lock must keep a large state", body == expected)?;
    let changed = EntityWrite {
        lock: Some(lock),
        ..entity(ENTITY, Some(&last), &format!("{last} "), 901)
    };
    store.commit(entity_commit(changed)).await?;
    let found = load_state(store).await?;
    let expected = format!("{last} ");
    holds(
        "a locked state must change",
        found.as_deref() == Some(expected.as_str()),
    )?;
    // It is removed and begins anew.
    let gone = EntityWrite {
        exists: false,
        state: StateChange::Replace {
            from: Some(Arc::from(expected)),
            to: None,
        },
        ..entity(ENTITY, None, "", 902)
    };
    store.commit(entity_commit(gone)).await?;
    write_states(store, &states[..3]).await
}

fn seen(key: &str, state: Option<&str>, modified_at: Timestamp) -> Result<EntityMetadata, Problem> {
    let id = EntityId::parse(&format!("@counter@{key}"));
    Ok(EntityMetadata {
        id: id.ok_or_else(|| Problem(format!("`{key}` must be a key")))?,
        state: state.map(str::to_owned),
        modified_at,
        backlog: 0,
        locked_by: None,
    })
}

async fn metadata(store: &dyn Store) -> Outcome {
    let expected = seen("a", Some("7"), at(30))?;
    let target = expected.id.clone();
    same(
        "an absent entity",
        &store.entity(&target, true).await?,
        &None,
    )?;
    let commit = Commit {
        messages_added: vec![message(1, "@counter@a"), message(2, "@counter@a")],
        ..Commit::default()
    };
    store.commit(commit).await?;
    let found = store.entity(&target, true).await?;
    let found = found.map(|entity| (entity.state, entity.backlog, entity.locked_by));
    same("only messages", &found, &Some((None, 2, None)))?;

    let write = EntityWrite {
        lock: Some(EntityLock {
            holder: id("holder"),
            section: "s".to_owned(),
        }),
        ..entity("@counter@a", None, "7", 30)
    };
    store.commit(entity_commit(write)).await?;
    let expected = EntityMetadata {
        backlog: 2,
        locked_by: Some(id("holder")),
        ..expected
    };
    let found = store.entity(&target, true).await?;
    same("with state", &found, &Some(expected.clone()))?;
    let expected = EntityMetadata {
        state: None,
        ..expected
    };
    let found = store.entity(&target, false).await?;
    same("without state", &found, &Some(expected))?;
    // Entities are no instances.
    let filter = durable_task::InstanceFilter::default();
    let page = store
        .query(&filter, durable_task::Fetch::Metadata, 10, None)
        .await?;
    same("instances", &page.items, &Vec::new())
}

async fn listing(store: &dyn Store) -> Outcome {
    let keys = ["@", "A", "a", "a@b", "b", "é"];
    for key in keys.iter().rev() {
        let target = format!("@counter@{key}");
        let state = format!("\"{key}\"");
        store
            .commit(entity_commit(entity(&target, None, &state, 5)))
            .await?;
    }
    // Names around it, and what is neither locked nor has a state.
    for other in ["@count@x", "@counters@x", "@counter2@x", "@counterA@x"] {
        store
            .commit(entity_commit(entity(other, None, "0", 5)))
            .await?;
    }
    store.commit(instance_commit(created("counter", 5))).await?;
    let commit = Commit {
        messages_added: vec![message(1, "@counter@waiting"), message(2, "@counter@b")],
        ..Commit::default()
    };
    store.commit(commit).await?;

    let counters = EntityFilter {
        id_prefix: Some("@counter@".to_owned()),
        ..EntityFilter::default()
    };
    for (page_size, include_state) in [(1, true), (2, false), (6, true), (100, false)] {
        let found = list(store, &counters, include_state, page_size).await?;
        let mut expected = Vec::new();
        for key in keys {
            let state = format!("\"{key}\"");
            expected.push(EntityMetadata {
                backlog: usize::from(key == "b"),
                ..seen(key, include_state.then_some(state.as_str()), at(5))?
            });
        }
        same("entities", &found, &expected)?;
    }
    Ok(())
}

/// All pages of a listing.
async fn list(
    store: &dyn Store,
    filter: &EntityFilter,
    include_state: bool,
    page_size: usize,
) -> Result<Vec<EntityMetadata>, Problem> {
    let (mut found, mut token) = (Vec::new(), None::<String>);
    let mut calls = Calls::default();
    loop {
        calls.another()?;
        let page = store
            .entities(filter, include_state, page_size, token.as_deref())
            .await?;
        holds(
            "a page must not be larger than asked",
            page.items.len() <= page_size,
        )?;
        found.extend(page.items);
        match page.next {
            Some(next) => token = Some(next),
            None => return Ok(found),
        }
    }
}

/// Entities of all kinds: with a state, locked, with messages only, and an instance with messages.
async fn of_all_kinds(store: &dyn Store) -> Outcome {
    for (target, modified_at) in [("@a@1", 10), ("@a@2", 20), ("@ab@1", 30), ("@b@", 40)] {
        let write = entity(target, None, "1", modified_at);
        store.commit(entity_commit(write)).await?;
    }
    let lock = Some(EntityLock {
        holder: id("holder"),
        section: "s".to_owned(),
    });
    let locked = EntityWrite {
        state: StateChange::Keep,
        exists: false,
        lock,
        ..entity("@a@locked", None, "", 25)
    };
    store.commit(entity_commit(locked)).await?;
    let commit = Commit {
        messages_added: vec![
            message(1, "@a@0"),
            message(2, "@a@1"),
            message(3, "@c@x"),
            message(4, "instance"),
            message(5, "@c@x"),
        ],
        ..Commit::default()
    };
    store.commit(commit).await?;
    Ok(())
}

async fn filters(store: &dyn Store) -> Outcome {
    of_all_kinds(store).await?;
    let prefix = |prefix: &str, include_transient| EntityFilter {
        id_prefix: Some(prefix.to_owned()),
        include_transient,
        ..EntityFilter::default()
    };
    let modified = |from: Option<i64>, to: Option<i64>, include_transient| EntityFilter {
        modified_from: from.map(at),
        modified_to: to.map(at),
        include_transient,
        ..EntityFilter::default()
    };
    let with_state = ["@a@1", "@a@2", "@ab@1", "@b@"];
    let all = ["@a@0", "@a@1", "@a@2", "@a@locked", "@ab@1", "@b@", "@c@x"];
    let cases: [(&str, EntityFilter, &[&str]); 11] = [
        ("all", EntityFilter::default(), &with_state),
        ("all, with transient ones", modified(None, None, true), &all),
        ("a part of a name", prefix("@a", false), &with_state[..3]),
        ("a name", prefix("@a@", true), &all[..4]),
        ("a key", prefix("@a@2", true), &["@a@2"]),
        ("a prefix of none", prefix("@d", true), &[]),
        ("only messages", prefix("@c@", true), &["@c@x"]),
        (
            "changed from",
            modified(Some(30), None, true),
            &with_state[2..],
        ),
        ("changed to", modified(None, Some(20), false), &["@a@1"]),
        (
            "changed to, with transient ones",
            modified(None, Some(20), true),
            &["@a@0", "@a@1", "@c@x"],
        ),
        (
            "changed within",
            modified(Some(20), Some(30), true),
            &["@a@2", "@a@locked"],
        ),
    ];
    for (what, filter, expected) in cases {
        for page_size in [1, 2, 100] {
            let found = list(store, &filter, false, page_size).await?;
            let ids: Vec<String> = found.iter().map(|entity| entity.id.to_string()).collect();
            let expected: Vec<String> = expected.iter().copied().map(str::to_owned).collect();
            same(what, &ids, &expected)?;
        }
    }
    Ok(())
}

async fn foreign_tokens(store: &dyn Store) -> Outcome {
    let all = EntityFilter::default();
    for token in ["", "not a token", "@a", "a@b"] {
        let page = store.entities(&all, false, 10, Some(token)).await;
        let refused = page.map(|page| page.items.len());
        same("a foreign token", &refused, &Err(StoreError::InvalidToken))?;
    }
    Ok(())
}
