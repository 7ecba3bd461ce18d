//! Messages to entities in the form of events.

use super::entities::entity;
use super::*;
use crate::EntityMessageForm;
use crate::episode::EpisodeOptions;
use crate::wire::proto::EventRaisedEvent;

const OPTIONS: EpisodeOptions = EpisodeOptions {
    chain_long_timers: false,
    entity_messages: EntityMessageForm::SendEvent,
};

fn both_as_events(registry: &Registry, scenario: impl Fn(&mut TestOrchestration)) {
    for warm in [false, true] {
        scenario(&mut TestOrchestration::new(
            registry,
            begin(),
            OPTIONS,
            warm,
        ));
    }
}

/// Target, name and payload of each event that was sent.
fn sent(test: &TestOrchestration) -> Vec<(String, String, String)> {
    let events = test.actions().iter().filter_map(|action| {
        let Some(Action::SendEvent(event)) = &action.orchestrator_action_type else {
            return None;
        };
        let target = event.instance.clone().unwrap().instance_id;
        Some((target, event.name.clone(), event.data.clone().unwrap()))
    });
    events.collect()
}

fn raised(id: &str, reply: &str) -> EventType {
    EventType::EventRaised(EventRaisedEvent {
        name: id.to_owned(),
        input: Some(reply.to_owned()),
    })
}

/// The n-th id of the instance at that many seconds.
fn id(seconds: u32, number: usize) -> String {
    let mut ids = crate::episode::ids::Ids::default();
    let now = START.saturating_add(seconds * SECOND);
    let guids = (0..=number).map(|_| ids.guid("i", now).to_string());
    guids.last().unwrap()
}

#[test]
fn operations_are_events_in_an_order_that_rises() {
    let registry = registry(|ctx| async move {
        ctx.signal_entity(&entity("k"), "add", &3)?;
        let count: u32 = ctx.call_entity(&entity("k"), "get", &()).await?;
        ctx.signal_entity(&entity("k"), "add", &1)?;
        ctx.signal_entity(&entity("other"), "add", &2)?;
        let later = ctx.now().saturating_add(SECOND);
        ctx.signal_entity_at(&entity("k"), "add", &4, later)?;
        ctx.signal_entity(&entity("k"), "add", &5)?;
        Ok(count)
    });
    both_as_events(&registry, |test| {
        let (first, second) = (id(0, 0), id(0, 1));
        let signal = format!(
            "{{\"op\":\"add\",\"signal\":true,\"input\":\"3\",\"id\":\"{first}\",\"parent\":\"i\",\
             \"parentExecution\":\"execution-0\",\"Timestamp\":\"2024-01-01T00:00:00.0000000Z\",\
             \"Predecessor\":\"0001-01-01T00:00:00\",\"IsLockRequest\":false,\
             \"createTrace\":false}}"
        );
        let call = format!(
            "{{\"op\":\"get\",\"input\":\"null\",\"id\":\"{second}\",\"parent\":\"i\",\
             \"parentExecution\":\"execution-0\",\"Timestamp\":\"2024-01-01T00:00:00.0000001Z\",\
             \"Predecessor\":\"2024-01-01T00:00:00.0000000Z\",\"IsLockRequest\":false,\
             \"createTrace\":false}}"
        );
        let target = String::from("@counter@k");
        let expected = [signal, call].map(|data| (target.clone(), String::from("op"), data));
        assert_eq!(sent(test), expected);

        test.then(|events| events.event(-1, raised(&second, "{\"result\":\"7\"}")));
        assert_eq!(test.result(), Some(Ok(7.into())));
        let sent = sent(test);
        let times: Vec<(String, String)> = sent
            .iter()
            .map(|(_, _, data)| {
                let data: serde_json::Value = serde_json::from_str(data).unwrap();
                let time = |field: &str| data[field].as_str().unwrap().to_owned();
                (time("Timestamp"), time("Predecessor"))
            })
            .collect();
        let none = "0001-01-01T00:00:00";
        let expected = [
            (
                "2024-01-01T00:00:01.0000000Z",
                "2024-01-01T00:00:00.0000001Z",
            ),
            ("2024-01-01T00:00:01.0000000Z", none),
            (none, none),
            (
                "2024-01-01T00:00:01.0000001Z",
                "2024-01-01T00:00:01.0000000Z",
            ),
        ];
        let expected = expected.map(|(time, before)| (time.to_owned(), before.to_owned()));
        assert_eq!(times, expected);
        assert_eq!(sent[2].1, "op@2024-01-01T00:00:02.0000000Z");
        assert!(
            sent[2]
                .2
                .contains("\"due\":\"2024-01-01T00:00:02.0000000Z\"")
        );
    });
}

#[test]
fn locks_and_their_releases_are_events() {
    let registry = registry(|ctx| async move {
        let guard = ctx.lock(&[entity("b"), entity("a")]).await?;
        let count: u32 = ctx.call_entity(&entity("b"), "get", &()).await?;
        guard.release();
        ctx.sleep(SECOND).await;
        Ok(count)
    });
    both_as_events(&registry, |test| {
        let section = id(0, 0);
        let data = format!(
            "{{\"op\":null,\"id\":\"{section}\",\"parent\":\"i\",\
             \"parentExecution\":\"execution-0\",\"Timestamp\":\"2024-01-01T00:00:00.0000000Z\",\
             \"Predecessor\":\"0001-01-01T00:00:00\",\
             \"lockset\":[{{\"name\":\"counter\",\"key\":\"a\"}},\
             {{\"name\":\"counter\",\"key\":\"b\"}}],\"IsLockRequest\":true,\
             \"createTrace\":false}}"
        );
        let request = (String::from("@counter@a"), String::from("op"), data);
        assert_eq!(sent(test), [request]);
        let granted = "{\"result\":\"Lock Acquisition Completed\"}";
        test.then(|events| events.event(-1, raised(&section, granted)));
        let [(target, _, call)] = sent(test).try_into().unwrap();
        assert_eq!(target, "@counter@b");
        let call: serde_json::Value = serde_json::from_str(&call).unwrap();
        let id = call["id"].as_str().unwrap().to_owned();
        test.then(|events| events.event(-1, raised(&id, "{\"result\":\"7\"}")));
        let release = format!("{{\"parent\":\"i\",\"id\":\"{section}\"}}");
        let expected = ["@counter@a", "@counter@b"]
            .map(|target| (target.to_owned(), String::from("release"), release.clone()));
        assert_eq!(sent(test), expected);
        test.then(|events| events.timer_fired(4));
        assert_eq!(test.result(), Some(Ok(7.into())));
    });
}
