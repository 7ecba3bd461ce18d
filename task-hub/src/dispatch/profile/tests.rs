use durable_task::{EntityProfile, WorkItem};

use super::*;

/// A worker that does nothing, and may have no room.
#[derive(Default)]
struct Nothing {
    is_full: std::sync::atomic::AtomicBool,
}

impl WorkHandler for Nothing {
    fn profile(&self) -> WorkerProfile {
        WorkerProfile::default()
    }

    fn dispatch(&self, _: WorkItem) {}

    fn has_room(&self) -> bool {
        !self.is_full.load(std::sync::atomic::Ordering::Relaxed)
    }
}

const ONE: WorkerId = WorkerId(1);
const TWO: WorkerId = WorkerId(2);

fn named(names: &[(&str, Option<&str>)]) -> Accepts<NameAndVersion> {
    let names = names.iter().map(|(name, version)| NameAndVersion {
        name: (*name).to_owned(),
        version: version.map(str::to_owned),
    });
    Accepts::Only(names.collect())
}

fn takes(orchestrators: Accepts<NameAndVersion>) -> WorkerProfile {
    WorkerProfile {
        orchestrators,
        orchestrations_max: 2,
        activities_max: 2,
        entities_max: 2,
        ..WorkerProfile::default()
    }
}

fn workers(profiles: impl IntoIterator<Item = WorkerProfile>) -> Workers {
    let mut workers = Workers::default();
    for (id, profile) in (1..).zip(profiles) {
        workers.attach(WorkerId(id), Arc::new(Nothing::default()), profile);
    }
    workers
}

#[test]
fn a_version_is_the_newest_that_is_named() {
    let table: [(&[Accepts<NameAndVersion>], Option<&str>); 6] = [
        (&[], None),
        (&[named(&[("other", Some("1"))])], None),
        (&[Accepts::Everything], Some("")),
        (&[named(&[("a", None)])], Some("")),
        (
            &[
                named(&[("a", Some("1.9")), ("a", Some("1.2"))]),
                named(&[("a", Some("1.10"))]),
            ],
            Some("1.10"),
        ),
        (
            &[Accepts::Everything, named(&[("a", Some("2"))])],
            Some("2"),
        ),
    ];
    for (accepts, newest) in table {
        let workers = workers(accepts.iter().cloned().map(takes));
        assert_eq!(workers.newest("a").as_deref(), newest, "{accepts:?}");
        assert_eq!(
            workers.have(WorkKind::Orchestration, "a", None),
            newest.is_some()
        );
    }
}

#[test]
fn an_item_goes_to_who_has_code_for_its_version() {
    let workers = workers([
        takes(named(&[("a", Some("1")), ("b", Some("1")), ("b", None)])),
        takes(named(&[("a", Some("2"))])),
    ]);
    let pick = |name, version| workers.pick(WorkKind::Orchestration, name, version, None);
    assert_eq!(pick("a", Some("1")), Pick::Worker(ONE));
    assert_eq!(pick("a", Some("2")), Pick::Worker(TWO));
    assert_eq!(pick("a", None), Pick::Worker(TWO));
    assert_eq!(pick("a", Some("3")), Pick::Nobody);
    assert_eq!(pick("b", Some("9")), Pick::Worker(ONE));
    assert_eq!(pick("c", None), Pick::Nobody);
}

#[test]
fn the_least_loaded_gets_it_and_equals_take_turns() {
    let large = WorkerProfile {
        orchestrations_max: 4,
        ..takes(Accepts::Everything)
    };
    let mut workers = workers([takes(Accepts::Everything), large]);
    let mut given = Vec::new();
    while let Pick::Worker(id) = workers.pick(WorkKind::Orchestration, "a", Some(""), None) {
        workers.give(id, WorkKind::Orchestration);
        given.push(id.0);
    }
    assert_eq!(given, [1, 2, 2, 1, 2, 2], "as their limits are");
    let pick = workers.pick(WorkKind::Orchestration, "a", Some(""), Some(ONE));
    assert_eq!(pick, Pick::Busy);
    workers.returned(ONE, WorkKind::Orchestration);
    workers.returned(TWO, WorkKind::Orchestration);
    workers.returned(TWO, WorkKind::Orchestration);
    let pick = |preferred| workers.pick(WorkKind::Orchestration, "a", Some(""), preferred);
    assert_eq!(pick(Some(TWO)), Pick::Worker(TWO), "who has the session");
    assert_eq!(pick(Some(WorkerId(9))), Pick::Worker(ONE));
    assert_eq!(
        workers.pick(WorkKind::Activity, "a", None, None),
        Pick::Nobody,
        "each kind has its own names"
    );
}

#[test]
fn a_history_that_is_read_takes_room() {
    let mut workers = workers([takes(Accepts::Everything)]);
    let pick = |workers: &Workers| workers.pick(WorkKind::Orchestration, "a", Some(""), None);
    workers.fetching(ONE);
    workers.give(ONE, WorkKind::Orchestration);
    assert_eq!(pick(&workers), Pick::Busy);
    workers.fetched(ONE);
    assert_eq!(pick(&workers), Pick::Worker(ONE));
    workers.fetching(ONE);
    workers.stop_fetching();
    assert_eq!(pick(&workers), Pick::Worker(ONE));
}

