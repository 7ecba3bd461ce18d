"""Every pattern of the official Python Durable Task SDK, against a gRPC address.

    python patterns.py 127.0.0.1:4001 [NAME..]     a service that runs already
    python patterns.py memory [NAME..]             the SDK's own backend in memory

Prints one line per pattern, `ok NAME` or `FAILED NAME: why`, and ends with 1 if one failed.
"""

import functools
import gzip
import sys
import threading
import time
import traceback
from datetime import datetime, timedelta, timezone

from durabletask import client, entities, scheduled, task, worker
from durabletask.extensions import history_export

PATTERNS = []
TIMEOUT_SECONDS = 60
LARGE_BYTES = 1_500_000


def pattern(function):
    PATTERNS.append(function)
    return function


def check(actual, expected):
    assert actual == expected, f"{actual!r} is not {expected!r}"


def eventually(what, ask, seconds=30):
    """Asks until the answer is true: for facts that the SDK can't wait for."""
    end = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer:
            return answer
        assert time.monotonic() < end, f"{what} did not become true"
        time.sleep(0.02)


class Exported:
    """Where the SDK's export of histories writes to."""

    def __init__(self):
        self.payloads = {}

    def write(self, *, instance_id, payload, **_):
        self.payloads[instance_id] = gzip.decompress(payload)


class Bench:
    """A client and one worker with everything registered."""

    def __init__(self, address):
        self.address = address
        self.client = client.TaskHubGrpcClient(host_address=address)
        self.exported = Exported()
        self.export = history_export.ExportHistoryClient(self.client, self.exported)
        self.number = 0

    def worker(self, filters=None, versioning=None, **code):
        started = worker.TaskHubGrpcWorker(host_address=self.address)
        for orchestrator in code.get("orchestrators", ORCHESTRATORS):
            started.add_orchestrator(orchestrator)
        for activity in code.get("activities", ACTIVITIES):
            started.add_activity(activity)
        for entity in code.get("entities", ENTITIES):
            started.add_entity(entity)
        if filters:
            started.use_work_item_filters()
        if versioning:
            started.use_versioning(versioning)
        for prepare in code.get("prepare", []):
            prepare(started)
        started.start()
        return started

    def run(self, orchestrator, **options):
        instance = self.client.schedule_new_orchestration(orchestrator, **options)
        return self.finish(instance)

    def finish(self, instance):
        return self.client.wait_for_orchestration_completion(instance, timeout=TIMEOUT_SECONDS)

    def completes(self, orchestrator, expected, **options):
        state = self.run(orchestrator, **options)
        check(state.runtime_status, client.OrchestrationStatus.COMPLETED)
        check(state.get_output(), expected)
        return state


# Code that workers run.


def hello(_, name):
    return f"Hello, {name}!"


def square(_, number):
    return number * number


def echo(_, value):
    return value


def fail(_, message):
    raise ValueError(message)


flaky_lock = threading.Lock()
flaky_calls = {}


def flaky(_, request):
    key, failures = request
    with flaky_lock:
        flaky_calls[key] = flaky_calls.get(key, 0) + 1
        calls = flaky_calls[key]
    if calls <= failures:
        raise RuntimeError(f"attempt {calls}")
    return calls


def sequence(ctx, names):
    results = []
    for name in names:
        results.append((yield ctx.call_activity(hello, input=name)))
    return results


def fan_out(ctx, count):
    tasks = [ctx.call_activity(square, input=number) for number in range(count)]
    results = yield task.when_all(tasks)
    return sum(results)


def child(ctx, number):
    result = yield ctx.call_activity(square, input=number)
    return [ctx.instance_id, ctx.parent_instance_id, result]


def parent(ctx, numbers):
    tasks = [
        ctx.call_sub_orchestrator(child, input=number, instance_id=f"{ctx.instance_id}-{number}")
        for number in numbers
    ]
    return (yield task.when_all(tasks))


def failing_child(ctx, message):
    yield ctx.call_activity(fail, input=message)


def parent_of_failing(ctx, message):
    try:
        yield ctx.call_sub_orchestrator(failing_child, input=message)
    except task.TaskFailedError as error:
        return str(error.details.message)
    return "it did not fail"


def events(ctx, count):
    received = []
    for _ in range(count):
        received.append((yield ctx.wait_for_external_event("Item")))
    return received


