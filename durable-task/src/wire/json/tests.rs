use proptest::prelude::*;
use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Timestamp, Value as ProtoValue};

use super::*;
use crate::wire::proto::history_event::EventType;
use crate::wire::proto::*;

fn text() -> BoxedStrategy<String> {
    prop_oneof![
        Just(String::new()),
        "\\PC{0,12}",
        Just(String::from("a\u{0}\n\"\\é😀"))
    ]
    .boxed()
}

fn maybe_text() -> BoxedStrategy<Option<String>> {
    prop::option::of(text()).boxed()
}

fn number() -> impl Strategy<Value = i32> {
    prop_oneof![Just(0), Just(-1), any::<i32>()]
}

fn time() -> BoxedStrategy<Option<Timestamp>> {
    // From the year 1 to 9999.
    let seconds = -62_135_596_800i64..=253_402_300_799;
    let nanos = prop_oneof![Just(0), Just(120_000_000), 0..1_000_000_000i32];
    let time = (seconds, nanos).prop_map(|(seconds, nanos)| Timestamp { seconds, nanos });
    prop::option::of(time).boxed()
}

fn tags() -> impl Strategy<Value = std::collections::BTreeMap<String, String>> {
    prop::collection::btree_map(text(), text(), 0..3)
}

fn value() -> BoxedStrategy<ProtoValue> {
    let leaf = prop_oneof![
        Just(Kind::NullValue(0)),
        any::<bool>().prop_map(Kind::BoolValue),
        (-1e9..1e9).prop_map(Kind::NumberValue),
        text().prop_map(Kind::StringValue),
    ];
    let kind = leaf.prop_recursive(2, 8, 3, |inner| {
        let value = || {
            inner
                .clone()
                .prop_map(|kind| ProtoValue { kind: Some(kind) })
        };
        prop_oneof![
            prop::collection::vec(value(), 0..3)
                .prop_map(|values| Kind::ListValue(ListValue { values })),
            prop::collection::btree_map(text(), value(), 0..3)
                .prop_map(|fields| Kind::StructValue(Struct { fields })),
        ]
    });
    kind.prop_map(|kind| ProtoValue { kind: Some(kind) })
        .boxed()
}

fn failure() -> BoxedStrategy<Option<TaskFailureDetails>> {
    let one = || {
        let properties = prop::collection::btree_map(text(), value(), 0..2);
        (text(), text(), maybe_text(), any::<bool>(), properties).prop_map(
            |(error_type, error_message, stack_trace, is_non_retriable, properties)| {
                TaskFailureDetails {
                    error_type,
                    error_message,
                    stack_trace,
                    inner_failure: None,
                    is_non_retriable,
                    properties,
                }
            },
        )
    };
    let chain = prop::collection::vec(one(), 0..3);
    chain
        .prop_map(|chain| {
            chain.into_iter().reduce(|inner, mut outer| {
                outer.inner_failure = Some(Box::new(inner));
                outer
            })
        })
        .boxed()
}

fn instance() -> BoxedStrategy<Option<OrchestrationInstance>> {
    let instance =
        (text(), maybe_text()).prop_map(|(instance_id, execution_id)| OrchestrationInstance {
            instance_id,
            execution_id,
        });
    prop::option::of(instance).boxed()
}

fn parent() -> BoxedStrategy<Option<ParentInstanceInfo>> {
    let parent = (number(), maybe_text(), maybe_text(), instance());
    prop::option::of(parent.prop_map(
        |(task_scheduled_id, name, version, orchestration_instance)| ParentInstanceInfo {
            task_scheduled_id,
            name,
            version,
            orchestration_instance,
        },
    ))
    .boxed()
}

fn trace() -> BoxedStrategy<Option<TraceContext>> {
    let trace = (text(), text(), maybe_text());
    prop::option::of(trace.prop_map(|(trace_parent, span_id, trace_state)| {
        #[allow(deprecated, reason = "what old workers wrote has to come through")]
        TraceContext {
            trace_parent,
            span_id,
            trace_state,
        }
    }))
    .boxed()
}

