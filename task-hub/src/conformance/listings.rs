//! Listings of instances: filters, order, tokens.

use std::collections::BTreeMap;
use std::sync::Arc;

use durable_task::{Fetch, InstanceFilter, InstanceState, Status};

use super::rows::{at, created, ended, id, identity, instance_commit, parent, step};
use super::{Calls, Outcome, Problem, Run, holds, same};
use crate::store::{Commit, End, Identity, InstanceChange, InstanceWrite, Store, StoreError};

pub(super) const THEMES: [(&str, Run); 5] = [
    ("instances are listed by creation and id", |store| {
        Box::pin(in_order(store))
    }),
    ("instances are filtered", |store| Box::pin(filters(store))),
    ("a listing holds under changes", |store| {
        Box::pin(under_changes(store))
    }),
    ("a foreign token is refused", |store| {
        Box::pin(foreign_tokens(store))
    }),
    ("children are listed by creation", |store| {
        Box::pin(children(store))
    }),
];

async fn in_order(store: &dyn Store) -> Outcome {
    let mut expected = Vec::new();
    for (name, created_at) in [("d", 30), ("b", 10), ("c.5", 20), ("a", 20), ("e", -1)] {
        let write = InstanceWrite {
            input: Some(format!("\"{name}\"")),
            ..created(name, created_at)
        };
        store.commit(instance_commit(write)).await?;
        expected.push((created_at, name.to_owned()));
    }
    expected.sort();
    let expected: Vec<String> = expected.into_iter().map(|(_, name)| name).collect();
    let all = InstanceFilter::default();
    for page_size in [1, 2, 4, 5, 6, 100] {
        let found = list(store, &all, page_size).await?;
        same("instances", &names(&found), &expected)?;
    }
    let page = store.query(&all, Fetch::Payloads, 1, None).await?;
    let input = page.items.first().and_then(|state| state.input.clone());
    same("an input", &input, &Some("\"e\"".to_owned()))?;
    let page = store.query(&all, Fetch::Metadata, 5, None).await?;
    same("the token at the end", &page.next, &None)?;
    let without = page.items.iter().all(|state| state.input.is_none());
    holds("metadata must come without inputs", without)
}