def event_or_timeout(ctx, milliseconds):
    event = ctx.wait_for_external_event("approval")
    timeout = ctx.create_timer(timedelta(milliseconds=milliseconds))
    winner = yield task.when_any([event, timeout])
    if winner == event:
        return event.get_result()
    return "timeout"


def timers(ctx, milliseconds):
    began = ctx.current_utc_datetime
    for each in milliseconds:
        yield ctx.create_timer(timedelta(milliseconds=each))
    passed = ctx.current_utc_datetime - began
    return passed >= timedelta(milliseconds=sum(milliseconds))


def retries(ctx, request):
    policy = task.RetryPolicy(
        first_retry_interval=timedelta(milliseconds=10),
        max_number_of_attempts=4,
        backoff_coefficient=1,
        max_retry_interval=timedelta(seconds=1),
        retry_timeout=timedelta(minutes=1),
    )
    return (yield ctx.call_activity(flaky, input=request, retry_policy=policy))


def count_down(ctx, state):
    number, seen = state
    seen.append((yield ctx.wait_for_external_event("tick")))
    if number > 1:
        ctx.continue_as_new([number - 1, seen], save_events=True)
        return None
    return seen


def waiting_parent(ctx, _):
    yield ctx.call_sub_orchestrator(events, input=1, instance_id=f"{ctx.instance_id}-child")


def with_status(ctx, _):
    ctx.set_custom_status({"waits": True})
    yield ctx.wait_for_external_event("go")
    ctx.set_custom_status({"waits": False})
    return ctx.version


def large(ctx, size):
    text = yield ctx.call_activity(echo, input="x" * size)
    return text + "y"


def send(ctx, target):
    ctx.send_event(target, "Item", data="sent")
    yield ctx.create_timer(timedelta(milliseconds=1))
    return "done"


def rewindable(ctx, key):
    first = yield ctx.call_activity(echo, input="first")
    second = yield ctx.call_activity(flaky, input=[key, 1])
    return [first, second]


def call_counter(ctx, key):
    counter_id = entities.EntityInstanceId("Counter", key)
    ctx.signal_entity(counter_id, "add", input=5)
    yield ctx.call_entity(counter_id, "add", input=2)
    return (yield ctx.call_entity(counter_id, "get"))


def failing_operation(ctx, key):
    try:
        yield ctx.call_entity(entities.EntityInstanceId("Counter", key), "fail")
    except Exception as error:  # the SDK has a type of its own for this
        return "on purpose" in str(error)
    return False


def transfer(ctx, request):
    source, target, amount = request
    ids = [entities.EntityInstanceId("Counter", key) for key in (source, target)]
    with (yield ctx.lock_entities(ids)):
        balance = yield ctx.call_entity(ids[0], "get")
        if balance < amount:
            return False
        yield ctx.call_entity(ids[0], "add", input=-amount)
        yield ctx.call_entity(ids[1], "add", input=amount)
    return True


class Counter(entities.DurableEntity):
    def add(self, amount):
        self.set_state(self.get_state(int, 0) + amount)
        return self.get_state(int, 0)

    def get(self, _=None):
        return self.get_state(int, 0)

    def fail(self, _=None):
        raise ValueError("on purpose")

    def forward(self, target):
        self.signal_entity(entities.EntityInstanceId("Counter", target), "add", 1)


ORCHESTRATORS = [
    sequence, fan_out, child, parent, failing_child, parent_of_failing, events, event_or_timeout,
    timers, retries, count_down, waiting_parent, with_status, large, send, rewindable,
    call_counter, failing_operation, transfer,
]
ACTIVITIES = [hello, square, echo, fail, flaky]
ENTITIES = [Counter]


# The patterns.


@pattern
def runs_a_sequence(bench):
    bench.completes(sequence, ["Hello, Tokyo!", "Hello, Seattle!"], input=["Tokyo", "Seattle"])


@pattern
def fans_out_to_1000(bench):
    bench.completes(fan_out, sum(number * number for number in range(1_000)), input=1_000)


@pattern
def calls_sub_orchestrations(bench):
    expected = [[f"parent-{number}", "parent", number * number] for number in (1, 2, 3)]
    bench.completes(parent, expected, input=[1, 2, 3], instance_id="parent")


@pattern
def tells_failures(bench):
    state = bench.run(failing_child, input="no way")
    check(state.runtime_status, client.OrchestrationStatus.FAILED)
    assert "no way" in state.failure_details.message, state.failure_details
    state = bench.run(parent_of_failing, input="no way")
    assert "no way" in state.get_output(), state