fn starts() -> BoxedStrategy<EventType> {
    let start = (
        (text(), maybe_text(), maybe_text(), instance(), parent()),
        (time(), trace(), maybe_text(), tags()),
    );
    let state = (
        (
            text(),
            text(),
            maybe_text(),
            -1..9i32,
            time(),
            time(),
            time(),
        ),
        (
            maybe_text(),
            maybe_text(),
            maybe_text(),
            failure(),
            maybe_text(),
        ),
        (time(), maybe_text(), tags()),
    );
    let rewound = (
        (
            maybe_text(),
            maybe_text(),
            maybe_text(),
            trace(),
            maybe_text(),
        ),
        (maybe_text(), maybe_text(), parent(), tags()),
    );
    prop_oneof![
        start.prop_map(|(a, b)| EventType::ExecutionStarted(ExecutionStartedEvent {
            name: a.0,
            version: a.1,
            input: a.2,
            orchestration_instance: a.3,
            parent_instance: a.4,
            scheduled_start_timestamp: b.0,
            parent_trace_context: b.1,
            orchestration_span_id: b.2,
            tags: b.3,
        })),
        state.prop_map(|(a, b, c)| EventType::HistoryState(HistoryStateEvent {
            orchestration_state: Some(OrchestrationState {
                instance_id: a.0,
                name: a.1,
                version: a.2,
                orchestration_status: a.3,
                scheduled_start_timestamp: a.4,
                created_timestamp: a.5,
                last_updated_timestamp: a.6,
                input: b.0,
                output: b.1,
                custom_status: b.2,
                failure_details: b.3,
                execution_id: b.4,
                completed_timestamp: c.0,
                parent_instance_id: c.1,
                tags: c.2,
            }),
        })),
        rewound.prop_map(|(a, b)| EventType::ExecutionRewound(ExecutionRewoundEvent {
            reason: a.0,
            parent_execution_id: a.1,
            instance_id: a.2,
            parent_trace_context: a.3,
            name: a.4,
            version: b.0,
            input: b.1,
            parent_instance: b.2,
            tags: b.3,
        })),
    ]
    .boxed()
}

fn tasks() -> BoxedStrategy<EventType> {
    let scheduled = (text(), maybe_text(), maybe_text(), trace(), tags());
    let created = (text(), text(), maybe_text(), maybe_text(), trace(), tags());
    prop_oneof![
        scheduled.prop_map(|(name, version, input, parent_trace_context, tags)| {
            EventType::TaskScheduled(TaskScheduledEvent {
                name,
                version,
                input,
                parent_trace_context,
                tags,
            })
        }),
        (number(), maybe_text()).prop_map(|(task_scheduled_id, result)| {
            EventType::TaskCompleted(TaskCompletedEvent {
                task_scheduled_id,
                result,
            })
        }),
        (number(), failure()).prop_map(|(task_scheduled_id, failure_details)| {
            EventType::TaskFailed(TaskFailedEvent {
                task_scheduled_id,
                failure_details,
            })
        }),
        created.prop_map(
            |(instance_id, name, version, input, parent_trace_context, tags)| {
                EventType::SubOrchestrationInstanceCreated(SubOrchestrationInstanceCreatedEvent {
                    instance_id,
                    name,
                    version,
                    input,
                    parent_trace_context,
                    tags,
                })
            }
        ),
        (number(), maybe_text()).prop_map(|(task_scheduled_id, result)| {
            EventType::SubOrchestrationInstanceCompleted(SubOrchestrationInstanceCompletedEvent {
                task_scheduled_id,
                result,
            })
        }),
        (number(), failure()).prop_map(|(task_scheduled_id, failure_details)| {
            EventType::SubOrchestrationInstanceFailed(SubOrchestrationInstanceFailedEvent {
                task_scheduled_id,
                failure_details,
            })
        }),
        time().prop_map(|fire_at| EventType::TimerCreated(TimerCreatedEvent { fire_at })),
        (time(), number()).prop_map(|(fire_at, timer_id)| {
            EventType::TimerFired(TimerFiredEvent { fire_at, timer_id })
        }),
    ]
    .boxed()
}

fn messages() -> BoxedStrategy<EventType> {
    prop_oneof![
        (text(), text(), maybe_text()).prop_map(|(instance_id, name, input)| {
            EventType::EventSent(EventSentEvent {
                instance_id,
                name,
                input,
            })
        }),
        (text(), maybe_text())
            .prop_map(|(name, input)| EventType::EventRaised(EventRaisedEvent { name, input })),
        maybe_text().prop_map(|data| EventType::GenericEvent(GenericEvent { data })),
        maybe_text().prop_map(|input| EventType::ContinueAsNew(ContinueAsNewEvent { input })),
        maybe_text()
            .prop_map(|input| EventType::ExecutionSuspended(ExecutionSuspendedEvent { input })),
        maybe_text().prop_map(|input| EventType::ExecutionResumed(ExecutionResumedEvent { input })),
        (maybe_text(), any::<bool>()).prop_map(|(input, recurse)| {
            EventType::ExecutionTerminated(ExecutionTerminatedEvent { input, recurse })
        }),
        (-1..9i32, maybe_text(), failure()).prop_map(|(status, result, failure_details)| {
            EventType::ExecutionCompleted(ExecutionCompletedEvent {
                orchestration_status: status,
                result,
                failure_details,
            })
        }),
        Just(EventType::OrchestratorStarted(OrchestratorStartedEvent {})),
        Just(EventType::OrchestratorCompleted(
            OrchestratorCompletedEvent {}
        )),
    ]
    .boxed()
}