#[test]
fn an_update_keeps_what_a_worker_has() {
    let mut workers = workers([takes(Accepts::Everything)]);
    for _ in 0..2 {
        workers.give(ONE, WorkKind::Orchestration);
    }
    workers.update(ONE, takes(named(&[("a", None)])));
    let pick =
        |workers: &Workers, name| workers.pick(WorkKind::Orchestration, name, Some(""), None);
    assert_eq!(pick(&workers, "a"), Pick::Busy);
    assert_eq!(pick(&workers, "b"), Pick::Nobody);
    workers.detach(ONE);
    assert_eq!(pick(&workers, "a"), Pick::Nobody);
    // Late answers of one that is gone.
    workers.returned(ONE, WorkKind::Orchestration);
    assert!(workers.is_empty() && !workers.is_attached(ONE));
}

#[test]
fn only_synchronous_entities_of_workers_in_the_process_run_ahead() {
    for (remote, synchronous) in [(false, false), (false, true), (true, true)] {
        let profile = WorkerProfile {
            entities: Accepts::Only(vec![EntityProfile {
                name: String::from("e"),
                synchronous,
            }]),
            remote,
            ..takes(Accepts::default())
        };
        let workers = workers([profile]);
        assert_eq!(workers.runs_ahead(ONE, "e"), synchronous && !remote);
        assert!(!workers.runs_ahead(ONE, "f"));
        assert_eq!(workers.is_remote(ONE), remote);
        let pick = |name| workers.pick(WorkKind::Entity, name, None, None);
        assert_eq!([pick("e"), pick("f")], [Pick::Worker(ONE), Pick::Nobody]);
    }
}

#[test]
fn a_worker_that_says_that_it_has_no_room_is_given_nothing() {
    let (full, other) = (Arc::new(Nothing::default()), Arc::new(Nothing::default()));
    let mut workers = Workers::default();
    let mut profile = takes(Accepts::Everything);
    profile.activities = Accepts::Everything;
    workers.attach(ONE, full.clone(), profile.clone());
    let pick = |workers: &Workers| workers.pick(WorkKind::Activity, "a", None, Some(ONE));
    assert_eq!(pick(&workers), Pick::Worker(ONE));
    full.is_full
        .store(true, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(pick(&workers), Pick::Busy);
    workers.attach(TWO, other, profile);
    assert_eq!(pick(&workers), Pick::Worker(TWO));
    full.is_full
        .store(false, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(pick(&workers), Pick::Worker(ONE));
}

#[test]
fn a_newcomer_without_new_code_is_covered() {
    let entities = |names: &[&str], synchronous| {
        let profiles = names.iter().map(|name| EntityProfile {
            name: (*name).to_owned(),
            synchronous,
        });
        Accepts::Only(profiles.collect())
    };
    let none = || takes(named(&[]));
    let activities = |activities| WorkerProfile {
        activities,
        ..none()
    };
    let with = |entities| WorkerProfile { entities, ..none() };
    let a1 = || takes(named(&[("a", Some("1"))]));
    let all_a = || takes(named(&[("a", None)]));
    let table = [
        (vec![], none(), false),
        (vec![none()], none(), true),
        (vec![a1()], none(), true),
        (vec![none()], a1(), false),
        (vec![a1()], a1(), true),
        (vec![a1()], takes(named(&[("a", Some("2"))])), false),
        (vec![a1()], all_a(), false),
        (vec![all_a()], a1(), true),
        (vec![all_a()], all_a(), true),
        (vec![all_a()], takes(Accepts::Everything), false),
        (vec![takes(Accepts::Everything)], all_a(), true),
        (vec![takes(Accepts::Everything)], a1(), true),
        (
            vec![takes(Accepts::Everything)],
            takes(Accepts::Everything),
            true,
        ),
        // One has this, another one that.
        (
            vec![a1(), takes(named(&[("b", Some("1"))]))],
            takes(named(&[("a", Some("1")), ("b", Some("1"))])),
            true,
        ),
        // Each kind has its own names.
        (vec![a1()], activities(named(&[("a", Some("1"))])), false),
        (
            vec![activities(named(&[("a", None)]))],
            activities(named(&[("a", Some("1"))])),
            true,
        ),
        (
            vec![takes(Accepts::Everything)],
            activities(Accepts::Everything),
            false,
        ),
        (
            vec![with(entities(&["e"], true))],
            with(entities(&["e"], false)),
            true,
        ),
        (
            vec![with(entities(&["e"], true))],
            with(entities(&["e", "f"], true)),
            false,
        ),
        (
            vec![with(entities(&["e"], true))],
            with(Accepts::Everything),
            false,
        ),
        (
            vec![with(Accepts::Everything)],
            with(entities(&["e"], true)),
            true,
        ),
        (
            vec![with(Accepts::Everything)],
            with(Accepts::Everything),
            true,
        ),
    ];
    for (number, (here, newcomer, is_covered)) in table.into_iter().enumerate() {
        assert_eq!(workers(here).cover(&newcomer), is_covered, "row {number}");
    }
}