/// All pages of a listing.
async fn list(
    store: &dyn Store,
    filter: &InstanceFilter,
    page_size: usize,
) -> Result<Vec<InstanceState>, Problem> {
    let (mut found, mut token) = (Vec::new(), None::<String>);
    let mut calls = Calls::default();
    loop {
        calls.another()?;
        let page = store
            .query(filter, Fetch::Metadata, page_size, token.as_deref())
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

fn names(states: &[InstanceState]) -> Vec<String> {
    let ids = states.iter().map(|state| state.instance_id.to_string());
    ids.collect()
}

fn labels<const N: usize>(tags: [(&str, &str); N]) -> BTreeMap<String, String> {
    tags.map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into()
}

/// Five instances that differ in all that can be filtered by.
async fn five(store: &dyn Store) -> Outcome {
    let running = |identity: Identity| InstanceWrite {
        identity: Arc::new(identity),
        ..created("", 0)
    };
    let finished = |identity: Identity, status, completed_at| InstanceWrite {
        step: step(status, completed_at, 0),
        end: Some(End {
            completed_at: at(completed_at),
            output: None,
            failure: None,
        }),
        ..running(identity)
    };
    let one = Identity {
        tags: labels([("team", "north"), ("tier", "1")]),
        ..identity("order-1", 10)
    };
    let two = Identity {
        tags: labels([("team", "south")]),
        parent: Some(parent("order-1")),
        ..identity("order-2", 20)
    };
    let three = Identity {
        name: "Refund".to_owned(),
        tags: labels([("team", "north")]),
        ..identity("Order-3", 30)
    };
    let four = Identity {
        name: "Refund".to_owned(),
        parent: Some(parent("order-1")),
        ..identity("order_4", 40)
    };
    let writes = [
        running(one),
        finished(two, Status::Completed, 25),
        finished(three, Status::Failed, 60),
        running(four),
        finished(identity("zz%", 50), Status::Completed, 60),
    ];
    for write in writes {
        store.commit(instance_commit(write)).await?;
    }
    Ok(())
}

async fn filters(store: &dyn Store) -> Outcome {
    five(store).await?;
    for (what, filter, expected) in cases() {
        if !filter.tags.is_empty() && !store.capabilities().tag_filter {
            continue;
        }
        for page_size in [1, 10] {
            let found = list(store, &filter, page_size).await?;
            let expected: Vec<String> = expected.iter().copied().map(str::to_owned).collect();
            same(what, &names(&found), &expected)?;
        }
    }
    Ok(())
}

type Case = (&'static str, InstanceFilter, &'static [&'static str]);

fn cases() -> Vec<Case> {
    let mut cases = cases_of_texts();
    cases.extend(cases_of_statuses_and_times());
    let children = InstanceFilter {
        parent: Some(id("order-1")),
        ..InstanceFilter::default()
    };
    let narrow = InstanceFilter {
        statuses: vec![Status::Running],
        created_from: Some(at(10)),
        id_prefix: Some("order".to_owned()),
        ..children.clone()
    };
    cases.push(("parent", children, &["order-2", "order_4"]));
    cases.push(("all together", narrow, &["order_4"]));
    cases
}

fn cases_of_texts() -> Vec<Case> {
    let prefix = |prefix: &str| InstanceFilter {
        id_prefix: Some(prefix.to_owned()),
        ..InstanceFilter::default()
    };
    let tagged = |tags| InstanceFilter {
        tags,
        ..InstanceFilter::default()
    };
    let north = labels([("team", "north")]);
    let both = labels([("team", "north"), ("tier", "1")]);
    let none = labels([("team", "1")]);
    let refunds = InstanceFilter {
        name: Some("Refund".to_owned()),
        ..InstanceFilter::default()
    };
    vec![
        (
            "prefix",
            prefix("order"),
            &["order-1", "order-2", "order_4"],
        ),
        ("prefix with `-`", prefix("order-"), &["order-1", "order-2"]),
        ("prefix with `_`", prefix("order_"), &["order_4"]),
        ("prefix with `%`", prefix("zz%"), &["zz%"]),
        ("prefix that is an id", prefix("order-1"), &["order-1"]),
        ("prefix of none", prefix("order-11"), &[]),
        ("one tag", tagged(north), &["order-1", "Order-3"]),
        ("two tags", tagged(both), &["order-1"]),
        ("a tag of none", tagged(none), &[]),
        ("name", refunds, &["Order-3", "order_4"]),
    ]
}

fn cases_of_statuses_and_times() -> Vec<Case> {
    let statuses = |statuses: &[Status]| InstanceFilter {
        statuses: statuses.to_vec(),
        ..InstanceFilter::default()
    };
    let created = |from: Option<i64>, to: Option<i64>| InstanceFilter {
        created_from: from.map(at),
        created_to: to.map(at),
        ..InstanceFilter::default()
    };
    let completed = |from: Option<i64>, to: Option<i64>| InstanceFilter {
        completed_from: from.map(at),
        completed_to: to.map(at),
        ..InstanceFilter::default()
    };
    let two = statuses(&[Status::Running, Status::Failed]);
    vec![
        (
            "a status",
            statuses(&[Status::Completed]),
            &["order-2", "zz%"],
        ),
        ("two statuses", two, &["order-1", "Order-3", "order_4"]),
        ("a status of none", statuses(&[Status::Pending]), &[]),
        ("created from", created(Some(40), None), &["order_4", "zz%"]),
        ("created to", created(None, Some(20)), &["order-1"]),
        (
            "created within",
            created(Some(20), Some(40)),
            &["order-2", "Order-3"],
        ),
        (
            "completed from",
            completed(Some(26), None),
            &["Order-3", "zz%"],
        ),
        ("completed to", completed(None, Some(60)), &["order-2"]),
        (
            "completed within",
            completed(Some(25), Some(60)),
            &["order-2"],
        ),
    ]
}

/// What is neither added nor removed meanwhile is listed exactly once.
async fn under_changes(store: &dyn Store) -> Outcome {
    for number in 0..20 {
        let name = format!("stable-{number:02}");
        store
            .commit(instance_commit(created(&name, 100 + number)))
            .await?;
    }
    let all = InstanceFilter::default();
    let (mut found, mut token) = (Vec::new(), None::<String>);
    for round in 0_i64.. {
        let page = store
            .query(&all, Fetch::Metadata, 3, token.as_deref())
            .await?;
        found.extend(page.items);
        // Before, behind and at the place where the listing is, added and removed.
        for (kind, created_at) in [("old", 1), ("here", 100 + round * 3), ("new", 900)] {
            let name = format!("{kind}-{round}");
            store
                .commit(instance_commit(created(&name, created_at)))
                .await?;
            let commit = Commit {
                purged: vec![id(&format!("{kind}-{}", round - 1))],
                ..Commit::default()
            };
            store.commit(commit).await?;
        }
        // A change that is none of the order.
        let name = format!("stable-{:02}", round % 20);
        let write = ended(&name, 100 + round % 20, 500 + round);
        store.commit(instance_commit(write)).await?;
        token = page.next;
        if token.is_none() {
            break;
        }
        holds("a listing must end", round < 100)?;
    }
    let mut stable = names(&found);
    stable.retain(|name| name.starts_with("stable"));
    let expected: Vec<String> = (0..20)
        .map(|number| format!("stable-{number:02}"))
        .collect();
    same("instances that stayed", &stable, &expected)
}

async fn foreign_tokens(store: &dyn Store) -> Outcome {
    store.commit(instance_commit(created("a", 10))).await?;
    let all = InstanceFilter::default();
    for token in ["", "not a token", "{}", "\u{0}"] {
        let page = store.query(&all, Fetch::Metadata, 10, Some(token)).await;
        let refused = page.map(|page| page.items.len());
        same("a foreign token", &refused, &Err(StoreError::InvalidToken))?;
    }
    Ok(())
}

async fn children(store: &dyn Store) -> Outcome {
    store.commit(instance_commit(created("top", 1))).await?;
    for (name, of, created_at) in [
        ("c", "top", 5),
        ("b", "top", 9),
        ("a", "top", 5),
        ("d", "c", 6),
    ] {
        let write = InstanceWrite {
            identity: Arc::new(Identity {
                parent: Some(parent(of)),
                ..identity(name, created_at)
            }),
            ..created(name, created_at)
        };
        store.commit(instance_commit(write)).await?;
    }
    let found = store.children(&id("top")).await?;
    same("children", &found, &["a", "c", "b"].map(id).to_vec())?;
    let found = store.children(&id("d")).await?;
    same("children of a leaf", &found, &Vec::new())?;
    let purge = Commit {
        purged: vec![id("c")],
        ..Commit::default()
    };
    store.commit(purge).await?;
    let orphan = InstanceWrite {
        change: InstanceChange::Create {
            replace: vec![created("a", 5).step.status],
        },
        ..created("a", 7)
    };
    store.commit(instance_commit(orphan)).await?;
    let found = store.children(&id("top")).await?;
    let kept = vec![id("b")];
    same("children that are left", &found, &kept)?;
    let found = store.children(&id("c")).await?;
    same("children of one that is gone", &found, &vec![id("d")])
}