fn entities() -> BoxedStrategy<EventType> {
    let called = (
        text(),
        text(),
        time(),
        maybe_text(),
        maybe_text(),
        maybe_text(),
        maybe_text(),
    );
    prop_oneof![
        called.prop_map(
            |fields| EventType::EntityOperationCalled(EntityOperationCalledEvent {
                request_id: fields.0,
                operation: fields.1,
                scheduled_time: fields.2,
                input: fields.3,
                parent_instance_id: fields.4,
                parent_execution_id: fields.5,
                target_instance_id: fields.6,
            })
        ),
        (text(), text(), time(), maybe_text(), maybe_text()).prop_map(|fields| {
            EventType::EntityOperationSignaled(EntityOperationSignaledEvent {
                request_id: fields.0,
                operation: fields.1,
                scheduled_time: fields.2,
                input: fields.3,
                target_instance_id: fields.4,
            })
        }),
        (
            text(),
            prop::collection::vec(text(), 0..3),
            number(),
            maybe_text()
        )
            .prop_map(
                |(critical_section_id, lock_set, position, parent_instance_id)| {
                    EventType::EntityLockRequested(EntityLockRequestedEvent {
                        critical_section_id,
                        lock_set,
                        position,
                        parent_instance_id,
                    })
                }
            ),
        (text(), maybe_text()).prop_map(|(request_id, output)| {
            EventType::EntityOperationCompleted(EntityOperationCompletedEvent {
                request_id,
                output,
            })
        }),
        (text(), failure()).prop_map(|(request_id, failure_details)| {
            EventType::EntityOperationFailed(EntityOperationFailedEvent {
                request_id,
                failure_details,
            })
        }),
        (text(), maybe_text(), maybe_text()).prop_map(|fields| {
            EventType::EntityUnlockSent(EntityUnlockSentEvent {
                critical_section_id: fields.0,
                parent_instance_id: fields.1,
                target_instance_id: fields.2,
            })
        }),
        text().prop_map(|critical_section_id| {
            EventType::EntityLockGranted(EntityLockGrantedEvent {
                critical_section_id,
            })
        }),
    ]
    .boxed()
}

fn event() -> impl Strategy<Value = HistoryEvent> {
    let kind = prop_oneof![starts(), tasks(), messages(), entities()];
    (number(), time(), prop::option::weighted(0.95, kind)).prop_map(
        |(event_id, timestamp, event_type)| HistoryEvent {
            event_id,
            timestamp,
            event_type,
        },
    )
}

proptest! {
    #[test]
    fn every_history_comes_back_the_same(events in prop::collection::vec(event(), 0..6)) {
        let text = history_to_json(&events);
        prop_assert_eq!(history_from_json(&text).unwrap(), events.clone());
        prop_assert_eq!(history_from_bytes(text.as_bytes()).unwrap(), events.clone());
        let wrapped = format!("\u{feff} {{\"name\":\"x\",\"historyEvents\":{text}}}");
        prop_assert_eq!(history_from_bytes(wrapped.as_bytes()).unwrap(), events);
    }

    #[test]
    fn no_text_makes_it_panic(text in "[\\[{}\\]\":,a-z0-9]{0,40}") {
        let _ = history_from_json(&text);
        let _ = history_from_bytes(text.as_bytes());
    }

    #[test]
    fn protobuf_comes_back_the_same(events in prop::collection::vec(event(), 1..4)) {
        let chunk = HistoryChunk { events };
        let bytes = chunk.encode_to_vec();
        let text = STANDARD.encode(&bytes);
        prop_assert_eq!(&history_from_bytes(text.as_bytes()).unwrap(), &chunk.events);
        prop_assert_eq!(&history_from_bytes(&bytes).unwrap(), &chunk.events);
    }
}