@pattern
def buffers_and_orders_events(bench):
    instance = bench.client.schedule_new_orchestration(events, input=20)
    bench.client.wait_for_orchestration_start(instance, timeout=TIMEOUT_SECONDS)
    for number in range(20):
        name = "Item" if number % 2 else "item"
        bench.client.raise_orchestration_event(instance, name, data=number)
    check(bench.finish(instance).get_output(), list(range(20)))


@pattern
def waits_for_an_event_or_a_timeout(bench):
    bench.completes(event_or_timeout, "timeout", input=20)
    instance = bench.client.schedule_new_orchestration(event_or_timeout, input=3_600_000)
    bench.client.raise_orchestration_event(instance, "approval", data={"approved": True})
    check(bench.finish(instance).get_output(), {"approved": True})


@pattern
def sends_events(bench):
    receiver = bench.client.schedule_new_orchestration(events, input=1)
    bench.completes(send, "done", input=receiver)
    check(bench.finish(receiver).get_output(), ["sent"])


@pattern
def fires_timers(bench):
    bench.completes(timers, True, input=[30, 1, 0, 50])


@pattern
def starts_later(bench):
    at = datetime.now(timezone.utc) + timedelta(milliseconds=400)
    instance = bench.client.schedule_new_orchestration(sequence, input=[], start_at=at)
    state = bench.finish(instance)
    check(state.runtime_status, client.OrchestrationStatus.COMPLETED)
    assert datetime.now(timezone.utc) >= at


@pattern
def retries_activities(bench):
    bench.completes(retries, 3, input=["three", 2])
    state = bench.run(retries, input=["never", 9])
    check(state.runtime_status, client.OrchestrationStatus.FAILED)
    check(flaky_calls["never"], 4)


@pattern
def continues_as_new(bench):
    instance = bench.client.schedule_new_orchestration(count_down, input=[5, []])
    for number in range(5):
        bench.client.raise_orchestration_event(instance, "tick", data=number)
    check(bench.finish(instance).get_output(), [0, 1, 2, 3, 4])


@pattern
def suspends_and_resumes(bench):
    instance = bench.client.schedule_new_orchestration(events, input=1)
    bench.client.wait_for_orchestration_start(instance, timeout=TIMEOUT_SECONDS)
    bench.client.suspend_orchestration(instance, reason="for a test")

    def has(status):
        state = bench.client.get_orchestration_state(instance)
        return state.runtime_status == status

    eventually("suspended", lambda: has(client.OrchestrationStatus.SUSPENDED))
    bench.client.raise_orchestration_event(instance, "Item", data=1)
    check(has(client.OrchestrationStatus.SUSPENDED), True)
    bench.client.resume_orchestration(instance)
    check(bench.finish(instance).get_output(), [1])


@pattern
def terminates(bench):
    instance = bench.client.schedule_new_orchestration(waiting_parent)
    child_id = f"{instance}-child"
    eventually("the child", lambda: bench.client.get_orchestration_state(child_id))
    bench.client.terminate_orchestration(instance, output="enough", recursive=True)
    state = bench.finish(instance)
    check(state.runtime_status, client.OrchestrationStatus.TERMINATED)
    check(state.get_output(), "enough")
    check(bench.finish(child_id).runtime_status, client.OrchestrationStatus.TERMINATED)


@pattern
def shows_status_version_and_tags(bench):
    instance = bench.client.schedule_new_orchestration(
        with_status, version="1.2", tags={"team": "blue"}
    )

    def status():
        state = bench.client.get_orchestration_state(instance)
        return state.get_custom_status()

    eventually("the status", lambda: status() == {"waits": True})
    bench.client.raise_orchestration_event(instance, "go")
    check(bench.finish(instance).get_output(), "1.2")
    check(status(), {"waits": False})


