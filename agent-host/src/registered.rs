//! What an app has code for, for the log.

use std::collections::BTreeSet;

use durable_task::{Accepts, NameAndVersion, WorkerProfile};

/// The names of all that is registered, in order; with versions as `name@version`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Registered {
    pub(crate) orchestrators: BTreeSet<String>,
    pub(crate) executors: BTreeSet<String>,
    pub(crate) entities: BTreeSet<String>,
}

impl Registered {
    /// What a worker takes.
    pub(crate) fn of(profile: WorkerProfile) -> Self {
        let entities = match profile.entities {
            Accepts::Everything => BTreeSet::new(),
            Accepts::Only(all) => all.into_iter().map(|entity| entity.name).collect(),
        };
        Self {
            orchestrators: names(profile.orchestrators),
            executors: names(profile.activities),
            entities,
        }
    }
}

fn names(accepts: Accepts<NameAndVersion>) -> BTreeSet<String> {
    let Accepts::Only(all) = accepts else {
        return BTreeSet::new();
    };
    let name = |of: NameAndVersion| match of.version {
        Some(version) if !version.is_empty() => format!("{}@{version}", of.name),
        _ => of.name,
    };
    all.into_iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use durable_task::EntityProfile;

    use super::*;

    #[test]
    fn everything_is_named_once_and_in_order() {
        let of = |name: &str, version: Option<&str>| NameAndVersion {
            name: name.to_owned(),
            version: version.map(str::to_owned),
        };
        let orchestrators = vec![of("b", Some("2")), of("b", Some("1")), of("a", Some(""))];
        let registered = Registered::of(WorkerProfile {
            orchestrators: Accepts::Only(orchestrators),
            activities: Accepts::Only(vec![of("pay", None), of("pay", None)]),
            entities: Accepts::Only(vec![EntityProfile {
                name: String::from("account"),
                synchronous: false,
            }]),
            ..WorkerProfile::default()
        });
        let texts = |all: BTreeSet<String>| all.into_iter().collect::<Vec<_>>();
        assert_eq!(texts(registered.orchestrators), ["a", "b@1", "b@2"]);
        assert_eq!(texts(registered.executors), ["pay"]);
        assert_eq!(texts(registered.entities), ["account"]);
    }
}
