//! Ids, times, versions, connection strings: texts that are read on their own.

use durable_task::grpc::SchedulerConnection;
use durable_task::{
    EntityId, InstanceId, OrchestrationContext, OrchestrationError, Registry, Timestamp, check_id,
};

use super::run::check_error;
use super::{Source, Verdict};

const INPUTS: usize = 20;
const CONNECTION: &str =
    "Endpoint=https://example.durabletask.io;Authentication=ManagedIdentity;TaskHub=hub;ClientID=1";

pub fn run(source: &mut Source) -> Verdict {
    for _ in 0..INPUTS {
        ids(source)?;
        times(source)?;
        connection(source)?;
    }
    versions(source)
}

fn ids(source: &mut Source) -> Verdict {
    let text = source.changed_text("@counter@key");
    match InstanceId::new(&text) {
        Err(error) => check_error(&error)?,
        Ok(id) if id.as_str() != text || check_id(&text).is_err() || id.is_entity() => {
            return Err(format!("{text:?} became {id:?}"));
        }
        Ok(_) => {}
    }
    if let Some(id) = EntityId::parse(&text)
        && id.to_string() != text
    {
        return Err(format!("{text:?} became {id:?}"));
    }
    let (name, key) = (source.changed_text("Counter"), source.changed_text("key@1"));
    match EntityId::new(&name, &key) {
        Err(error) => check_error(&error),
        Ok(id) => match EntityId::parse(id.to_instance_id().as_str()) {
            Some(again) if again == id && id.key() == key => Ok(()),
            other => Err(format!("{id:?} is read as {other:?}")),
        },
    }
}

fn times(source: &mut Source) -> Verdict {
    let text = source.changed_text("2026-01-02T03:04:05.0060070Z");
    let read = Timestamp::parse(&text);
    let made = Timestamp::from_ticks(source.number().cast_signed());
    let proto = prost_types::Timestamp {
        seconds: source.number().cast_signed(),
        nanos: i32::try_from(source.number().cast_signed() >> source.below(33)).unwrap_or(i32::MIN),
    };
    for time in [read, Some(made), Some(proto.into())].into_iter().flatten() {
        let later = time.saturating_add(std::time::Duration::from_secs(source.number()));
        if later < time || later.saturating_since(time) > std::time::Duration::MAX {
            return Err(format!("{later:?} is later than {time:?}"));
        }
        let _ = time.to_round_trip();
        let shown = time.to_string();
        if read == Some(time) && Timestamp::parse(&shown) != read {
            return Err(format!("{text:?} is shown as {shown:?}"));
        }
        let again = Timestamp::from(prost_types::Timestamp::from(time));
        if again != time {
            return Err(format!("{time:?} in protobuf is {again:?}"));
        }
    }
    Ok(())
}

fn connection(source: &mut Source) -> Verdict {
    let text = source.changed_text(CONNECTION);
    let hub = source.one_in(2).then(|| source.text());
    match SchedulerConnection::parse(&text, hub.as_deref()) {
        Ok(_) => Ok(()),
        Err(error) => check_error(&error),
    }
}

async fn nothing(_: OrchestrationContext, (): ()) -> Result<(), OrchestrationError> {
    Ok(())
}

/// Versions are ordered when they are registered: each that is taken is found again.
fn versions(source: &mut Source) -> Verdict {
    let mut registry = Registry::new();
    for _ in 0..40 {
        let parts = source.below(5);
        let mut version: String = (0..parts)
            .map(|_| source.below(12).to_string())
            .collect::<Vec<_>>()
            .join(".");
        if source.one_in(3) {
            version = source.changed_text(&version);
        }
        // What a program says of itself is repeated whole in its errors.
        if registry
            .orchestrator_fn("nothing", &version, nothing)
            .is_ok()
            && registry
                .orchestrator_fn("nothing", &version, nothing)
                .is_ok()
        {
            return Err(format!("version {version:?} was registered twice"));
        }
    }
    Ok(())
}