@pattern
def queries_and_purges(bench):
    began = datetime.now(timezone.utc) - timedelta(seconds=1)
    names = sorted(f"query-{number:02}" for number in range(25))
    for name in names:
        bench.client.schedule_new_orchestration(sequence, input=["x"], instance_id=name)
    for name in names:
        bench.finish(name)
    query = client.OrchestrationQuery(
        created_time_from=began,
        runtime_status=[client.OrchestrationStatus.COMPLETED],
        max_instance_count=10,
    )
    found = bench.client.get_all_orchestration_states(query)
    check(sorted(s.instance_id for s in found if s.instance_id.startswith("query-")), names)
    page = bench.client.list_instance_ids(
        runtime_status=[client.OrchestrationStatus.COMPLETED],
        completed_time_from=began,
        page_size=7,
    )
    assert 0 < len(page.items) <= 7, page
    check(bench.client.purge_orchestration(names[0]).deleted_instance_count, 1)
    check(bench.client.get_orchestration_state(names[0]), None)
    check(bench.client.purge_orchestration(names[0]).deleted_instance_count, 0)
    purged = bench.client.purge_orchestrations_by(
        created_time_from=began, runtime_status=[client.OrchestrationStatus.COMPLETED]
    )
    assert purged.deleted_instance_count >= 24, purged
    check(bench.client.get_orchestration_state(names[1]), None)


@pattern
def restarts_and_rewinds(bench):
    state = bench.completes(sequence, ["Hello, a!"], input=["a"], instance_id="restarted")
    again = bench.client.restart_orchestration("restarted", restart_with_new_instance_id=True)
    assert again != "restarted"
    check(bench.finish(again).get_output(), state.get_output())
    state = bench.run(rewindable, input="rewound", instance_id="rewound")
    check(state.runtime_status, client.OrchestrationStatus.FAILED)
    bench.client.rewind_orchestration("rewound", reason="for a test")
    eventually(
        "rewound",
        lambda: bench.finish("rewound").runtime_status == client.OrchestrationStatus.COMPLETED,
    )
    check(bench.finish("rewound").get_output(), ["first", 2])


@pattern
def streams_histories(bench):
    state = bench.completes(sequence, ["Hello, a!"], input=["a"])
    history = bench.client.get_orchestration_history(state.instance_id)
    kinds = [type(event).__name__ for event in history]
    for kind in ("ExecutionStartedEvent", "TaskScheduledEvent", "TaskCompletedEvent"):
        check(kinds.count(kind), 1)


@pattern
def carries_large_payloads(bench):
    state = bench.run(large, input=LARGE_BYTES)
    check(state.runtime_status, client.OrchestrationStatus.COMPLETED)
    check(len(state.get_output()), LARGE_BYTES + 1)


@pattern
def signals_and_calls_entities(bench):
    bench.completes(call_counter, 7, input="calls")
    bench.completes(failing_operation, True, input="calls")
    counter = entities.EntityInstanceId("Counter", "signals")
    for _ in range(10):
        bench.client.signal_entity(counter, "add", input=1)
    later = datetime.now(timezone.utc) + timedelta(milliseconds=200)
    bench.client.signal_entity(counter, "add", input=100, signal_time=later)
    eventually("the sum", lambda: counter_state(bench, counter) == 110)
    assert datetime.now(timezone.utc) >= later
    bench.client.signal_entity(counter, "forward", input="forwarded")
    target = entities.EntityInstanceId("Counter", "forwarded")
    eventually("the signal", lambda: counter_state(bench, target) == 1)
    found = bench.client.get_all_entities(
        client.EntityQuery(instance_id_starts_with="@counter@", include_state=True, page_size=1)
    )
    assert {"signals", "calls", "forwarded"} <= {each.id.key for each in found}, found


def counter_state(bench, counter):
    entity = bench.client.get_entity(counter)
    return entity.get_state(int) if entity else None


@pattern
def locks_entities(bench):
    keys = ["locked-a", "locked-b", "locked-c"]
    for key in keys:
        bench.client.signal_entity(entities.EntityInstanceId("Counter", key), "add", input=100)
    requests = [
        (keys[number % 3], keys[(number + 1 + number % 2) % 3], number) for number in range(20)
    ]
    instances = [
        bench.client.schedule_new_orchestration(transfer, input=request) for request in requests
    ]
    for instance in instances:
        check(bench.finish(instance).runtime_status, client.OrchestrationStatus.COMPLETED)
    states = [counter_state(bench, entities.EntityInstanceId("Counter", key)) for key in keys]
    check(sum(states), 300)
    metadata = bench.client.get_entity(entities.EntityInstanceId("Counter", keys[0]))
    eventually("released", lambda: not metadata.get_locked_by())