#[test]
fn a_chunk_that_begins_like_json_is_a_chunk() {
    for bracket in [b'[', b'{'] {
        let data = "x".repeat(usize::from(bracket) - 17);
        let event = HistoryEvent {
            event_id: 7,
            timestamp: None,
            event_type: Some(EventType::GenericEvent(GenericEvent { data: Some(data) })),
        };
        let mut chunk = HistoryChunk {
            events: vec![event],
        };
        // Pads to exactly the length of the bracket's code.
        while chunk.events[0].encoded_len() < usize::from(bracket) {
            let Some(EventType::GenericEvent(generic)) = &mut chunk.events[0].event_type else {
                panic!("no text");
            };
            generic.data.as_mut().unwrap().push('x');
        }
        let bytes = chunk.encode_to_vec();
        assert_eq!(&bytes[..2], [b'\n', bracket]);
        assert_eq!(history_from_bytes(&bytes).unwrap(), chunk.events);
    }
}

#[test]
fn the_form_is_protobufs_own() {
    let event = HistoryEvent {
        event_id: 3,
        timestamp: Some(Timestamp {
            seconds: 1_704_067_200,
            nanos: 120_000_000,
        }),
        event_type: Some(EventType::TaskScheduled(TaskScheduledEvent {
            name: String::from("charge"),
            input: Some(String::from("{\"a\":1}")),
            tags: [(String::from("k"), String::from("v"))].into(),
            ..TaskScheduledEvent::default()
        })),
    };
    let expected = serde_json::json!({
        "eventId": 3,
        "timestamp": "2024-01-01T00:00:00.120Z",
        "taskScheduled": { "name": "charge", "input": "{\"a\":1}", "tags": { "k": "v" } },
    });
    assert_eq!(event_to_json(&event), expected);
}

#[test]
fn what_other_writers_write_is_read() {
    let table = [
        r#"[{"eventId":"7","timerFired":{"timerId":"2","fireAt":null,"new":{}}}]"#,
        r#"{"events":[{"eventId":7,"timerFired":{"timerId":2}}]}"#,
    ];
    for text in table {
        let events = history_from_json(text).unwrap();
        let fired = TimerFiredEvent {
            timer_id: 2,
            fire_at: None,
        };
        assert_eq!(events[0].event_id, 7, "{text}");
        assert_eq!(
            events[0].event_type,
            Some(EventType::TimerFired(fired)),
            "{text}"
        );
    }
    let ended = r#"[{"executionCompleted":{"orchestrationStatus":5}}]"#;
    let events = history_from_json(ended).unwrap();
    let Some(EventType::ExecutionCompleted(end)) = &events[0].event_type else {
        panic!("{events:?}");
    };
    assert_eq!(end.orchestration_status(), OrchestrationStatus::Terminated);
}

#[test]
fn errors_name_the_place() {
    let table = [
        (
            "[",
            "the history is not JSON: EOF while parsing a list at line 1 column 1",
        ),
        (
            "7",
            "the history can't be read at `.`: neither a list of events nor an object with one",
        ),
        (
            "{}",
            "the history can't be read at `.`: an object without a list `events`",
        ),
        (
            r#"[{}, {"taskScheduled":{"name":5}}]"#,
            "the history can't be read at `[1].taskScheduled.name`: a text is expected, a number \
             is there",
        ),
        (
            r#"[{"taskExploded":{}}]"#,
            "the history can't be read at `[0]`: `taskExploded` is no kind of event",
        ),
        (
            r#"[{"timestamp":"yesterday"}]"#,
            "the history can't be read at `[0].timestamp`: `yesterday` is not a time in RFC 3339",
        ),
        (
            r#"[{"executionCompleted":{"orchestrationStatus":"DONE"}}]"#,
            "the history can't be read at `[0].executionCompleted.orchestrationStatus`: \"DONE\" \
             is no orchestration status",
        ),
        (
            r#"[{"EventType":"TaskCompleted"}]"#,
            "the history at `[0]` is a listing without event ids; download the history itself \
             instead of a status document with `showHistory=true`",
        ),
    ];
    for (text, expected) in table {
        assert_eq!(
            history_from_json(text).unwrap_err().to_string(),
            expected,
            "{text}"
        );
    }
    let problem = history_from_bytes(&[0xff, 0xff]).unwrap_err().to_string();
    assert!(
        problem.starts_with("the history is neither JSON nor a protobuf"),
        "{problem}"
    );
}