@pattern
def starts_orchestrations_from_entities(bench):
    """The SDK's schedules: an entity that signals itself later, and starts an orchestration."""
    schedules = scheduled.ScheduledTaskClient(bench.client)
    schedule = schedules.create_schedule(scheduled.ScheduleCreationOptions(
        schedule_id="each-second",
        orchestration_name="sequence",
        orchestration_input=["a"],
        interval=timedelta(seconds=1),
        start_immediately_if_late=True,
    ))

    def runs():
        states = bench.client.get_all_orchestration_states()
        return [state for state in states if state.instance_id.startswith("each-second-")]

    eventually("two runs", lambda: len(runs()) >= 2)
    schedule.pause()
    check(schedule.describe().status, scheduled.ScheduleStatus.PAUSED)
    schedule.delete()
    check(schedules.get_schedule("each-second"), None)
    for run in runs():
        check(bench.finish(run.instance_id).get_output(), ["Hello, a!"])


@pattern
def exports_histories(bench):
    """The SDK's export: a job that lists what has ended, and reads its history."""
    began = datetime.now(timezone.utc) - timedelta(minutes=1)
    names = [bench.completes(sequence, ["Hello, x!"], input=["x"]).instance_id for _ in range(3)]
    job = bench.export.create_job(history_export.ExportJobCreationOptions(
        mode=history_export.ExportMode.BATCH,
        completed_time_from=began,
        completed_time_to=datetime.now(timezone.utc),
        destination=history_export.ExportDestination(container="histories"),
    ))
    ended = bench.export.get_job_client(job.job_id).wait(timeout=TIMEOUT_SECONDS)
    check(ended.status, history_export.ExportJobStatus.COMPLETED)
    for name in names:
        assert b"Hello, x!" in bench.exported.payloads[name], name
    bench.export.delete_job(job.job_id)


def versioned(ctx, _):
    return ctx.version
    yield  # makes it a generator


def run_versions(bench):
    """Two workers with strict versions: each runs its own."""
    strict = functools.partial(
        worker.VersioningOptions,
        match_strategy=worker.VersionMatchStrategy.STRICT,
        failure_strategy=worker.VersionFailureStrategy.REJECT,
    )
    started = [
        bench.worker(
            versioning=strict(version=version), orchestrators=[versioned], activities=[],
            entities=[],
        )
        for version in ("1.0", "2.0")
    ]
    try:
        for version in ("1.0", "2.0"):
            bench.completes(versioned, version, version=version)
    finally:
        for each in started:
            each.stop()


def run_filters(bench):
    """Two workers that have different code, and say so."""
    started = [
        bench.worker(filters=True, orchestrators=[sequence], activities=[], entities=[]),
        bench.worker(filters=True, orchestrators=[], activities=[hello], entities=[Counter]),
    ]
    try:
        for _ in range(5):
            bench.completes(sequence, ["Hello, a!", "Hello, b!"], input=["a", "b"])
        waiting = bench.client.schedule_new_orchestration(fan_out, input=3)
        state = bench.client.get_orchestration_state(waiting)
        assert state.runtime_status != client.OrchestrationStatus.COMPLETED
        late = bench.worker(filters=True, orchestrators=[fan_out], activities=[square], entities=[])
        started.append(late)
        check(bench.finish(waiting).get_output(), 5)
    finally:
        for each in started:
            each.stop()


def attempt(name, run):
    began = time.monotonic()
    try:
        run()
    except Exception:
        print(f"FAILED {name}: {traceback.format_exc()}", flush=True)
        return False
    print(f"ok {name} ({time.monotonic() - began:.1f} s)", flush=True)
    return True


def main(address, names):
    bench = Bench(address)
    good = True
    with_worker = [each for each in PATTERNS if not names or each.__name__ in names]
    if with_worker:
        everything = bench.worker(prepare=[
            worker.TaskHubGrpcWorker.configure_scheduled_tasks, bench.export.register_worker,
        ])
        for each in with_worker:
            good &= attempt(each.__name__, lambda each=each: each(bench))
        everything.stop()
    for alone in (run_versions, run_filters):
        if not names or alone.__name__ in names:
            good &= attempt(alone.__name__, lambda alone=alone: alone(bench))
    return 0 if good else 1


if __name__ == "__main__":
    where, chosen = sys.argv[1], sys.argv[2:]
    if where == "memory":
        from durabletask.testing import create_test_backend

        backend = create_test_backend(port=50_151)
        try:
            code = main("127.0.0.1:50151", chosen)
        finally:
            backend.stop()
        sys.exit(code)
    sys.exit(main(where, chosen))
